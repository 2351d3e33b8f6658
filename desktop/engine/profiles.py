"""Profiles and avatars: the own one is changed here, those of others are fetched and kept."""

from __future__ import annotations

import hashlib

from desktop.engine.context import EngineContext
from desktop.engine.http import decode_answer
from desktop.events import AvatarLoaded, Profile, ProfileChanged
from desktop.storage.people_store import profile_of
from shared import limits
from shared.errors import Code, PeerError, RefusedError
from shared.identifiers import AccountId, check_nickname
from shared.rest import ProfileChange, UserProfile

__all__ = ["Profiles"]

_HASH_LENGTH = 64


class Profiles:
    """What people show of themselves."""

    def __init__(self, context: EngineContext) -> None:
        self._context = context

    async def refresh(self, account: int) -> Profile:
        """Fetch someone's profile, keep it, and tell it if anything of it is new."""
        is_own = account == self._context.me().account
        path = "/v1/me" if is_own else f"/v1/users/{account}"
        user = await self._context.http.get(path, UserProfile)
        if user.account != account:
            raise PeerError(Code.MALFORMED, "The server answered for another account.")
        return self._keep(user)

    async def change(self, nickname: str, signature: str) -> None:
        """Change the own nickname and signature."""
        self._context.me()
        if len(signature) > limits.SIGNATURE_LENGTH_MAX:
            raise RefusedError(Code.TOO_LARGE, "A signature has at most 200 characters.")
        body = ProfileChange(nickname=check_nickname(nickname), signature=signature.strip())
        self._keep(await self._context.http.send("PATCH", "/v1/me", UserProfile, body))

    async def change_avatar(self, data: bytes) -> None:
        """Change the own picture; empty removes it."""
        self._context.me()
        if not data:
            self._keep(await self._context.http.send("DELETE", "/v1/me/avatar", UserProfile))
            return
        if len(data) > limits.AVATAR_BYTES_MAX:
            raise RefusedError(Code.TOO_LARGE, "A picture has at most 128 KiB.")
        answer = decode_answer(
            await self._context.http.call(
                "PUT", "/v1/me/avatar", data, media_type=_media_type(data)
            ),
            UserProfile,
        )
        self._context.storage.people.save_avatar(
            answer.avatar, data, now_ms=self._context.wall_ms()
        )
        self._keep(answer)

    async def load_avatar(self, account: AccountId, avatar: str) -> AvatarLoaded:
        """Return a picture, from here if it is; empty if the server has it no more."""
        people, now_ms = self._context.storage.people, self._context.wall_ms()
        data = people.avatar(avatar, now_ms=now_ms)
        if data is None:
            data = await self._fetch_avatar(avatar)
            if data:
                people.save_avatar(avatar, data, now_ms=now_ms)
        return AvatarLoaded(account=account, avatar=avatar, data=data)

    async def _fetch_avatar(self, avatar: str) -> bytes:
        self._context.me()
        is_hash = len(avatar) == _HASH_LENGTH and set(avatar) <= set("0123456789abcdef")
        if not is_hash:
            return b""
        try:
            data = await self._context.http.call("GET", f"/v1/avatars/{avatar}")
        except RefusedError as error:
            if error.code is Code.NOT_FOUND:
                return b""
            raise
        # The name is the picture's hash: the server cannot show another one.
        is_it = hashlib.blake2b(data, digest_size=32).hexdigest() == avatar
        return data if is_it else b""

    def _keep(self, user: UserProfile) -> Profile:
        profile = profile_of(user)
        if self._context.storage.people.save_profile(profile):
            self._context.emit(ProfileChanged(profile=profile))
        return profile


def _media_type(data: bytes) -> str:
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if data.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    raise RefusedError(Code.UNSUPPORTED_MEDIA, "A picture is a PNG or a JPEG file.")

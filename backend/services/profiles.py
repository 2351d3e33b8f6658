"""What people show of themselves, and finding them."""

from __future__ import annotations

import msgspec

from backend.blobs import FileBlobs
from backend.services.context import Context
from backend.store import accounts as store
from backend.store.contacts import contact_accounts
from backend.store.database import Session
from backend.store.tables import User
from backend.store.unit import Unit
from shared import limits
from shared.errors import Code, RefusedError
from shared.events import EventKind
from shared.identifiers import check_nickname, fold_user_name
from shared.rest import AccountKeys, DeviceListEntry, ProfileChange, UserList, UserProfile

__all__ = ["Profiles"]

_MAGIC = {"image/png": b"\x89PNG\r\n\x1a\n", "image/jpeg": b"\xff\xd8\xff"}


class Profiles:
    """Nicknames, signatures and pictures."""

    def __init__(self, context: Context, blobs: FileBlobs) -> None:
        self._context = context
        self._blobs = blobs

    def profile(self, account: int) -> UserProfile:
        """Return the profile of an account.

        Raises:
            RefusedError: With ``not_found``.
        """
        return self._context.read(
            lambda session: store.profile_of(_known(store.find_user(session, account)))
        )

    def keys(self, account: int, *, by: int) -> AccountKeys:
        """Return the keys of an account; the sealed names of its devices are for itself.

        Raises:
            RefusedError: With ``not_found``.
        """
        keys = self._context.read(
            lambda session: store.account_keys(session, _known(store.find_user(session, account)))
        )
        return keys if by == account else _nameless(keys)

    def find_by_name(self, user_name: str) -> UserList:
        """Return the one person with this user name, or nobody."""

        def query(session: Session) -> UserList:
            user = store.find_by_name(session, fold_user_name(user_name))
            return UserList(users=[] if user is None else [store.profile_of(user)])

        return self._context.read(query)

    def find_by_prefix(self, prefix: str) -> UserList:
        """Return people whose user name starts so; nobody for an empty text."""
        folded = fold_user_name(prefix)
        if not folded:
            return UserList(users=[])

        def query(session: Session) -> UserList:
            users = store.find_by_prefix(session, folded, limits.SEARCH_RESULTS_MAX)
            return UserList(users=[store.profile_of(user) for user in users])

        return self._context.read(query)

    def change(self, account: int, change: ProfileChange) -> UserProfile:
        """Store a new nickname or signature and tell the contacts.

        Raises:
            RefusedError: With ``bad_nickname``.
        """
        nickname = None if change.nickname is None else check_nickname(change.nickname)

        def work(unit: Unit) -> UserProfile:
            user = _known(store.find_user(unit.session, account))
            if nickname is not None:
                user.nickname = nickname
            if change.signature is not None:
                user.signature = change.signature
            return self._changed(unit, user)

        return self._context.change(work)

    def set_avatar(self, account: int, content: bytes, media_type: str) -> UserProfile:
        """Store a new picture and tell the contacts.

        Raises:
            RefusedError: With ``too_large`` or ``unsupported_media``.
        """
        if len(content) > limits.AVATAR_BYTES_MAX:
            raise RefusedError(
                Code.TOO_LARGE, f"A picture has at most {limits.AVATAR_BYTES_MAX} bytes."
            )
        magic = _MAGIC.get(media_type)
        if magic is None or not content.startswith(magic):
            raise RefusedError(Code.UNSUPPORTED_MEDIA, "A picture is a PNG or a JPEG.")
        name = self._context.crossing.read(lambda: self._blobs.store(content))
        return self._store_avatar(account, name)

    def clear_avatar(self, account: int) -> UserProfile:
        """Show no picture any more and tell the contacts."""
        return self._store_avatar(account, "")

    def avatar(self, name: str) -> tuple[bytes, str]:
        """Return a picture and its media type.

        Raises:
            RefusedError: With ``not_found``.
        """
        content = self._context.crossing.read(lambda: self._blobs.load(name))
        for media_type, magic in _MAGIC.items():
            if content is not None and content.startswith(magic):
                return content, media_type
        raise RefusedError(Code.NOT_FOUND, "There is no such picture.")

    def _store_avatar(self, account: int, name: str) -> UserProfile:
        def work(unit: Unit) -> UserProfile:
            user = _known(store.find_user(unit.session, account))
            user.avatar = name
            return self._changed(unit, user)

        return self._context.change(work)

    def _changed(self, unit: Unit, user: User) -> UserProfile:
        for to in (user.account, *contact_accounts(unit.session, user.account)):
            self._context.tell(unit, to, EventKind.PROFILE_CHANGED, account=user.account)
        return store.profile_of(user)


def _known(user: User | None) -> User:
    if user is None:
        raise RefusedError(Code.NOT_FOUND, "There is no such account.")
    return user


def _nameless(keys: AccountKeys) -> AccountKeys:
    """Leave out what others cannot open; no hash and no signature covers it."""
    past = [
        msgspec.structs.replace(root, device_list=_nameless_list(root.device_list))
        for root in keys.past
    ]
    return msgspec.structs.replace(keys, device_list=_nameless_list(keys.device_list), past=past)


def _nameless_list(entries: list[DeviceListEntry]) -> list[DeviceListEntry]:
    return [
        entry
        if entry.certificate is None
        else msgspec.structs.replace(
            entry, certificate=msgspec.structs.replace(entry.certificate, sealed_name=b"")
        )
        for entry in entries
    ]

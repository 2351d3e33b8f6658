from __future__ import annotations

import struct
import zlib

import pytest

from desktop import commands, events
from desktop.engine import CommandFailedError
from shared import limits
from shared.identifiers import AccountId
from tests.desktop.engine.people import Person, befriend

pytestmark = pytest.mark.asyncio


def picture(shade: int) -> bytes:
    """Return a PNG of one pixel."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        checksum = struct.pack(">I", zlib.crc32(kind + data))
        return struct.pack(">I", len(data)) + kind + data + checksum

    header = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    pixel = zlib.compress(bytes([0, shade]))
    body = chunk(b"IHDR", header) + chunk(b"IDAT", pixel) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


async def test_a_contact_sees_a_changed_profile_at_once(anna: Person, ben: Person) -> None:
    await anna.register()
    await ben.register()
    await befriend(anna, ben)

    await anna.engine.ask(commands.SetProfile(nickname="Annabel", signature="away"))

    def profile() -> events.Profile | None:
        told = [each.profile for each in ben.all_told(events.ProfileChanged)]
        return next((each for each in told if each.nickname == "Annabel"), None)

    changed = await ben.until(profile)
    await ben.until(
        lambda: any(row.peer.nickname == "Annabel" for row in ben.conversations().values()) or None
    )
    own = anna.last(events.AccountChanged).account
    assert changed.signature == "away"
    assert own is not None
    assert own.profile.nickname == "Annabel"


async def test_an_avatar_is_shown_to_others_and_cached(anna: Person, ben: Person) -> None:
    await anna.register()
    await ben.register()
    await befriend(anna, ben)
    data = picture(1)

    await anna.engine.ask(commands.SetAvatar(data=data))
    loaded = await ben.engine.ask(commands.LoadProfile(account=anna.account))
    assert isinstance(loaded, events.ProfileLoaded)
    load = commands.LoadAvatar(account=anna.account, avatar=loaded.profile.avatar)
    shown = [await ben.engine.ask(load), await ben.engine.ask(load)]
    await anna.engine.ask(commands.SetAvatar(data=b""))
    own = anna.last(events.AccountChanged).account

    expected = events.AvatarLoaded(account=anna.account, avatar=loaded.profile.avatar, data=data)
    assert shown == [expected, expected]
    assert own is not None
    assert own.profile.avatar == ""


@pytest.mark.parametrize("avatar", ["0" * 64, "nonsense", "../../v1/me"])
async def test_an_avatar_that_is_gone_is_empty(anna: Person, avatar: str) -> None:
    await anna.register()

    loaded = await anna.engine.ask(commands.LoadAvatar(account=anna.account, avatar=avatar))

    assert loaded == events.AvatarLoaded(account=anna.account, avatar=avatar, data=b"")


async def test_what_is_no_profile_is_refused(anna: Person) -> None:
    await anna.register()
    codes = []

    for command in (
        commands.SetProfile(nickname=" ", signature=""),
        commands.SetProfile(nickname="A", signature="x" * 201),
        commands.SetAvatar(data=b"GIF89a"),
        commands.SetAvatar(data=b"\xff\xd8\xff" + bytes(limits.AVATAR_BYTES_MAX)),
        commands.LoadProfile(account=AccountId(anna.account + 1)),
    ):
        with pytest.raises(CommandFailedError) as failed:
            await anna.engine.ask(command)
        codes.append(failed.value.code)

    assert codes == ["bad_nickname", "too_large", "unsupported_media", "too_large", "not_found"]

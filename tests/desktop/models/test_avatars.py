from __future__ import annotations

import msgspec
import pytest
from pytestqt.qtbot import QtBot

from desktop.commands import LoadAvatar
from desktop.models import avatars
from desktop.models.avatars import AVATARS_KEPT_MAX, decode_picture
from tests.desktop.fake_port import FakePort, profile
from tests.exhibits.stage import make_picture

PERSON = msgspec.structs.replace(profile(2, "ben", "Ben"), avatar="a" * 64)


def test_a_picture_is_asked_for_once_and_then_there(port: FakePort, qtbot: QtBot) -> None:
    port.avatars["a" * 64] = make_picture()
    store = port.session.avatars

    assert store.image(PERSON) is None
    assert store.image(PERSON) is None
    qtbot.waitUntil(lambda: store.image(PERSON) is not None)

    assert len(port.of(LoadAvatar)) == 1


def test_who_has_no_picture_has_none(port: FakePort) -> None:
    assert port.session.avatars.image(profile(2, "ben", "Ben")) is None
    assert not port.of(LoadAvatar)


def test_a_picture_that_could_not_be_fetched_is_asked_for_again(
    port: FakePort, qtbot: QtBot
) -> None:
    port.refusals[LoadAvatar] = "offline"
    store = port.session.avatars
    store.image(PERSON)
    qtbot.waitUntil(lambda: len(port.of(LoadAvatar)) == 1)

    store.retry()
    store.image(PERSON)

    qtbot.waitUntil(lambda: len(port.of(LoadAvatar)) == 2)


def test_no_more_pictures_are_kept_than_the_bound(port: FakePort, qtbot: QtBot) -> None:
    port.avatars = {f"{number:064x}": b"" for number in range(AVATARS_KEPT_MAX + 5)}
    store = port.session.avatars

    for name in port.avatars:
        store.image(msgspec.structs.replace(PERSON, avatar=name))

    qtbot.waitUntil(lambda: len(port.of(LoadAvatar)) == AVATARS_KEPT_MAX + 5)
    assert len(store._images) == AVATARS_KEPT_MAX


@pytest.mark.parametrize("data", [b"", b"x" * 100, b"GIF89a" + b"\0" * 50])
def test_what_is_no_picture_decodes_to_nothing(windows: None, data: bytes) -> None:
    assert decode_picture(data).isNull()


def test_a_picture_of_too_many_pixels_is_not_decoded(
    windows: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not decode_picture(make_picture()).isNull()

    monkeypatch.setattr(avatars, "PICTURE_PIXELS_MAX", 100)

    assert decode_picture(make_picture()).isNull()

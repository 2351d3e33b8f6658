from __future__ import annotations

import pytest
from PySide6.QtGui import QGuiApplication
from pytestqt.qtbot import QtBot

from desktop.commands import MakeInvite
from desktop.ui.invite_dialog import InviteDialog
from desktop.ui.qr_code import qr_modules
from shared.identifiers import ConversationId
from tests.desktop.fake_port import FakePort
from tests.desktop.ui.hands import press
from tests.desktop.ui.spoken import unnamed_controls


def made(world: FakePort, qtbot: QtBot, *, by_admin: bool = False) -> InviteDialog:
    dialog = InviteDialog(world, ConversationId(9))
    dialog.open()
    if by_admin:
        press(dialog.by_admin)
    press(dialog.make_button)
    qtbot.waitUntil(dialog.code.isVisible)
    return dialog


@pytest.mark.parametrize(
    ("by_admin", "expiry"), [(False, "Valid until 2026-11-23 14:32"), (True, "does not expire")]
)
def test_a_code_is_made_as_wanted_and_says_how_long_it_holds(
    world: FakePort, qtbot: QtBot, by_admin: bool, expiry: str
) -> None:
    dialog = made(world, qtbot, by_admin=by_admin)

    assert world.of(MakeInvite)[0].needs_approval is by_admin
    assert dialog.code.toPlainText() == "CODE"
    assert expiry in dialog.state.text()
    assert not dialog.make_button.isVisible()
    assert unnamed_controls(dialog) == []


def test_the_code_is_copied(world: FakePort, qtbot: QtBot) -> None:
    dialog = made(world, qtbot)

    press(dialog.copy_button)

    assert QGuiApplication.clipboard().text() == "CODE"
    assert dialog.copy_button.text() == "Copied"


def test_the_code_is_shown_to_be_scanned(world: FakePort, qtbot: QtBot) -> None:
    dialog = made(world, qtbot)

    press(dialog.picture_button)

    assert dialog.picture.isVisible()
    assert dialog.picture.modules == qr_modules("CODE")
    press(dialog.picture_button)
    assert not dialog.picture.isVisible()


def test_a_refusal_is_said(world: FakePort, qtbot: QtBot) -> None:
    world.refusals[MakeInvite] = "forbidden"
    dialog = InviteDialog(world, ConversationId(9))
    dialog.open()

    press(dialog.make_button)

    qtbot.waitUntil(dialog.error.isVisible)
    assert dialog.make_button.isVisible()

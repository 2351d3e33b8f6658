from __future__ import annotations

import pytest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.ui.account_flows import AccountFlows
from desktop.ui.devices_dialog import DevicesDialog
from desktop.ui.dialog import Dialog
from desktop.ui.log_out_dialog import LogOutDialog
from desktop.ui.password_dialog import NewCodeDialog, PasswordDialog
from desktop.ui.recovery_code_dialog import RecoveryCodeDialog
from tests.desktop.fake_port import FakePort


class Desk:
    """Keeps what was opened and said."""

    def __init__(self, port: FakePort) -> None:
        self.opened: list[Dialog] = []
        self.said: list[str] = []
        self.flows = AccountFlows(port.session, port, self.opened.append, self.said.append)


@pytest.fixture
def desk(port: FakePort) -> Desk:
    return Desk(port)


def test_each_wish_opens_its_dialog(desk: Desk) -> None:
    desk.flows.ask_log_out(None)
    desk.flows.show_devices(None)
    desk.flows.show_password(None)

    assert [type(dialog) for dialog in desk.opened] == [LogOutDialog, DevicesDialog, PasswordDialog]


def test_a_new_recovery_code_is_shown_once(desk: Desk, qtbot: QtBot) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    desk.flows.show_recovery_code(window)
    desk.flows.make_recovery_code(None)
    dialog = desk.opened.pop()
    assert isinstance(dialog, NewCodeDialog)

    with qtbot.waitSignal(desk.flows.code_made):
        dialog.code_made.emit("ABCD-EFGH")
    desk.flows.show_recovery_code(window)
    desk.flows.show_recovery_code(window)

    assert [type(each) for each in desk.opened] == [RecoveryCodeDialog]

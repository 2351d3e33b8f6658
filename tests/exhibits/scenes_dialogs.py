"""Scenes of dialogs."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtWidgets import QWidget

from desktop.models.avatars import decode_picture
from desktop.ui.avatar_crop_dialog import AvatarCropDialog
from desktop.ui.calendar_popup import CalendarPopup
from desktop.ui.date_range_dialog import DateRangeDialog
from desktop.ui.dialog import Dialog
from desktop.ui.file_acts import FileAct
from desktop.ui.group_dialog import GroupDialog
from desktop.ui.invite_dialog import InviteDialog
from desktop.ui.markup import parse
from desktop.ui.quick_switcher import QuickSwitcher
from desktop.ui.remark_dialog import RemarkDialog
from desktop.ui.safety_dialog import SafetyDialog
from desktop.ui.send_files_dialog import SendFilesDialog
from desktop.ui.settings_dialog import SettingsDialog
from desktop.ui.shell import Shell
from shared.identifiers import AccountId
from tests.desktop.fake_port import FakePort
from tests.exhibits import passcode_dialog
from tests.exhibits.scene import (
    NARROW,
    Scene,
    dialog_of,
    login_dialog_of,
    main_of,
    over,
    settle,
)
from tests.exhibits.scenes_chats import pane_of
from tests.exhibits.stage import WANG, make_picture
from tests.exhibits.worlds import CLUB, RICH, files, grouped, rich, sorted_friends, varied

__all__ = ["DIALOGS"]

_CODE = "K7QM-2XWP-94TF-HJ3V-RD8C-6YNB"
_PAGES = (
    "account",
    "privacy",
    "notifications",
    "appearance",
    "chats",
    "storage",
    "shortcuts",
    "about",
)


def _opened(dialog: Dialog) -> Dialog:
    dialog.open()
    return dialog


def _settings(page: int) -> Callable[[FakePort, Shell], QWidget]:
    def show(_port: FakePort, shell: Shell) -> QWidget:
        shell.show_passcode = lambda _parent: None
        shell.show_settings()
        dialog = shell.dialog
        assert isinstance(dialog, SettingsDialog)
        dialog.show_page(dialog.pages[page])
        return dialog

    return show


def _settings_narrow(page: int | None) -> Callable[[FakePort, Shell], QWidget]:
    def show(port: FakePort, shell: Shell) -> QWidget:
        main_of(shell).resize(*NARROW)
        if page is not None:
            return _settings(page)(port, shell)
        shell.show_settings()
        assert shell.dialog is not None
        return shell.dialog

    return show


def _group(page: int) -> Callable[[FakePort, Shell], object]:
    def act(_port: FakePort, shell: Shell) -> None:
        shell.show_group(CLUB)
        settle()
        assert isinstance(shell.dialog, GroupDialog)
        shell.dialog.show_page(page)

    return act


def _in_group(button: str) -> Callable[[FakePort, Shell], QWidget]:
    """What a button of the group's members opens."""

    def show(_port: FakePort, shell: Shell) -> QWidget:
        shell.show_group(CLUB)
        settle()
        assert isinstance(shell.dialog, GroupDialog)
        getattr(shell.dialog.members, button).click()
        settle()
        found = [each for each in shell.dialog.findChildren(Dialog) if each.isVisible()]
        return found[-1]

    return show


def _invited(port: FakePort, shell: Shell) -> QWidget:
    dialog = _in_group("invite_button")(port, shell)
    assert isinstance(dialog, InviteDialog)
    dialog.make_button.click()
    settle()
    dialog.picture_button.click()
    return dialog


def _send(count: int, *, has_missing: bool = False) -> Callable[[FakePort, Shell], QWidget]:
    def show(port: FakePort, shell: Shell) -> QWidget:
        dialog = SendFilesDialog(port, WANG, caption="看看这个", parent=main_of(shell))
        dialog.open()
        dialog.add(files(count, has_missing=has_missing))
        settle()
        return dialog

    return show


def _switch(text: str) -> Callable[[FakePort, Shell], object]:
    def act(_port: FakePort, shell: Shell) -> None:
        shell.switch()
        assert isinstance(shell.dialog, QuickSwitcher)
        shell.dialog.field.setText(text)

    return act


def _safety_code(_port: FakePort, shell: Shell) -> None:
    shell.show_safety(AccountId(2))
    settle()
    assert isinstance(shell.dialog, SafetyDialog)
    shell.dialog.toggle_code()


def _risky_file(_port: FakePort, shell: Shell) -> QWidget | None:
    pane = pane_of(shell, RICH)
    row = next(row for row in pane.timeline.rows if row.file and row.file.name == "setup.exe")
    pane.view.file_requested.emit(row, FileAct.OPEN)
    return None


def _odd_link(_port: FakePort, shell: Shell) -> QWidget | None:
    pane = pane_of(shell, RICH)
    pane.view.verticalScrollBar().setValue(0)
    settle()
    row = next(row for row in pane.timeline.rows if "evil.example" in row.text)
    span = next(span for span in parse(row.text).spans if not span.says_target)
    pane.view.set_current(row.local_id)
    pane.view.link_requested.emit(span)
    return None


def _calendar(_port: FakePort, shell: Shell) -> QWidget | None:
    view = pane_of(shell).view
    view.pick_date()
    return view.findChild(CalendarPopup)


DIALOGS: tuple[Scene, ...] = (
    Scene("register", login_dialog_of(lambda window: window.register_button.click())),
    Scene("recover", login_dialog_of(lambda window: window.recover_button.click())),
    Scene("recovery", dialog_of(lambda _port, shell: shell.account_flows._keep_code(_CODE))),
    *(
        Scene(f"settings_{name}", over(_settings(page), world=grouped))
        for page, name in enumerate(_PAGES)
    ),
    Scene("settings_narrow", over(_settings_narrow(None))),
    Scene("settings_narrow_page", over(_settings_narrow(2))),
    Scene("shortcuts", dialog_of(lambda _port, shell: shell.show_shortcuts())),
    Scene("switcher", dialog_of(_switch(""), world=varied)),
    Scene("switcher_found", dialog_of(_switch("wang"), world=varied)),
    Scene("switcher_nothing", dialog_of(_switch("qqqq"), world=varied)),
    Scene("add", dialog_of(lambda _port, shell: shell.add_contact())),
    Scene("profile", dialog_of(lambda _port, shell: shell.show_profile(AccountId(2)))),
    Scene("profile_bare", dialog_of(lambda _port, shell: shell.show_profile(AccountId(4)))),
    Scene("own_profile", dialog_of(lambda _port, shell: shell.show_own_profile())),
    Scene(
        "crop",
        over(
            lambda _port, shell: _opened(
                AvatarCropDialog(decode_picture(make_picture()), main_of(shell))
            )
        ),
    ),
    Scene(
        "remark",
        over(
            lambda port, shell: _opened(
                RemarkDialog(port, port.contacts[AccountId(4)], main_of(shell))
            ),
            world=sorted_friends,
        ),
    ),
    Scene(
        "friend_group",
        dialog_of(lambda _port, shell: shell.people_flows.new_group((AccountId(2),))),
    ),
    Scene("block", dialog_of(lambda _port, shell: shell.people_flows.ask_block(AccountId(2)))),
    Scene("safety", dialog_of(lambda _port, shell: shell.show_safety(AccountId(2)))),
    Scene("safety_code", dialog_of(_safety_code)),
    Scene("devices", dialog_of(lambda _port, shell: shell.show_devices(), world=grouped)),
    Scene("password", dialog_of(lambda _port, shell: shell.show_password())),
    Scene(
        "new_code",
        dialog_of(lambda _port, shell: shell.account_flows.make_recovery_code(main_of(shell))),
    ),
    Scene("dates", over(lambda _port, shell: _opened(DateRangeDialog(main_of(shell))))),
    Scene("calendar", over(_calendar)),
    Scene("risky_file", over(_risky_file, world=rich)),
    Scene("odd_link", over(_odd_link, world=rich)),
    Scene("new_group", dialog_of(lambda _port, shell: shell.make_group())),
    Scene("join_group", dialog_of(lambda _port, shell: shell.join_group())),
    Scene("leave_group", dialog_of(lambda _port, shell: shell.leave_group(CLUB), world=grouped)),
    Scene("group_members", dialog_of(_group(0), world=grouped)),
    Scene("group_about", dialog_of(_group(1), world=grouped)),
    Scene("group_requests", dialog_of(_group(2), world=grouped)),
    Scene("add_members", over(_in_group("add_button"), world=grouped)),
    Scene("invite", over(_in_group("invite_button"), world=grouped)),
    Scene("invite_made", over(_invited, world=grouped)),
    Scene("send_one", over(_send(1))),
    Scene("send_six", over(_send(6))),
    Scene("send_missing", over(_send(2, has_missing=True))),
    Scene("passcode", over(lambda _port, _shell: _opened(passcode_dialog.make(False)))),
    Scene("passcode_set", over(lambda _port, _shell: _opened(passcode_dialog.make(True)))),
    Scene("log_out", dialog_of(lambda _port, shell: shell.ask_log_out())),
)

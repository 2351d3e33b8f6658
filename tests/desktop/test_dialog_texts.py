"""No text of a dialog is cut: in a language 40 % longer than English, at 100 and 150 %."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QAbstractButton, QLabel, QWidget

from desktop.events import Member
from desktop.models.avatars import decode_picture
from desktop.ui.add_contact_dialog import AddContactDialog
from desktop.ui.add_members_dialog import AddMembersDialog
from desktop.ui.avatar_crop_dialog import AvatarCropDialog
from desktop.ui.date_range_dialog import DateRangeDialog
from desktop.ui.devices_dialog import DevicesDialog, EndDeviceDialog
from desktop.ui.dialog import ConfirmDialog, Dialog
from desktop.ui.fonts import set_fonts
from desktop.ui.group_dialog import GroupDialog
from desktop.ui.invite_dialog import InviteDialog
from desktop.ui.join_group_dialog import JoinGroupDialog
from desktop.ui.log_out_dialog import LogOutDialog
from desktop.ui.new_group_dialog import NewGroupDialog
from desktop.ui.own_profile_dialog import OwnProfileDialog
from desktop.ui.password_dialog import NewCodeDialog, PasswordDialog
from desktop.ui.profile_dialog import ProfileDialog
from desktop.ui.quick_switcher import QuickSwitcher
from desktop.ui.recover_dialog import RecoverDialog
from desktop.ui.recovery_code_dialog import RecoveryCodeDialog
from desktop.ui.register_dialog import RegisterDialog
from desktop.ui.remark_dialog import RemarkDialog
from desktop.ui.safety_dialog import SafetyDialog
from desktop.ui.setting_rows import ActionRow, SwitchRow
from desktop.ui.settings import SettingsStore
from desktop.ui.settings_dialog import SettingsDialog
from desktop.ui.shortcuts_dialog import ShortcutsDialog
from desktop.ui.translate import Language, catalogue, translate
from shared.identifiers import AccountId, ConversationId
from tests.desktop.fake_port import FakePort, profile
from tests.desktop.ui.test_devices_dialog import device
from tests.exhibits.stage import make_picture

ALICE, GROUP = AccountId(3), ConversationId(9)
LONGER = 0.4
Make = Callable[[FakePort], Dialog]


async def nowhere() -> None:
    return None


def settings_page(place: int) -> Make:
    def make(world: FakePort) -> Dialog:
        store = SettingsStore(Path("/nonexistent/mim"))
        dialog = SettingsDialog(world.session, world, store, version="1", has_passcode=True)
        dialog.show_page(dialog.pages[place])
        return dialog

    return make


def group_page(place: int) -> Make:
    def make(world: FakePort) -> Dialog:
        group = world.add_conversation(
            profile(0, "", ""), kind=2, title="Chess", own_role=3, member_count=9
        )
        world.members = [Member(profile=world.own, role=3)]
        world.joining = list(world.strangers)
        world.announce()
        dialog = GroupDialog(world.session, world, group)
        dialog.show_page(place)
        return dialog

    return make


def question(world: FakePort) -> Dialog:
    return ConfirmDialog(
        None,
        title=translate("block.title", name="Alice"),
        words=translate("group.leave_owner"),
        yes=translate("profile.block"),
        no=translate("dialog.cancel"),
    )


def remark(world: FakePort) -> Dialog:
    contact = world.session.contact(ALICE)
    assert contact is not None
    return RemarkDialog(world, contact)


DIALOGS: dict[str, Make] = {
    **{f"settings {place}": settings_page(place) for place in range(8)},
    **{f"group {place}": group_page(place) for place in range(3)},
    "question": question,
    "remark": remark,
    "add contact": lambda world: AddContactDialog(world),
    "add members": lambda world: AddMembersDialog(world.session, world, GROUP, ()),
    "crop": lambda world: AvatarCropDialog(decode_picture(make_picture())),
    "dates": lambda world: DateRangeDialog(),
    "devices": lambda world: DevicesDialog(world),
    "end device": lambda world: EndDeviceDialog(world, device(2, "phone")),
    "invite": lambda world: InviteDialog(world, GROUP),
    "join": lambda world: JoinGroupDialog(world),
    "log out": lambda world: LogOutDialog(world),
    "new code": lambda world: NewCodeDialog(world),
    "new group": lambda world: NewGroupDialog(world.session, world),
    "own profile": lambda world: OwnProfileDialog(world.session, world),
    "password": lambda world: PasswordDialog(world),
    "profile": lambda world: ProfileDialog(world.session, world, ALICE),
    "recover": lambda world: RecoverDialog(world, nowhere),
    "recovery code": lambda world: RecoveryCodeDialog("ABCD-EFGH-JKLM-NPQR", "anna"),
    "register": lambda world: RegisterDialog(world, nowhere),
    "safety": lambda world: SafetyDialog(world, ALICE, "Alice"),
    "shortcuts": lambda world: ShortcutsDialog(),
    "switcher": lambda world: QuickSwitcher(world.session),
}


@pytest.fixture
def longer(windows: None) -> Iterator[None]:
    """English, each sentence longer by 40 %, its last sign one that is seen when it is missing."""
    sentences = catalogue(Language.ENGLISH)
    kept = dict(sentences)
    for key, sentence in kept.items():
        spoken = re.sub(r"{\w+}", "", sentence)
        sentences[key] = sentence + ("ox " * len(spoken))[: max(2, round(len(spoken) * LONGER))]
    yield
    sentences.update(kept)
    set_fonts()


def cut(dialog: Dialog) -> list[str]:
    """Return the texts that have less room than they need."""
    found = []
    for widget in dialog.findChildren(QWidget):
        if not widget.isVisible():
            continue
        if isinstance(widget, QLabel) and widget.wordWrap():
            is_cut = widget.heightForWidth(widget.width()) > widget.height() + 1
        elif isinstance(widget, QLabel):
            is_cut = bool(widget.text()) and widget.sizeHint().width() > widget.width() + 1
        elif isinstance(widget, SwitchRow):
            is_cut = widget.heightForWidth(widget.width()) > widget.height() + 1
        elif isinstance(widget, ActionRow):
            is_cut = widget.minimumSizeHint().width() > widget.width() + 1
        elif isinstance(widget, QAbstractButton) and type(widget).__module__.startswith("desktop"):
            wanted = widget.sizeHint()
            is_cut = wanted.width() > widget.width() + 1 or wanted.height() > widget.height() + 1
        else:
            continue
        if is_cut:
            found.append(f"{type(widget).__name__}: {widget.text()}")
    return found


@pytest.mark.parametrize("scale_percent", [100, 150])
@pytest.mark.parametrize("name", list(DIALOGS))
def test_no_text_is_cut(world: FakePort, longer: None, name: str, scale_percent: int) -> None:
    set_fonts(scale_percent=scale_percent)
    dialog = DIALOGS[name](world)
    dialog.open()
    for _ in range(5):
        QTest.qWait(0)

    assert cut(dialog) == []
    assert dialog.height() <= dialog.screen().availableGeometry().height()


@pytest.mark.parametrize("name", list(DIALOGS))
def test_escape_closes_it_and_something_has_the_keyboard(world: FakePort, name: str) -> None:
    dialog = DIALOGS[name](world)
    dialog.open()
    QTest.qWait(0)
    focused = dialog.focusWidget()
    assert focused is not None
    assert focused.isVisible()

    QTest.keyClick(dialog, Qt.Key.Key_Escape)

    # The recovery code is shown once and is not lost by a slip.
    assert dialog.isVisible() is (name == "recovery code")

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from PySide6.QtCore import QObject, Qt
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.commands import (
    AcceptRequest,
    BlockAccount,
    DeclineRequest,
    LeaveGroup,
    LogIn,
    LogOut,
    OpenConversation,
    OpenNotes,
    Register,
    RemoveContact,
    RequestContact,
    SaveDraft,
    SendText,
    WithdrawRequest,
)
from desktop.events import AccountChanged, Notice, NoticeKind
from desktop.models.notifications import Attention
from desktop.models.reading_place import ReadingPlace
from desktop.ui.add_contact_dialog import AddContactDialog
from desktop.ui.chat_pane import ChatPane
from desktop.ui.controls import Label
from desktop.ui.devices_dialog import DevicesDialog
from desktop.ui.dialog import ConfirmDialog
from desktop.ui.join_group_dialog import JoinGroupDialog
from desktop.ui.log_out_dialog import LogOutDialog
from desktop.ui.login_window import LoginWindow
from desktop.ui.main_window import MainWindow
from desktop.ui.new_group_dialog import NewGroupDialog
from desktop.ui.own_profile_dialog import OwnProfileDialog
from desktop.ui.password_dialog import PasswordDialog
from desktop.ui.profile_dialog import ProfileDialog
from desktop.ui.quick_switcher import Action, QuickSwitcher
from desktop.ui.recovery_code_dialog import RecoveryCodeDialog
from desktop.ui.register_dialog import RegisterDialog
from desktop.ui.safety_dialog import SafetyDialog
from desktop.ui.settings import SettingsStore
from desktop.ui.settings_dialog import SettingsDialog
from desktop.ui.shell import Shell
from desktop.ui.shortcuts import SHORTCUTS, Shortcut
from desktop.ui.shortcuts_dialog import ShortcutsDialog
from desktop.ui.translate import error_sentence
from desktop.ui.window_watch import WindowWatch
from shared import limits
from shared.identifiers import AccountId, ConversationId
from tests.desktop.fake_port import FakePort, profile
from tests.desktop.ui.hands import (
    choose,
    menu_of,
    open_menu,
    press,
    press_key,
    press_row,
    type_into,
)
from tests.desktop.ui.spoken import names, unnamed_controls
from tests.exhibits.stage import ALICE, DESIGN, MOM, WANG, add_variety, make_world


async def no_other_server(_url: str) -> None:
    raise AssertionError("the address did not change")


def make_shell(port: FakePort, folder: Path) -> Shell:
    shell = Shell(
        port.session,
        port,
        SettingsStore(folder / "windows.json"),
        server_url="http://127.0.0.1:8080",
        use_server=no_other_server,
    )
    shell.start()
    port.announce()
    return shell


def main_of(shell: Shell) -> MainWindow:
    assert shell.main_window is not None
    return shell.main_window


def open_chat(shell: Shell, conversation_id: ConversationId) -> ChatPane:
    """Press its row in the list."""
    window = main_of(shell)
    press_row(window.side.list, window.side.list.filter.index_of(conversation_id))
    assert window.open_pane is not None
    assert window.open_pane.conversation_id == conversation_id
    return window.open_pane


def login_of(shell: Shell) -> LoginWindow:
    assert shell.login_window is not None
    return shell.login_window


@pytest.fixture
def shell(world: FakePort, tmp_path: Path) -> Shell:
    return make_shell(world, tmp_path)


@pytest.fixture
def stranger(windows: None) -> FakePort:
    return make_world(is_logged_in=False)


def test_logging_in_leads_to_the_main_window(
    stranger: FakePort, tmp_path: Path, qtbot: QtBot
) -> None:
    shell = make_shell(stranger, tmp_path)
    login = login_of(shell)

    QTest.keyClicks(login.user_name, "linxiao")
    QTest.keyClicks(login.password, "a good password")
    QTest.keyClick(login.password, Qt.Key.Key_Return)

    qtbot.waitUntil(lambda: shell.main_window is not None)
    assert shell.login_window is None
    assert stranger.of(LogIn)[0].user_name == "linxiao"
    assert len(names(main_of(shell).side.list)) == 6


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (
            "wrong_credentials",
            "Unknown user or wrong password.",
        ),
        ("offline", "The server cannot be reached."),
        ("server_too_old", "The server is too old"),
        ("client_too_old", "This version of Mim is too old"),
        ("device_limit", "has too many devices"),
        ("insecure_address", "Without encryption"),
    ],
)
def test_a_refused_log_in_says_why(
    stranger: FakePort, tmp_path: Path, qtbot: QtBot, code: str, sentence: str
) -> None:
    shell = make_shell(stranger, tmp_path)
    login = login_of(shell)
    stranger.refusals[LogIn] = code
    QTest.keyClicks(login.user_name, "linxiao")
    QTest.keyClicks(login.password, "wrong password")

    press(login.log_in_button)

    qtbot.waitUntil(lambda: sentence in login.error.text())
    assert shell.login_window is login


def test_an_empty_field_is_said_before_anything_is_asked(
    stranger: FakePort, tmp_path: Path
) -> None:
    login = login_of(make_shell(stranger, tmp_path))

    press(login.log_in_button)

    assert login.error.text() == "Please fill in every field."
    assert not stranger.of(LogIn)


def test_an_address_without_a_scheme_is_said(
    stranger: FakePort, tmp_path: Path, qtbot: QtBot
) -> None:
    login = login_of(make_shell(stranger, tmp_path))
    login.server.setText("ftp://example.org")
    QTest.keyClicks(login.user_name, "linxiao")
    QTest.keyClicks(login.password, "a password")

    press(login.log_in_button)

    qtbot.waitUntil(lambda: "begins with https://" in login.error.text())


def register_of(shell: Shell) -> RegisterDialog:
    press(login_of(shell).register_button)
    assert isinstance(shell.dialog, RegisterDialog)
    return shell.dialog


def fill(dialog: RegisterDialog, name: str, nickname: str, password: str, repeated: str) -> None:
    for field, text in (
        (dialog.user_name, name),
        (dialog.nickname, nickname),
        (dialog.password, password),
        (dialog.repeated, repeated),
    ):
        QTest.keyClicks(field, text)


def test_registering_leads_to_the_main_window_with_the_recovery_code(
    stranger: FakePort, tmp_path: Path, qtbot: QtBot
) -> None:
    shell = make_shell(stranger, tmp_path)
    dialog = register_of(shell)
    fill(dialog, "anna", "Anna", "a good password", "a good password")

    press(dialog.register_button)

    qtbot.waitUntil(lambda: isinstance(shell.dialog, RecoveryCodeDialog))
    recovery = shell.dialog
    assert isinstance(recovery, RecoveryCodeDialog)
    assert shell.main_window is not None
    assert not recovery.done_button.isEnabled()
    press(recovery.kept)
    press(recovery.done_button)
    assert shell.dialog is None


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (("anna", "Anna", "", ""), "Please fill in every field."),
        (("an", "Anna", "a good password", "a good password"), "A user name has 3 to 32"),
        (
            ("anna", "Anna", "short", "short"),
            "A password has at least 8 characters. Choose a longer one.",
        ),
        (
            ("anna", "Anna", "a good password", "another one"),
            "The two passwords differ. Type the same one twice.",
        ),
    ],
)
def test_a_mistake_in_the_form_has_its_sentence(
    stranger: FakePort, tmp_path: Path, data: tuple[str, str, str, str], sentence: str
) -> None:
    dialog = register_of(make_shell(stranger, tmp_path))
    fill(dialog, *data)

    press(dialog.register_button)

    assert sentence in dialog.error.text()
    assert not stranger.of(Register)


def test_a_taken_user_name_is_said(stranger: FakePort, tmp_path: Path, qtbot: QtBot) -> None:
    dialog = register_of(make_shell(stranger, tmp_path))
    stranger.refusals[Register] = "user_exists"
    fill(dialog, "anna", "Anna", "a good password", "a good password")

    press(dialog.register_button)

    qtbot.waitUntil(lambda: "taken" in dialog.error.text())


def test_the_recovery_code_is_not_lost_by_escape(
    stranger: FakePort, tmp_path: Path, qtbot: QtBot
) -> None:
    shell = make_shell(stranger, tmp_path)
    dialog = register_of(shell)
    fill(dialog, "anna", "Anna", "a good password", "a good password")
    press(dialog.register_button)
    qtbot.waitUntil(lambda: isinstance(shell.dialog, RecoveryCodeDialog))
    recovery = shell.dialog
    assert recovery is not None

    QTest.keyClick(recovery, Qt.Key.Key_Escape)
    recovery.close()

    assert shell.dialog is recovery
    assert recovery.isVisible()


def test_a_message_is_typed_and_sent(shell: Shell, world: FakePort, qtbot: QtBot) -> None:
    pane = shell.open_conversation(WANG)
    assert pane is not None

    QTest.keyClicks(pane.composer.editor, "hello there")
    QTest.keyClick(pane.composer.editor, Qt.Key.Key_Return)

    qtbot.waitUntil(lambda: bool(world.of(SendText)))
    assert world.of(SendText)[0].text == "hello there"
    qtbot.waitUntil(lambda: any("hello there" in line for line in names(pane.view)))
    assert pane.composer.text == ""


def test_a_draft_is_kept_when_another_conversation_is_opened(shell: Shell, world: FakePort) -> None:
    type_into(open_chat(shell, WANG).composer.editor, "not yet")

    open_chat(shell, MOM)

    assert world.of(SaveDraft)[-1].text == "not yet"


def test_a_draft_is_kept_when_the_window_closes(
    shell: Shell, world: FakePort, qtbot: QtBot
) -> None:
    type_into(open_chat(shell, WANG).composer.editor, "not yet")

    with qtbot.waitSignal(shell.last_window_closed):
        main_of(shell).close()

    assert world.of(SaveDraft)[-1].text == "not yet"


def test_a_stored_draft_is_there_again(shell: Shell) -> None:
    pane = shell.open_conversation(MOM)

    assert pane is not None
    assert pane.composer.text == "Sounds good, I'll bring"


def test_a_conversation_gets_a_window_of_its_own(shell: Shell, qtbot: QtBot) -> None:
    press(open_chat(shell, WANG).header.detach_button)

    window = shell.chat_windows.find(WANG)
    assert window is not None
    assert window.isVisible()
    assert main_of(shell).open_pane is None
    assert shell.open_conversation(WANG) is window.pane


def test_a_detached_chat_keeps_the_program_running(shell: Shell, qtbot: QtBot) -> None:
    shell.detach(WANG)
    window = shell.chat_windows.find(WANG)
    assert window is not None

    with qtbot.assertNotEmitted(shell.last_window_closed):
        main_of(shell).close()
    with qtbot.waitSignal(shell.last_window_closed):
        window.close()


def test_a_request_is_accepted_with_the_mouse(shell: Shell, world: FakePort, qtbot: QtBot) -> None:
    window = main_of(shell)
    press(window.rail.contacts_button)
    tree = window.side.tree
    button = tree.button_rect(AccountId(8), "accept")

    QTest.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=button.center())

    qtbot.waitUntil(lambda: window.toast.label.text() == "Dana Kim added.")
    assert world.of(AcceptRequest)[0].account == 8
    assert any(line.startswith("Dana Kim, online") for line in names(tree))


def test_a_request_is_declined_with_the_mouse(shell: Shell, world: FakePort, qtbot: QtBot) -> None:
    tree = main_of(shell).side.tree
    press(main_of(shell).rail.contacts_button)
    button = tree.button_rect(AccountId(8), "decline")

    QTest.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=button.center())

    qtbot.waitUntil(lambda: bool(world.of(DeclineRequest)))
    assert not any("Dana" in line for line in names(tree))


def test_an_own_request_is_taken_back(shell: Shell, world: FakePort, qtbot: QtBot) -> None:
    tree = main_of(shell).side.tree
    press(main_of(shell).rail.contacts_button)
    button = tree.button_rect(AccountId(9), "withdraw")

    QTest.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=button.center())

    qtbot.waitUntil(lambda: bool(world.of(WithdrawRequest)))


def delete_alice(shell: Shell) -> None:
    press(main_of(shell).rail.contacts_button)
    tree = main_of(shell).side.tree
    tree.select(AccountId(3))
    QTest.keyClick(tree, Qt.Key.Key_Delete)


def test_a_deleted_contact_is_deleted_when_it_can_not_be_taken_back_any_more(
    shell: Shell, world: FakePort, qtbot: QtBot
) -> None:
    delete_alice(shell)
    assert not any("Alice" in line for line in names(main_of(shell).side.tree))
    assert not world.of(RemoveContact)

    shell.people_flows._going[AccountId(3)].timeout.emit()

    qtbot.waitUntil(lambda: bool(world.of(RemoveContact)))
    assert not any("Alice" in line for line in names(main_of(shell).side.tree))


def test_closing_the_windows_deletes_what_waited(shell: Shell, world: FakePort) -> None:
    delete_alice(shell)

    shell.close_all()

    assert world.of(RemoveContact) == [RemoveContact(account=AccountId(3))]


def test_an_ended_friendship_leaves_the_conversation_readable(
    shell: Shell, world: FakePort, qtbot: QtBot
) -> None:
    pane = shell.open_conversation(WANG)
    assert pane is not None
    qtbot.waitUntil(lambda: bool(names(pane.view)))

    world.send(RemoveContact(account=AccountId(2)))

    assert not pane.composer.isVisible()
    assert pane.closed_line.isVisible()
    assert names(pane.view)


def test_a_conversation_that_cannot_be_opened_is_said(
    shell: Shell, world: FakePort, qtbot: QtBot
) -> None:
    world.add_contact(profile(30, "nina", "Nina"))
    world.tell_contacts()
    world.refusals[OpenConversation] = "not_contact"

    shell.open_chat(AccountId(30))

    qtbot.waitUntil(lambda: main_of(shell).toast.label.text() == error_sentence("not_contact"))
    assert main_of(shell).open_pane is None


def test_a_conversation_with_a_new_friend_is_made(
    shell: Shell, world: FakePort, qtbot: QtBot
) -> None:
    world.add_contact(profile(30, "nina", "Nina"))
    world.tell_contacts()

    shell.open_chat(AccountId(30))

    qtbot.waitUntil(lambda: main_of(shell).open_pane is not None)
    assert world.of(OpenConversation)[0].account == 30


@pytest.mark.parametrize(
    ("command", "account", "action"),
    [
        (AcceptRequest, AccountId(8), "accept"),
        (DeclineRequest, AccountId(8), "decline"),
        (WithdrawRequest, AccountId(9), "withdraw"),
    ],
)
def test_a_request_that_is_gone_meanwhile_is_said(
    shell: Shell,
    world: FakePort,
    qtbot: QtBot,
    command: type[AcceptRequest | DeclineRequest | WithdrawRequest],
    account: AccountId,
    action: str,
) -> None:
    world.refusals[command] = "no_request"
    tree = main_of(shell).side.tree
    press(main_of(shell).rail.contacts_button)
    button = tree.button_rect(account, action)

    QTest.mouseClick(tree.viewport(), Qt.MouseButton.LeftButton, pos=button.center())

    said = error_sentence("no_request")
    qtbot.waitUntil(lambda: main_of(shell).toast.label.text() == said)


def test_a_contact_is_kept_when_deleting_is_taken_back(shell: Shell, world: FakePort) -> None:
    delete_alice(shell)

    press(main_of(shell).toast.button)

    assert any(line.startswith("Alice") for line in names(main_of(shell).side.tree))
    shell.close_all()
    assert not world.of(RemoveContact)


def test_a_contact_that_cannot_be_deleted_stays_and_it_is_said(
    shell: Shell, world: FakePort, qtbot: QtBot
) -> None:
    world.refusals[RemoveContact] = "offline"

    delete_alice(shell)
    shell.people_flows._going[AccountId(3)].timeout.emit()

    qtbot.waitUntil(lambda: "cannot be reached" in main_of(shell).toast.label.text())
    assert any(line.startswith("Alice") for line in names(main_of(shell).side.tree))


def test_one_chat_window_more_than_the_bound_is_said_and_the_chat_stays(
    shell: Shell, world: FakePort
) -> None:
    people = [profile(100 + n, f"user{n}", f"User {n}") for n in range(limits.CHAT_WINDOWS_MAX + 1)]
    ids = [world.add_conversation(person) for person in people]
    world.announce()
    for conversation_id in ids[:-1]:
        shell.detach(conversation_id)
    pane = open_chat(shell, ids[-1])

    press(pane.header.detach_button)

    said = main_of(shell).toast.label.text()
    assert said == "Too many windows. Close one of the 20 open chats first."
    assert len(shell.chat_windows) == limits.CHAT_WINDOWS_MAX
    assert main_of(shell).open_pane is pane
    shell.chat_windows.close_all()


def add_dialog_of(shell: Shell) -> AddContactDialog:
    choose_new(shell, 0)
    assert isinstance(shell.dialog, AddContactDialog)
    return shell.dialog


def choose_new(shell: Shell, place: int) -> None:
    """Press the button above the list and choose from its menu."""
    menu = open_menu(main_of(shell).side.add_button)
    choose(menu, menu.actions()[place].text())


def test_groups_notes_and_what_is_behind_settings_open(
    shell: Shell, world: FakePort, qtbot: QtBot
) -> None:
    choose_new(shell, 1)
    assert isinstance(shell.dialog, NewGroupDialog)
    press_key(shell.dialog, Qt.Key.Key_Escape)
    choose_new(shell, 2)
    assert isinstance(shell.dialog, JoinGroupDialog)
    shell.show_settings()
    assert isinstance(shell.dialog, SettingsDialog)
    press(shell.dialog.account.devices_row)
    assert isinstance(shell.dialog, DevicesDialog)
    shell.show_password()
    assert isinstance(shell.dialog, PasswordDialog)
    shell.show_safety(AccountId(2))
    assert isinstance(shell.dialog, SafetyDialog)


def test_somebody_is_asked_to_become_a_contact(shell: Shell, world: FakePort, qtbot: QtBot) -> None:
    dialog = add_dialog_of(shell)
    QTest.keyClicks(dialog.user_name, "alina")
    QTest.keyClicks(dialog.greeting, "Hello!")

    press(dialog.add_contact_button)

    qtbot.waitUntil(lambda: shell.dialog is None)
    assert world.of(RequestContact)[0].greeting == "Hello!"
    assert any("Alina" in line for line in names(main_of(shell).side.tree))


@pytest.mark.parametrize(
    "code", ["oneself", "already_contact", "unknown_user", "already_requested"]
)
def test_an_impossible_request_has_its_own_sentence(
    shell: Shell, world: FakePort, qtbot: QtBot, code: str
) -> None:
    world.refusals[RequestContact] = code
    dialog = add_dialog_of(shell)
    QTest.keyClicks(dialog.user_name, "somebody")

    press(dialog.add_contact_button)

    qtbot.waitUntil(lambda: dialog.error.text() == error_sentence(code))


@pytest.mark.parametrize("is_wiped", [False, True])
def test_logging_out_asks_what_to_keep(
    shell: Shell, world: FakePort, qtbot: QtBot, is_wiped: bool
) -> None:
    press(main_of(shell).rail.settings_button)
    assert isinstance(shell.dialog, SettingsDialog)
    press(shell.dialog.account.log_out_row)
    dialog = shell.dialog
    assert isinstance(dialog, LogOutDialog)
    if is_wiped:
        press(dialog.wipe)

    press(dialog.log_out_button)

    qtbot.waitUntil(lambda: shell.login_window is not None)
    assert world.of(LogOut)[0].wipe is is_wiped
    assert shell.main_window is None


def test_a_person_found_on_the_server_can_be_added(shell: Shell, qtbot: QtBot) -> None:
    side = main_of(shell).side
    QTest.keyClicks(side.search, "alin")
    qtbot.waitUntil(lambda: any("Alina" in line for line in names(side.results.list)))

    QTest.keyClick(side.search, Qt.Key.Key_Return)

    assert isinstance(shell.dialog, AddContactDialog)
    assert shell.dialog.user_name.text() == "alina"


def test_a_message_found_is_shown_in_its_place(shell: Shell, qtbot: QtBot) -> None:
    side = main_of(shell).side
    type_into(side.search, "评审")
    qtbot.waitUntil(lambda: any("王芳" in line for line in names(side.results.list)))

    QTest.keyClick(side.search, Qt.Key.Key_Return)

    pane = main_of(shell).open_pane
    assert pane is not None
    qtbot.waitUntil(lambda: pane.view._current is not None)


def test_profiles_open(shell: Shell) -> None:
    shell.show_profile(AccountId(2))
    assert isinstance(shell.dialog, ProfileDialog)
    press_key(shell.dialog, Qt.Key.Key_Escape)
    press(main_of(shell).rail.avatar)
    assert isinstance(shell.dialog, OwnProfileDialog)


def test_ones_own_name_in_a_message_opens_ones_own_profile(shell: Shell) -> None:
    pane = shell.open_conversation(WANG)
    assert pane is not None

    pane.view.profile_requested.emit(AccountId(1))

    assert isinstance(shell.dialog, OwnProfileDialog)


def test_what_a_chat_says_of_its_files_is_said_in_the_window(shell: Shell) -> None:
    pane = shell.open_conversation(WANG)
    assert pane is not None

    pane.said.emit("Saved: a.pdf")

    labels = main_of(shell).findChildren(Label)
    assert any(label.text() == "Saved: a.pdf" for label in labels)


@pytest.mark.parametrize("kind", list(NoticeKind))
def test_every_notice_has_words(shell: Shell, world: FakePort, kind: NoticeKind) -> None:
    world.session.apply(Notice(kind=kind, detail="2"))

    assert main_of(shell).toast.label.text()


def test_a_failure_nobody_waits_for_is_said(shell: Shell, world: FakePort) -> None:
    world.session.report_failure("overloaded")

    assert "busy" in main_of(shell).toast.label.text()


def test_trouble_of_the_engine_is_said(stranger: FakePort, tmp_path: Path) -> None:
    shell = make_shell(stranger, tmp_path)

    shell.show_trouble("local")

    assert "database" in login_of(shell).error.text()


def test_every_control_has_a_name(shell: Shell, qtbot: QtBot) -> None:
    shell.open_conversation(WANG)
    window = main_of(shell)

    nameless = unnamed_controls(window)
    for open_dialog in (
        shell.add_contact,
        shell.show_settings,
        shell.ask_log_out,
        shell.show_own_profile,
        lambda: shell.show_profile(AccountId(2)),
        lambda: shell.people_flows.ask_block(AccountId(2)),
        lambda: shell.people_flows.new_group(),
    ):
        open_dialog()
        assert shell.dialog is not None
        nameless += unnamed_controls(shell.dialog)

    assert nameless == []


def test_where_one_looks_is_the_open_chat_of_the_active_window(shell: Shell, qtbot: QtBot) -> None:
    window = main_of(shell)
    shell.open_conversation(WANG)
    window.activateWindow()
    qtbot.waitUntil(window.isActiveWindow)
    assert shell.attention() == Attention(is_here=True, conversations=frozenset({WANG}))

    shell.detach(MOM)
    detached = shell.chat_windows.find(MOM)
    assert detached is not None
    qtbot.waitUntil(detached.isActiveWindow)
    assert shell.attention() == Attention(is_here=True, conversations=frozenset({MOM}))

    other = QWidget()
    qtbot.addWidget(other)
    other.show()
    other.activateWindow()
    qtbot.waitUntil(other.isActiveWindow)
    assert shell.attention() == Attention()


def test_stepping_back_keeps_what_was_typed_and_coming_back_shows_it(
    shell: Shell, world: FakePort
) -> None:
    pane = shell.open_conversation(WANG)
    assert pane is not None
    QTest.keyClicks(pane.composer.editor, "half a sentence")

    assert shell.step_back() is main_of(shell)

    assert not main_of(shell).isVisible()
    assert world.of(SaveDraft)[-1].text == "half a sentence"
    assert shell.step_back() is None
    shell.present()
    assert main_of(shell).isVisible()


def test_behind_another_account_no_window_opens_by_itself(
    stranger: FakePort, tmp_path: Path
) -> None:
    shell = make_shell(stranger, tmp_path)
    shell.step_back()
    stranger.log_in(LogIn(user_name="linxiao", password="x"))
    assert shell.main_window is None

    shell.present()

    assert main_of(shell).isVisible()
    assert shell.login_window is None


def test_the_own_picture_opens_the_menu_of_accounts_where_there_is_one(shell: Shell) -> None:
    opened: list[QWidget] = []
    shell.open_account_menu = opened.append
    shell.set_others_unread(4)

    press(main_of(shell).rail.avatar)

    assert opened == [main_of(shell).rail.avatar]
    assert main_of(shell).rail.avatar.badge == 4
    assert shell.dialog is None


def test_what_was_open_is_open_again(world: FakePort, tmp_path: Path, qtbot: QtBot) -> None:
    shell = make_shell(world, tmp_path)
    shell.open_conversation(MOM)
    shell.detach(WANG)
    shell.close_all()

    again = make_shell(world, tmp_path)

    pane = main_of(again).open_pane
    assert pane is not None
    assert pane.conversation_id == MOM
    window = again.chat_windows.find(WANG)
    assert window is not None
    assert window.isVisible()
    again.close_all()


def test_what_was_open_is_opened_once_the_conversations_are_known(
    world: FakePort, tmp_path: Path
) -> None:
    shell = make_shell(world, tmp_path)
    shell.open_conversation(MOM)
    shell.close_all()
    rows = list(world.session.conversations.rows)
    world.session.conversations.clear()
    again = Shell(
        world.session,
        world,
        SettingsStore(tmp_path / "windows.json"),
        server_url="",
        use_server=no_other_server,
    )
    again.start()
    assert main_of(again).open_pane is None

    world.session.conversations.apply(rows, is_snapshot=True)

    pane = main_of(again).open_pane
    assert pane is not None
    assert pane.conversation_id == MOM
    again.close_all()


def test_what_another_account_had_open_is_forgotten(world: FakePort, tmp_path: Path) -> None:
    shell = make_shell(world, tmp_path)
    shell.open_conversation(MOM)
    shell.detach(WANG)
    shell._places.keep(MOM, ReadingPlace(1, 2, 3))

    world.session.apply(AccountChanged(account=None))

    settings = SettingsStore(tmp_path / "windows.json").settings
    assert settings.open_conversation is None
    assert settings.chat_windows == ()
    assert settings.places == ()
    shell.close_all()


@pytest.mark.parametrize("is_sure", [True, False])
def test_leaving_a_group_is_asked_first(
    shell: Shell, world: FakePort, qtbot: QtBot, is_sure: bool
) -> None:
    add_variety(world)
    world.announce()
    chats, right = main_of(shell).side.list, Qt.MouseButton.RightButton
    index = chats.filter.index_of(DESIGN)
    choose(menu_of(lambda: press_row(chats, index, button=right)), "Leave group")
    dialog = shell.dialog
    assert isinstance(dialog, ConfirmDialog)

    press(dialog.yes_button if is_sure else dialog.no_button)

    if is_sure:
        qtbot.waitUntil(lambda: bool(world.of(LeaveGroup)))
    assert bool(world.of(LeaveGroup)) == is_sure


def test_a_detached_chat_goes_on_where_it_was_read(
    shell: Shell, world: FakePort, qtbot: QtBot
) -> None:
    for number in range(200):
        world.add_message(MOM, f"line {number}", minutes_ago=200 - number)
    world.announce()
    pane = shell.open_conversation(MOM)
    assert pane is not None
    qtbot.waitUntil(lambda: pane.timeline.window.is_loaded and not pane.timeline.is_loading)
    pane.view.verticalScrollBar().setValue(900)
    before = pane.place
    assert before is not None

    shell.detach(MOM)

    window = shell.chat_windows.find(MOM)
    assert window is not None
    again = window.pane
    qtbot.waitUntil(lambda: again.view.place is not None and not again.timeline.is_loading)
    assert again.place == before


@pytest.mark.parametrize("is_sure", [True, False])
def test_blocking_somebody_is_asked_first(
    shell: Shell, world: FakePort, qtbot: QtBot, is_sure: bool
) -> None:
    main_of(shell).info.block_requested.emit(AccountId(2))
    dialog = shell.dialog
    assert isinstance(dialog, ConfirmDialog)

    press(dialog.yes_button if is_sure else dialog.no_button)

    if is_sure:
        qtbot.waitUntil(lambda: bool(world.of(BlockAccount)))
    assert [command.account for command in world.of(BlockAccount)] == [2] * is_sure


def test_the_switcher_goes_where_enter_says(shell: Shell, world: FakePort, qtbot: QtBot) -> None:
    window = main_of(shell)
    QTest.keyClick(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    dialog = shell.dialog
    assert isinstance(dialog, QuickSwitcher)

    type_into(dialog.field, "ali")
    QTest.keyClick(dialog.field, Qt.Key.Key_Return)

    pane = window.open_pane
    assert pane is not None
    assert pane.conversation_id == ALICE


@pytest.mark.parametrize("action", list(Action))
def test_every_command_of_the_switcher_opens_something(
    shell: Shell, world: FakePort, qtbot: QtBot, action: Action
) -> None:
    shell.switch()
    dialog = shell.dialog
    assert isinstance(dialog, QuickSwitcher)

    dialog.action_chosen.emit(action)

    if action is Action.NOTES:
        qtbot.waitUntil(lambda: bool(world.of(OpenNotes)))
    else:
        assert shell.dialog is not None
        assert shell.dialog is not dialog


def test_ctrl_slash_shows_the_shortcuts(shell: Shell) -> None:
    QTest.keyClick(main_of(shell), Qt.Key.Key_Slash, Qt.KeyboardModifier.ControlModifier)

    assert isinstance(shell.dialog, ShortcutsDialog)


def test_who_leaves_before_the_conversations_are_known_loses_nothing(
    world: FakePort, tmp_path: Path
) -> None:
    shell = make_shell(world, tmp_path)
    shell.open_conversation(MOM)
    shell.detach(WANG)
    shell.close_all()
    before = SettingsStore(tmp_path / "windows.json").settings
    world.session.conversations.clear()

    again = Shell(
        world.session,
        world,
        SettingsStore(tmp_path / "windows.json"),
        server_url="",
        use_server=no_other_server,
    )
    again.start()
    again.close_all()

    after = SettingsStore(tmp_path / "windows.json").settings
    assert after.open_conversation == before.open_conversation == MOM
    assert after.chat_windows == before.chat_windows
    assert len(after.chat_windows) == 1


def test_no_keys_are_registered_twice_in_one_window(shell: Shell) -> None:
    watch = WindowWatch(
        {
            Shortcut.LOCK: [list],
            Shortcut.QUIT: [list],
            Shortcut.ACCOUNTS: [list] * limits.ACCOUNTS_MAX,
        }
    )
    try:
        window = main_of(shell)
        for conversation_id in (ALICE, WANG):
            shell.open_conversation(conversation_id)
        shell.detach(ALICE)
        detached = shell.chat_windows.find(ALICE)
        assert detached is not None
        for each in (detached, window):
            each.activateWindow()
            QTest.qWaitForWindowActive(each)

            # Of panes that are hidden Qt takes no keys.
            pressed = Counter(
                shortcut.key().toString()
                for shortcut in each.findChildren(QShortcut)
                if _is_shown(shortcut.parent())
            )

            assert {"Ctrl+K", "Ctrl+/", "Ctrl+F", "Ctrl+L", "Ctrl+Shift+6"} <= set(pressed)
            assert set(pressed.values()) == {1}
            known = {key for _, keys in SHORTCUTS.values() for key in keys}
            assert {QKeySequence(key).toString() for key in known} >= set(pressed)
    finally:
        watch.stop()


def _is_shown(parent: QObject | None) -> bool:
    return isinstance(parent, QWidget) and parent.isVisible()

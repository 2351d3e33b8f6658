"""Decides which windows are open: log in, main, chats of their own, dialogs."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QApplication, QWidget

from desktop.commands import (
    AcceptRequest,
    DeclineRequest,
    LeaveGroup,
    OpenConversation,
    OpenNotes,
    WithdrawRequest,
)
from desktop.events import Alarm, ConversationOpened, MessageRow, Notice, Profile
from desktop.models.notifications import Attention
from desktop.models.port import CommandFailedError, Port
from desktop.models.session import Session
from desktop.ui.account_flows import AccountFlows
from desktop.ui.add_contact_dialog import AddContactDialog
from desktop.ui.chat_pane import ChatPane
from desktop.ui.chat_windows import ChatWindow, ChatWindows
from desktop.ui.conversation_actions import ConversationActions
from desktop.ui.describe import face_of
from desktop.ui.dialog import ConfirmDialog, Dialog
from desktop.ui.farewell import delete_later
from desktop.ui.group_dialog import GroupDialog
from desktop.ui.info_pane import InfoPane
from desktop.ui.join_group_dialog import JoinGroupDialog
from desktop.ui.login_window import LoginWindow
from desktop.ui.main_window import MainWindow
from desktop.ui.new_group_dialog import NewGroupDialog
from desktop.ui.notification_words import alarm_words, notice_words
from desktop.ui.own_profile_dialog import OwnProfileDialog
from desktop.ui.people_flows import PeopleFlows
from desktop.ui.profile_dialog import ProfileDialog
from desktop.ui.quick_switcher import Action, QuickSwitcher
from desktop.ui.rail import Page
from desktop.ui.reading_places import ReadingPlaces
from desktop.ui.recover_dialog import RecoverDialog
from desktop.ui.register_dialog import RegisterDialog
from desktop.ui.safety_dialog import SafetyDialog
from desktop.ui.settings import SettingsStore
from desktop.ui.settings_dialog import SettingsDialog
from desktop.ui.shortcuts_dialog import ShortcutsDialog
from desktop.ui.tasks import create_task
from desktop.ui.translate import error_sentence, translate
from shared.identifiers import AccountId, ConversationId

__all__ = ["Shell"]


class Shell(QObject):
    """Owns the windows of one profile.

    Args:
        session: The models.
        port: Where commands go.
        settings: What the windows remember.
        server_url: The server's address that the log-in window shows at first.
        use_server: Starts the engine anew for another address.
        version: Tells that of this program, which the settings say.
    """

    last_window_closed = Signal()

    def __init__(
        self,
        session: Session,
        port: Port,
        settings: SettingsStore,
        *,
        server_url: str,
        use_server: Callable[[str], Awaitable[None]],
        version: Callable[[], str] = lambda: "",
    ) -> None:
        super().__init__()
        self._session = session
        self._port = port
        self._settings = settings
        self._server_url = server_url
        self._use_server = use_server
        self._version = version
        self._is_closing = False
        self._others_unread = 0
        self.is_background = False  # Another account is shown; windows open when this one is.
        self._has_restored = False
        self.login_window: LoginWindow | None = None
        self.main_window: MainWindow | None = None
        self._places = ReadingPlaces(settings)
        self.chat_windows = ChatWindows(session, port, settings, self._places)
        self.dialog: Dialog | None = None
        # Opens the menu of all accounts at a button; without one the own profile is shown.
        self.open_account_menu: Callable[[QWidget], None] | None = None
        self.show_passcode: Callable[[QWidget | None], object] | None = None
        self.account_flows = AccountFlows(session, port, self._open, self.say)
        self.people_flows = PeopleFlows(
            session, port, open_dialog=self._open, say=self.say, parent=self._parent
        )
        self._connect()

    def start(self) -> None:
        """Open the window that will most likely be the right one; the engine tells soon."""
        if self._settings.settings.was_logged_in:
            self._show_main()
        else:
            self._show_login()

    def close_all(self) -> None:
        """Close every window, keeping what was typed."""
        self._is_closing = True
        self.people_flows.flush()
        self.chat_windows.close_all()
        for window in (self.main_window, self.login_window):
            if window is not None:
                window.close()

    def present(self) -> None:
        """Bring the main window, or the log-in window, to the front; open it if it was closed."""
        self._is_closing = self.is_background = False
        if self._session.is_account_known:
            self._on_account()
        elif self.main_window is None and self.login_window is None:
            self.start()
        window = self.main_window or self.login_window
        assert window is not None
        window.setWindowState(window.windowState() & ~Qt.WindowState.WindowMinimized)
        window.show()
        window.raise_()
        window.activateWindow()

    def set_others_unread(self, count: int) -> None:
        """Show at the own picture how many messages wait in the other accounts."""
        self._others_unread = count
        if self.main_window is not None:
            self.main_window.rail.avatar.set_badge(count)

    def step_back(self) -> QWidget | None:
        """Hide the main or the log-in window for another account's; return the one hidden."""
        self.is_background = True
        window = self.main_window or self.login_window
        if window is None or not window.isVisible():
            return None
        self.flush()
        window.hide()
        return window

    def flush(self) -> None:
        """Store what was typed and how the windows stand."""
        if self.main_window is not None:
            self.main_window.flush()
        self.chat_windows.flush()

    @property
    def has_windows(self) -> bool:
        """Whether any window of this account is on the screen, or was there before a lock."""
        mains = (self.main_window, self.login_window)
        return bool(len(self.chat_windows)) or any(
            window is not None and window.isVisible() for window in mains
        )

    def attention(self) -> Attention:
        """Return where the person looks in this account's windows."""
        active = QApplication.activeWindow()
        seen: list[ConversationId] = []
        main = self.main_window
        is_main = main is not None and active in (main, self.dialog)
        if main is not None and active is main and main.open_pane is not None:
            seen.append(main.open_pane.conversation_id)
        detached = self.chat_windows.active()
        if detached is not None:
            seen.append(detached)
        is_here = is_main or detached is not None
        return Attention(is_here=is_here, conversations=frozenset(seen))

    def dismiss(self) -> None:
        """Take the windows away without ending: another profile will be opened instead."""
        self._is_closing = True
        self.people_flows.flush()
        self.chat_windows.close_all()
        for window in (self.main_window, self.login_window):
            if window is not None:
                window.closed.disconnect(self._on_closed)
                window.close()
                delete_later(window)

    def show_trouble(self, code: str) -> None:
        """The engine cannot run: say why, where it can be read."""
        if self.main_window is None:
            self._show_login()
        if self.login_window is not None:
            self.login_window.show_error(error_sentence(code))
        self.say(error_sentence(code))

    def say(
        self, sentence: str, *, action: str = "", on_action: Callable[[], None] | None = None
    ) -> None:
        """Say a sentence in the main window, if it is open, perhaps with a button."""
        if self.main_window is not None:
            self.main_window.say(sentence, action=action, on_action=on_action)

    # What the person asks for.

    def open_chat(self, account: AccountId) -> None:
        """Open the conversation with somebody, creating it if need be."""
        row = self._session.conversations.find_peer(account)
        if row is not None:
            self.open_conversation(row.conversation_id)
        else:
            create_task(self._open_by(OpenConversation(account=account)), name="open chat")

    def open_conversation(self, conversation_id: ConversationId) -> ChatPane | None:
        """Show a conversation where it is: in its own window or in the main one."""
        window = self.chat_windows.find(conversation_id)
        if window is not None:
            self.chat_windows.open(conversation_id)
            return window.pane
        if self.main_window is None:
            return None
        self.main_window.side.search.clear()
        return self.main_window.show_conversation(conversation_id)

    def open_message(self, row: MessageRow) -> None:
        """Show a message that a search found."""
        pane = self.open_conversation(row.conversation_id)
        if pane is not None:
            pane.show_message(row)

    def detach(self, conversation_id: ConversationId) -> None:
        """Give a conversation a window of its own."""
        if self.main_window is not None:
            pane = self.main_window.open_pane
            if pane is not None and pane.conversation_id == conversation_id:
                pane.composer.flush_draft()
                self._places.keep(conversation_id, pane.place)
        if self.chat_windows.open(conversation_id) and self.main_window is not None:
            self.main_window.close_conversation(conversation_id)

    def add_contact(self, user_name: str = "") -> None:
        """Ask for somebody to add."""
        dialog = AddContactDialog(self._port, self._parent(), user_name=user_name)
        dialog.requested.connect(self._on_requested)
        self._open(dialog)

    def show_profile(self, account: AccountId) -> None:
        """Show a person."""
        if account == self._session.own_account:
            self.show_own_profile()
            return
        dialog = ProfileDialog(self._session, self._port, account, self._parent())
        dialog.chat_requested.connect(self.open_chat)
        dialog.add_requested.connect(self.add_contact)
        dialog.remove_requested.connect(self.remove_contact)
        dialog.safety_requested.connect(self.show_safety)
        dialog.group_chosen.connect(self.open_conversation)
        dialog.said.connect(self.say)
        self._open(dialog)

    def show_own_profile(self) -> None:
        """Show oneself."""
        if self._session.account is not None:
            self._open(OwnProfileDialog(self._session, self._port, self._parent()))

    def show_settings(self) -> None:
        """Show the settings."""
        dialog = SettingsDialog(
            self._session,
            self._port,
            self._settings,
            self._parent(),
            version=self._version(),
            has_passcode=self.show_passcode is not None,
        )
        dialog.passcode_requested.connect(self._on_passcode)
        dialog.log_out_requested.connect(self.ask_log_out)
        dialog.devices_requested.connect(self.show_devices)
        dialog.password_requested.connect(self.show_password)
        dialog.code_requested.connect(lambda: self.account_flows.make_recovery_code(self._parent()))
        dialog.profile_requested.connect(self.show_own_profile)
        self._open(dialog)

    def _on_passcode(self) -> None:
        if self.show_passcode is not None:
            self.show_passcode(self._parent())

    def show_shortcuts(self, parent: QWidget | None = None) -> None:
        """Show all shortcuts, over the window they were asked for in."""
        self._open(ShortcutsDialog(parent or self._parent()))

    def switch(self, parent: QWidget | None = None) -> None:
        """Ask where to go, over the window it was asked for in."""
        dialog = QuickSwitcher(self._session, parent or self._parent())
        dialog.conversation_chosen.connect(self.open_conversation)
        dialog.contact_chosen.connect(self.open_chat)
        dialog.action_chosen.connect(self._act)
        self._open(dialog)

    def _act(self, action: Action) -> None:
        acts: dict[Action, Callable[[], None]] = {
            Action.SETTINGS: self.show_settings,
            Action.PROFILE: self.show_own_profile,
            Action.ADD_CONTACT: self.add_contact,
            Action.NEW_GROUP: self.make_group,
            Action.JOIN_GROUP: self.join_group,
            Action.NOTES: self.open_notes,
            Action.DEVICES: self.show_devices,
            Action.SHORTCUTS: self.show_shortcuts,
            Action.LOG_OUT: self.ask_log_out,
        }
        acts[action]()

    def ask_log_out(self) -> None:
        """Ask what happens to what is stored here, then log out."""
        self.account_flows.ask_log_out(self._parent())

    def show_devices(self) -> None:
        """Show the own devices."""
        self.account_flows.show_devices(self._parent())

    def show_password(self) -> None:
        """Change the password or the recovery code."""
        self.account_flows.show_password(self._parent())

    def make_group(self) -> None:
        """Ask for a name and members, and make a group."""
        dialog = NewGroupDialog(self._session, self._port, self._parent())
        dialog.created.connect(self.open_conversation)
        self._open(dialog)

    def join_group(self) -> None:
        """Ask for a code, and join by it."""
        dialog = JoinGroupDialog(self._port, self._parent())
        dialog.started.connect(self.say)
        self._open(dialog)

    def open_notes(self) -> None:
        """Open the conversation with oneself."""
        create_task(self._open_by(OpenNotes()), name="open notes")

    def show_group(self, conversation_id: ConversationId) -> None:
        """Show a group and its members."""
        dialog = GroupDialog(self._session, self._port, conversation_id, self._parent())
        dialog.profile_requested.connect(self.show_profile)
        dialog.said.connect(self.say)
        self._open(dialog)

    def show_safety(self, account: AccountId) -> None:
        """Show the safety number with somebody."""
        name = self._session.name_of(account) or str(account)
        self._open(SafetyDialog(self._port, account, name, self._parent()))

    def remove_contact(self, account: AccountId) -> None:
        """End a friendship, with a few seconds to take that back."""
        self.people_flows.remove(account)

    def leave_group(self, conversation_id: ConversationId) -> None:
        """Ask, then leave a group."""
        row, parent = self._session.conversations.find(conversation_id), self._parent()
        if row is None or parent is None:
            return
        dialog = ConfirmDialog(
            parent,
            title=translate("leave.title", name=face_of(row).nickname),
            words=translate("leave.words"),
            yes=translate("leave.yes"),
            no=translate("dialog.cancel"),
        )
        command = LeaveGroup(conversation_id=conversation_id)
        done = translate("group.left")
        dialog.accepted.connect(
            lambda: create_task(self._settle(command, done), name="leave group")
        )
        self._open(dialog)

    def accept(self, account: AccountId) -> None:
        """Accept a request: "added" is said and the list is shown."""
        request = self._session.contacts.find_request(account)
        name = request.profile.nickname if request is not None else ""
        done = translate("contacts.added", name=name)
        create_task(self._settle(AcceptRequest(account=account), done), name="accept")

    def decline(self, account: AccountId) -> None:
        """Decline a request."""
        done = translate("contacts.declined")
        create_task(self._settle(DeclineRequest(account=account), done), name="decline")

    def withdraw(self, account: AccountId) -> None:
        """Take one's own request back."""
        done = translate("contacts.withdrawn")
        create_task(self._settle(WithdrawRequest(account=account), done), name="withdraw")

    # Flows.

    async def _open_by(self, command: OpenConversation | OpenNotes) -> None:
        try:
            answer = await self._port.ask(command)
        except CommandFailedError as error:
            self.say(error_sentence(error.code))
            return
        assert isinstance(answer, ConversationOpened)
        self.open_conversation(answer.conversation_id)

    async def _settle(
        self,
        command: AcceptRequest | DeclineRequest | LeaveGroup | WithdrawRequest,
        done: str,
    ) -> None:
        try:
            await self._port.ask(command)
        except CommandFailedError as error:
            self.say(error_sentence(error.code))
            return
        self.say(done)
        if self.main_window is not None and isinstance(command, AcceptRequest):
            self.main_window.show_page(Page.CONTACTS)
            self.main_window.side.tree.select(command.account)

    # Windows.

    def _connect(self) -> None:
        self._session.account_changed.connect(self._on_account)
        self.account_flows.came_in.connect(self._on_account)
        self.account_flows.code_made.connect(self._show_recovery_code)
        self._session.conversations.modelReset.connect(self._restore_windows)
        self._session.noticed.connect(self._on_notice)
        self._session.alarmed.connect(self._on_alarm)
        self._session.command_failed.connect(lambda code: self.say(error_sentence(code)))
        self.chat_windows.too_many.connect(lambda: self.say(translate("chat.too_many_windows")))
        self.chat_windows.opened.connect(self._on_chat_window)
        self.chat_windows.closed.connect(self._on_closed)

    def _on_account(self) -> None:
        if self._is_closing or isinstance(self.dialog, RegisterDialog | RecoverDialog):
            # The account is there before the answer with the recovery code is; the dialog that
            # waits for it must not go before.
            return
        account = self._session.account
        is_logged_in = account is not None and account.is_logged_in
        self._settings.change(was_logged_in=is_logged_in)
        if self.is_background:
            return
        if is_logged_in:
            self._show_main()
        else:
            self._show_login()
            self._has_restored = False
        if account is None and self._session.is_account_known:
            # What was open and read belongs to an account that is not here any more.
            self._places.clear()
            self._settings.change(open_conversation=None, chat_windows=())

    def _show_login(self) -> None:
        if self.login_window is None:
            self.login_window = LoginWindow(
                self._session,
                self._port,
                self._settings,
                server_url=self._server_url,
                use_server=self._use_server,
            )
            login, flows = self.login_window, self.account_flows
            login.register_requested.connect(lambda: flows.register(login))
            login.recover_requested.connect(lambda: flows.recover(login))
            self.login_window.closed.connect(self._on_closed)
            self.login_window.show()
        if self.main_window is not None:
            window, self.main_window = self.main_window, None
            window.closed.disconnect(self._on_closed)
            self._close_dialog()
            self.chat_windows.close_all()
            window.close()
            delete_later(window)

    def _show_main(self) -> None:
        if self.main_window is None:
            self.main_window = MainWindow(self._session, self._port, self._settings, self._places)
            self._wire_main(self.main_window)
            self.main_window.rail.avatar.set_badge(self._others_unread)
            self.main_window.show()
            self._restore_windows()
        if self.login_window is not None:
            window, self.login_window = self.login_window, None
            window.closed.disconnect(self._on_closed)
            self._close_dialog()
            window.close()
            delete_later(window)
        self._show_recovery_code()

    def _show_recovery_code(self) -> None:
        """Over the main window, once both the window and the code are there."""
        if self.main_window is not None:
            self.account_flows.show_recovery_code(self.main_window)

    def _restore_windows(self) -> None:
        """Open what was open when the app was left, once the conversations are known."""
        if self.main_window is not None and self._session.conversations.rowCount():
            if not self._has_restored:
                self._has_restored = True
                self.chat_windows.restore()
            self.main_window.restore_conversation()
            self.main_window.activateWindow()

    def _wire_main(self, window: MainWindow) -> None:
        window.closed.connect(self._on_closed)
        window.pane_made.connect(self._wire_pane)
        window.is_detached = lambda each: self.chat_windows.find(each) is not None
        window.switch_requested.connect(self.switch)
        window.shortcuts_requested.connect(self.show_shortcuts)
        window.rail.profile_requested.connect(self._on_avatar)
        window.rail.settings_requested.connect(self.show_settings)
        side = window.side
        side.add_requested.connect(self.add_contact)
        side.new_group_requested.connect(self.make_group)
        side.join_group_requested.connect(self.join_group)
        side.notes_requested.connect(self.open_notes)
        side.chat_chosen.connect(self.open_conversation)
        side.results.chat_chosen.connect(self.open_chat)
        side.results.conversation_chosen.connect(self.open_conversation)
        side.results.message_chosen.connect(self.open_message)
        side.results.stranger_chosen.connect(self._on_stranger)
        wishes = side.tree.wishes
        wishes.chat.connect(self.open_chat)
        wishes.profile.connect(self.show_profile)
        wishes.accept.connect(self.accept)
        wishes.decline.connect(self.decline)
        wishes.withdraw.connect(self.withdraw)
        wishes.open_group.connect(self.open_conversation)
        wishes.review.connect(self.show_group)
        self.people_flows.serve(wishes)
        window.rail.notes_requested.connect(self.open_notes)
        side.actions_of_rows.detach_requested.connect(self.detach)
        self._wire_actions(side.actions_of_rows)
        self._wire_info(window.info)

    def _wire_actions(self, source: ConversationActions | InfoPane) -> None:
        source.profile_requested.connect(self.show_profile)
        source.group_requested.connect(self.show_group)
        source.remove_requested.connect(self.remove_contact)
        source.leave_requested.connect(self.leave_group)

    def _wire_info(self, info: InfoPane) -> None:
        self._wire_actions(info)
        info.safety_requested.connect(self.show_safety)
        info.block_requested.connect(self.people_flows.ask_block)
        info.unblock_requested.connect(self.people_flows.ask_unblock)
        info.chat_chosen.connect(self.open_conversation)
        info.message_chosen.connect(self.open_message)

    def _wire_pane(self, pane: ChatPane) -> None:
        pane.detach_requested.connect(self.detach)
        pane.profile_requested.connect(self.show_profile)
        pane.remove_requested.connect(self.remove_contact)
        pane.unblock_requested.connect(self.people_flows.ask_unblock)
        pane.group_requested.connect(self.show_group)
        pane.safety_requested.connect(self.show_safety)
        pane.said.connect(self.say)
        if self.main_window is not None:
            pane.back_requested.connect(self.main_window.close_conversation)

    def _on_avatar(self) -> None:
        if self.open_account_menu is not None and self.main_window is not None:
            self.open_account_menu(self.main_window.rail.avatar)
        else:
            self.show_own_profile()

    def _on_chat_window(self, window: ChatWindow) -> None:
        self._wire_pane(window.pane)
        window.info_made.connect(self._wire_info)
        window.switch_requested.connect(lambda: self.switch(window))
        window.shortcuts_requested.connect(lambda: self.show_shortcuts(window))

    def _on_stranger(self, profile: Profile) -> None:
        self.add_contact(profile.user_name)

    def _on_requested(self, user_name: str) -> None:
        self.say(translate("add.done", name=user_name))
        if self.main_window is not None:
            self.main_window.show_page(Page.CONTACTS)

    def _on_notice(self, notice: Notice) -> None:
        self.say(notice_words(notice, self._session))

    def _on_alarm(self, alarm: Alarm) -> None:
        """Say who broke the rules; details are in the audit."""
        self.say(alarm_words(alarm, self._session))

    def _open(self, dialog: Dialog) -> None:
        self._close_dialog()
        self.dialog = dialog
        dialog.finished.connect(lambda _result: self._forget_dialog(dialog))
        dialog.open()

    def _close_dialog(self) -> None:
        if self.dialog is not None:
            dialog, self.dialog = self.dialog, None
            dialog.reject()

    def _forget_dialog(self, dialog: Dialog) -> None:
        if self.dialog is dialog:
            self.dialog = None

    def _parent(self) -> QWidget | None:
        return self.main_window

    def _on_closed(self) -> None:
        """The last window ends the program; chats of their own keep it running."""
        is_open = any(
            window is not None and window.isVisible()
            for window in (self.main_window, self.login_window)
        )
        if not is_open and not len(self.chat_windows):
            self._is_closing = True
            self.last_window_closed.emit()

"""One conversation: header with name and presence, timeline, composer."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import QEvent, QSize, Qt, Signal, SignalInstance
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.commands import CancelMessage, React, RecallMessage, SetTimer
from desktop.events import ConversationRow, MessageRow, MessageState, Profile
from desktop.models.name_finder import NameFinder
from desktop.models.port import Port
from desktop.models.reading_place import ReadingPlace
from desktop.models.session import Session
from desktop.ui.avatar import AvatarButton
from desktop.ui.bubble import People
from desktop.ui.chat_search import ChatSearchBar
from desktop.ui.composer import Composer
from desktop.ui.controls import Button, ButtonKind, IconButton, Label, LineLabel, bar_height
from desktop.ui.conversation_actions import ConversationActions
from desktop.ui.describe import face_of, presence_ink, presence_words, typing_words
from desktop.ui.dialog import ConfirmDialog
from desktop.ui.emoji_picker import EmojiPicker
from desktop.ui.file_acts import FileAct
from desktop.ui.file_desk import FileDesk
from desktop.ui.file_drop import FileDrop
from desktop.ui.fonts import fonts
from desktop.ui.link_opener import LinkOpener
from desktop.ui.markup import Span
from desktop.ui.menu import Menu
from desktop.ui.message_menu import can_edit
from desktop.ui.opened_files import opened_files
from desktop.ui.picture_viewer import PictureViewer
from desktop.ui.settings import SettingsStore
from desktop.ui.shortcuts import Shortcut, register
from desktop.ui.tasks import spawn
from desktop.ui.theme import Tokens, theme, tokens
from desktop.ui.timeline_view import TimelineView
from desktop.ui.timers import TIMERS_S, timer_words
from desktop.ui.translate import error_sentence, language, translate
from shared.content_rules import may_set_timer
from shared.identifiers import AccountId, ConversationId
from shared.roster import ConversationKind, Role

__all__ = ["ChatHeader", "ChatPane"]


class ChatHeader(QWidget):
    """Who one talks to, whether they are there or typing, and what can be done."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.back_button = IconButton("arrow-left", parent=self)
        self.back_button.hide()
        self.avatar = AvatarButton(session, 36, self)
        self.title = LineLabel(15, 600, parent=self)
        self.status = LineLabel(13, ink=lambda colors: colors.text_2, parent=self)
        self.timer_button = IconButton("clock", icon_side=17, parent=self)
        self.timer_button.hide()
        self.search_button = IconButton("search", icon_side=19, parent=self)
        self.detach_button = IconButton("square-arrow-out-up-right", icon_side=19, parent=self)
        self.info_button = IconButton("panel-right", parent=self)
        self.info_button.setCheckable(True)
        self.menu_button = IconButton("ellipsis-vertical", parent=self)
        words = QVBoxLayout()
        words.setSpacing(1)
        words.setContentsMargins(0, 8, 0, 8)
        words.addWidget(self.title)
        words.addWidget(self.status)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(12, 0, 12, 1)
        layout.setSpacing(4)
        layout.addWidget(self.back_button)
        layout.addWidget(self.avatar)
        layout.addSpacing(6)
        layout.addLayout(words, 1)
        layout.addWidget(self.timer_button)
        layout.addWidget(self.search_button)
        layout.addWidget(self.detach_button)
        layout.addWidget(self.info_button)
        layout.addWidget(self.menu_button)
        theme().changed.connect(self.update)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        fonts().changed.connect(self._fit)
        self._fit()

    def _fit(self) -> None:
        self.setFixedHeight(bar_height())

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the bar and its lower edge."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), tokens().list)
        painter.fillRect(0, self.height() - 1, self.width(), 1, tokens().border)


class ChatPane(QWidget):
    """A conversation that can be read and written."""

    detach_requested = Signal(object)  # ConversationId
    profile_requested = Signal(object)  # AccountId
    remove_requested = Signal(object)  # AccountId
    unblock_requested = Signal(object)  # AccountId
    group_requested = Signal(object)  # ConversationId
    safety_requested = Signal(object)  # AccountId
    info_requested = Signal(bool)  # Whether what is known of the other side is to be shown.
    undo_offered = Signal(object)  # conversation_actions.Said
    back_requested = Signal()
    said = Signal(str)  # A sentence for the window to say.

    def __init__(
        self,
        session: Session,
        port: Port,
        conversation_id: ConversationId,
        parent: QWidget | None = None,
        *,
        settings: SettingsStore | None = None,
        place: ReadingPlace | None = None,
    ) -> None:
        super().__init__(parent)
        self.conversation_id = conversation_id
        self._opened_at = place
        self._session = session
        self._port = port
        self._settings = settings
        self.reaction_picker: EmojiPicker | None = None
        self.keeping = ConversationActions(session, port, self)
        row = session.conversations.find(conversation_id)
        self.timeline = session.timeline(conversation_id)
        self.header = ChatHeader(session, self)
        self.search_bar = ChatSearchBar(session, port, conversation_id, self)
        name = face_of(row).nickname if row is not None else ""
        self.view = TimelineView(self.timeline, name, self, pictures=session.pictures)
        self.view.scene.profile_of = self._profile_of
        self.view.scene.avatar_of = session.avatars.image
        if settings is not None:
            self.view.fetches_pictures = lambda: settings.settings.downloads_pictures
        self.viewer: PictureViewer | None = None
        self.dialog: ConfirmDialog | None = None
        self._people: object = None
        self._names = NameFinder(
            conversation_id, port, spawn, know=session.profile, learn=session.learn
        )
        self._files = FileDesk(port, self, self.view.who, opened_files())
        self._links = LinkOpener(self)
        draft = row.draft if row is not None else ""
        self.composer = Composer(conversation_id, port, draft=draft, settings=settings, parent=self)
        self.closed_line = ClosedLine(self)
        self.notice = Label(13, ink=lambda colors: colors.text_2, parent=self.view)
        self.notice.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self.header)
        layout.addWidget(self.search_bar)
        layout.addWidget(self.view, 1)
        layout.addWidget(self.composer)
        layout.addWidget(self.closed_line)
        self.drop = FileDrop(self, lambda: not self.composer.isHidden())
        self.setFocusProxy(self.composer)
        self._connect()
        self.retranslate()
        self.timeline.open(row, place)

    @property
    def row(self) -> ConversationRow | None:
        """The conversation as the list knows it."""
        return self._session.conversations.find(self.conversation_id)

    @property
    def place(self) -> ReadingPlace | None:
        """Where the person is reading; `None` at the end of the conversation."""
        return self.view.place if self.timeline.window.is_loaded else self._opened_at

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.header.back_button.set_name(translate("chat.back"))
        self.header.detach_button.set_name(translate("chat.detach"))
        self.header.info_button.set_name(translate("info.show"))
        self.header.search_button.set_name(translate("find.title"))
        self.header.menu_button.set_name(translate("chat.menu"))
        self.header.avatar.setAccessibleName(translate("chat.profile"))
        self.header.avatar.setToolTip(translate("chat.profile"))
        self._refresh()

    def show_message(self, row: MessageRow, words: str = "") -> None:
        """Go to a message that a search found; ``words`` are marked until the pane is left."""
        self.view.show_found(words)
        self.view.go_to(row)

    def resume(self) -> None:
        """The pane is shown again: put the unread bar where it belongs now."""
        row = self.row
        if row is not None and row.unread:
            self.timeline.begin_unread(row)
            self.view.relayout()
        self.view.mark_visible_read()

    def leave(self) -> None:
        """The pane is hidden or closed: keep what was typed."""
        self.composer.leave()
        self.timeline.first_unread = 0
        self.view.show_found("")

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802
        """When the window becomes active, what it shows is seen."""
        super().changeEvent(event)
        if event.type() is QEvent.Type.ActivationChange:
            self.view.mark_visible_read()

    def _connect(self) -> None:
        session = self._session
        session.people_changed.connect(self._refresh)
        session.people_changed.connect(self._rename)
        session.avatars.loaded.connect(self.view.refresh)
        session.account_changed.connect(self._refresh)
        session.link_changed.connect(self._refresh)
        session.conversation_changed.connect(self._on_conversation)
        session.typing_changed.connect(self._on_conversation)
        for signal in (self.timeline.changed, self.timeline.reset):
            signal.connect(lambda: self._names.look(self.timeline.rows))
        self.timeline.changed.connect(self._refresh_notice)
        self.timeline.reset.connect(self._refresh_notice)
        self.timeline.failed.connect(self._on_failed)
        self.header.back_button.clicked.connect(self.back_requested)
        self.header.avatar.clicked.connect(self._ask_profile)
        self.header.menu_button.clicked.connect(self._open_menu)
        self.header.info_button.clicked.connect(self.info_requested)
        self.keeping.said.connect(self.undo_offered)
        self.header.detach_button.clicked.connect(
            lambda: self.detach_requested.emit(self.conversation_id)
        )
        self.header.search_button.clicked.connect(self.search_bar.open)
        self.search_bar.message_chosen.connect(self.show_message)
        self.search_bar.closed.connect(self._end_search)
        register(self, Shortcut.SEARCH_CHAT, self.search_bar.open)
        self.composer.sent.connect(self._on_sent)
        self.composer.jump_requested.connect(self.show_message)
        self.composer.name_of = self._name_of
        self.composer.completer.remark_of = self._remark_of
        self.composer.completer.image_of = session.avatars.image
        self.drop.dropped.connect(self.composer.offer_files)
        self.drop.image_dropped.connect(self.composer.files.paste)
        self.closed_line.safety_button.clicked.connect(
            lambda: self._ask_peer(self.safety_requested)
        )
        self.closed_line.unblock_button.clicked.connect(
            lambda: self._ask_peer(self.unblock_requested)
        )
        self.header.timer_button.clicked.connect(self._open_timers)
        self.composer.edit_last_requested.connect(self._edit_last)
        self.view.reply_requested.connect(self._answer)
        self.view.edit_requested.connect(self.composer.edit)
        self.view.recall_requested.connect(self._recall)
        self.view.reaction_requested.connect(self._react)
        self.view.any_reaction_requested.connect(self._pick_reaction)
        self.view.cancel_requested.connect(self._cancel)
        self.view.retry_requested.connect(self._retry)
        self.view.recall_asked.connect(self._ask_recall)
        self.view.edit_last_requested.connect(self._edit_last)
        self.view.profile_requested.connect(self.profile_requested)
        self.view.file_requested.connect(self._on_file)
        self.view.pictures_wanted.connect(self._files.fetch)
        self.view.link_requested.connect(self._open_link)
        self._files.view_requested.connect(self._view_picture)
        self._files.said.connect(self.said)
        language().changed.connect(self.retranslate)

    def _on_conversation(self, conversation_id: object) -> None:
        if conversation_id == self.conversation_id:
            self._refresh()

    def _refresh(self) -> None:
        row = self.row
        if row is None:
            return
        face = face_of(row)
        if self.view.peer_name != face.nickname:
            # A conversation that was just made is opened before its row has come.
            self.view.peer_name = face.nickname
            self.view.retranslate()
        self.header.avatar.show_profile(face, self._session.avatars.picture_of(row))
        self.header.title.setText(face.nickname)
        self.header.timer_button.setVisible(bool(row.timer_s))
        self.header.timer_button.set_name(translate("timer.is", time=timer_words(row.timer_s)))
        if self._people != (row.kind, self._session.own_account):
            self._people = (row.kind, self._session.own_account)
            self._rename()
        self.view.set_counts(
            unread=row.unread, mentions=row.mentions, first_mention=row.first_mention
        )
        self.view.is_admin = row.kind == ConversationKind.GROUP and row.own_role >= Role.ADMIN
        words, ink = self._status(row)
        self.header.status.setText(words)
        self.header.status.set_ink(ink)
        can_send = row.can_send and not row.is_blocked
        self.composer.setVisible(can_send)
        self.composer.completer.offers_people = row.kind == ConversationKind.GROUP
        self.composer.completer.me = self.view.me
        self.closed_line.setVisible(not can_send)
        has_blocked = self._session.contacts.find_blocked(row.peer.account) is not None
        self.closed_line.show_reason(row, has_blocked=has_blocked)
        self._refresh_notice()

    def _status(self, row: ConversationRow):  # type: ignore[no-untyped-def]
        """What the header says about the other side, and in which ink."""
        if self._session.is_typing(self.conversation_id):
            who = self._session.who_types(row)
            return typing_words(who) if who else translate("chat.typing"), _accent
        if row.kind == ConversationKind.GROUP:
            return translate("group.member_count", count=row.member_count), _quiet
        if row.kind == ConversationKind.NOTES:
            return translate("notes.words"), _quiet
        if self._session.contacts.find_blocked(row.peer.account) is not None:
            return translate("contacts.is_blocked"), _quiet
        contact = self._session.contact(row.peer.account)
        if contact is None:
            return f"@{row.peer.user_name}", _quiet
        if not self._session.knows_presence:
            # Without a link nobody knows whether they are there.
            return translate("presence.unknown"), _quiet
        return presence_words(contact), presence_ink(contact)

    def _refresh_notice(self) -> None:
        is_empty = self.timeline.window.is_loaded and not self.timeline.rows
        if is_empty:
            self.notice.setText(translate("chat.empty"))
        self.notice.setVisible(is_empty)
        self._place_notice()

    def _on_failed(self, code: str) -> None:
        if not self.timeline.rows:
            self.notice.setText(error_sentence(code))
            self.notice.show()
            self._place_notice()

    def resizeEvent(self, event) -> None:  # type: ignore[no-untyped-def]  # noqa: N802
        """Keep the notice in the middle."""
        super().resizeEvent(event)
        self._place_notice()

    def _place_notice(self) -> None:
        self.notice.setGeometry(0, self.view.height() // 2 - 20, self.view.width(), 40)

    def _end_search(self) -> None:
        """The keyboard goes back to where one writes, or reads."""
        target = self.composer if self.composer.isVisible() else self.view
        target.setFocus()

    def _on_sent(self) -> None:
        self.timeline.first_unread = 0
        self.view.go_to_end()

    def _name_of(self, account: AccountId) -> str:
        if account == self._session.own_account:
            return translate("timeline.you")
        return self._session.name_of(account)

    def _remark_of(self, account: AccountId) -> str:
        contact = self._session.contact(account)
        return "" if contact is None else contact.remark

    def _names_of(self, account: AccountId) -> tuple[str, ...]:
        """Return all names somebody may be mentioned by."""
        profile = self._session.profile(account)
        if profile is None:
            return ()
        return (profile.nickname, profile.user_name)

    def _profile_of(self, account: AccountId) -> Profile:
        profile = self._session.profile(account)
        return profile or Profile(account=account, user_name="", nickname="")

    def _rename(self) -> None:
        """Names, or who is in it, may be others than before."""
        row = self.row
        is_group = row is not None and row.kind == ConversationKind.GROUP
        people = People(name_of=self._name_of, names_of=self._names_of, is_group=is_group)
        self.view.set_people(people, self._session.own_account or AccountId(0))

    def _answer(self, row: MessageRow) -> None:
        self.composer.answer(row, self._name_of(row.sender))

    def _edit_last(self) -> None:
        """Edit the newest message of one's own that can be edited."""
        row = next((row for row in reversed(self.timeline.rows) if can_edit(row)), None)
        if row is not None:
            self.composer.edit(row)

    def _recall(self, row: MessageRow) -> None:
        conversation_id, message_id = self.conversation_id, row.message_id
        self._port.send(RecallMessage(conversation_id=conversation_id, message_id=message_id))

    def _ask_recall(self, rows: list[MessageRow]) -> None:
        """Take messages back, if the person is sure."""
        self.dialog = ConfirmDialog(
            self,
            title=translate("timeline.recall_title", count=len(rows)),
            words=translate("timeline.recall_words"),
            yes=translate("timeline.recall"),
            no=translate("dialog.cancel"),
        )
        self.dialog.accepted.connect(partial(self._recall_all, rows))
        self.dialog.open()

    def _recall_all(self, rows: list[MessageRow]) -> None:
        for row in rows:
            self._recall(row)

    def _on_file(self, row: MessageRow, act: FileAct) -> None:
        self._files.do(row, act)

    def _open_link(self, span: Span) -> None:
        row = self.view.current_row
        item = self.view.item_of(row.local_id) if row is not None else None
        words = ""
        if item is not None and item.bubble is not None:
            words = item.bubble.text.marked.text[span.start : span.end]
        self._links.open(span, words)

    def _view_picture(self, row: MessageRow) -> None:
        """Show a picture in the viewer; there is one of each chat."""
        if self.viewer is not None:
            self.viewer.close()
        viewer = PictureViewer(
            row, self.timeline, self._port, self._session.pictures, self.view.who, self
        )
        viewer.save_requested.connect(self._files.save_as)
        viewer.said.connect(self.said)
        viewer.destroyed.connect(partial(self._forget_viewer, viewer))
        self.viewer = viewer
        viewer.show()

    def _forget_viewer(self, viewer: PictureViewer, *_: object) -> None:
        if self.viewer is viewer:  # Else another one is open by now.
            self.viewer = None

    def _react(self, row: MessageRow, emoji: str, is_removed: bool) -> None:
        self._port.send(
            React(
                conversation_id=self.conversation_id,
                message_id=row.message_id,
                emoji=emoji,
                is_removed=is_removed,
            )
        )

    def _pick_reaction(self, row: MessageRow) -> None:
        """Let any emoji be put at a message; one that is there already stays."""
        picker = self.reaction_picker = EmojiPicker(self, self._settings, is_single=True)
        picker.picked.connect(lambda sign: self._react(row, sign, False))
        picker.closed.connect(picker.deleteLater)
        picker.pop_up(self.view.mapToGlobal(self.view.rect().bottomRight()))

    def _fill_timers(self, menu: Menu) -> None:
        row = self.row
        for seconds in TIMERS_S:
            action = menu.addAction(timer_words(seconds))
            action.setCheckable(True)
            action.setChecked(row is not None and row.timer_s == seconds)
            action.triggered.connect(
                lambda _checked, seconds=seconds: self._port.send(
                    SetTimer(conversation_id=self.conversation_id, seconds=seconds)
                )
            )

    def _may_set_timer(self) -> bool:
        row = self.row
        if row is None or not row.can_send:
            return False
        return may_set_timer(ConversationKind(row.kind), row.own_role)

    def _open_timers(self) -> None:
        if not self._may_set_timer():
            return
        menu = Menu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._fill_timers(menu)
        button = self.header.timer_button
        menu.popup(button.mapToGlobal(button.rect().bottomLeft()))

    def _cancel(self, row: MessageRow) -> None:
        command = CancelMessage(conversation_id=self.conversation_id, local_id=row.local_id)
        self._port.send(command)

    def _retry(self, row: MessageRow) -> None:
        """A refused message goes back to the composer: whether to try again is the person's."""
        self._cancel(row)
        answered = self._answered_by(row)
        who = self._name_of(answered.sender) if answered is not None else ""
        self.composer.restore(row.text, answered, who)

    def _answered_by(self, row: MessageRow) -> MessageRow | None:
        """Return what a message answers: the row, or as much of it as its quote knows."""
        if not row.reply_to:
            return None
        same = (each for each in self.timeline.rows if each.message_id == row.reply_to)
        found, quote = next(same, None), row.quote
        if found is not None or quote is None:
            return found
        return MessageRow(
            conversation_id=row.conversation_id,
            local_id=quote.local_id,
            order=quote.order,
            sequence=0,
            message_id=row.reply_to,
            sender=quote.sender,
            is_own=quote.sender == self._session.own_account,
            kind=quote.kind,
            text=quote.text,
            shown_at_ms=row.shown_at_ms,
            sent_at_ms=row.sent_at_ms,
            received_at_ms=0,
            state=MessageState.RECEIVED,
        )

    def _ask_profile(self) -> None:
        """Show who is behind the picture: a person, or a group and its members."""
        row = self.row
        if row is not None and row.kind == ConversationKind.GROUP:
            self.group_requested.emit(self.conversation_id)
        elif row is not None:
            self.profile_requested.emit(row.peer.account)

    def _peer(self) -> AccountId | None:
        """Return the other one of two."""
        row = self.row
        is_direct = row is not None and row.kind == ConversationKind.DIRECT
        return row.peer.account if row is not None and is_direct else None

    def _ask_peer(self, request: SignalInstance) -> None:
        account = self._peer()
        if account is not None:
            request.emit(account)

    def _open_menu(self) -> None:
        menu = Menu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        row, account = self.row, self._peer()
        is_group = row is not None and row.kind == ConversationKind.GROUP
        title = translate("group.title" if is_group else "contacts.profile")
        menu.addAction(title, self._ask_profile)
        if account is not None:
            menu.addAction(translate("safety.menu"), lambda: self._ask_peer(self.safety_requested))
        if self._may_set_timer():
            self._fill_timers(menu.add_branch(translate("timer.menu")))
        if row is not None:
            self.keeping.add_keeping(menu, row)
        if account is not None and self._session.contact(account) is not None:
            menu.addAction(
                translate("contacts.remove"), lambda: self.remove_requested.emit(account)
            )
        button = self.header.menu_button
        corner = button.mapToGlobal(button.rect().bottomRight())
        corner.setX(corner.x() - menu.sizeHint().width())
        menu.popup(corner)


class ClosedLine(QWidget):
    """Stands where the composer was while nothing can be written, and says why."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._label = Label(13, ink=lambda colors: colors.text_2, wraps=True, parent=self)
        self._label.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.safety_button = Button(ButtonKind.PLAIN, height=34, parent=self)
        self.unblock_button = Button(ButtonKind.PLAIN, height=34, parent=self)
        self._key = "chat.closed"
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 8, 16, 8)
        layout.setSpacing(8)
        layout.addWidget(self._label, 1)
        layout.addWidget(self.safety_button)
        layout.addWidget(self.unblock_button)
        self.setMinimumHeight(58)
        language().changed.connect(self.retranslate)
        self.retranslate()

    def show_reason(self, row: ConversationRow, *, has_blocked: bool = False) -> None:
        """Say what is in the way of writing here; perhaps that one has blocked the other."""
        if has_blocked:
            self._key = "chat.closed_by_me"
        elif row.is_blocked:
            self._key = "chat.blocked"
        else:
            is_direct = row.kind == ConversationKind.DIRECT
            self._key = "chat.closed" if is_direct else "chat.closed_group"
        self.retranslate()

    def retranslate(self) -> None:
        """Say why nothing can be written here."""
        self._label.setText(translate(self._key))
        self.safety_button.setText(translate("safety.menu"))
        self.safety_button.setVisible(self._key == "chat.blocked")
        self.unblock_button.setText(translate("contacts.unblock"))
        self.unblock_button.setVisible(self._key == "chat.closed_by_me")

    def sizeHint(self) -> QSize:  # noqa: N802
        """As high as a composer of one line."""
        return QSize(300, 58)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the bar and its upper edge."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), tokens().list)
        painter.fillRect(0, 0, self.width(), 1, tokens().border)


def _accent(colors: Tokens):  # type: ignore[no-untyped-def]
    return colors.accent


def _quiet(colors: Tokens):  # type: ignore[no-untyped-def]
    return colors.text_2

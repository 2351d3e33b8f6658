"""What is known of a conversation: the other one of two or the group, and its files.

What is quick is done here; what asks or takes long opens a dialog, and leaves by signals.
"""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, Qt, Signal
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QScrollArea, QVBoxLayout, QWidget

from desktop.commands import SetTimer
from desktop.events import ConversationRow
from desktop.models.port import Port
from desktop.models.session import Session
from desktop.ui.avatar import AvatarButton
from desktop.ui.controls import UNBOUNDED, IconButton, Label, LineLabel, ScrollBar, bar_height
from desktop.ui.conversation_actions import ConversationActions
from desktop.ui.describe import face_of, presence_words
from desktop.ui.fonts import fonts
from desktop.ui.info_files import InfoFiles
from desktop.ui.info_lines import InfoLine, breakable, section_title
from desktop.ui.info_people import GroupMembers, SharedGroups
from desktop.ui.menu import Menu
from desktop.ui.theme import theme, tokens
from desktop.ui.timers import TIMERS_S, timer_words
from desktop.ui.times import time_to_come
from desktop.ui.translate import language, translate
from shared.content_rules import may_set_timer
from shared.identifiers import AccountId, ConversationId
from shared.roster import ConversationKind, Role

__all__ = ["INFO_WIDTH", "InfoPane"]

INFO_WIDTH = 312  # Beside a conversation.
_SIDE = 16


class InfoPane(QWidget):
    """Stands beside a conversation in a wide window, in its place in a narrow one."""

    close_requested = Signal()
    profile_requested = Signal(object)  # AccountId
    safety_requested = Signal(object)  # AccountId
    remove_requested = Signal(object)  # AccountId
    block_requested = Signal(object)  # AccountId
    unblock_requested = Signal(object)  # AccountId
    group_requested = Signal(object)  # ConversationId
    leave_requested = Signal(object)  # ConversationId
    chat_chosen = Signal(object)  # ConversationId
    message_chosen = Signal(object)  # MessageRow

    def __init__(self, session: Session, port: Port, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._port = port
        self._conversation_id: ConversationId | None = None
        self._shown_members = -1
        self.actions_of_rows = ConversationActions(session, port, self)
        self.heading = Label(15, 600, parent=self)
        self.close_button = IconButton("x", parent=self)
        self.scroll_area = QScrollArea(self)
        self._inside = QWidget(self)
        self._make_parts(session, port)
        self._build()
        self._connect()
        self.retranslate()

    @property
    def row(self) -> ConversationRow | None:
        """The conversation that is shown."""
        if self._conversation_id is None:
            return None
        return self._session.conversations.find(self._conversation_id)

    def stand(self, *, is_beside: bool) -> None:
        """Take the width that there is for it beside a conversation, or in its place."""
        self.setMinimumWidth(INFO_WIDTH if is_beside else 0)
        self.setMaximumWidth(INFO_WIDTH if is_beside else UNBOUNDED)

    def show_conversation(self, conversation_id: ConversationId | None) -> None:
        """Show what is known of another conversation; what has to be asked for waits for `show`."""
        self._conversation_id = conversation_id
        self.scroll_area.verticalScrollBar().setValue(0)
        self._refresh()
        if self.isVisible():
            self._load()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.setAccessibleName(translate("info.title"))
        self.heading.setText(translate("info.title"))
        self.close_button.set_name(translate("info.close"))
        self.scroll_area.setAccessibleName(translate("info.title"))
        self.about_title.setText(translate("info.announcement"))
        self.remove.say(translate("contacts.remove"))
        self.block.say(translate("contacts.block"))
        self.unblock.say(translate("contacts.unblock"))
        self.leave.say(translate("group.leave"))
        self.files.retranslate()
        self._refresh()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the ground, the edge beside the conversation, and the line under the heading."""
        painter = QPainter(self)
        painter.fillRect(self.rect(), tokens().list)
        painter.fillRect(0, 0, 1, self.height(), tokens().border)
        painter.fillRect(0, bar_height() - 1, self.width(), 1, tokens().border)

    def showEvent(self, event) -> None:  # type: ignore[no-untyped-def]  # noqa: N802
        """Take in and ask for what nobody needed while the pane was away."""
        super().showEvent(event)
        self._refresh()
        self._load()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """The lines are as wide as the view, which they never are by themselves."""
        if watched is self.scroll_area.viewport() and event.type() is QEvent.Type.Resize:
            self._inside.setFixedWidth(self.scroll_area.viewport().width())
        return super().eventFilter(watched, event)

    # Parts.

    def _make_parts(self, session: Session, port: Port) -> None:
        inside = self._inside
        quiet = {"ink": lambda colors: colors.text_2, "parent": inside}
        self.avatar = AvatarButton(session, 88, inside)
        self.name = LineLabel(17, 600, parent=inside)
        self.handle = LineLabel(13, **quiet)  # type: ignore[arg-type]  # As written above.
        self.status = LineLabel(13, **quiet)  # type: ignore[arg-type]
        self.signature = Label(14, wraps=True, parent=inside)
        self.about_title = section_title(inside)
        self.about = Label(14, wraps=True, parent=inside)
        self.about.setContentsMargins(_SIDE, 0, _SIDE, 6)
        self.mute = InfoLine(inside, icon_name="bell")
        self.timer = InfoLine(inside, icon_name="clock")
        self.safety = InfoLine(inside, icon_name="badge-check")
        self.group = InfoLine(inside, icon_name="users")
        self.members = GroupMembers(session, port, inside)
        self.shared = SharedGroups(session, port, inside)
        self.files = InfoFiles(port, inside)
        self.remove = InfoLine(inside, icon_name="user-minus", is_danger=True)
        self.block = InfoLine(inside, icon_name="ban", is_danger=True)
        self.unblock = InfoLine(inside, icon_name="ban")
        self.leave = InfoLine(inside, icon_name="log-out", is_danger=True)

    def _build(self) -> None:
        top = QHBoxLayout()
        self._top = top
        top.addWidget(self.heading, 1)
        top.addWidget(self.close_button)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(1, 0, 0, 0)
        layout.setSpacing(0)
        layout.addLayout(top)
        layout.addWidget(self.scroll_area, 1)
        self.scroll_area.setWidget(self._inside)
        self.scroll_area.setFrameShape(QFrame.Shape.NoFrame)
        self.scroll_area.setVerticalScrollBar(ScrollBar(Qt.Orientation.Vertical, self.scroll_area))
        self.scroll_area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.scroll_area.setWidgetResizable(True)
        self.scroll_area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.scroll_area.viewport().installEventFilter(self)
        self._build_inside()

    def _build_inside(self) -> None:
        column = QVBoxLayout(self._inside)
        column.setContentsMargins(0, 12, 0, 16)
        column.setSpacing(2)
        center = Qt.AlignmentFlag.AlignCenter
        column.addWidget(self.avatar, 0, Qt.AlignmentFlag.AlignHCenter)
        for label in (self.name, self.handle, self.status, self.signature):
            label.setAlignment(center)
            label.setContentsMargins(_SIDE, 1, _SIDE, 1)
            column.addWidget(label)
        column.addWidget(self.about_title)
        column.addWidget(self.about)
        column.addSpacing(8)
        for widget in (
            self.mute,
            self.timer,
            self.safety,
            self.members,
            self.group,
            self.shared,
            self.files,
            self.remove,
            self.block,
            self.unblock,
            self.leave,
        ):
            column.addWidget(widget)
        column.addStretch(1)

    def _connect(self) -> None:
        session = self._session
        self.close_button.clicked.connect(self.close_requested)
        self.avatar.clicked.connect(self._ask_profile)
        self.mute.clicked.connect(self._on_mute)
        self.timer.clicked.connect(self._open_timers)
        self.safety.clicked.connect(lambda: self._ask_peer(self.safety_requested))
        self.remove.clicked.connect(lambda: self._ask_peer(self.remove_requested))
        self.block.clicked.connect(lambda: self._ask_peer(self.block_requested))
        self.unblock.clicked.connect(lambda: self._ask_peer(self.unblock_requested))
        self.group.clicked.connect(lambda: self.group_requested.emit(self._conversation_id))
        self.leave.clicked.connect(lambda: self.leave_requested.emit(self._conversation_id))
        self.members.chosen.connect(self.profile_requested)
        self.shared.chosen.connect(self.chat_chosen)
        self.files.chosen.connect(self.message_chosen)
        session.people_changed.connect(self._refresh)
        session.link_changed.connect(self._refresh)
        session.conversation_changed.connect(self._on_conversation)
        session.conversations.rows_changed.connect(self._on_mutes)
        theme().changed.connect(self.update)
        fonts().changed.connect(self._on_fonts)
        self._on_fonts()
        language().changed.connect(self.retranslate)

    def _on_fonts(self) -> None:
        """End the bar where that of the conversation ends, and measure sentences anew."""
        air = (bar_height() - self.close_button.height()) // 2
        self._top.setContentsMargins(_SIDE, air, 12, air)
        self._inside.adjustSize()
        self.update()

    # What is shown.

    def _load(self) -> None:
        """Ask for members, shared groups and files."""
        row = self.row
        is_group = row is not None and row.kind == ConversationKind.GROUP
        self._shown_members = row.member_count if row is not None else -1
        self.members.show_group(self._conversation_id if is_group else None)
        self.shared.show_account(self._peer())
        self.files.show_conversation(self._conversation_id)

    def _on_conversation(self, conversation_id: object) -> None:
        row = self.row
        if conversation_id != self._conversation_id or row is None or not self.isVisible():
            return
        self._refresh()
        if row.member_count != self._shown_members:
            self._shown_members = row.member_count
            if row.kind == ConversationKind.GROUP:
                self.members.show_group(row.conversation_id)
        if row.preview_file:
            self.files.load()

    def _on_mutes(self, changed: list[ConversationId]) -> None:
        """A mute that ended by itself is no change of the row."""
        if self._conversation_id in changed:
            self._refresh()

    def _refresh(self) -> None:
        """Show the row as it is; a pane that is away does so when it comes."""
        row = self.row
        if row is None or not self.isVisible():
            return
        face = face_of(row)
        self.avatar.show_profile(face, self._session.avatars.picture_of(row))
        self.avatar.setAccessibleName(translate("chat.profile"))
        self.avatar.setEnabled(row.kind != ConversationKind.NOTES)
        self.name.setText(face.nickname)
        self._show_mute(row)
        self.mute.setVisible(row.kind != ConversationKind.NOTES)
        self.timer.say(translate("timer.menu"), detail=timer_words(row.timer_s))
        self.timer.setEnabled(self._may_set_timer(row))
        is_direct, is_group = (
            row.kind == kind for kind in (ConversationKind.DIRECT, ConversationKind.GROUP)
        )
        self._show_person(row, is_shown=is_direct)
        self._show_group(row, is_shown=is_group)
        if row.kind == ConversationKind.NOTES:
            self.status.setText(translate("notes.words"))
        self._inside.adjustSize()

    def _show_mute(self, row: ConversationRow) -> None:
        """Say whether one is told of what comes, and until when not."""
        is_muted = self._session.conversations.is_muted(row)
        words = translate("timer.off")
        if is_muted and row.muted_until_ms:
            words = translate("info.mute_until", time=time_to_come(row.muted_until_ms))
        elif is_muted:
            words = translate("mute.ever")
        self.mute.say(translate("info.mute"), detail=words)
        self.mute.set_icon("bell-off" if is_muted else "bell")

    def _show_person(self, row: ConversationRow, *, is_shown: bool) -> None:
        for widget in (self.handle, self.signature, self.safety, self.remove):
            widget.setVisible(is_shown)
        is_blocked = self._session.contacts.find_blocked(row.peer.account) is not None
        self.block.setVisible(is_shown and not is_blocked)
        self.unblock.setVisible(is_shown and is_blocked)
        if not is_shown:
            return
        contact = self._session.contact(row.peer.account)
        knows = contact is not None and self._session.knows_presence
        words = presence_words(contact) if contact is not None and knows else ""
        self.handle.setText(_handle(row))
        self.status.setText(words)
        self.status.setVisible(bool(words))
        self.signature.setText(breakable(row.peer.signature))
        self.signature.setAccessibleName(row.peer.signature)
        self.signature.setVisible(bool(row.peer.signature))
        state = "safety.verified" if row.is_verified else "info.not_compared"
        self.safety.say(translate("safety.menu"), detail=translate(state))
        self.remove.setVisible(contact is not None)

    def _show_group(self, row: ConversationRow, *, is_shown: bool) -> None:
        about = row.announcement if is_shown else ""
        self.about.setText(breakable(about))
        self.about.setAccessibleName(about)
        for label in (self.about, self.about_title):
            label.setVisible(bool(about))
        self.group.setVisible(is_shown)
        self.leave.setVisible(is_shown and row.own_role > 0)
        if not is_shown:
            return
        self.status.setVisible(True)
        self.status.setText(translate("group.member_count", count=row.member_count))
        is_admin = row.own_role >= Role.ADMIN
        waiting = row.join_requests
        detail = translate("rail.requests", count=waiting) if is_admin and waiting else ""
        key = "info.manage" if is_admin else "info.members"
        self.group.say(translate(key), detail=detail)

    # What is asked.

    def _peer(self) -> AccountId | None:
        row = self.row
        is_direct = row is not None and row.kind == ConversationKind.DIRECT
        return row.peer.account if row is not None and is_direct else None

    def _ask_peer(self, request: object) -> None:
        account = self._peer()
        if account is not None:
            request.emit(account)  # type: ignore[attr-defined]  # One of the signals above.

    def _ask_profile(self) -> None:
        row = self.row
        if row is not None and row.kind == ConversationKind.GROUP:
            self.group_requested.emit(row.conversation_id)
        else:
            self._ask_peer(self.profile_requested)

    def _on_mute(self) -> None:
        """Offer the same times as the menus of the conversation, or end it."""
        row = self.row
        if row is None:
            return
        if self._session.conversations.is_muted(row):
            self.actions_of_rows.mute(row, -1)
            return
        menu = Menu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.actions_of_rows.fill_mutes(menu, row)
        menu.popup(self.mute.mapToGlobal(self.mute.rect().bottomLeft()))

    def _may_set_timer(self, row: ConversationRow) -> bool:
        return row.can_send and may_set_timer(ConversationKind(row.kind), row.own_role)

    def _open_timers(self) -> None:
        row = self.row
        if row is None:
            return
        menu = Menu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        for seconds in TIMERS_S:
            action = menu.addAction(timer_words(seconds))
            action.setCheckable(True)
            action.setChecked(row.timer_s == seconds)
            command = SetTimer(conversation_id=row.conversation_id, seconds=seconds)
            action.triggered.connect(lambda _checked, command=command: self._port.send(command))
        menu.popup(self.timer.mapToGlobal(self.timer.rect().bottomLeft()))


def _handle(row: ConversationRow) -> str:
    """Return the user name, and the person's own nickname behind one's own name for them."""
    name = f"@{row.peer.user_name}"
    return f"{row.peer.nickname} · {name}" if row.remark else name

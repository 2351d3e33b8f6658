"""Shows a person: names, presence, groups in common, and what one can do with them."""

from __future__ import annotations

from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtWidgets import QWidget

from desktop.commands import BlockAccount, LoadMembers, LoadProfile, UnblockAccount
from desktop.events import ConversationRow, MembersLoaded, ProfileLoaded
from desktop.models.conversations import ConversationRole
from desktop.models.port import CommandFailedError, Port
from desktop.models.session import Session
from desktop.ui.avatar import AvatarButton
from desktop.ui.controls import ButtonKind, Label
from desktop.ui.describe import face_of, presence_ink, presence_words
from desktop.ui.dialog import ConfirmDialog, Dialog
from desktop.ui.people_list import PeopleList, Person
from desktop.ui.remark_dialog import RemarkDialog
from desktop.ui.setting_rows import ActionRow
from desktop.ui.tasks import create_task
from desktop.ui.translate import translate
from shared.identifiers import AccountId, ConversationId
from shared.roster import ConversationKind

__all__ = ["ProfileDialog"]

GROUPS_ASKED_MAX = 100  # Those written in last; who has more groups sees those in common of these.
GROUP_LINES_MAX = 3


class ProfileDialog(Dialog):
    """Somebody else: who they are, how one calls them, whether one lets them through."""

    chat_requested = Signal(object)  # AccountId
    add_requested = Signal(str)  # The user name.
    remove_requested = Signal(object)  # AccountId
    safety_requested = Signal(object)  # AccountId
    group_chosen = Signal(object)  # ConversationId
    said = Signal(str)

    def __init__(
        self, session: Session, port: Port, account: AccountId, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent, width=400)
        self._session = session
        self._port = port
        self._account = account
        self._profile = session.profile(account)
        self._groups: list[ConversationId] = []
        self.heading.hide()
        self.avatar = AvatarButton(session, 96, self)
        self.avatar.setEnabled(False)
        self.avatar.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.name = Label(20, 600, wraps=True, parent=self)
        self.user_name = Label(14, ink=lambda colors: colors.text_2, wraps=True, parent=self)
        self.presence = Label(13, wraps=True, parent=self)
        self.signature = Label(14, wraps=True, parent=self)
        self.remark_row = ActionRow("pencil", self)
        self.safety_row = ActionRow("shield-check", self)
        self.groups_label = Label(13, 600, ink=lambda colors: colors.text_2, parent=self)
        self.groups = PeopleList(session, self, lines=1)
        self.block_row = ActionRow("ban", self, is_danger=True)
        self.remove_row = ActionRow("user-minus", self, is_danger=True)
        self._build()
        self.buttons.addStretch(1)
        self.close_button = self.add_button(ButtonKind.PLAIN)
        self.main_button = self.add_button(ButtonKind.PRIMARY)
        self._connect()
        self._show_groups([])
        self.retranslate()
        self.main_button.setFocus()
        create_task(self._load(), name="load profile", owner=self)
        create_task(self._load_groups(), name="load groups in common", owner=self)

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.setWindowTitle(translate("profile.title"))
        self.close_button.setText(translate("dialog.close"))
        self.remove_row.say(translate("contacts.remove"))
        self.groups_label.setText(translate("profile.groups"))
        self.groups.setAccessibleName(translate("profile.groups"))
        self._refresh()

    @property
    def is_blocked(self) -> bool:
        """Whether nothing of this person is let through."""
        return self._session.contacts.find_blocked(self._account) is not None

    def _build(self) -> None:
        self.form.addWidget(self.avatar, 0, Qt.AlignmentFlag.AlignHCenter)
        self.form.addSpacing(4)
        for label in (self.name, self.user_name, self.presence, self.signature):
            label.setAlignment(Qt.AlignmentFlag.AlignCenter)
            self.form.addWidget(label)
        self.form.addSpacing(10)
        self.form.addWidget(self.remark_row)
        self.form.addWidget(self.safety_row)
        self.groups_label.setContentsMargins(12, 8, 0, 0)
        self.form.addWidget(self.groups_label)
        self.form.addWidget(self.groups)
        self.form.addWidget(self.block_row)
        self.form.addWidget(self.remove_row)

    def _connect(self) -> None:
        self.close_button.clicked.connect(self.reject)
        self.main_button.clicked.connect(self._on_main)
        self.remove_row.clicked.connect(self._on_remove)
        self.safety_row.clicked.connect(self._on_safety)
        self.remark_row.clicked.connect(self._edit_remark)
        self.block_row.clicked.connect(self._on_block)
        self.groups.clicked.connect(self._on_group)
        self.groups.activated.connect(self._on_group)
        self._session.people_changed.connect(self._on_people)

    def _refresh(self) -> None:
        profile, contact = self._profile, self._session.contact(self._account)
        is_known = profile is not None
        for row in (self.remark_row, self.remove_row):
            row.setVisible(contact is not None)
        self.safety_row.setVisible(is_known)
        self.block_row.setVisible(is_known and self._account != self._session.own_account)
        self.presence.setVisible(contact is not None and self._session.knows_presence)
        if profile is None:
            return
        self.avatar.show_profile(profile)
        self.avatar.setAccessibleName(profile.nickname)
        remark = contact.remark if contact is not None else ""
        self.name.setText(remark or profile.nickname)
        address = f"@{profile.user_name}"
        nickname = translate("profile.nickname", name=profile.nickname, address=address)
        self.user_name.setText(nickname if remark else address)
        self.signature.setText(profile.signature)
        self.signature.setVisible(bool(profile.signature))
        if contact is not None:
            self.presence.setText(presence_words(contact))
            self.presence.set_ink(presence_ink(contact))
            self.remark_row.say(translate("remark.title"), remark)
        is_verified = contact is not None and contact.is_verified
        state = translate("safety.verified") if is_verified else ""
        self.safety_row.say(translate("safety.menu"), state)
        key = "profile.unblock" if self.is_blocked else "profile.block"
        self.block_row.say(translate(key))
        self.main_button.setText(translate("contacts.chat" if contact else "contacts.add"))
        self.main_button.setVisible(not self.is_blocked)
        self.main_button.updateGeometry()
        self._fit()

    def _on_people(self) -> None:
        self._profile = self._session.profile(self._account) or self._profile
        self._refresh()

    async def _load(self) -> None:
        try:
            answer = await self._port.ask(LoadProfile(account=self._account))
        except CommandFailedError:
            # Offline: what is known here is shown.
            return
        assert isinstance(answer, ProfileLoaded)
        self._profile = answer.profile
        self._refresh()

    # Groups in common.

    async def _load_groups(self) -> None:
        """Ask for the members of one group after the other; the engine has them here."""
        found = []
        for row in self._own_groups()[:GROUPS_ASKED_MAX]:
            try:
                loaded = await self._port.ask(LoadMembers(conversation_id=row.conversation_id))
            except CommandFailedError:
                continue  # One was left meanwhile, or is not joined yet.
            assert isinstance(loaded, MembersLoaded)
            if any(member.profile.account == self._account for member in loaded.members):
                found.append(row)
        self._show_groups(found)

    def _own_groups(self) -> list[ConversationRow]:
        model = self._session.conversations
        rows = [model.index(at).data(ConversationRole.ROW) for at in range(model.rowCount())]
        return [row for row in rows if row.kind == ConversationKind.GROUP and row.own_role]

    def _show_groups(self, rows: list[ConversationRow]) -> None:
        self._groups = [row.conversation_id for row in rows]
        people = [
            Person(face_of(row), translate("group.member_count", count=row.member_count))
            for row in rows
        ]
        self.groups.show_people(people)
        self.groups.set_lines(min(GROUP_LINES_MAX, max(1, len(people))))
        for widget in (self.groups_label, self.groups):
            widget.setVisible(bool(people))
        self._fit()

    def _on_group(self, index: QModelIndex) -> None:
        conversation_id = self._groups[index.row()]
        self.accept()
        self.group_chosen.emit(conversation_id)

    # What the rows and buttons do.

    def _on_main(self) -> None:
        assert self._profile is not None
        if self._session.contact(self._account) is not None:
            self.chat_requested.emit(self._account)
        else:
            self.add_requested.emit(self._profile.user_name)
        self.accept()

    def _on_safety(self) -> None:
        self.accept()
        self.safety_requested.emit(self._account)

    def _on_remove(self) -> None:
        self.accept()
        self.remove_requested.emit(self._account)

    def _edit_remark(self) -> None:
        contact = self._session.contact(self._account)
        if contact is not None:
            RemarkDialog(self._port, contact, self).open()

    def _on_block(self) -> None:
        """Letting somebody through again needs no question; blocking does."""
        if self.is_blocked:
            self.start(self._unblock())
            return
        name = self.name.text()
        question = ConfirmDialog(
            self,
            title=translate("block.title", name=name),
            words=translate("block.words", name=name),
            yes=translate("profile.block"),
            no=translate("dialog.cancel"),
        )
        question.accepted.connect(lambda: self.start(self._block()))
        question.open()

    async def _block(self) -> None:
        await self._port.ask(BlockAccount(account=self._account))
        self.said.emit(translate("block.done", name=self.name.text()))

    async def _unblock(self) -> None:
        await self._port.ask(UnblockAccount(account=self._account))
        self.said.emit(translate("block.undone", name=self.name.text()))

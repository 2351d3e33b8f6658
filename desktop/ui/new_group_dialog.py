"""Makes a group: a name, and who is in it from the start."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from desktop.commands import CreateGroup
from desktop.events import ConversationOpened
from desktop.models.names import named
from desktop.models.pinyin import sort_key
from desktop.models.port import Port
from desktop.models.session import Session
from desktop.ui.controls import ButtonKind, Field, Label
from desktop.ui.dialog import Dialog
from desktop.ui.people_chooser import PeopleChooser
from desktop.ui.translate import translate
from shared import limits

__all__ = ["NewGroupDialog"]


class NewGroupDialog(Dialog):
    """Asks for a name and for contacts; a group of one is fine too."""

    created = Signal(object)  # ConversationId

    def __init__(self, session: Session, port: Port, parent: QWidget | None = None) -> None:
        super().__init__(parent, width=420)
        self._port = port
        self.name = Field(parent=self)
        self.name.setMaxLength(limits.GROUP_NAME_LENGTH_MAX)
        self.name_label = self.add_field(self.name)
        self.people_label = Label(13, 500, ink=lambda colors: colors.text_2, parent=self)
        self.people = PeopleChooser(session, self)
        self.form.addWidget(self.people_label)
        self.form.addWidget(self.people)
        friends = [named(each.profile, each.remark) for each in session.contacts.contacts]
        friends.sort(key=lambda friend: sort_key(friend.nickname))
        self.people.offer(friends)
        self.buttons.addStretch(1)
        self.cancel_button = self.add_button(ButtonKind.PLAIN)
        self.create_button = self.add_button(ButtonKind.PRIMARY)
        self.cancel_button.clicked.connect(self.reject)
        self.create_button.clicked.connect(self.create_group)
        self.name.returnPressed.connect(self.people.search.setFocus)
        self.people.chosen_changed.connect(self._count)
        self.retranslate()
        self.name.setFocus()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.setWindowTitle(translate("group.new"))
        self.heading.setText(translate("group.new"))
        self.name_label.setText(translate("group.name"))
        self.name.set_name(translate("group.name"))
        self.cancel_button.setText(translate("dialog.cancel"))
        self.create_button.setText(translate("group.create"))
        self._count()

    def create_group(self) -> None:
        """Make it, unless it has no name."""
        if not self.name.text().strip():
            self.show_error(translate("error.empty_field"))
            self.name.setFocus()
            return
        self.start(self._create())

    def _count(self) -> None:
        count = len(self.people.chosen())
        self.people_label.setText(translate("group.chosen", count=count))

    async def _create(self) -> None:
        accounts = tuple(self.people.chosen())
        command = CreateGroup(name=self.name.text().strip(), accounts=accounts)
        answer = await self._port.ask(command)
        assert isinstance(answer, ConversationOpened)
        self.created.emit(answer.conversation_id)
        self.accept()

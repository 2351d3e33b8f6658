"""The contacts tree: requests of others, friends with presence, own requests."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from enum import Enum, IntEnum

import msgspec
from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QStandardItem, QStandardItemModel

from desktop.events import Contact, PresenceState, Profile, Request
from shared.identifiers import AccountId

__all__ = ["ContactRole", "ContactsModel", "Node", "Section"]


class Section(Enum):
    """The branches of the tree, in their order."""

    RECEIVED = "received"
    FRIENDS = "friends"
    SENT = "sent"


Node = Section | Contact | Request
Describe = Callable[[Node, int], str]


class ContactRole(IntEnum):
    """What a delegate asks for."""

    NODE = Qt.ItemDataRole.UserRole + 1


class ContactsModel(QStandardItemModel):
    """Sections with people in them; a section without people is not there, but for friends.

    Args:
        describe: Says a node in words, for screen readers and section titles; gets the node and
            how many children it has.
    """

    rebuilt = Signal()
    received_changed = Signal(int)

    def __init__(self, describe: Describe) -> None:
        super().__init__()
        self._describe = describe
        self._contacts: dict[AccountId, Contact] = {}
        self._requests: list[Request] = []
        self._text = ""

    @property
    def received(self) -> int:
        """How many requests of others wait for an answer."""
        return sum(1 for request in self._requests if not request.is_own)

    @property
    def contacts(self) -> list[Contact]:
        """All friends, those online first, then by name."""
        return sorted(self._contacts.values(), key=_contact_key)

    def find(self, account: AccountId) -> Contact | None:
        """Return a friend."""
        return self._contacts.get(account)

    def find_request(self, account: AccountId) -> Request | None:
        """Return the waiting request from or to an account."""
        return next((r for r in self._requests if r.profile.account == account), None)

    def index_of(self, account: AccountId) -> QModelIndex:
        """Return where a person stands in the tree; invalid if they do not."""
        for row in range(self.rowCount()):
            section = self.item(row)
            for child in range(section.rowCount()):
                node = section.child(child).data(ContactRole.NODE)
                if node.profile.account == account:
                    return section.child(child).index()
        return QModelIndex()

    def apply(self, contacts: Iterable[Contact], requests: Iterable[Request]) -> None:
        """Show exactly these people."""
        self._contacts = {contact.profile.account: contact for contact in contacts}
        self._requests = sorted(requests, key=lambda request: -request.at_ms)
        self._rebuild()
        self.received_changed.emit(self.received)

    def apply_presence(
        self, account: AccountId, presence: PresenceState, last_seen_ms: int
    ) -> None:
        """Show that a friend came or went."""
        contact = self._contacts.get(account)
        if contact is not None:
            self._contacts[account] = msgspec.structs.replace(
                contact, presence=presence, last_seen_ms=last_seen_ms or contact.last_seen_ms
            )
            self._rebuild()

    def apply_profile(self, profile: Profile) -> None:
        """Show somebody's changed name, signature or picture."""
        contact = self._contacts.get(profile.account)
        if contact is not None:
            self._contacts[profile.account] = msgspec.structs.replace(contact, profile=profile)
        self._requests = [
            msgspec.structs.replace(request, profile=profile)
            if request.profile.account == profile.account
            else request
            for request in self._requests
        ]
        self._rebuild()

    def narrow(self, text: str) -> None:
        """Show only people with this text in one of their names."""
        self._text = text.casefold().strip()
        self._rebuild()

    def repaint(self) -> None:
        """Describe everything again, after a change of language."""
        self._rebuild()

    def clear(self) -> None:
        """Forget everybody, at log-out."""
        self.apply([], [])

    def _rebuild(self) -> None:
        """A list is a few thousand at most and changes rarely; rebuilding keeps it simple."""
        self.removeRows(0, self.rowCount())
        received = [r for r in self._requests if not r.is_own and self._fits(r.profile)]
        sent = [r for r in self._requests if r.is_own and self._fits(r.profile)]
        friends = [c for c in self.contacts if self._fits(c.profile)]
        if received:
            self._add_section(Section.RECEIVED, received)
        self._add_section(Section.FRIENDS, friends)
        if sent:
            self._add_section(Section.SENT, sent)
        self.rebuilt.emit()

    def _add_section(self, section: Section, nodes: Iterable[Contact | Request]) -> None:
        children = [self._item(node, node.profile.nickname) for node in nodes]
        title = self._describe(section, len(children))
        item = self._item(section, title, len(children))
        item.appendRows(children)
        self.appendRow(item)

    def _item(self, node: Node, text: str, count: int = 0) -> QStandardItem:
        item = QStandardItem(text)
        item.setEditable(False)
        item.setData(node, ContactRole.NODE)
        item.setData(self._describe(node, count), Qt.ItemDataRole.AccessibleTextRole)
        return item

    def _fits(self, profile: Profile) -> bool:
        return (
            self._text in profile.nickname.casefold() or self._text in profile.user_name.casefold()
        )


def _contact_key(contact: Contact) -> tuple[bool, str, int]:
    is_offline = contact.presence is not PresenceState.ONLINE
    return (is_offline, contact.profile.nickname.casefold(), contact.profile.account)

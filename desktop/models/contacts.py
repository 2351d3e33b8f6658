"""The contacts tree: requests, friends in their groups, groups one is in, and who is blocked.

| branch | what stands in it | shown |
| --- | --- | --- |
| `Section.RECEIVED` | requests of others, groups that somebody wants to join | if there are any |
| a `FriendGroup` each | its friends, those online first, then by name | always |
| `Section.FRIENDS` | friends in no group | always, unless all are in groups |
| `Section.GROUPS` | groups one is a member of | if there are any |
| `Section.SENT` | own requests | if there are any |
| `Section.BLOCKED` | people of whom nothing comes through, friends too | if there are any |
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import Enum, IntEnum

import msgspec
from PySide6.QtCore import QModelIndex, Qt, Signal
from PySide6.QtGui import QStandardItem, QStandardItemModel

from desktop.events import (
    Contact,
    ContactsChanged,
    ConversationRow,
    FriendGroup,
    PresenceState,
    Profile,
    Request,
)
from desktop.models.names import shown_name
from desktop.models.pinyin import name_fits, sort_key
from shared.identifiers import AccountId, ConversationId
from shared.roster import ConversationKind

__all__ = [
    "Blocked",
    "Branch",
    "ContactRole",
    "ContactsModel",
    "Group",
    "Joining",
    "Node",
    "Section",
]


class Section(Enum):
    """The branches of the tree that are always called the same."""

    RECEIVED = "received"
    FRIENDS = "friends"
    GROUPS = "groups"
    SENT = "sent"
    BLOCKED = "blocked"


@dataclass(frozen=True, slots=True)
class Blocked:
    """Somebody of whom nothing comes through, with one's own name for them."""

    profile: Profile
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Group:
    """A group that one is a member of."""

    row: ConversationRow


@dataclass(frozen=True, slots=True)
class Joining:
    """A group that somebody wants to join, and that one may let them into."""

    row: ConversationRow


Branch = Section | FriendGroup
Leaf = Contact | Request | Group | Joining | Blocked
Node = Branch | Leaf
Describe = Callable[[Node, int], str]


class ContactRole(IntEnum):
    """What a delegate asks for."""

    NODE = Qt.ItemDataRole.UserRole + 1


class ContactsModel(QStandardItemModel):
    """Branches with people and groups in them.

    Args:
        describe: Says a node in words, for screen readers and titles of branches; gets the node
            and how many children it has.
    """

    rebuilt = Signal()
    received_changed = Signal(int)

    def __init__(self, describe: Describe) -> None:
        super().__init__()
        self._describe = describe
        self._contacts: dict[AccountId, Contact] = {}
        self._requests: list[Request] = []
        self._groups: dict[ConversationId, ConversationRow] = {}
        self._blocked: dict[AccountId, Profile] = {}
        self._hidden: set[AccountId] = set()  # Deleted by the person, and may be taken back.
        self._text = ""
        self.friend_groups: tuple[FriendGroup, ...] = ()

    @property
    def received(self) -> int:
        """How much waits for an answer: requests of others, and people who want into groups."""
        asked = sum(1 for request in self._requests if not request.is_own)
        return asked + sum(row.join_requests for row in self._groups.values())

    @property
    def contacts(self) -> list[Contact]:
        """All friends that are not blocked, those online first, then by name."""
        shown = (each for each in self._contacts.values() if self._is_shown(each.profile.account))
        return sorted(shown, key=_contact_key)

    @property
    def is_narrowed(self) -> bool:
        """Whether only some are shown."""
        return bool(self._text)

    def find(self, account: AccountId) -> Contact | None:
        """Return a friend, also a blocked one."""
        return None if account in self._hidden else self._contacts.get(account)

    def find_request(self, account: AccountId) -> Request | None:
        """Return the waiting request from or to an account."""
        return next((r for r in self._requests if r.profile.account == account), None)

    @property
    def blocked(self) -> tuple[Profile, ...]:
        """Who is blocked, in the order they were told."""
        return tuple(self._blocked.values())

    def find_blocked(self, account: AccountId) -> Profile | None:
        """Return somebody who is blocked."""
        return self._blocked.get(account)

    def group_of(self, account: AccountId) -> str | None:
        """Return the group a friend is in, ``None`` for none."""
        groups = (group.name for group in self.friend_groups if account in group.accounts)
        return next(groups, None)

    def index_of(self, account: AccountId) -> QModelIndex:
        """Return where a person stands in the tree; invalid if they do not."""
        return self._index_where(
            lambda node: (
                isinstance(node, Contact | Request | Blocked) and node.profile.account == account
            )
        )

    def index_of_group(self, conversation_id: ConversationId) -> QModelIndex:
        """Return where a group stands in the tree; invalid if it does not."""
        return self._index_where(
            lambda node: isinstance(node, Group) and node.row.conversation_id == conversation_id
        )

    def branch_index(self, branch: str | Section) -> QModelIndex:
        """Return where a branch stands: a section, or the friends' group of this name."""
        for row in range(self.rowCount()):
            node = self.item(row).data(ContactRole.NODE)
            if node == branch or (isinstance(node, FriendGroup) and node.name == branch):
                return self.item(row).index()
        return QModelIndex()

    def apply(self, told: ContactsChanged) -> None:
        """Show exactly these people."""
        self._contacts = {contact.profile.account: contact for contact in told.contacts}
        self._requests = sorted(told.requests, key=lambda request: -request.at_ms)
        self._blocked = {profile.account: profile for profile in told.blocked}
        self.friend_groups = told.friend_groups
        self._hidden &= self._contacts.keys()
        self._rebuild()
        self.received_changed.emit(self.received)

    def apply_groups(self, rows: Iterable[ConversationRow], *, is_snapshot: bool = False) -> None:
        """Take in new and changed conversations; what of them are groups is shown."""
        before = {} if is_snapshot else dict(self._groups)
        groups = dict(before)
        for row in rows:
            groups.pop(row.conversation_id, None)
            if row.kind == ConversationKind.GROUP and row.own_role:
                groups[row.conversation_id] = row
        is_news = _faces(groups) != _faces(self._groups)
        self._groups = groups
        if is_news:
            self._rebuild()
            self.received_changed.emit(self.received)

    def apply_presence(
        self, account: AccountId, presence: PresenceState, last_seen_ms: int
    ) -> None:
        """Show that a friend came or went."""
        contact = self._contacts.get(account)
        if contact is not None:
            if presence is PresenceState.ONLINE:
                last_seen_ms = last_seen_ms or contact.last_seen_ms
            # Who is offline and was never seen shows nobody when they were.
            self._contacts[account] = msgspec.structs.replace(
                contact, presence=presence, last_seen_ms=last_seen_ms
            )
            self._place(self._contacts[account])

    def apply_profile(self, profile: Profile) -> None:
        """Show somebody's changed name, signature or picture."""
        contact = self._contacts.get(profile.account)
        if contact is not None:
            self._contacts[profile.account] = msgspec.structs.replace(contact, profile=profile)
        if profile.account in self._blocked:
            self._blocked[profile.account] = profile
        self._requests = [
            msgspec.structs.replace(request, profile=profile)
            if request.profile.account == profile.account
            else request
            for request in self._requests
        ]
        self._rebuild()

    def hide(self, account: AccountId) -> None:
        """Show a friend no more, as if they were deleted already."""
        self._hidden.add(account)
        self._rebuild()

    def unhide(self, account: AccountId) -> None:
        """Show a friend again."""
        self._hidden.discard(account)
        self._rebuild()

    def narrow(self, text: str) -> None:
        """Show only people and groups with this text in one of their names, or by their sound."""
        folded = text.casefold().strip()
        if folded != self._text:
            self._text = folded
            self._rebuild()

    def repaint(self) -> None:
        """Describe everything again, after a change of language."""
        self._rebuild()

    def clear(self) -> None:
        """Forget everybody, at log-out."""
        self._hidden.clear()
        self._groups = {}
        self.apply(ContactsChanged(contacts=[], requests=[]))

    # Building.

    def _rebuild(self) -> None:
        """Build the tree anew: it is a few thousand at most, and changes rarely."""
        self.removeRows(0, self.rowCount())
        for branch, leaves in self._branches():
            self._add_branch(branch, leaves)
        self.rebuilt.emit()

    def _branches(self) -> list[tuple[Branch, list[Leaf]]]:
        """Return what is to be shown, in order."""
        received: list[Leaf] = [r for r in self._requests if not r.is_own and self._fits(r)]
        received += [
            Joining(row) for row in self._sorted_groups() if row.join_requests and self._has(row)
        ]
        places = {each: group.name for group in self.friend_groups for each in group.accounts}
        friends: dict[str | None, list[Leaf]] = {}
        for each in self.contacts:
            if self._fits(each):
                friends.setdefault(places.get(each.profile.account), []).append(each)
        branches: list[tuple[Branch, list[Leaf]]] = [
            (group, friends.get(group.name, [])) for group in self.friend_groups
        ]
        branches.append((Section.FRIENDS, friends.get(None, [])))
        groups: list[Leaf] = [Group(row) for row in self._sorted_groups() if self._has(row)]
        sent: list[Leaf] = [r for r in self._requests if r.is_own and self._fits(r)]
        blocked: list[Leaf] = [who for who in self._sorted_blocked() if self._fits(who)]
        branches = [(Section.RECEIVED, received), *branches]
        branches += [
            (Section.GROUPS, groups),
            (Section.SENT, sent),
            (Section.BLOCKED, blocked),
        ]
        return [(branch, leaves) for branch, leaves in branches if leaves or self._stays(branch)]

    def _stays(self, branch: Branch) -> bool:
        """Whether a branch is shown although nothing is in it."""
        if self._text:
            return False
        if isinstance(branch, FriendGroup):
            return True
        return branch is Section.FRIENDS and not (self.friend_groups and self._contacts)

    def _add_branch(self, branch: Branch, leaves: list[Leaf]) -> None:
        children = [self._item(leaf, _leaf_name(leaf)) for leaf in leaves]
        title = self._describe(branch, len(children))
        item = self._item(branch, title, len(children))
        item.appendRows(children)
        self.appendRow(item)

    def _item(self, node: Node, text: str, count: int = 0) -> QStandardItem:
        item = QStandardItem(text)
        item.setEditable(False)
        item.setData(node, ContactRole.NODE)
        item.setData(self._describe(node, count), Qt.ItemDataRole.AccessibleTextRole)
        return item

    def _place(self, contact: Contact) -> None:
        """Put a friend who came or went where they belong among those of their branch."""
        index = self.index_of(contact.profile.account)
        if not index.isValid() or not isinstance(index.data(ContactRole.NODE), Contact):
            return
        branch = self.itemFromIndex(index.parent())
        others = [
            branch.child(row).data(ContactRole.NODE)
            for row in range(branch.rowCount())
            if row != index.row()
        ]
        place = sum(1 for other in others if _contact_key(other) < _contact_key(contact))
        if place == index.row():
            branch.child(place).setData(contact, ContactRole.NODE)
            words = self._describe(contact, 0)
            branch.child(place).setData(words, Qt.ItemDataRole.AccessibleTextRole)
            return
        branch.takeRow(index.row())
        branch.insertRow(place, [self._item(contact, _leaf_name(contact))])
        self.rebuilt.emit()

    def _index_where(self, is_it: Callable[[Node], bool]) -> QModelIndex:
        for row in range(self.rowCount()):
            branch = self.item(row)
            for child in range(branch.rowCount()):
                if is_it(branch.child(child).data(ContactRole.NODE)):
                    return branch.child(child).index()
        return QModelIndex()

    def _is_shown(self, account: AccountId) -> bool:
        return account not in self._hidden and account not in self._blocked

    def _sorted_groups(self) -> list[ConversationRow]:
        return sorted(self._groups.values(), key=lambda row: (sort_key(row.title), row.title))

    def _sorted_blocked(self) -> list[Blocked]:
        found = []
        for account, profile in self._blocked.items():
            contact = self._contacts.get(account)
            found.append(Blocked(profile, "" if contact is None else contact.remark))
        return sorted(found, key=lambda each: sort_key(shown_name(each.profile, each.remark)))

    def _fits(self, node: Contact | Request | Blocked) -> bool:
        remark = "" if isinstance(node, Request) else node.remark
        names = (remark, node.profile.nickname, node.profile.user_name)
        return not self._text or any(name_fits(name, self._text) for name in names if name)

    def _has(self, row: ConversationRow) -> bool:
        return not self._text or name_fits(row.title, self._text)


def _faces(
    groups: dict[ConversationId, ConversationRow],
) -> dict[ConversationId, tuple[object, ...]]:
    """Return what of groups is shown in the tree."""
    return {
        each: (row.title, row.avatar, row.member_count, row.join_requests)
        for each, row in groups.items()
    }


def _leaf_name(leaf: Leaf) -> str:
    match leaf:
        case Contact() | Blocked():
            return shown_name(leaf.profile, leaf.remark)
        case Request():
            return leaf.profile.nickname
        case Group() | Joining():
            return leaf.row.title


def _contact_key(contact: Contact) -> tuple[bool, str, int]:
    is_offline = contact.presence is not PresenceState.ONLINE
    name = shown_name(contact.profile, contact.remark)
    return (is_offline, sort_key(name), contact.profile.account)

"""What can be done with a row of the contacts tree, as a menu."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from desktop.events import Contact, FriendGroup, Request
from desktop.models import friend_groups
from desktop.models.contacts import Blocked, ContactsModel, Group, Joining, Node, Section
from desktop.ui.menu import Menu
from desktop.ui.translate import translate
from shared.identifiers import AccountId

__all__ = ["Wishes", "menu_of"]


class Wishes(QObject):
    """What a person wants with whom, from wherever it is said."""

    chat = Signal(object)  # AccountId
    profile = Signal(object)  # AccountId
    remove = Signal(object)  # AccountId
    block = Signal(object)  # AccountId
    unblock = Signal(object)  # AccountId
    accept = Signal(object)  # AccountId
    decline = Signal(object)  # AccountId
    withdraw = Signal(object)  # AccountId
    open_group = Signal(object)  # ConversationId
    review = Signal(object)  # ConversationId
    sort_friends = Signal(object)  # tuple[FriendGroup, ...]: all groups, as they are to be.
    new_group = Signal(object)  # tuple[AccountId, ...]: friends to be in it.
    rename_group = Signal(str)
    delete_group = Signal(str)


def menu_of(
    node: Node | None, wishes: Wishes, model: ContactsModel, parent: QWidget
) -> Menu | None:
    """Return the menu of a row, ``None`` if there is nothing to offer."""
    menu = Menu(parent)
    match node:
        case Contact():
            _fill_friend(menu, node, wishes, model)
        case Request():
            _fill_request(menu, node, wishes)
        case Blocked():
            account = node.profile.account
            _add(menu, "contacts.profile", lambda: wishes.profile.emit(account))
            _add(menu, "contacts.unblock", lambda: wishes.unblock.emit(account))
        case Group() | Joining():
            conversation_id = node.row.conversation_id
            _add(menu, "contacts.open_group", lambda: wishes.open_group.emit(conversation_id))
            _add(menu, "contacts.group_info", lambda: wishes.review.emit(conversation_id))
        case FriendGroup():
            _fill_group(menu, node, wishes, model)
        case Section.FRIENDS:
            _add(menu, "contacts.new_group", lambda: wishes.new_group.emit(()))
        case _:
            menu.deleteLater()
            return None
    return menu


def _fill_friend(menu: Menu, contact: Contact, wishes: Wishes, model: ContactsModel) -> None:
    account = contact.profile.account
    _add(menu, "contacts.chat", lambda: wishes.chat.emit(account))
    _add(menu, "contacts.profile", lambda: wishes.profile.emit(account))
    _fill_move(menu.add_branch(translate("contacts.move")), account, wishes, model)
    menu.addSeparator()
    _add(menu, "contacts.block", lambda: wishes.block.emit(account))
    _add(menu, "contacts.remove", lambda: wishes.remove.emit(account))


def _fill_move(menu: Menu, account: AccountId, wishes: Wishes, model: ContactsModel) -> None:
    current = model.group_of(account)

    def add(words: str, name: str | None) -> None:
        moved = friend_groups.moved(model.friend_groups, account, name)
        action = menu.addAction(words, lambda: wishes.sort_friends.emit(moved))
        action.setCheckable(True)
        action.setChecked(name == current)

    add(translate("contacts.no_group"), None)
    for group in model.friend_groups:
        add(group.name.replace("&", "&&"), group.name)
    menu.addSeparator()
    _add(menu, "contacts.new_group", lambda: wishes.new_group.emit((account,)))


def _fill_request(menu: Menu, request: Request, wishes: Wishes) -> None:
    account = request.profile.account
    _add(menu, "contacts.profile", lambda: wishes.profile.emit(account))
    menu.addSeparator()
    if request.is_own:
        _add(menu, "contacts.withdraw", lambda: wishes.withdraw.emit(account))
        return
    _add(menu, "contacts.accept", lambda: wishes.accept.emit(account))
    _add(menu, "contacts.decline", lambda: wishes.decline.emit(account))
    _add(menu, "contacts.block", lambda: wishes.block.emit(account))


def _fill_group(menu: Menu, group: FriendGroup, wishes: Wishes, model: ContactsModel) -> None:
    groups, name = model.friend_groups, group.name
    _add(menu, "contacts.new_group", lambda: wishes.new_group.emit(()))
    _add(menu, "contacts.rename_group", lambda: wishes.rename_group.emit(name))
    for key, by in (("contacts.group_up", -1), ("contacts.group_down", 1)):
        shifted = friend_groups.shifted(groups, name, by)
        action = _add(menu, key, _emitter(wishes, shifted))
        action.setEnabled(shifted != groups)
    menu.addSeparator()
    _add(menu, "contacts.delete_group", lambda: wishes.delete_group.emit(name))


def _emitter(wishes: Wishes, groups: tuple[FriendGroup, ...]) -> Callable[[], None]:
    return lambda: wishes.sort_friends.emit(groups)


def _add(menu: Menu, key: str, act: Callable[[], None]):  # type: ignore[no-untyped-def]
    return menu.addAction(translate(key), act)

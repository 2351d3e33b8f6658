"""What is done with people: adding, sorting, naming, deleting with a way back, blocking."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

from desktop.commands import (
    BlockAccount,
    Command,
    RemoveContact,
    SetFriendGroups,
    UnblockAccount,
)
from desktop.events import FriendGroup
from desktop.models import friend_groups
from desktop.models.port import CommandFailedError, Port
from desktop.models.session import Session
from desktop.ui.contacts_menu import Wishes
from desktop.ui.dialog import ConfirmDialog, Dialog
from desktop.ui.group_name_dialog import GroupNameDialog
from desktop.ui.tasks import create_task
from desktop.ui.toast import ACTION_MS
from desktop.ui.translate import error_sentence, translate
from shared.identifiers import AccountId

__all__ = ["PeopleFlows", "Say"]

_LATER_MS = ACTION_MS + 200  # When "Undo" is certainly gone.


class Say(Protocol):
    """Says a sentence that goes by itself, perhaps with a button (`desktop.ui.toast.Toast.say`)."""

    def __call__(
        self, sentence: str, *, action: str = "", on_action: Callable[[], None] | None = None
    ) -> None:
        """Say it."""


class PeopleFlows(QObject):
    """Dialogs and commands about people and groups of friends.

    Args:
        session: The models.
        port: Where commands go.
        open_dialog: Opens a dialog in place of the one that is open.
        say: Says a sentence that goes by itself.
        parent: Returns the window that dialogs belong to.
    """

    def __init__(
        self,
        session: Session,
        port: Port,
        *,
        open_dialog: Callable[[Dialog], None],
        say: Say,
        parent: Callable[[], QWidget | None],
    ) -> None:
        super().__init__()
        self._session = session
        self._port = port
        self._open = open_dialog
        self._say = say
        self._parent = parent
        self._going: dict[AccountId, QTimer] = {}  # Friends that can be taken back still.
        session.account_changed.connect(self._forget)

    def serve(self, wishes: Wishes) -> None:
        """Do what is wished for."""
        wishes.remove.connect(self.remove)
        wishes.block.connect(self.ask_block)
        wishes.unblock.connect(self.ask_unblock)
        wishes.sort_friends.connect(self.sort)
        wishes.new_group.connect(self.new_group)
        wishes.rename_group.connect(self.rename_group)
        wishes.delete_group.connect(self.delete_group)

    def flush(self) -> None:
        """Carry out what could have been taken back: the program ends."""
        for account in list(self._going):
            self._stop(account)
            self._port.send(RemoveContact(account=account))

    # Friends.

    def remove(self, account: AccountId) -> None:
        """Delete a friend, unless that is taken back within a few seconds."""
        if self._session.contact(account) is None:
            return
        name = self._session.name_of(account)
        self._session.contacts.hide(account)
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.timeout.connect(lambda: self._carry_out(account))
        timer.start(_LATER_MS)
        self._going[account] = timer
        self._say(
            translate("remove.done", name=name),
            action=translate("toast.undo"),
            on_action=lambda: self._take_back(account),
        )

    def ask_block(self, account: AccountId) -> None:
        """Ask, then let nothing of somebody through."""
        name = self._session.name_of(account)
        self._ask(
            BlockAccount(account=account),
            title=translate("block.title", name=name),
            words=translate("block.words", name=name),
            yes=translate("block.yes"),
            done=translate("block.done", name=name),
        )

    def ask_unblock(self, account: AccountId) -> None:
        """Ask, then let somebody through again."""
        name = self._session.name_of(account)
        self._ask(
            UnblockAccount(account=account),
            title=translate("unblock.title", name=name),
            words=translate("unblock.words", name=name),
            yes=translate("unblock.yes"),
            done=translate("unblock.done", name=name),
        )

    def _ask(self, command: Command, *, title: str, words: str, yes: str, done: str) -> None:
        parent = self._parent()
        if parent is None:
            return
        no = translate("dialog.cancel")
        dialog = ConfirmDialog(parent, title=title, words=words, yes=yes, no=no)
        dialog.accepted.connect(lambda: create_task(self._settle(command, done), name="block"))
        self._open(dialog)

    def _take_back(self, account: AccountId) -> None:
        self._stop(account)
        self._session.contacts.unhide(account)

    def _carry_out(self, account: AccountId) -> None:
        self._stop(account)
        create_task(self._remove(account), name="remove contact")

    async def _remove(self, account: AccountId) -> None:
        try:
            await self._port.ask(RemoveContact(account=account))
        except CommandFailedError as error:
            self._session.contacts.unhide(account)
            self._say(error_sentence(error.code))

    def _stop(self, account: AccountId) -> None:
        timer = self._going.pop(account, None)
        if timer is not None:
            timer.stop()
            timer.deleteLater()

    def _forget(self) -> None:
        """Logged out: what waits belongs to nobody any more."""
        account = self._session.account
        if account is None or not account.is_logged_in:
            for waiting in list(self._going):
                self._stop(waiting)

    async def _settle(self, command: Command, done: str) -> None:
        try:
            await self._port.ask(command)
        except CommandFailedError as error:
            self._say(error_sentence(error.code))
        else:
            self._say(done)

    # Groups of friends.

    def sort(self, groups: tuple[FriendGroup, ...]) -> None:
        """Sort friends into these groups."""
        self._port.send(SetFriendGroups(groups=friend_groups.as_command(groups)))

    def new_group(self, accounts: tuple[AccountId, ...] = ()) -> None:
        """Ask for a name, and make a group with these friends."""
        dialog = GroupNameDialog(self._groups(), self._parent())
        dialog.named.connect(
            lambda name: self.sort(friend_groups.added(self._groups(), name, accounts))
        )
        self._open(dialog)

    def rename_group(self, name: str) -> None:
        """Ask for another name."""
        dialog = GroupNameDialog(self._groups(), self._parent(), name=name)
        dialog.named.connect(
            lambda new_name: self.sort(friend_groups.renamed(self._groups(), name, new_name))
        )
        self._open(dialog)

    def delete_group(self, name: str) -> None:
        """Delete a group; its friends stay, and the group can be taken back."""
        before = self._groups()
        self.sort(friend_groups.removed(before, name))
        self._say(
            translate("friends.deleted", name=name),
            action=translate("toast.undo"),
            on_action=lambda: self.sort(before),
        )

    def _groups(self) -> tuple[FriendGroup, ...]:
        return self._session.contacts.friend_groups

"""All models of the account in one place, fed by the engine's events."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any
from weakref import WeakValueDictionary

from PySide6.QtCore import QObject, Signal

from desktop import events
from desktop.events import Account, Contact, ConversationRow, LinkState, Profile
from desktop.models.avatars import AvatarStore
from desktop.models.contacts import ContactsModel, Node
from desktop.models.conversations import ConversationsModel
from desktop.models.port import Port
from desktop.models.timeline import TimelineModel
from shared.identifiers import AccountId, ConversationId

__all__ = ["Describer", "Session"]

Spawn = Callable[[Coroutine[Any, Any, None]], object]


class Describer:
    """Says rows in words for screen readers; windows give one that translates."""

    def conversation(self, row: ConversationRow, is_typing: bool) -> str:
        """Say a conversation: who, what, when, how many unread."""
        raise NotImplementedError

    def node(self, node: Node, count: int) -> str:
        """Say a section, a friend or a request."""
        raise NotImplementedError


class Session(QObject):
    """Owns what the windows know; the engine's events are its only way to change."""

    account_changed = Signal()
    link_changed = Signal()
    people_changed = Signal()
    typing_changed = Signal(object)  # ConversationId
    conversation_changed = Signal(object)  # ConversationId
    noticed = Signal(object)  # events.Notice
    alarmed = Signal(object)  # events.Alarm
    privacy_changed = Signal()
    command_failed = Signal(str)  # The code of a command that nobody waited for.

    def __init__(self, port: Port, spawn: Spawn, describer: Describer) -> None:
        super().__init__()
        self.account: Account | None = None
        self.is_account_known = False
        self.link = events.LinkChanged(state=LinkState.CONNECTING)
        self.privacy: events.PrivacyChanged | None = None  # ``None``: not told yet.
        self.blocked: tuple[Profile, ...] = ()
        self.conversations = ConversationsModel(describer.conversation)
        self.contacts = ContactsModel(describer.node)
        self.avatars = AvatarStore(port, spawn)
        self._port = port
        self._spawn = spawn
        self._typing: dict[ConversationId, AccountId] = {}
        # Views own timelines; what no view shows any more is forgotten.
        self._timelines: WeakValueDictionary[ConversationId, TimelineModel] = WeakValueDictionary()

    @property
    def own_account(self) -> AccountId | None:
        """The id of the account of this profile."""
        return self.account.profile.account if self.account is not None else None

    @property
    def knows_presence(self) -> bool:
        """Whether what is known of others' presence is fresh: there is a link."""
        return self.link.state is LinkState.ONLINE

    def timeline(self, conversation_id: ConversationId) -> TimelineModel:
        """Return the timeline of a conversation; the caller keeps it alive."""
        timeline = self._timelines.get(conversation_id)
        if timeline is None:
            timeline = TimelineModel(conversation_id, self._port, self._spawn)
            self._timelines[conversation_id] = timeline
        return timeline

    def is_typing(self, conversation_id: ConversationId) -> bool:
        """Whether the other side is typing there."""
        return conversation_id in self._typing

    def contact(self, account: AccountId) -> Contact | None:
        """Return a friend."""
        return self.contacts.find(account)

    def profile(self, account: AccountId) -> Profile | None:
        """Return what is known of a person here."""
        if self.account is not None and self.account.profile.account == account:
            return self.account.profile
        contact = self.contacts.find(account)
        if contact is not None:
            return contact.profile
        row = self.conversations.find_peer(account)
        if row is not None:
            return row.peer
        request = self.contacts.find_request(account)
        return request.profile if request is not None else None

    def report_failure(self, code: str) -> None:
        """Say that a command nobody waits for was refused."""
        self.command_failed.emit(code)

    def apply(self, event: events.Event) -> None:
        """Change the models as the engine says."""
        match event:
            case events.AccountChanged():
                self._apply_account(event.account)
            case events.LinkChanged():
                self._apply_link(event)
            case events.ContactsChanged():
                self._apply_contacts(event)
            case events.PresenceChanged():
                self.contacts.apply_presence(event.account, event.presence, event.last_seen_ms)
                self.conversations.apply_presence(event.account, event.presence)
                self.people_changed.emit()
            case events.ConversationsChanged():
                self.conversations.apply(event.rows, is_snapshot=event.is_snapshot)
                for row in event.rows:
                    self.conversation_changed.emit(row.conversation_id)
            case events.TimelineChanged():
                timeline = self._timelines.get(event.conversation_id)
                if timeline is not None:
                    timeline.apply(event)
            case events.TypingChanged():
                self._apply_typing(event)
            case events.ProfileChanged():
                self._apply_profile(event.profile)
            case events.PrivacyChanged():
                self.privacy = event
                self.privacy_changed.emit()
            case events.Notice():
                self.noticed.emit(event)
            case events.Alarm():
                self.alarmed.emit(event)
            case _:
                # Answers are the bridge's; anything else is newer than these windows.
                return

    def _apply_account(self, account: Account | None) -> None:
        was = self.own_account
        self.account = account
        self.is_account_known = True
        if (
            account is None
            or not account.is_logged_in
            or (was is not None and was != self.own_account)
        ):
            self.conversations.clear()
            self.contacts.clear()
            self.blocked = ()
            self.privacy = None
            self._typing.clear()
        self.account_changed.emit()

    def _apply_link(self, event: events.LinkChanged) -> None:
        if event.state is LinkState.ONLINE and self.link.state is not LinkState.ONLINE:
            self.avatars.retry()
        self.link = event
        self.link_changed.emit()

    def _apply_contacts(self, event: events.ContactsChanged) -> None:
        self.blocked = event.blocked
        self.contacts.apply(event.contacts, event.requests)
        for contact in event.contacts:
            self.conversations.apply_presence(contact.profile.account, contact.presence)
        self.people_changed.emit()

    def _apply_typing(self, event: events.TypingChanged) -> None:
        if event.is_typing:
            self._typing[event.conversation_id] = event.account
        else:
            self._typing.pop(event.conversation_id, None)
        self.conversations.apply_typing(event.conversation_id, is_typing=event.is_typing)
        self.typing_changed.emit(event.conversation_id)

    def _apply_profile(self, profile: Profile) -> None:
        if self.account is not None and self.account.profile.account == profile.account:
            self._apply_account(
                Account(
                    profile=profile,
                    server_url=self.account.server_url,
                    is_logged_in=self.account.is_logged_in,
                )
            )
        self.contacts.apply_profile(profile)
        self.conversations.apply_profile(profile)
        self.people_changed.emit()

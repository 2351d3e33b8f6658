"""All models of the account in one place, fed by the engine's events."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Iterable
from typing import Any
from weakref import WeakValueDictionary

from PySide6.QtCore import QObject, Signal

from desktop import events
from desktop.events import Account, Contact, ConversationRow, LinkState, Profile
from desktop.models.avatars import AvatarStore
from desktop.models.contacts import ContactsModel, Node
from desktop.models.conversations import ConversationsModel
from desktop.models.names import named, shown_name
from desktop.models.pictures import PictureStore
from desktop.models.port import Port
from desktop.models.timeline import TimelineModel
from shared import limits
from shared.identifiers import AccountId, ConversationId
from shared.roster import ConversationKind

__all__ = ["Describer", "Session"]

Spawn = Callable[[Coroutine[Any, Any, None]], object]


class Describer:
    """Says rows in words for screen readers; windows give one that translates."""

    def conversation(
        self, row: ConversationRow, is_typing: bool, is_muted: bool = False, sender: str = ""
    ) -> str:
        """Say a conversation: who, what, when, how many unread.

        Args:
            row: The conversation.
            is_typing: Whether somebody types there.
            is_muted: Whether nothing is told of it now.
            sender: Who wrote the newest line, in a group.
        """
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
    passcode_changed = Signal()
    told = Signal(object)  # Every event, once the models have taken it in.
    privacy_changed = Signal()
    command_failed = Signal(str)  # The code of a command that nobody waited for.

    def __init__(self, port: Port, spawn: Spawn, describer: Describer) -> None:
        super().__init__()
        self.account: Account | None = None
        self.is_account_known = False
        self.link = events.LinkChanged(state=LinkState.CONNECTING)
        self.passcode = events.PasscodeChanged(is_set=False, is_locked=False)
        self.privacy: events.PrivacyChanged | None = None  # ``None``: not told yet.
        self._describer = describer
        self.conversations = ConversationsModel(self._describe)
        self.contacts = ContactsModel(describer.node)
        self.avatars = AvatarStore(port, spawn)
        self.pictures = PictureStore(port, spawn)
        self._port = port
        self._spawn = spawn
        self._typing: dict[ConversationId, AccountId] = {}
        self._strangers: dict[AccountId, Profile] = {}  # Of groups; no contacts.
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

    def who_types(self, row: ConversationRow) -> str:
        """Return the name of who types in a group; empty in others, or if it is not known."""
        account = self._typing.get(row.conversation_id)
        if account is None or row.kind != ConversationKind.GROUP:
            return ""
        sender = row.preview_sender
        if sender is not None and sender.account == account:
            return self.who_wrote(row)
        profile = self.profile(account)
        return "" if profile is None else self._name(profile)

    def who_wrote(self, row: ConversationRow) -> str:
        """Return the name of who wrote the newest line of a group, if it is somebody else."""
        return "" if row.preview_sender is None else self._name(row.preview_sender)

    def _name(self, profile: Profile) -> str:
        return shown_name(profile, self.remark(profile.account))

    def _describe(self, row: ConversationRow, is_typing: bool, is_muted: bool) -> str:
        return self._describer.conversation(row, is_typing, is_muted, self.who_wrote(row))

    @property
    def blocked(self) -> tuple[Profile, ...]:
        """Who is blocked, the newest first."""
        return self.contacts.blocked

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
        if request is not None:
            return request.profile
        return self.contacts.find_blocked(account) or self._strangers.get(account)

    def remark(self, account: AccountId) -> str:
        """Return one's own name for somebody, empty without one."""
        contact = self.contacts.find(account)
        if contact is not None:
            return contact.remark
        row = self.conversations.find_peer(account)
        return "" if row is None else row.remark

    def face(self, account: AccountId) -> Profile | None:
        """Return what is known of a person, under the name they are shown with."""
        profile = self.profile(account)
        return None if profile is None else named(profile, self.remark(account))

    def name_of(self, account: AccountId) -> str:
        """Return what somebody is called, empty if they are not known here."""
        face = self.face(account)
        return "" if face is None else face.nickname

    def learn(self, profiles: Iterable[Profile]) -> None:
        """Remember who people are whom one knows from groups alone; the newest are kept."""
        is_news = False
        for profile in profiles:
            is_news |= self.profile(profile.account) != profile
            self._strangers.pop(profile.account, None)
            self._strangers[profile.account] = profile
        while len(self._strangers) > limits.CONTACTS_MAX:
            del self._strangers[next(iter(self._strangers))]
        if is_news:
            self.people_changed.emit()

    def report_failure(self, code: str) -> None:
        """Say that a command nobody waits for was refused."""
        self.command_failed.emit(code)

    def apply(self, event: events.Event) -> None:
        """Change the models as the engine says."""
        self._apply(event)
        self.told.emit(event)

    def _apply(self, event: events.Event) -> None:
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
                self.contacts.apply_groups(event.rows, is_snapshot=event.is_snapshot)
                senders = (row.preview_sender for row in event.rows if row.preview_sender)
                self.learn(each for each in senders if self.profile(each.account) is None)
                for row in event.rows:
                    self.conversation_changed.emit(row.conversation_id)
            case events.TimelineChanged():
                timeline = self._timelines.get(event.conversation_id)
                if timeline is not None:
                    timeline.apply(event)
            case events.TransferProgress():
                timeline = self._timelines.get(event.conversation_id)
                if timeline is not None:
                    timeline.apply_progress(event)
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
            case events.PasscodeChanged():
                self.passcode = event
                self.passcode_changed.emit()
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
            self.pictures.clear()
            self._strangers.clear()
            self.privacy = None
            self._typing.clear()
        self.account_changed.emit()

    def _apply_link(self, event: events.LinkChanged) -> None:
        if event.state is LinkState.ONLINE and self.link.state is not LinkState.ONLINE:
            self.avatars.retry()
        self.link = event
        self.link_changed.emit()

    def _apply_contacts(self, event: events.ContactsChanged) -> None:
        self.contacts.apply(event)
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
        self._strangers[profile.account] = profile
        self.learn(())
        self.people_changed.emit()

"""One run of the headless engine, seen by someone who waits: what is so now, and until it is so.

The engine tells by events; a script asks questions. `Session` keeps the newest of what the engine
told (account, link, contacts, requests, conversations) and lets coroutines wait for a fact.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Protocol, TypeVar

import msgspec

from desktop.commands import Command, LoadProfile, LoadTimeline
from desktop.engine import CommandFailedError
from desktop.events import (
    Account,
    AccountChanged,
    AnyAnswer,
    Contact,
    ContactsChanged,
    ConversationRow,
    ConversationsChanged,
    Event,
    LinkChanged,
    LinkState,
    MessageRow,
    Notice,
    NoticeKind,
    PresenceChanged,
    Profile,
    ProfileChanged,
    ProfileLoaded,
    Request,
    TimelineChanged,
    TimelinePage,
)
from shared.identifiers import AccountId, ConversationId, fold_user_name

__all__ = ["CONNECT_WAIT_S", "Client", "RowListener", "Session", "open_session"]

CONNECT_WAIT_S = 20.0  # Longer without an answer counts as "not reachable".
_PAGE = 200

A = TypeVar("A", bound=msgspec.Struct)
RowListener = Callable[[MessageRow], None]


class Client(Protocol):
    """What a session needs of `desktop.engine.Engine`."""

    def listen(self, callback: Callable[[Event], None]) -> None:
        """Call ``callback`` with each event, on the engine's loop."""

    async def start(self) -> None:
        """Open the profile, tell what it holds, and begin to connect."""

    async def stop(self) -> None:
        """Close link and profile."""

    def submit(self, command: Command) -> None:
        """Carry out a command; its outcome arrives as an event."""

    def ask(self, command: Command) -> Awaitable[AnyAnswer]:
        """Carry out a command and return its answer."""
        ...


class Session:
    """The newest of what an engine told; lives on the engine's loop."""

    def __init__(self, client: Client) -> None:
        self.account: Account | None = None
        self.link: LinkChanged | None = None
        self.contacts: list[Contact] = []
        self.blocked: tuple[Profile, ...] = ()
        self.requests: list[Request] = []
        self.conversations: dict[ConversationId, ConversationRow] = {}
        self._client = client
        self._changed = asyncio.Event()
        self._tries = 0
        self._failed_tries = 0
        self._row_listeners: list[RowListener] = []
        self._event_listeners: list[Callable[[Event], None]] = []
        self._names: dict[AccountId, str] = {}
        client.listen(self._on_event)

    # Asking and waiting.

    async def ask(self, command: Command) -> AnyAnswer:
        """Carry out a command; its refusal is raised as `CommandFailedError`."""
        return await self._client.ask(command)

    async def ask_for(self, answer: type[A], command: Command) -> A:
        """Carry out a command whose answer has a known type."""
        got = await self._client.ask(command)
        assert isinstance(got, answer), f"{type(command).__name__} answered {type(got).__name__}"
        return got

    def tell(self, command: Command) -> None:
        """Hand in a command whose outcome does not matter."""
        self._client.submit(command)

    async def wait_until(self, is_so: Callable[[], bool], *, seconds: float) -> bool:
        """Wait until a fact about this session holds; say whether it came to hold in time."""
        try:
            async with asyncio.timeout(seconds):
                while not is_so():
                    self._changed.clear()
                    await self._changed.wait()
        except TimeoutError:
            return is_so()
        return True

    async def change(
        self,
        command: Command,
        is_settled: Callable[[AnyAnswer], bool],
        *,
        seconds: float,
        unreached: CommandFailedError | None = None,
    ) -> AnyAnswer:
        """Carry out a command that queues a change, and wait until the log has it.

        Args:
            command: What queues it.
            is_settled: Whether the change is seen, given the command's answer.
            seconds: How long to wait.
            unreached: Why the server is out of reach, if it is: then nothing is waited for.

        Raises:
            CommandFailedError: If a rule says no, or the change waits here still.
        """
        refusals: list[str] = []

        def note(event: Event) -> None:
            if isinstance(event, Notice) and event.kind is NoticeKind.CHANGE_REFUSED:
                refusals.append(event.detail)

        self.on_event(note)
        answer = await self.ask(command)
        is_done = await self.wait_until(
            lambda: bool(refusals) or is_settled(answer), seconds=0.0 if unreached else seconds
        )
        if refusals:
            raise CommandFailedError(refusals[0], "The server refused this change.")
        if not is_done:
            raise unreached or CommandFailedError("offline", "The change waits here to be sent.")
        return answer

    def on_row(self, listener: RowListener) -> None:
        """Call ``listener`` with each timeline row that is new or changed."""
        self._row_listeners.append(listener)

    def on_event(self, listener: Callable[[Event], None]) -> None:
        """Call ``listener`` with each event, after this session has taken it in."""
        self._event_listeners.append(listener)

    # The link.

    @property
    def is_logged_in(self) -> bool:
        """Whether this profile has an open session."""
        return self.account is not None and self.account.is_logged_in

    @property
    def is_online(self) -> bool:
        """Whether the link is open."""
        return self.link is not None and self.link.state is LinkState.ONLINE

    @property
    def is_complete(self) -> bool:
        """Whether the link is open and everything from before it was opened is here."""
        return self.link is not None and self.is_online and self.link.complete_up_to_ms == 0

    def own(self) -> Profile:
        """The own profile.

        Raises:
            CommandFailedError: With ``not_logged_in`` if there is none.
        """
        if self.account is None or not self.account.is_logged_in:
            raise CommandFailedError("not_logged_in", "Nobody is logged in here; log in first.")
        return self.account.profile

    async def catch_up(self, *, seconds: float = CONNECT_WAIT_S) -> None:
        """Wait until all that the server has is here.

        Raises:
            CommandFailedError: With ``not_logged_in``, with ``offline`` if the first try to
                connect failed or none succeeded in time, or with the server's code if it refuses
                this profile.
        """
        self.own()
        await self.wait_until(self._is_settled, seconds=seconds)
        if self.is_complete:
            return
        link = self.link
        if link is not None and link.state is LinkState.REFUSED:
            raise CommandFailedError(link.code or "refused", link.message)
        raise CommandFailedError("offline", "The server can not be reached now.")

    async def reach(self, *, seconds: float = CONNECT_WAIT_S) -> CommandFailedError | None:
        """Catch up; if the server is out of reach, return that instead of raising it.

        Raises:
            CommandFailedError: As `catch_up`, for everything else.
        """
        try:
            await self.catch_up(seconds=seconds)
        except CommandFailedError as error:
            if error.code != "offline":
                raise
            return error
        return None

    def _is_settled(self) -> bool:
        if self.link is not None and self.link.state is LinkState.REFUSED:
            return True
        return self.is_complete or self._failed_tries > 0

    # People and conversations.

    def contact(self, user_name: str) -> Contact | None:
        """The contact with this user name."""
        folded = fold_user_name(user_name)
        return next(
            (c for c in self.contacts if fold_user_name(c.profile.user_name) == folded), None
        )

    def request(self, user_name: str) -> Request | None:
        """The request from the person with this user name."""
        folded = fold_user_name(user_name)
        return next(
            (
                request
                for request in self.requests
                if not request.is_own and fold_user_name(request.profile.user_name) == folded
            ),
            None,
        )

    def conversation_with(self, user_name: str) -> ConversationRow | None:
        """The direct conversation with this person, also one with a former contact."""
        folded = fold_user_name(user_name)
        return next(
            (
                row
                for row in self.conversations.values()
                if fold_user_name(row.peer.user_name) == folded
            ),
            None,
        )

    async def name_of(self, account: AccountId) -> str:
        """The user name of an account, from what is here or from the server."""
        name = self._names.get(account)
        if name is None:
            try:
                loaded = await self.ask_for(ProfileLoaded, LoadProfile(account=account))
                name = loaded.profile.user_name
            except CommandFailedError:
                return str(account)
            self._names[account] = name
        return name

    async def rows(self, conversation_id: ConversationId, *, limit: int) -> list[MessageRow]:
        """The newest rows of a conversation, oldest first, also those only the server has."""
        rows: list[MessageRow] = []
        before: int | None = None
        while len(rows) < limit:
            command = LoadTimeline(
                conversation_id=conversation_id,
                before=before,
                limit=min(_PAGE, limit - len(rows)),
            )
            page = await self.ask_for(TimelinePage, command)
            rows = [*page.rows, *rows]
            if not page.rows or not page.has_older:
                break
            before = page.rows[0].order
        return rows

    # Events.

    def _on_event(self, event: Event) -> None:
        match event:
            case AccountChanged():
                self.account = event.account
                if event.account is not None:
                    self._note_profile(event.account.profile)
            case LinkChanged():
                self._note_link(event)
            case ContactsChanged():
                self.contacts = event.contacts
                self.blocked = event.blocked
                self.requests = event.requests
                for contact in event.contacts:
                    self._note_profile(contact.profile)
            case PresenceChanged():
                self._note_presence(event)
            case ConversationsChanged():
                if event.is_snapshot:
                    self.conversations.clear()
                for row in event.rows:
                    self.conversations[row.conversation_id] = row
                    self._note_profile(row.peer)
            case ProfileChanged():
                self._note_profile(event.profile)
            case TimelineChanged():
                for message in event.rows:
                    for listener in self._row_listeners:
                        listener(message)
            case _:
                pass  # The rest says nothing that is kept here.
        for hear in self._event_listeners:
            hear(event)
        self._changed.set()

    def _note_profile(self, profile: Profile) -> None:
        self._names[profile.account] = profile.user_name

    def _note_presence(self, event: PresenceChanged) -> None:
        self.contacts = [
            msgspec.structs.replace(
                contact, presence=event.presence, last_seen_ms=event.last_seen_ms
            )
            if contact.profile.account == event.account
            else contact
            for contact in self.contacts
        ]

    def _note_link(self, event: LinkChanged) -> None:
        # The engine may say "offline" before it has tried at all; only a try can fail.
        if event.state is LinkState.OFFLINE and self._tries > 0:
            self._failed_tries += 1
        if event.state in (LinkState.CONNECTING, LinkState.ONLINE):
            self._tries += 1
        if event.state is LinkState.ONLINE:
            self._failed_tries = 0
        self.link = event


@asynccontextmanager
async def open_session(client: Client) -> AsyncIterator[Session]:
    """Start an engine, wait on it through a session, and stop it whatever happens.

    Raises:
        CommandFailedError: If the profile can not be opened (``profile_in_use``, ``local``).
    """
    session = Session(client)
    try:
        await client.start()
        yield session
    finally:
        await client.stop()

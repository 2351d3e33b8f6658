"""A server without sockets: all services on a real database, in this process."""

from __future__ import annotations

from pathlib import Path

from backend.app import ServerApp, create_app
from backend.bus import Announcement
from backend.config import RateLimits, Settings
from backend.crossing import Crossing, ThreadCrossing
from shared.entries import Submission
from shared.frames import Accepted, Refused
from shared.rest import ContactRequest, Conversation, Registration
from shared.rest_groups import Creation
from shared.roster import ConversationKind, Role, RosterDocument, RosterMember, encode_document
from tests.backend.people import creation_of, new_id, registration
from tests.backend.roots import Root

__all__ = ["Clock", "Insider", "Office"]

ADDRESS = "127.0.0.1"


class Clock:
    """A wall clock that tests move."""

    def __init__(self) -> None:
        self.now_ms = 1_800_000_000_000

    def __call__(self) -> int:
        return self.now_ms


class Insider:
    """An account that asks services directly."""

    def __init__(self, office: Office, name: str, **changes: object) -> None:
        self.root = Root()
        self.registration: Registration = registration(name, self.root, **changes)
        opened = office.services.accounts.register(self.registration, address=ADDRESS)
        self.account, self.device, self.token = opened.account, opened.device_id, opened.token
        self.name = name

    def roster_member(self) -> RosterMember:
        return RosterMember(
            account=self.account,
            root_key=self.registration.root_key,
            role=Role.MEMBER,
            archive_number=self.registration.archive_key.number,
            archive_key=self.registration.archive_key.key,
        )


class Office:
    """The services of one data folder, and everything that was announced."""

    def __init__(
        self,
        data: Path,
        *,
        echo: str = "",
        rate_limits: RateLimits | None = None,
        clock: Clock | None = None,
        crossing: Crossing | None = None,
    ) -> None:
        self.clock = clock or Clock()
        self.crossing = crossing or ThreadCrossing()
        settings = Settings(data=data, echo=echo, rate_limits=rate_limits or RateLimits())
        self.app: ServerApp = create_app(settings, self.crossing, wall_ms=self.clock)
        self.services = self.app.services
        self.heard: list[Announcement] = []
        self.services.context.bus.listen(self.heard.append)

    def close(self) -> None:
        self.app.stop()
        self.crossing.stop()

    def join(self, name: str, **changes: object) -> Insider:
        return Insider(self, name, **changes)

    def befriend(self, one: Insider, other: Insider) -> None:
        self.services.contacts.request(one.account, ContactRequest(account=other.account))
        self.services.contacts.accept(other.account, one.account)

    def converse(self, one: Insider, other: Insider) -> int:
        """Make two people contacts with a conversation and return its identifier."""
        self.befriend(one, other)
        made = self.create(one.account, one.device, creation_of(new_id(), one, other))
        return made.conversation_id

    def create(self, account: int, device: int, creation: Creation) -> Conversation:
        """Make a conversation and return it as its creator sees it."""
        self.services.creations.create(account, device, creation)
        number = creation.submission.conversation_id
        return self.services.conversations.conversation(account, number)

    def submit(self, insider: Insider, submission: Submission) -> Accepted | Refused:
        """Submit and wait for the answer."""
        from concurrent.futures import Future

        future: Future[Accepted | Refused] = Future()
        self.services.log.submit(
            account=insider.account,
            device=insider.device,
            submission=submission,
            answer=future.set_result,
        )
        return future.result(timeout=20)

    def settle(self) -> None:
        """Wait until all jobs so far are committed and told."""
        self.services.context.change(lambda unit: None)

    def heard_of(self, kind: type[object]) -> list[Announcement]:
        return [announcement for announcement in self.heard if isinstance(announcement, kind)]


def document_of(conversation_id: int, *members: RosterMember, **changes: object) -> bytes:
    """Return the bytes of a roster document."""
    kind = changes.get("kind", ConversationKind.DIRECT)
    assert isinstance(kind, ConversationKind)
    return encode_document(
        RosterDocument(conversation_id=conversation_id, kind=kind, members=members)
    )

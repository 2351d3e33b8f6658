"""All open links of this server, by account and device; the newest link of a device wins."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Protocol

from backend.bus import (
    Announcement,
    EntryStored,
    EventStored,
    PresenceChanged,
    ReceiptMoved,
    SessionClosed,
    TypingNoted,
)
from shared.errors import Code
from shared.frames import Entries, Events, ServerFrame, encode_frame

__all__ = ["LiveLinks", "OpenLink", "PushedEntry"]


class PushedEntry:
    """An entry on its way to many links, encoded once for all of a subprotocol."""

    def __init__(self, stored: EntryStored) -> None:
        self.stored = stored
        self._encoded: dict[bool, bytes | str] = {}

    def encoded(self, *, as_json: bool) -> bytes | str:
        """Return the frame."""
        if as_json not in self._encoded:
            frame = Entries(
                conversation_id=self.stored.entry.conversation_id,
                chain_before=self.stored.chain_before,
                entries=(self.stored.entry,),
            )
            self._encoded[as_json] = encode_frame(frame, as_json=as_json)
        return self._encoded[as_json]


class OpenLink(Protocol):
    """What is told to a link; none of it blocks."""

    account: int
    device: int

    def serve_from(self, conversation_id: int, after: int) -> None:
        """Serve a conversation from ``after + 1`` on."""

    def offer(self, pushed: PushedEntry) -> None:
        """Tell of a new entry."""

    def push(self, frame: ServerFrame, *, can_drop: bool = False) -> None:
        """Send a frame; under load it may be dropped."""

    def shut(self, code: Code, message: str, *, retry_after_ms: int = 0) -> None:
        """Say bye and end."""


class LiveLinks:
    """Finds links and passes announcements on to them."""

    def __init__(self) -> None:
        self._links: dict[int, dict[int, OpenLink]] = {}
        self._count = 0

    def __len__(self) -> int:
        return self._count

    def add(self, link: OpenLink) -> None:
        """Add a link; an older one of the same device is closed."""
        devices = self._links.setdefault(link.account, {})
        older = devices.get(link.device)
        devices[link.device] = link
        if older is None:
            self._count += 1
        else:
            older.shut(Code.REPLACED, "A newer link of this device has taken over.")

    def remove(self, link: OpenLink) -> None:
        """Remove a link, unless a newer one has taken its place."""
        devices = self._links.get(link.account, {})
        if devices.get(link.device) is link:
            self._count -= 1
            del devices[link.device]
            if not devices:
                del self._links[link.account]

    def close_all(self, code: Code, message: str, *, retry_after_ms: int) -> None:
        """Say bye to everyone."""
        for link in [link for devices in self._links.values() for link in devices.values()]:
            link.shut(code, message, retry_after_ms=retry_after_ms)

    def hear(self, announcement: Announcement) -> None:
        """Pass an announcement of the bus on."""
        match announcement:
            case EntryStored():
                pushed = PushedEntry(announcement)
                entry = announcement.entry
                for link in self._of(announcement.members):
                    if link.account in announcement.newcomers:
                        link.serve_from(entry.conversation_id, entry.sequence - 1)
                    link.offer(pushed)
            case EventStored():
                event = announcement.event
                frame = Events(events=(event,), position=event.position)
                self._push((announcement.account,), frame)
            case ReceiptMoved():
                self._push(announcement.members, announcement.receipt)
            case PresenceChanged():
                self._push(announcement.contacts, announcement.presence, can_drop=True)
            case TypingNoted():
                self._push(announcement.members, announcement.typing, can_drop=True)
            case SessionClosed():
                self._close_device(announcement.device)

    def _of(self, accounts: Iterable[int]) -> Iterator[OpenLink]:
        for account in accounts:
            yield from list(self._links.get(account, {}).values())

    def _push(self, accounts: Iterable[int], frame: ServerFrame, *, can_drop: bool = False) -> None:
        for link in self._of(accounts):
            link.push(frame, can_drop=can_drop)

    def _close_device(self, device: int) -> None:
        for devices in list(self._links.values()):
            if device in devices:
                devices[device].shut(Code.UNAUTHENTICATED, "This session is closed.")

"""Shows what `desktop.models.notifications` decides, for all accounts of this process.

Every account has rules of its own; keys carry the account's number. What is asked for from a
notification (open, answer, mark as read) is done here or told by `opened`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QApplication

from desktop.commands import LoadMembers, MarkRead, SaveDraft, SendText
from desktop.events import Event, MembersLoaded
from desktop.models.notifications import (
    Attention,
    Note,
    NoteKind,
    NotificationRules,
    Wishes,
    Withdrawal,
)
from desktop.models.port import CommandFailedError, Port
from desktop.models.session import Session
from desktop.ui.clock import wall_ms
from desktop.ui.notification_sinks import NotificationSink
from desktop.ui.notification_words import compose
from desktop.ui.settings import SettingsStore
from desktop.ui.tasks import create_task
from shared import limits

__all__ = ["Notifications", "wishes_of"]


def wishes_of(settings: SettingsStore) -> Wishes:
    """Return what the settings say of notifications."""
    kept = settings.settings
    return Wishes(
        notifies=kept.notifies,
        previews=kept.previews,
        plays_sound=kept.plays_sound,
        dnd_until_ms=kept.dnd_until_ms,
    )


@dataclass(slots=True)
class _Seat:
    session: Session
    port: Port
    look: Callable[[], Attention]
    hear: Callable[[object], None]
    rules: NotificationRules = field(default_factory=NotificationRules)
    notes: dict[str, Note] = field(default_factory=dict)


class Notifications(QObject):
    """The notifications of this process.

    Args:
        settings: What the person wants.
        wall_ms: The wall clock, in ms.
    """

    opened = Signal(int, object)  # The account's number and the `Note` that was pressed.
    shown = Signal(int)  # Something was shown for this account.

    def __init__(
        self,
        settings: SettingsStore,
        wall_ms: Callable[[], int] = wall_ms,
    ) -> None:
        super().__init__()
        self._settings = settings
        self._sinks: list[NotificationSink] = []
        self._wall_ms = wall_ms
        self._seats: dict[int, _Seat] = {}

    def use(self, sinks: list[NotificationSink]) -> None:
        """Show them here from now on, the best first; the last one is always ready."""
        self._sinks = sinks
        for place, sink in enumerate(sinks):
            sink.activated.connect(self._on_activated)
            sink.replied.connect(self._on_replied)
            sink.read.connect(self._on_read)
            sink.dismissed.connect(self._on_dismissed)
            sink.failed.connect(lambda notification, at=place: self._fall_back(notification, at))

    def stop(self) -> None:
        """Hear nothing from the sinks any more; others may use them."""
        for number in list(self._seats):
            self.remove(number)
        sinks, self._sinks = self._sinks, []
        for sink in sinks:
            for signal in (sink.activated, sink.replied, sink.read, sink.dismissed, sink.failed):
                signal.disconnect()

    def add(self, number: int, session: Session, port: Port, look: Callable[[], Attention]) -> None:
        """Notify for an account too; ``look`` says where the person looks in its windows."""

        def hear(event: object) -> None:
            assert isinstance(event, Event)
            self._take(number, event)

        self._seats[number] = _Seat(session, port, look, hear)
        session.told.connect(hear)

    def remove(self, number: int) -> None:
        """Take back what an account has shown, and notify no more for it."""
        seat = self._seats.pop(number)
        seat.session.told.disconnect(seat.hear)
        for key in list(seat.notes):
            self._withdraw(number, seat, key)

    def hide_contents(self) -> None:
        """The app is locked: take back all that says something."""
        for number, seat in self._seats.items():
            for change in seat.rules.hide_contents():
                assert isinstance(change, Withdrawal)
                self._withdraw(number, seat, change.key)

    def _take(self, number: int, event: Event) -> None:
        seat = self._seats[number]
        changes = seat.rules.take(
            event,
            now_ms=self._wall_ms(),
            wishes=wishes_of(self._settings),
            attention=seat.look(),
        )
        for change in changes:
            if isinstance(change, Note):
                self._show(number, seat, change)
            else:
                self._withdraw(number, seat, change.key)

    def _show(self, number: int, seat: _Seat, note: Note) -> None:
        seat.notes.pop(note.key, None)
        seat.notes[note.key] = note
        if len(seat.notes) > limits.NOTIFY_SHOWN_MAX:
            seat.notes.pop(next(iter(seat.notes)))
        account = seat.session.account
        name = account.profile.nickname if account is not None and len(self._seats) > 1 else ""
        full = f"{number}/{note.key}"
        notification = compose(note, seat.session, key=full, account_name=name)
        sink = self._ready()
        if sink is None:
            return  # The app has only just started, and shows its window.
        sink.show(notification)
        if self._lacks_name(seat, note):
            create_task(self._find_name(number, seat, note), name="name a sender")
        if note.plays_sound and not sink.plays_sounds:
            QApplication.beep()
        self.shown.emit(number)

    @staticmethod
    def _lacks_name(seat: _Seat, note: Note) -> bool:
        is_said = note.kind is NoteKind.MESSAGE and bool(note.sender)
        return is_said and seat.session.profile(note.sender) is None

    async def _find_name(self, number: int, seat: _Seat, note: Note) -> None:
        """Say who wrote in a group, once it is known; what was read meanwhile stays away."""
        assert note.conversation_id is not None
        try:
            answer = await seat.port.ask(LoadMembers(conversation_id=note.conversation_id))
        except CommandFailedError:
            return  # It stays without a name.
        assert isinstance(answer, MembersLoaded)
        seat.session.learn(member.profile for member in answer.members)
        is_shown = self._seats.get(number) is seat and seat.notes.get(note.key) is note
        if is_shown and not self._lacks_name(seat, note):
            self._show(number, seat, replace(note, plays_sound=False))

    def _withdraw(self, number: int, seat: _Seat, key: str) -> None:
        seat.notes.pop(key, None)
        for sink in self._sinks:
            sink.withdraw(f"{number}/{key}")

    def _ready(self) -> NotificationSink | None:
        return next((sink for sink in self._sinks if sink.is_ready), None)

    def _fall_back(self, notification: object, place: int) -> None:
        """A place could not show something after all: show it in the next one."""
        for sink in self._sinks[place + 1 :]:
            if sink.is_ready:
                sink.show(notification)  # type: ignore[arg-type]  # Signals carry objects.
                return

    # What is asked for from a notification.

    def _find(self, full: str) -> tuple[int, _Seat, Note] | None:
        head, _, key = full.partition("/")
        seat = self._seats.get(int(head))
        note = seat.notes.get(key) if seat is not None else None
        return (int(head), seat, note) if seat is not None and note is not None else None

    def _on_activated(self, full: str) -> None:
        found = self._find(full)
        if found is not None:
            number, _, note = found
            self.opened.emit(number, note)

    def _on_dismissed(self, full: str) -> None:
        found = self._find(full)
        if found is not None:
            _, seat, note = found
            seat.notes.pop(note.key)
            seat.rules.forget(note.key)

    def _on_read(self, full: str) -> None:
        found = self._find(full)
        if found is not None:
            _, seat, note = found
            self._mark_read(seat, note)

    def _on_replied(self, full: str, text: str) -> None:
        found = self._find(full)
        if found is not None and text.strip():
            number, seat, note = found
            create_task(self._reply(number, seat, note, text.strip()), name="reply")

    def _mark_read(self, seat: _Seat, note: Note) -> None:
        if note.conversation_id is not None and note.can_answer:
            seat.port.send(MarkRead(conversation_id=note.conversation_id, sequence=note.sequence))

    async def _reply(self, number: int, seat: _Seat, note: Note, text: str) -> None:
        """Send it; what cannot be sent stays as the conversation's draft and is shown there."""
        if note.conversation_id is None or not note.can_answer:
            return
        try:
            if len(text) > limits.TEXT_LENGTH_MAX:
                raise CommandFailedError("too_large", "A message is at most so long.")
            await seat.port.ask(SendText(conversation_id=note.conversation_id, text=text))
        except CommandFailedError:
            row = seat.session.conversations.find(note.conversation_id)
            before = f"{row.draft}\n" if row is not None and row.draft else ""
            draft = (before + text)[: limits.DRAFT_LENGTH_MAX]
            seat.port.send(SaveDraft(conversation_id=note.conversation_id, text=draft))
            self.opened.emit(number, note)
        else:
            self._mark_read(seat, note)

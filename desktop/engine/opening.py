"""Opening messages: statelessly, each from the record of the epoch its entry names.

The order does not matter, and nothing a message does can harm another one. The sender's device
has one signature key, which its owner's root signed; the account must be rostered and the device
not barred where the message was sent and where it stands; a message key counts once.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

from desktop.engine.alarms import Alarms, Finding
from desktop.engine.context import EngineContext
from desktop.engine.group_states import GroupStates
from desktop.engine.peer_keys import PeerKeys
from shared.e2ee.facade import EpochReader
from shared.e2ee.messages import OpenedMessage, open_message
from shared.entries import Entry
from shared.errors import SealError
from shared.roster import ConversationKind, Role, RosterDocument, RosterMember
from shared.roster_rules import member_of

__all__ = ["Lack", "Missing", "OpenedContent", "Opening"]


class Lack(Enum):
    """What must be fetched, or awaited, before a message can be opened."""

    VERDICT = "verdict"
    RECORD = "record"
    DOCUMENT = "document"
    DEVICE = "device"


class Missing(Exception):  # noqa: N818 - no error: it says what to do next.
    """Something is not here yet."""

    def __init__(self, lack: Lack, *, document_hash: bytes = b"", root_key: bytes = b"") -> None:
        super().__init__(lack.value)
        self.lack = lack
        self.document_hash = document_hash
        self.root_key = root_key


@dataclass(frozen=True, slots=True, repr=False)
class OpenedContent:
    """What an entry says, and the sender's role and the kind as in the roster in force."""

    message: OpenedMessage
    role: Role
    kind: ConversationKind


class Opening:
    """Opens application entries."""

    def __init__(
        self, context: EngineContext, states: GroupStates, keys: PeerKeys, alarms: Alarms
    ) -> None:
        self._context = context
        self._states = states
        self._keys = keys
        self._alarms = alarms

    def open(self, entry: Entry) -> OpenedContent:
        """Open an entry; inside the transaction that stores what it says.

        Raises:
            Missing: If something must be fetched first.
            SealError: If nobody can open it, or nobody should.
        """
        self._check_parent(entry)
        readers = self._states.readers(entry.conversation_id, entry.parent)
        if not readers:
            raise Missing(Lack.RECORD)
        # Any of the records may be somebody's junk; the one that opens it counts.
        lack: Missing | None = None
        for reader in readers:
            try:
                return self._open_with(reader, entry)
            except Missing as missing:
                lack = missing
            except SealError:
                continue
        if lack is not None:
            raise lack
        raise SealError("No record opens this message.")

    def check(self, entry: Entry) -> None:
        """Check that what opens an entry is here, without opening it; errors as in `open`."""
        self._check_parent(entry)
        readers = self._states.readers(entry.conversation_id, entry.parent)
        if not readers:
            raise Missing(Lack.RECORD)
        lack: Missing | None = None
        for reader in readers:
            try:
                self._sender_for(reader, entry)
            except Missing as missing:
                lack = missing
            except SealError:
                continue
        if lack is not None:
            raise lack

    def note_unlisted(self, entry: Entry, root_key: bytes) -> None:
        """Tell that an entry names a device that its account's root has never listed."""
        self._alarms.raise_alarm(
            Finding.INVENTED_DEVICE,
            conversation_id=entry.conversation_id,
            blamed="unclear",
            sequence=entry.sequence,
            account=entry.account,
            evidence=self._alarms.exhibits.unlisted(
                entry, root_key=root_key, devices=self._keys.listed(entry.account, root_key)
            ),
        )

    def note_forged(self, entry: Entry) -> None:
        """Tell if a message that does not open was made for other clear fields, or another log."""
        exhibits = self._alarms.exhibits
        if exhibits.is_from_future(entry):
            self._note_seen_elsewhere(entry)
        if exhibits.is_forged(entry):
            self._alarms.raise_alarm(
                Finding.FORGED_FIELDS,
                conversation_id=entry.conversation_id,
                blamed="unclear",
                sequence=entry.sequence,
                account=entry.account,
                evidence=exhibits.misbound(entry),
            )

    def is_seen(self, entry: Entry, message: OpenedMessage) -> bool:
        """Whether the sender of a message saw the log that is here; tells if not."""
        exhibits, conversation_id = self._alarms.exhibits, entry.conversation_id
        here = exhibits.chain_at(conversation_id, message.seen)
        if here is None or here == message.seen_chain:
            return True
        self._note_seen_elsewhere(entry)
        return False

    def _note_seen_elsewhere(self, entry: Entry) -> None:
        self._alarms.raise_alarm(
            Finding.DROPPED_ENTRY,
            conversation_id=entry.conversation_id,
            blamed="unclear",
            sequence=entry.sequence,
            account=entry.account,
            evidence=self._alarms.exhibits.seen_elsewhere(entry),
        )

    def note_broken(self, conversation_id: int, sequence: int) -> None:
        """Tell that an entry does not continue the chain."""
        entry = self._context.storage.messages.entry(conversation_id, sequence)
        self._alarms.raise_alarm(
            Finding.BROKEN_CHAIN,
            conversation_id=conversation_id,
            blamed="unclear",
            sequence=sequence,
            account=0 if entry is None else entry.account,
            evidence=self._alarms.exhibits.broken_chain(conversation_id, sequence),
        )

    def _check_parent(self, entry: Entry) -> None:
        groups = self._context.storage.groups
        stored = groups.log(entry.conversation_id)
        if not 0 < entry.parent < entry.sequence:
            raise SealError("The message names a handshake of the future.")
        if self._states.is_past(entry.conversation_id):
            return  # As what was before the first state that this device knows.
        if stored is None or entry.parent > stored.followed:
            raise Missing(Lack.VERDICT)
        verdict = groups.verdict(entry.conversation_id, entry.parent)
        if verdict is None and entry.parent > stored.started:
            raise SealError("The message names no handshake.")
        if verdict is not None and not verdict.is_valid:
            raise SealError("The message names a handshake that does not count.")

    def _open_with(self, reader: EpochReader, entry: Entry) -> OpenedContent:
        document, role, signer = self._sender_for(reader, entry)
        message = open_message(reader, entry, signer=signer)
        self._note_used(entry, message)
        return OpenedContent(message, role, document.kind)

    def _sender_for(self, reader: EpochReader, entry: Entry) -> tuple[RosterDocument, Role, bytes]:
        """Return the roster in force, and what its sender is there and signs with."""
        verdict = self._context.storage.groups.verdict(entry.conversation_id, entry.parent)
        if verdict is not None and (verdict.epoch, verdict.document_hash) != (
            reader.epoch,
            reader.document_hash,
        ):
            raise SealError("The record is of another epoch.")
        document = self._states.document(reader.document_hash)
        if document is None:
            raise Missing(Lack.DOCUMENT, document_hash=reader.document_hash)
        self._check_still_in(entry, reader.document_hash)
        return document, *self._sender(document, entry, reader.document_hash)

    def _sender(
        self, document: RosterDocument, entry: Entry, document_hash: bytes
    ) -> tuple[Role, bytes]:
        """Return what the sender is in the roster, and the key its device signs with."""
        member = self._member(document, entry, document_hash)
        signer = self._keys.device_key(entry.account, entry.device, root_key=member.root_key)
        if signer is None:
            raise Missing(Lack.DEVICE, root_key=member.root_key)
        return member.role, signer

    def _check_still_in(self, entry: Entry, document_hash: bytes) -> None:
        """Check the sender against the roster in force where the entry stands.

        Who was removed keeps the secrets of the epochs before, and a server may help it to go on
        talking in one of them. An honest one calls that stale.
        """
        newest = self._context.storage.messages.handshake_before(
            entry.conversation_id, entry.sequence
        )
        if newest is None or newest.sequence <= entry.parent:
            return
        verdict = self._context.storage.groups.verdict(entry.conversation_id, newest.sequence)
        in_force = newest.document_hash if verdict is None else verdict.document_hash
        if in_force is None or in_force == document_hash:
            return
        document = self._states.document(in_force)
        if document is None:
            raise Missing(Lack.DOCUMENT, document_hash=in_force)
        self._member(document, entry, in_force)

    def _member(self, document: RosterDocument, entry: Entry, document_hash: bytes) -> RosterMember:
        """Return the sender as a roster lists it; tells if it does not."""
        member = member_of(document, entry.account)
        is_barred = entry.device in document.barred_devices
        if member is None or is_barred or document.conversation_id != entry.conversation_id:
            self._alarms.raise_alarm(
                Finding.INVENTED_MEMBER,
                conversation_id=entry.conversation_id,
                blamed="server",
                sequence=entry.sequence,
                account=entry.account,
                evidence=self._alarms.exhibits.outsider(entry, document_hash),
            )
            raise SealError("The sender is no member.")
        return member

    def _note_used(self, entry: Entry, message: OpenedMessage) -> None:
        """Note the message key, after its signature held."""
        first = self._context.storage.records.note_opened(
            entry.conversation_id,
            parent=entry.parent,
            device=entry.device,
            leaf=message.leaf,
            generation=message.generation,
            sequence=entry.sequence,
        )
        if first != entry.sequence:
            self._note_repeated(entry, first)
            raise SealError("This message was sent before.")

    def _note_repeated(self, entry: Entry, first: int) -> None:
        """Tell if the log has one entry twice; a device gone back in time only sealed twice."""
        earlier = self._context.storage.messages.entry(entry.conversation_id, first)
        if earlier is None or earlier.device_counter != entry.device_counter:
            return
        self._alarms.raise_alarm(
            Finding.REPEATED_ENTRY,
            conversation_id=entry.conversation_id,
            blamed="server",
            sequence=entry.sequence,
            account=entry.account,
            evidence=self._alarms.exhibits.noted(entry.conversation_id, entry.sequence),
        )

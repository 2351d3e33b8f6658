"""A server in memory, and seats at it: whole engines without sockets, step by step.

It keeps the rules of `shared.rest_groups` that matter to engines; what it is told to do wrong it
does wrong (`SmallServer.twist`).
"""

from __future__ import annotations

import asyncio
import itertools
import os
import shutil
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from desktop import commands
from desktop.config import EngineConfig
from desktop.engine.context import Surroundings
from desktop.engine.engine import _Parts
from desktop.engine.errors import ServerRefusedError
from desktop.engine.http import HttpClient
from desktop.engine.link_run import LinkRun
from desktop.events import AnyAnswer, Event, MessageRow
from desktop.storage.account_store import Identity
from desktop.storage.conversation_store import StoredConversation
from desktop.storage.storage import open_storage
from shared import limits
from shared.chain import START, chain_after, hash_payload
from shared.e2ee.account import DeviceKeys, certify_archive, certify_device
from shared.e2ee.devices import append_device
from shared.e2ee.keys import ExchangeKeyPair, SignatureKeyPair
from shared.e2ee.warrants import is_signed
from shared.entries import Entry, EntryKind, Head, Submission
from shared.errors import Code, RefusedError, TransportError
from shared.events import Event as UserEvent
from shared.events import EventKind
from shared.frames import (
    Accepted,
    ClientFrame,
    Confirm,
    Confirmed,
    Entries,
    Events,
    Heads,
    Hello,
    Pull,
    Ready,
    Refused,
    ServerFrame,
    Submit,
)
from shared.identifiers import AccountId, ConversationId
from shared.rest import (
    AccountKeys,
    ContactInfo,
    ContactList,
    Conversation,
    ConversationList,
    DeviceListEntry,
    EntryPage,
    EntryRange,
    EpochRecord,
    MemberInfo,
    RecordList,
    UserProfile,
)
from shared.rest_devices import (
    AccountDocument,
    ClaimedKeyPackages,
    KeyPackageClaim,
    KeyPackageInfo,
    KeyPackages,
    KeyPackageStock,
)
from shared.rest_groups import (
    Blanking,
    Creation,
    GroupInfoList,
    Handshake,
    HandshakeAccepted,
    HeadList,
    HeadQuestion,
    JoinRequest,
    JoinRequestInfo,
    JoinRequestList,
    Leaving,
    PublicState,
    RecordAddition,
    WarrantList,
    WelcomeInfo,
)
from shared.roster import (
    ConversationKind,
    LeaveWarrant,
    RosterDocument,
    Warrant,
    decode_document,
    hash_document,
)
from shared.roster_rules import check_change, check_first, member_of
from shared.signed_heads import head_bytes

__all__ = ["Log", "Seat", "SmallServer"]

START_MS = 1_800_000_000_000


@dataclass
class Log:
    """One conversation as the server keeps it."""

    document: RosterDocument
    pair: str
    entries: list[Entry] = field(default_factory=list)
    documents: dict[bytes, bytes] = field(default_factory=dict)
    document_at: int = 1
    states: list[PublicState] = field(default_factory=list)
    records: list[tuple[int, int, int, bytes]] = field(default_factory=list)
    welcomes: dict[int, WelcomeInfo] = field(default_factory=dict)
    ranges: dict[int, tuple[int, int]] = field(default_factory=dict)
    past: dict[int, list[EntryRange]] = field(default_factory=dict)
    warrants: list[Warrant] = field(default_factory=list)
    requests: dict[int, JoinRequestInfo] = field(default_factory=dict)

    @property
    def chain(self) -> bytes:
        return self.entries[-1].chain if self.entries else START

    @property
    def newest_handshake(self) -> int:
        return max(e.sequence for e in self.entries if e.kind is EntryKind.HANDSHAKE)

    def own(self, device: int) -> list[Entry]:
        return [entry for entry in self.entries if entry.device == device]


class Account:
    """An account as its owner and the server know it."""

    def __init__(self, number: int, name: str) -> None:
        self.account, self.name = AccountId(number), name
        self.root = SignatureKeyPair(os.urandom(32))
        self.archives = ((1, ExchangeKeyPair(os.urandom(32))),)
        self.device_list: list[DeviceListEntry] = []
        self.events: list[UserEvent] = []

    def add_device(self) -> tuple[DeviceKeys, bytes]:
        device = DeviceKeys(
            int.from_bytes(os.urandom(6), "big") + 1,
            SignatureKeyPair(os.urandom(32)),
            ExchangeKeyPair(os.urandom(32)),
        )
        certificate = certify_device(device, root=self.root)
        self.device_list.append(append_device(self.device_list, certificate, root=self.root))
        return device, certificate.signature

    @property
    def keys(self) -> AccountKeys:
        number, pair = self.archives[-1]
        return AccountKeys(
            account=self.account,
            root_key=self.root.public,
            archive_key=certify_archive(number, pair, root=self.root),
            device_list=self.device_list,
        )

    @property
    def profile(self) -> UserProfile:
        return UserProfile(account=self.account, user_name=self.name, nickname=self.name.title())


class SmallServer:
    """All accounts, logs and seats."""

    def __init__(self) -> None:
        self.now_ms = START_MS
        self._begun_s = time.monotonic()
        self.head_key = SignatureKeyPair(os.urandom(32))
        self.accounts: dict[int, Account] = {}
        self.logs: dict[int, Log] = {}
        self.documents: dict[int, AccountDocument] = {}
        self.packages: dict[int, list[tuple[bytes, bool]]] = {}
        self.claims: dict[bytes, ClaimedKeyPackages] = {}
        self.seats: list[Seat] = []
        self.refuses: list[Code] = []  # What the next new submits are refused with.
        self.twist: Callable[[Seat, str, Any], Any] = lambda _seat, _what, value: value
        self._ids = itertools.count(1)

    def wall_ms(self) -> int:
        """Return what the seats' clocks show: they run, or they would seem to have been set."""
        return self.now_ms + round((time.monotonic() - self._begun_s) * 1000)

    def account(self, name: str) -> Account:
        made = Account(len(self.accounts) + 101, name)
        self.accounts[made.account] = made
        return made

    # REST.

    def call(self, seat: Seat, method: str, path: str, data: bytes | None) -> bytes:
        """Answer a call of `shared.rest`."""
        parts = urlsplit(path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        steps = parts.path.removeprefix("/v1/").split("/")
        answer = self._answer(seat, method, steps, query, data)
        answer = self.twist(seat, f"{method} {parts.path}", answer)
        return answer if isinstance(answer, bytes) else msgspec.json.encode(answer)

    def _answer(
        self, seat: Seat, method: str, steps: list[str], query: dict[str, str], data: bytes | None
    ) -> msgspec.Struct | bytes:
        match method, steps:
            case "GET", ["users", account, "keys"]:
                return self.accounts[int(account)].keys
            case "GET", ["users", account]:
                return self.accounts[int(account)].profile
            case "GET", ["contacts"]:
                return self._contacts(seat)
            case "GET", ["conversations"]:
                mine = [each for each, log in self.logs.items() if seat.account in log.ranges]
                return ConversationList(conversations=[self._told(seat, each) for each in mine])
            case "POST", ["conversations"]:
                return self._create(seat, _body(data, Creation))
            case "GET", ["key-packages"]:
                return self._stock(seat)
            case "POST", ["key-packages"]:
                return self._publish(seat, _body(data, KeyPackages))
            case "POST", ["key-packages", "claims"]:
                return self._claim(seat, _body(data, KeyPackageClaim))
            case "POST", ["heads"]:
                question = _body(data, HeadQuestion)
                return HeadList(heads=[self.head(seat, each) for each in question.conversation_ids])
            case "GET", ["account-document"]:
                return self.documents.get(seat.account, AccountDocument(version=0))
            case "PUT", ["account-document"]:
                return self._share(seat, _body(data, AccountDocument))
            case _, ["conversations", number, *rest]:
                return self._of_log(seat, method, int(number), rest, query, data)
        raise AssertionError((method, steps))

    def _of_log(
        self,
        seat: Seat,
        method: str,
        number: int,
        rest: list[str],
        query: dict[str, str],
        data: bytes | None,
    ) -> msgspec.Struct | bytes:
        log = self.logs.get(number)
        if log is None:
            raise _refuse(Code.NOT_FOUND)
        if (method, rest) == ("POST", ["join-requests"]):
            return self._ask_in(seat, number, log, _body(data, JoinRequest))
        if seat.account not in log.ranges:
            raise _refuse(Code.NOT_FOUND)
        match method, rest:
            case "GET", []:
                return self._told(seat, number)
            case "GET", ["entries"]:
                after = int(query["after"])
                found = log.entries[after : after + int(query["limit"])]
                before = log.entries[after - 1].chain if after else START
                return EntryPage(chain_before=before, entries=found)
            case "GET", ["documents", document_hash]:
                return log.documents[bytes.fromhex(document_hash)]
            case "POST", ["handshakes"]:
                return self._handshake(seat, number, log, _body(data, Handshake))
            case "GET", ["group-infos" | "welcome" | "warrants" | "join-requests"] if log.ranges[
                seat.account
            ][1]:
                raise _refuse(Code.NOT_FOUND)  # For members only.
            case "GET", ["group-infos"]:
                return GroupInfoList(states=log.states[-limits.GROUP_INFOS_KEPT :][::-1])
            case "GET", ["welcome"]:
                if seat.device not in log.welcomes:
                    raise _refuse(Code.NOT_FOUND)
                return log.welcomes[seat.device]
            case "DELETE", ["welcome"]:
                log.welcomes.pop(seat.device, None)
                return b""
            case "GET", ["records"]:
                upto = int(query.get("before", "0")) or 2**53
                records = [
                    EpochRecord(parent=parent, by_device=device, record=record)
                    for parent, account, device, record in sorted(log.records, key=lambda r: -r[0])
                    if account == seat.account and parent < upto
                ]
                return RecordList(records=records[: int(query["limit"])])
            case "POST", ["records"]:
                addition = _body(data, RecordAddition)
                log.records.append((addition.parent, seat.account, seat.device, addition.record))
                return b""
            case "POST", ["blank"]:
                self._blank(log, _body(data, Blanking))
                return b""
            case "POST", ["leave"]:
                log.warrants.append(_body(data, Leaving).warrant)
                return b""
            case "GET", ["warrants"]:
                return WarrantList(warrants=log.warrants)
            case "GET", ["join-requests"]:
                return JoinRequestList(requests=list(log.requests.values()))
            case "DELETE", ["join-requests", account]:
                del log.requests[int(account)]
                return b""
        raise AssertionError((method, rest))

    @staticmethod
    def _blank(log: Log, blanking: Blanking) -> None:
        entry = log.entries[blanking.sequence - 1]
        if entry.payload_hash != blanking.payload_hash:
            raise _refuse(Code.BAD_HASH)
        log.entries[blanking.sequence - 1] = msgspec.structs.replace(entry, payload=b"")

    def _contacts(self, seat: Seat) -> ContactList:
        contacts = []
        for account in self.accounts.values():
            if account.account != seat.account:
                pair = _pair(seat.account, account.account)
                number = next((n for n, log in self.logs.items() if log.pair == pair), 0)
                contacts.append(
                    ContactInfo(
                        profile=account.profile,
                        since_ms=1,
                        requested_by=seat.account,
                        is_online=False,
                        last_seen_ms=0,
                        conversation_id=number,
                    )
                )
        return ContactList(contacts=contacts, requests=[])

    def _told(self, seat: Seat, number: int) -> Conversation:
        log = self.logs[number]
        first, last = log.ranges[seat.account]
        members = [
            MemberInfo(
                account=each.account,
                role=each.role,
                delivered=0,
                delivered_at_ms=0,
                read=0,
                read_at_ms=0,
            )
            for each in log.document.members
        ]
        return Conversation(
            conversation_id=number,
            kind=log.document.kind,
            head=last or len(log.entries),
            newest_handshake=log.newest_handshake,
            document_hash=self._document_hash(log),
            can_write=not last,
            members=members,
            first=first,
            last=last,
            chain_before=log.entries[first - 2].chain if first > 1 else START,
            has_history=log.document.has_history,
            past=log.past.get(seat.account, []),
        )

    @staticmethod
    def _document_hash(log: Log) -> bytes:
        return log.entries[log.document_at - 1].document_hash or b""

    def _stock(self, seat: Seat) -> KeyPackageStock:
        pool = self.packages.get(seat.device, [])
        return KeyPackageStock(
            count=sum(not is_last for _, is_last in pool),
            has_last_resort=any(is_last for _, is_last in pool),
        )

    def _publish(self, seat: Seat, body: KeyPackages) -> KeyPackageStock:
        pool = self.packages.setdefault(seat.device, [])
        pool.extend((package, False) for package in body.packages)
        if body.last_resort is not None:
            pool.append((body.last_resort, True))
        return self._stock(seat)

    def _share(self, seat: Seat, document: AccountDocument) -> bytes:
        kept = self.documents.get(seat.account, AccountDocument(version=0))
        if document.version != kept.version + 1:
            raise RefusedError(Code.CONFLICT, "The document has changed.")
        self.documents[seat.account] = document
        return b""

    def _claim(self, seat: Seat, body: KeyPackageClaim) -> ClaimedKeyPackages:
        if body.claim_id in self.claims:
            return self.claims[body.claim_id]
        found = []
        for account in body.accounts:
            for entry in self.accounts[account].device_list:
                device = entry.certificate.device_id if entry.certificate else 0
                pool = self.packages.get(device, [])
                if pool and device != seat.device:
                    package, is_last = pool[0] if pool[0][1] else pool.pop(0)
                    found.append(
                        KeyPackageInfo(
                            account=account,
                            device_id=device,
                            package=package,
                            is_last_resort=is_last,
                        )
                    )
        self.claims[body.claim_id] = ClaimedKeyPackages(packages=found)
        return self.claims[body.claim_id]

    def _ask_in(self, seat: Seat, number: int, log: Log, body: JoinRequest) -> bytes:
        log.requests[seat.account] = JoinRequestInfo(
            profile=self.accounts[seat.account].profile,
            at_ms=self.now_ms,
            root_key=body.root_key,
            invite=body.invite,
        )
        for member in log.document.members:
            self._tell(member.account, EventKind.JOIN_REQUESTED, number)
        return b""

    # The log.

    def _create(self, seat: Seat, creation: Creation) -> Conversation:
        document, number = decode_document(creation.document), creation.submission.conversation_id
        if number in self.logs:
            return self._told(seat, number)
        accounts = [member.account for member in document.members]
        pair = ""
        if document.kind is not ConversationKind.GROUP:
            pair = _pair(accounts[0], accounts[-1])
        for other, log in self.logs.items():
            if pair and log.pair == pair:
                raise ServerRefusedError(Code.EXISTS, "exists", {"conversation_id": str(other)})
        check_first(document, by=seat.account)
        log = self.logs[number] = Log(document, pair)
        log.documents[hash_document(creation.document)] = creation.document
        log.ranges = dict.fromkeys(accounts, (1, 0))
        entry = self._append(seat, log, creation.submission)
        self._keep(seat, log, entry, creation)
        for account in accounts:
            self._tell(account, EventKind.CONVERSATION_NEW, number)
        self._push(log, entry, but=None)
        return self._told(seat, number)

    def _handshake(self, seat: Seat, number: int, log: Log, body: Handshake) -> HandshakeAccepted:
        submission = body.submission
        repeat = self._repeat(seat, log, submission)
        if repeat is not None:
            return _accepted(repeat, is_repeat=True)
        if submission.base != log.newest_handshake:
            raise ServerRefusedError(
                Code.STALE, "stale", {"newest_handshake": str(log.newest_handshake)}
            )
        before, after = log.document, log.document
        if member_of(before, seat.account) is None:
            raise _refuse(Code.NOT_FOUND)
        if body.document is not None:
            after = decode_document(body.document)
            check_change(
                before, after, by=seat.account, received_at_ms=self.now_ms, verify=is_signed
            )
            log.documents[hash_document(body.document)] = body.document
            assert submission.document_hash == hash_document(body.document)
        assert submission.document_hash in log.documents
        rostered = {member.account for member in after.members}
        assert {record.account for record in body.records} <= rostered
        assert bool(body.records) == after.has_history
        entry = self._append(seat, log, submission)
        if body.document is not None:
            log.document, log.document_at = after, entry.sequence
        self._keep(seat, log, entry, body)
        self._settle_roster(number, log, before, after, entry)
        self._push(log, entry, but=None)
        return _accepted(entry, is_repeat=False)

    def _settle_roster(
        self, number: int, log: Log, before: RosterDocument, after: RosterDocument, entry: Entry
    ) -> None:
        old = {member.account for member in before.members}
        new = {member.account for member in after.members}
        for account in old - new:
            log.ranges[account] = (log.ranges[account][0], entry.sequence)
            self._tell(account, EventKind.CONVERSATION_CHANGED, number)
        for account in new - old:
            if account in log.ranges:
                first, last = log.ranges[account]
                log.past.setdefault(account, []).append(EntryRange(first=first, last=last))
            log.ranges[account] = (entry.sequence, 0)
            log.requests.pop(account, None)
            self._tell(account, EventKind.CONVERSATION_NEW, number)
        log.warrants = [
            each
            for each in log.warrants
            if each not in after.warrants
            and not (isinstance(each, LeaveWarrant) and each.account not in new)
        ]

    def _repeat(self, seat: Seat, log: Log, submission: Submission) -> Entry | None:
        own = log.own(seat.device)
        for entry in own:
            if entry.device_counter == submission.device_counter:
                return entry
        newest = own[-1].device_counter if own else 0
        if submission.device_counter != newest + 1:
            raise ServerRefusedError(Code.OUT_OF_TURN, "turn", {"own_counter": str(newest)})
        return None

    def _append(self, seat: Seat, log: Log, submission: Submission) -> Entry:
        self.now_ms += 1
        entry = Entry(
            conversation_id=submission.conversation_id,
            sequence=len(log.entries) + 1,
            entry_id=next(self._ids),
            kind=submission.kind,
            account=seat.account,
            device=seat.device,
            device_counter=submission.device_counter,
            parent=submission.parent,
            base=submission.base,
            document_hash=submission.document_hash,
            sent_at_ms=submission.sent_at_ms,
            sent_error_ms=submission.sent_error_ms,
            received_at_ms=self.now_ms,
            expires_at_ms=submission.expires_at_ms,
            blob_ids=submission.blob_ids,
            payload_hash=hash_payload(submission.payload),
            chain=START,
            payload=submission.payload,
        )
        entry = msgspec.structs.replace(entry, chain=chain_after(log.chain, entry))
        log.entries.append(entry)
        return entry

    def _keep(self, seat: Seat, log: Log, entry: Entry, body: Creation | Handshake) -> None:
        assert entry.document_hash is not None
        log.states.append(
            PublicState(
                sequence=entry.sequence,
                parent=entry.parent,
                document_hash=entry.document_hash,
                group_info=body.group_info,
                tree=body.tree,
            )
        )
        for record in body.records:
            log.records.append((entry.sequence, record.account, seat.device, record.record))
        if body.welcome is not None:
            for device in body.welcome.devices:
                log.welcomes[device] = WelcomeInfo(
                    sequence=entry.sequence, welcome=body.welcome.welcome, tree=body.tree
                )
                for other in self.accounts.values():
                    if any(
                        e.certificate and e.certificate.device_id == device
                        for e in other.device_list
                    ):
                        self._tell(other.account, EventKind.WELCOME_READY, entry.conversation_id)

    # Links.

    def _tell(self, account: int, kind: EventKind, number: int) -> None:
        events = self.accounts[account].events
        event = UserEvent(
            position=len(events) + 1, at_ms=self.now_ms, kind=kind.value, conversation_id=number
        )
        events.append(event)
        for seat in self.seats:
            if seat.account == account and seat.is_linked:
                seat.queue(Events((event,), event.position))

    def _push(self, log: Log, entry: Entry, *, but: Seat | None) -> None:
        before = log.entries[entry.sequence - 2].chain if entry.sequence > 1 else START
        for seat in self.seats:
            first, last = log.ranges.get(seat.account, (0, -1))
            if (
                seat is not but
                and seat.is_linked
                and first <= entry.sequence
                and (not last or entry.sequence <= last)
            ):
                seat.queue(Entries(entry.conversation_id, before, (entry,)))

    def frame(self, seat: Seat, frame: ClientFrame) -> None:
        """Take a frame; answers are queued at the seat."""
        match frame:
            case Hello(client_sent_ms=sent, event_position=position):
                account = self.accounts[seat.account]
                seat.queue(Ready(1, "x", sent, self.now_ms, self.now_ms, seat.account, seat.device))
                seat.queue(
                    Events((), len(account.events), is_snapshot=position < len(account.events))
                )
                heads = [
                    self.head(seat, number)
                    for number, log in self.logs.items()
                    if seat.account in log.ranges
                ]
                seat.queue(Heads(tuple(heads), is_last=True))
                seat.is_linked = True
            case Submit(submission):
                self._submit(seat, submission)
            case Pull(pull_id, number, after, limit):
                log = self.logs[number]
                first, last = log.ranges[seat.account]
                last = min(last or len(log.entries), after + limit)
                # Outside of an account's time there are no entries.
                found = tuple(log.entries[after:last]) if after + 1 >= first else ()
                before = log.entries[after - 1].chain if after else START
                seat.queue(Entries(number, before, found, pull_id))
            case Confirm(number, sequence):
                seat.queue(Confirmed(number, sequence))
            case _:
                pass

    def head(self, seat: Seat, number: int) -> Head:
        """Return where a log stands for a seat, signed."""
        log = self.logs[number]
        sequence = log.ranges[seat.account][1] or len(log.entries)
        head = Head(
            conversation_id=number,
            head=sequence,
            newest_handshake=log.newest_handshake,
            own_counter=max((e.device_counter for e in log.own(seat.device)), default=0),
        )
        return self.signed(head, log.entries[sequence - 1].chain)

    def signed(self, head: Head, chain: bytes) -> Head:
        """Return a head with a chain value, under the server's signature."""
        message = head_bytes(conversation_id=head.conversation_id, sequence=head.head, chain=chain)
        return msgspec.structs.replace(head, chain=chain, signature=self.head_key.sign(message))

    def _submit(self, seat: Seat, submission: Submission) -> None:
        log = self.logs[submission.conversation_id]

        def refused(code: Code) -> Refused:
            return Refused(
                submission.conversation_id,
                submission.device_counter,
                hash_payload(submission.payload),
                code,
                "no",
                own_counter=max((e.device_counter for e in log.own(seat.device)), default=0),
                newest_handshake=log.newest_handshake,
            )

        try:
            repeat = self._repeat(seat, log, submission)
        except ServerRefusedError:
            seat.queue(refused(Code.OUT_OF_TURN))
            return
        if repeat is None and log.ranges[seat.account][1]:
            seat.queue(refused(Code.NOT_MEMBER))
        elif repeat is None and self.refuses:
            seat.queue(refused(self.refuses.pop()))
        elif repeat is None and log.document_at > submission.parent:
            seat.queue(refused(Code.STALE))
        elif repeat is None and any(isinstance(each, LeaveWarrant) for each in log.warrants):
            seat.queue(refused(Code.REMOVAL_DUE))
        else:
            entry = repeat or self._append(seat, log, submission)
            seat.queue(
                Accepted(
                    entry.conversation_id,
                    entry.device_counter,
                    entry.payload_hash,
                    entry.sequence,
                    entry.entry_id,
                    entry.received_at_ms,
                    entry.chain,
                    is_repeat=repeat is not None,
                )
            )
            if repeat is None:
                self._push(log, entry, but=seat)


class _Http(HttpClient):
    def __init__(self, seat: Seat) -> None:
        super().__init__("http://127.0.0.1:1")
        self._seat = seat

    async def call(
        self,
        method: str,
        path: str,
        data: bytes | None = None,
        *,
        media_type: str = "application/json",
        headers: Mapping[str, str] | None = None,
    ) -> bytes:
        await asyncio.sleep(0)
        if not self._seat.is_reachable or (
            self._seat.refuses and path.endswith(self._seat.refuses)
        ):
            raise TransportError("away")
        self._seat.calls.append(f"{method} {path}")
        if self._seat.forbidden and path.endswith(self._seat.forbidden):
            raise ServerRefusedError(Code.FORBIDDEN, "A rule says no.", {})
        try:
            answer = self._seat.server.call(self._seat, method, path, data)
        except ServerRefusedError:
            raise
        except RefusedError as error:
            raise ServerRefusedError(error.code, error.message, {}) from error
        await asyncio.sleep(0)
        if self._seat.loses and path.endswith(self._seat.loses):
            raise TransportError("lost")
        return answer


class Seat:
    """One device with a whole engine's parts; `up` and `down` are its link."""

    def __init__(self, server: SmallServer, account: Account, home: Path) -> None:
        self.server, self.owner, self.home = server, account, home
        self.keys, proof_signature = account.add_device()
        self.account, self.device = account.account, self.keys.device_id
        number, pair = account.archives[-1]
        self._identity = Identity(
            account=account.account,
            user_name=account.name,
            server_url="http://127.0.0.1:1",
            server_id="0" * 32,
            token="t" * 43,
            is_logged_in=True,
            root_key=account.root.public,
            device=self.keys,
            archives=account.archives,
            proof_signature=proof_signature,
            archive_signature=certify_archive(number, pair, root=account.root).signature,
            head_key=server.head_key.public,
        )
        self.told: list[Event] = []
        self.calls: list[str] = []
        self.is_linked = False
        self.loses = ""  # Answers to calls whose path ends like this are lost.
        self.is_reachable = True
        self.forbidden = ""  # Calls whose path ends like this are refused by a rule.
        self.refuses = ""  # Calls whose path ends like this do not arrive.
        self._frames: list[ServerFrame] = []
        self._tasks: list[asyncio.Task[None]] = []
        self.run: LinkRun | None = None
        self.open()
        server.seats.append(self)

    def open(self) -> None:
        """Open the profile, as it lies on disk."""
        config = EngineConfig(server_url="http://127.0.0.1:1", home=self.home, uses_key_store=False)
        storage = open_storage(self.home, uses_key_store=False)
        self.parts = _Parts(
            config, storage, self.told.append, Surroundings(wall_ms=self.server.wall_ms)
        )
        self.parts.context.http = _Http(self)
        self.parts.context.identity = self._identity
        storage.account.save(self._identity)

    def save_copy(self) -> Path:
        """Copy the profile as it lies on disk."""
        copy = self.home.with_name("copy")
        shutil.copytree(self.home, copy)
        return copy

    async def restore_copy(self, copy: Path) -> None:
        """Close the profile, and open an older copy in its place."""
        await self.close()
        self._put_back(copy)
        self.open()

    def _put_back(self, copy: Path) -> None:
        shutil.rmtree(self.home)
        copy.rename(self.home)

    async def up(self) -> Seat:
        """Open a link, and wait until all it brings is done."""
        self.link()
        await self.settle()
        return self

    def link(self) -> None:
        """Open a link, and do not wait for what it brings."""
        self.run = LinkRun(
            self.parts.context,
            self.parts.connection._parts,
            idle_ms=limits.IDLE_START_MS,
            wake=lambda: None,
        )
        self.parts.connection.current = self.run
        self._tasks = [
            asyncio.create_task(self.run.chores.run()),
            asyncio.create_task(self._pump()),
        ]

    async def down(self) -> None:
        """End the link."""
        self.is_linked = False
        self._frames.clear()
        if self.run is not None:
            self.run.cut()
            self.run.end()
            self.parts.connection.current = None
            await self.run.detach()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self.run = None

    async def die(self) -> None:
        """End like a process that was killed: nothing more is stored."""
        self.is_linked = False
        self._frames.clear()
        workers = list(self.parts.memberships._workers.values())
        for task in [*self._tasks, *workers]:
            task.cancel()
        await asyncio.gather(*self._tasks, *workers, return_exceptions=True)
        self._tasks, self.run = [], None
        self.parts.context.storage.close()

    async def wake_after(self, pause_ms: int) -> None:
        """Start anew, without a link, when so much time has gone by for everybody."""
        await self.down()
        self.parts.context.storage.close()
        self.server.now_ms += pause_ms
        self.open()

    async def close(self) -> None:
        """End the link and let go of the profile."""
        await self.down()
        self.parts.context.storage.close()

    def queue(self, frame: ServerFrame) -> None:
        self._frames.append(self.server.twist(self, "frame", frame))

    async def _pump(self) -> None:
        assert self.run is not None
        while True:
            for frame in self.run.link.frames_to_send():
                self.server.frame(self, frame)
            frames, self._frames = self._frames, []
            for each in frames:
                self.run.receive(each)
            self.run.tick()
            await asyncio.sleep(0.001)

    async def settle(self) -> None:
        """Wait until nothing moves any more, at any seat."""
        quiet = 0
        async with asyncio.timeout(30):
            while quiet < 12:
                await asyncio.sleep(0.004)
                busy = any(seat.is_busy for seat in self.server.seats)
                quiet = 0 if busy else quiet + 1
                for seat in self.server.seats:
                    for task in seat._tasks:
                        if task.done() and not task.cancelled() and task.exception():
                            raise task.exception()  # type: ignore[misc]

    async def until(self, is_reached: Callable[[], bool]) -> None:
        """Wait until something holds."""
        async with asyncio.timeout(30):
            while not is_reached():  # noqa: ASYNC110 - many things may make it so.
                await asyncio.sleep(0.002)

    @property
    def is_busy(self) -> bool:
        if self.run is None:
            return False
        workers, chores = self.parts.memberships._workers, self.run.chores
        has_chores = not (chores.queue.is_idle and chores._openings.is_idle)
        return bool(self._frames or workers or has_chores or self.run.in_flight())

    # What a person does and sees.

    async def group(self, name: str, *others: Seat) -> ConversationId:
        """Make a group, and wait until all are in."""
        accounts = tuple(AccountId(each.account) for each in others)
        return await self._track(
            await self.parts.groups.create(commands.CreateGroup(name=name, accounts=accounts))
        )

    async def direct(self, other: Seat) -> ConversationId:
        """Begin to talk to somebody."""
        return await self._track(await self.parts.conversations.open_with(other.account))

    async def notes(self) -> ConversationId:
        """Open the own notes."""
        return await self._track(await self.parts.conversations.open_notes())

    async def _track(self, stored: StoredConversation) -> ConversationId:
        if self.run is not None:
            self.run.track(stored)
        await self.settle()
        return stored.conversation_id

    async def do(self, command: commands.Command) -> AnyAnswer:
        """Carry out a command about a group, and wait until nothing moves."""
        answer = await self.parts.groups.carry_out(command)
        await self.settle()
        return answer

    async def ask(self, command: commands.Command) -> AnyAnswer:
        """Carry out a command about messages, and wait until nothing moves."""
        answer = await self.parts.messages.carry_out(command)
        await self.settle()
        return answer

    async def say(self, conversation_id: ConversationId, text: str) -> None:
        """Send a text, and wait until nothing moves."""
        self.send(conversation_id, text)
        await self.settle()

    def send(self, conversation_id: ConversationId, text: str) -> MessageRow:
        row = self.parts.sealing.store_typed(conversation_id, text)
        if self.run is not None:
            self.run.add_message(conversation_id, row.local_id)
        return row

    def rows(self, conversation_id: int) -> list[MessageRow]:
        return self.parts.context.storage.messages.before(conversation_id, None, 500)

    def texts(self, conversation_id: int) -> list[str]:
        """Return what the timeline shows; a system line as its kind."""
        return [
            f"<{row.system}>" if row.system else row.text or f"<{row.kind}>"
            for row in self.rows(conversation_id)
        ]

    def has(self, conversation_id: int) -> bool:
        return self.parts.context.storage.conversations.get(conversation_id) is not None

    def is_live(self, conversation_id: int) -> bool:
        return self.parts.context.storage.groups.is_live(conversation_id)


def _body(data: bytes | None, kind: type[Any]) -> Any:
    assert data is not None
    return msgspec.json.decode(data, type=kind)


def _refuse(code: Code) -> ServerRefusedError:
    return ServerRefusedError(code, "no", {})


def _pair(one: int, other: int) -> str:
    return f"{min(one, other)}:{max(one, other)}"


def _accepted(entry: Entry, *, is_repeat: bool) -> HandshakeAccepted:
    return HandshakeAccepted(
        device_counter=entry.device_counter,
        payload_hash=entry.payload_hash,
        sequence=entry.sequence,
        entry_id=entry.entry_id,
        received_at_ms=entry.received_at_ms,
        chain=entry.chain,
        is_repeat=is_repeat,
    )

"""An engine's context without a network: a server that answers from a table."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import msgspec

from desktop.config import EngineConfig
from desktop.engine.context import EngineContext
from desktop.engine.http import HttpClient
from desktop.events import Event
from desktop.storage.account_store import Identity
from desktop.storage.storage import open_storage
from shared.chain import START, binding_bytes, chain_after, hash_payload
from shared.content import Text, encode_content
from shared.e2ee.account import DeviceKeys, certify_archive, certify_device
from shared.e2ee.conversation_key import create, seal_application
from shared.e2ee.keys import ExchangeKeyPair, SignatureKeyPair
from shared.entries import Entry, EntryKind, Submission
from shared.errors import TransportError
from shared.identifiers import AccountId, ConversationId
from shared.rest import (
    AccountKeys,
    Conversation,
    EntryPage,
    EpochRecord,
    MemberInfo,
    RecordList,
)
from shared.roster import (
    ConversationKind,
    Role,
    RosterDocument,
    RosterMember,
    hash_document,
)

__all__ = ["CONVERSATION", "ME", "PEER", "FakeHttp", "Log", "Office", "Someone", "make_context"]


class Someone:
    """An account with its keys, as its own device and as the server see it."""

    def __init__(self, account: int) -> None:
        self.account = AccountId(account)
        self.root = SignatureKeyPair(os.urandom(32))
        self.archive = ExchangeKeyPair(os.urandom(32))
        self.device = DeviceKeys(
            account * 10, SignatureKeyPair(os.urandom(32)), ExchangeKeyPair(os.urandom(32))
        )

    @property
    def keys(self) -> AccountKeys:
        return AccountKeys(
            account=self.account,
            root_key=self.root.public,
            archive_key=certify_archive(1, self.archive, root=self.root),
            devices=[certify_device(self.device, root=self.root)],
        )


ME, PEER = Someone(4), Someone(5)
CONVERSATION = ConversationId(77)


class FakeHttp(HttpClient):
    """Answers by "METHOD PATH"; what is not in the table cannot be reached."""

    def __init__(self) -> None:
        super().__init__("http://127.0.0.1:1")
        self.answers: dict[str, Callable[[bytes | None], bytes]] = {}
        self.calls: list[str] = []

    def give(self, call: str, answer: msgspec.Struct | bytes | Exception) -> None:
        def answer_it(_data: bytes | None) -> bytes:
            if isinstance(answer, Exception):
                raise answer
            return answer if isinstance(answer, bytes) else msgspec.json.encode(answer)

        self.answers[call] = answer_it

    async def call(
        self,
        method: str,
        path: str,
        data: bytes | None = None,
        *,
        media_type: str = "application/json",
    ) -> bytes:
        self.calls.append(f"{method} {path}")
        answer = self.answers.get(f"{method} {path}")
        if answer is None:
            raise TransportError("away")
        return answer(data)


class Office:
    """A context that is logged in, its server, and what was told."""

    def __init__(self, home: Path) -> None:
        self.told: list[Event] = []
        self.http = FakeHttp()
        self.now_ms = 1_000_000
        self.wall_ms = 1_800_000_000_000
        self.context = make_context(home, self.http, self.told.append)
        self.context.now_ms = lambda: self.now_ms
        self.context.wall_ms = lambda: self.wall_ms
        for someone in (ME, PEER):
            self.http.give(f"GET /v1/users/{someone.account}/keys", someone.keys)

    def close(self) -> None:
        self.context.storage.close()


def make_context(home: Path, http: HttpClient, emit: Callable[[Event], None]) -> EngineContext:
    config = EngineConfig(server_url="http://127.0.0.1:1", home=home, uses_key_store=False)
    storage = open_storage(home, uses_key_store=False)
    context = EngineContext(config=config, storage=storage, http=http, emit=emit)
    context.identity = Identity(
        account=ME.account,
        user_name="anna",
        server_url="http://127.0.0.1:1",
        server_id="0" * 32,
        token="t" * 43,
        is_logged_in=True,
        root_key=ME.root.public,
        device=ME.device,
        archives=((1, ME.archive),),
    )
    storage.account.save(context.identity)
    return context


class Log:
    """A conversation of `ME` and `PEER` as a server would keep it: entries with their chain."""

    def __init__(self, creator: Someone = PEER) -> None:
        members = tuple(
            RosterMember(
                account=each.account,
                root_key=each.root.public,
                role=Role.MEMBER,
                archive_number=1,
                archive_key=each.archive.public,
            )
            for each in (creator, PEER if creator is ME else ME)
        )
        roster = RosterDocument(
            conversation_id=CONVERSATION, kind=ConversationKind.DIRECT, members=members
        )
        self.creation, self.record = create(
            roster,
            account=creator.account,
            device=creator.device,
            sent_at_ms=1_000,
            sent_error_ms=5,
            random=os.urandom,
        )
        self.entries: list[Entry] = []
        self.counters: dict[int, int] = {}
        self.append(creator, self.creation.submission)

    def append(self, sender: Someone, submission: Submission) -> Entry:
        """Take a submission into the log."""
        sequence = len(self.entries) + 1
        unchained = Entry(
            conversation_id=CONVERSATION,
            sequence=sequence,
            entry_id=sequence,
            kind=submission.kind,
            account=sender.account,
            device=sender.device.device_id,
            device_counter=submission.device_counter,
            parent=submission.parent,
            base=submission.base,
            document_hash=submission.document_hash,
            sent_at_ms=submission.sent_at_ms,
            sent_error_ms=submission.sent_error_ms,
            received_at_ms=submission.sent_at_ms + 10,
            expires_at_ms=0,
            blob_ids=(),
            payload_hash=hash_payload(submission.payload),
            chain=bytes(32),
            payload=submission.payload,
        )
        entry = msgspec.structs.replace(unchained, chain=chain_after(self.head, unchained))
        self.entries.append(entry)
        self.counters[sender.account] = submission.device_counter
        return entry

    def write(self, sender: Someone, content: bytes, *, seen: tuple[int, bytes]) -> Entry:
        """Let somebody seal a content and append it."""
        sequence = len(self.entries) + 1
        unsealed = Submission(
            conversation_id=CONVERSATION,
            kind=EntryKind.APPLICATION,
            device_counter=self.counters.get(sender.account, 0) + 1,
            parent=1,
            sent_at_ms=1_000 * sequence,
            sent_error_ms=5,
            payload=b"",
        )
        binding = binding_bytes(
            unsealed,
            account=sender.account,
            device=sender.device.device_id,
            seen=seen[0],
            seen_chain=seen[1],
        )
        payload = seal_application(
            self.record, content, binding=binding, device=sender.device, random=os.urandom
        )
        return self.append(sender, msgspec.structs.replace(unsealed, payload=payload))

    def text(self, sender: Someone, text: str, *, message_id: bytes | None = None) -> Entry:
        """Let somebody write a text who has seen all before it."""
        content = encode_content(Text(message_id or os.urandom(16), text))
        return self.write(sender, content, seen=(len(self.entries), self.head))

    @property
    def head(self) -> bytes:
        return self.entries[-1].chain if self.entries else START

    def told(self) -> Conversation:
        """Return what the server tells of it."""
        return Conversation(
            conversation_id=CONVERSATION,
            kind=ConversationKind.DIRECT,
            head=len(self.entries),
            newest_handshake=1,
            document_hash=hash_document(self.creation.document),
            can_write=True,
            members=[
                MemberInfo(
                    account=each.account,
                    role=Role.MEMBER,
                    delivered=0,
                    delivered_at_ms=0,
                    read=0,
                    read_at_ms=0,
                )
                for each in (ME, PEER)
            ],
        )

    def serve(self, http: FakeHttp) -> None:
        """Let the server know this conversation."""
        path = f"GET /v1/conversations/{CONVERSATION}"
        document = self.creation.document
        record = next(each.record for each in self.creation.records if each.account == ME.account)
        http.give(path, self.told())
        http.give(f"{path}/documents/{hash_document(document).hex()}", document)
        http.give(
            f"{path}/records",
            RecordList(records=[EpochRecord(parent=1, by_device=1, record=record)]),
        )
        http.give(
            f"{path}/entries?after=0&limit=1",
            EntryPage(chain_before=START, entries=self.entries[:1]),
        )

"""People who use a server through its REST API and links, with keys that mean little.

The server reads none of what is sealed, so random bytes do; what roots sign is real.
"""

from __future__ import annotations

import http.client
import secrets
import socket
from contextlib import AbstractContextManager, ExitStack
from typing import Any, Protocol, TypeVar

import msgspec
from websockets.frames import Frame, Opcode
from websockets.sync.client import ClientConnection, connect

from shared.entries import EntryKind, Submission
from shared.errors import Code
from shared.frames import (
    SUBPROTOCOL_JSON,
    SUBPROTOCOL_MSGPACK,
    Accepted,
    ClientFrame,
    Heads,
    Hello,
    Refused,
    ServerFrame,
    Submit,
    decode_server_frame,
    encode_frame,
)
from shared.rest import (
    AccountKeys,
    ContactList,
    ContactRequest,
    Conversation,
    ErrorBody,
    Registration,
    SealedRecord,
    SessionOpened,
)
from shared.rest_groups import Creation
from shared.roster import (
    ConversationKind,
    Role,
    RosterDocument,
    RosterMember,
    encode_document,
    hash_document,
)
from tests.backend.roots import Root

__all__ = [
    "Answer",
    "Link",
    "Person",
    "call",
    "creation_of",
    "message",
    "new_id",
    "registration",
]

T = TypeVar("T")
F = TypeVar("F", bound=ServerFrame)


class Answer:
    """What the server said to a request."""

    def __init__(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.status = status
        self.body = body
        self.headers = headers

    def read(self, model: type[T]) -> T:
        assert self.status < 400, self.body
        return msgspec.json.decode(self.body, type=model)

    def error(self) -> ErrorBody:
        assert self.status >= 400, self.body
        return msgspec.json.decode(self.body, type=ErrorBody)

    @property
    def code(self) -> Code:
        return self.error().error.code


def call(
    port: int,
    method: str,
    path: str,
    body: object = None,
    *,
    token: str | None = None,
    headers: dict[str, str] | None = None,
) -> Answer:
    """Make one request; a body that is no bytes travels as JSON."""
    sent = dict(headers or {})
    if token is not None:
        sent.setdefault("Authorization", f"Bearer {token}")
    data = body if isinstance(body, bytes) else None
    if body is not None and data is None:
        data = msgspec.json.encode(body)
        sent.setdefault("Content-Type", "application/json")
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    try:
        connection.request(method, path, data, sent)
        response = connection.getresponse()
        return Answer(response.status, response.read(), dict(response.getheaders()))
    finally:
        connection.close()


def new_id() -> int:
    return secrets.randbelow(2**63 - 1) + 1


def registration(name: str, root: Root | None = None, **changes: Any) -> Registration:
    root = root or Root()
    device = root.certificate()
    made = Registration(
        user_name=name,
        nickname=name.title(),
        auth_key=secrets.token_bytes(32),
        kdf_version=1,
        root_key=root.key,
        archive_key=root.archive(),
        device=device,
        entry=root.append(device),
        recovery_auth_key=secrets.token_bytes(32),
        vault=secrets.token_bytes(200),
    )
    return msgspec.structs.replace(made, **changes)


class Rostered(Protocol):
    """Somebody who can stand in a roster document."""

    account: int

    def roster_member(self) -> RosterMember: ...


def creation_of(conversation_id: int, one: Rostered, other: Rostered) -> Creation:
    """Return what ``one`` sends to make a conversation of the two."""
    document = encode_document(
        RosterDocument(
            conversation_id=conversation_id,
            kind=ConversationKind.DIRECT,
            members=(one.roster_member(), other.roster_member()),
        )
    )
    return Creation(
        submission=Submission(
            conversation_id=conversation_id,
            kind=EntryKind.HANDSHAKE,
            device_counter=1,
            parent=0,
            document_hash=hash_document(document),
            sent_at_ms=1,
            sent_error_ms=1,
            payload=secrets.token_bytes(100),
        ),
        group_info=secrets.token_bytes(40),
        tree=secrets.token_bytes(40),
        document=document,
        records=[
            SealedRecord(account=person.account, record=secrets.token_bytes(80))
            for person in (one, other)
        ],
    )


class Link:
    """An open link; frames are taken one by one."""

    def __init__(self, opening: AbstractContextManager[ClientConnection], as_json: bool) -> None:
        self._stack = ExitStack()
        self._socket = self._stack.enter_context(opening)
        self._as_json = as_json

    def send(self, frame: ClientFrame) -> None:
        self._socket.send(encode_frame(frame, as_json=self._as_json))

    def send_raw(self, data: bytes | str) -> None:
        self._socket.send(data)

    def flood(self, frame: ClientFrame, *, times: int) -> None:
        """Send a frame many times in one write, past the library.

        The library takes it for an error of its own when the other end closes while it writes.
        """
        data = encode_frame(frame)
        assert isinstance(data, bytes)
        sent = Frame(Opcode.BINARY, data).serialize(mask=True)
        self._socket.socket.sendall(sent * times)

    def receive(self, timeout: float = 20) -> ServerFrame:
        return decode_server_frame(self._socket.recv(timeout=timeout))

    def expect(self, kind: type[F]) -> F:
        """Return the next frame of this kind; others are dropped."""
        while True:
            frame = self.receive()
            if isinstance(frame, kind):
                return frame

    def greet(self, *, position: int = 0, marks_since_ms: int = 0) -> list[ServerFrame]:
        """Say hello and return everything up to the last heads."""
        self.send(Hello(1, 1, position, marks_since_ms, "test"))
        frames: list[ServerFrame] = []
        while True:
            frames.append(self.receive())
            if isinstance(frames[-1], Heads) and frames[-1].is_last:
                return frames

    def submit(self, submission: Submission) -> Accepted | Refused:
        """Submit and return the answer; other frames are dropped."""
        self.send(Submit(submission))
        while True:
            frame = self.receive()
            if isinstance(frame, Accepted | Refused):
                return frame

    def close(self) -> None:
        self._stack.close()

    def rest(self) -> tuple[list[ServerFrame], int | None]:
        """Return all frames until the server closes, and its code."""
        from websockets.exceptions import ConnectionClosed

        frames: list[ServerFrame] = []
        try:
            while True:
                frames.append(self.receive())
        except ConnectionClosed:
            return frames, self._socket.close_code

    def wait_closed(self) -> int | None:
        """Wait for the server to close and return its code."""
        from websockets.exceptions import ConnectionClosed

        try:
            while True:
                self._socket.recv(timeout=20)
        except ConnectionClosed:
            return self._socket.close_code


class Person:
    """An account with one device, logged in."""

    def __init__(self, port: int, name: str) -> None:
        self.port = port
        self.name = name
        self.root = Root()
        self.registration = registration(name, self.root)
        opened = call(port, "POST", "/v1/accounts", self.registration).read(SessionOpened)
        self.account, self.device, self.token = opened.account, opened.device_id, opened.token

    def call(self, method: str, path: str, body: object = None, **headers: str) -> Answer:
        return call(self.port, method, path, body, token=self.token, headers=headers)

    def befriend(self, other: Person) -> None:
        self.call("POST", "/v1/contact-requests", ContactRequest(account=other.account))
        answer = other.call("POST", f"/v1/contact-requests/{self.account}/accept")
        assert answer.read(ContactList).contacts

    def creation(self, other: Person, conversation_id: int | None = None) -> Creation:
        return creation_of(conversation_id or new_id(), self, other)

    def converse(self, other: Person) -> int:
        """Make the two contacts with a conversation and return its identifier."""
        self.befriend(other)
        answer = self.call("POST", "/v1/conversations", self.creation(other))
        return answer.read(Conversation).conversation_id

    def roster_member(self) -> RosterMember:
        return RosterMember(
            account=self.account,
            root_key=self.registration.root_key,
            role=Role.MEMBER,
            archive_number=self.registration.archive_key.number,
            archive_key=self.registration.archive_key.key,
        )

    def keys(self, account: int) -> AccountKeys:
        return self.call("GET", f"/v1/users/{account}/keys").read(AccountKeys)

    def link(
        self, *, as_json: bool = False, token: str | None = None, is_slow: bool = False
    ) -> Link:
        """Open a link; hello is not said yet. A slow one is read only as frames are taken."""
        subprotocol = SUBPROTOCOL_JSON if as_json else SUBPROTOCOL_MSGPACK
        opened = socket.socket()
        if is_slow:
            # Else the system would take many megabytes in the client's place.
            opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
        opened.connect(("127.0.0.1", self.port))
        opening = connect(
            f"ws://127.0.0.1:{self.port}/v1/link",
            sock=opened,
            additional_headers={"Authorization": f"Bearer {token or self.token}"},
            subprotocols=[subprotocol],  # type: ignore[list-item] # A NewType of str.
            max_size=None,
            max_queue=1 if is_slow else None,
            close_timeout=2,
            proxy=None,
        )
        return Link(opening, as_json)

    def online(self, *, as_json: bool = False, is_slow: bool = False) -> Link:
        """Open a link and catch up."""
        link = self.link(as_json=as_json, is_slow=is_slow)
        link.greet()
        return link


def message(conversation_id: int, counter: int, *, parent: int = 1, **changes: Any) -> Submission:
    """Return an application entry to submit."""
    made = Submission(
        conversation_id=conversation_id,
        kind=EntryKind.APPLICATION,
        device_counter=counter,
        parent=parent,
        sent_at_ms=1,
        sent_error_ms=1,
        payload=secrets.token_bytes(60),
    )
    return msgspec.structs.replace(made, **changes)

"""An engine's context without a network: a server that answers from a table."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from desktop.config import EngineConfig
from desktop.engine.context import EngineContext
from desktop.engine.http import HttpClient
from desktop.events import Event
from desktop.storage.account_store import Identity
from desktop.storage.storage import open_storage
from shared.e2ee.account import DeviceKeys, certify_archive, certify_device
from shared.e2ee.devices import append_device
from shared.e2ee.keys import ExchangeKeyPair, SignatureKeyPair
from shared.errors import TransportError
from shared.identifiers import AccountId, ConversationId
from shared.rest import AccountKeys

__all__ = ["CONVERSATION", "ME", "PEER", "FakeHttp", "Office", "Someone", "make_context"]


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
            device_list=[
                append_device([], certify_device(self.device, root=self.root), root=self.root)
            ],
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
        headers: Mapping[str, str] | None = None,
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
        proof_signature=certify_device(ME.device, root=ME.root).signature,
        archive_signature=certify_archive(1, ME.archive, root=ME.root).signature,
    )
    storage.account.save(context.identity)
    return context

"""A server that lies: between one person and the real server, it rewrites what both say.

What it needs to lie well it takes from the real server's own database: the log as it is, and the
key that signs heads. So its chains hold and its heads are signed; what the client has left to go
by is what members signed themselves.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable, Coroutine
from pathlib import Path

import aiohttp
import msgspec
from aiohttp import web

from shared.chain import START, chain_after
from shared.e2ee.keys import SignatureKeyPair
from shared.entries import Entry, EntryKind, Head
from shared.frames import (
    SUBPROTOCOL_MSGPACK,
    Accepted,
    ClientFrame,
    Confirm,
    Confirmed,
    Entries,
    Heads,
    Mark,
    Pull,
    ServerFrame,
    decode_client_frame,
    decode_server_frame,
    encode_frame,
)
from shared.rest import EntryPage
from shared.rest_groups import HeadList
from shared.signed_heads import head_bytes

__all__ = ["Answer", "Edit", "Lie", "Proxy"]

Edit = Callable[[list[Entry]], list[Entry]]
Answer = tuple[int, bytes]
Lie = Callable[[str, str, Answer], Answer]  # Method, path with query, what the server says.
FrameLie = Callable[[ServerFrame], list[ServerFrame]]

_ENTRIES = (
    "SELECT conversation_id, sequence, entry_id, kind, account, device, device_counter, parent,"
    " base, document_hash, sent_at_ms, sent_error_ms, received_at_ms, expires_at_ms, blob_ids,"
    " payload_hash, chain, payload FROM entries WHERE conversation_id = ? ORDER BY sequence"
)
_FRAME_BYTES_MAX = 8 * 1024 * 1024


class Proxy:
    """Stands at an address of its own; honest until told to lie."""

    def __init__(self, server_url: str, data: Path) -> None:
        self._server_url = server_url
        self._database = data / "mim.sqlite"
        self.port = 0
        self.edits: dict[int, Edit] = {}  # Conversation → what is made of its log.
        self.documents: dict[str, bytes] = {}  # Rosters that only this server knows, by hash.
        self.lies: list[Lie] = []
        self.frame_lies: list[FrameLie] = []
        self.links: list[web.WebSocketResponse] = []
        self._since: dict[int, int] = {}
        self._breaks_chain: set[int] = set()
        self._session: aiohttp.ClientSession | None = None
        self._runner: web.AppRunner | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def start(self) -> Proxy:
        self._session = aiohttp.ClientSession()
        app = web.Application(client_max_size=64 * 1024 * 1024)
        app.router.add_get("/v1/link", self._link)
        app.router.add_route("*", "/{path:.*}", self._call)
        self._runner = web.AppRunner(app, shutdown_timeout=1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", self.port)
        await site.start()
        self.port = self._runner.addresses[0][1]
        return self

    async def stop(self) -> None:
        assert self._runner is not None
        assert self._session is not None
        await self.cut()
        await self._runner.cleanup()
        await self._session.close()

    async def cut(self) -> None:
        """End all links; whoever had one comes back."""
        for link in list(self.links):
            await link.close(code=4503)

    def be_honest(self) -> None:
        """Say from now on what the real server says."""
        for thing in (self.edits, self.documents, self._since):
            thing.clear()
        self.lies.clear()
        self.frame_lies.clear()
        self._breaks_chain.clear()

    async def push(self, frame: ServerFrame) -> None:
        """Say something that the real server never said."""
        data = encode_frame(frame)
        assert isinstance(data, bytes)
        for link in self.links:
            await link.send_bytes(data)

    # The log.

    def edit(self, conversation_id: int, edit: Edit, *, breaks_chain: bool = False) -> None:
        """Show another log from now on; its chain holds, unless that is the attack."""
        self._since[conversation_id] = len(self.log(conversation_id))
        self.edits[conversation_id] = edit
        if breaks_chain:
            self._breaks_chain.add(conversation_id)

    def rows(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """Return rows of the real server's database."""
        with sqlite3.connect(f"file:{self._database}?mode=ro", uri=True) as database:
            rows: list[tuple[object, ...]] = database.execute(statement, values).fetchall()
        database.close()
        return rows

    def log(self, conversation_id: int) -> list[Entry]:
        """Return the log as the real server has it."""
        return [_entry(row) for row in self.rows(_ENTRIES, conversation_id)]

    def shown(self, conversation_id: int) -> list[Entry]:
        """Return the log as it is shown: in order, numbered, every chain value as it must be."""
        entries = self.edits[conversation_id](self.log(conversation_id))
        if conversation_id in self._breaks_chain:
            return entries
        shown, chain = [], START
        for sequence, entry in enumerate(entries, start=1):
            numbered = msgspec.structs.replace(entry, sequence=sequence)
            chain = chain_after(chain, numbered)
            shown.append(msgspec.structs.replace(numbered, chain=chain))
        return shown

    async def push_shown(self, conversation_id: int) -> None:
        """Push what is shown since the lie began."""
        await self.push(self._pushed(conversation_id))

    def signed(self, head: Head) -> Head:
        """Return a head under the signature of the server's own key."""
        ((seed,),) = self.rows("SELECT value FROM server_facts WHERE name = 'head_key'")
        assert isinstance(seed, str)
        message = head_bytes(
            conversation_id=head.conversation_id, sequence=head.head, chain=head.chain
        )
        signature = SignatureKeyPair(bytes.fromhex(seed)).sign(message)
        return msgspec.structs.replace(head, signature=signature)

    def head(self, conversation_id: int) -> Head:
        """Return where a log stands, as the real server says it."""
        last = self.log(conversation_id)[-1]
        return self.signed(
            Head(
                conversation_id=conversation_id,
                head=last.sequence,
                newest_handshake=1,
                own_counter=0,
                chain=last.chain,
            )
        )

    def _pushed(self, conversation_id: int) -> Entries:
        return self._page(conversation_id, after=self._since[conversation_id], limit=100)

    def _page(self, conversation_id: int, *, after: int, limit: int, pull_id: int = 0) -> Entries:
        shown = self.shown(conversation_id)
        before = shown[after - 1].chain if 0 < after <= len(shown) else START
        return Entries(conversation_id, before, tuple(shown[after : after + limit]), pull_id)

    def _shown_head(self, head: Head) -> Head:
        if head.conversation_id not in self.edits:
            return head
        last = self.shown(head.conversation_id)[-1]
        return self.signed(msgspec.structs.replace(head, head=last.sequence, chain=last.chain))

    # Links.

    async def _link(self, request: web.Request) -> web.WebSocketResponse | web.Response:
        assert self._session is not None
        headers = {"Authorization": request.headers.get("Authorization", "")}
        try:
            upstream = await self._session.ws_connect(
                self._server_url.replace("http", "ws") + "/v1/link",
                protocols=[SUBPROTOCOL_MSGPACK],
                headers=headers,
                max_msg_size=_FRAME_BYTES_MAX,
            )
        except aiohttp.WSServerHandshakeError as error:
            return web.Response(status=error.status)
        link = web.WebSocketResponse(protocols=[SUBPROTOCOL_MSGPACK], max_msg_size=_FRAME_BYTES_MAX)
        await link.prepare(request)
        self.links.append(link)
        try:
            async with _Both(self._down(upstream, link), self._up(link, upstream)) as both:
                await both.first()
        finally:
            self.links.remove(link)
            await upstream.close()
            await link.close(code=upstream.close_code or 4503)
        return link

    async def _down(
        self, upstream: aiohttp.ClientWebSocketResponse, link: web.WebSocketResponse
    ) -> None:
        async for message in upstream:
            if message.type is not aiohttp.WSMsgType.BINARY:
                return
            frames = [decode_server_frame(message.data)]
            for lie in [self._lie_about_log, *self.frame_lies]:
                frames = [told for frame in frames for told in lie(frame)]
            for frame in frames:
                data = encode_frame(frame)
                assert isinstance(data, bytes)
                await link.send_bytes(data)

    async def _up(
        self, link: web.WebSocketResponse, upstream: aiohttp.ClientWebSocketResponse
    ) -> None:
        async for message in link:
            if message.type is not aiohttp.WSMsgType.BINARY:
                return
            answer = self._answer(decode_client_frame(message.data))
            if answer is None:
                await upstream.send_bytes(message.data)
            else:
                data = encode_frame(answer)
                assert isinstance(data, bytes)
                await link.send_bytes(data)

    def _answer(self, frame: ClientFrame) -> ServerFrame | None:
        """Answer what is asked about a log that only this server knows."""
        match frame:
            case Pull(pull_id, conversation_id, after, limit) if conversation_id in self.edits:
                return self._page(conversation_id, after=after, limit=limit, pull_id=pull_id)
            case Confirm(conversation_id, sequence) if conversation_id in self.edits:
                return Confirmed(conversation_id, sequence)
            case Mark(conversation_id) if conversation_id in self.edits:
                return Confirmed(conversation_id, 0)
            case _:
                return None

    def _lie_about_log(self, frame: ServerFrame) -> list[ServerFrame]:
        match frame:
            case Entries(conversation_id) if conversation_id in self.edits:
                return [self._pushed(conversation_id)]
            case Heads(heads, is_last):
                return [Heads(tuple(self._shown_head(each) for each in heads), is_last)]
            case Accepted(conversation_id) if conversation_id in self.edits:
                taken = [
                    each
                    for each in self.shown(conversation_id)
                    if each.payload_hash == frame.payload_hash
                ]
                entry = taken[-1]
                return [msgspec.structs.replace(frame, sequence=entry.sequence, chain=entry.chain)]
            case _:
                return [frame]

    # Calls.

    async def _call(self, request: web.Request) -> web.Response:
        assert self._session is not None
        headers = {
            name: request.headers[name]
            for name in ("Authorization", "Content-Type", "Range")
            if name in request.headers
        }
        async with self._session.request(
            request.method,
            self._server_url + request.path_qs,
            data=await request.read(),
            headers=headers,
            allow_redirects=False,
        ) as response:
            answer = response.status, await response.read()
            media_type = response.content_type
        for lie in [self._lie_in_answer, *self.lies]:
            answer = lie(request.method, request.path_qs, answer)
        return web.Response(status=answer[0], body=answer[1], content_type=media_type)

    def _lie_in_answer(self, method: str, path: str, answer: Answer) -> Answer:
        bare, _, query = path.partition("?")
        parts = bare.split("/")
        if "documents" in parts and parts[-1] in self.documents:
            return 200, self.documents[parts[-1]]
        if method == "POST" and bare == "/v1/heads" and answer[0] == 200:
            told = msgspec.json.decode(answer[1], type=HeadList)
            heads = HeadList(heads=[self._shown_head(each) for each in told.heads])
            return 200, msgspec.json.encode(heads)
        if parts[-1] == "entries" and int(parts[3]) in self.edits:
            asked = dict(each.split("=") for each in query.split("&"))
            page = self._page(int(parts[3]), after=int(asked["after"]), limit=int(asked["limit"]))
            body = EntryPage(chain_before=page.chain_before, entries=list(page.entries))
            return 200, msgspec.json.encode(body)
        return answer


class _Both:
    """Two directions of a link: when one ends, the other is ended."""

    def __init__(self, *coroutines: Coroutine[None, None, None]) -> None:
        self._coroutines = coroutines

    async def __aenter__(self) -> _Both:
        self._tasks = [asyncio.create_task(each) for each in self._coroutines]
        return self

    async def first(self) -> None:
        await asyncio.wait(self._tasks, return_when=asyncio.FIRST_COMPLETED)

    async def __aexit__(self, *error: object) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _entry(row: tuple[object, ...]) -> Entry:
    names = Entry.__struct_fields__
    fields = dict(zip(names, row, strict=True))
    blob_ids = fields["blob_ids"]
    assert isinstance(blob_ids, bytes)
    fields["blob_ids"] = tuple(
        int.from_bytes(blob_ids[at : at + 8], "big") for at in range(0, len(blob_ids), 8)
    )
    fields["kind"] = EntryKind(fields["kind"])  # type: ignore[arg-type]
    return Entry(**fields)  # type: ignore[arg-type]

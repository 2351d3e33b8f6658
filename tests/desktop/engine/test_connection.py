from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import WSMsgType, web

from desktop import commands, events
from desktop.engine import connection
from desktop.engine.connection import backoff_ms
from desktop.engine.link_run import LinkRun
from desktop.events import LinkState, NoticeKind
from desktop.storage.database import Database, DatabaseFullError
from shared import limits
from shared.errors import Code, PeerError
from shared.frames import Bye, Heads, Ready, Typing, decode_client_frame, encode_frame
from tests.desktop.engine.office import ME
from tests.desktop.engine.people import Person, befriend

pytestmark = pytest.mark.asyncio


class LinkServer:
    """A server whose link does what a test wants; all other calls are 404."""

    def __init__(self) -> None:
        self.status = 101
        self.frames: list[bytes] = []
        self.links = 0
        self._runner: web.AppRunner | None = None

    async def start(self) -> str:
        app = web.Application()
        app.router.add_get("/v1/link", self._link)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        site = web.TCPSite(self._runner, "127.0.0.1", 0)
        await site.start()
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}"

    async def stop(self) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _link(self, request: web.Request) -> web.StreamResponse:
        self.links += 1
        if self.status != 101:
            return web.Response(status=self.status)
        socket = web.WebSocketResponse(protocols=["mim.v1.msgpack"])
        await socket.prepare(request)
        hello = await socket.receive()
        assert hello.type is WSMsgType.BINARY
        decode_client_frame(hello.data)
        for frame in self.frames:
            await socket.send_bytes(frame)
        await socket.receive()
        await socket.close()
        return socket


READY = encode_frame(
    Ready(
        version=limits.PROTOCOL_VERSION,
        link_id="x",
        client_sent_ms=1,
        received_ms=1,
        sent_ms=1,
        account=ME.account,
        device=ME.device.device_id,
    )
)


@pytest_asyncio.fixture
async def link_server() -> AsyncIterator[LinkServer]:
    made = LinkServer()
    yield made
    await made.stop()


def bye(code: Code) -> bytes:
    data = encode_frame(Bye(code=code, message="no"))
    assert isinstance(data, bytes)
    return data


async def state_of(person: Person, state: LinkState) -> events.LinkChanged:
    def find() -> events.LinkChanged | None:
        links = person.all_told(events.LinkChanged)
        return next((link for link in links if link.state is state), None)

    return await person.until(find)


async def move_to(person: Person, url: str) -> None:
    """Let somebody who is registered find another server at their address."""
    await person.register()
    await person.stop()
    person.config = type(person.config)(
        server_url=url,
        home=person.config.home,
        kdf_floor=person.config.kdf_floor,
        uses_key_store=False,
    )
    person.told.clear()
    await person.start()


@pytest.mark.parametrize("attempt", range(20))
async def test_pauses_grow_to_their_bound_and_are_never_nothing(attempt: int) -> None:
    shortest, longest = backoff_ms(attempt, 0.0), backoff_ms(attempt, 0.999)

    assert limits.RECONNECT_MIN_MS // 2 <= shortest <= longest <= limits.RECONNECT_MAX_MS
    assert longest <= 2 * shortest


@pytest.mark.parametrize(
    ("status", "code"), [(403, "origin"), (426, "client_too_old"), (401, "unauthenticated")]
)
async def test_a_link_that_is_refused_for_good_is_not_tried_again(
    anna: Person, link_server: LinkServer, status: int, code: str
) -> None:
    link_server.status = status
    await move_to(anna, await link_server.start())

    refused = await state_of(anna, LinkState.REFUSED)

    assert refused.code == code
    assert link_server.links == 1


@pytest.mark.parametrize("code", [Code.REPLACED, Code.SERVER_TOO_OLD])
async def test_a_final_bye_is_not_tried_again(
    anna: Person, link_server: LinkServer, code: Code
) -> None:
    link_server.frames = [bye(code)]
    await move_to(anna, await link_server.start())

    assert (await state_of(anna, LinkState.REFUSED)).code == code.value


async def test_who_was_replaced_may_come_back(anna: Person, link_server: LinkServer) -> None:
    link_server.frames = [bye(Code.REPLACED)]
    await move_to(anna, await link_server.start())
    await state_of(anna, LinkState.REFUSED)
    assert anna.engine._connection is not None
    await anna.engine._connection

    await anna.engine.ask(commands.Reconnect())

    await anna.until(lambda: link_server.links == 2 or None)


@pytest.mark.parametrize("frame", [b"\xff", bye(Code.OVERLOADED), b""])
async def test_a_link_that_ends_otherwise_is_tried_again(
    anna: Person, link_server: LinkServer, frame: bytes
) -> None:
    link_server.frames = [frame]
    await move_to(anna, await link_server.start())

    offline = await state_of(anna, LinkState.OFFLINE)
    await anna.until(lambda: link_server.links > 1 or None)

    assert offline.retry_at_ms > 0


@pytest.mark.parametrize("status", [500, 404])
async def test_a_server_in_trouble_is_tried_again(
    anna: Person, link_server: LinkServer, status: int
) -> None:
    link_server.status = status
    await move_to(anna, await link_server.start())

    await anna.until(lambda: link_server.links > 1 or None)

    assert (await state_of(anna, LinkState.OFFLINE)).message


@pytest.mark.logs_warnings  # This server knows no contacts.
async def test_a_clock_that_is_off_is_told_once(anna: Person, link_server: LinkServer) -> None:
    heads = encode_frame(Heads(heads=(), is_last=True))
    assert isinstance(READY, bytes)
    assert isinstance(heads, bytes)
    link_server.frames = [READY, heads]
    await move_to(anna, await link_server.start())

    await state_of(anna, LinkState.ONLINE)

    notices = [each.kind for each in anna.all_told(events.Notice)]
    assert notices == [NoticeKind.CLOCK_OFF]


@pytest.mark.logs_warnings  # This server has links alone.
async def test_a_link_ticks_when_something_is_due_and_not_with_every_frame(
    anna: Person, link_server: LinkServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    heads = encode_frame(Heads(heads=(), is_last=True))
    stranger = encode_frame(Typing(conversation_id=77, is_typing=True, account=4))
    assert isinstance(READY, bytes)
    assert isinstance(heads, bytes)
    assert isinstance(stranger, bytes)
    link_server.frames = [READY, *[stranger] * 200, heads]
    ticks, tick = 0, LinkRun.tick

    def counting(run: LinkRun) -> None:
        nonlocal ticks
        ticks += 1
        tick(run)

    monkeypatch.setattr(LinkRun, "tick", counting)
    await move_to(anna, await link_server.start())

    await state_of(anna, LinkState.ONLINE)

    assert ticks < 20


async def test_a_full_disk_is_told_ends_the_link_and_loses_nothing(
    anna: Person, ben: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    await anna.register()
    await ben.register()
    conversation_id = await befriend(anna, ben)
    assert ben.engine._parts is not None
    full = ben.engine._parts.context.storage.database
    run = Database._run

    def failing(self: Database, sql: str, values: tuple[object, ...] = ()) -> object:
        if self is full and sql.startswith("INSERT OR IGNORE INTO entries"):
            raise DatabaseFullError("full")
        return run(self, sql, values)  # type: ignore[arg-type]

    monkeypatch.setattr(connection, "backoff_ms", lambda attempt, draw: 1)
    monkeypatch.setattr(limits, "RECONNECT_MAX_MS", 50)
    monkeypatch.setattr(Database, "_run", failing)
    await anna.send(conversation_id, "waits for room")
    await ben.until(
        lambda: any(n.kind is NoticeKind.DISK_FULL for n in ben.all_told(events.Notice)) or None
    )
    assert ben.texts(conversation_id) == []
    monkeypatch.setattr(Database, "_run", run)

    await ben.reads(conversation_id, ["waits for room"])


@pytest.mark.logs_warnings
async def test_a_fault_of_ours_ends_the_link_and_the_next_one_works(
    anna: Person, ben: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    await anna.register()
    await ben.register()
    conversation_id = await befriend(anna, ben)
    assert ben.engine._parts is not None
    timeline = ben.engine._parts.timeline
    open_them = timeline.open

    def faulty(*_arguments: object) -> bool:
        monkeypatch.setattr(timeline, "open", open_them)
        raise ZeroDivisionError

    monkeypatch.setattr(timeline, "open", faulty)
    await anna.send(conversation_id, "comes all the same")

    await ben.reads(conversation_id, ["comes all the same"])


class HalfRun:
    """Stores each frame; the one with this code is wrong, or the disk is full at it."""

    def __init__(self, database: Database, failure: Exception) -> None:
        self.database = database
        self.failure = failure
        self.link = self
        self.said: list[str] = []
        self.queued = ["confirm"]

    def receive(self, frame: Bye) -> None:
        if frame.message == "wrong":
            raise self.failure
        self.database.run(
            "INSERT INTO settings (name, value) VALUES (?, 'x')", f"test_{frame.message}"
        )

    def fail(self, error: PeerError, *, now_ms: int) -> None:
        self.said.append("failed")

    def tick(self) -> None:
        self.said.append("ticked")

    def note_full(self) -> None:
        self.said.append("full")

    def frames_to_send(self) -> list[str]:
        queued, self.queued = self.queued, []
        return queued


@pytest.mark.parametrize(
    ("failure", "stored", "said", "queued"),
    [
        (PeerError(Code.MALFORMED, "no"), ["test_first"], ["failed", "ticked"], ["confirm"]),
        (DatabaseFullError("full"), [], ["full"], []),
    ],
)
async def test_of_what_arrives_together_only_what_is_stored_is_confirmed(
    anna: Person, failure: Exception, stored: list[str], said: list[str], queued: list[str]
) -> None:
    await anna.register()
    assert anna.engine._parts is not None
    database = anna.engine._parts.context.storage.database
    run = HalfRun(database, failure)
    frames = [encode_frame(Bye(code=Code.OVERLOADED, message=m)) for m in ("first", "wrong", "b")]

    anna.engine._parts.connection._take(run, frames)  # type: ignore[arg-type]

    found = database.rows("SELECT name FROM settings WHERE name LIKE 'test_%'")
    assert [name for (name,) in found] == stored
    assert run.said == said
    assert run.queued == queued


async def test_typing_a_message_hurries_the_next_try(
    anna: Person, ben: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    await anna.register()
    await ben.register()
    conversation_id = await befriend(anna, ben)
    monkeypatch.setattr(connection, "backoff_ms", lambda attempt, draw: 600_000)
    assert anna.engine._parts is not None
    run = anna.engine._parts.connection.current
    assert run is not None
    run.link.close(Code.OVERLOADED, "test", now_ms=anna.engine._parts.context.now_ms())
    run.tick()
    await anna.offline()
    await asyncio.sleep(0)

    await anna.engine.ask(commands.SendText(conversation_id=conversation_id, text="now, please"))

    await ben.reads(conversation_id, ["now, please"])


async def test_who_does_not_want_to_wait_is_connected_at_once(
    anna: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    await anna.register()
    monkeypatch.setattr(connection, "backoff_ms", lambda attempt, draw: 600_000)
    assert anna.engine._parts is not None
    run = anna.engine._parts.connection.current
    assert run is not None
    run.link.close(Code.OVERLOADED, "test", now_ms=anna.engine._parts.context.now_ms())
    run.tick()
    await anna.offline()
    await asyncio.sleep(0)

    await anna.engine.ask(commands.Reconnect())

    await anna.until(lambda: anna.last(events.LinkChanged).state is LinkState.ONLINE or None)

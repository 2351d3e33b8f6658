"""Every byte between clients and a server, both ways, as it was on the wire."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field

__all__ = ["Tape", "WireTape", "frame_sizes", "unmasked"]

_PIECE = 64 * 1024
_UPGRADE = re.compile(rb"upgrade:\s*websocket.*?\r\n\r\n", re.IGNORECASE | re.DOTALL)
_MASKED = 0x80
_LENGTH_16, _LENGTH_64 = 126, 127


@dataclass(slots=True)
class Tape:
    """One connection.

    Attributes:
        up: What the client sent, from its first byte on.
        down: What the server sent.
    """

    up: bytearray = field(default_factory=bytearray)
    down: bytearray = field(default_factory=bytearray)


class WireTape:
    """Stands between clients and a server at an address of its own; passes on and keeps all."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self.port = 0
        self.tapes: list[Tape] = []
        self._tasks: set[asyncio.Task[None]] = set()
        self._listener: asyncio.Server | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def total(self) -> int:
        """How many bytes have passed, both ways."""
        return sum(len(tape.up) + len(tape.down) for tape in self.tapes)

    async def start(self) -> WireTape:
        self._listener = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._listener.sockets[0].getsockname()[1]
        return self

    async def stop(self) -> None:
        assert self._listener is not None
        self._listener.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def files(self) -> dict[str, bytes]:
        """Return what passed; what clients sent also with the masks of WebSocket frames off."""
        found: dict[str, bytes] = {}
        for number, tape in enumerate(self.tapes):
            found[f"connection {number} up"] = bytes(tape.up)
            found[f"connection {number} up, unmasked"] = unmasked(bytes(tape.up))
            found[f"connection {number} down"] = bytes(tape.down)
        return found

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        tape = Tape()
        self.tapes.append(tape)
        ends = [writer]
        # If one side is gone the other one hears it from the closed socket; `stop` cancels.
        with suppress(OSError, asyncio.CancelledError):
            from_server, server = await asyncio.open_connection("127.0.0.1", self._server_port)
            ends.append(server)
            ways = (_copy(reader, server, tape.up), _copy(from_server, writer, tape.down))
            await asyncio.gather(*ways)
        for end in ends:
            end.close()


async def _copy(
    reader: asyncio.StreamReader, writer: asyncio.StreamWriter, kept: bytearray
) -> None:
    while piece := await reader.read(_PIECE):
        kept += piece
        writer.write(piece)
        await writer.drain()
    with suppress(OSError):
        writer.write_eof()


def unmasked(data: bytes) -> bytes:
    """Return the payloads of all WebSocket frames that follow an upgrade, one after the other."""
    return b"".join(payload for _, payload in _frames(data))


def frame_sizes(data: bytes) -> list[int]:
    """Return how long each WebSocket frame that follows an upgrade is, with its head."""
    return [size for size, _ in _frames(data)]


def _frames(data: bytes) -> Iterator[tuple[int, bytes]]:
    upgrade = _UPGRADE.search(data)
    at = len(data) if upgrade is None else upgrade.end()
    while at + 2 <= len(data):
        begin, is_masked, length = at, data[at + 1] & _MASKED, data[at + 1] & ~_MASKED
        at += 2
        if length in (_LENGTH_16, _LENGTH_64):
            size = 2 if length == _LENGTH_16 else 8
            length = int.from_bytes(data[at : at + size])
            at += size
        mask = b""
        if is_masked:
            mask, at = data[at : at + 4], at + 4
        payload = data[at : at + length]
        at += length
        yield at - begin, _without(mask, payload) if mask else payload


def _without(mask: bytes, payload: bytes) -> bytes:
    stream = (mask * (len(payload) // 4 + 1))[: len(payload)]
    return (int.from_bytes(payload) ^ int.from_bytes(stream)).to_bytes(len(payload))

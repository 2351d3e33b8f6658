"""The way from a simulated device to the simulated server, with everything that may go wrong."""

from __future__ import annotations

import asyncio
import contextvars
from collections import deque
from collections.abc import Callable, Mapping
from random import Random
from urllib.parse import urlsplit

from desktop.engine.network import RawAnswer
from shared.errors import TransportError
from tests.simulation.server import ServerSide, SimulatedServer

__all__ = ["Route", "SimulatedNetwork"]

_LATENCY_S = (0.001, 0.03)


class Route:
    """One device's cable.

    Attributes:
        is_up: Whether anything passes.
        loss: How likely the answer of a call that was carried out is lost.
        calls: How many calls were carried out.
    """

    def __init__(self, server: SimulatedServer, chance: Random) -> None:
        self.server = server
        self.chance = chance
        self.is_up = True
        self.loss = 0.0
        self.calls = 0
        self.sockets: list[SimulatedSocket] = []

    def delay_s(self) -> float:
        """Draw how long something is on its way."""
        return self.chance.uniform(*_LATENCY_S)

    def cut(self) -> None:
        """End all links; what is on its way is lost."""
        sockets, self.sockets = self.sockets, []
        for socket in sockets:
            socket.cut()


class SimulatedSocket:
    """The client's end of a link (`LinkSocket`); messages keep their order."""

    def __init__(self, route: Route) -> None:
        self._route = route
        self._loop = asyncio.get_running_loop()
        self._received: deque[bytes | str] = deque()
        self._wake = asyncio.Event()
        self._is_ended = False
        self._up_s = self._down_s = 0.0
        self._context = contextvars.Context()
        self.side: ServerSide | None = None

    async def receive(self) -> bytes | str | None:
        """Return the next message (`LinkSocket.receive`)."""
        while not self._received and not self._is_ended:
            self._wake.clear()
            await self._wake.wait()
        return self._received.popleft() if self._received else None

    async def send(self, data: bytes) -> None:
        """Send one message (`LinkSocket.send`)."""
        if self._is_ended:
            raise TransportError("The connection has ended.")
        self._up_s = max(self._up_s, self._loop.time() + self._route.delay_s())
        self._at(self._up_s, self._arrive, data)

    async def close(self, code: int) -> None:
        """End it (`LinkSocket.close`)."""
        self.cut()

    def deliver(self, message: bytes | str) -> None:
        """The server has sent something."""
        self._down_s = max(self._down_s, self._loop.time() + self._route.delay_s())
        self._at(self._down_s, self._take, message)

    def hang_up(self) -> None:
        """The server has ended it; what it sent before comes first."""
        self._at(max(self._down_s, self._loop.time()), self._end)

    def cut(self) -> None:
        """End it for both sides."""
        if not self._is_ended:
            self._end()
            if self.side is not None:
                self.side.cut()

    def _at(self, when: float, call: Callable[..., None], *arguments: object) -> None:
        self._loop.call_at(when, call, *arguments, context=self._context)

    def _arrive(self, data: bytes) -> None:
        if not self._is_ended and self.side is not None:
            self.side.take(data)

    def _take(self, message: bytes | str) -> None:
        if not self._is_ended:
            self._received.append(message)
            self._wake.set()

    def _end(self) -> None:
        self._is_ended = True
        self._wake.set()


class SimulatedNetwork:
    """What an engine talks over (`desktop.engine.network.Network`)."""

    def __init__(self, route: Route) -> None:
        self._route = route

    async def request(
        self, method: str, url: str, *, data: bytes | None, headers: Mapping[str, str]
    ) -> RawAnswer:
        """Make one call (`Network.request`)."""
        route = self._route
        await asyncio.sleep(route.delay_s())
        if not route.is_up:
            raise TransportError("The server cannot be reached.")
        parts = urlsplit(url)
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        # The server's own callbacks must not die with the device that asks.
        status, answer = contextvars.Context().run(route.server.call, method, path, data, headers)
        route.calls += 1
        is_lost = route.chance.random() < route.loss
        await asyncio.sleep(route.delay_s())
        if is_lost or not route.is_up:
            raise TransportError("The server cannot be reached.")
        return RawAnswer(status, answer)

    async def open_link(self, url: str, *, headers: Mapping[str, str]) -> SimulatedSocket:
        """Open a link (`Network.open_link`)."""
        route = self._route
        await asyncio.sleep(route.delay_s())
        if not route.is_up:
            raise TransportError("The server cannot be reached.")
        socket = SimulatedSocket(route)
        socket.side = contextvars.Context().run(
            route.server.open_link,
            headers.get("Authorization", ""),
            socket.deliver,
            socket.hang_up,
        )
        route.sockets.append(socket)
        return socket

    async def close(self) -> None:
        """There is nothing to close."""

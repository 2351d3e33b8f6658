"""A connection to a message bus of the desktop (D-Bus), where there is one.

Nothing here is needed to work: without a bus, or when it goes away, calls are answered by ``None``
and that is all. PySide6's own QtDBus cannot be used for it: it sends every whole number as a signed
one, which `org.freedesktop.Notifications` refuses.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterable
from typing import Any

from desktop.ui.tasks import create_task
from shared import limits

__all__ = ["DAEMON", "SESSION", "SYSTEM", "Bus", "BusSignal"]

logger = logging.getLogger(__name__)

SESSION, SYSTEM = "SESSION", "SYSTEM"
# The bus itself, as what is called: name, path, interface.
DAEMON = ("org.freedesktop.DBus", "/org/freedesktop/DBus", "org.freedesktop.DBus")
_READ_BYTES = 4096
_QUEUE_MAX = 256  # Calls that wait for an answer; more are answered by ``None``.

# (interface, member, what it carries)
BusSignal = tuple[str, str, tuple[Any, ...]]


class Bus:
    """One connection.

    Args:
        address: `SESSION`, `SYSTEM`, or where the bus listens (``unix:path=…``).
        on_signal: Gets every signal that was asked for with `listen`.
        on_lost: Called once when an open connection ends by itself.
    """

    def __init__(
        self,
        address: str,
        on_signal: Callable[[BusSignal], None],
        on_lost: Callable[[], None] = lambda: None,
    ) -> None:
        self._address = address
        self._on_signal = on_signal
        self._on_lost = on_lost
        self._connection: Any = None
        self._reading: asyncio.Task[None] | None = None
        self._answers: dict[int, asyncio.Future[Any]] = {}

    @property
    def is_open(self) -> bool:
        """Whether there is a bus that answers."""
        return self._connection is not None

    async def open(self) -> bool:
        """Connect; return whether there is a bus."""
        try:
            # Imported here: it is there on Linux only.
            from jeepney.io.asyncio import (
                open_dbus_connection,
            )

            async with asyncio.timeout(limits.BUS_CALL_MS / 1000):
                self._connection = await open_dbus_connection(self._address)
        except Exception as error:  # noqa: BLE001  # No bus, no address, no right: all the same.
            logger.info("no message bus: %s", type(error).__name__)
            return False
        self._reading = create_task(self._read(), name="message bus")
        return True

    async def close(self) -> None:
        """End the connection; nothing is called back from here on."""
        reading, self._reading = self._reading, None
        if reading is not None:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)
        self._drop()

    async def call(
        self,
        where: tuple[str, str, str],
        method: str,
        signature: str = "",
        body: Iterable[Any] = (),
    ) -> tuple[Any, ...] | None:
        """Call a method and return its answer; ``None`` for an error, a timeout or no bus.

        Args:
            where: The bus name, the path and the interface.
            method: Its name.
            signature: D-Bus types of ``body``.
            body: What goes along.
        """
        connection = self._connection
        if connection is None or len(self._answers) >= _QUEUE_MAX:
            return None
        from jeepney import (
            DBusAddress,
            MessageType,
            new_method_call,
        )

        name, path, interface = where
        address = DBusAddress(path, bus_name=name, interface=interface)
        message = new_method_call(address, method, signature or None, tuple(body))
        serial = next(connection.outgoing_serial)
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._answers[serial] = answer
        try:
            async with asyncio.timeout(limits.BUS_CALL_MS / 1000):
                await connection.send(message, serial=serial)
                reply = await answer
        except (OSError, TimeoutError, EOFError):
            return None
        finally:
            self._answers.pop(serial, None)
        if reply is None or reply.header.message_type is not MessageType.method_return:
            return None
        return tuple(reply.body)

    async def listen(self, *, interface: str, path: str, first: str = "") -> None:
        """Ask for the signals of an interface at a path; only those whose first value is that."""
        rule = f"type='signal',interface='{interface}',path='{path}'"
        if first:
            rule += f",arg0='{first}'"
        await self.call(DAEMON, "AddMatch", "s", (rule,))

    async def _read(self) -> None:
        connection = self._connection
        try:
            while data := await connection.reader.read(_READ_BYTES):
                for message in connection.parser.feed(data):
                    self._take(message)
                if (connection.parser.next_msg_size or 0) > limits.BUS_MESSAGE_BYTES_MAX:
                    break
        except (OSError, ValueError) as error:
            logger.info("message bus: %s", type(error).__name__)
        self._drop()
        self._on_lost()

    def _take(self, message: Any) -> None:
        from jeepney import HeaderFields, MessageType

        fields = message.header.fields
        kind = message.header.message_type
        if kind in (MessageType.method_return, MessageType.error):
            answer = self._answers.get(fields.get(HeaderFields.reply_serial, -1))
            if answer is not None and not answer.done():
                answer.set_result(message)
        elif kind is MessageType.signal:
            interface = fields.get(HeaderFields.interface, "")
            self._on_signal((interface, fields.get(HeaderFields.member, ""), tuple(message.body)))

    def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.writer.close()
        for answer in self._answers.values():
            if not answer.done():
                answer.set_result(None)

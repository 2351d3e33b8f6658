"""Runs the app on gevent: one process, one hub, sockets, signals."""

from __future__ import annotations

import json
import logging
import signal
import socket
import sys
from typing import IO

import gevent
from gevent.event import Event
from gevent.pool import Pool
from gevent.pywsgi import WSGIHandler, WSGIServer

from backend.app import ServerApp, create_app
from backend.config import Settings
from backend.crossing import HubCrossing
from backend.gateway.transport import LINK_MARK
from shared import limits
from shared.errors import LocalError

__all__ = ["serve"]

logger = logging.getLogger(__name__)

_REQUESTS_MAX = 1_000  # At once, besides links; more wait in the listen queue.
_BACKLOG = 1_024
_STOP_SECONDS = 5
_PRUNE_SECONDS = 3_600
_SILENCE_SECONDS = 75  # A connection that sends nothing for so long is closed; links never are.


class _Handler(WSGIHandler):  # type: ignore[misc] # gevent has no types.
    """Closes silent connections, and says nothing over HTTP after a link."""

    def handle_one_request(self) -> object:
        """Serve the next request of a connection."""
        self.socket.settimeout(_SILENCE_SECONDS)
        return super().handle_one_request()

    def handle_one_response(self) -> None:
        """Answer it; a connection that was a link is over."""
        super().handle_one_response()
        if LINK_MARK in self.environ:
            self.close_connection = True


def serve(settings: Settings, output: IO[str] | None = None) -> None:
    """Serve until SIGTERM or SIGINT; one JSON line on ``output`` says where, once ready.

    Raises:
        LocalError: If the port or the data folder is in use.
    """
    listener = _listen(settings.host, settings.port)
    crossing = HubCrossing(settings.readers)
    app = create_app(settings, crossing)
    server = WSGIServer(
        listener,
        app.flask,
        log=None,
        handler_class=_Handler,
        error_log=logging.getLogger("backend.serving.http"),
        spawn=Pool(limits.LINKS_PER_SERVER_MAX + _REQUESTS_MAX),
    )
    is_stopping = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        gevent.signal_handler(number, is_stopping.set)
    server.start()
    flusher = gevent.spawn(_flush_cursors, app)
    pruner = gevent.spawn(_prune, app)
    _say_ready(settings, listener, output or sys.stdout)
    is_stopping.wait()
    logger.info("The server stops")
    app.close_links()
    server.stop(timeout=_STOP_SECONDS)
    flusher.kill()
    pruner.kill()
    app.stop()
    crossing.stop()


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = gevent.socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Connections inherit it. An answer is written in two pieces, and without it the second one
    # would wait 40 ms for the other side's acknowledgement of the first.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        reason = error.strerror or type(error).__name__
        raise LocalError(f"The server cannot listen on {host} port {port}: {reason}.") from error
    listener.listen(_BACKLOG)
    listener.setblocking(False)
    bound: socket.socket = listener
    return bound


def _say_ready(settings: Settings, listener: socket.socket, output: IO[str]) -> None:
    port = listener.getsockname()[1]
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    ready = {"url": f"http://{host}:{port}", "port": port, "data": str(settings.data)}
    print(json.dumps(ready), file=output, flush=True)
    logger.info("The server listens on %s port %d", settings.host, port)


def _flush_cursors(app: ServerApp) -> None:
    while True:
        gevent.sleep(limits.CURSOR_FLUSH_MS / 1000)
        app.services.marks.flush_cursors()
        app.services.devices.flush_seen()
        app.services.blankings.blank_expired()


def _prune(app: ServerApp) -> None:
    """Forget what nobody asks for any more, at the start and every hour."""
    while True:
        app.services.key_packages.prune()
        app.services.blobs.collect()
        gevent.sleep(_PRUNE_SECONDS)

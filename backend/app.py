"""Builds the server: settings in, a Flask app and what has to be started and stopped out."""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass

from flask import Flask, request

from backend.api import (
    accounts,
    blobs,
    contacts,
    conversations,
    devices,
    groups,
    handshakes,
    heads,
    key_packages,
    users,
    vaults,
)
from backend.api.errors import register_errors
from backend.api.openapi import register_openapi
from backend.api.requests import SERVICES
from backend.bus import Bus
from backend.config import Settings
from backend.crossing import Crossing
from backend.gateway.live_links import LiveLinks
from backend.gateway.routes import check_origin, register_gateway
from backend.services.context import Context
from backend.services.services import Services, make_services
from backend.services.signatures import SEED_BYTES, ServerKey
from backend.store import facts
from backend.store.database import Database, DataLock, Session, open_database
from backend.store.entries import newest_moment
from backend.store.snowflakes import Snowflakes
from backend.store.writer import Writer
from shared import limits
from shared.errors import Code

__all__ = ["ServerApp", "create_app"]

logger = logging.getLogger(__name__)

_RESTART_RETRY_MS = 500
_API = (
    accounts,
    vaults,
    devices,
    key_packages,
    users,
    contacts,
    conversations,
    handshakes,
    groups,
    heads,
    blobs,
)


@dataclass(frozen=True, slots=True)
class ServerApp:
    """A built server; `stop` undoes `create_app`."""

    flask: Flask
    services: Services
    links: LiveLinks
    database: Database
    writer: Writer
    lock: DataLock

    def close_links(self) -> None:
        """Say bye to everyone: the server stops."""
        self.links.close_all(
            Code.OVERLOADED, "The server is restarting.", retry_after_ms=_RESTART_RETRY_MS
        )

    def stop(self) -> None:
        """Write what waits and let go of the data."""
        self.services.marks.flush_cursors()
        self.services.devices.flush_seen()
        self.services.presence.store_all()
        self.writer.stop()
        self.database.close()
        self.lock.release()


def create_app(
    settings: Settings,
    crossing: Crossing,
    *,
    wall_ms: Callable[[], int] | None = None,
    writer_type: type[Writer] = Writer,
) -> ServerApp:
    """Build a server on the data folder of ``settings``, which is made and migrated if needed.

    Args:
        settings: What the administrator decides.
        crossing: Between the serving side and the disk's.
        wall_ms: The clock, if not this machine's.
        writer_type: The writer, if it shall not have a thread.

    Raises:
        LocalError: If another server uses the folder, or a newer one has written it.
    """
    wall_ms = wall_ms or _wall_ms
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = DataLock(settings.data)
    lock.acquire()
    try:
        app = Flask("backend")
        database = open_database(app, settings.data)
        database.migrate()
        writer = _start_writer(writer_type, settings, database, crossing, wall_ms)
    except BaseException:
        lock.release()
        raise
    context = Context(
        settings=settings,
        database=database,
        writer=writer,
        crossing=crossing,
        bus=Bus(),
        wall_ms=wall_ms,
    )
    services = make_services(context, server_id=_server_id(database), head_key=_head_key(database))
    links = LiveLinks()
    _set_up(app, services, links)
    return ServerApp(app, services, links, database, writer, lock)


def _set_up(app: Flask, services: Services, links: LiveLinks) -> None:
    app.config["MAX_CONTENT_LENGTH"] = limits.REST_BODY_BYTES_MAX
    app.extensions[SERVICES] = services
    register_errors(app)
    register_gateway(app, services, links)
    for module in _API:
        app.register_blueprint(module.blueprint, url_prefix="/v1")
    register_openapi(app)

    @app.before_request
    def refuse_other_sites() -> None:
        check_origin(request)


def _start_writer(
    writer_type: type[Writer],
    settings: Settings,
    database: Database,
    crossing: Crossing,
    wall_ms: Callable[[], int],
) -> Writer:
    newest_ms, newest_id = database.read(newest_moment)
    holder = secrets.token_hex(8)
    now_ms = wall_ms()

    def take_lease(session: Session) -> tuple[int, int]:
        found = facts.take_lease(session, holder=holder, now_ms=now_ms, newest_id=newest_id)
        session.commit()
        return found

    node, newest_id = database.read(take_lease)
    writer = writer_type(
        database.engine,
        snowflakes=Snowflakes(node=node, newest_id=newest_id),
        wall_ms=wall_ms,
        post=crossing.post,
        newest_ms=newest_ms,
        pause_after_commit_ms=settings.pause_after_commit_ms,
    )
    writer.start()
    return writer


def _server_id(database: Database) -> str:
    """Return the server's identifier; the first start makes it."""
    return _made_once(database, "server_id", lambda: secrets.token_hex(16))


def _head_key(database: Database) -> ServerKey:
    """Return the key that signs heads; the first start makes it.

    It is kept with the logs whose heads it signs: a copy of them brought back can go on with it.
    """
    seed = _made_once(database, "head_key", lambda: secrets.token_hex(SEED_BYTES))
    return ServerKey(bytes.fromhex(seed))


def _made_once(database: Database, name: str, make_value: Callable[[], str]) -> str:
    def find(session: Session) -> str | None:
        return facts.fact(session, name)

    def make(session: Session) -> str:
        made = make_value()
        facts.store_fact(session, name, made)
        session.commit()
        return made

    return database.read(find) or database.read(make)


def _wall_ms() -> int:
    return time.time_ns() // 1_000_000

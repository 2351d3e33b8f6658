"""``GET /v1/link``: who may open a link, and its handler."""

from __future__ import annotations

import secrets
from urllib.parse import urlsplit

from flask import Blueprint, Flask, Request, g, request
from flask_sock import Sock
from simple_websocket import Server

from backend.gateway.link import LinkShell
from backend.gateway.live_links import LiveLinks
from backend.gateway.transport import LINK_MARK, SOCK_SERVER_OPTIONS, SockTransport
from backend.services.services import Services
from shared import limits
from shared.errors import Code, PeerError, RefusedError
from shared.frames import SUBPROTOCOL_JSON, SUBPROTOCOL_MSGPACK

__all__ = ["check_origin", "register_gateway"]

_SUBPROTOCOLS = {SUBPROTOCOL_MSGPACK, SUBPROTOCOL_JSON}


def register_gateway(app: Flask, services: Services, links: LiveLinks) -> None:
    """Serve links on ``app`` and pass on to them what the bus announces."""
    app.config["SOCK_SERVER_OPTIONS"] = SOCK_SERVER_OPTIONS
    blueprint = Blueprint("gateway", __name__)
    sock = Sock()

    @blueprint.before_request
    def check() -> None:
        _check_upgrade(request)
        g.asking = services.accounts.authenticate(request.headers.get("Authorization", ""))
        services.limiter.spend("links_per_device", str(g.asking[1]))
        if len(links) >= limits.LINKS_PER_SERVER_MAX:
            raise RefusedError(Code.OVERLOADED, "This server has as many links as it can serve.")

    @sock.route("/link", bp=blueprint)  # type: ignore[untyped-decorator] # It has no types.
    def link(server: Server) -> None:
        account, device = g.asking
        request.environ[LINK_MARK] = True
        shell = LinkShell(
            services,
            links,
            SockTransport(server),
            account=account,
            device=device,
            link_id=secrets.token_hex(6),
        )
        shell.run()

    app.register_blueprint(blueprint, url_prefix="/v1")
    services.context.bus.listen(links.hear)


def check_origin(asked: Request) -> None:
    """Refuse pages of other sites; programs send no Origin.

    Raises:
        RefusedError: With ``origin``.
    """
    origin = asked.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != asked.host:
        raise RefusedError(Code.ORIGIN, "Pages of other sites may not connect here.")


def _check_upgrade(asked: Request) -> None:
    check_origin(asked)
    offered = {name.strip() for name in asked.headers.get("Sec-WebSocket-Protocol", "").split(",")}
    if not offered & _SUBPROTOCOLS:
        raise PeerError(Code.MALFORMED, f"Offer the subprotocol {SUBPROTOCOL_MSGPACK}.")
    # Compression costs more than it gives for ciphertext, and lets a small frame grow large.
    asked.environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)

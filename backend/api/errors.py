"""Every error as `ErrorBody` with the status of its code; never a traceback."""

from __future__ import annotations

import logging

import msgspec
from flask import Flask, Response
from werkzeug.exceptions import HTTPException
from wsproto.utilities import ProtocolError

from shared.errors import Code, PeerError, RefusedError, TransportError
from shared.rest import STATUS, ErrorBody, ErrorDetail

__all__ = ["error_response", "register_errors"]

logger = logging.getLogger(__name__)

_BY_STATUS = {
    404: (Code.NOT_FOUND, "There is nothing here."),
    405: (Code.METHOD_NOT_ALLOWED, "This cannot be done here."),
    413: (Code.TOO_LARGE, "The body is too large."),
    415: (Code.UNSUPPORTED_MEDIA, "The body has another media type than expected."),
}


def error_response(code: Code, message: str, details: dict[str, str] | None = None) -> Response:
    """Return the answer for a code."""
    body = ErrorBody(error=ErrorDetail(code=code, message=message, details=details or {}))
    response = Response(
        msgspec.json.encode(body), status=STATUS.get(code, 400), mimetype="application/json"
    )
    if code is Code.UNAUTHENTICATED:
        response.headers["WWW-Authenticate"] = "Bearer"
    if details and "retry_after_ms" in details:
        response.headers["Retry-After"] = str(-(-int(details["retry_after_ms"]) // 1000))
    return response


def register_errors(app: Flask) -> None:
    """Answer all errors of ``app`` this way."""
    app.register_error_handler(RefusedError, _refused)
    app.register_error_handler(PeerError, _broken)
    app.register_error_handler(TransportError, _failed)
    app.register_error_handler(ProtocolError, _no_handshake)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def _refused(error: RefusedError) -> Response:
    return error_response(error.code, error.message, getattr(error, "details", None))


def _broken(error: PeerError) -> Response:
    return error_response(error.code, error.message)


def _no_handshake(_error: ProtocolError) -> Response:
    return error_response(Code.MALFORMED, "This is no WebSocket handshake.")


def _failed(error: TransportError) -> Response:
    logger.warning("A request could not be served: %s", error)
    return error_response(
        Code.OVERLOADED,
        "The server cannot do this now; try again soon.",
        {"retry_after_ms": "2000"},
    )


def _http(error: HTTPException) -> Response:
    status = error.code or 500
    if status in _BY_STATUS:
        return error_response(*_BY_STATUS[status])
    if status < 400:
        return Response(status=status, headers=error.get_headers())
    if status < 500:
        return error_response(Code.MALFORMED, "The request cannot be read.")
    return error_response(Code.INTERNAL, "Something went wrong on the server.")


def _unexpected(error: Exception) -> Response:
    logger.error("A request failed", exc_info=error)
    return error_response(Code.INTERNAL, "Something went wrong on the server.")

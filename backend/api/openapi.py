"""Decoding and describing the API from the types of `shared.rest`.

spectree describes them; what it decodes laxly is decoded here, in one strict step: a body has
the media type it must have, a JSON body is exactly the type, and nothing of what came is quoted.
"""

from __future__ import annotations

from typing import Any

import msgspec
from flask import Flask, Request, Response
from flask.typing import ResponseReturnValue
from spectree import Response as ApiResponse
from spectree import SpecTree
from spectree.model_adapter import get_msgspec_model_adapter
from spectree.plugins.base import Context
from spectree.plugins.flask_plugin import FlaskPlugin

from backend.config import VERSION
from shared.errors import Code, PeerError
from shared.rest import ErrorBody

__all__ = ["ApiResponse", "api", "register_openapi"]


class _StrictPlugin(FlaskPlugin):
    """Decodes requests strictly."""

    def request_validation(
        self, request: Request, query: Any, json: Any, form: Any, headers: Any, cookies: Any
    ) -> None:
        """Put the decoded query and body where spectree's wrapper takes them from."""
        del form, headers, cookies
        request.context = Context(  # type: ignore[attr-defined] # spectree's way.
            _decode_query(request, query) if query else None,
            _decode_body(request, json) if json else None,
            None,
            None,
            None,
        )

    def validate_response(
        self, resp: Any, resp_model: Any, skip_validation: bool, force_resp_serialize: bool
    ) -> Any:
        """Let a stream be a stream: spectree would gather all of it in memory first."""
        if isinstance(resp, Response) and resp.is_streamed:
            return resp, None
        return super().validate_response(resp, resp_model, skip_validation, force_resp_serialize)


def _decode_body(request: Request, model: Any) -> Any:
    if request.mimetype != "application/json":
        raise PeerError(Code.UNSUPPORTED_MEDIA, "The body must be application/json.")
    try:
        return msgspec.json.decode(request.get_data(cache=False), type=model, strict=True)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise PeerError(Code.MALFORMED, "The body is not what this call expects.") from error


def _decode_query(request: Request, model: Any) -> Any:
    try:
        # All values of a query are text, so numbers have to be read from it.
        return msgspec.convert(request.args.to_dict(), type=model, strict=False)
    except msgspec.ValidationError as error:
        raise PeerError(Code.MALFORMED, "The query is not what this call expects.") from error


api = SpecTree(
    backend=_StrictPlugin,
    model_adapter=get_msgspec_model_adapter(),
    naming_strategy=lambda model: getattr(model, "__name__", str(model)).lstrip("_"),
    nested_naming_strategy=lambda _parent, child: child,
    validation_error_status=400,
    validation_error_model=ErrorBody,
    annotations=True,
    title="Mim",
    version=VERSION,
    path="docs",
    filename="openapi.json",
    security_schemes=[],
)


def register_openapi(app: Flask) -> None:
    """Serve ``/openapi.json`` and, without any foreign host, pages that show it."""
    api.register(app)

    @app.get("/openapi.json")
    def openapi() -> ResponseReturnValue:
        spec: dict[str, Any] = api.spec
        return spec

"""``/v1/me``, ``avatars``, ``users``: profiles and keys."""

from __future__ import annotations

import msgspec
from flask import Blueprint, Response, request

from backend.api.openapi import ApiResponse, api
from backend.api.requests import asking, services, whole_number
from shared import limits
from shared.errors import Code, RefusedError
from shared.rest import AccountKeys, ErrorBody, Privacy, ProfileChange, UserList, UserProfile

__all__ = ["blueprint"]

blueprint = Blueprint("users", __name__)


class UserQuery(msgspec.Struct, frozen=True):
    """The start of user names, or a whole one."""

    prefix: str | None = None
    user_name: str | None = None


@blueprint.get("/me")
@api.validate(resp=ApiResponse(HTTP_200=UserProfile, HTTP_401=ErrorBody), tags=["profiles"])
def me() -> object:
    """The own profile."""
    return services().profiles.profile(asking().account)


@blueprint.patch("/me")
@api.validate(resp=ApiResponse(HTTP_200=UserProfile, HTTP_401=ErrorBody), tags=["profiles"])
def change_me(json: ProfileChange) -> object:
    """Change nickname or signature."""
    return services().profiles.change(asking().account, json)


@blueprint.get("/me/privacy")
@api.validate(resp=ApiResponse(HTTP_200=Privacy, HTTP_401=ErrorBody), tags=["profiles"])
def privacy() -> object:
    """What others see."""
    return services().privacy.load(asking().account)


@blueprint.put("/me/privacy")
@api.validate(
    resp=ApiResponse(HTTP_200=Privacy, HTTP_401=ErrorBody, HTTP_429=ErrorBody),
    tags=["profiles"],
)
def change_privacy(json: Privacy) -> object:
    """Show more or less."""
    return services().privacy.change(asking().account, json)


@blueprint.put("/me/avatar")
@api.validate(
    resp=ApiResponse(
        HTTP_200=UserProfile, HTTP_401=ErrorBody, HTTP_413=ErrorBody, HTTP_415=ErrorBody
    ),
    tags=["profiles"],
)
def set_avatar() -> object:
    """Show this PNG or JPEG, the body, as the own picture."""
    account = asking().account
    if (request.content_length or 0) > limits.AVATAR_BYTES_MAX:
        raise RefusedError(
            Code.TOO_LARGE, f"A picture has at most {limits.AVATAR_BYTES_MAX} bytes."
        )
    return services().profiles.set_avatar(account, request.get_data(cache=False), request.mimetype)


@blueprint.delete("/me/avatar")
@api.validate(resp=ApiResponse(HTTP_200=UserProfile, HTTP_401=ErrorBody), tags=["profiles"])
def clear_avatar() -> object:
    """Show no picture any more."""
    return services().profiles.clear_avatar(asking().account)


@blueprint.get("/avatars/<name>")
@api.validate(
    resp=ApiResponse("HTTP_200", HTTP_401=ErrorBody, HTTP_404=ErrorBody), tags=["profiles"]
)
def avatar(name: str) -> object:
    """A picture, by its hash."""
    asking()
    content, media_type = services().profiles.avatar(name)
    response = Response(content, mimetype=media_type)
    # The name is the content's hash: it never changes.
    response.headers["Cache-Control"] = "private, max-age=31536000, immutable"
    response.headers["X-Content-Type-Options"] = "nosniff"
    return response


@blueprint.get("/users")
@api.validate(resp=ApiResponse(HTTP_200=UserList, HTTP_401=ErrorBody), tags=["profiles"])
def find_users(query: UserQuery) -> object:
    """People by the start of their user name, or the one of exactly this name."""
    asking()
    if query.user_name is not None:
        return services().profiles.find_by_name(query.user_name)
    return services().profiles.find_by_prefix(query.prefix or "")


@blueprint.get("/users/<account>")
@api.validate(
    resp=ApiResponse(HTTP_200=UserProfile, HTTP_401=ErrorBody, HTTP_404=ErrorBody),
    tags=["profiles"],
)
def user(account: str) -> object:
    """Somebody's profile."""
    asking()
    return services().profiles.profile(whole_number(account))


@blueprint.get("/users/<account>/keys")
@api.validate(
    resp=ApiResponse(HTTP_200=AccountKeys, HTTP_401=ErrorBody, HTTP_404=ErrorBody),
    tags=["profiles"],
)
def user_keys(account: str) -> object:
    """Somebody's keys."""
    return services().profiles.keys(whole_number(account), by=asking().account)

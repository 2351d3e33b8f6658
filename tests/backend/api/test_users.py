from __future__ import annotations

import pytest

from shared.errors import Code
from shared.rest import AccountKeys, Privacy, ProfileChange, UserList, UserProfile
from tests.backend.api.conftest import Api, code_of, read
from tests.backend.office import Insider

PNG = b"\x89PNG\r\n\x1a\n" + bytes(50)


def test_the_own_profile_can_be_read_and_changed(api: Api, anna: Insider) -> None:
    before = read(api("GET", "/v1/me", who=anna), UserProfile)

    after = read(api("PATCH", "/v1/me", ProfileChange(nickname="Änne"), who=anna), UserProfile)

    assert (before.nickname, after.nickname) == ("Anna", "Änne")


def test_a_picture_is_put_and_got(api: Api, anna: Insider, ben: Insider) -> None:
    client = api.office.app.flask.test_client()
    headers = {"Authorization": f"Bearer {anna.token}"}

    put = client.put("/v1/me/avatar", data=PNG, content_type="image/png", headers=headers)
    got = api("GET", f"/v1/avatars/{read(put, UserProfile).avatar}", who=ben)
    gone = read(api("DELETE", "/v1/me/avatar", who=anna), UserProfile)

    assert (got.data, got.mimetype) == (PNG, "image/png")
    assert "immutable" in got.headers["Cache-Control"]
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert gone.avatar == ""


def test_people_are_found(api: Api, anna: Insider, ben: Insider) -> None:
    def names(query: str) -> list[str]:
        found = read(api("GET", f"/v1/users?{query}", who=anna), UserList)
        return [user.user_name for user in found.users]

    assert names("prefix=B") == ["ben"]
    assert names("user_name=BEN") == ["ben"]
    assert names("user_name=be") == []
    assert names("") == []


def test_others_profiles_and_keys_can_be_read(api: Api, anna: Insider, ben: Insider) -> None:
    profile = read(api("GET", f"/v1/users/{ben.account}", who=anna), UserProfile)
    keys = read(api("GET", f"/v1/users/{ben.account}/keys", who=anna), AccountKeys)

    assert profile.user_name == "ben"
    assert keys.root_key == ben.registration.root_key


@pytest.mark.parametrize("path", ["me", "users?prefix=a", "users/5", "users/5/keys", "avatars/0"])
def test_nobody_sees_anything(api: Api, path: str) -> None:
    response = api("GET", f"/v1/{path}")

    assert code_of(response) is Code.UNAUTHENTICATED
    assert response.headers["WWW-Authenticate"] == "Bearer"


def test_presence_is_hidden_and_shown_again(api: Api, anna: Insider) -> None:
    hidden = Privacy(shares_presence=False)

    before = read(api("GET", "/v1/me/privacy", who=anna), Privacy)
    answer = read(api("PUT", "/v1/me/privacy", hidden, who=anna), Privacy)

    assert before == Privacy(shares_presence=True)
    assert answer == read(api("GET", "/v1/me/privacy", who=anna), Privacy) == hidden
    assert api("PUT", "/v1/me/privacy", hidden).status_code == 401

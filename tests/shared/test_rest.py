from __future__ import annotations

import msgspec

from shared import rest
from shared.errors import Code


def test_every_status_is_an_error_and_belongs_to_a_code() -> None:
    assert set(rest.STATUS) <= set(Code)
    assert all(400 <= status < 600 for status in rest.STATUS.values())


def test_an_error_comes_back_as_it_was() -> None:
    body = rest.ErrorBody(error=rest.ErrorDetail(code=Code.EXISTS, message="There is one."))

    assert msgspec.json.decode(msgspec.json.encode(body), type=rest.ErrorBody) == body


def test_no_secret_shows_in_a_repr() -> None:
    key = b"k" * 32
    opened = rest.SessionOpened(account=1, device_id=2, token="token-secret")

    assert "kkk" not in repr(rest.Credentials(user_name="anna", auth_key=key))
    assert "token-secret" not in repr(opened)

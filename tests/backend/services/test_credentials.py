from __future__ import annotations

import pytest

from backend.services.credentials import (
    authenticated,
    hash_token,
    new_token,
    set_auth_key,
    set_recovery_key,
)
from backend.store.tables import User
from shared.errors import Code, RefusedError

KEY = b"k" * 32


def test_the_right_key_is_let_in_and_nothing_of_it_is_kept() -> None:
    user = User()
    set_auth_key(user, KEY)

    assert authenticated(user, KEY) is user
    assert KEY not in user.auth_hash + user.auth_salt


@pytest.mark.parametrize("is_known", [True, False])
def test_a_wrong_key_and_nobody_are_one_refusal(is_known: bool) -> None:
    user = User()
    set_auth_key(user, KEY)

    with pytest.raises(RefusedError) as caught:
        authenticated(user if is_known else None, bytes(32))

    assert caught.value.code is Code.WRONG_CREDENTIALS
    assert caught.value.message == "Unknown user or wrong password."


def test_the_same_key_is_kept_differently_each_time() -> None:
    one, other = User(), User()
    set_recovery_key(one, KEY)
    set_recovery_key(other, KEY)

    assert one.recovery_hash != other.recovery_hash
    assert len(one.recovery_hash) == 32


def test_a_token_is_kept_as_a_hash() -> None:
    token = new_token()

    assert len(token) == 43
    assert token.encode() not in hash_token(token)
    assert hash_token(token) == hash_token(token) != hash_token(new_token())

from __future__ import annotations

import secrets
from collections.abc import Callable

import pytest

from backend.config import RateLimits
from backend.services import credentials
from backend.services.rate_limits import Limiter
from backend.store.tables import User
from shared.errors import Code, RefusedError

KEY = secrets.token_bytes(32)
CODE_KEY = secrets.token_bytes(32)
TOKEN = credentials.new_token()


@pytest.fixture
def user() -> User:
    made = User(reset_hash=credentials.hash_token(TOKEN), reset_expires_ms=1_000)
    credentials.set_auth_key(made, KEY)
    credentials.set_recovery_key(made, CODE_KEY)
    return made


def refusal_of(call: Callable[[], object]) -> tuple[Code, str]:
    with pytest.raises(RefusedError) as caught:
        call()
    return caught.value.code, caught.value.message


def test_the_right_keys_are_right(user: User) -> None:
    assert credentials.authenticated(user, KEY) is user
    assert credentials.is_auth_key(user, KEY)
    assert credentials.authenticated_by_recovery(user, CODE_KEY) is user
    assert credentials.authenticated_by_reset(user, TOKEN, now_ms=999) is user


def test_wrong_keys_and_unknown_users_are_one_answer(user: User) -> None:
    wrong = secrets.token_bytes(32)
    calls: list[Callable[[User | None], object]] = [
        lambda who: credentials.authenticated(who, wrong),
        lambda who: credentials.authenticated_by_recovery(who, wrong),
        lambda who: credentials.authenticated_by_reset(who, "x" * 43, now_ms=0),
    ]
    for call in calls:
        known = refusal_of(lambda call=call: call(user))  # type: ignore[misc] # mypy and defaults.
        unknown = refusal_of(lambda call=call: call(None))  # type: ignore[misc] # As above.
        assert known == unknown
        assert known[0] is Code.WRONG_CREDENTIALS


def test_one_key_does_not_pass_for_the_other(user: User) -> None:
    assert refusal_of(lambda: credentials.authenticated(user, CODE_KEY))
    assert refusal_of(lambda: credentials.authenticated_by_recovery(user, KEY))
    assert not credentials.is_auth_key(user, CODE_KEY)


def test_a_reset_token_is_good_for_its_time_and_if_one_was_made(user: User) -> None:
    assert refusal_of(lambda: credentials.authenticated_by_reset(user, TOKEN, now_ms=1_000))
    user.reset_hash = None
    assert refusal_of(lambda: credentials.authenticated_by_reset(user, TOKEN, now_ms=0))


def test_nothing_that_is_kept_is_a_key(user: User) -> None:
    kept = user.auth_salt + user.auth_hash + user.recovery_salt + user.recovery_hash

    assert KEY not in kept
    assert CODE_KEY not in kept
    assert TOKEN.encode() not in (user.reset_hash or b"")
    assert user.auth_salt != user.recovery_salt


def test_tries_are_counted_by_folded_name() -> None:
    limiter = Limiter(RateLimits(logins_per_account="1/hour"))

    folded = credentials.spend_login(limiter, address="1", user_name=" ANNA ")

    assert folded == "anna"
    refused = refusal_of(lambda: credentials.spend_login(limiter, address="2", user_name="anna"))
    assert refused[0] is Code.RATE_LIMITED

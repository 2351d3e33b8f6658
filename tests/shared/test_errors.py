from __future__ import annotations

from shared.errors import Code, MimError, PeerError, RefusedError


def test_an_error_with_a_code_says_code_and_sentence() -> None:
    for kind in (PeerError, RefusedError):
        error = kind(Code.STALE, "The members have changed.")
        assert isinstance(error, MimError)
        assert (error.code, error.message) == (Code.STALE, "The members have changed.")
        assert str(error) == "stale: The members have changed."

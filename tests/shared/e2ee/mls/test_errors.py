from __future__ import annotations

import pytest

from shared.e2ee.mls.errors import Check, MlsError, Reason, require
from shared.errors import SealError


def test_a_refusal_is_a_seal_error_that_names_its_check() -> None:
    with pytest.raises(SealError) as refused:
        require(False, Reason.SIGNATURE)

    assert isinstance(refused.value, MlsError)
    assert refused.value.check is Check.PUBLIC
    assert str(refused.value) == "refused by the public check signature"


def test_a_check_that_held_says_nothing() -> None:
    require(True, Reason.SIGNATURE)


def test_a_refusal_can_be_told_as_secret() -> None:
    refused = MlsError(Reason.PADDING).as_secret()

    assert (refused.reason, refused.check) == (Reason.PADDING, Check.SECRET)


def test_every_reason_is_another_word() -> None:
    assert len({reason.value for reason in Reason}) == len(Reason)

from __future__ import annotations

from pathlib import Path

import pytest

from backend.api.requests import whole_number
from backend.config import RateLimits
from shared.errors import Code, RefusedError
from tests.backend.api.conftest import Api, code_of
from tests.backend.office import Office


@pytest.mark.parametrize("text", ["1", "007", str(2**63 - 1)])
def test_an_identifier_of_a_path_is_read(text: str) -> None:
    assert whole_number(text) == int(text)


@pytest.mark.parametrize("text", ["", "0", "-1", "1.0", "x", "١", str(2**63), "9" * 5000])
def test_what_is_no_identifier_names_nothing(text: str) -> None:
    with pytest.raises(RefusedError) as caught:
        whole_number(text)

    assert caught.value.code is Code.NOT_FOUND


def test_too_many_requests_of_one_account_are_refused(tmp_path: Path) -> None:
    office = Office(tmp_path / "data", rate_limits=RateLimits(requests_per_account="2/hour"))
    anna, ben = office.join("anna"), office.join("ben")
    api = Api(office)
    statuses = [api("GET", "/v1/me", who=anna).status_code for _ in range(2)]

    refused = api("GET", "/v1/me", who=anna)
    others = api("GET", "/v1/me", who=ben)

    office.close()
    assert statuses == [200, 200]
    assert (refused.status_code, code_of(refused)) == (429, Code.RATE_LIMITED)
    assert others.status_code == 200

from __future__ import annotations

from shared.errors import Code
from shared.rest_devices import (
    ClaimedKeyPackages,
    KeyPackageClaim,
    KeyPackages,
    KeyPackageStock,
)
from tests.backend.api.conftest import Api, code_of, read
from tests.backend.office import Insider


def test_packages_are_published_counted_and_claimed(api: Api, anna: Insider, ben: Insider) -> None:
    published = KeyPackages(packages=[b"one"], last_resort=b"last")
    asked = KeyPackageClaim(claim_id=bytes(16), accounts=[ben.account])

    stock = read(api("POST", "/v1/key-packages", published, who=ben), KeyPackageStock)
    claimed = read(api("POST", "/v1/key-packages/claims", asked, who=anna), ClaimedKeyPackages)
    left = read(api("GET", "/v1/key-packages", who=ben), KeyPackageStock)

    assert (stock.count, left.count) == (1, 0)
    assert [info.package for info in claimed.packages] == [b"one"]


def test_a_claim_of_nobody_is_404(api: Api, anna: Insider) -> None:
    asked = KeyPackageClaim(claim_id=bytes(16), accounts=[5])

    response = api("POST", "/v1/key-packages/claims", asked, who=anna)

    assert (response.status_code, code_of(response)) == (404, Code.NOT_FOUND)

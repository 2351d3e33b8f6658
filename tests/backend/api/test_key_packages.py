from __future__ import annotations

from shared.errors import Code
from shared.rest import ClaimedKeyPackages, KeyPackageClaim, KeyPackages, KeyPackageStock
from tests.backend.people import Person
from tests.server_process import ServerProcess


def test_packages_are_published_and_taken_over_rest(server: ServerProcess) -> None:
    anna, ben = Person(server.port, "anna"), Person(server.port, "ben")

    published = ben.call(
        "POST", "/v1/key-packages", KeyPackages(packages=[b"one"], last_resort=b"last")
    )
    claim = KeyPackageClaim(claim_id=bytes(16), accounts=[ben.account])
    claimed = anna.call("POST", "/v1/key-packages/claims", claim).read(ClaimedKeyPackages)

    assert published.read(KeyPackageStock) == KeyPackageStock(count=1, has_last_resort=True)
    assert [each.package for each in claimed.packages] == [b"one"]
    assert ben.call("GET", "/v1/key-packages").read(KeyPackageStock).count == 0


def test_an_unknown_account_is_not_found(server: ServerProcess) -> None:
    anna = Person(server.port, "anna2")
    claim = KeyPackageClaim(claim_id=bytes(16), accounts=[5])

    assert anna.call("POST", "/v1/key-packages/claims", claim).code is Code.NOT_FOUND

from __future__ import annotations

import pytest

from backend.bus import EventStored
from shared import limits
from shared.errors import Code, RefusedError
from shared.events import EventKind
from shared.rest import ClaimedKeyPackages, KeyPackageClaim, KeyPackages
from tests.backend.office import Insider, Office


def publish(office: Office, insider: Insider, *packages: bytes, resort: bytes | None = None) -> int:
    published = KeyPackages(packages=list(packages), last_resort=resort)
    return office.services.key_packages.publish(insider.device, published).count


def claim(office: Office, by: Insider, of: Insider, number: int = 1) -> ClaimedKeyPackages:
    asked = KeyPackageClaim(claim_id=number.to_bytes(16, "big"), accounts=[of.account])
    return office.services.key_packages.claim(by.account, by.device, asked)


def packages(claimed: ClaimedKeyPackages) -> list[tuple[bytes, bool]]:
    return [(each.package, each.is_last_resort) for each in claimed.packages]


def test_each_package_is_taken_once_the_oldest_first(office: Office) -> None:
    anna, ben = office.join("anna"), office.join("ben")
    publish(office, ben, b"one", b"two")

    taken = [packages(claim(office, anna, ben, number)) for number in (1, 2, 3)]

    assert taken == [[(b"one", False)], [(b"two", False)], []]
    assert office.services.key_packages.stock(ben.device).count == 0


def test_a_repeated_claim_gets_the_same_and_costs_nothing(office: Office) -> None:
    anna, ben = office.join("anna"), office.join("ben")
    publish(office, ben, b"one", b"two")

    first, again = claim(office, anna, ben), claim(office, anna, ben)

    assert first == again
    assert office.services.key_packages.stock(ben.device).count == 1


def test_an_empty_pool_gives_the_last_resort_again_and_again(office: Office) -> None:
    anna, ben = office.join("anna"), office.join("ben")
    publish(office, ben, resort=b"old")
    publish(office, ben, resort=b"resort")

    taken = [packages(claim(office, anna, ben, number)) for number in (1, 2)]

    assert taken == [[(b"resort", True)]] * 2
    assert office.services.key_packages.stock(ben.device).has_last_resort


def test_what_was_taken_is_not_published_again(office: Office) -> None:
    anna, ben = office.join("anna"), office.join("ben")
    publish(office, ben, b"one")
    claim(office, anna, ben)

    assert publish(office, ben, b"one", b"two") == 1


def test_nobody_takes_their_own(office: Office) -> None:
    anna = office.join("anna")
    publish(office, anna, b"one", resort=b"resort")

    assert claim(office, anna, anna).packages == []


def test_a_pool_and_a_package_have_bounds(office: Office) -> None:
    anna = office.join("anna")
    many = [bytes([number + 1]) for number in range(limits.KEY_PACKAGES_POOL + 1)]

    with pytest.raises(RefusedError) as large:
        publish(office, anna, *many)
    with pytest.raises(RefusedError) as empty:
        publish(office, anna, b"")

    assert (large.value.code, empty.value.code) == (Code.TOO_LARGE, Code.MALFORMED)
    assert office.services.key_packages.stock(anna.device).count == 0


def test_an_unknown_account_is_not_found(office: Office) -> None:
    anna = office.join("anna")
    asked = KeyPackageClaim(claim_id=bytes(16), accounts=[5])

    with pytest.raises(RefusedError) as caught:
        office.services.key_packages.claim(anna.account, anna.device, asked)

    assert caught.value.code is Code.NOT_FOUND


def test_a_forgotten_device_gives_none(office: Office) -> None:
    anna, ben = office.join("anna"), office.join("ben")
    publish(office, ben, b"one", resort=b"resort")
    office.services.accounts.close_session(
        account=ben.account, device=ben.device, forget_device=True
    )

    assert claim(office, anna, ben).packages == []


def test_a_device_is_told_when_few_are_left(office: Office) -> None:
    anna, ben = office.join("anna"), office.join("ben")
    publish(office, ben, *(bytes([n + 1]) for n in range(limits.KEY_PACKAGES_LOW + 1)))

    def told() -> int:
        return sum(
            isinstance(heard, EventStored) and heard.event.kind == EventKind.KEY_PACKAGES_LOW
            for heard in office.heard
        )

    claim(office, anna, ben, 1)
    before = told()
    claim(office, anna, ben, 2)

    assert (before, told()) == (0, 1)


def test_old_claims_are_forgotten(office: Office) -> None:
    anna, ben = office.join("anna"), office.join("ben")
    publish(office, ben, b"one", b"two")
    claim(office, anna, ben)
    office.clock.now_ms += 8 * 24 * 3600 * 1000

    office.services.key_packages.prune()

    assert packages(claim(office, anna, ben)) == [(b"two", False)]

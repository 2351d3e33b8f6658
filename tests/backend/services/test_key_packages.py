from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from backend.bus import EventStored
from backend.config import RateLimits
from shared import limits
from shared.errors import Code, RefusedError
from shared.events import EventKind
from shared.rest import SessionRequest
from shared.rest_devices import (
    ClaimedKeyPackages,
    KeyPackageClaim,
    KeyPackages,
    KeyPackageStock,
)
from tests.backend.office import ADDRESS, Insider, Office

_WEEK_MS = 7 * 24 * 3600 * 1000


def packages(count: int, *, last_resort: bool = False) -> KeyPackages:
    return KeyPackages(
        packages=[secrets.token_bytes(40) for _ in range(count)],
        last_resort=secrets.token_bytes(40) if last_resort else None,
    )


def claim_of(*accounts: int) -> KeyPackageClaim:
    return KeyPackageClaim(claim_id=secrets.token_bytes(16), accounts=list(accounts))


def claim(office: Office, insider: Insider, asked: KeyPackageClaim) -> ClaimedKeyPackages:
    return office.services.key_packages.claim(insider.account, insider.device, asked)


def refusal_of(office: Office, insider: Insider, asked: KeyPackageClaim) -> Code:
    with pytest.raises(RefusedError) as caught:
        claim(office, insider, asked)
    return caught.value.code


def times_told_low(office: Office) -> int:
    return sum(
        isinstance(heard, EventStored) and heard.event.kind == EventKind.KEY_PACKAGES_LOW
        for heard in office.heard
    )


def test_packages_are_taken_once_and_oldest_first(office: Office) -> None:
    anna, ben = office.join("anna"), office.join("ben")
    published = packages(2)
    office.services.key_packages.publish(ben.device, published)

    taken = [claim(office, anna, claim_of(ben.account)).packages for _ in range(3)]

    assert [[info.package for info in infos] for infos in taken] == [
        [published.packages[0]],
        [published.packages[1]],
        [],
    ]
    info = taken[0][0]
    assert (info.account, info.device_id, info.is_last_resort) == (ben.account, ben.device, False)


def test_the_last_resort_is_given_again_and_again(office: Office) -> None:
    anna, ben = office.join("anna"), office.join("ben")
    published = packages(1, last_resort=True)
    office.services.key_packages.publish(ben.device, published)

    taken = [claim(office, anna, claim_of(ben.account)).packages[0] for _ in range(3)]

    assert [info.is_last_resort for info in taken] == [False, True, True]
    assert taken[1].package == taken[2].package == published.last_resort
    stock = office.services.key_packages.stock(ben.device)
    assert stock == KeyPackageStock(count=0, has_last_resort=True)


def test_a_new_last_resort_takes_the_place_of_the_old(office: Office) -> None:
    anna, ben = office.join("anna"), office.join("ben")
    for _ in range(2):
        newest = packages(0, last_resort=True)
        office.services.key_packages.publish(ben.device, newest)

    taken = claim(office, anna, claim_of(ben.account)).packages

    assert [info.package for info in taken] == [newest.last_resort]


def test_a_repeated_claim_gets_the_same(office: Office) -> None:
    anna, ben = office.join("anna"), office.join("ben")
    office.services.key_packages.publish(ben.device, packages(2))
    asked = claim_of(ben.account)

    first, again = claim(office, anna, asked), claim(office, anna, asked)

    assert first == again
    assert office.services.key_packages.stock(ben.device).count == 1


def test_another_devices_claim_of_the_same_id_is_another(office: Office) -> None:
    anna, ben, carl = office.join("anna"), office.join("ben"), office.join("carl")
    office.services.key_packages.publish(ben.device, packages(2))
    asked = claim_of(ben.account)

    assert claim(office, anna, asked) != claim(office, carl, asked)


def test_claims_are_forgotten_after_a_week(office: Office) -> None:
    anna, ben = office.join("anna"), office.join("ben")
    office.services.key_packages.publish(ben.device, packages(2))
    asked = claim_of(ben.account)
    first = claim(office, anna, asked)
    office.clock.now_ms += _WEEK_MS
    office.services.key_packages.prune()
    kept = claim(office, anna, asked)
    office.clock.now_ms += 1

    office.services.key_packages.prune()

    assert kept == first
    assert claim(office, anna, asked) != first


@pytest.mark.logs_warnings
def test_what_cannot_be_forgotten_now_is_forgotten_later(tmp_path: Path) -> None:
    office = Office(tmp_path / "data")
    anna, ben = office.join("anna"), office.join("ben")
    claim(office, anna, claim_of(ben.account))
    office.clock.now_ms += _WEEK_MS + 1
    office.app.writer.stop()

    office.services.key_packages.prune()

    office.close()


def test_publishing_again_adds_nothing_even_if_it_was_taken(office: Office) -> None:
    anna, ben = office.join("anna"), office.join("ben")
    published = packages(2)
    pool = office.services.key_packages
    pool.publish(ben.device, published)
    claim(office, anna, claim_of(ben.account))

    stock = pool.publish(ben.device, published)

    assert stock == KeyPackageStock(count=1, has_last_resort=False)


def test_the_pool_is_bounded(office: Office) -> None:
    ben = office.join("ben")
    pool = office.services.key_packages
    pool.publish(ben.device, packages(limits.KEY_PACKAGES_POOL))

    with pytest.raises(RefusedError) as caught:
        pool.publish(ben.device, packages(1))

    assert caught.value.code is Code.TOO_LARGE
    assert pool.stock(ben.device).count == limits.KEY_PACKAGES_POOL


def test_an_empty_package_is_none(office: Office) -> None:
    ben = office.join("ben")
    for published in (KeyPackages(packages=[b""]), KeyPackages(packages=[], last_resort=b"")):
        with pytest.raises(RefusedError) as caught:
            office.services.key_packages.publish(ben.device, published)
        assert caught.value.code is Code.MALFORMED


def test_all_devices_but_the_asking_one_give_one(office: Office) -> None:
    anna, ben = office.join("anna"), office.join("ben")
    new = anna.root.certificate()
    office.services.accounts.open_session(
        SessionRequest(
            user_name="anna",
            auth_key=anna.registration.auth_key,
            device_id=new.device_id,
            entry=anna.root.append(new),
        ),
        address=ADDRESS,
    )
    for device in (anna.device, new.device_id, ben.device):
        office.services.key_packages.publish(device, packages(1))

    taken = claim(office, anna, claim_of(anna.account, ben.account, ben.account)).packages

    assert {info.device_id for info in taken} == {new.device_id, ben.device}
    assert office.services.key_packages.stock(anna.device).count == 1


def test_a_forgotten_device_gives_none(office: Office) -> None:
    anna, ben = office.join("anna"), office.join("ben")
    office.services.key_packages.publish(ben.device, packages(1, last_resort=True))
    office.services.accounts.close_session(
        account=ben.account, device=ben.device, forget_device=True
    )

    assert claim(office, anna, claim_of(ben.account)).packages == []


def test_an_unknown_account_takes_nothing_from_the_others(office: Office) -> None:
    anna, ben = office.join("anna"), office.join("ben")
    office.services.key_packages.publish(ben.device, packages(1))

    code = refusal_of(office, anna, claim_of(ben.account, 5))

    assert code is Code.NOT_FOUND
    assert office.services.key_packages.stock(ben.device).count == 1


def test_more_devices_than_a_conversation_has_are_refused(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, ben, carl = office.join("anna"), office.join("ben"), office.join("carl")
    monkeypatch.setattr(limits, "MLS_LEAVES_MAX", 1)

    assert refusal_of(office, anna, claim_of(ben.account, carl.account)) is Code.TOO_LARGE


def test_an_owner_is_told_when_few_and_when_none_are_left(office: Office) -> None:
    anna, ben = office.join("anna"), office.join("ben")
    office.services.key_packages.publish(ben.device, packages(limits.KEY_PACKAGES_LOW))
    told = []
    for _ in range(limits.KEY_PACKAGES_LOW + 1):
        claim(office, anna, claim_of(ben.account))
        told.append(times_told_low(office))

    assert told[0] == told[-3] == 1
    assert told[-2:] == [2, 2]


def test_claims_are_counted_and_repeats_are_not(tmp_path: Path) -> None:
    office = Office(
        tmp_path / "data", rate_limits=RateLimits(key_package_claims_per_account="1/hour")
    )
    anna, ben = office.join("anna"), office.join("ben")
    asked = claim_of(ben.account)
    for _ in range(3):
        claim(office, anna, asked)

    code = refusal_of(office, anna, claim_of(ben.account))

    office.close()
    assert code is Code.RATE_LIMITED

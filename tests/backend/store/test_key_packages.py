from __future__ import annotations

from backend.store import key_packages
from backend.store.unit import Unit
from shared.rest_devices import ClaimedKeyPackages, KeyPackageInfo, KeyPackageStock
from tests.backend.office import Office

ANSWER = ClaimedKeyPackages(
    packages=[KeyPackageInfo(account=1, device_id=2, package=b"p", is_last_resort=False)]
)


def test_one_of_each_device_is_taken(office: Office) -> None:
    anna, ben = office.join("anna"), office.join("ben")

    def work(unit: Unit) -> tuple[dict[int, bytes], dict[int, int]]:
        key_packages.add_packages(unit.session, anna.device, [b"a1", b"a2"])
        key_packages.add_packages(unit.session, ben.device, [b"b1"])
        owners = [anna.device, ben.device, 5]
        taken = key_packages.take_one_each(unit.session, owners, at_ms=1)
        return taken, key_packages.count_left(unit.session, owners)

    taken, left = office.services.context.change(work)

    assert taken == {anna.device: b"a1", ben.device: b"b1"}
    assert left == {anna.device: 1, ben.device: 0, 5: 0}


def test_a_package_may_become_the_last_resort(office: Office) -> None:
    anna = office.join("anna")

    def work(unit: Unit) -> KeyPackageStock:
        key_packages.add_packages(unit.session, anna.device, [b"a1"])
        key_packages.set_last_resort(unit.session, anna.device, b"a1")
        return key_packages.stock_of(unit.session, anna.device)

    stock = office.services.context.change(work)

    assert stock == KeyPackageStock(count=0, has_last_resort=True)


def test_answers_are_kept_for_their_time(office: Office) -> None:
    anna = office.join("anna")

    def work(unit: Unit) -> list[object]:
        found: list[object] = []
        key_packages.store_claim(unit.session, anna.device, b"c" * 16, ANSWER, at_ms=10)
        for than_ms in (10, 11):
            found.append(key_packages.has_older(unit.session, than_ms))
            key_packages.forget_older(unit.session, than_ms)
            unit.session.expire_all()
            found.append(key_packages.find_claim(unit.session, anna.device, b"c" * 16))
        return found

    assert office.services.context.change(work) == [False, ANSWER, True, None]


def test_packages_of_a_device_that_has_gone_are_dropped(office: Office) -> None:
    anna = office.join("anna")

    def work(unit: Unit) -> dict[int, bytes]:
        key_packages.set_last_resort(unit.session, anna.device, b"last")
        key_packages.forget_packages(unit.session, [anna.device])
        return key_packages.last_resorts(unit.session, [anna.device])

    assert office.services.context.change(work) == {}

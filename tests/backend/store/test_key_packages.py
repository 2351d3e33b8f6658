from __future__ import annotations

from backend.store import key_packages as store
from backend.store.unit import Unit
from shared.rest import KeyPackageStock
from tests.backend.office import Office


def test_a_package_is_added_once_and_its_content_goes_when_it_is_taken(office: Office) -> None:
    anna = office.join("anna")

    def work(unit: Unit) -> tuple[dict[int, bytes], KeyPackageStock, dict[int, int]]:
        store.add_packages(unit.session, anna.device, [b"one", b"one", b"two"])
        taken = store.take_one_each(unit.session, [anna.device], at_ms=5)
        store.add_packages(unit.session, anna.device, [b"one"])
        left = store.count_left(unit.session, [anna.device, 9])
        return taken, store.stock_of(unit.session, anna.device), left

    taken, stock, left = office.services.context.change(work)

    assert taken == {anna.device: b"one"}
    assert stock == KeyPackageStock(count=1, has_last_resort=False)
    assert left == {anna.device: 1, 9: 0}


def test_the_last_resort_is_one_and_replaces_the_same_package(office: Office) -> None:
    anna = office.join("anna")

    def work(unit: Unit) -> dict[int, bytes]:
        store.add_packages(unit.session, anna.device, [b"one"])
        store.set_last_resort(unit.session, anna.device, b"old")
        store.set_last_resort(unit.session, anna.device, b"one")
        return store.last_resorts(unit.session, [anna.device])

    assert office.services.context.change(work) == {anna.device: b"one"}

from __future__ import annotations

from backend.store import devices
from backend.store.database import Session
from backend.store.unit import Unit
from shared.device_list import START, list_hash
from shared.rest import PastRoot
from tests.backend.office import Office


def test_a_list_is_read_as_it_was_signed(office: Office) -> None:
    anna = office.join("anna")
    entry = anna.root.append(revoked=anna.device)
    value = list_hash(anna.root.entries)
    office.services.context.change(
        lambda unit: devices.add_to_list(
            unit.session, account=anna.account, root_number=1, entry=entry, hash_after=value
        )
    )

    def query(session: Session) -> tuple[object, ...]:
        return (
            devices.device_list(session, anna.account, 1),
            devices.list_end(session, anna.account, 1),
            devices.list_end(session, anna.account, 2),
            [device.device_id for device in devices.devices_of_list(session, anna.account, 1)],
        )

    found = office.services.context.read(query)

    assert found == (anna.root.entries, (2, value), (0, START), [anna.device])


def test_past_roots_keep_their_lists(office: Office) -> None:
    anna = office.join("anna")

    def work(unit: Unit) -> list[PastRoot]:
        devices.add_past_root(
            unit.session, account=anna.account, root_number=1, root_key=anna.root.key, now_ms=1
        )
        unit.session.flush()
        return devices.past_roots(unit.session, anna.account)

    past = office.services.context.change(work)

    assert past == [PastRoot(root_key=anna.root.key, device_list=anna.root.entries)]


def test_last_seen_only_moves_forward(office: Office) -> None:
    anna = office.join("anna")
    now_ms = office.clock.now_ms

    def work(unit: Unit) -> int:
        for at_ms in (now_ms + 50, now_ms + 20):
            devices.note_seen(unit.session, anna.device, at_ms)
        found = devices.find_device(unit.session, anna.device)
        assert found is not None
        return found.last_seen_ms

    assert office.services.context.change(work) == now_ms + 50


def test_live_devices_are_neither_revoked_nor_forgotten(office: Office) -> None:
    people = [office.join(name) for name in ("anna", "ben", "carl")]

    def work(unit: Unit) -> tuple[list[int], int]:
        found = [devices.find_device(unit.session, person.device) for person in people]
        assert found[0] is not None
        assert found[1] is not None
        found[0].revoked_ms, found[1].forgotten_ms = 1, 1
        unit.session.flush()
        live = devices.live_devices(unit.session, [person.account for person in people])
        return [device.device_id for device in live], devices.count_live(
            unit.session, people[0].account
        )

    assert office.services.context.change(work) == ([people[2].device], 0)

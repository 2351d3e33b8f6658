from __future__ import annotations

from backend.store import devices as store
from backend.store.database import Session
from tests.backend.office import Insider, Office
from tests.backend.people import creation_of, new_id
from tests.backend.services.test_accounts import log_in_on_new


def test_the_list_is_read_as_it_was_appended(office: Office) -> None:
    anna = office.join("anna")
    log_in_on_new(office, anna)

    def query(session: Session) -> bool:
        entries = store.device_list(session, anna.account, 1)
        number, value = store.list_end(session, anna.account, 1)
        return entries == anna.root.entries and number == 2 and len(value) == 32

    assert office.services.context.read(query)


def test_devices_that_are_there_are_counted(office: Office) -> None:
    anna = office.join("anna")
    opened = log_in_on_new(office, anna)

    def query(session: Session) -> tuple[list[int], int]:
        live = [each.device_id for each in store.live_devices(session, [anna.account])]
        return live, store.count_live(session, anna.account)

    live, count = office.services.context.read(query)
    assert set(live) == {anna.device, opened.device_id}
    assert count == 2


def test_co_members_are_everybody_one_talks_with(office: Office) -> None:
    anna, ben, carl = office.join("anna"), office.join("ben"), office.join("carl")
    office.befriend(anna, ben)
    open_conversation(office, anna, ben)

    found = office.services.context.read(lambda session: store.co_members(session, anna.account))

    assert set(found) == {anna.account, ben.account}
    assert carl.account not in found


def open_conversation(office: Office, one: Insider, other: Insider) -> None:
    creation = creation_of(new_id(), one, other)
    office.services.conversations.create(one.account, one.device, creation)

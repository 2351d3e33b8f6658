from __future__ import annotations

from backend.store import contacts
from tests.backend.office import Office


def test_a_pair_has_one_name_from_both_sides() -> None:
    assert contacts.pair_name(9, 4) == contacts.pair_name(4, 9) == "4:9"


def test_a_friendship_has_both_directions_or_none(office: Office) -> None:
    anna, ben = office.join("anna"), office.join("ben")
    change, read = office.services.context.change, office.services.context.read

    def both() -> list[list[int]]:
        return [
            read(lambda session, who=who: contacts.contact_accounts(session, who.account))  # type: ignore[misc] # A default binds it.
            for who in (anna, ben)
        ]

    change(
        lambda unit: contacts.add_contact(
            unit.session, asking=anna.account, answering=ben.account, at_ms=1
        )
    )
    made = both()
    change(lambda unit: contacts.remove_contact(unit.session, ben.account, anna.account))

    assert made == [[ben.account], [anna.account]]
    assert both() == [[], []]


def test_conversations_are_found_by_the_other_person(office: Office) -> None:
    anna, ben, carl = office.join("anna"), office.join("ben"), office.join("carl")
    chat = office.converse(anna, ben)

    found = office.services.context.read(
        lambda session: contacts.direct_conversations(
            session, ben.account, [anna.account, carl.account]
        )
    )

    assert found == {anna.account: chat}


def test_friends_are_told_from_others_for_many_at_once(office: Office) -> None:
    anna, ben, carl = office.join("anna"), office.join("ben"), office.join("carl")
    office.befriend(anna, ben)

    found = office.services.context.read(
        lambda session: contacts.contacts_among(
            session, anna.account, {ben.account, carl.account, 99}
        )
    )

    assert found == {ben.account}

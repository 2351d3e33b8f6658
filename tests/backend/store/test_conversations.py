from __future__ import annotations

from backend.store import conversations
from shared.entries import Head
from tests.backend.office import Office
from tests.backend.people import message


def test_heads_name_the_asking_devices_own_counter(office: Office) -> None:
    anna, ben = office.join("anna"), office.join("ben")
    chat = office.converse(anna, ben)
    office.submit(anna, message(chat, 2))
    office.submit(ben, message(chat, 1))
    office.submit(anna, message(chat, 3))

    def heads(account: int, device: int) -> list[Head]:
        return office.services.context.read(
            lambda session: conversations.heads_of(session, account, device)
        )

    own = {who.name: heads(who.account, who.device)[0].own_counter for who in (anna, ben)}
    assert own == {"anna": 3, "ben": 1}
    assert heads(anna.account, 5)[0].own_counter == 0
    assert heads(anna.account, 5)[0].head == 4


def test_a_conversation_of_a_pair_can_be_closed_and_opened(office: Office) -> None:
    anna, ben = office.join("anna"), office.join("ben")
    chat = office.converse(anna, ben)
    pair = f"{min(anna.account, ben.account)}:{max(anna.account, ben.account)}"

    closed = office.services.context.change(
        lambda unit: conversations.set_can_write(unit.session, pair, can_write=False)
    )
    nothing = office.services.context.change(
        lambda unit: conversations.set_can_write(unit.session, "1:2", can_write=False)
    )

    assert (closed, nothing) == (chat, None)
    assert not office.services.conversations.conversation(anna.account, chat).can_write


def test_marks_by_conversation_name_all_members(office: Office) -> None:
    anna, ben = office.join("anna"), office.join("ben")
    chat = office.converse(anna, ben)

    found = office.services.context.read(
        lambda session: conversations.members_by_conversation(session, [chat], seen_by=anna.account)
    )

    assert {member.account for member in found[chat]} == {anna.account, ben.account}


def test_conversations_are_listed_with_the_newest_entry_first(office: Office) -> None:
    anna, ben, carl = office.join("anna"), office.join("ben"), office.join("carl")
    first, second = office.converse(anna, ben), office.converse(anna, carl)

    def listed() -> list[int]:
        found = office.services.context.read(
            lambda session: conversations.conversations_of(session, anna.account)
        )
        return [each.conversation_id for each in found]

    orders = []
    for chat, counter in ((first, 2), (second, 2), (first, 3)):
        office.clock.now_ms += 1000
        office.submit(anna, message(chat, counter))
        orders.append(listed()[0])

    assert orders == [first, second, first]

from __future__ import annotations

from backend.store import blocks
from tests.backend.office import Office


def test_a_block_has_one_direction_and_is_kept_once(office: Office) -> None:
    anna, ben = office.join("anna").account, office.join("ben").account
    change, read = office.services.context.change, office.services.context.read

    first = change(lambda unit: blocks.add_block(unit.session, anna, ben, at_ms=1))
    second = change(lambda unit: blocks.add_block(unit.session, anna, ben, at_ms=2))

    assert (first, second) == (True, False)
    assert read(lambda session: blocks.count_blocks(session, anna)) == 1
    assert read(lambda session: blocks.has_blocked(session, anna, ben))
    assert not read(lambda session: blocks.has_blocked(session, ben, anna))
    assert read(lambda session: blocks.are_apart(session, ben, anna))
    assert read(lambda session: blocks.blocks_among(session, anna, {ben, 5})) == ({ben}, set())
    assert read(lambda session: blocks.blocks_among(session, ben, {anna})) == (set(), {anna})
    assert [user.account for user in read(lambda s: blocks.blocked_users(s, anna))] == [ben]
    assert change(lambda unit: blocks.remove_block(unit.session, anna, ben))
    assert not change(lambda unit: blocks.remove_block(unit.session, anna, ben))
    assert not read(lambda session: blocks.are_apart(session, ben, anna))


def test_those_who_block_are_found_by_their_direct_conversation(office: Office) -> None:
    anna, ben = office.join("anna"), office.join("ben")
    chat = office.converse(anna, ben)
    office.services.blocks.block(ben.account, anna.account)

    found = office.services.context.read(lambda session: blocks.blocking_of(session, chat))

    assert found == {ben.account}
    assert office.services.context.read(lambda s: blocks.blocking_of(s, 5)) == frozenset()


def test_the_circle_of_presence_leaves_out_blocks_and_those_who_hide(office: Office) -> None:
    anna, ben, carl, dora = (office.join(name) for name in ("anna", "ben", "carl", "dora"))
    for friend in (ben, carl, dora):
        office.befriend(anna, friend)

    def circle() -> frozenset[int]:
        return office.services.context.read(
            lambda session: blocks.presence_circle(session, anna.account)
        )

    assert circle() == {ben.account, carl.account, dora.account}
    office.services.blocks.block(ben.account, anna.account)
    office.services.context.change(
        lambda unit: blocks.set_shares_presence(unit.session, carl.account, shares_presence=False)
    )
    assert circle() == {dora.account}
    office.services.context.change(
        lambda unit: blocks.set_shares_presence(unit.session, anna.account, shares_presence=False)
    )
    assert circle() == frozenset()

from __future__ import annotations

from backend.store import accounts
from backend.store.unit import Unit
from tests.backend.office import Office


def test_people_are_found_by_the_start_of_their_name_in_order(office: Office) -> None:
    for name in ("Berta", "anna_b", "Anna", "annika"):
        office.join(name)

    def names(prefix: str, limit: int = 20) -> list[str]:
        return office.services.context.read(
            lambda session: [
                user.user_name for user in accounts.find_by_prefix(session, prefix, limit)
            ]
        )

    assert names("ann") == ["Anna", "anna_b", "annika"]
    assert names("ann", 2) == ["Anna", "anna_b"]
    assert names("anna_") == ["anna_b"]
    assert names("%") == []


def test_last_seen_only_moves_forward(office: Office) -> None:
    anna = office.join("anna")

    def work(unit: Unit) -> None:
        for at_ms in (50, 20):
            accounts.note_seen(unit.session, anna.account, at_ms)

    office.services.context.change(work)

    user = office.services.context.read(lambda s: accounts.find_user(s, anna.account))
    assert user is not None
    assert user.last_seen_ms == 50


def test_profiles_are_found_for_many_at_once(office: Office) -> None:
    anna, ben = office.join("anna"), office.join("ben")

    found = office.services.context.read(
        lambda session: accounts.profiles_of(session, [anna.account, ben.account, 5])
    )

    assert {profile.user_name for profile in found.values()} == {"anna", "ben"}


def test_tokens_are_not_stored(office: Office) -> None:
    anna = office.join("anna")
    office.settle()

    data = office.services.context.settings.data
    stored = b"".join(path.read_bytes() for path in data.glob("mim.sqlite*"))

    assert b"anna" in stored
    assert anna.token.encode() not in stored
    assert anna.registration.auth_key not in stored


def test_keys_are_found_for_many_at_once(office: Office) -> None:
    anna, ben = office.join("anna"), office.join("ben")

    found = office.services.context.read(
        lambda session: accounts.keys_of(session, [anna.account, ben.account, 99])
    )

    assert found == {
        who.account: (member.root_key, member.archive_number, member.archive_key)
        for who in (anna, ben)
        for member in (who.roster_member(),)
    }

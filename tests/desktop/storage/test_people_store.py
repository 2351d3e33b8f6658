from __future__ import annotations

import msgspec

from desktop.events import Profile
from desktop.storage.people_store import StoredRequest, profile_of
from desktop.storage.storage import Storage
from shared.identifiers import AccountId
from shared.rest import ContactInfo, UserProfile

BEN = UserProfile(account=5, user_name="ben", nickname="Ben", signature="hi", avatar="ab")
CARL = UserProfile(account=6, user_name="carl", nickname="Carl")


def contact(user: UserProfile) -> ContactInfo:
    return ContactInfo(profile=user, since_ms=1, requested_by=5, is_online=True, last_seen_ms=9)


def request(user: UserProfile, *, is_own: bool) -> StoredRequest:
    return StoredRequest(profile=profile_of(user), is_own=is_own, at_ms=3, greeting="hello")


def test_a_profile_says_whether_it_is_new(storage: Storage) -> None:
    profile = profile_of(BEN)

    news = [
        storage.people.save_profile(profile),
        storage.people.save_profile(profile),
        storage.people.save_profile(msgspec.structs.replace(profile, nickname="Benjamin")),
    ]

    assert news == [True, False, True]
    assert storage.people.profile(5).nickname == "Benjamin"
    assert storage.people.profile(99) == Profile(account=AccountId(99), user_name="", nickname="")


def test_the_list_of_contacts_is_replaced_whole(storage: Storage) -> None:
    changed = storage.people.replace_contacts([contact(BEN)], [request(CARL, is_own=False)])
    before = storage.people.contacts(), storage.people.requests()

    storage.people.replace_contacts([contact(CARL)], [])

    assert [profile.account for profile in changed] == [5, 6]
    assert [each.profile.account for each in before[0]] == [5]
    assert before[1] == [request(CARL, is_own=False)]
    assert [each.profile.account for each in storage.people.contacts()] == [6]
    assert storage.people.requests() == []
    assert storage.people.is_contact(6)
    assert not storage.people.is_contact(5)


def test_when_a_contact_was_last_seen_is_kept(storage: Storage) -> None:
    storage.people.replace_contacts([contact(BEN)], [])

    storage.people.set_last_seen(5, 77)

    assert storage.people.contacts()[0].last_seen_ms == 77


def test_the_avatars_used_longest_ago_go(storage: Storage) -> None:
    for number in range(501):
        storage.people.save_avatar(f"{number}", b"picture", now_ms=number)

    assert storage.people.avatar("0", now_ms=900) is None
    assert storage.people.avatar("500", now_ms=900) == b"picture"


def test_the_own_greeting_is_kept(storage: Storage) -> None:
    storage.people.save_own_greeting(5, "It's me")

    assert storage.people.own_greeting(5) == "It's me"
    assert storage.people.own_greeting(6) == ""

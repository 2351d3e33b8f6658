from __future__ import annotations

import hashlib
from functools import partial

import pytest

from backend.bus import EventStored
from shared import limits
from shared.e2ee.devices import list_hash
from shared.errors import Code, RefusedError
from shared.rest import DeviceListEntry, ProfileChange, SessionRequest
from tests.backend.office import ADDRESS, Insider, Office
from tests.backend.revoking import revocation_of

PNG = b"\x89PNG\r\n\x1a\n" + bytes(50)


@pytest.fixture
def anna(office: Office) -> Insider:
    return office.join("anna", nickname=" Anna B. ")


def test_a_profile_shows_names_as_they_were_meant(office: Office, anna: Insider) -> None:
    profile = office.services.profiles.profile(anna.account)

    assert (profile.user_name, profile.nickname, profile.signature, profile.avatar) == (
        "anna",
        "Anna B.",
        "",
        "",
    )


def test_a_change_is_told_to_contacts_and_own_devices(office: Office, anna: Insider) -> None:
    ben, carl = office.join("ben"), office.join("carl")
    office.befriend(anna, ben)
    office.heard.clear()

    changed = office.services.profiles.change(
        anna.account, ProfileChange(nickname="Anna C.", signature="Away")
    )

    told = {item.account for item in office.heard if isinstance(item, EventStored)}
    assert (changed.nickname, changed.signature) == ("Anna C.", "Away")
    assert told == {anna.account, ben.account}
    assert carl.account not in told


def test_what_is_not_named_stays(office: Office, anna: Insider) -> None:
    office.services.profiles.change(anna.account, ProfileChange(signature="Away"))

    changed = office.services.profiles.change(anna.account, ProfileChange(nickname="A"))

    assert (changed.nickname, changed.signature) == ("A", "Away")


def test_a_nickname_of_blanks_is_refused(office: Office, anna: Insider) -> None:
    with pytest.raises(RefusedError) as caught:
        office.services.profiles.change(anna.account, ProfileChange(nickname="  "))

    assert caught.value.code is Code.BAD_NICKNAME


def test_a_picture_is_found_by_its_hash(office: Office, anna: Insider) -> None:
    changed = office.services.profiles.set_avatar(anna.account, PNG, "image/png")

    assert changed.avatar == hashlib.blake2b(PNG, digest_size=32).hexdigest()
    assert office.services.profiles.avatar(changed.avatar) == (PNG, "image/png")
    assert office.services.profiles.clear_avatar(anna.account).avatar == ""


@pytest.mark.parametrize(
    ("content", "media_type", "code"),
    [
        (b"GIF89a", "image/gif", Code.UNSUPPORTED_MEDIA),
        (b"text", "image/png", Code.UNSUPPORTED_MEDIA),
        (PNG, "image/jpeg", Code.UNSUPPORTED_MEDIA),
        (PNG + bytes(limits.AVATAR_BYTES_MAX), "image/png", Code.TOO_LARGE),
    ],
)
def test_what_is_no_picture_is_refused(
    office: Office, anna: Insider, content: bytes, media_type: str, code: Code
) -> None:
    with pytest.raises(RefusedError) as caught:
        office.services.profiles.set_avatar(anna.account, content, media_type)

    assert caught.value.code is code


def test_people_are_found_however_their_name_is_written(office: Office, anna: Insider) -> None:
    profiles = office.services.profiles

    assert [user.account for user in profiles.find_by_name(" ＡNNA").users] == [anna.account]
    assert [user.account for user in profiles.find_by_prefix("AN").users] == [anna.account]
    assert profiles.find_by_name("ann").users == []
    assert profiles.find_by_prefix(" ").users == []


def test_unknown_accounts_are_not_found(office: Office) -> None:
    profiles = office.services.profiles
    for ask in (profiles.profile, partial(profiles.keys, by=5)):
        with pytest.raises(RefusedError) as caught:
            ask(5)
        assert caught.value.code is Code.NOT_FOUND


def test_keys_are_those_of_the_registration(office: Office, anna: Insider) -> None:
    keys = office.services.profiles.keys(anna.account, by=anna.account)

    assert keys.root_key == anna.registration.root_key
    assert keys.archive_key == anna.registration.archive_key
    assert keys.device_list == [anna.registration.entry]


def names_in(entries: list[DeviceListEntry]) -> list[bytes]:
    return [each.certificate.sealed_name for each in entries if each.certificate is not None]


def test_the_names_of_devices_are_for_their_own_account(office: Office, anna: Insider) -> None:
    ben = office.join("ben")
    new = anna.root.certificate()
    request = SessionRequest(
        user_name=anna.name,
        auth_key=anna.registration.auth_key,
        device_id=new.device_id,
        entry=anna.root.append(new),
    )
    office.services.accounts.open_session(request, address=ADDRESS)
    revocation = revocation_of(
        anna.root, anna.registration, anna.device, sealed_for=(new.device_id,)
    )
    office.services.devices.revoke(anna.account, revocation, address=ADDRESS)

    own = office.services.profiles.keys(anna.account, by=anna.account)
    shown = office.services.profiles.keys(anna.account, by=ben.account)

    assert all(names_in(own.device_list))
    assert names_in(shown.device_list) == [b"", b""]
    assert list_hash(shown.device_list) == list_hash(own.device_list)
    assert [each.signature for each in shown.device_list] == [
        each.signature for each in own.device_list
    ]

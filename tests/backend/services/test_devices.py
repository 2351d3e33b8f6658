from __future__ import annotations

import secrets
from pathlib import Path

import msgspec
import pytest

from backend.bus import EventStored, SessionClosed
from backend.config import RateLimits
from shared.errors import Code, RefusedError
from shared.events import EventKind
from shared.rest import ArchiveKey, Credentials, SessionOpened, SessionRequest, VaultOpened
from shared.rest_devices import AccountDocument, DeviceName, KeyPackages, Revocation
from tests.backend.office import ADDRESS, Insider, Office
from tests.backend.revoking import revocation_of
from tests.backend.roots import Root


def second_device(office: Office, insider: Insider) -> SessionOpened:
    new = insider.root.certificate()
    request = SessionRequest(
        user_name=insider.name,
        auth_key=insider.registration.auth_key,
        device_id=new.device_id,
        entry=insider.root.append(new),
    )
    return office.services.accounts.open_session(request, address=ADDRESS)


def vault_of(office: Office, insider: Insider) -> VaultOpened:
    asked = Credentials(user_name=insider.name, auth_key=insider.registration.auth_key)
    return office.services.accounts.open_vault(asked, address=ADDRESS)


def revoke(office: Office, insider: Insider, revocation: Revocation) -> None:
    office.services.devices.revoke(insider.account, revocation, address=ADDRESS)


def refusal_of(office: Office, insider: Insider, revocation: Revocation) -> Code:
    before = (
        vault_of(office, insider),
        office.services.profiles.keys(insider.account, by=insider.account),
    )
    with pytest.raises(RefusedError) as caught:
        revoke(office, insider, revocation)
    # All or nothing.
    assert (
        vault_of(office, insider),
        office.services.profiles.keys(insider.account, by=insider.account),
    ) == before
    return caught.value.code


def told(office: Office, kind: EventKind) -> list[int]:
    return sorted(
        heard.account
        for heard in office.heard
        if isinstance(heard, EventStored) and heard.event.kind == kind
    )


def test_all_devices_are_shown_with_what_they_are(office: Office) -> None:
    anna = office.join("anna")
    second = second_device(office, anna)
    office.services.accounts.close_session(
        account=anna.account, device=anna.device, forget_device=False
    )

    overview = office.services.devices.overview(anna.account, second.device_id)

    first, other = overview.devices
    assert first.certificate == anna.registration.device
    assert (first.is_current, first.has_session, first.is_revoked) == (False, False, False)
    assert (other.is_current, other.has_session, other.is_revoked) == (True, True, False)
    assert other.created_ms == office.clock.now_ms


def test_when_a_device_was_seen_is_known_before_and_after_it_is_stored(office: Office) -> None:
    anna = office.join("anna")
    office.clock.now_ms += 5_000
    office.services.devices.note_seen(anna.device)
    before = office.services.devices.overview(anna.account, anna.device)

    office.services.devices.flush_seen()
    office.services.devices.flush_seen()

    after = office.services.devices.overview(anna.account, anna.device)
    assert before.devices[0].last_seen_ms == after.devices[0].last_seen_ms == office.clock.now_ms


@pytest.mark.logs_warnings
def test_seen_devices_that_cannot_be_stored_are_let_go(tmp_path: Path) -> None:
    office = Office(tmp_path / "data")
    anna = office.join("anna")
    office.services.devices.note_seen(anna.device)
    office.app.writer.stop()

    office.services.devices.flush_seen()

    office.close()


def test_a_device_gets_another_name(office: Office) -> None:
    anna = office.join("anna")

    office.services.devices.rename(anna.account, anna.device, DeviceName(sealed_name=b"new"))

    overview = office.services.devices.overview(anna.account, anna.device)
    assert overview.devices[0].certificate.sealed_name == b"new"
    assert told(office, EventKind.DEVICES_CHANGED) == [anna.account]


def test_only_an_own_device_can_be_named(office: Office) -> None:
    anna, ben = office.join("anna"), office.join("ben")

    for device in (ben.device, 5):
        with pytest.raises(RefusedError) as caught:
            office.services.devices.rename(anna.account, device, DeviceName(sealed_name=b"x"))
        assert caught.value.code is Code.NOT_FOUND


def test_revoking_changes_everything_at_once(office: Office) -> None:
    anna, ben, carl = office.join("anna"), office.join("ben"), office.join("carl")
    office.befriend(anna, ben)
    second = second_device(office, anna)
    office.services.key_packages.publish(second.device_id, KeyPackages(packages=[b"package"]))
    asked = revocation_of(anna.root, anna.registration, second.device_id, sealed_for=(anna.device,))
    asked = msgspec.structs.replace(asked, account_document=AccountDocument(version=1, sealed=b"d"))
    office.heard.clear()

    revoke(office, anna, asked)

    keys, vault = (
        office.services.profiles.keys(anna.account, by=anna.account),
        vault_of(office, anna),
    )
    overview = office.services.devices.overview(anna.account, anna.device)
    with pytest.raises(RefusedError):
        office.services.accounts.authenticate(f"Bearer {second.token}")
    assert SessionClosed(second.device_id) in office.heard
    assert keys.device_list == anna.root.entries
    assert keys.archive_key == asked.archive_key
    assert (vault.vault, vault.vault_version) == (asked.vault, 2)
    assert overview.sealed_archive == asked.sealed_archives[0].sealed
    assert [device.is_revoked for device in overview.devices] == [False, True]
    assert office.services.account_documents.document(anna.account) == asked.account_document
    assert office.services.key_packages.stock(second.device_id).count == 0
    assert told(office, EventKind.DEVICES_CHANGED) == sorted([anna.account, ben.account])
    assert told(office, EventKind.ACCOUNT_DOCUMENT_CHANGED) == [anna.account]
    assert carl.account not in told(office, EventKind.DEVICES_CHANGED)


def test_co_members_hear_of_it_too(office: Office) -> None:
    anna, ben = office.join("anna"), office.join("ben")
    office.converse(anna, ben)
    office.services.contacts.remove(anna.account, ben.account)
    second = second_device(office, anna)
    office.heard.clear()

    revoke(office, anna, revocation_of(anna.root, anna.registration, second.device_id))

    assert told(office, EventKind.DEVICES_CHANGED) == sorted([anna.account, ben.account])


def test_a_repeat_is_no_error_and_changes_nothing(office: Office) -> None:
    anna = office.join("anna")
    second = second_device(office, anna)
    asked = revocation_of(anna.root, anna.registration, second.device_id)
    revoke(office, anna, asked)

    revoke(office, anna, asked)

    assert vault_of(office, anna).vault_version == 2


def test_a_revoked_device_never_comes_back(office: Office) -> None:
    anna = office.join("anna")
    second = second_device(office, anna)
    revoke(office, anna, revocation_of(anna.root, anna.registration, second.device_id))
    request = SessionRequest(
        user_name="anna", auth_key=anna.registration.auth_key, device_id=second.device_id
    )

    with pytest.raises(RefusedError) as caught:
        office.services.accounts.open_session(request, address=ADDRESS)

    assert caught.value.code is Code.BAD_CERTIFICATE


def test_a_wrong_password_revokes_nothing(office: Office) -> None:
    anna = office.join("anna")
    asked = revocation_of(anna.root, anna.registration, anna.device)

    wrong = msgspec.structs.replace(asked, auth_key=secrets.token_bytes(32))

    assert refusal_of(office, anna, wrong) is Code.WRONG_CREDENTIALS


def test_what_has_changed_meanwhile_is_a_conflict(office: Office) -> None:
    anna = office.join("anna")
    second = second_device(office, anna)
    asked = revocation_of(anna.root, anna.registration, second.device_id)
    third = anna.root.certificate()
    anna.root.entries.pop()
    entry = anna.root.append(third)
    old = ArchiveKey(number=1, key=bytes(32), signature=bytes(64))
    replace = msgspec.structs.replace

    assert refusal_of(office, anna, replace(asked, vault_version=2)) is Code.CONFLICT
    assert refusal_of(office, anna, replace(asked, archive_key=old)) is Code.CONFLICT
    document = AccountDocument(version=7, sealed=b"d")
    assert refusal_of(office, anna, replace(asked, account_document=document)) is Code.CONFLICT
    request = SessionRequest(
        user_name="anna",
        auth_key=anna.registration.auth_key,
        device_id=third.device_id,
        entry=entry,
    )
    office.services.accounts.open_session(request, address=ADDRESS)
    assert refusal_of(office, anna, asked) is Code.CONFLICT


def test_what_the_root_did_not_sign_is_refused(office: Office) -> None:
    anna = office.join("anna")
    second = second_device(office, anna)
    asked = revocation_of(anna.root, anna.registration, second.device_id)
    other = Root()
    other.archive()
    other.entries = anna.root.entries[:2]
    forged = other.append(revoked=second.device_id)
    replace = msgspec.structs.replace

    assert refusal_of(office, anna, replace(asked, entries=[forged])) is Code.BAD_CERTIFICATE
    stranger = replace(asked, archive_key=other.archive())
    assert refusal_of(office, anna, stranger) is Code.BAD_CERTIFICATE


def test_only_own_devices_that_are_there_can_be_revoked(office: Office) -> None:
    anna, ben = office.join("anna"), office.join("ben")
    for device in (ben.device, 5):
        asked = revocation_of(anna.root, anna.registration, device)
        anna.root.entries.pop()
        assert refusal_of(office, anna, asked) is Code.NOT_FOUND

    comes = anna.root.next_entry(anna.root.certificate())
    empty = anna.root.next_entry()
    for entry in (comes, empty):
        asked = msgspec.structs.replace(
            revocation_of(anna.root, anna.registration), entries=[entry]
        )
        assert refusal_of(office, anna, asked) is Code.BAD_CERTIFICATE


def test_an_archive_is_sealed_to_remaining_devices_only(office: Office) -> None:
    anna = office.join("anna")
    gone = second_device(office, anna).device_id

    asked = revocation_of(anna.root, anna.registration, gone, sealed_for=(gone,))

    assert refusal_of(office, anna, asked) is Code.NOT_FOUND


def test_guessing_the_password_here_counts_as_logging_in(tmp_path: Path) -> None:
    office = Office(tmp_path / "data", rate_limits=RateLimits(logins_per_account="1/hour"))
    anna = office.join("anna")
    asked = revocation_of(anna.root, anna.registration, anna.device)
    wrong = msgspec.structs.replace(asked, auth_key=bytes(32))
    codes = []
    for _ in range(2):
        with pytest.raises(RefusedError) as caught:
            revoke(office, anna, wrong)
        codes.append(caught.value.code)
    office.close()

    assert codes == [Code.WRONG_CREDENTIALS, Code.RATE_LIMITED]


def test_secrets_are_in_no_repr(office: Office) -> None:
    anna = office.join("anna")
    asked = revocation_of(anna.root, anna.registration, anna.device, sealed_for=(anna.device,))

    assert repr(asked) == "Revocation()"
    assert repr(asked.sealed_archives[0]) == f"SealedArchive({anna.device})"

from __future__ import annotations

import secrets
from pathlib import Path

import msgspec
import pytest

from backend.bus import EventStored, SessionClosed
from backend.config import RateLimits
from shared import limits
from shared.errors import Code, RefusedError
from shared.events import EventKind
from shared.rest import Credentials, Registration, SessionOpened, SessionRequest
from tests.backend.office import ADDRESS, Insider, Office
from tests.backend.people import registration
from tests.backend.roots import Root


def credentials(insider: Insider, **changes: object) -> Credentials:
    made = Credentials(
        user_name=insider.registration.user_name, auth_key=insider.registration.auth_key
    )
    return msgspec.structs.replace(made, **changes)


def session_request(insider: Insider, **changes: object) -> SessionRequest:
    made = SessionRequest(
        user_name=insider.registration.user_name,
        auth_key=insider.registration.auth_key,
        device_id=insider.device,
    )
    return msgspec.structs.replace(made, **changes)


def refusal_of(office: Office, request: SessionRequest) -> Code:
    with pytest.raises(RefusedError) as caught:
        office.services.accounts.open_session(request, address=ADDRESS)
    return caught.value.code


def log_out(office: Office, insider: Insider, *, forget_device: bool = False) -> None:
    office.services.accounts.close_session(
        account=insider.account, device=insider.device, forget_device=forget_device
    )


def test_the_session_of_a_registration_is_good(office: Office) -> None:
    anna = office.join("anna")

    found = office.services.accounts.authenticate(f"Bearer {anna.token}")

    assert found == (anna.account, anna.device)
    assert len(anna.token) == 43


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Basic YQ==", "Bearer " + "x" * 43, "Bearer " + "x" * 999]
)
def test_no_other_header_is(office: Office, header: str) -> None:
    with pytest.raises(RefusedError) as caught:
        office.services.accounts.authenticate(header)

    assert caught.value.code is Code.UNAUTHENTICATED


@pytest.mark.parametrize("name", ["anna", "ANNA", "Ａnna", " anna "])
def test_a_user_name_is_given_once(office: Office, name: str) -> None:
    office.join("anna")

    with pytest.raises(RefusedError) as caught:
        office.join(name)

    assert caught.value.code is Code.USER_EXISTS


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"user_name": "an"}, Code.BAD_USER_NAME),
        ({"user_name": "an na"}, Code.BAD_USER_NAME),
        ({"nickname": " "}, Code.BAD_NICKNAME),
        ({"kdf_version": 2}, Code.CLIENT_TOO_OLD),
    ],
)
def test_a_registration_that_breaks_a_rule_is_refused(
    office: Office, changes: dict[str, object], code: Code
) -> None:
    asked = msgspec.structs.replace(registration("anna"), **changes)

    with pytest.raises(RefusedError) as caught:
        office.services.accounts.register(asked, address=ADDRESS)

    assert caught.value.code is code


def test_a_device_belongs_to_one_account(office: Office) -> None:
    anna = office.join("anna")
    root = Root()
    asked = registration("ben", root)
    taken = root.certificate(anna.device)
    root.entries.clear()
    asked = msgspec.structs.replace(asked, device=taken, entry=root.next_entry(taken))

    with pytest.raises(RefusedError) as caught:
        office.services.accounts.register(asked, address=ADDRESS)

    assert caught.value.code is Code.BAD_CERTIFICATE


def forged(name: str) -> Registration:
    """A registration in which somebody else's root has signed one thing."""
    root, other = Root(), Root()
    asked = registration("anna", root)
    device = asked.device
    root.entries.clear()
    match name:
        case "archive key":
            return msgspec.structs.replace(asked, archive_key=other.archive())
        case "list":
            return msgspec.structs.replace(asked, entry=other.next_entry(device))
        case "device":
            device = other.certificate()
            return msgspec.structs.replace(asked, device=device, entry=root.next_entry(device))
        case "another device":
            return msgspec.structs.replace(asked, device=root.certificate())
        case "a revocation":
            return msgspec.structs.replace(asked, entry=root.next_entry(revoked=device.device_id))
    raise AssertionError(name)


@pytest.mark.parametrize(
    "name", ["archive key", "list", "device", "another device", "a revocation"]
)
def test_a_registration_that_its_root_did_not_sign_is_refused(office: Office, name: str) -> None:
    with pytest.raises(RefusedError) as caught:
        office.services.accounts.register(forged(name), address=ADDRESS)

    assert caught.value.code is Code.BAD_CERTIFICATE


def test_the_vault_opens_with_the_right_key(office: Office) -> None:
    anna = office.join("anna")

    opened = office.services.accounts.open_vault(credentials(anna), address=ADDRESS)

    assert opened.vault == anna.registration.vault
    assert opened.devices == [anna.registration.entry]
    assert opened.root_key == anna.registration.root_key


def test_a_wrong_key_and_an_unknown_user_are_one_answer(office: Office) -> None:
    anna = office.join("anna")
    answers = []
    for asked in (
        credentials(anna, auth_key=secrets.token_bytes(32)),
        credentials(anna, user_name="nobody"),
    ):
        with pytest.raises(RefusedError) as caught:
            office.services.accounts.open_vault(asked, address=ADDRESS)
        answers.append((caught.value.code, caught.value.message))

    assert answers[0] == answers[1]
    assert answers[0][0] is Code.WRONG_CREDENTIALS


def test_a_new_session_takes_the_place_of_the_devices_last(office: Office) -> None:
    anna = office.join("anna")

    opened = office.services.accounts.open_session(session_request(anna), address=ADDRESS)

    accounts = office.services.accounts
    assert accounts.authenticate(f"Bearer {opened.token}") == (anna.account, anna.device)
    with pytest.raises(RefusedError):
        accounts.authenticate(f"Bearer {anna.token}")
    assert office.heard_of(SessionClosed) == [SessionClosed(anna.device)]


def test_a_wrong_key_opens_no_session(office: Office) -> None:
    anna = office.join("anna")

    code = refusal_of(office, session_request(anna, auth_key=secrets.token_bytes(32)))

    assert code is Code.WRONG_CREDENTIALS


def log_in_on_new(office: Office, insider: Insider) -> SessionOpened:
    new = insider.root.certificate()
    asked = session_request(insider, device_id=new.device_id, entry=insider.root.append(new))
    return office.services.accounts.open_session(asked, address=ADDRESS)


def test_devices_of_one_account_are_logged_in_at_once(office: Office) -> None:
    anna = office.join("anna")

    opened = log_in_on_new(office, anna)

    accounts = office.services.accounts
    assert accounts.authenticate(f"Bearer {anna.token}") == (anna.account, anna.device)
    assert accounts.authenticate(f"Bearer {opened.token}") == (anna.account, opened.device_id)


def test_a_new_device_is_in_the_list_and_all_are_told(office: Office) -> None:
    anna, ben, carl = office.join("anna"), office.join("ben"), office.join("carl")
    office.befriend(anna, ben)

    log_in_on_new(office, anna)

    keys = office.services.profiles.keys(anna.account, by=anna.account)
    assert [entry.number for entry in keys.device_list] == [1, 2]
    told = [
        heard.account
        for heard in office.heard
        if isinstance(heard, EventStored) and heard.event.kind == EventKind.DEVICES_CHANGED
    ]
    assert sorted(told) == sorted([anna.account, ben.account])
    assert carl.account not in told


def test_of_two_new_devices_at_once_the_second_tries_again(office: Office) -> None:
    anna = office.join("anna")
    new = anna.root.certificate()
    late = session_request(anna, device_id=new.device_id, entry=anna.root.next_entry(new))
    log_in_on_new(office, anna)

    code = refusal_of(office, late)
    again = msgspec.structs.replace(late, entry=anna.root.append(new))
    office.services.accounts.open_session(again, address=ADDRESS)

    assert code is Code.CONFLICT
    assert len(office.services.profiles.keys(anna.account, by=anna.account).device_list) == 3


def test_a_login_whose_answer_was_lost_can_be_repeated(office: Office) -> None:
    anna = office.join("anna")
    new = anna.root.certificate()
    asked = session_request(anna, device_id=new.device_id, entry=anna.root.append(new))
    office.services.accounts.open_session(asked, address=ADDRESS)

    again = office.services.accounts.open_session(asked, address=ADDRESS)

    assert again.device_id == new.device_id
    assert len(office.services.profiles.keys(anna.account, by=anna.account).device_list) == 2


def test_a_known_device_with_other_keys_is_refused(office: Office) -> None:
    anna = office.join("anna")
    other = anna.root.certificate(anna.device)

    code = refusal_of(office, session_request(anna, entry=anna.root.next_entry(other)))

    assert code is Code.BAD_CERTIFICATE


def test_an_account_has_a_bounded_number_of_devices(office: Office) -> None:
    anna = office.join("anna")
    for _ in range(limits.DEVICES_MAX - 1):
        log_in_on_new(office, anna)
    new = anna.root.certificate()

    code = refusal_of(
        office, session_request(anna, device_id=new.device_id, entry=anna.root.next_entry(new))
    )

    assert code is Code.DEVICE_LIMIT


def test_a_new_device_needs_its_entry(office: Office) -> None:
    anna = office.join("anna")
    from_another = anna.root.next_entry(anna.root.certificate(6))

    without = refusal_of(office, session_request(anna, device_id=5))
    of_another = refusal_of(office, session_request(anna, device_id=5, entry=from_another))

    assert without is of_another is Code.BAD_CERTIFICATE


def test_somebody_elses_device_is_refused(office: Office) -> None:
    anna, ben = office.join("anna"), office.join("ben")
    log_out(office, anna)

    code = refusal_of(office, session_request(anna, device_id=ben.device))

    assert code is Code.BAD_CERTIFICATE


def test_a_logged_out_device_can_come_back_unless_it_was_forgotten(office: Office) -> None:
    anna = office.join("anna")
    log_out(office, anna)
    office.services.accounts.open_session(session_request(anna), address=ADDRESS)
    log_out(office, anna, forget_device=True)

    code = refusal_of(office, session_request(anna))

    assert code is Code.BAD_CERTIFICATE


def test_echo_becomes_a_contact_of_new_accounts(tmp_path: Path) -> None:
    office = Office(tmp_path / "data", echo="Echo")
    echo = office.join("echo")

    anna = office.join("anna")

    contacts = office.services.contacts.listing(echo.account).contacts
    office.close()
    assert [(c.profile.account, c.requested_by) for c in contacts] == [(anna.account, anna.account)]
    told = [heard.account for heard in office.heard if isinstance(heard, EventStored)]
    assert sorted(told) == sorted([anna.account, echo.account])


def test_echo_meets_whoever_was_faster_to_register(tmp_path: Path) -> None:
    office = Office(tmp_path / "data", echo="Echo")
    anna = office.join("anna")

    echo = office.join("echo")

    contacts = office.services.contacts.listing(echo.account).contacts
    office.close()
    assert [(c.profile.account, c.requested_by) for c in contacts] == [(anna.account, anna.account)]


def test_logging_in_too_often_is_refused_with_when_to_try_again(tmp_path: Path) -> None:
    office = Office(tmp_path / "data", rate_limits=RateLimits(logins_per_account="2/hour"))
    anna = office.join("anna")
    for _ in range(2):
        office.services.accounts.open_vault(credentials(anna), address=ADDRESS)

    with pytest.raises(RefusedError) as caught:
        office.services.accounts.open_vault(credentials(anna), address="10.0.0.1")

    office.close()
    assert caught.value.code is Code.RATE_LIMITED
    assert int(getattr(caught.value, "details")["retry_after_ms"]) > 1_000_000  # noqa: B009


def test_secrets_are_in_no_repr(office: Office) -> None:
    anna = office.join("anna")

    shown = repr(anna.registration) + repr(credentials(anna)) + repr(session_request(anna))

    assert "auth_key" not in shown

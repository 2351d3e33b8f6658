from __future__ import annotations

import secrets

import msgspec
import pytest

from backend.bus import EventStored, SessionClosed
from backend.services.resets import TOKEN_LIFETIME_MS, allow_reset
from shared.errors import Code, LocalError, RefusedError
from shared.events import EventKind
from shared.frames import Accepted, Refused
from shared.rest import Credentials, PastRoot, SessionOpened
from shared.rest_devices import AccountDocument, AccountReset, KeyPackages
from tests.backend.office import ADDRESS, Insider, Office
from tests.backend.people import message
from tests.backend.revoking import reset_of
from tests.backend.roots import Root


def token_for(office: Office, insider: Insider) -> str:
    return office.services.context.change(
        lambda unit: allow_reset(unit.session, insider.name, now_ms=unit.now_ms)
    )


def reset(office: Office, asked: AccountReset) -> SessionOpened:
    return office.services.resets.reset(asked, address=ADDRESS)


def refusal_of(office: Office, asked: AccountReset) -> Code:
    with pytest.raises(RefusedError) as caught:
        reset(office, asked)
    return caught.value.code


def test_a_reset_begins_anew_and_keeps_the_old_root_readable(office: Office) -> None:
    anna, ben = office.join("anna"), office.join("ben")
    office.befriend(anna, ben)
    office.services.account_documents.replace(
        anna.account, AccountDocument(version=1, sealed=b"old")
    )
    office.services.key_packages.publish(anna.device, KeyPackages(packages=[b"package"]))
    root = Root()
    asked = reset_of("Anna", token_for(office, anna), root, root.certificate())
    office.heard.clear()

    opened = reset(office, asked)

    accounts, keys = (
        office.services.accounts,
        office.services.profiles.keys(anna.account, by=anna.account),
    )
    assert accounts.authenticate(f"Bearer {opened.token}") == (anna.account, opened.device_id)
    with pytest.raises(RefusedError):
        accounts.authenticate(f"Bearer {anna.token}")
    assert SessionClosed(anna.device) in office.heard
    assert (keys.root_key, keys.archive_key) == (root.key, asked.archive_key)
    assert keys.device_list == root.entries
    assert keys.past == [PastRoot(root_key=anna.root.key, device_list=anna.root.entries)]
    others_view = office.services.profiles.keys(anna.account, by=ben.account)
    assert [
        each.certificate and each.certificate.sealed_name
        for root_before in others_view.past
        for each in root_before.device_list
    ] == [b""]
    vault = accounts.open_vault(
        Credentials(user_name="anna", auth_key=asked.auth_key), address=ADDRESS
    )
    assert (vault.vault, vault.vault_version) == (asked.vault, 2)
    assert office.services.account_documents.document(anna.account).version == 0
    assert office.services.key_packages.stock(anna.device).count == 0
    told = [
        heard.account
        for heard in office.heard
        if isinstance(heard, EventStored) and heard.event.kind == EventKind.DEVICES_CHANGED
    ]
    assert sorted(told) == sorted([anna.account, ben.account])


def test_the_devices_of_the_old_root_are_gone(office: Office) -> None:
    anna = office.join("anna")
    root = Root()
    asked = reset_of("anna", token_for(office, anna), root, root.certificate())

    opened = reset(office, asked)

    overview = office.services.devices.overview(anna.account, opened.device_id)
    assert [device.certificate for device in overview.devices] == [asked.device]


def test_a_token_is_good_once(office: Office) -> None:
    anna = office.join("anna")
    token, root, again = token_for(office, anna), Root(), Root()
    reset(office, reset_of("anna", token, root, root.certificate()))

    code = refusal_of(office, reset_of("anna", token, again, again.certificate()))

    assert code is Code.WRONG_CREDENTIALS


def test_a_token_is_good_for_a_day_and_for_one_account(office: Office) -> None:
    anna, ben = office.join("anna"), office.join("ben")
    token, root = token_for(office, anna), Root()
    asked = reset_of("anna", token, root, root.certificate())
    replace = msgspec.structs.replace

    assert refusal_of(office, replace(asked, user_name=ben.name)) is Code.WRONG_CREDENTIALS
    assert refusal_of(office, replace(asked, user_name="nobody")) is Code.WRONG_CREDENTIALS
    assert refusal_of(office, replace(asked, reset_token="x")) is Code.WRONG_CREDENTIALS
    office.clock.now_ms += TOKEN_LIFETIME_MS
    assert refusal_of(office, asked) is Code.WRONG_CREDENTIALS


def test_a_newer_token_takes_the_place_of_the_older(office: Office) -> None:
    anna, root = office.join("anna"), Root()
    older = token_for(office, anna)
    newer = token_for(office, anna)
    asked = reset_of("anna", older, root, root.certificate())

    assert refusal_of(office, asked) is Code.WRONG_CREDENTIALS
    reset(office, msgspec.structs.replace(asked, reset_token=newer))


def test_a_new_root_must_have_signed_what_comes_with_it(office: Office) -> None:
    anna, root, other = office.join("anna"), Root(), Root()
    asked = reset_of("anna", token_for(office, anna), root, root.certificate())
    replace = msgspec.structs.replace
    forged = [
        replace(asked, archive_key=other.archive()),
        replace(asked, device=root.certificate()),
        replace(asked, root_key=other.key, archive_key=other.archive()),
    ]

    codes = {refusal_of(office, each) for each in forged}

    assert codes == {Code.BAD_CERTIFICATE}
    assert refusal_of(office, replace(asked, kdf_version=2)) is Code.CLIENT_TOO_OLD
    reset(office, asked)  # The token is still good.


def test_the_old_root_is_no_new_one(office: Office) -> None:
    anna = office.join("anna")
    device = anna.root.certificate()
    asked = reset_of("anna", token_for(office, anna), anna.root, device)

    assert refusal_of(office, asked) is Code.BAD_CERTIFICATE


def test_nobody_is_no_account(office: Office) -> None:
    def allow() -> str:
        return office.services.context.read(
            lambda session: allow_reset(session, "nobody", now_ms=0)
        )

    with pytest.raises(LocalError, match="no account"):
        allow()


def test_the_token_is_stored_nowhere(office: Office) -> None:
    anna = office.join("anna")
    token = token_for(office, anna)
    office.settle()

    stored = b"".join(
        path.read_bytes() for path in office.services.context.settings.data.glob("mim.sqlite*")
    )

    root = Root()
    asked = reset_of("anna", token, root, root.certificate())
    assert token.encode() not in stored
    assert token not in repr(asked)
    assert secrets.compare_digest(repr(asked), "AccountReset()")


def test_in_old_conversations_the_new_root_cannot_write(office: Office) -> None:
    anna, ben = office.join("anna"), office.join("ben")
    conversation = office.converse(anna, ben)
    assert isinstance(office.submit(anna, message(conversation, 2)), Accepted)
    root = Root()
    asked = reset_of("anna", token_for(office, anna), root, root.certificate())
    anna.device = reset(office, asked).device_id

    refused = office.submit(anna, message(conversation, 1))

    assert isinstance(refused, Refused)
    assert refused.code is Code.FORBIDDEN
    assert isinstance(office.submit(ben, message(conversation, 1)), Accepted)

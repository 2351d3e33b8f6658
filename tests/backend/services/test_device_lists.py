from __future__ import annotations

import secrets

import msgspec
import pytest

from shared.errors import Code, RefusedError
from shared.rest import DeviceListEntry, SessionRequest
from tests.backend.office import ADDRESS, Insider, Office
from tests.backend.roots import Root


def refusal(office: Office, insider: Insider, entry: DeviceListEntry | None, device: int) -> Code:
    asked = SessionRequest(
        user_name=insider.name,
        auth_key=insider.registration.auth_key,
        device_id=device,
        entry=entry,
    )
    with pytest.raises(RefusedError) as caught:
        office.services.accounts.open_session(asked, address=ADDRESS)
    return caught.value.code


def test_an_entry_has_to_be_the_next(office: Office) -> None:
    anna = office.join("anna")
    device = anna.root.certificate()
    entry = msgspec.structs.replace(anna.root.next_entry(device), number=3)

    assert refusal(office, anna, entry, device.device_id) is Code.CONFLICT


def test_the_root_has_to_sign_entry_and_device(office: Office) -> None:
    anna = office.join("anna")
    device = anna.root.certificate()
    unsigned = msgspec.structs.replace(
        anna.root.next_entry(device), signature=secrets.token_bytes(64)
    )
    strange = anna.root.next_entry(Root().certificate(device.device_id))

    assert refusal(office, anna, unsigned, device.device_id) is Code.BAD_CERTIFICATE
    assert refusal(office, anna, strange, device.device_id) is Code.BAD_CERTIFICATE


def test_an_entry_for_another_device_or_none_is_refused(office: Office) -> None:
    anna = office.join("anna")
    device = anna.root.certificate()
    entry = anna.root.next_entry(device)

    assert refusal(office, anna, entry, device.device_id + 1) is Code.BAD_CERTIFICATE
    assert refusal(office, anna, None, device.device_id) is Code.BAD_CERTIFICATE

from __future__ import annotations

from shared.errors import Code
from shared.rest_devices import AccountDocument, DeviceName, DeviceOverview
from tests.backend.api.conftest import Api, code_of, read
from tests.backend.office import Insider
from tests.backend.revoking import revocation_of


def test_devices_are_shown_and_named(api: Api, anna: Insider) -> None:
    renamed = api("PUT", f"/v1/devices/{anna.device}/name", DeviceName(sealed_name=b"n"), who=anna)

    overview = read(api("GET", "/v1/devices", who=anna), DeviceOverview)
    nobodys = api("PUT", "/v1/devices/x/name", DeviceName(sealed_name=b"n"), who=anna)

    assert (renamed.status_code, renamed.data) == (204, b"")
    assert overview.devices[0].certificate.sealed_name == b"n"
    assert code_of(nobodys) is Code.NOT_FOUND


def test_a_device_may_end_itself(api: Api, anna: Insider) -> None:
    asked = revocation_of(anna.root, anna.registration, anna.device)

    response = api("POST", "/v1/devices/revocations", asked, who=anna)

    after = api("GET", "/v1/devices", who=anna)
    assert response.status_code == 204
    assert code_of(after) is Code.UNAUTHENTICATED


def test_the_account_document_is_replaced_version_by_version(api: Api, anna: Insider) -> None:
    document = AccountDocument(version=1, sealed=b"sealed")

    stored = api("PUT", "/v1/account-document", document, who=anna)
    found = read(api("GET", "/v1/account-document", who=anna), AccountDocument)
    late = AccountDocument(version=1, sealed=b"late")
    conflict = api("PUT", "/v1/account-document", late, who=anna)

    assert (stored.status_code, found) == (204, document)
    assert (conflict.status_code, code_of(conflict)) == (409, Code.CONFLICT)

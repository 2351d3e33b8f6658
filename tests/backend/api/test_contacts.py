from __future__ import annotations

from shared.errors import Code
from shared.rest import ContactList, ContactRequest
from tests.backend.api.conftest import Api, code_of, read
from tests.backend.office import Insider


def test_a_friendship_from_request_to_end(api: Api, anna: Insider, ben: Insider) -> None:
    request = ContactRequest(account=ben.account, greeting=b"sealed")

    asked = api("POST", "/v1/contact-requests", request, who=anna)
    accepted = api("POST", f"/v1/contact-requests/{anna.account}/accept", who=ben)
    listed = read(api("GET", "/v1/contacts", who=anna), ContactList)
    ended = read(api("DELETE", f"/v1/contacts/{ben.account}", who=anna), ContactList)

    assert (asked.status_code, accepted.status_code) == (201, 200)
    assert [contact.profile.account for contact in listed.contacts] == [ben.account]
    assert ended.contacts == []


def test_requests_can_be_withdrawn_and_declined(api: Api, anna: Insider, ben: Insider) -> None:
    request = ContactRequest(account=ben.account)
    api("POST", "/v1/contact-requests", request, who=anna)
    withdrawn = read(api("DELETE", f"/v1/contact-requests/{ben.account}", who=anna), ContactList)
    api("POST", "/v1/contact-requests", request, who=anna)

    declined = read(
        api("POST", f"/v1/contact-requests/{anna.account}/decline", who=ben), ContactList
    )

    assert withdrawn.requests == declined.requests == []


def test_each_refusal_has_its_status(api: Api, anna: Insider, ben: Insider) -> None:
    def ask(account: int) -> tuple[int, Code]:
        response = api("POST", "/v1/contact-requests", ContactRequest(account=account), who=anna)
        return response.status_code, code_of(response)

    oneself = ask(anna.account)
    unknown = ask(5)
    api("POST", "/v1/contact-requests", ContactRequest(account=ben.account), who=anna)
    again = ask(ben.account)
    strange = api("DELETE", f"/v1/contacts/{ben.account}", who=anna)

    assert oneself == (400, Code.ONESELF)
    assert unknown == (404, Code.UNKNOWN_USER)
    assert again == (409, Code.ALREADY_REQUESTED)
    assert (strange.status_code, code_of(strange)) == (403, Code.NOT_CONTACT)


def test_somebody_is_blocked_and_let_through_again(api: Api, anna: Insider, ben: Insider) -> None:
    blocked = read(api("PUT", f"/v1/blocks/{ben.account}", who=anna), ContactList)
    again = read(api("DELETE", f"/v1/blocks/{ben.account}", who=anna), ContactList)
    unknown = api("PUT", "/v1/blocks/nobody", who=anna)
    oneself = api("PUT", f"/v1/blocks/{anna.account}", who=anna)

    assert [profile.account for profile in blocked.blocked] == [ben.account]
    assert again.blocked == []
    assert (unknown.status_code, code_of(unknown)) == (404, Code.UNKNOWN_USER)
    assert (oneself.status_code, code_of(oneself)) == (400, Code.ONESELF)
    assert api("PUT", f"/v1/blocks/{ben.account}").status_code == 401

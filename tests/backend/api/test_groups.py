from __future__ import annotations

from shared.errors import Code
from shared.rest_groups import JoinRequest, JoinRequestList, Leaving, WarrantList
from tests.backend.api.conftest import Api, code_of, read
from tests.backend.grouped import Group
from tests.backend.office import Insider


def test_a_wish_to_leave_waits_for_the_others(api: Api, anna: Insider, ben: Insider) -> None:
    group = Group(api.office, anna, ben)
    path = f"/v1/conversations/{group.number}"
    warrant = group.leave(ben)

    response = api("POST", f"{path}/leave", Leaving(warrant=warrant), who=ben)

    assert response.status_code == 204
    assert read(api("GET", f"{path}/warrants", who=anna), WarrantList).warrants == [warrant]


def test_a_revocation_waits_for_a_commit(api: Api, anna: Insider, ben: Insider) -> None:
    group = Group(api.office, anna, ben)
    path = f"/v1/conversations/{group.number}/warrants"
    listed = WarrantList(warrants=[group.revoke(ben, 5)])

    assert api("POST", path, listed, who=ben).status_code == 204
    assert code_of(api("POST", path, listed, who=anna)) is Code.FORBIDDEN
    assert read(api("GET", path, who=anna), WarrantList) == listed


def test_asking_to_come_in(api: Api, anna: Insider, ben: Insider) -> None:
    group = Group(api.office, anna)
    path = f"/v1/conversations/{group.number}/join-requests"
    request = JoinRequest(root_key=ben.root.key, invite=group.invite(anna, ben))

    assert api("POST", path, request, who=ben).status_code == 201
    (found,) = read(api("GET", path, who=anna), JoinRequestList).requests
    assert (found.profile.account, found.invite) == (ben.account, request.invite)
    assert code_of(api("GET", path, who=ben)) is Code.NOT_FOUND
    assert api("DELETE", f"{path}/{ben.account}", who=ben).status_code == 204
    assert code_of(api("DELETE", f"{path}/{ben.account}", who=ben)) is Code.NO_REQUEST
    assert code_of(api("DELETE", f"{path}/nobody", who=ben)) is Code.NO_REQUEST

"""Who may open a link; the refusals are in the table of ``test_malformed``."""

from __future__ import annotations

import pytest
from websockets.exceptions import InvalidStatus

from shared import limits
from shared.frames import SUBPROTOCOL_MSGPACK
from tests.backend.conftest import MakePerson
from tests.backend.office import Office


def test_a_link_opens_with_a_token_in_either_subprotocol(person: MakePerson) -> None:
    anna = person("anna")

    for as_json in (False, True):
        link = anna.online(as_json=as_json)
        link.close()


def test_a_link_needs_a_token(person: MakePerson) -> None:
    with pytest.raises(InvalidStatus) as caught:
        person("anna").link(token="x" * 43)

    assert caught.value.response.status_code == 401


def test_a_full_server_says_so_before_the_upgrade(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "LINKS_PER_SERVER_MAX", 0)
    anna = office.join("anna")

    response = office.app.flask.test_client().get(
        "/v1/link",
        headers={
            "Authorization": f"Bearer {anna.token}",
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Protocol": SUBPROTOCOL_MSGPACK,
        },
    )

    assert response.status_code == 503

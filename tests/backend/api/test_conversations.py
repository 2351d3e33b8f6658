from __future__ import annotations

import msgspec

from shared.errors import Code
from shared.rest import Conversation, ConversationList, EntryPage, ErrorBody, RecordList
from shared.roster import hash_document
from tests.backend.api.conftest import Api, code_of, read
from tests.backend.office import Insider
from tests.backend.people import creation_of, message, new_id


def test_a_conversation_can_be_made_and_read(api: Api, anna: Insider, ben: Insider) -> None:
    api.office.befriend(anna, ben)
    creation = creation_of(new_id(), anna, ben)

    response = api("POST", "/v1/conversations", creation, who=anna)
    made = read(response, Conversation)
    path = f"/v1/conversations/{made.conversation_id}"
    api.office.submit(anna, message(made.conversation_id, 2))

    entries = read(api("GET", f"{path}/entries?after=1&limit=5", who=ben), EntryPage)
    records = read(api("GET", f"{path}/records", who=ben), RecordList)
    digest = hash_document(creation.document).hex()
    document = api("GET", f"{path}/documents/{digest}", who=ben)
    listed = read(api("GET", "/v1/conversations", who=ben), ConversationList)

    assert response.status_code == 201
    assert [entry.sequence for entry in entries.entries] == [2]
    assert [record.record for record in records.records] == [creation.records[1].record]
    assert document.data == creation.document
    assert [found.head for found in listed.conversations] == [2]
    assert read(api("GET", path, who=ben), Conversation) == listed.conversations[0]


def test_a_second_one_names_the_first(api: Api, anna: Insider, ben: Insider) -> None:
    chat = api.office.converse(anna, ben)

    response = api("POST", "/v1/conversations", creation_of(new_id(), ben, anna), who=ben)

    error = msgspec.json.decode(response.data, type=ErrorBody).error
    assert (response.status_code, error.code) == (409, Code.EXISTS)
    assert error.details == {"conversation_id": str(chat)}


def test_a_strangers_conversation_is_404(api: Api, anna: Insider, ben: Insider) -> None:
    chat = api.office.converse(anna, ben)
    carl = api.office.join("carl")

    for path in ("", "/entries", "/records", f"/documents/{'0' * 64}"):
        response = api("GET", f"/v1/conversations/{chat}{path}", who=carl)
        assert (response.status_code, code_of(response)) == (404, Code.NOT_FOUND)

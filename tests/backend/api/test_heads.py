from __future__ import annotations

from shared.rest_groups import HeadList, HeadQuestion
from tests.backend.api.conftest import Api, read
from tests.backend.office import Insider


def test_heads_come_with_chain_and_signature(api: Api, anna: Insider, ben: Insider) -> None:
    conversation = api.office.converse(anna, ben)
    question = HeadQuestion(conversation_ids=[conversation])

    found = read(api("POST", "/v1/heads", question, who=anna), HeadList).heads

    assert [(head.conversation_id, head.head) for head in found] == [(conversation, 1)]
    assert (len(found[0].chain), len(found[0].signature)) == (32, 64)

from __future__ import annotations

import pytest

from desktop.engine.alarms import Alarms
from desktop.events import Alarm
from shared.e2ee.evidence import BadHead, Finding, SignedHead, decode_evidence
from shared.identifiers import ConversationId
from tests.desktop.engine.office import CONVERSATION, Office

pytestmark = pytest.mark.logs_warnings
EVIDENCE = BadHead(
    head=SignedHead(conversation_id=CONVERSATION, sequence=3, chain=bytes(32), signature=bytes(64))
)


def raise_fork(office: Office, *, sequence: int = 3) -> None:
    Alarms(office.context).raise_alarm(
        Finding.FORK, blamed="server", conversation_id=CONVERSATION, sequence=sequence, account=5
    )


def test_what_was_found_is_kept_and_told_with_its_number(office: Office) -> None:
    raise_fork(office)

    kept = office.context.storage.findings.findings(CONVERSATION)
    assert office.told == [
        Alarm(
            conversation_id=ConversationId(CONVERSATION),
            kind="fork",
            blamed="server",
            sequence=3,
            account=5,
            evidence_id=kept[0].finding_id,
        )
    ]
    assert (kept[0].at_ms, kept[0].evidence) == (office.context.server_time().at_ms, b"")


def test_the_same_at_the_same_place_is_told_once(office: Office) -> None:
    raise_fork(office)
    raise_fork(office)
    raise_fork(office, sequence=4)

    assert [each.sequence for each in office.told if isinstance(each, Alarm)] == [3, 4]


def test_evidence_is_kept_as_it_was_given(office: Office) -> None:
    Alarms(office.context).raise_alarm(Finding.BAD_HEAD, blamed="unclear", evidence=EVIDENCE)

    kept = office.context.storage.findings.findings(0)[0]
    assert decode_evidence(kept.evidence) == EVIDENCE

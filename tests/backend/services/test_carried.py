from __future__ import annotations

import msgspec
import pytest

from backend.services.carried import check_form, check_records
from shared import limits
from shared.entries import EntryKind
from shared.errors import Code
from shared.rest import SealedRecord
from shared.roster import ConversationKind, Role, RosterDocument, RosterMember
from tests.backend.grouped import code_of
from tests.backend.people import message

DOCUMENT = RosterDocument(
    conversation_id=5,
    kind=ConversationKind.GROUP,
    members=tuple(
        RosterMember(
            account=account,
            root_key=bytes(32),
            role=Role.OWNER,
            archive_number=1,
            archive_key=bytes(32),
        )
        for account in (1, 2)
    ),
)


def test_a_commit_has_a_payload_of_its_size_and_nothing_else() -> None:
    good = message(5, 1, kind=EntryKind.HANDSHAKE)

    check_form(good)

    wrong: list[tuple[dict[str, object], Code]] = [
        ({"kind": EntryKind.APPLICATION}, Code.MALFORMED),
        ({"payload": b""}, Code.MALFORMED),
        ({"blob_ids": (1,)}, Code.MALFORMED),
        ({"expires_at_ms": 1}, Code.MALFORMED),
        ({"payload": bytes(limits.HANDSHAKE_BYTES_MAX + 1)}, Code.TOO_LARGE),
    ]
    for changes, code in wrong:
        bad = msgspec.structs.replace(good, **changes)
        assert code_of(lambda bad=bad: check_form(bad)) is code


@pytest.mark.parametrize(("accounts", "is_fine"), [([1, 2], True), ([1, 1], False), ([3], False)])
def test_records_are_for_members_one_each(accounts: list[int], is_fine: bool) -> None:
    records = [SealedRecord(account=account, record=b"r") for account in accounts]

    if is_fine:
        check_records(records, DOCUMENT)
    else:
        assert code_of(lambda: check_records(records, DOCUMENT)) is Code.MALFORMED


def test_without_history_there_are_no_records() -> None:
    silent = msgspec.structs.replace(DOCUMENT, has_history=False)

    check_records([], silent)

    records = [SealedRecord(account=1, record=b"r")]
    assert code_of(lambda: check_records(records, silent)) is Code.FORBIDDEN

from __future__ import annotations

import asyncio

import msgspec
import pytest

from desktop.engine.changes import Changes
from desktop.engine.group_states import GroupStates
from desktop.events import (
    ConversationsChanged,
    Event,
    MessageKind,
    MessageState,
    Profile,
    TimelineChanged,
)
from desktop.storage.conversation_store import Draft
from desktop.storage.storage import Storage
from shared.identifiers import ConversationId
from shared.roster import ConversationKind
from tests.desktop.engine.blob_server import sealed_file
from tests.desktop.engine.office import Office
from tests.desktop.storage.samples import CONVERSATION, PEER, opened, stored_conversation, typed

pytestmark = pytest.mark.asyncio


@pytest.fixture
def storage(office: Office) -> Storage:
    office.context.storage.conversations.add(stored_conversation(CONVERSATION))
    return office.context.storage


async def test_what_changes_in_one_turn_is_told_once(office: Office, storage: Storage) -> None:
    changes = Changes(office.context, GroupStates(office.context))
    for sequence in (3, 2, 4):
        local_id = storage.messages.add_opened(opened(sequence, str(sequence)), is_own=False)
        assert local_id is not None
        changes.message(CONVERSATION, local_id)
        changes.message(CONVERSATION, local_id)

    await asyncio.sleep(0)

    timeline, conversations = office.told
    assert isinstance(timeline, TimelineChanged)
    assert [row.text for row in timeline.rows] == ["2", "3", "4"]
    assert isinstance(conversations, ConversationsChanged)
    assert [row.unread for row in conversations.rows] == [3]
    assert not conversations.is_snapshot


async def test_what_changes_soon_after_is_told_together(office: Office, storage: Storage) -> None:
    changes = Changes(office.context, GroupStates(office.context))
    emit, are_all_told = office.context.emit, asyncio.Event()

    def note(event: Event) -> None:
        emit(event)
        if len(office.told) == 4:
            are_all_told.set()

    office.context.emit = note
    for sequence in (2, 3, 4):
        local_id = storage.messages.add_opened(opened(sequence, str(sequence)), is_own=False)
        assert local_id is not None
        changes.message(CONVERSATION, local_id)
        await asyncio.sleep(0)

    await are_all_told.wait()

    timelines = [event for event in office.told if isinstance(event, TimelineChanged)]
    assert [[row.text for row in event.rows] for event in timelines] == [["2"], ["3", "4"]]


async def test_a_row_that_is_gone_is_told(office: Office, storage: Storage) -> None:
    changes = Changes(office.context, GroupStates(office.context))

    changes.removed(CONVERSATION, 5)
    changes.tell()

    assert office.told[0] == TimelineChanged(conversation_id=CONVERSATION, rows=[], removed=[5])


async def test_what_is_forgotten_is_not_told(office: Office, storage: Storage) -> None:
    changes = Changes(office.context, GroupStates(office.context))
    changes.conversation(CONVERSATION)

    changes.forget()
    await asyncio.sleep(0)

    assert office.told == []


async def test_a_conversations_row_shows_its_last_message_and_draft(
    office: Office, storage: Storage
) -> None:
    storage.messages.add_opened(opened(2, "theirs"), is_own=False)
    changes = Changes(office.context, GroupStates(office.context))
    changes.tell_all()
    storage.messages.add_waiting(typed("mine"))
    storage.conversations.save_draft(CONVERSATION, Draft("half"))
    changes.tell_all()

    before, after = [
        event.rows[0] for event in office.told if isinstance(event, ConversationsChanged)
    ]
    assert (before.preview, before.preview_is_own, before.preview_state) == ("theirs", False, None)
    assert (before.unread, before.first_unread, before.draft) == (1, 2, "")
    assert (after.preview, after.preview_is_own) == ("mine", True)
    assert after.preview_state is MessageState.WAITING
    assert after.draft == "half"


async def test_a_file_is_shown_in_the_list_by_its_caption_or_name(
    office: Office, storage: Storage
) -> None:
    changes = Changes(office.context, GroupStates(office.context))
    content, _ = sealed_file(b"data", blob_id=99, name="report.pdf")
    for sequence, text in ((2, ""), (3, "look")):
        message = msgspec.structs.replace(
            opened(sequence, text), kind=MessageKind.FILE, file=content
        )
        storage.messages.add_opened(message, is_own=False)
        changes.conversation(CONVERSATION)
        changes.tell()

    told = [event for event in office.told if isinstance(event, ConversationsChanged)]
    assert [event.rows[0].preview for event in told] == ["report.pdf", "look"]
    assert {event.rows[0].preview_file for event in told} == {"report.pdf"}
    assert not told[0].rows[0].preview_is_picture


@pytest.mark.parametrize(
    ("kind", "is_own", "name"),
    [
        (ConversationKind.GROUP, False, "Ben"),
        (ConversationKind.GROUP, True, None),
        (ConversationKind.DIRECT, False, None),
    ],
)
async def test_who_wrote_the_newest_line_is_named_in_groups(
    office: Office, kind: int, is_own: bool, name: str | None
) -> None:
    storage = office.context.storage
    other = ConversationId(CONVERSATION + 1)
    storage.conversations.add(msgspec.structs.replace(stored_conversation(other), kind=kind))
    storage.people.save_profile(Profile(account=PEER, user_name="ben", nickname="Ben"))
    storage.messages.add_opened(opened(2, "hello", conversation_id=other), is_own=is_own)
    changes = Changes(office.context, GroupStates(office.context))

    changes.conversation(other)
    changes.tell()

    (told,) = [event for event in office.told if isinstance(event, ConversationsChanged)]
    sender = told.rows[0].preview_sender
    assert (None if sender is None else sender.nickname) == name


async def test_since_when_a_conversation_is_pinned_sorts_the_list(
    office: Office, storage: Storage
) -> None:
    document = storage.document.load()
    own = msgspec.structs.replace(document.own, pinned={CONVERSATION: 5})
    storage.document.save(msgspec.structs.replace(document, own=own))
    changes = Changes(office.context, GroupStates(office.context))

    changes.conversation(CONVERSATION)
    changes.tell()

    (told,) = [event for event in office.told if isinstance(event, ConversationsChanged)]
    assert (told.rows[0].is_pinned, told.rows[0].pinned_at_ms) == (True, 5)

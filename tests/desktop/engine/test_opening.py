from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from desktop.commands import RemoveMember
from desktop.engine.alarms import Finding
from desktop.engine.opening import Lack, Missing, Opening
from desktop.events import Alarm
from desktop.storage.intent_store import Rotate
from shared.chain import binding_bytes, chain_after
from shared.content import Text, decode_content, encode_content
from shared.entries import Entry, EntryKind
from shared.errors import SealError
from shared.identifiers import AccountId, ConversationId
from shared.roster import Role
from tests.desktop.engine.forged import append, newest_submission, push
from tests.desktop.engine.small_server import Seat

pytestmark = pytest.mark.asyncio
Sit = Callable[..., Seat]


async def heard(sit: Sit) -> tuple[Seat, Seat, ConversationId, Entry]:
    """Return Anna, Ben, their chat, and the entry in which Anna said hello."""
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await anna.say(chat, "hello")
    return anna, ben, chat, anna.server.logs[chat].entries[-1]


def opening(seat: Seat) -> Opening:
    return seat.parts.timeline._opening


def lack_of(seat: Seat, entry: Entry) -> Missing:
    with pytest.raises(Missing) as missing:
        opening(seat).open(entry)
    return missing.value


async def test_what_an_entry_says_comes_with_what_its_sender_was_there(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    club = await anna.group("club", ben)
    await anna.say(club, "welcome")

    opened = opening(ben).open(anna.server.logs[club].entries[-1])

    content = decode_content(opened.message.data)
    assert isinstance(content, Text)
    assert (content.text, opened.role) == ("welcome", Role.OWNER)


async def test_opening_again_in_any_order_gives_the_same(sit: Sit) -> None:
    anna, ben, chat, first = await heard(sit)
    await anna.say(chat, "again")
    second = anna.server.logs[chat].entries[-1]

    twice = [opening(ben).open(entry).message.data for entry in (second, first, second, first)]

    assert twice[:2] == twice[2:]


async def test_what_is_missing_is_named_in_the_order_it_is_needed(sit: Sit) -> None:
    _, ben, chat, entry = await heard(sit)
    storage, states = ben.parts.context.storage, ben.parts.states
    document_hash = ben.server._document_hash(ben.server.logs[chat])

    storage.database.run("DELETE FROM devices")
    assert lack_of(ben, entry).lack is Lack.DEVICE
    storage.database.run("DELETE FROM documents")
    states.forget()
    missing = lack_of(ben, entry)
    assert (missing.lack, missing.document_hash) == (Lack.DOCUMENT, document_hash)
    storage.database.run("DELETE FROM records")
    assert lack_of(ben, entry).lack is Lack.RECORD
    states.drop_log(chat)
    assert lack_of(ben, entry).lack is Lack.VERDICT


async def test_a_record_of_junk_does_not_hide_the_one_that_opens(sit: Sit) -> None:
    anna, ben, chat, entry = await heard(sit)
    await anna.parts.memberships.carry_out(chat, Rotate(after=1))
    await ben.settle()
    records = ben.parts.context.storage.records
    other = records.all_of(chat, anna.server.logs[chat].newest_handshake)
    records.add(chat, entry.parent, other[0], is_own=True)

    opened = opening(ben).open(entry)

    assert b"hello" in opened.message.data


async def test_a_record_that_alone_is_there_and_opens_nothing_is_not_waited_for(sit: Sit) -> None:
    anna, ben, chat, entry = await heard(sit)
    await anna.parts.memberships.carry_out(chat, Rotate(after=1))
    await ben.settle()
    storage = ben.parts.context.storage
    other = storage.records.all_of(chat, anna.server.logs[chat].newest_handshake)
    storage.database.run("DELETE FROM records WHERE parent = ?", entry.parent)
    storage.records.add(chat, entry.parent, other[0], is_own=True)

    with pytest.raises(SealError, match="No record"):
        opening(ben).open(entry)


@pytest.mark.logs_warnings
async def test_a_sender_who_is_no_member_is_told_and_not_shown(sit: Sit) -> None:
    anna, ben, chat, _ = await heard(sit)
    mallory = sit("mallory")

    push(anna, append(mallory, chat))
    await ben.settle()

    assert ben.texts(chat) == ["hello", "<unreadable>"]
    alarms = [each for each in ben.told if isinstance(each, Alarm)]
    assert [(each.kind, each.account) for each in alarms] == [
        (Finding.INVENTED_MEMBER, mallory.account)
    ]


@pytest.mark.logs_warnings
async def test_the_same_payload_at_another_place_opens_nothing(sit: Sit) -> None:
    anna, ben, chat, first = await heard(sit)

    again = append(anna, chat, **msgspec.structs.asdict(newest_submission(anna, chat)))
    push(anna, again)
    await ben.settle()

    assert (again.payload, again.device_counter) == (first.payload, first.device_counter)
    with pytest.raises(SealError, match="No record"):
        opening(ben).open(again)
    assert ben.texts(chat) == ["hello", "<unreadable>"]
    alarms = [each for each in ben.told if isinstance(each, Alarm)]
    assert [(each.kind, each.sequence) for each in alarms] == [
        (Finding.REPEATED_ENTRY, again.sequence)
    ]


@pytest.mark.logs_warnings
async def test_a_key_used_twice_by_a_device_gone_back_in_time_accuses_nobody(sit: Sit) -> None:
    anna, ben, chat, _ = await heard(sit)

    again = append(
        anna,
        chat,
        **msgspec.structs.asdict(newest_submission(anna, chat)) | {"device_counter": 7},
    )
    push(anna, again)
    opening(ben)._note_repeated(again, again.sequence - 1)

    assert Finding.REPEATED_ENTRY not in [each.kind for each in ben.told if isinstance(each, Alarm)]


@pytest.mark.logs_warnings
async def test_who_was_removed_does_not_go_on_talking_in_an_epoch_before(sit: Sit) -> None:
    anna, ben, carol = [await sit(name).up() for name in ("anna", "ben", "carol")]
    club = await anna.group("club", ben, carol)
    group = carol.parts.states.group(club)
    assert group is not None
    await anna.do(RemoveMember(conversation_id=club, account=AccountId(carol.account)))
    entries = anna.server.logs[club].entries
    draft = msgspec.structs.replace(
        newest_submission(anna, club),
        kind=EntryKind.APPLICATION,
        device_counter=1,
        parent=1,
        base=0,
        document_hash=None,
    )
    binding = binding_bytes(
        draft,
        account=carol.account,
        device=carol.device,
        seen=len(entries),
        seen_chain=entries[-1].chain,
    )
    _, payload = group.seal(
        encode_content(Text(bytes(16), "still here")), authenticated_data=binding
    )

    forged = append(
        carol, club, **msgspec.structs.asdict(msgspec.structs.replace(draft, payload=payload))
    )
    push(carol, forged)
    await ben.settle()

    assert "still here" not in ben.texts(club)
    alarms = [each for each in ben.told if isinstance(each, Alarm)]
    assert [(each.kind, each.account) for each in alarms] == [
        (Finding.INVENTED_MEMBER, carol.account)
    ]


@pytest.mark.logs_warnings
async def test_a_message_that_saw_more_than_there_is_shows_that_something_is_gone(sit: Sit) -> None:
    anna, ben, chat, _ = await heard(sit)
    await ben.down()
    await anna.say(chat, "kept from Ben")
    await anna.say(chat, "in its place")
    log = anna.server.logs[chat]
    await anna.down()
    last = msgspec.structs.replace(log.entries.pop(), sequence=3)
    before = log.entries[1].chain
    log.entries[2] = msgspec.structs.replace(last, chain=chain_after(before, last))

    await ben.up()

    alarms = [each for each in ben.told if isinstance(each, Alarm)]
    assert [(each.kind, each.sequence) for each in alarms] == [(Finding.DROPPED_ENTRY, 3)]
    assert "in its place" not in ben.texts(chat)


async def test_an_entry_that_names_no_valid_handshake_is_never_opened(sit: Sit) -> None:
    anna, ben, chat, entry = await heard(sit)
    await anna.parts.memberships.carry_out(chat, Rotate(after=1))
    await anna.say(chat, "in the new epoch")
    await ben.settle()
    newest = anna.server.logs[chat].entries[-1]
    groups = ben.parts.context.storage.groups

    named_a_message = msgspec.structs.replace(newest, parent=entry.sequence)
    with pytest.raises(SealError, match="names no handshake"):
        opening(ben).open(named_a_message)
    named_nothing = msgspec.structs.replace(entry, parent=0)
    with pytest.raises(SealError, match="of the future"):
        opening(ben).open(named_nothing)
    verdict = groups.verdict(chat, newest.parent)
    assert verdict is not None
    groups.save_verdict(chat, msgspec.structs.replace(verdict, is_valid=False))
    with pytest.raises(SealError, match="does not count"):
        opening(ben).open(newest)


@pytest.mark.logs_warnings
async def test_a_barred_device_is_not_heard_any_more(sit: Sit) -> None:
    anna, ben, chat, entry = await heard(sit)
    states = ben.parts.states
    roster = states.roster(chat)
    assert roster is not None
    barred = msgspec.structs.replace(roster, barred_devices=(anna.device,))
    states._documents[ben.server._document_hash(ben.server.logs[chat])] = barred

    with pytest.raises(SealError, match="No record"):
        opening(ben).open(entry)


async def test_what_is_missing_is_found_without_opening(sit: Sit) -> None:
    _, ben, _chat, entry = await heard(sit)
    opening(ben).check(entry)
    ben.parts.context.storage.database.run("DELETE FROM records")

    with pytest.raises(Missing) as missing:
        opening(ben).check(entry)

    assert missing.value.lack is Lack.RECORD

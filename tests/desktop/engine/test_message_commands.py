from __future__ import annotations

from collections.abc import Callable

import pytest

from desktop import commands
from desktop.engine.errors import CommandFailedError
from desktop.events import (
    DraftLoaded,
    MessageKind,
    MessageRow,
    MessagesFound,
    MessageState,
    Notice,
    NoticeKind,
    Queued,
    TimelinePage,
)
from shared import limits
from shared.chain import hash_payload
from shared.entries import Submission
from shared.errors import Code, RefusedError
from shared.frames import Refused
from shared.identifiers import AccountId, ConversationId
from shared.roster import Role
from tests.desktop.engine.small_server import Seat

pytestmark = pytest.mark.asyncio
Sit = Callable[..., Seat]


def last(seat: Seat, conversation_id: ConversationId) -> MessageRow:
    return seat.rows(conversation_id)[-1]


def shown(seat: Seat, conversation_id: ConversationId) -> list[tuple[str, str, bool]]:
    return [(row.kind.value, row.text, row.is_edited) for row in seat.rows(conversation_id)]


async def edit(seat: Seat, row: MessageRow, text: str) -> None:
    await seat.ask(
        commands.EditMessage(
            conversation_id=row.conversation_id, message_id=row.message_id, text=text
        )
    )


async def recall(seat: Seat, row: MessageRow) -> None:
    await seat.ask(
        commands.RecallMessage(conversation_id=row.conversation_id, message_id=row.message_id)
    )


async def react(seat: Seat, row: MessageRow, emoji: str, *, is_removed: bool = False) -> None:
    await seat.ask(
        commands.React(
            conversation_id=row.conversation_id,
            message_id=row.message_id,
            emoji=emoji,
            is_removed=is_removed,
        )
    )


async def reply(seat: Seat, row: MessageRow, text: str) -> MessageRow:
    answer = await seat.ask(
        commands.SendText(conversation_id=row.conversation_id, text=text, reply_to=row.message_id)
    )
    assert isinstance(answer, Queued)
    return answer.row


async def test_an_edit_shows_the_new_text_to_both_and_finds_it(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await anna.say(chat, "tea at four")

    await edit(anna, last(anna, chat), "tea at five")

    assert shown(anna, chat) == shown(ben, chat) == [("text", "tea at five", True)]
    assert not last(anna, chat).is_changing
    search = await ben.ask(commands.SearchMessages(text="five"))
    assert isinstance(search, MessagesFound)
    assert len(search.rows) == 1
    assert ben.parts.context.storage.messages.search("four", None, 9) == []


async def test_an_edit_counts_for_nobody_as_unread(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await anna.say(chat, "tea")
    await edit(anna, last(anna, chat), "coffee")
    await react(anna, last(anna, chat), "☕")

    stored = ben.parts.context.storage.conversations.get(chat)

    assert stored is not None
    assert stored.unread == 1


async def test_a_change_is_shown_before_the_server_has_it(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await anna.say(chat, "tea")
    await anna.down()

    await edit(anna, last(anna, chat), "coffee")

    row = last(anna, chat)
    assert (row.text, row.is_edited, row.is_changing) == ("coffee", True, True)
    assert ben.texts(chat) == ["tea"]
    await anna.up()
    assert ben.texts(chat) == ["coffee"]
    assert not last(anna, chat).is_changing


async def test_nobody_edits_what_somebody_else_wrote(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await anna.say(chat, "mine")

    with pytest.raises(RefusedError, match="Only messages of one's own"):
        await edit(ben, last(ben, chat), "yours")

    assert ben.texts(chat) == ["mine"]


async def test_after_two_days_nothing_is_edited_or_taken_back(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await anna.say(chat, "old")
    await anna.wake_after(limits.EDIT_AGE_MAX_MS + 60_000)

    with pytest.raises(RefusedError, match="48 hours"):
        await edit(anna, last(anna, chat), "new")
    with pytest.raises(RefusedError, match="48 hours"):
        await recall(anna, last(anna, chat))


@pytest.mark.parametrize(
    ("text", "code"), [(" ", Code.MALFORMED), ("x" * 8001, Code.TOO_LARGE)], ids=["empty", "long"]
)
async def test_an_edit_has_the_bounds_of_a_text(sit: Sit, text: str, code: Code) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await anna.say(chat, "tea")

    with pytest.raises(RefusedError) as refused:
        await edit(anna, last(anna, chat), text)

    assert refused.value.code is code


async def test_an_edit_to_the_same_text_sends_nothing(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await anna.say(chat, "tea")

    await edit(anna, last(anna, chat), "tea")

    assert len(anna.server.logs[chat].entries) == 2
    assert shown(ben, chat) == [("text", "tea", False)]


async def test_a_recall_leaves_a_line_and_nothing_else_anywhere(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await anna.say(chat, "regretted")
    await edit(anna, last(anna, chat), "regretted too")
    await react(ben, last(ben, chat), "👍")

    await recall(anna, last(anna, chat))

    for seat in (anna, ben):
        storage = seat.parts.context.storage
        assert shown(seat, chat) == [("recalled", "", False)]
        assert last(seat, chat).reactions == ()
        assert storage.messages.search("regretted", None, 9) == []
        kept = [storage.messages.entry(chat, sequence) for sequence in (2, 3)]
        assert [each.payload for each in kept if each is not None] == [b"", b""]
    log = anna.server.logs[chat].entries
    assert [entry.sequence for entry in log if not entry.payload] == [2, 3]
    assert anna.parts.context.storage.contents.blankings() == []


async def test_a_new_device_finds_one_line_for_what_was_edited_and_recalled(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await anna.say(chat, "regretted")
    regretted = last(anna, chat)
    await edit(anna, regretted, "regretted too")
    await reply(ben, regretted, "kept")
    await recall(anna, regretted)

    desk = await sit("ben", "desk").up()

    assert desk.texts(chat) == ben.texts(chat) == ["<recalled>", "kept"]
    assert desk.rows(chat)[0].message_id == regretted.message_id
    quote = last(desk, chat).quote
    assert quote is not None
    assert quote.kind is MessageKind.RECALLED


async def test_an_admin_takes_back_what_a_member_wrote(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    club = await anna.group("club", ben)
    await ben.say(club, "rude")

    await recall(anna, last(anna, club))

    assert anna.texts(club)[-1] == ben.texts(club)[-1] == "<recalled>"
    assert anna.server.logs[club].entries[last(anna, club).sequence - 1].payload == b""


async def test_a_plain_member_takes_back_nothing_of_others(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    club = await anna.group("club", ben)
    await anna.say(club, "stays")

    with pytest.raises(RefusedError, match="or an admin"):
        await recall(ben, last(ben, club))

    assert ben.texts(club)[-1] == "stays"


async def test_what_was_taken_back_is_neither_taken_back_nor_reacted_to(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await anna.say(chat, "tea")
    await recall(anna, last(anna, chat))

    with pytest.raises(RefusedError, match="already"):
        await recall(anna, last(anna, chat))
    with pytest.raises(RefusedError, match="taken back"):
        await react(ben, last(ben, chat), "👍")


async def test_a_recalled_message_is_not_unread(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await anna.say(chat, "tea")

    await recall(anna, last(anna, chat))

    stored = ben.parts.context.storage.conversations.get(chat)
    assert stored is not None
    assert (stored.unread, ben.parts.context.storage.conversations.first_unread(stored)) == (0, 0)


async def test_reactions_are_counted_and_can_be_taken_away(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await anna.say(chat, "tea?")
    await react(ben, last(ben, chat), "👍")
    await react(anna, last(anna, chat), "👍")
    await react(anna, last(anna, chat), "🍰")

    both = [
        [(each.emoji, each.accounts) for each in last(seat, chat).reactions] for seat in (anna, ben)
    ]
    await react(anna, last(anna, chat), "👍", is_removed=True)

    assert both == [[("👍", (ben.account, anna.account)), ("🍰", (anna.account,))]] * 2
    left = [(each.emoji, each.accounts) for each in last(ben, chat).reactions]
    assert left == [("👍", (ben.account,)), ("🍰", (anna.account,))]


@pytest.mark.parametrize("emoji", ["", " ", "x" * 33])
async def test_a_reaction_is_one_emoji(sit: Sit, emoji: str) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await anna.say(chat, "tea?")

    with pytest.raises(RefusedError, match="one emoji"):
        await react(ben, last(ben, chat), emoji)


async def test_an_answer_quotes_what_it_answers_as_that_is_now(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await anna.say(chat, "tea?")
    await reply(ben, last(ben, chat), "yes")
    question = anna.rows(chat)[0]

    before = last(anna, chat).quote
    await edit(anna, question, "coffee?")
    after = last(ben, chat).quote
    await recall(anna, question)
    gone = last(ben, chat).quote

    assert before is not None
    assert (before.text, before.sender, before.order) == ("tea?", anna.account, question.order)
    assert after is not None
    assert after.text == "coffee?"
    assert gone is not None
    assert (gone.kind, gone.text) == (MessageKind.RECALLED, "")


async def test_a_change_of_what_still_waits_comes_in_behind_it(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await anna.down()
    anna.send(chat, "tea")

    await edit(anna, last(anna, chat), "coffee")
    await anna.up()

    assert shown(anna, chat) == shown(ben, chat) == [("text", "coffee", True)]


async def test_a_refused_change_is_undone_and_told(
    sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await anna.say(chat, "tea")
    await anna.down()
    await recall(anna, last(anna, chat))
    pending = last(anna, chat)

    def refuse(seat: Seat, submission: Submission) -> None:
        payload_hash = hash_payload(submission.payload)
        seat.queue(Refused(chat, submission.device_counter, payload_hash, Code.FORBIDDEN, "no", 2))

    monkeypatch.setattr(anna.server, "_submit", refuse)
    await anna.up()

    assert (pending.kind, pending.is_changing) == (MessageKind.RECALLED, True)
    assert shown(anna, chat) == [("text", "tea", False)]
    assert [row.text for row in anna.parts.context.storage.messages.search("tea", None, 9)] == [
        "tea"
    ]
    notices = [each for each in anna.told if isinstance(each, Notice)]
    assert (notices[-1].kind, notices[-1].detail) == (NoticeKind.CHANGE_REFUSED, "forbidden")


async def test_who_may_not_write_changes_nothing(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await anna.say(chat, "tea")
    anna.parts.context.storage.conversations.set_can_write(chat, can_write=False)

    with pytest.raises(RefusedError) as refused:
        await edit(anna, last(anna, chat), "coffee")

    assert refused.value.code is Code.NOT_MEMBER


async def test_changes_that_wait_have_the_bound_of_messages_that_wait(
    sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await anna.say(chat, "tea")
    monkeypatch.setattr(limits, "OUTBOX_QUEUE_MAX", 0)

    with pytest.raises(RefusedError) as refused:
        await react(anna, last(anna, chat), "👍")

    assert refused.value.code is Code.OVERLOADED


async def test_a_message_in_doubt_that_is_cancelled_is_taken_back_in_the_log(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    lost: list[object] = []

    def lose(seat: Seat, what: str, value: object) -> object:
        # The answer is lost on its way: what stands for it means nothing.
        if what == "frame" and seat is anna and type(value).__name__ == "Accepted":
            lost.append(value)
            return Refused(chat, 99, bytes(32), Code.OVERLOADED, "")
        return value

    anna.server.twist = lose
    row = anna.send(chat, "regretted")
    await anna.until(lambda: bool(lost))
    cancel = commands.CancelMessage(conversation_id=chat, local_id=row.local_id)
    await anna.parts.messages.carry_out(cancel)
    at_once = anna.texts(chat)
    await anna.down()
    anna.server.twist = lambda _seat, _what, value: value

    await anna.up()

    assert at_once == []
    assert anna.texts(chat) == ben.texts(chat) == ["<recalled>"]
    assert anna.server.logs[chat].entries[1].payload == b""


async def test_a_message_that_was_never_sealed_is_cancelled_without_a_trace(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await anna.down()
    row = anna.send(chat, "never mind")

    await recall(anna, row)
    await anna.up()

    assert anna.texts(chat) == ben.texts(chat) == []
    assert len(anna.server.logs[chat].entries) == 1


async def test_what_the_log_has_is_not_cancelled(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await anna.say(chat, "tea")
    row = last(anna, chat)

    with pytest.raises(CommandFailedError, match="sent already"):
        await anna.ask(commands.CancelMessage(conversation_id=chat, local_id=row.local_id))
    with pytest.raises(CommandFailedError, match="no such message"):
        await anna.ask(commands.CancelMessage(conversation_id=chat, local_id=999))

    assert row.state is MessageState.ACCEPTED


async def test_either_of_two_sets_the_timer_and_both_are_told(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)

    await ben.ask(commands.SetTimer(conversation_id=chat, seconds=60))
    await ben.ask(commands.SetTimer(conversation_id=chat, seconds=60))
    await anna.say(chat, "soon gone")

    stored = anna.parts.context.storage.conversations.get(chat)
    assert stored is not None
    assert stored.timer_s == 60
    assert anna.texts(chat) == ben.texts(chat) == ["<timer_changed>", "soon gone"]
    assert last(ben, chat).expires_at_ms > 0
    entry = anna.server.logs[chat].entries[-1]
    assert entry.expires_at_ms == last(anna, chat).expires_at_ms


async def test_in_a_group_admins_alone_set_the_timer(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    club = await anna.group("club", ben)

    with pytest.raises(RefusedError, match="Only owner and admins"):
        await ben.ask(commands.SetTimer(conversation_id=club, seconds=60))
    await anna.do(
        commands.SetRole(conversation_id=club, account=ben.owner.account, role=Role.ADMIN.value)
    )
    await ben.ask(commands.SetTimer(conversation_id=club, seconds=60))

    assert anna.texts(club)[-1] == "<timer_changed>"


async def test_a_timer_has_a_bound(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)

    with pytest.raises(RefusedError, match="a year"):
        await anna.ask(commands.SetTimer(conversation_id=chat, seconds=limits.TIMER_S_MAX + 1))


@pytest.mark.parametrize("name", ["", "zz", "00" * 15, "00" * 16])
async def test_there_is_no_message_of_an_unknown_name(sit: Sit, name: str) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)

    with pytest.raises(CommandFailedError, match="no such message"):
        await anna.ask(commands.RecallMessage(conversation_id=chat, message_id=name))


async def test_there_is_no_conversation_of_an_unknown_number(sit: Sit) -> None:
    anna = await sit("anna").up()

    with pytest.raises(CommandFailedError, match="no such conversation"):
        await anna.ask(commands.SaveDraft(conversation_id=ConversationId(5), text="x"))


async def test_a_page_is_of_the_timeline_and_marks_and_drafts_are_kept(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    await ben.say(chat, "tea")

    page = await anna.ask(commands.LoadTimeline(conversation_id=chat))
    await anna.ask(commands.MarkRead(conversation_id=chat, sequence=2))
    await anna.ask(commands.SaveDraft(conversation_id=chat, text="well"))
    await anna.ask(commands.SetTyping(conversation_id=chat, is_typing=True))

    assert isinstance(page, TimelinePage)
    assert [row.text for row in page.rows] == ["tea"]
    stored = anna.parts.context.storage.conversations.get(chat)
    assert stored is not None
    assert (stored.unread, stored.own_read) == (0, 2)
    assert anna.parts.context.storage.conversations.draft(chat).text == "well"


async def test_a_member_who_is_named_is_told_so_until_it_is_read(sit: Sit) -> None:
    anna, ben, carl = [await sit(name).up() for name in ("anna", "ben", "carl")]
    chat = await anna.group("Tea", ben, carl)
    stranger = AccountId(999)

    await anna.say(chat, "hello")
    await anna.ask(
        commands.SendText(
            conversation_id=chat,
            text="@ben tea?",
            mentions=(AccountId(ben.account), AccountId(ben.account), stranger),
        )
    )
    await ben.settle()

    named = last(ben, chat)
    stored = ben.parts.context.storage.conversations.get(chat)
    others = carl.parts.context.storage.conversations.get(chat)
    assert stored is not None
    assert others is not None
    row, other = ben.parts.changes.row(stored), carl.parts.changes.row(others)
    assert named.mentions == last(anna, chat).mentions == (AccountId(ben.account),)
    assert (row.mentions, row.first_mention) == (1, named.sequence)
    assert (other.mentions, other.first_mention) == (0, 0)
    await ben.ask(commands.MarkRead(conversation_id=chat, sequence=named.sequence))
    stored = ben.parts.context.storage.conversations.get(chat)
    assert stored is not None
    assert ben.parts.changes.row(stored).mentions == 0


async def test_an_edit_may_name_somebody_else(sit: Sit) -> None:
    anna, ben, carl = [await sit(name).up() for name in ("anna", "ben", "carl")]
    chat = await anna.group("Tea", ben, carl)
    await anna.ask(
        commands.SendText(conversation_id=chat, text="@ben?", mentions=(AccountId(ben.account),))
    )
    await anna.settle()
    row = last(anna, chat)

    await anna.ask(
        commands.EditMessage(
            conversation_id=chat,
            message_id=row.message_id,
            text="@carl?",
            mentions=(AccountId(carl.account),),
        )
    )
    await anna.settle()

    def mentions(seat: Seat) -> int:
        stored = seat.parts.context.storage.conversations.get(chat)
        assert stored is not None
        return seat.parts.changes.row(stored).mentions

    assert last(ben, chat).mentions == (AccountId(carl.account),)
    assert (mentions(ben), mentions(carl)) == (0, 1)
    await recall(anna, last(anna, chat))
    assert last(carl, chat).mentions == ()
    assert mentions(carl) == 0


async def test_a_timeline_is_opened_at_a_time(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat = await anna.direct(ben)
    for text in ("one", "two", "three"):
        await anna.say(chat, text)
    rows = anna.rows(chat)

    async def text_at(at_ms: int) -> str:
        page = await anna.ask(commands.LoadTimeline(conversation_id=chat, at_ms=at_ms, limit=1))
        assert isinstance(page, TimelinePage)
        return page.rows[0].text

    for at_ms in (0, *(row.shown_at_ms for row in rows)):
        assert await text_at(at_ms) == next(row.text for row in rows if row.shown_at_ms >= at_ms)
    assert await text_at(max(row.shown_at_ms for row in rows) + 1) == "three"


async def test_a_draft_comes_back_with_what_it_answers_and_changes(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    chat, other = await anna.direct(ben), await anna.notes()
    told = ben.send(chat, "tea?")
    await ben.settle()
    draft = commands.SaveDraft(
        conversation_id=chat,
        text="well",
        reply_to=told.message_id,
        edit_of=told.message_id,
        edit_text="coffee?",
    )

    await anna.ask(draft)
    await anna.ask(commands.SaveDraft(conversation_id=other, text="", reply_to=told.message_id))
    loaded = await anna.ask(commands.LoadDraft(conversation_id=chat))
    elsewhere = await anna.ask(commands.LoadDraft(conversation_id=other))
    await anna.ask(commands.SendText(conversation_id=chat, text="well"))
    sent = await anna.ask(commands.LoadDraft(conversation_id=chat))

    assert isinstance(loaded, DraftLoaded)
    assert (loaded.text, loaded.edit_text) == ("well", "coffee?")
    assert loaded.reply is not None
    assert loaded.edit is not None
    assert (loaded.reply.text, loaded.edit.text) == ("tea?", "tea?")
    assert elsewhere == DraftLoaded(text="")
    assert sent == DraftLoaded(text="")

from __future__ import annotations

import io

import msgspec
import pytest

from desktop.cli.printing import (
    contact_line,
    conversation_line,
    duration_words,
    message_line,
    person_line,
    print_line,
    registered_line,
    request_line,
    size_words,
    system_line,
    visible,
)
from desktop.events import (
    Contact,
    FileRow,
    MessageKind,
    MessageRow,
    Quote,
    ReactionCount,
    Request,
    SystemKind,
)
from tests.desktop.cli.fake_client import BEN, WITH_BEN, make_conversation, make_row


def test_message_has_the_documented_fields_in_json() -> None:
    out = io.StringIO()

    print_line(message_line(make_row(3), sender="Ben"), as_json=True, out=out)

    assert msgspec.json.decode(out.getvalue()) == {
        "message_id": f"{3:032x}",
        "conversation_id": str(2**62),
        "sequence": 3,
        "sender": "Ben",
        "kind": "text",
        "text": "hello",
        "sent_at_ms": 3000,
        "received_at_ms": 3005,
        "state": "received",
        "is_edited": False,
        "reactions": [],
        "reply_to": "",
        "quoted_sender": "",
        "quoted_text": "",
        "expires_at_ms": 0,
    }


def test_a_message_tells_what_became_of_it() -> None:
    quote = Quote(local_id=1, order=1, sender=BEN.account, kind=MessageKind.TEXT, text="tea?")
    row = msgspec.structs.replace(
        make_row(3, text="yes"),
        is_edited=True,
        reactions=(ReactionCount("👍", (BEN.account,)),),
        reply_to="ab" * 16,
        quote=quote,
        expires_at_ms=9,
    )
    out = io.StringIO()

    told = message_line(row, sender="Ben", quoted="Anna").sentence().split("  ", 1)[1]
    lost = message_line(msgspec.structs.replace(row, quote=None), sender="Ben").sentence()
    print_line(message_line(row, sender="Ben", quoted="Anna"), as_json=True, out=out)

    assert told == "Ben: (to Anna: tea?) yes  (edited)  👍 1  [received]  00000000"
    assert "Ben: (to …) yes" in lost
    fields = msgspec.json.decode(out.getvalue())
    assert fields["reactions"] == [{"emoji": "👍", "accounts": [str(BEN.account)]}]
    assert (fields["quoted_sender"], fields["quoted_text"]) == ("Anna", "tea?")
    assert (fields["is_edited"], fields["expires_at_ms"]) == (True, 9)


def test_one_json_object_is_one_line_whatever_the_text() -> None:
    out = io.StringIO()

    print_line(message_line(make_row(1, text="a\nb\u2028c"), sender="Ben"), as_json=True, out=out)

    assert out.getvalue().count("\n") == 1


def test_ids_are_decimal_strings_in_json() -> None:
    contact = Contact(profile=BEN, conversation_id=WITH_BEN)

    line = contact_line(contact)

    assert (line.account, line.conversation_id) == ("2", str(2**62))
    assert contact_line(Contact(profile=BEN)).conversation_id is None


def test_people_read_a_sentence() -> None:
    request = Request(profile=BEN, greeting="It is me", is_own=False, at_ms=0)

    sentences = [
        person_line(BEN).sentence(),
        registered_line(BEN, recovery_code="CODE").sentence(),
        contact_line(Contact(profile=BEN)).sentence(),
        contact_line(Contact(profile=BEN, remark="Uncle")).sentence(),
        request_line(request).sentence().split("  ", 1)[1],
        request_line(msgspec.structs.replace(request, greeting="", is_own=True))
        .sentence()
        .split("  ", 1)[1],
        conversation_line(make_conversation(unread=2)).sentence(),
        conversation_line(
            msgspec.structs.replace(make_conversation(unread=2), mentions=1)
        ).sentence(),
        conversation_line(make_conversation()).sentence(),
        message_line(make_row(1), sender="Ben").sentence().split("  ", 1)[1],
    ]

    assert sentences == [
        "Ben  Ben B.",
        "Registered as Ben.",
        "Ben  Ben B.  offline",
        "Ben  Uncle  offline",
        "from Ben: It is me",
        "to Ben",
        f"{2**62}  Ben  2 unread",
        f"{2**62}  Ben  2 unread, 1 with your name",
        f"{2**62}  Ben",
        "Ben: hello  [received]  00000000",
    ]


@pytest.mark.parametrize(
    ("kind", "expected"),
    [
        (MessageKind.UNREADABLE, "(cannot be opened)"),
        (MessageKind.REMOVED, "(removed)"),
        (MessageKind.UNSUPPORTED, "(needs a newer version)"),
    ],
)
def test_what_is_no_text_is_said(kind: MessageKind, expected: str) -> None:
    assert expected in message_line(make_row(1, text="", kind=kind), sender="Ben").sentence()


@pytest.mark.parametrize(
    ("system", "text", "expected"),
    [
        (SystemKind.CREATED, "", "Ben made the group"),
        (SystemKind.ADDED, "", "Ben added Carol, Dave"),
        (SystemKind.JOINED, "", "Carol, Dave came in by an invitation"),
        (SystemKind.REMOVED, "", "Ben removed Carol, Dave"),
        (SystemKind.LEFT, "", "Carol, Dave left"),
        (SystemKind.ROLE_CHANGED, "2", "Carol, Dave is admin now"),
        (SystemKind.RENAMED, "Chess\x1b[2J", "Ben named the group Chess [2J"),
        (SystemKind.HISTORY_CHANGED, "off", "Ben turned history for new devices off"),
        (SystemKind.ROOT_CHANGED, "", "Carol, Dave has new keys; compare the safety number"),
    ],
)
def test_what_happened_to_a_group_is_a_sentence(
    system: SystemKind, text: str, expected: str
) -> None:
    row = make_system_row(system, text=text)

    line = system_line(row, sender="Ben", subjects=["Carol", "Dave"])

    assert line.sentence().split("  -- ")[1] == expected


def test_every_kind_of_system_line_has_its_sentence() -> None:
    for system in SystemKind:
        row = make_system_row(system, text="1" if system is SystemKind.ROLE_CHANGED else "")
        assert system_line(row, sender="Ben", subjects=["Carol"]).sentence()


def test_what_happened_to_a_group_has_the_documented_fields_in_json() -> None:
    out = io.StringIO()
    row = make_system_row(SystemKind.ADDED, text="")

    print_line(system_line(row, sender="Ben", subjects=["Carol"]), as_json=True, out=out)

    assert msgspec.json.decode(out.getvalue()) == {
        "conversation_id": str(2**62),
        "sequence": 3,
        "sender": "Ben",
        "kind": "system",
        "system": "added",
        "subjects": ["Carol"],
        "text": "",
        "sent_at_ms": 3000,
        "received_at_ms": 3005,
    }


def make_system_row(system: SystemKind, *, text: str) -> MessageRow:
    row = make_row(3, kind=MessageKind.SYSTEM, text=text)
    return msgspec.structs.replace(row, system=system)


def test_a_message_cannot_steer_the_terminal() -> None:
    assert visible("a\x1b[2Jb\nc\u202ed") == "a [2Jb c d"
    assert visible("👨\u200d👩 你好") == "👨\u200d👩 你好"


def test_a_file_is_printed_with_its_name_and_size() -> None:
    file = FileRow(name="报告\n.pdf", size=1_234_567)
    row = msgspec.structs.replace(make_row(3, text="", kind=MessageKind.FILE), file=file)
    captioned = msgspec.structs.replace(row, text="look")

    lines = [message_line(each, sender="Ben").sentence() for each in (row, captioned)]

    assert f"Ben: [file] 报告 .pdf (1.2 MB)  [received]  {3:032x}" in lines[0]
    assert "(1.2 MB) look  [received]" in lines[1]


@pytest.mark.parametrize(
    ("size", "words"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1_000, "1.0 kB"),
        (999_949, "999.9 kB"),
        (999_950, "1.0 MB"),
        (2**31, "2.1 GB"),
        (5 * 10**12, "5000.0 GB"),
    ],
)
def test_sizes_are_printed_as_people_read_them(size: int, words: str) -> None:
    assert size_words(size) == words


def test_a_timer_is_told_as_it_is_typed() -> None:
    seconds = [0, 30, 90, 3600, 24 * 3600, 7 * 24 * 3600, 8 * 24 * 3600]

    words = [duration_words(each) for each in seconds]
    row = make_system_row(SystemKind.TIMER_CHANGED, text="3600")

    assert words == ["off", "30s", "90s", "1h", "1d", "1w", "8d"]
    assert system_line(row, sender="Ben", subjects=[]).sentence().endswith("to disappear: 1h")

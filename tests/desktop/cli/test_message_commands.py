from __future__ import annotations

import asyncio

import msgspec
import pytest

from desktop.commands import (
    Command,
    EditMessage,
    FindMessage,
    React,
    RecallMessage,
    SendText,
    SetTimer,
)
from desktop.events import (
    AnyAnswer,
    ConversationsChanged,
    LinkState,
    MessageKind,
    MessageRow,
    MessagesFound,
    MessageState,
    Notice,
    NoticeKind,
    Queued,
    SystemKind,
    TimelineChanged,
)
from tests.desktop.cli.fake_client import (
    ANNA,
    WITH_BEN,
    FakeClient,
    make_conversation,
    make_row,
)
from tests.desktop.cli.running import failure, run

UNREACHABLE = (LinkState.CONNECTING, LinkState.OFFLINE)
OWN = make_row(5, sender=ANNA, text="tea", state=MessageState.ACCEPTED)
NAME = f"{5:032x}"


class ChangingClient(FakeClient):
    """Finds and changes messages; ``comes`` is what the change is shown as once it is in."""

    def __init__(
        self,
        *,
        found: tuple[MessageRow, ...] = (OWN,),
        comes: MessageRow | None = None,
        refusal: str = "",
        **arguments: object,
    ) -> None:
        super().__init__(**arguments)  # type: ignore[arg-type] # Passed on.
        self._found = found
        self._comes = comes
        self._refusal = refusal

    def _answer(self, command: Command) -> AnyAnswer:
        call_soon = asyncio.get_running_loop().call_soon
        match command:
            case FindMessage():
                return MessagesFound(rows=list(self._found))
            case EditMessage() | RecallMessage() | React():
                if self._refusal:
                    kind = NoticeKind.CHANGE_REFUSED
                    call_soon(self.emit, Notice(kind=kind, detail=self._refusal))
                if self._comes is not None:
                    rows = [self._comes]
                    call_soon(self.emit, TimelineChanged(conversation_id=WITH_BEN, rows=rows))
                return Queued(row=msgspec.structs.replace(OWN, is_changing=True))
            case SetTimer(seconds=seconds):
                row = msgspec.structs.replace(make_conversation(), timer_s=seconds)
                if not self._refusal:
                    call_soon(self.emit, ConversationsChanged(rows=[row]))
                return None
            case _:
                return super()._answer(command)


def changed(**changes: object) -> MessageRow:
    return msgspec.structs.replace(OWN, **changes)


@pytest.mark.parametrize(
    ("argv", "command"),
    [
        (
            ("edit", NAME, "coffee"),
            EditMessage(conversation_id=WITH_BEN, message_id=NAME, text="coffee"),
        ),
        (("recall", NAME), RecallMessage(conversation_id=WITH_BEN, message_id=NAME)),
        (("react", NAME, "👍"), React(conversation_id=WITH_BEN, message_id=NAME, emoji="👍")),
        (
            ("react", NAME, "👍", "--remove"),
            React(conversation_id=WITH_BEN, message_id=NAME, emoji="👍", is_removed=True),
        ),
    ],
    ids=lambda value: value[0] if isinstance(value, tuple) else "",
)
def test_a_change_is_asked_for_and_printed_once_it_is_in(
    argv: tuple[str, ...], command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    client = ChangingClient(comes=changed(text="as it is now", is_edited=True))

    run(client, *argv)

    assert command in client.asked
    assert "as it is now  (edited)" in capsys.readouterr().out


def test_an_answer_names_what_it_answers() -> None:
    client = ChangingClient()

    run(client, "reply", NAME[:8], "yes")

    sent = [each for each in client.asked if isinstance(each, SendText)]
    assert [(each.text, each.reply_to) for each in sent] == [("yes", NAME)]


def test_a_refused_change_says_why() -> None:
    error = failure(ChangingClient(refusal="forbidden"), "recall", NAME)

    assert (error.code, error.message) == ("forbidden", "The server refused this change.")


def test_a_change_that_did_not_come_in_still_waits() -> None:
    error = failure(ChangingClient(), "--timeout", "0.05", "recall", NAME)

    assert (error.code, error.message) == ("offline", "The change waits here to be sent.")


def test_without_the_server_the_change_waits_and_it_is_said() -> None:
    client = ChangingClient(link=UNREACHABLE)

    error = failure(client, "--timeout", "0.05", "edit", NAME, "coffee")

    assert error.code == "offline"
    assert any(isinstance(each, EditMessage) for each in client.asked)


def test_no_and_several_messages_are_told_apart() -> None:
    none = failure(ChangingClient(found=()), "recall", NAME)
    system = changed(kind=MessageKind.SYSTEM, system=SystemKind.RENAMED)
    line = failure(ChangingClient(found=(system,)), "recall", NAME)
    several = failure(ChangingClient(found=(OWN, OWN)), "recall", NAME)

    assert (none.code, line.code, several.code) == ("not_found", "not_found", "malformed")


def test_a_timer_is_set_and_waited_for() -> None:
    client = ChangingClient()

    run(client, "timer", "Ben", "1h")

    assert SetTimer(conversation_id=WITH_BEN, seconds=3600) in client.asked
    assert failure(ChangingClient(refusal="x"), "--timeout", "0.05", "timer", "Ben", "2h").code

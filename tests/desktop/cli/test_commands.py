from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec
import pytest

from desktop import commands
from desktop.cli.arguments import parse_arguments
from desktop.cli.commands import run_command
from desktop.cli.secrets import Secrets
from desktop.cli.session import open_session
from desktop.engine import CommandFailedError
from desktop.events import LinkState, MessageKind, MessageState, SystemKind
from tests.desktop.cli.fake_client import (
    ANNA,
    BEN,
    CARL,
    RECOVERY_CODE,
    WITH_BEN,
    FakeClient,
    make_row,
)

UNREACHABLE = (LinkState.CONNECTING, LinkState.OFFLINE)


def run(client: FakeClient, *argv: str, password: str = "") -> None:
    arguments = parse_arguments(["--server", "s", "--home", "h", *argv], version="1")

    async def run_it() -> None:
        async with open_session(client) as session:
            await run_command(session, arguments, Secrets(password=password))

    asyncio.run(run_it())
    assert client.is_stopped


def failure(client: FakeClient, *argv: str) -> CommandFailedError:
    with pytest.raises(CommandFailedError) as caught:
        run(client, *argv)
    return caught.value


def test_register_says_the_recovery_code_once_on_standard_error(
    capsys: pytest.CaptureFixture[str],
) -> None:
    client = FakeClient(is_logged_in=False)

    run(client, "register", "anna", password="long enough")

    said = capsys.readouterr()
    assert said.out == "Registered as anna.\n"
    assert RECOVERY_CODE in said.err
    assert client.asked == [
        commands.Register(user_name="anna", password="long enough", nickname="anna")
    ]


def test_register_in_json_has_the_recovery_code_as_a_field(
    capsys: pytest.CaptureFixture[str],
) -> None:
    run(FakeClient(is_logged_in=False), "--json", "register", "anna", "--nickname", "A")

    said = capsys.readouterr()
    assert msgspec.json.decode(said.out)["recovery_code"] == RECOVERY_CODE
    assert said.err == ""


def test_login_says_who_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    client = FakeClient(is_logged_in=False)

    run(client, "login", "anna", password="long enough")

    assert capsys.readouterr().out == "anna  Anna\n"
    assert client.asked == [commands.LogIn(user_name="anna", password="long enough")]


def test_logout_keeps_the_messages_unless_told_to_wipe() -> None:
    keeping, wiping = FakeClient(), FakeClient()

    run(keeping, "logout")
    run(wiping, "logout", "--wipe")

    assert keeping.asked == [commands.LogOut(wipe=False)]
    assert wiping.asked == [commands.LogOut(wipe=True)]


@pytest.mark.parametrize(
    "argv", [["whoami"], ["logout"], ["search", "b"], ["contacts"], ["send", "ben", "hi"]]
)
def test_without_an_account_the_answer_is_not_logged_in(argv: Sequence[str]) -> None:
    assert failure(FakeClient(is_logged_in=False), *argv).code == "not_logged_in"


def test_whoami_needs_no_server(capsys: pytest.CaptureFixture[str]) -> None:
    run(FakeClient(link=UNREACHABLE), "whoami")

    assert capsys.readouterr().out == "anna  Anna\n"


def test_search_prints_the_people_found(capsys: pytest.CaptureFixture[str]) -> None:
    client = FakeClient()

    run(client, "search", "b")

    assert capsys.readouterr().out == "Ben  Ben B.\ncarl  Carl\n"
    assert client.asked == [commands.SearchUsers(text="b")]


def test_contact_commands_ask_the_engine() -> None:
    client = FakeClient()

    run(client, "request", "dora", "--message", "hello")
    run(client, "accept", "CARL")
    run(client, "decline", "carl")
    run(client, "remove", "ben")
    run(client, "block", "BEN")
    run(client, "unblock", "ben")
    run(client, "remark", "ben", "Benny")
    run(client, "remark", "ben")

    assert client.asked == [
        commands.RequestContact(user_name="dora", greeting="hello"),
        commands.AcceptRequest(account=CARL.account),
        commands.DeclineRequest(account=CARL.account),
        commands.RemoveContact(account=BEN.account),
        commands.BlockAccount(account=BEN.account),
        commands.UnblockAccount(account=BEN.account),
        commands.SetRemark(account=BEN.account, remark="Benny"),
        commands.SetRemark(account=BEN.account, remark=""),
    ]


def test_who_is_blocked_is_listed(capsys: pytest.CaptureFixture[str]) -> None:
    run(FakeClient(blocked=(CARL,)), "blocked")

    assert capsys.readouterr().out == "carl  Carl\n"


@pytest.mark.parametrize(
    ("argv", "code"),
    [
        (["accept", "dora"], "no_request"),
        (["decline", "dora"], "no_request"),
        (["remove", "dora"], "not_contact"),
        (["send", "dora", "hi"], "not_contact"),
        (["history", "77"], "not_contact"),
    ],
)
def test_people_one_does_not_know_are_refused(argv: Sequence[str], code: str) -> None:
    assert failure(FakeClient(), *argv).code == code


def test_a_refusal_of_the_engine_is_passed_on() -> None:
    refusal = CommandFailedError("oneself", "That is you.")

    caught = failure(FakeClient(failures={commands.RequestContact: refusal}), "request", "anna")

    assert caught is refusal


def test_lists_print_one_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    run(FakeClient(), "contacts")
    run(FakeClient(), "requests")
    run(FakeClient(), "conversations")

    lines = capsys.readouterr().out.splitlines()
    assert [lines[0], lines[1].split("  ")[1], lines[2]] == [
        "Ben  Ben B.  online",
        "from carl: It is Carl",
        f"{WITH_BEN}  Ben",
    ]


def test_lists_are_shown_out_of_reach_too_and_it_is_said(
    capsys: pytest.CaptureFixture[str],
) -> None:
    caught = failure(FakeClient(link=UNREACHABLE), "contacts")

    assert caught.code == "offline"
    assert capsys.readouterr().out == "Ben  Ben B.  online\n"


def test_a_profile_that_the_server_refuses_is_no_matter_of_reach() -> None:
    client = FakeClient(link=[LinkState.REFUSED], link_code="client_too_old")

    assert failure(client, "contacts").code == "client_too_old"


def test_send_prints_the_accepted_message(capsys: pytest.CaptureFixture[str]) -> None:
    client = FakeClient()

    run(client, "--json", "send", "BEN", "hi there")

    printed = msgspec.json.decode(capsys.readouterr().out)
    assert client.asked == [commands.SendText(conversation_id=WITH_BEN, text="hi there")]
    assert (printed["state"], printed["sender"], printed["sequence"]) == ("accepted", "anna", 1)


def test_send_takes_a_conversation_id(capsys: pytest.CaptureFixture[str]) -> None:
    run(FakeClient(), "send", str(WITH_BEN), "hi")

    assert "anna: hi  [accepted]" in capsys.readouterr().out


def test_send_makes_the_conversation_with_a_contact_that_has_none() -> None:
    client = FakeClient()
    client.contacts = [msgspec.structs.replace(client.contacts[0], profile=CARL)]

    run(client, "send", "carl", "hi")

    assert client.asked[0] == commands.OpenConversation(account=CARL.account)


def test_send_waits_as_far_as_asked() -> None:
    states = (MessageState.ACCEPTED, MessageState.DELIVERED)

    run(FakeClient(after_send=states), "send", "ben", "hi", "--wait", "delivered")
    caught = failure(
        FakeClient(after_send=states), "--timeout", "0", "send", "ben", "hi", "--wait", "read"
    )

    assert caught.code == "offline"
    assert "delivered and not read" in caught.message


def test_send_out_of_reach_says_what_waits(capsys: pytest.CaptureFixture[str]) -> None:
    caught = failure(FakeClient(link=UNREACHABLE, after_send=()), "send", "ben", "hi")

    assert caught.code == "offline"
    assert "anna: hi  [waiting]" in capsys.readouterr().out


def test_a_refused_message_has_the_code_of_the_rule(capsys: pytest.CaptureFixture[str]) -> None:
    client = FakeClient(after_send=[MessageState.REFUSED], refusal="not_contact")

    caught = failure(client, "send", "ben", "hi")

    assert caught.code == "not_contact"
    assert "[refused]" in capsys.readouterr().out


def test_send_passes_on_that_the_server_refuses_the_profile() -> None:
    client = FakeClient(link=[LinkState.REFUSED], link_code="unauthenticated")

    assert failure(client, "send", "ben", "hi").code == "unauthenticated"


def test_history_prints_the_newest_in_order_and_marks_them_read(
    capsys: pytest.CaptureFixture[str],
) -> None:
    rows = [make_row(n, text=f"line {n}", sender=ANNA if n % 2 else BEN) for n in range(1, 6)]
    client = FakeClient(rows=rows)

    run(client, "--json", "history", "ben", "--limit", "3")

    printed = [msgspec.json.decode(line) for line in capsys.readouterr().out.splitlines()]
    assert [(line["sender"], line["text"]) for line in printed] == [
        ("anna", "line 3"),
        ("Ben", "line 4"),
        ("anna", "line 5"),
    ]
    assert client.asked[-1] == commands.MarkRead(conversation_id=WITH_BEN, sequence=5)


def test_history_says_what_happened_to_a_group(capsys: pytest.CaptureFixture[str]) -> None:
    row = make_row(1, text="", kind=MessageKind.SYSTEM)
    row = msgspec.structs.replace(row, system=SystemKind.REMOVED, subjects=(ANNA.account,))

    run(FakeClient(rows=[row]), "history", "ben")

    assert "-- Ben removed anna" in capsys.readouterr().out


def test_search_messages_prints_what_is_kept_here(capsys: pytest.CaptureFixture[str]) -> None:
    client = FakeClient(rows=[make_row(1, text="你好")])

    run(client, "search-messages", "你好")

    assert "Ben: 你好" in capsys.readouterr().out
    assert client.asked[0] == commands.SearchMessages(text="你好")


def test_tail_ends_after_the_seconds_given(capsys: pytest.CaptureFixture[str]) -> None:
    run(FakeClient(), "tail", "--seconds", "0")

    assert capsys.readouterr().out == ""

from __future__ import annotations

import asyncio
import stat
from pathlib import Path

import pytest

from desktop import commands
from desktop.cli import echo
from desktop.cli.bot import GREETING
from desktop.cli.echo import EchoArguments, main, make_echo_engine, run_echo
from desktop.cli.session import open_session
from desktop.engine import CommandFailedError, Engine
from desktop.events import LinkChanged, LinkState, TimelineChanged
from tests.desktop.cli.fake_client import ANNA, BEN, CARL, WITH_BEN, FakeClient, make_row


def serve(client: FakeClient, home: Path, *, until_asked: commands.Command) -> list[str]:
    """Be Echo until a command was asked for; return who said to be ready."""
    ready: list[str] = []

    async def run_it() -> None:
        stop = asyncio.Event()
        async with open_session(client) as session:
            serving = asyncio.create_task(
                run_echo(
                    session,
                    EchoArguments(server="s", home=home),
                    stop=stop,
                    say_ready=lambda line: ready.append(line.user_name),
                ),
                name="echo",
            )
            asked = asyncio.create_task(
                client.until_asked(lambda: until_asked in client.asked), name="asked"
            )
            await asyncio.wait([serving, asked], return_when=asyncio.FIRST_COMPLETED)
            asked.cancel()
            stop.set()
            await serving

    asyncio.run(run_it())
    return ready


def texts_sent(client: FakeClient) -> list[str]:
    return [command.text for command in client.asked if isinstance(command, commands.SendText)]


def read(sequence: int) -> commands.MarkRead:
    return commands.MarkRead(conversation_id=WITH_BEN, sequence=sequence)


def test_first_start_registers_with_a_password_for_the_owners_eyes(tmp_path: Path) -> None:
    client = FakeClient(is_logged_in=False)

    home = tmp_path / "new"

    ready = serve(client, home, until_asked=commands.AcceptRequest(account=CARL.account))

    registered = client.asked[0]
    path = home / "password"
    assert isinstance(registered, commands.Register)
    assert (registered.user_name, registered.password) == ("Echo", path.read_text())
    assert len(registered.password) >= 32
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert ready == ["anna"]


def test_an_account_that_is_there_already_is_logged_in_to(tmp_path: Path) -> None:
    exists = CommandFailedError("user_exists", "Taken.")
    client = FakeClient(is_logged_in=False, failures={commands.Register: exists})

    serve(client, tmp_path, until_asked=commands.AcceptRequest(account=CARL.account))

    password = (tmp_path / "password").read_text()
    assert client.asked[1] == commands.LogIn(user_name="Echo", password=password)


def test_a_name_that_is_refused_ends_echo(tmp_path: Path) -> None:
    refusal = CommandFailedError("bad_user_name", "No.")
    client = FakeClient(is_logged_in=False, failures={commands.Register: refusal})

    with pytest.raises(CommandFailedError):
        serve(client, tmp_path, until_asked=read(0))


def test_a_new_conversation_is_greeted_once(tmp_path: Path) -> None:
    client = FakeClient()

    serve(client, tmp_path, until_asked=commands.SendText(conversation_id=WITH_BEN, text=GREETING))
    serve(client, tmp_path, until_asked=commands.AcceptRequest(account=CARL.account))

    assert texts_sent(client) == [GREETING]


def test_what_came_while_it_was_away_is_answered_in_order(tmp_path: Path) -> None:
    rows = [make_row(1, sender=ANNA), make_row(2, text="a"), make_row(3, text="b")]
    client = FakeClient(rows=rows)

    serve(client, tmp_path, until_asked=read(3))
    serve(client, tmp_path, until_asked=commands.AcceptRequest(account=CARL.account))

    assert texts_sent(client) == ["a", "b"]


def test_a_contact_without_a_conversation_gets_one(tmp_path: Path) -> None:
    client = FakeClient()
    client.contacts = [
        type(client.contacts[0])(profile=CARL),
        *client.contacts,
    ]

    serve(client, tmp_path, until_asked=commands.OpenConversation(account=CARL.account))

    assert commands.OpenConversation(account=BEN.account) not in client.asked


def test_what_fails_is_tried_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(echo, "_RETRY_S", 0)
    rows = [make_row(1, sender=ANNA), make_row(2, text="a")]
    failures: dict[type[commands.Command], CommandFailedError] = {
        commands.AcceptRequest: CommandFailedError("offline", "No.")
    }
    client = FakeClient(rows=rows, failures=failures)
    accept = commands.AcceptRequest(account=CARL.account)

    serve(client, tmp_path, until_asked=read(2))
    before = client.asked.count(accept)
    client.asked.clear()

    assert before >= 1
    serve(client, tmp_path, until_asked=accept)


def test_a_server_that_refuses_for_good_ends_echo(tmp_path: Path) -> None:
    client = FakeClient(rows=[make_row(1, sender=ANNA)])

    async def run_it() -> None:
        async with open_session(client) as session:
            await run_echo(
                session,
                EchoArguments(server="s", home=tmp_path),
                stop=asyncio.Event(),
                say_ready=lambda _: client.emit(
                    LinkChanged(state=LinkState.REFUSED, code="replaced", message="Elsewhere.")
                ),
            )

    with pytest.raises(CommandFailedError) as caught:
        asyncio.run(run_it())
    assert caught.value.code == "replaced"


def test_live_messages_are_answered(tmp_path: Path) -> None:
    client = FakeClient(rows=[make_row(1, sender=ANNA)])

    async def run_it() -> None:
        stop = asyncio.Event()
        async with open_session(client) as session:
            arguments = EchoArguments(server="s", home=tmp_path)
            serving = asyncio.create_task(
                run_echo(session, arguments, stop=stop, say_ready=lambda _: None), name="echo"
            )
            await client.until_asked(
                lambda: any(isinstance(c, commands.LoadTimeline) for c in client.asked)
            )
            client.rows.append(make_row(2, text="live"))
            client.emit(TimelineChanged(conversation_id=WITH_BEN, rows=client.rows[-1:]))
            await client.until_asked(lambda: read(2) in client.asked)
            stop.set()
            await serving

    asyncio.run(run_it())

    assert texts_sent(client) == ["live"]


def test_echo_keeps_its_key_in_its_home(tmp_path: Path) -> None:
    engine = make_echo_engine(EchoArguments(server="http://127.0.0.1:1", home=tmp_path))

    assert isinstance(engine, Engine)


def test_main_says_why_it_can_not_be(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    failing = FakeClient(start_failure=CommandFailedError("profile_in_use", "Twice."))
    monkeypatch.setattr(echo, "make_echo_engine", lambda _: failing)

    code = main(["--server", "s", "--home", str(tmp_path)])

    assert code == 5
    assert capsys.readouterr().err == "echo: profile_in_use: Twice.\n"

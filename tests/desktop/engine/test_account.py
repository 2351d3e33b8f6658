from __future__ import annotations

from pathlib import Path

import pytest

from desktop import commands, events
from desktop.config import EngineConfig
from desktop.engine import CommandFailedError, Engine
from desktop.events import MessageState
from shared.errors import TransportError
from tests.desktop.engine.people import PASSWORD, Person, befriend
from tests.server_process import ServerProcess

pytestmark = pytest.mark.asyncio


async def refusal(person: Person, command: commands.Command) -> str:
    with pytest.raises(CommandFailedError) as failed:
        await person.engine.ask(command)
    return failed.value.code


def registration(name: str, password: str = PASSWORD) -> commands.Register:
    return commands.Register(user_name=name, password=password, nickname="A")


async def test_registering_shows_the_recovery_code_and_logs_in(anna: Person) -> None:
    answer = await anna.register()

    account = anna.last(events.AccountChanged).account
    assert len(answer.recovery_code) == 39
    assert account is not None
    assert account.is_logged_in
    assert (account.profile.user_name, account.profile.nickname) == (anna.name, anna.name.title())


async def test_registering_is_refused_with_a_code_of_its_own(anna: Person, ben: Person) -> None:
    await ben.register()

    codes = [
        await refusal(anna, registration(ben.name)),
        await refusal(anna, registration(ben.name.upper().replace("B", "Ｂ"))),
        await refusal(anna, registration("a b")),
        await refusal(anna, registration(anna.name, "short")),
        await refusal(anna, commands.LogIn(user_name="nobody", password=PASSWORD)),
        await refusal(anna, commands.LogIn(user_name=ben.name, password="wrong password")),
        await refusal(anna, commands.LogIn(user_name=ben.name, password="short")),
        await refusal(anna, commands.SearchUsers(text=ben.name)),
        await refusal(ben, commands.LogIn(user_name=ben.name, password=PASSWORD)),
        await refusal(ben, registration(anna.name)),
    ]

    assert codes == [
        "user_exists",
        "user_exists",
        "bad_user_name",
        "passwords",
        "wrong_credentials",
        "wrong_credentials",
        "wrong_credentials",
        "not_logged_in",
        "local",
        "other_account",
    ]


async def test_a_weaker_key_derivation_is_refused(tmp_path: Path, server: ServerProcess) -> None:
    person = Person("anna", tmp_path, server.url)
    config = EngineConfig(server_url=server.url, home=tmp_path / "strict", uses_key_store=False)
    person.engine = Engine(config)
    await person.engine.start()

    code = await refusal(person, registration("anna"))

    assert code == "weak_kdf"
    await person.stop()


async def test_plain_http_beyond_this_machine_is_refused(tmp_path: Path) -> None:
    person = await Person("anna", tmp_path, "http://192.0.2.1:8080").start()

    code = await refusal(person, registration("anna"))

    assert code == "insecure_address"
    await person.stop()


async def test_a_server_that_is_away_is_said(anna: Person, server: ServerProcess) -> None:
    server.stop()

    assert await refusal(anna, registration(anna.name)) == "offline"


async def test_logging_out_keeps_what_is_here_until_logging_in_again(
    anna: Person, ben: Person
) -> None:
    await anna.register()
    await ben.register()
    conversation_id = await befriend(anna, ben)
    sent = await anna.send(conversation_id, "kept")
    await anna.state(conversation_id, sent.local_id, MessageState.DELIVERED)
    await anna.engine.ask(commands.SaveDraft(conversation_id=conversation_id, text="half"))

    await anna.engine.ask(commands.LogOut(wipe=False))
    code = await refusal(anna, commands.LoadTimeline(conversation_id=conversation_id))
    await anna.stop()
    anna.told.clear()
    await anna.start()
    account = anna.last(events.AccountChanged).account
    assert account is not None
    assert not account.is_logged_in
    assert anna.all_told(events.ConversationsChanged) == []
    await anna.log_in()

    page = await anna.page(conversation_id)
    draft = await anna.engine.ask(commands.LoadDraft(conversation_id=conversation_id))
    assert draft == events.DraftLoaded(text="half")
    assert code == "not_logged_in"
    assert [row.text for row in page.rows] == ["kept"]
    again = await anna.send(conversation_id, "again")
    await anna.state(conversation_id, again.local_id, MessageState.DELIVERED)


async def test_wiping_frees_the_device_and_a_new_one_reads_the_history(
    anna: Person, ben: Person, tmp_path: Path
) -> None:
    await anna.register()
    await ben.register()
    conversation_id = await befriend(anna, ben)
    texts = [f"line {number}" for number in range(5)]
    for text in texts:
        await anna.send(conversation_id, text)
    await ben.reads(conversation_id, texts)

    await anna.engine.ask(commands.LogOut(wipe=True))

    assert anna.last(events.AccountChanged).account is None
    anna.told.clear()
    await anna.log_in()
    await anna.reads(conversation_id, texts)
    sent = await anna.send(conversation_id, "from a new device")
    await ben.reads(conversation_id, [*texts, "from a new device"])
    await anna.state(conversation_id, sent.local_id, MessageState.DELIVERED)


async def test_wiping_without_a_server_is_refused_and_deletes_nothing(
    anna: Person, server: ServerProcess
) -> None:
    await anna.register()
    server.stop()
    await anna.offline()

    code = await refusal(anna, commands.LogOut(wipe=True))

    assert code == "offline"
    account = anna.last(events.AccountChanged).account
    assert account is not None
    assert account.is_logged_in


async def test_logging_out_without_a_server_works(anna: Person, server: ServerProcess) -> None:
    await anna.register()
    server.stop()
    await anna.offline()

    await anna.engine.ask(commands.LogOut(wipe=False))

    account = anna.last(events.AccountChanged).account
    assert account is not None
    assert not account.is_logged_in


async def test_a_registration_whose_answer_was_lost_is_finished_by_the_next_try(
    anna: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_answer(anna, monkeypatch)

    assert await refusal(anna, registration(anna.name)) == "offline"
    await anna.stop()
    await anna.start()
    answer = await anna.register()

    assert len(answer.recovery_code) == 39
    account = anna.last(events.AccountChanged).account
    assert account is not None
    assert account.profile.nickname == "A"


async def test_after_a_lost_answer_one_may_also_just_log_in(
    anna: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_answer(anna, monkeypatch)
    await refusal(anna, registration(anna.name))
    await anna.stop()
    await anna.start()

    await anna.log_in()

    assert anna.account


async def test_a_lost_registration_is_not_taken_over_with_another_password(
    anna: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    lose_answer(anna, monkeypatch)
    await refusal(anna, registration(anna.name))
    await anna.stop()
    await anna.start()

    code = await refusal(anna, registration(anna.name, "another password"))

    assert code == "user_exists"
    await anna.register()


async def test_a_session_that_was_ended_elsewhere_is_said(anna: Person) -> None:
    await anna.register()
    await anna.stop()
    await anna.end_session_elsewhere()
    await anna.start()

    await anna.until(lambda: not logged_in(anna) or None)

    assert anna.last(events.LinkChanged).state is events.LinkState.REFUSED
    assert anna.last(events.LinkChanged).code == "unauthenticated"
    await anna.log_in()


async def test_a_copy_of_a_profile_that_was_ended_comes_back_as_a_new_device(
    anna: Person,
) -> None:
    await anna.register()
    parts = anna.engine._parts
    assert parts is not None
    assert parts.connection.current is not None
    device = parts.context.me().device.device_id

    parts.account_commands.end_copy()
    parts.connection.current.close_for_good("This profile is used in two places.")
    parts.connection.hurry()
    await anna.until(
        lambda: anna.last(events.LinkChanged).state is events.LinkState.REFUSED or None
    )
    code = await refusal(anna, commands.LogIn(user_name=anna.name, password=PASSWORD))
    await anna.engine.ask(commands.LogOut(wipe=True))
    anna.told.clear()
    await anna.log_in()

    assert code == "revoked"
    assert anna.engine._parts is not None
    assert anna.engine._parts.context.me().device.device_id != device


def logged_in(person: Person) -> bool:
    account = person.last(events.AccountChanged).account
    return account is not None and account.is_logged_in


def lose_answer(person: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the next registration reach the server, and its answer not come back."""
    assert person.engine._parts is not None
    http = person.engine._parts.context.http
    call = http.call

    async def losing(
        method: str, path: str, data: bytes | None = None, *, media_type: str = "application/json"
    ) -> bytes:
        answer = await call(method, path, data, media_type=media_type)
        if path == "/v1/accounts":
            raise TransportError("lost")
        return answer

    monkeypatch.setattr(http, "call", losing)

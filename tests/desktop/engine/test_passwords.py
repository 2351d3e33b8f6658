"""Another password, another code, and coming back with the code, at a real server."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from desktop import commands, events
from desktop.engine import CommandFailedError
from tests.desktop.engine.people import PASSWORD, Person
from tests.server_process import ServerProcess

pytestmark = pytest.mark.asyncio
NEW_PASSWORD = "battery staple"


@pytest_asyncio.fixture
async def phone(anna: Person, server: ServerProcess, tmp_path: Path) -> AsyncIterator[Person]:
    """Return another profile of Anna's, logged out."""
    person = Person(anna.name, tmp_path / "phone", server.url)
    await person.start()
    yield person
    await person.stop()


async def refusal(person: Person, command: commands.Command) -> str:
    with pytest.raises(CommandFailedError) as failed:
        await person.engine.ask(command)
    return failed.value.code


def log_in(name: str, password: str) -> commands.LogIn:
    return commands.LogIn(user_name=name, password=password)


def recovery(name: str, code: str) -> commands.Recover:
    return commands.Recover(user_name=name, recovery_code=code, new_password=NEW_PASSWORD)


async def test_a_changed_password_opens_and_the_old_one_does_not(
    anna: Person, phone: Person
) -> None:
    await anna.register()

    await anna.engine.ask(commands.ChangePassword(password=PASSWORD, new_password=NEW_PASSWORD))

    assert await refusal(phone, log_in(anna.name, PASSWORD)) == "wrong_credentials"
    await phone.engine.ask(log_in(anna.name, NEW_PASSWORD))


async def test_a_password_that_is_wrong_or_short_changes_nothing(anna: Person) -> None:
    await anna.register()

    codes = [
        await refusal(
            anna, commands.ChangePassword(password="wrong pass", new_password="12345678")
        ),
        await refusal(anna, commands.ChangePassword(password=PASSWORD, new_password="short")),
        await refusal(anna, commands.MakeRecoveryCode(password="wrong password")),
    ]

    assert codes == ["wrong_credentials", "passwords", "wrong_credentials"]


async def test_the_recovery_code_sets_a_new_password_and_gives_a_new_code(
    anna: Person, phone: Person
) -> None:
    code = (await anna.register()).recovery_code

    answer = await phone.engine.ask(recovery(anna.name, code.lower()))

    assert isinstance(answer, events.RecoveryCodeMade)
    await phone.online()
    await anna.until(lambda: anna.last(events.LinkChanged).state is events.LinkState.REFUSED)
    assert await refusal(anna, log_in(anna.name, PASSWORD)) == "wrong_credentials"
    await anna.engine.ask(log_in(anna.name, NEW_PASSWORD))
    await phone.engine.ask(commands.LogOut(wipe=True))
    assert await refusal(phone, recovery(anna.name, code)) == "wrong_credentials"
    await phone.engine.ask(recovery(anna.name, answer.recovery_code))


async def test_a_new_code_takes_the_place_of_the_old_one(anna: Person, phone: Person) -> None:
    old = (await anna.register()).recovery_code

    made = await anna.engine.ask(commands.MakeRecoveryCode(password=PASSWORD))

    assert isinstance(made, events.RecoveryCodeMade)
    assert await refusal(phone, recovery(anna.name, old)) == "wrong_credentials"
    await phone.engine.ask(recovery(anna.name, made.recovery_code))


async def test_a_code_with_a_typing_error_or_a_profile_in_use_is_refused(
    anna: Person, phone: Person
) -> None:
    code = (await anna.register()).recovery_code

    codes = [
        await refusal(phone, recovery(anna.name, code[:-1] + ("0" if code[-1] != "0" else "1"))),
        await refusal(anna, recovery(anna.name, code)),
    ]

    assert codes == ["wrong_credentials", "local"]

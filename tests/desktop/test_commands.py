from __future__ import annotations

import msgspec
import pytest

from desktop import commands
from desktop.commands import Command, LogIn, Register, SendText, SetPasscode, Unlock
from shared.identifiers import ConversationId

KINDS = [getattr(commands, name) for name in commands.__all__ if name != "Command"]


def test_every_command_goes_by_its_own_name() -> None:
    tags = [kind.__struct_config__.tag for kind in KINDS]

    assert len(set(tags)) == len(KINDS)
    assert all(issubclass(kind, Command) for kind in KINDS)


@pytest.mark.parametrize(
    "command",
    [
        Register(user_name="anna", password="a good password", nickname="Anna"),
        LogIn(user_name="anna", password="a good password"),
        Unlock(passcode="a good password"),
        SetPasscode(passcode="a good password", new_passcode="another password"),
    ],
)
def test_a_password_is_not_shown_where_a_command_is(command: Command) -> None:
    assert "password" not in repr(command)


def test_the_words_of_a_message_are_not_shown_where_a_command_is() -> None:
    command = SendText(request_id=7, conversation_id=ConversationId(1), text="a private word")

    assert "private" not in repr(command)


def test_a_command_is_the_same_after_a_journey_as_bytes() -> None:
    sent = SendText(request_id=7, conversation_id=ConversationId(1), text="hello")

    assert msgspec.json.decode(msgspec.json.encode(sent), type=SendText) == sent


def test_a_command_does_not_change_on_its_way() -> None:
    command = LogIn(user_name="anna", password="a good password")

    with pytest.raises(AttributeError):
        command.password = "another one"  # type: ignore[misc]

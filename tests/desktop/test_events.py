from __future__ import annotations

import msgspec
import pytest

from desktop import events
from desktop.events import Answer, Event, LinkChanged, LinkState, Registered
from tests.desktop.fake_port import FakePort, profile


def kinds_under(root: type[msgspec.Struct]) -> list[type[msgspec.Struct]]:
    found = [getattr(events, name) for name in events.__all__]
    return [kind for kind in found if isinstance(kind, type) and issubclass(kind, root)]


@pytest.mark.parametrize("root", [Event, Answer])
def test_every_kind_goes_by_its_own_name(root: type[msgspec.Struct]) -> None:
    kinds = [kind for kind in kinds_under(root) if kind is not root]

    tags = {kind.__struct_config__.tag for kind in kinds}
    assert len(kinds) > 3
    assert len(tags) == len(kinds)


def test_a_recovery_code_is_not_shown_where_an_answer_is() -> None:
    assert "ABCD" not in repr(Registered(recovery_code="ABCD-EFGH"))


def test_the_words_of_a_message_are_not_shown_where_a_row_is(windows: None) -> None:
    port = FakePort()
    conversation_id = port.add_conversation(profile(2, "ben", "Ben"))

    row = port.add_message(conversation_id, "a private word")

    assert "private" not in repr(row)
    assert "private" not in repr(port.conversations[conversation_id])


def test_an_event_does_not_change_once_it_is_told() -> None:
    event = LinkChanged(state=LinkState.ONLINE)

    with pytest.raises(AttributeError):
        event.state = LinkState.OFFLINE  # type: ignore[misc]

"""A conversation of 100,000 messages: ``python -m tests.exhibits.timeline``."""

from __future__ import annotations

from desktop.ui.timeline_view import TimelineView
from tests.desktop.fake_port import FakePort, profile
from tests.exhibits.stage import make_application, show


def main() -> None:
    _, loop = make_application()
    port = FakePort()
    friend = profile(2, "wang", "Wang")
    port.add_contact(friend, is_online=True)
    conversation_id = port.add_conversation(friend)
    for number in range(100_000):
        text = f"第 {number} 条消息 – " + "a few more words " * (number % 9)
        port.add_message(
            conversation_id, text, is_own=number % 3 == 0, minutes_ago=(100_000 - number) / 5
        )
    port.announce()
    model = port.session.timeline(conversation_id)
    view = TimelineView(model, friend.nickname)
    view.resize(640, 700)
    model.open(port.conversations[conversation_id])
    show(view, loop)


if __name__ == "__main__":
    main()

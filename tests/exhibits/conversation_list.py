"""The list of conversations: ``python -m tests.exhibits.conversation_list``."""

from __future__ import annotations

from desktop.ui.conversation_actions import ConversationActions
from desktop.ui.conversation_list import ConversationList
from tests.exhibits.stage import add_variety, make_application, make_world, show


def main() -> None:
    _, loop = make_application()
    port = make_world()
    add_variety(port)
    port.announce()
    conversations = ConversationList(port.session, ConversationActions(port.session, port))
    conversations.resize(320, 640)
    show(conversations, loop)


if __name__ == "__main__":
    main()

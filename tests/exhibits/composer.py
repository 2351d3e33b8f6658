"""A conversation to write in, a group: ``python -m tests.exhibits.composer``.

Type ``@`` or ``:smi``, paste or drop files, open the emoji.
"""

from __future__ import annotations

import msgspec

from desktop.events import Member
from desktop.ui.chat_pane import ChatPane
from desktop.ui.settings import SettingsStore
from shared.roster import ConversationKind
from tests.desktop.fake_port import profile
from tests.exhibits.stage import WANG, make_application, make_world, show


def main() -> None:
    _, loop = make_application()
    port = make_world()
    row = port.conversations[WANG]
    port.conversations[WANG] = msgspec.structs.replace(
        row, kind=ConversationKind.GROUP, title="产品设计组", member_count=4
    )
    people = (
        port.own,
        profile(2, "wangfang", "王芳"),
        profile(3, "alice.chen", "Alice Chen"),
        profile(4, "zhangwei", "张伟"),
    )
    port.members = [Member(profile=person, role=1) for person in people]
    port.announce()
    pane = ChatPane(port.session, port, WANG, settings=SettingsStore())
    pane.resize(640, 620)
    show(pane, loop)


if __name__ == "__main__":
    main()

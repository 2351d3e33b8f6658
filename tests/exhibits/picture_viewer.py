"""Pictures of a conversation, one at a time: ``python -m tests.exhibits.picture_viewer``."""

from __future__ import annotations

from desktop.events import FileState, MessageKind
from desktop.ui.picture_viewer import PictureViewer
from tests.desktop.fake_port import FakePort, profile
from tests.exhibits.stage import make_application, show
from tests.exhibits.timeline import landscape, picture_row

SIZES = ((1600, 1200), (900, 1600), (3000, 700), (64, 64))


def main() -> None:
    _, loop = make_application()
    port = FakePort()
    friend = profile(2, "wang", "王芳")
    port.add_contact(friend, is_online=True)
    conversation_id = port.add_conversation(friend)
    for width, height in SIZES:
        file = picture_row(width, height, FileState.HERE)
        row = port.add_message(conversation_id, "", kind=MessageKind.FILE, file=file)
        port.pictures[row.local_id] = landscape(width, height)
        port.add_message(conversation_id, "好看！")
    port.announce()
    timeline = port.session.timeline(conversation_id)
    first = port.rows[conversation_id][0]
    viewer = PictureViewer(first, timeline, port, port.session.pictures, lambda _: friend.nickname)
    show(viewer, loop)


if __name__ == "__main__":
    main()

"""A group with every kind of message: ``python -m tests.exhibits.timeline [--many]``.

With ``--many`` it is a conversation of 100,000 messages instead.
"""

from __future__ import annotations

import sys
from typing import Any

import msgspec
from PySide6.QtCore import QBuffer, QIODevice, QPointF, Qt
from PySide6.QtGui import QColor, QImage, QLinearGradient, QPainter

from desktop import events
from desktop.events import (
    FileRow,
    FileState,
    MessageKind,
    MessageState,
    Quote,
    ReactionCount,
    SystemKind,
)
from desktop.ui.chat_pane import ChatPane
from shared.identifiers import AccountId, ConversationId
from tests.desktop.fake_port import OWN, FakePort, profile
from tests.exhibits.stage import make_application, make_world, show

GROUP = ConversationId(1000)
WANG, ALICE, ZHANG = AccountId(2), AccountId(3), AccountId(4)
STYLES = (
    "**粗体**、*斜体*、~~删除线~~ 和 `code` 都可以，链接也行：https://mim.example.org/docs，"
    "还有 [看起来像银行](https://evil.example/login)。"
)
CODE = (
    "这样写就行：\n```python\ndef greet(name: str) -> str:\n    return f'你好，{name}'\n```\n"
    "> 引用一行\n> 再一行\n收到"
)
LONG_WORD = "https://example.org/" + "a-very-long-path/" * 12


def landscape(width: int, height: int) -> QImage:
    """A picture, painted here so that no photograph is needed."""
    image = QImage(width, height, QImage.Format.Format_ARGB32_Premultiplied)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    sky = QLinearGradient(QPointF(0, 0), QPointF(0, height))
    sky.setColorAt(0, QColor("#20315e"))
    sky.setColorAt(0.6, QColor("#f08a5d"))
    sky.setColorAt(1, QColor("#f9ed69"))
    painter.fillRect(image.rect(), sky)
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(QColor("#fff3d6"))
    side = min(width, height) // 6
    painter.drawEllipse(width * 2 // 3, height // 3, side, side)
    for number, color in enumerate(("#3d5a80", "#293a5c", "#16213e")):
        painter.setBrush(QColor(color))
        top = height * (6 + number) // 10
        painter.drawEllipse(-width // 3 + number * width // 4, top, width, height)
    painter.end()
    return image


def packed(image: QImage, side: int) -> bytes:
    """A small JPEG of a picture, as comes with a message."""
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    small = image.scaled(side, side, Qt.AspectRatioMode.KeepAspectRatio)
    small.convertToFormat(QImage.Format.Format_RGB888).save(buffer, "JPEG", 70)  # type: ignore[call-overload]
    return bytes(buffer.data().data())


def picture_row(width: int, height: int, state: FileState, **changes: Any) -> FileRow:
    """The file of a message with a picture."""
    image = landscape(width, height)
    file = FileRow(
        name="IMG_2041.jpg",
        size=2_400_000,
        media_type="image/jpeg",
        width=width,
        height=height,
        preview=packed(image, 20),
        thumbnail=packed(image, 320),
        state=state,
    )
    return msgspec.structs.replace(file, **changes)


def make_group(port: FakePort) -> ConversationId:
    """A group in which everything happens that can."""
    port.add_conversation(
        profile(0, "", ""), kind=2, title="产品设计组", own_role=3, member_count=4, mentions=1
    )
    day = 60 * 24

    def say(text: str, sender: AccountId, minutes_ago: float, **changes: Any) -> events.MessageRow:
        return port.add_message(
            GROUP,
            text,
            is_own=sender == OWN,
            minutes_ago=minutes_ago,
            sender=sender,
            **changes,
        )

    say("", WANG, day * 2, kind=MessageKind.SYSTEM, system=SystemKind.CREATED)
    say("大家好 👋", WANG, day * 2 - 1)
    say("👍", ALICE, day * 2 - 3)
    say("🎉🚀", OWN, day * 2 - 4)
    say(STYLES, ZHANG, day + 40)
    say(CODE, ALICE, day + 30)
    say(LONG_WORD, WANG, day + 20)
    first = say("早上好！新版的会话列表我改完了，行高 64，头像 46。", WANG, 42)
    say("暗色也一起调了，大家看看对比度够不够", WANG, 41)
    say(
        "滚动现在很顺，100 万条历史打开不到 20 ms 🚀",
        ZHANG,
        38,
        reactions=(
            ReactionCount("👍", (OWN, WANG, ALICE, AccountId(5))),
            ReactionCount("🎉", (WANG, ALICE)),
        ),
    )
    mine = say(
        "收到，我来测无障碍和 RTL。The time stamp sits inside the last line when it fits.",
        OWN,
        36,
        is_edited=True,
    )
    say("", ALICE, 35, kind=MessageKind.RECALLED)
    say(
        "新版图标我传上来了，@林晓 大家看看 🎨",
        WANG,
        30,
        reply_to=mine.message_id,
        quote=Quote(
            local_id=mine.local_id,
            order=mine.order,
            sender=OWN,
            kind=MessageKind.TEXT,
            text=mine.text,
        ),
        mentions=(OWN,),
    )
    running = say(
        "",
        WANG,
        29,
        kind=MessageKind.FILE,
        file=FileRow(
            name="icons_v3.zip",
            size=12_600_000,
            state=FileState.RUNNING,
            done=8_100_000,
            total=12_600_000,
        ),
    )
    say(
        "",
        ZHANG,
        28,
        kind=MessageKind.FILE,
        file=FileRow(name="会议纪要 2026-11 最终版（已确认，请勿再改）.docx", size=48_213),
    )
    say(
        "压缩包请查收",
        OWN,
        27,
        kind=MessageKind.FILE,
        file=FileRow(
            name="release-2.4.0.tar.gz",
            size=734_003_200,
            state=FileState.PAUSED,
            is_upload=True,
            done=300_000_000,
            total=734_003_200,
        ),
        state=MessageState.WAITING,
    )
    say(
        "",
        ALICE,
        26,
        kind=MessageKind.FILE,
        file=FileRow(name="setup.exe", size=3_100_000, state=FileState.FAILED, code="offline"),
    )
    say(
        "",
        ALICE,
        25,
        kind=MessageKind.FILE,
        file=FileRow(name="notes.pdf", size=91_000, state=FileState.HERE),
    )
    shown = say("", ALICE, 24, kind=MessageKind.FILE, file=picture_row(1600, 1200, FileState.HERE))
    port.pictures[shown.local_id] = landscape(1600, 1200)
    say(
        "昨天在山上拍的",
        ZHANG,
        23,
        kind=MessageKind.FILE,
        file=picture_row(900, 1400, FileState.REMOTE, size=20_000_000),
    )
    own = say(
        "",
        OWN,
        22,
        kind=MessageKind.FILE,
        file=picture_row(1200, 500, FileState.RUNNING, is_upload=True, done=1, total=3),
        state=MessageState.WAITING,
    )
    say("这条发不出去", OWN, 3, state=MessageState.REFUSED, refusal="not_contact", sequence=0)
    say("正在等待网络", OWN, 2, state=MessageState.WAITING, sequence=0)
    say("❤️", OWN, 1, state=MessageState.DELIVERED)
    row = port.conversations[GROUP]
    port.conversations[GROUP] = msgspec.structs.replace(
        row, first_unread=first.sequence + 6, unread=3
    )
    for local_id, done, total in ((running.local_id, 8_100_000, 12_600_000), (own.local_id, 1, 3)):
        port.session.apply(
            events.TransferProgress(
                conversation_id=GROUP, local_id=local_id, done=done, total=total
            )
        )
    return GROUP


def make_many(port: FakePort) -> ConversationId:
    """A conversation of 100,000 messages."""
    friend = profile(20, "wang", "Wang")
    port.add_contact(friend, is_online=True)
    conversation_id = port.add_conversation(friend)
    for number in range(100_000):
        text = f"第 {number} 条消息 – " + "a few more words " * (number % 9)
        port.add_message(
            conversation_id, text, is_own=number % 3 == 0, minutes_ago=(100_000 - number) / 5
        )
    return conversation_id


def main() -> None:
    _, loop = make_application()
    port = make_world()
    conversation_id = make_many(port) if "--many" in sys.argv else make_group(port)
    port.announce()
    pane = ChatPane(port.session, port, conversation_id)
    pane.resize(716, 760)
    show(pane, loop)


if __name__ == "__main__":
    main()

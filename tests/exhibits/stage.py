"""A running application with a small, believable world for exhibits and pictures."""

from __future__ import annotations

import asyncio
import sys
from functools import lru_cache

import msgspec
import qasync  # type: ignore[import-untyped]  # It ships no types.
from PySide6.QtCore import QBuffer, QIODevice, QPointF, QRectF
from PySide6.QtGui import QColor, QImage, QLinearGradient, QPainter
from PySide6.QtWidgets import QApplication, QWidget

from desktop import events
from desktop.events import FriendGroup, MessageKind, MessageState, Profile, Request
from desktop.ui import theme, times, translate
from desktop.ui.fonts import install_fonts
from shared.identifiers import AccountId, ConversationId
from tests.desktop.fake_port import NOW, FakePort, at, profile

__all__ = ["add_variety", "make_application", "make_picture", "make_world", "show", "sort_friends"]

WANG, ALICE, ZHANG, MOM, LI, HAN = (ConversationId(1000 + number) for number in range(2, 8))
DESIGN, OPS = ConversationId(1100), ConversationId(1101)


def make_application() -> tuple[QApplication, qasync.QEventLoop]:
    """Return the application and its loop, set up as `desktop.app` does."""
    application = QApplication.instance() or QApplication(sys.argv[:1])
    assert isinstance(application, QApplication)
    application.setStyle("Fusion")
    application.setCursorFlashTime(0)
    install_fonts()
    loop = qasync.QEventLoop(application)
    asyncio.set_event_loop(loop)
    times.use_clock(lambda: NOW)
    return application, loop


def make_world(*, is_logged_in: bool = True) -> FakePort:
    """Return a port with people, requests and conversations in two languages."""
    port = FakePort(is_logged_in=is_logged_in)
    wang = profile(2, "wangfang", "王芳", "界面设计 · 喜欢爬山")
    alice = profile(3, "alice.chen", "Alice Chen", "Coffee first.")
    zhang = profile(4, "zhangwei", "张伟", "")
    mom = profile(5, "mom", "Mom", "")
    li = profile(6, "lilei", "李雷", "在路上")
    han = profile(7, "hanmeimei", "韩梅梅", "")
    for person, is_online, seen in (
        (wang, True, 0),
        (alice, True, 0),
        (zhang, False, at(95)),
        (mom, True, 0),
        (li, False, at(60 * 26)),
        (han, False, at(60 * 24 * 3)),
    ):
        port.add_contact(person, is_online=is_online, seen=seen)
        port.add_conversation(person)
    _add_requests(port)
    _add_messages(port)
    picture = make_picture()
    port.avatars["f" * 64] = picture
    return port


def sort_friends(port: FakePort) -> None:
    """Put friends into groups, let one be verified, one a group's, and one blocked."""
    port.contacts[AccountId(3)] = msgspec.structs.replace(
        port.contacts[AccountId(3)], is_verified=True
    )
    port.friend_groups = (
        FriendGroup(name="同事", accounts=(AccountId(2), AccountId(4))),
        FriendGroup(name="Family", accounts=(AccountId(5),)),
    )
    port.contacts[AccountId(4)] = msgspec.structs.replace(
        port.contacts[AccountId(4)], remark="老张"
    )
    port.blocked = [port.contacts[AccountId(7)].profile]
    nobody = profile(0, "", "")
    port.add_conversation(
        msgspec.structs.replace(nobody, account=AccountId(90)),
        kind=2,
        title="Design review",
        own_role=3,
        member_count=12,
        join_requests=2,
        last_at_ms=at(400),
    )


def add_variety(port: FakePort) -> None:
    """Add groups, files, and conversations that are pinned, muted, verified and archived."""
    wang, zhang = profile(2, "wangfang", "王芳"), profile(4, "zhangwei", "张伟")
    port.members = [
        events.Member(profile=port.own, role=3),
        events.Member(profile=wang, role=2),
        events.Member(profile=zhang, role=1),
        events.Member(profile=profile(3, "alice.chen", "Alice Chen"), role=1),
    ]
    _add_group(port, DESIGN, "产品设计组", sender=wang, text="新版图标我传上来了，大家看看 🎨")
    _add_group(port, OPS, "Ops on-call", sender=profile(13, "bob", "Bob"), text="rotating keys")
    port.keep(DESIGN, is_pinned=True, unread=3, first_unread=1, mentions=1, first_mention=1)
    port.keep(OPS, muted_until_ms=0, unread=28, first_unread=1, own_role=1)
    port.keep(ALICE, is_verified=True)
    port.keep(HAN, is_archived=True)
    port.keep(LI, is_pinned=True)
    files = (
        ("icons_v3.zip", 12_600_000, 0),
        ("评审记录.pdf", 845_000, 0),
        ("IMG_2041.jpg", 2e6, 9),
    )
    for minutes, (name, size, width) in enumerate(files):
        row = port.add_message(WANG, "", minutes_ago=60 * 20 + minutes, kind=MessageKind.FILE)
        port.rows[WANG].remove(row)
        file = events.FileRow(name=name, size=int(size), width=width, height=width)
        earlier = msgspec.structs.replace(row, file=file, order=9 - minutes, sequence=0)
        port.rows[WANG].insert(0, earlier)
    last = port.rows[WANG][-1]
    port.keep(WANG, preview=last.text, last_at_ms=last.shown_at_ms)
    port.keep(
        ZHANG,
        preview="IMG_2041.jpg",
        preview_kind=MessageKind.FILE,
        preview_file="IMG_2041.jpg",
        preview_is_picture=True,
    )


def _add_group(
    port: FakePort, conversation_id: ConversationId, title: str, *, sender: Profile, text: str
) -> None:
    made = port.add_conversation(profile(conversation_id - 1000, "", ""), kind=2, title=title)
    assert made == conversation_id
    port.keep(made, peer=profile(0, "", ""), own_role=3, member_count=4)
    port.keep(made, announcement="每周三 10:00 评审 · Review every Wednesday at 10.")
    port.add_message(made, text, minutes_ago=3, sender=sender.account)
    port.keep(made, preview_sender=sender)


def show(widget: QWidget, loop: qasync.QEventLoop) -> None:
    """Show a widget until its window is closed."""
    application = QApplication.instance()
    assert isinstance(application, QApplication)
    application.lastWindowClosed.connect(loop.stop)
    widget.show()
    with loop:
        loop.run_forever()


def set_look(appearance: theme.Appearance, language: translate.Language) -> None:
    """Choose colours and language."""
    theme.set_appearance(appearance)
    translate.set_language(language)


def _add_requests(port: FakePort) -> None:
    dana = profile(8, "dana.k", "Dana Kim")
    zhao = profile(9, "zhaolei", "赵磊")
    port.requests = [
        Request(profile=dana, greeting="Hi, we met at the book club!", is_own=False, at_ms=at(20)),
        Request(profile=zhao, greeting="", is_own=True, at_ms=at(300)),
    ]
    port.strangers = [
        profile(10, "wangjing", "王静"),
        profile(11, "alina", "Alina Novak"),
        profile(12, "alan_t", "Alan T."),
    ]


def _add_messages(port: FakePort) -> None:
    day = 60 * 24
    port.add_message(HAN, "周末的照片发你邮箱了", minutes_ago=day * 3)
    port.add_message(LI, "好的，明天见", is_own=True, minutes_ago=day + 60)
    port.add_message(MOM, "Dinner on Sunday?", minutes_ago=112)
    port.conversations[MOM] = _drafted(port, MOM, "Sounds good, I'll bring")
    port.add_message(ZHANG, "p99 降到 18 ms 了，你看看", minutes_ago=35)
    port.conversations[ZHANG] = _unread(port, ZHANG, 2)
    port.add_message(
        ALICE,
        "Sounds good, see you at 3 👍",
        is_own=True,
        minutes_ago=4,
        state=MessageState.DELIVERED,
    )
    port.add_message(WANG, "昨天的评审记录我整理好了", minutes_ago=day + 30)
    port.add_message(WANG, "辛苦啦！", is_own=True, minutes_ago=day + 28)
    port.add_message(WANG, "", minutes_ago=day + 20, kind=MessageKind.UNREADABLE)
    port.add_message(WANG, "早上好！新版的会话列表我改完了，行高 64，头像 46。", minutes_ago=12.5)
    port.add_message(WANG, "暗色也一起调了，大家看看对比度够不够", minutes_ago=12)
    port.add_message(WANG, "滚动现在很顺，100 万条历史打开不到 20 ms 🚀", minutes_ago=8)
    port.add_message(
        WANG,
        "收到，我来测无障碍和 RTL。The time stamp sits inside the last line when it fits.",
        is_own=True,
        minutes_ago=6,
    )
    port.add_message(WANG, "好，有问题随时说", minutes_ago=5)
    port.add_message(WANG, "没问题 👌", is_own=True, minutes_ago=4, state=MessageState.DELIVERED)
    port.add_message(
        WANG, "顺便看下英文界面", is_own=True, minutes_ago=3, state=MessageState.ACCEPTED
    )
    port.add_message(WANG, "新版图标我传上来了，大家看看 🎨", minutes_ago=2)
    port.add_message(WANG, "晚上一起吃饭吗？", minutes_ago=1)
    last = port.rows[WANG][-2].sequence
    port.conversations[WANG] = _unread(port, WANG, 2, first=last)


def _unread(port: FakePort, conversation_id: ConversationId, count: int, *, first: int = 1):  # type: ignore[no-untyped-def]
    import msgspec

    row = port.conversations[conversation_id]
    return msgspec.structs.replace(row, unread=count, first_unread=first)


def _drafted(port: FakePort, conversation_id: ConversationId, draft: str):  # type: ignore[no-untyped-def]
    import msgspec

    return msgspec.structs.replace(port.conversations[conversation_id], draft=draft)


@lru_cache
def make_picture() -> bytes:
    """A landscape, painted here so that no photograph is needed."""
    image = QImage(256, 256, QImage.Format.Format_RGB888)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    sky = QLinearGradient(QPointF(0, 0), QPointF(0, 256))
    sky.setColorAt(0, QColor("#f7b267"))
    sky.setColorAt(1, QColor("#7067cf"))
    painter.fillRect(image.rect(), sky)
    painter.setBrush(QColor("#fff3d6"))
    painter.drawEllipse(QRectF(92, 70, 72, 72))
    painter.setBrush(QColor("#2e2a5b"))
    painter.drawEllipse(QRectF(-60, 170, 380, 220))
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")  # type: ignore[call-overload]
    return bytes(buffer.data().data())

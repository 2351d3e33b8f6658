from __future__ import annotations

from typing import Any

import msgspec
import pytest

from desktop.events import Alarm, Notice, NoticeKind
from desktop.models.notifications import Note, NoteKind, Previews
from desktop.ui.notification_words import alarm_words, compose, notice_words
from desktop.ui.translate import Language, set_language
from shared.identifiers import AccountId, ConversationId
from shared.roster import ConversationKind
from tests.desktop.fake_port import FakePort
from tests.exhibits.stage import ALICE, WANG

GROUP = ALICE


def say(world: FakePort, account_name: str = "", **more: Any) -> tuple[str, str]:
    wanted: dict[str, Any] = {
        "key": "k",
        "kind": NoteKind.MESSAGE,
        "previews": Previews.ALL,
        "plays_sound": False,
        "conversation_id": WANG,
        "sender": AccountId(2),
        "text": "see you",
    }
    note = Note(**(wanted | more))
    said = compose(note, world.session, key="1/k", account_name=account_name)
    return said.title, said.body


@pytest.fixture
def grouped(world: FakePort) -> FakePort:
    """A world in which one conversation is a group."""
    row = world.conversations[GROUP]
    world.conversations[GROUP] = msgspec.structs.replace(
        row, kind=int(ConversationKind.GROUP), title="Climbers"
    )
    world.announce()
    return world


def test_a_message_says_who_and_what(world: FakePort) -> None:
    assert say(world) == ("王芳", "see you")
    assert say(world, count=3) == ("王芳 (3)", "see you")


def test_a_remark_stands_for_the_name(world: FakePort) -> None:
    contact = world.contacts[AccountId(2)]
    world.contacts[AccountId(2)] = msgspec.structs.replace(contact, remark="Fang")
    world.tell_contacts()

    assert say(world)[0] == "Fang"


def test_a_group_says_its_name_and_whose_words_these_are(grouped: FakePort) -> None:
    assert say(grouped, conversation_id=GROUP) == ("Climbers", "王芳: see you")
    stranger = AccountId(99)
    assert say(grouped, conversation_id=GROUP, sender=stranger) == ("Climbers", "see you")


def test_names_alone_say_no_text(grouped: FakePort) -> None:
    names: dict[str, Any] = {"previews": Previews.NAMES, "text": ""}

    assert say(grouped, **names) == ("王芳", "New message")
    assert say(grouped, conversation_id=GROUP, **names) == ("Climbers", "New message from 王芳")
    assert say(grouped, conversation_id=GROUP, count=2, **names) == ("Climbers", "2 new messages")


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        (NoteKind.MESSAGE, "2 new messages"),
        (NoteKind.BUNDLE, "2 new messages in 3 chats"),
        (NoteKind.REQUEST, "New contact request"),
        (NoteKind.JOIN_REQUEST, "2 people want to join a group"),
        (NoteKind.SECURITY, "A security message waits for you"),
    ],
)
def test_without_contents_nobody_is_named(grouped: FakePort, kind: NoteKind, sentence: str) -> None:
    said = say(grouped, kind=kind, previews=Previews.NONE, count=2, chats=3, conversation_id=GROUP)

    assert said == ("Mim", sentence)


def test_requests_say_who_asks(grouped: FakePort) -> None:
    dana = AccountId(8)

    assert say(grouped, kind=NoteKind.REQUEST, sender=dana) == (
        "Dana Kim",
        "Wants to add you as a contact",
    )
    assert say(grouped, kind=NoteKind.JOIN_REQUEST, conversation_id=GROUP) == (
        "Climbers",
        "Somebody wants to join",
    )


def test_with_several_accounts_it_says_for_which(world: FakePort) -> None:
    assert say(world, "Lin Xiao")[0] == "王芳 → Lin Xiao"
    assert say(world, "Lin Xiao", previews=Previews.NONE)[0] == "Mim"


def test_every_kind_is_said_in_chinese(grouped: FakePort) -> None:
    set_language(Language.CHINESE)

    assert say(grouped, kind=NoteKind.BUNDLE, count=12, chats=3)[1] == "3 个聊天中有 12 条新消息"
    assert say(grouped, kind=NoteKind.BUNDLE, count=1)[1] == "1 条新消息"


def test_alarms_say_who_is_blamed(world: FakePort) -> None:
    def alarm(blamed: str, account: int = 0) -> Alarm:
        return Alarm(conversation_id=ConversationId(1), kind="fork", blamed=blamed, account=account)

    session = world.session
    assert "server" in alarm_words(alarm("server"), session)
    assert "王芳" in alarm_words(alarm("device", 2), session)
    assert alarm_words(alarm("unclear"), session) != alarm_words(alarm("server"), session)
    changed = Notice(kind=NoticeKind.ROOT_CHANGED, detail="2")
    assert "王芳" in notice_words(changed, session)
    note = say(world, kind=NoteKind.SECURITY, notice=changed, conversation_id=None)
    assert note == ("Security", notice_words(changed, session))


def test_what_is_said_is_in_no_log(world: FakePort) -> None:
    note = Note(
        key="k",
        kind=NoteKind.MESSAGE,
        previews=Previews.ALL,
        plays_sound=False,
        sender=AccountId(2),
        text="a private word",
    )

    said = compose(note, world.session, key="1/k", account_name="")

    assert "private" not in repr(said) + repr(note)

from __future__ import annotations

import msgspec
import pytest
from pytestqt.qtbot import QtBot

from desktop import events
from desktop.commands import LoadMembers, SearchMessages, SetMuted, SetTimer
from desktop.ui.conversation_actions import MUTES_MS
from desktop.ui.info_pane import InfoPane
from desktop.ui.times import time_to_come
from desktop.ui.translate import Language, set_language
from shared.identifiers import AccountId, ConversationId
from tests.desktop.fake_port import NOW, FakePort
from tests.desktop.ui.hands import choose, open_menu, press
from tests.desktop.ui.spoken import unnamed_controls
from tests.exhibits.stage import DESIGN, OPS, WANG, add_variety


@pytest.fixture
def full(world: FakePort) -> FakePort:
    add_variety(world)
    world.announce()
    return world


@pytest.fixture
def pane(full: FakePort, qtbot: QtBot) -> InfoPane:
    made = InfoPane(full.session, full)
    qtbot.addWidget(made)
    made.resize(300, 900)
    return made


def opened(pane: InfoPane, conversation_id: ConversationId) -> InfoPane:
    pane.show_conversation(conversation_id)
    pane.show()
    return pane


def test_a_person_is_shown_with_what_is_known(pane: InfoPane, qtbot: QtBot) -> None:
    opened(pane, WANG)

    assert pane.name.text() == "王芳"
    assert pane.handle.text() == "@wangfang"
    assert pane.status.text() == "online"
    assert pane.signature.text() == "界面设计 · 喜欢爬山"
    assert pane.safety.accessibleName() == "Safety number, Not compared yet"
    assert pane.timer.accessibleName() == "Disappearing messages, Off"
    qtbot.waitUntil(lambda: len(pane.shared.lines) == 2)
    qtbot.waitUntil(lambda: len(pane.files.lines) == 3)
    assert not pane.members.isVisible()
    assert not pane.leave.isVisible()


def test_a_pane_that_is_away_takes_in_what_has_changed_when_it_comes(
    full: FakePort, pane: InfoPane
) -> None:
    opened(pane, WANG)
    pane.hide()
    before = pane.handle.text()

    full.keep(WANG, remark="Fang")
    full.announce()

    assert pane.handle.text() == before
    pane.show()
    assert pane.handle.text() == "王芳 · @wangfang"


def test_ones_own_name_for_somebody_stands_before_theirs(full: FakePort, pane: InfoPane) -> None:
    full.keep(WANG, remark="Fang", is_verified=True)
    full.announce()

    opened(pane, WANG)

    assert pane.handle.text() == "王芳 · @wangfang"
    assert pane.safety.accessibleName() == "Safety number, verified"


def test_a_group_is_shown_with_its_members(pane: InfoPane, qtbot: QtBot) -> None:
    opened(pane, DESIGN)

    assert pane.name.text() == "产品设计组"
    assert pane.status.text() == "4 members"
    assert pane.about.text().startswith("每周三")
    qtbot.waitUntil(lambda: len(pane.members.lines) == 4)
    assert not pane.safety.isVisible()
    assert not pane.remove.isVisible()
    assert pane.leave.isVisible()


def test_an_admin_is_told_who_wants_to_come_in(full: FakePort, pane: InfoPane) -> None:
    full.keep(DESIGN, join_requests=2)
    full.announce()

    opened(pane, DESIGN)
    assert pane.group.accessibleName() == "Manage group, 2 new requests"
    opened(pane, OPS)

    assert pane.group.accessibleName() == "All members"


def test_notes_have_only_what_concerns_them(full: FakePort, pane: InfoPane) -> None:
    notes = full.add_conversation(full.own, kind=3)
    full.announce()

    opened(pane, notes)

    assert pane.status.text() == "only on your own devices"
    for widget in (pane.mute, pane.safety, pane.remove, pane.block, pane.leave, pane.group):
        assert not widget.isVisible()


@pytest.mark.parametrize(
    ("conversation_id", "part", "signal", "told"),
    [
        (WANG, "avatar", "profile_requested", AccountId(2)),
        (WANG, "safety", "safety_requested", AccountId(2)),
        (WANG, "remove", "remove_requested", AccountId(2)),
        (WANG, "block", "block_requested", AccountId(2)),
        (DESIGN, "avatar", "group_requested", DESIGN),
        (DESIGN, "group", "group_requested", DESIGN),
        (DESIGN, "leave", "leave_requested", DESIGN),
    ],
)
def test_what_asks_or_takes_long_is_asked_for(
    pane: InfoPane,
    qtbot: QtBot,
    conversation_id: ConversationId,
    part: str,
    signal: str,
    told: int,
) -> None:
    opened(pane, conversation_id)

    with qtbot.waitSignal(getattr(pane, signal)) as heard:
        press(getattr(pane, part))

    assert heard.args == [told]


def test_muting_offers_the_times_of_the_menus_and_ends(full: FakePort, pane: InfoPane) -> None:
    opened(pane, WANG)
    assert pane.mute.accessibleName() == "Mute notifications, Off"

    menu = open_menu(pane.mute)
    assert len(menu.actions()) == len(MUTES_MS)
    choose(menu, "For ever")
    assert pane.mute.accessibleName() == "Mute notifications, For ever"
    press(pane.mute)

    assert [command.until_ms for command in full.of(SetMuted)] == [0, -1]


def test_it_is_said_until_when_one_is_not_told(full: FakePort, pane: InfoPane) -> None:
    until = round(NOW.timestamp() * 1000) + 3_600_000
    full.session.conversations._now_ms = lambda: until - 1
    full.keep(WANG, muted_until_ms=until)
    full.announce()

    opened(pane, WANG)

    assert pane.mute.accessibleName() == f"Mute notifications, Until {time_to_come(until)}"


def test_who_is_blocked_can_be_let_through_again(
    full: FakePort, pane: InfoPane, qtbot: QtBot
) -> None:
    opened(pane, WANG)
    assert pane.unblock.isHidden()
    full.blocked = [full.contacts[AccountId(2)].profile]
    full.announce()
    assert pane.block.isHidden()

    with qtbot.waitSignal(pane.unblock_requested) as heard:
        press(pane.unblock)

    assert heard.args == [2]


def test_a_long_name_ends_in_an_ellipsis_and_a_long_word_is_broken(
    full: FakePort, pane: InfoPane
) -> None:
    word = "https://example.org/" + "a" * 60
    peer = full.contacts[AccountId(2)].profile
    peer = msgspec.structs.replace(peer, nickname="W" * 80, signature=word)
    full.keep(WANG, peer=peer)
    full.announce()

    opened(pane, WANG)
    pane.grab()

    assert pane.name.toolTip() == "W" * 80
    assert pane.name.width() <= pane.width()
    assert pane.signature.accessibleName() == word
    assert pane.signature.height() > 2 * pane.signature.fontMetrics().height()


def test_a_timer_is_chosen(full: FakePort, pane: InfoPane) -> None:
    opened(pane, WANG)

    choose(open_menu(pane.timer), "30 seconds")

    assert full.of(SetTimer)[-1].seconds == 30


def test_who_may_not_set_the_timer_cannot_press_it(full: FakePort, pane: InfoPane) -> None:
    full.keep(WANG, can_send=False)
    full.announce()

    assert not opened(pane, WANG).timer.isEnabled()


def test_what_changes_meanwhile_is_shown(full: FakePort, pane: InfoPane, qtbot: QtBot) -> None:
    opened(pane, DESIGN)
    qtbot.waitUntil(lambda: len(pane.members.lines) == 4)

    full.members = full.members[:3]
    full.keep(DESIGN, member_count=3, title="Design")
    full._tell(DESIGN)

    assert pane.name.text() == "Design"
    qtbot.waitUntil(lambda: len(pane.members.lines) == 3)


def test_a_file_that_comes_is_listed(full: FakePort, pane: InfoPane, qtbot: QtBot) -> None:
    opened(pane, WANG)
    qtbot.waitUntil(lambda: len(pane.files.lines) == 3)
    asked = len(full.of(SearchMessages))

    full.keep(WANG, preview="new.pdf", preview_file="new.pdf")
    full._tell(WANG)

    qtbot.waitUntil(lambda: len(full.of(SearchMessages)) > asked)


def test_nothing_is_asked_for_while_nobody_looks(full: FakePort, pane: InfoPane) -> None:
    pane.show_conversation(DESIGN)

    assert full.of(LoadMembers) == []
    assert full.of(SearchMessages) == []


def test_without_a_link_presence_is_not_told(full: FakePort, pane: InfoPane) -> None:
    opened(pane, WANG)

    full.session.apply(events.LinkChanged(state=events.LinkState.OFFLINE))

    assert not pane.status.isVisible()


def test_it_changes_its_language(pane: InfoPane) -> None:
    opened(pane, WANG)

    set_language(Language.CHINESE)

    assert pane.heading.text() == "资料"
    assert pane.safety.text() == "安全码"
    assert pane.close_button.accessibleName() == "关闭资料"


@pytest.mark.parametrize("conversation_id", [WANG, DESIGN])
def test_every_control_is_named(
    pane: InfoPane, qtbot: QtBot, conversation_id: ConversationId
) -> None:
    opened(pane, conversation_id)
    qtbot.waitUntil(lambda: bool(pane.members.lines or pane.files.lines))

    assert unnamed_controls(pane) == []

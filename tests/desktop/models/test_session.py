from __future__ import annotations

import msgspec
import pytest
from PySide6.QtCore import QSize
from pytestqt.qtbot import QtBot

from desktop import events
from desktop.commands import LogOut, RemoveContact, SetRemark
from desktop.models.session import Describer
from shared import limits
from shared.identifiers import AccountId, ConversationId
from tests.desktop.fake_port import OWN, FakePort, profile
from tests.desktop.pictures import picture_bytes
from tests.exhibits.stage import WANG, sort_friends


def test_log_out_forgets_what_was_shown(world: FakePort) -> None:
    assert world.session.conversations.rowCount()

    world.send(LogOut(wipe=False))

    assert not world.session.conversations.rowCount()
    assert not world.session.contacts.contacts


def test_profiles_are_found_wherever_a_person_is_known(world: FakePort) -> None:
    session = world.session

    found = [session.profile(AccountId(number)) for number in (OWN, 2, 8)]

    assert [each.nickname if each else "" for each in found] == ["林晓", "王芳", "Dana Kim"]
    assert session.profile(AccountId(99)) is None


def test_typing_begins_and_ends(world: FakePort, qtbot: QtBot) -> None:
    session = world.session

    for is_typing in (True, False):
        with qtbot.waitSignal(session.typing_changed):
            session.apply(
                events.TypingChanged(
                    conversation_id=WANG, account=AccountId(2), is_typing=is_typing
                )
            )
        assert session.is_typing(WANG) is is_typing


def test_the_own_changed_profile_is_the_accounts(world: FakePort) -> None:
    world.session.apply(events.ProfileChanged(profile=profile(OWN, "linxiao", "Lin")))

    assert world.session.account is not None
    assert world.session.account.profile.nickname == "Lin"


def test_presence_is_known_only_with_a_link(world: FakePort) -> None:
    assert world.session.knows_presence

    world.session.apply(events.LinkChanged(state=events.LinkState.OFFLINE))

    assert not world.session.knows_presence


def test_an_event_of_the_future_is_ignored(world: FakePort) -> None:
    world.session.apply(events.Event())

    assert world.session.account is not None


def test_a_timeline_lives_as_long_as_somebody_shows_it(world: FakePort) -> None:
    timeline = world.session.timeline(WANG)

    assert world.session.timeline(WANG) is timeline


def test_the_describer_is_given_by_the_windows(world: FakePort) -> None:
    contact = world.contacts[AccountId(2)]
    row = world.conversations[WANG]

    with pytest.raises(NotImplementedError):
        Describer().node(contact, 0)
    with pytest.raises(NotImplementedError):
        Describer().conversation(row, is_typing=False)


def test_people_are_called_by_the_own_name_for_them(world: FakePort) -> None:
    world.send(SetRemark(account=AccountId(4), remark="老张"))
    session = world.session

    assert session.name_of(AccountId(4)) == "老张"
    face, profile = session.face(AccountId(4)), session.profile(AccountId(4))
    assert face is not None
    assert profile is not None
    assert (face.nickname, profile.nickname) == ("老张", "张伟")
    assert session.name_of(AccountId(99)) == ""


def test_an_own_name_stays_when_the_friendship_ends(world: FakePort) -> None:
    world.send(SetRemark(account=AccountId(4), remark="老张"))
    world.send(RemoveContact(account=AccountId(4)))

    assert world.session.name_of(AccountId(4)) == "老张"


def test_who_is_blocked_is_known_by_name(world: FakePort) -> None:
    world.blocked = [profile(50, "eve", "Eve")]
    world.tell_contacts()

    assert world.session.name_of(AccountId(50)) == "Eve"


def test_groups_stand_in_the_contacts_tree(world: FakePort) -> None:
    sort_friends(world)
    world.announce()

    assert world.session.contacts.index_of_group(ConversationId(1090)).isValid()
    assert world.session.contacts.received == 3


def test_how_the_passcode_stands_is_told(world: FakePort, qtbot: QtBot) -> None:
    locked = events.PasscodeChanged(is_set=True, is_locked=True, retry_at_ms=5)

    with qtbot.waitSignal(world.session.passcode_changed):
        world.session.apply(locked)

    assert world.session.passcode == locked


def test_every_event_is_passed_on_once_the_models_know_it(world: FakePort) -> None:
    seen: list[tuple[object, bool]] = []
    session = world.session
    session.told.connect(lambda event: seen.append((event, session.passcode.is_set)))
    event = events.PasscodeChanged(is_set=True, is_locked=False)

    session.apply(event)

    assert seen == [(event, True)]


def test_who_types_is_named_in_groups(world: FakePort) -> None:
    bob = profile(13, "bob", "Bob")
    group = world.add_conversation(profile(60, "", ""), kind=2, preview_sender=bob)
    world.announce()

    said = []
    for conversation_id, account in ((group, 2), (group, 13), (group, 99), (WANG, 2)):
        world.session.apply(
            events.TypingChanged(
                conversation_id=conversation_id, account=AccountId(account), is_typing=True
            )
        )
        row = world.session.conversations.find(conversation_id)
        assert row is not None
        said.append(world.session.who_types(row))

    assert said == ["王芳", "Bob", "", ""]


def test_who_wrote_last_is_called_as_the_person_calls_them(world: FakePort) -> None:
    wang = world.contacts[AccountId(2)]
    group = world.add_conversation(profile(60, "", ""), kind=2, preview_sender=wang.profile)
    world.contacts[AccountId(2)] = msgspec.structs.replace(wang, remark="Fang")
    world.announce()
    row = world.session.conversations.find(group)
    assert row is not None

    assert world.session.who_wrote(row) == "Fang"
    assert world.session.who_wrote(world.conversations[WANG]) == ""


def test_progress_of_a_file_reaches_the_timeline_that_shows_it(
    world: FakePort, qtbot: QtBot
) -> None:
    timeline = world.session.timeline(WANG)
    event = events.TransferProgress(conversation_id=WANG, local_id=1, done=1, total=2)

    with qtbot.waitSignal(timeline.progressed):
        world.session.apply(event)
    del timeline
    world.session.apply(event)


def test_log_out_forgets_pictures(world: FakePort) -> None:
    file = events.FileRow(name="a", size=1, width=9, height=9, preview=picture_bytes(9, 9))
    row = world.add_message(WANG, "", kind=events.MessageKind.FILE, file=file)
    world.session.pictures.image(row, QSize(9, 9))
    kept_bytes = world.session.pictures.kept_bytes

    world.send(LogOut(wipe=False))

    assert kept_bytes > 0
    assert world.session.pictures.kept_bytes == 0


def test_strangers_of_groups_are_remembered_up_to_a_bound(
    world: FakePort, qtbot: QtBot, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "CONTACTS_MAX", 2)
    strangers = [profile(number, f"user{number}", f"Name {number}") for number in (50, 51, 52)]

    with qtbot.waitSignal(world.session.people_changed):
        world.session.learn(strangers)
    with qtbot.assertNotEmitted(world.session.people_changed):
        world.session.learn(strangers[1:])

    known = [world.session.profile(AccountId(number)) for number in (50, 51, 52)]
    assert known == [None, *strangers[1:]]


def test_a_contact_is_known_better_than_a_member_of_a_group(world: FakePort) -> None:
    before = world.session.profile(AccountId(2))

    world.session.learn([profile(2, "old", "Old name")])

    assert world.session.profile(AccountId(2)) == before

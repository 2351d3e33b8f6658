from __future__ import annotations

import msgspec
import pytest

from desktop import commands
from desktop.engine import CommandFailedError
from desktop.events import LinkState
from tests.desktop.cli.fake_client import (
    BEN,
    CARL,
    GROUP,
    FakeClient,
    make_conversation,
    make_group,
)
from tests.desktop.cli.running import failure, run

ID = str(GROUP)


def group_client() -> FakeClient:
    return FakeClient(conversation=make_group())


def test_create_prints_the_conversation_id(capsys: pytest.CaptureFixture[str]) -> None:
    client = FakeClient()

    run(client, "--json", "group", "create", "Chess", "ben", "carl", "BEN")

    line = msgspec.json.decode(capsys.readouterr().out)
    assert (line["conversation_id"], line["kind"], line["title"]) == (ID, "group", "Chess")
    created = commands.CreateGroup(name="Chess", accounts=(BEN.account, CARL.account))
    assert created in client.asked


def test_what_changes_a_group_asks_the_engine() -> None:
    client = group_client()

    run(client, "group", "add", ID, "carl")
    run(client, "group", "remove", ID, "ben")
    run(client, "group", "role", ID, "ben", "admin")
    run(client, "group", "leave", ID)
    run(client, "group", "rename", ID, "Go")
    run(client, "group", "history", ID, "off")
    run(client, "group", "approve", ID, "carl")
    run(client, "group", "decline", ID, "carl")

    for expected in [
        commands.AddMembers(conversation_id=GROUP, accounts=(CARL.account,)),
        commands.RemoveMember(conversation_id=GROUP, account=BEN.account),
        commands.SetRole(conversation_id=GROUP, account=BEN.account, role=2),
        commands.LeaveGroup(conversation_id=GROUP),
        commands.SetGroupProfile(conversation_id=GROUP, name="Go"),
        commands.SetHistory(conversation_id=GROUP, has_history=False),
        commands.ApproveJoin(conversation_id=GROUP, account=CARL.account),
        commands.DeclineJoin(conversation_id=GROUP, account=CARL.account),
    ]:
        assert expected in client.asked


def test_a_new_name_is_waited_for() -> None:
    waiting = FakeClient(conversation=make_group(), after_send=())
    refused = FakeClient(conversation=make_group(), refusal="forbidden")

    late = failure(waiting, "--timeout", "0.05", "group", "rename", ID, "Go")

    assert (late.code, late.message) == ("offline", "The change waits here to be sent.")
    assert failure(refused, "group", "rename", ID, "Go").code == "forbidden"


def test_members_requests_and_invitations_are_printed(capsys: pytest.CaptureFixture[str]) -> None:
    client = group_client()

    run(client, "group", "members", ID)
    run(client, "group", "requests", ID)
    run(client, "group", "invite", ID, "--ask")

    assert capsys.readouterr().out == (
        "anna  Anna  owner\nBen  Ben B.  member  verified\ncarl  Carl  member\ncarl  Carl\nCODE\n"
    )
    assert commands.MakeInvite(conversation_id=GROUP, needs_approval=True) in client.asked


@pytest.mark.parametrize(
    ("code", "state"),
    [("IN", "joined"), ("ASK", "waiting for an admin"), ("WAIT", "waiting for a member")],
)
def test_join_says_how_far_it_is(code: str, state: str, capsys: pytest.CaptureFixture[str]) -> None:
    run(FakeClient(), "--timeout", "0.05", "group", "join", code)

    assert capsys.readouterr().out == f"{ID}  Chess  {state}\n"


def test_people_who_are_not_there_are_said() -> None:
    client = group_client()

    assert failure(client, "group", "remove", ID, "dora").code == "unknown_user"
    assert failure(client, "group", "approve", ID, "dora").code == "no_request"
    assert failure(client, "group", "add", ID, "dora").code == "unknown_user"


def test_a_group_that_is_created_and_does_not_come_is_said(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    client = FakeClient()
    monkeypatch.setattr("tests.desktop.cli.fake_client.make_group", make_conversation)

    assert failure(client, "--timeout", "0.05", "group", "create", "Chess").code == "offline"


def test_what_the_engine_or_the_link_refuses_is_passed_on() -> None:
    client = FakeClient(failures={commands.CreateGroup: CommandFailedError("offline", "Not now.")})

    assert failure(client, "group", "create", "Chess").code == "offline"
    offline = FakeClient(link=[LinkState.CONNECTING, LinkState.OFFLINE])
    assert failure(offline, "group", "members", ID).code == "offline"

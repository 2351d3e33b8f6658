"""A server killed between a commit and its answer: the repeat gets the answer, nothing is twice."""

from __future__ import annotations

import contextlib
import http.client
import sqlite3
import threading
import time
from pathlib import Path

import msgspec
import pytest

from shared.rest import Conversation
from shared.rest_groups import Handshake, HandshakeAccepted, Welcome, WelcomeInfo
from shared.roster import ConversationKind, Role, RosterDocument, encode_document
from shared.roster_rules import with_members
from tests.backend.grouped import group_creation, member_of, next_handshake
from tests.backend.people import Person, new_id
from tests.server_process import CHEAP_KDF, ServerProcess

DEADLINE_S = 30


def entries_in(data: Path) -> int:
    with contextlib.closing(sqlite3.connect(data / "mim.sqlite")) as connection:
        found: int = connection.execute("SELECT count(*) FROM entries").fetchone()[0]
        return found


def post(person: Person, commit: Handshake) -> None:
    number = commit.submission.conversation_id
    # The server dies while it answers.
    with contextlib.suppress(OSError, http.client.HTTPException):
        person.call("POST", f"/v1/conversations/{number}/handshakes", commit)


@pytest.mark.timeout(180)
def test_a_commit_whose_answer_was_lost_is_there_once(tmp_path: Path) -> None:
    pause = ("--pause-after-commit-ms", "1500")
    server = ServerProcess(tmp_path / "data", *CHEAP_KDF).start()
    anna, ben = Person(server.port, "anna"), Person(server.port, "ben")
    anna.befriend(ben)
    document = RosterDocument(
        conversation_id=new_id(),
        kind=ConversationKind.GROUP,
        members=(member_of(anna, Role.OWNER),),
    )
    anna.call("POST", "/v1/conversations", group_creation(document)).read(Conversation)
    server.stop()
    slow = ServerProcess(tmp_path / "data", *CHEAP_KDF, *pause, port=server.port).start()
    commit = next_handshake(
        document.conversation_id,
        counter=2,
        parent=1,
        base=1,
        content=encode_document(with_members(document, [member_of(ben)])),
    )
    commit = msgspec.structs.replace(commit, welcome=Welcome(devices=[ben.device], welcome=b"w"))

    thread = threading.Thread(target=post, args=(anna, commit))
    thread.start()
    deadline = time.monotonic() + DEADLINE_S
    while entries_in(slow.data) < 2 and time.monotonic() < deadline:
        time.sleep(0.01)
    slow.kill()
    thread.join()
    again = ServerProcess(tmp_path / "data", *CHEAP_KDF, port=server.port).start()
    path = f"/v1/conversations/{document.conversation_id}"
    accepted = anna.call("POST", f"{path}/handshakes", commit).read(HandshakeAccepted)
    welcome = ben.call("GET", f"{path}/welcome").read(WelcomeInfo)
    checked = again.check()
    again.stop()

    assert (accepted.sequence, accepted.is_repeat) == (2, True)
    assert (welcome.sequence, welcome.tree) == (2, commit.tree)
    assert entries_in(slow.data) == 2
    assert checked.stdout == "All is well.\n"

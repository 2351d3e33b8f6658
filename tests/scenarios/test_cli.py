"""`mim-cli` as scripts use it: a process a command, an exit code, one JSON object a line."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from desktop.storage.profile_lock import ProfileLock
from tests.scenarios.people import FLOOR, PASSWORD
from tests.server_process import ROOT, ServerProcess

FIELDS = [
    "message_id",
    "conversation_id",
    "sequence",
    "sender",
    "kind",
    "text",
    "sent_at_ms",
    "received_at_ms",
    "state",
    "is_edited",
    "reactions",
    "reply_to",
    "quoted_sender",
    "quoted_text",
    "expires_at_ms",
]


class Script:
    """Runs `mim-cli` for one home."""

    def __init__(self, url: str, home: Path) -> None:
        self._command = [sys.executable, "-m", "desktop.cli", "--server", url]
        self._command += ["--home", str(home), "--json"]
        floor = f"{FLOOR.version}:{FLOOR.passes}:{FLOOR.memory_bytes}"
        self._command += ["--kdf-floor", floor]

    def start(self, *argv: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*self._command, *argv],
            cwd=ROOT,
            env={**os.environ, "MIM_PASSWORD": PASSWORD},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *argv: str) -> tuple[int, list[dict[str, object]], str]:
        """Run a command; return exit code, objects and standard error."""
        process = self.start(*argv)
        out, error = process.communicate(timeout=60)
        return process.returncode, [json.loads(line) for line in out.splitlines()], error

    def done(self, *argv: str) -> list[dict[str, object]]:
        """Run a command that must succeed."""
        code, lines, error = self.run(*argv)
        assert (code, error) == (0, ""), f"{argv[0]}: {code}, {error}"
        return lines


@pytest.mark.timeout(300)
def test_two_scripts_become_contacts_and_talk(server: ServerProcess, tmp_path: Path) -> None:
    anna, ben = (Script(server.url, tmp_path / name) for name in ("anna", "ben"))

    [registered] = anna.done("register", "anna", "--nickname", "Anna")
    ben.done("register", "ben")
    assert len(str(registered["recovery_code"])) == 39
    assert anna.done("whoami")[0]["user_name"] == "anna"
    assert [line["user_name"] for line in anna.done("search", "be")] == ["ben"]

    anna.done("request", "ben", "--message", "It is Anna")
    [request] = ben.done("requests")
    assert (request["user_name"], request["greeting"]) == ("anna", "It is Anna")
    ben.done("accept", "anna")
    assert [line["user_name"] for line in anna.done("contacts")] == ["ben"]

    [sent] = anna.done("send", "ben", "hello 你好")
    assert list(sent) == FIELDS
    assert (sent["state"], sent["sender"], sent["sequence"]) == ("accepted", "anna", 2)
    [heard] = ben.done("tail", "--count", "1", "--seconds", "30")
    assert [heard[field] for field in ("message_id", "text", "sender", "state")] == [
        sent["message_id"],
        "hello 你好",
        "anna",
        "received",
    ]
    [read] = anna.done("history", "BEN")
    assert read["state"] == "read"

    listening = anna.start("tail", "--count", "2", "--seconds", "60")
    [answer] = ben.done("send", str(sent["conversation_id"]), "live", "--wait", "delivered")
    [seen] = ben.done("send", "anna", "and seen", "--wait", "read")
    assert (answer["state"] in ("delivered", "read"), seen["state"]) == (True, "read")
    out, _ = listening.communicate(timeout=60)
    assert [json.loads(line)["text"] for line in out.splitlines()] == ["live", "and seen"]

    assert [line["text"] for line in anna.done("search-messages", "你好")] == ["hello 你好"]
    assert [line["user_name"] for line in anna.done("conversations")] == ["ben"]
    assert len(anna.done("history", "ben", "--limit", "2")) == 2

    anna.done("remove", "ben")
    assert ben.done("contacts") == []
    assert len(ben.done("history", "anna")) == 3
    code, _, error = ben.run("send", "anna", "too late")
    assert (code, error.split(": ")[1]) == (3, "not_contact")


@pytest.mark.timeout(300)
def test_refusals_have_their_exit_codes(server: ServerProcess, tmp_path: Path) -> None:
    anna = Script(server.url, tmp_path / "anna")
    stranger = Script(server.url, tmp_path / "stranger")
    anna.done("register", "anna")

    refused = {
        "user_exists": stranger.run("register", "ANNA"),
        "bad_user_name": stranger.run("register", "x"),
        "wrong_credentials": stranger.run("login", "nobody"),
        "unknown_user": anna.run("request", "nobody"),
        "oneself": anna.run("request", "anna"),
        "no_request": anna.run("accept", "nobody"),
        "not_contact": anna.run("send", "nobody", "hello"),
    }
    assert {code: (run[0], run[2].split(": ")[1]) for code, run in refused.items()} == {
        code: (3, code) for code in refused
    }
    assert stranger.run("whoami")[0] == 5
    assert anna.run("nonsense")[0] == 2

    lock = ProfileLock(tmp_path / "anna")
    lock.acquire()
    code, _, error = anna.run("whoami")
    lock.release()
    assert (code, error.split(": ")[1]) == (5, "profile_in_use")

    anna.done("logout")
    assert anna.run("contacts")[0] == 5
    anna.done("login", "anna")
    server.stop()
    assert anna.run("contacts")[0] == 4
    assert anna.run("whoami")[0] == 0
    server.start()


def test_plain_http_beyond_this_machine_is_refused(tmp_path: Path) -> None:
    code, _, error = Script("http://192.0.2.1:80", tmp_path / "anna").run("register", "anna")

    assert (code, error.split(": ")[1]) == (3, "insecure_address")


def test_a_server_that_is_not_there_is_exit_code_4(tmp_path: Path) -> None:
    assert Script("http://127.0.0.1:9", tmp_path / "anna").run("register", "anna")[0] == 4


@pytest.mark.timeout(300)
def test_two_scripts_pass_a_file_on(server: ServerProcess, tmp_path: Path) -> None:
    anna, ben = (Script(server.url, tmp_path / name) for name in ("anna", "ben"))
    anna.done("register", "filing-anna")
    ben.done("register", "filing-ben")
    anna.done("request", "filing-ben")
    ben.done("accept", "filing-anna")
    (tmp_path / "照片.bin").write_bytes(os.urandom(3_000_000))

    code, [sent], said = anna.run(
        "send-file", "filing-ben", str(tmp_path / "照片.bin"), "--caption", "look"
    )
    [heard] = ben.done("history", "filing-anna")
    fetched = ben.run("fetch", str(heard["message_id"])[:12], str(tmp_path / "copy"))
    refused = ben.run("fetch", str(heard["message_id"]), str(tmp_path / "copy"))
    again = ben.run("fetch", str(heard["message_id"]), str(tmp_path))

    assert (code, sent["state"], sent["kind"]) == (0, "accepted", "file")
    assert said.endswith("100 %\n")
    assert list(heard) == [*FIELDS, "file_name", "file_size"]
    assert (heard["file_name"], heard["file_size"]) == ("照片.bin", 3_000_000)
    assert (fetched[0], fetched[2].splitlines()[-1]) == (0, "100 %")
    assert (tmp_path / "copy").read_bytes() == (tmp_path / "照片.bin").read_bytes()
    assert (refused[0], refused[2].split(": ")[1]) == (3, "exists")
    assert (again[0], again[2].split(": ")[1]) == (3, "exists")
    assert anna.run("send-file", "filing-ben", str(tmp_path))[0] == 5
    assert anna.run("fetch", "00000000", str(tmp_path / "x"))[0] == 3


@pytest.mark.timeout(300)
def test_who_is_blocked_is_let_down_quietly(server: ServerProcess, tmp_path: Path) -> None:
    anna, ben = (Script(server.url, tmp_path / name) for name in ("anna", "ben"))
    anna.done("register", "anna")
    ben.done("register", "ben")
    anna.done("request", "ben")
    ben.done("accept", "anna")
    anna.done("send", "ben", "hello @ben and @nobody")

    anna.done("remark", "ben", "Uncle Ben")
    anna.done("block", "BEN")

    assert [line["user_name"] for line in anna.done("blocked")] == ["ben"]
    code, _, error = ben.run("send", "anna", "are you there?")
    assert (code, error.split(": ")[1]) == (3, "not_contact")
    code, _, error = anna.run("send", "ben", "no")
    assert (code, error.split(": ")[1]) == (3, "blocked")
    # Both can read what was said; their contacts are what they were.
    assert [line["state"] for line in ben.done("history", "anna")] == ["received", "refused"]
    assert [line["user_name"] for line in ben.done("contacts")] == ["anna"]
    anna.done("unblock", "ben")
    assert anna.done("blocked") == []
    [sent] = ben.done("send", "anna", "again")
    assert sent["state"] == "accepted"

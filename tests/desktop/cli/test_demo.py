from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from desktop.cli.demo import are_equal, is_all_read, main
from desktop.events import MessageState
from tests.desktop.cli.fake_client import ANNA, make_row
from tests.server_process import CHEAP_KDF, ServerProcess


def test_timelines_are_equal_if_both_hold_the_same_messages_in_one_order() -> None:
    ours = [make_row(1, sender=ANNA, state=MessageState.READ), make_row(2)]
    theirs = [
        msgspec.structs.replace(row, is_own=not row.is_own, local_id=10 + row.local_id)
        for row in ours
    ]

    assert are_equal(ours, theirs)
    assert not are_equal(ours, theirs[:1])
    assert not are_equal(ours, theirs[::-1])
    assert not are_equal(ours, [theirs[0], msgspec.structs.replace(theirs[1], text="other")])


def test_only_own_messages_can_be_unread_by_the_other() -> None:
    read = make_row(1, sender=ANNA, state=MessageState.READ)

    assert is_all_read([read, make_row(2)])
    assert not is_all_read([read, make_row(2, sender=ANNA, state=MessageState.DELIVERED)])


def test_two_people_talk_on_a_real_server(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    server = ServerProcess(tmp_path / "server", *CHEAP_KDF).start()
    try:
        floor = ["--kdf-floor", f"1:1:{8 * 1024 * 1024}"]
        code = main(["--server", server.url, "--home", str(tmp_path / "people"), *floor])
    finally:
        server.stop()

    said = capsys.readouterr()
    assert (code, said.err) == (0, "")
    assert said.out.count("received") >= 20
    assert said.out.count("read  ") + said.out.count("read\n") >= 20
    assert server.check().returncode == 0


def test_a_server_that_is_not_there_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code = main(["--server", "http://127.0.0.1:9", "--home", str(tmp_path)])

    assert code == 4
    assert capsys.readouterr().err.startswith("demo: offline: ")

from __future__ import annotations

import asyncio
import io
from pathlib import Path

import msgspec
import pytest

from desktop.cli.file_commands import _Progress
from desktop.commands import Command, FindMessage, SaveFile, SendFile
from desktop.engine import CommandFailedError
from desktop.events import (
    AnyAnswer,
    FileRow,
    FileState,
    LinkState,
    MessageKind,
    MessageRow,
    MessagesFound,
    MessageState,
    Queued,
    TimelineChanged,
    TransferProgress,
)
from tests.desktop.cli.fake_client import ANNA, WITH_BEN, FakeClient, make_row
from tests.desktop.cli.running import failure, run

UNREACHABLE = (LinkState.CONNECTING, LinkState.OFFLINE)
FILE = FileRow(name="../report.pdf", size=2_500_000, state=FileState.REMOTE)
ROW = msgspec.structs.replace(make_row(5, text="look", kind=MessageKind.FILE), file=FILE)


class FileClient(FakeClient):
    """Sends and saves files; ``moves`` are the rows that a sent file goes through."""

    def __init__(
        self,
        *,
        moves: tuple[MessageRow, ...] = (),
        found: tuple[MessageRow, ...] = (ROW,),
        is_stuck: bool = False,
        **arguments: object,
    ) -> None:
        super().__init__(**arguments)  # type: ignore[arg-type] # Passed on.
        self._moves = moves
        self._found = found
        self._is_stuck = is_stuck

    async def ask(self, command: Command) -> AnyAnswer:
        if isinstance(command, SaveFile):
            self.asked.append(command)
            for done in (0, 50, 100):
                progress = TransferProgress(
                    conversation_id=WITH_BEN, local_id=5, done=done, total=100
                )
                self.emit(progress)
            if self._is_stuck:
                await asyncio.Event().wait()
            await asyncio.to_thread(Path(command.path).write_bytes, b"data")
            return None
        return await super().ask(command)

    def _answer(self, command: Command) -> AnyAnswer:
        match command:
            case FindMessage():
                return MessagesFound(rows=list(self._found))
            case SendFile():
                loop = asyncio.get_running_loop()
                for row in self._moves:
                    loop.call_soon(self.emit, TimelineChanged(conversation_id=WITH_BEN, rows=[row]))
                return Queued(row=sent(MessageState.WAITING))
            case _:
                return super()._answer(command)


def sent(
    state: MessageState, file_state: FileState = FileState.RUNNING, **changes: object
) -> MessageRow:
    row = make_row(7, sender=ANNA, text="", state=state, kind=MessageKind.FILE)
    file = FileRow(name="a.txt", size=5, state=file_state, is_upload=True, **changes)  # type: ignore[arg-type] # Its fields.
    return msgspec.structs.replace(row, file=file)


def test_a_file_is_sent_and_printed(capsys: pytest.CaptureFixture[str]) -> None:
    client = FileClient(moves=(sent(MessageState.ACCEPTED, FileState.HERE),))

    run(client, "--json", "send-file", "ben", "a.txt", "--caption", "look")

    line = msgspec.json.decode(capsys.readouterr().out)
    assert (line["kind"], line["file_name"], line["file_size"]) == ("file", "a.txt", 5)
    assert line["state"] == "accepted"
    assert SendFile(conversation_id=WITH_BEN, path="a.txt", text="look") in client.asked


@pytest.mark.parametrize(
    ("row", "code"),
    [
        (sent(MessageState.WAITING, FileState.FAILED, code="quota"), "quota"),
        (
            msgspec.structs.replace(sent(MessageState.REFUSED), refusal="not_contact"),
            "not_contact",
        ),
    ],
    ids=["file", "message"],
)
def test_what_is_refused_is_said(row: MessageRow, code: str) -> None:
    assert failure(FileClient(moves=(row,)), "send-file", "ben", "a.txt").code == code


def test_a_standstill_is_not_waited_for(capsys: pytest.CaptureFixture[str]) -> None:
    caught = failure(FileClient(), "--timeout", "0", "send-file", "ben", "a.txt")

    assert caught.code == "offline"
    assert "goes on when" in caught.message
    assert "waiting" in capsys.readouterr().out


def test_out_of_reach_the_file_waits(capsys: pytest.CaptureFixture[str]) -> None:
    client = FileClient(link=UNREACHABLE)

    assert failure(client, "send-file", "ben", "a.txt").code == "offline"
    assert "[file] a.txt (5 bytes)" in capsys.readouterr().out


def test_a_file_is_fetched_to_a_place(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(FileClient(), "--json", "fetch", "00000005", str(tmp_path / "copy"))

    printed = capsys.readouterr()
    line = msgspec.json.decode(printed.out)
    assert line == {
        "message_id": ROW.message_id,
        "path": str(tmp_path / "copy"),
        "size": FILE.size,
    }
    assert (tmp_path / "copy").read_bytes() == b"data"
    assert printed.err == "0 %\n50 %\n100 %\n"


def test_in_a_folder_it_gets_a_name_that_leads_nowhere_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(FileClient(), "fetch", "00000005", str(tmp_path))

    assert [path.name for path in tmp_path.iterdir()] == ["_report.pdf"]
    assert "_report.pdf  (2.5 MB)" in capsys.readouterr().out


def test_what_is_there_is_not_replaced_unasked(tmp_path: Path) -> None:
    path = tmp_path / "copy"
    path.write_bytes(b"mine")

    code = failure(FileClient(), "fetch", "00000005", str(path)).code
    kept = path.read_bytes()
    run(FileClient(), "fetch", "00000005", str(path), "--force")

    assert (code, kept, path.read_bytes()) == ("exists", b"mine", b"data")


@pytest.mark.parametrize(
    ("found", "code"),
    [((), "not_found"), ((ROW, ROW), "malformed"), ((make_row(5),), "no_file")],
    ids=["none", "several", "no file"],
)
def test_a_message_is_to_be_one_with_a_file(
    tmp_path: Path, found: tuple[MessageRow, ...], code: str
) -> None:
    client = FileClient(found=found)

    assert failure(client, "fetch", "00000005", str(tmp_path / "x")).code == code


def test_out_of_reach_only_what_is_here_is_fetched(tmp_path: Path) -> None:
    here = msgspec.structs.replace(ROW, file=msgspec.structs.replace(FILE, state=FileState.HERE))

    away = failure(FileClient(link=UNREACHABLE), "fetch", "00000005", str(tmp_path / "x"))
    run(FileClient(link=UNREACHABLE, found=(here,)), "fetch", "00000005", str(tmp_path / "x"))

    assert away.code == "offline"
    assert (tmp_path / "x").exists()


def test_a_fetch_that_stands_still_ends(tmp_path: Path) -> None:
    client = FileClient(is_stuck=True)

    caught = failure(client, "--timeout", "0.1", "fetch", "00000005", str(tmp_path / "x"))

    assert caught.code == "offline"


def test_a_fetch_that_fails_says_why(tmp_path: Path) -> None:
    class Failing(FileClient):
        async def ask(self, command: Command) -> AnyAnswer:
            if isinstance(command, SaveFile):
                raise CommandFailedError("damaged", "It is not as it was sent.")
            return await super().ask(command)

    assert failure(Failing(), "fetch", "00000005", str(tmp_path / "x")).code == "damaged"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_on_a_terminal_one_line_is_kept_up_to_date() -> None:
    out = Terminal()
    progress = _Progress(out)
    progress.local_id = 5

    for local_id, done in ((5, 0), (6, 90), (5, 500_000)):
        progress.note(
            TransferProgress(
                conversation_id=WITH_BEN, local_id=local_id, done=done, total=1_000_000
            )
        )
    progress.end()

    assert out.getvalue() == "\r  0 % of 1.0 MB \r 50 % of 1.0 MB \n"
    assert progress.steps == 2

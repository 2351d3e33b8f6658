"""Tests of the state table, and that PROTOCOL.md shows what the code does."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from types import ModuleType

import msgspec
import pytest

from shared import frames, rest, rest_devices, rest_groups
from shared.entries import Entry, Head, Submission
from shared.errors import Code, LocalError, PeerError
from shared.events import Event
from shared.protocol.transitions import (
    TRANSITIONS,
    LinkCommand,
    LinkPhase,
    Side,
    after,
    name_of,
    table,
)

DOCUMENT = (Path(__file__).parents[3] / "PROTOCOL.md").read_text(encoding="utf-8")

CLIENT_FRAMES = frames.ClientFrame.__args__
SERVER_FRAMES = frames.ServerFrame.__args__


def tags(kinds: tuple[type[msgspec.Struct], ...]) -> set[str]:
    return {str(kind.__struct_config__.tag) for kind in kinds}


def test_every_frame_has_a_row_for_each_side_that_has_it() -> None:
    by_side = {
        side: {what for (_, what), (_, who) in TRANSITIONS.items() if side in who}
        - set(LinkCommand)
        for side in Side
    }

    assert by_side[Side.CLIENT] == tags(CLIENT_FRAMES)
    assert by_side[Side.SERVER] == tags(SERVER_FRAMES)


def test_every_phase_but_the_last_can_be_left_by_a_cut() -> None:
    for phase in LinkPhase:
        if phase is not LinkPhase.CLOSED:
            assert TRANSITIONS[phase, LinkCommand.CUT][0] is LinkPhase.CLOSED


def test_nothing_leads_out_of_closed() -> None:
    assert not any(phase is LinkPhase.CLOSED for phase, _ in TRANSITIONS)


def test_a_frame_of_the_wrong_side_is_the_peers_breach() -> None:
    with pytest.raises(PeerError) as caught:
        after(LinkPhase.OPEN, "accepted", by=Side.CLIENT, is_own=False)

    assert caught.value.code is Code.MALFORMED


def test_an_own_frame_too_early_is_a_local_error() -> None:
    with pytest.raises(LocalError):
        after(LinkPhase.GREETING, "submit", by=Side.CLIENT, is_own=True)


def test_a_frame_is_named_as_on_the_wire() -> None:
    assert name_of(frames.Confirm(conversation_id=1, sequence=2)) == "confirm"


def test_the_module_prints_the_table(capsys: pytest.CaptureFixture[str]) -> None:
    runpy.run_path(
        str(Path(__file__).parents[3] / "shared/protocol/transitions.py"), run_name="__main__"
    )

    assert capsys.readouterr().out == table()


def test_the_document_shows_the_table_as_drawn() -> None:
    assert drawn("python -m shared.protocol.transitions") == table()


@pytest.mark.parametrize("module", [rest, rest_groups, rest_devices])
def test_the_document_shows_the_calls_as_written(module: ModuleType) -> None:
    described = module.__doc__ or ""
    calls = [line for line in described.splitlines() if line.startswith("|")]

    assert drawn(module.__name__.replace(".", "/") + ".py").splitlines() == calls


def test_the_document_shows_every_frame_with_its_items_in_order() -> None:
    for kind in {*CLIENT_FRAMES, *SERVER_FRAMES}:
        row = re.search(rf"^\| {kind.__struct_config__.tag} \| ([^|]*) \|", DOCUMENT, re.MULTILINE)
        assert row is not None, kind
        assert items(row[1]) == list(kind.__struct_fields__)


@pytest.mark.parametrize("kind", [Submission, Entry, Head, Event])
def test_the_document_shows_every_array_with_its_items_in_order(
    kind: type[msgspec.Struct],
) -> None:
    row = re.search(rf"^\| {kind.__name__.lower()} \| ([^|]*) \|$", DOCUMENT, re.MULTILINE)

    assert row is not None
    assert items(row[1]) == list(kind.__struct_fields__)


def test_the_document_shows_every_code_with_its_status_and_close_code() -> None:
    for code in Code:
        close = frames.CLOSE_CODES.get(code, "")
        assert f"\n| {code} | {rest.STATUS.get(code, 400)} | {close} | " in DOCUMENT


def items(text: str) -> list[str]:
    return [item.split("=")[0].strip() for item in text.split(",")]


def drawn(source: str) -> str:
    begin = f"<!-- drawn {'by' if source.startswith('python') else 'from'} {source} -->\n"
    return DOCUMENT.split(begin)[1].split("<!-- end -->")[0]

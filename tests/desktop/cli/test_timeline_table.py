from __future__ import annotations

from desktop.cli.timeline_table import timeline_table
from desktop.events import MessageState
from tests.desktop.cli.fake_client import ANNA, BEN, make_row


def test_table_has_a_line_a_message_with_states_and_times() -> None:
    rows = [
        make_row(1, sender=ANNA, text="hello", state=MessageState.READ),
        make_row(2, text="午饭？"),
    ]

    table = timeline_table("What Anna has", rows, names={ANNA.account: "Anna"})

    assert table == "\n".join(
        [
            "What Anna has",
            "-  ----  ------  --------  ------------  ------------  ---------  ----",
            "#  from  text    state     sent          received      delivered  read",
            "-  ----  ------  --------  ------------  ------------  ---------  ----",
            "1  Anna  hello   read      00:00:01.000  00:00:01.005  –          –",
            "2  2     午饭？  received  00:00:02.000  00:00:02.005  –          –",
            "-  ----  ------  --------  ------------  ------------  ---------  ----",
        ]
    )


def test_marks_that_combine_take_no_column() -> None:
    rows = [make_row(1, sender=BEN, text="e\u0301e\u0301")]

    lines = timeline_table("T", rows, names={}).splitlines()

    assert lines[1].split("  ")[2] == "----"
    assert "e\u0301e\u0301    received" in lines[4]

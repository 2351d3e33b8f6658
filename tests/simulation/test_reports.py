"""What the long runs write down: resumed, and honest about commits and failures."""

from __future__ import annotations

import json
from pathlib import Path

from tests.long import crashes, model
from tests.simulation.runs import RunResult

PLAN = {"messages": 5}


def result(seed: int, *wrong: str) -> RunResult:
    return RunResult(seed, list(wrong), [], {"send": 5}, 60.0)


def test_a_report_names_the_commit_of_every_seed_and_is_gone_on_with(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    report = model.begin_report(path, PLAN)
    report.add(result(2), commit="aaa", processor_s=3)
    report.save(path)

    later = model.begin_report(path, PLAN)
    later.add(result(1), commit="bbb", processor_s=5)
    later.save(path)

    said = json.loads(path.read_text())
    assert said["seeds_by_commit"] == {"aaa": 1, "bbb": 1}
    assert (said["seeds_done"], said["counts"], said["median_seed_s"]) == (2, {"send": 10}, 4)
    assert [each["seed"] for each in said["done"]] == [1, 2]


def test_a_seed_that_failed_is_failing_until_it_goes_well_and_stays_told(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    report = model.begin_report(path, PLAN)
    report.add(result(1, "lacks [3]"), commit="aaa", processor_s=1)
    assert (report.failing, report.seeds) == ([1], set())

    report.add(result(1), commit="bbb", processor_s=1)
    report.save(path)

    said = json.loads(path.read_text())
    assert said["seeds_failing"] == []
    assert said["failures"] == [{"seed": 1, "commit": "aaa", "wrong": ["lacks [3]"]}]


def test_a_report_of_other_towns_is_begun_anew(tmp_path: Path) -> None:
    path = tmp_path / "model.json"
    report = model.begin_report(path, PLAN)
    report.add(result(1), commit="aaa", processor_s=1)
    report.save(path)

    assert model.begin_report(path, {"messages": 6}).done == []


def test_slices_of_crashes_are_summed_and_failed_ones_run_again(tmp_path: Path) -> None:
    path = tmp_path / "crashes.json"
    report = crashes.begin_report(path, 2)
    for first, wrong in ((1, []), (2, ["not settled"])):
        report.add(
            crashes.Slice(
                flow="rejoin",
                first=first,
                commit="aaa",
                awaits=7,
                commits=3,
                wrong=wrong,
                seconds=1.0,
            )
        )
    report.save(path)

    later = crashes.begin_report(path, 2)
    said = json.loads(path.read_text())
    assert (later.is_done("rejoin", 1), later.is_done("rejoin", 2)) == (True, False)
    assert said["flows"]["rejoin"] == {"slices": 2, "awaits": 14, "commits": 6, "wrong": 1}
    assert (said["kills_at_awaits"], said["kills_at_commits"]) == (14, 6)
    assert crashes.begin_report(path, 4).slices == []

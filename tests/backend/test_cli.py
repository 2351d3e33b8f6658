from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from backend import cli
from backend.config import VERSION
from shared.errors import LocalError
from tests.backend.office import Office

ROOT = Path(__file__).parents[2]


def test_the_version_is_said() -> None:
    assert VERSION in CliRunner().invoke(cli.cli, ["--version"]).output


def test_a_folder_is_prepared_checked_and_counted(tmp_path: Path) -> None:
    arguments = ["--data", str(tmp_path / "data")]

    outputs = [
        CliRunner().invoke(cli.cli, [command, *arguments]).output.strip()
        for command in ("init", "init", "migrate", "check", "stats")
    ]

    assert outputs[:4] == ["Ready.", "Nothing to do.", "Nothing to do.", "All is well."]
    assert json.loads(outputs[4])["entries"] == 0


def test_damage_is_said_and_exits_1(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backend.upkeep.check", lambda data: ["Something is wrong."])

    result = CliRunner().invoke(cli.cli, ["check", "--data", str(tmp_path)])

    assert (result.exit_code, result.output) == (1, "Something is wrong.\n1 problems.\n")


def test_what_goes_wrong_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["mim-server", "check", "--data", str(tmp_path)])

    with pytest.raises(SystemExit) as caught:
        cli.main()

    assert caught.value.code == 1
    assert capsys.readouterr().err == f"mim-server: There is no data of a server in {tmp_path}.\n"


def test_a_rate_limit_can_be_changed_by_its_name() -> None:
    changed = cli._rate_limits(("logins_per_account=5/hour",))

    assert changed.logins_per_account == "5/hour"
    with pytest.raises(LocalError, match="no rate limit often"):
        cli._rate_limits(("often=1/day",))


def test_a_bound_of_attachments_can_be_changed_by_its_name() -> None:
    changed = cli._blob_limits(("bytes_per_account=5000",))

    assert changed.bytes_per_account == 5000
    for wrong in ("often=1", "bytes_each=many", "bytes_each=-1"):
        with pytest.raises(LocalError, match="bound"):
            cli._blob_limits((wrong,))


def test_a_missing_library_is_named(tmp_path: Path) -> None:
    code = (
        "import sys; sys.modules['gevent'] = None; sys.argv[1:] = ['run', '--data', 'data']; "
        "from backend.cli import main; main()"
    )

    result = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert result.returncode == 1
    assert "gevent is missing" in result.stderr
    assert "Traceback" not in result.stderr


def test_an_account_that_is_not_there_cannot_be_reset(tmp_path: Path) -> None:
    data = ["--data", str(tmp_path / "data")]
    CliRunner().invoke(cli.cli, ["init", *data])

    result = CliRunner().invoke(cli.cli, ["reset-account", "nobody", *data])

    assert isinstance(result.exception, LocalError)


def test_a_reset_prints_a_token(tmp_path: Path) -> None:
    office = Office(tmp_path / "data")
    office.join("anna")
    office.close()

    result = CliRunner().invoke(
        cli.cli, ["reset-account", "Anna", "--data", str(tmp_path / "data")]
    )

    assert (result.exit_code, len(result.output.strip())) == (0, 43)

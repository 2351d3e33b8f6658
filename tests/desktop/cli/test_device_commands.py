from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from desktop import commands
from desktop.cli import device_commands
from desktop.cli.arguments import parse_arguments
from desktop.cli.device_commands import check_audit
from desktop.cli.secrets import Secrets
from desktop.engine import CommandFailedError
from shared.errors import SealError
from tests.desktop.cli.fake_client import BEN, RECOVERY_CODE, WITH_BEN, FakeClient
from tests.desktop.cli.running import failure, run

SECRETS = Secrets(
    password="old enough", new_password="new enough", recovery_code="C", reset_token="T"
)


def test_devices_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    run(FakeClient(), "devices")

    assert capsys.readouterr().out == (
        "11  desk  logged in, this device\n12  lap  logged out\n13  lap  revoked\n"
    )


def test_a_device_is_named_and_revoked_by_name_or_id() -> None:
    client = FakeClient()

    run(client, "rename-device", "12", "laptop")
    run(client, "revoke", "lap", secrets=SECRETS)

    assert commands.RenameDevice(device_id=12, name="laptop") in client.asked
    assert commands.RevokeDevice(device_id=12, password="old enough") in client.asked


def test_a_device_that_is_not_there_is_said() -> None:
    assert failure(FakeClient(), "revoke", "13").code == "not_found"


def test_two_devices_of_one_name_are_not_guessed(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.desktop.cli import fake_client

    twin = msgspec.structs.replace(fake_client.DEVICES[0], name="lap")
    monkeypatch.setattr(fake_client, "DEVICES", (*fake_client.DEVICES, twin))

    assert "several" in failure(FakeClient(), "revoke", "lap").message.lower()


def test_password_and_code_are_changed(capsys: pytest.CaptureFixture[str]) -> None:
    client = FakeClient()

    run(client, "passwd", secrets=SECRETS)
    run(client, "recovery-code", secrets=SECRETS)
    run(client, "--json", "recovery-code", secrets=SECRETS)

    said = capsys.readouterr()
    assert RECOVERY_CODE in said.err
    assert msgspec.json.decode(said.out) == {"recovery_code": RECOVERY_CODE}
    changed = commands.ChangePassword(password="old enough", new_password="new enough")
    assert changed in client.asked


def test_recovery_logs_in_and_says_the_new_code(capsys: pytest.CaptureFixture[str]) -> None:
    by_code, by_token = FakeClient(is_logged_in=False), FakeClient(is_logged_in=False)

    run(by_code, "recover", "anna", secrets=SECRETS)
    run(by_token, "--json", "recover", "anna", "--reset", secrets=SECRETS)

    assert by_code.asked == [
        commands.Recover(user_name="anna", recovery_code="C", new_password="new enough")
    ]
    assert by_token.asked == [
        commands.ResetAccount(user_name="anna", reset_token="T", new_password="new enough")
    ]
    said = capsys.readouterr()
    assert said.out.splitlines()[0] == "anna  Anna"
    assert RECOVERY_CODE in said.err


def test_safety_number_is_printed_and_a_change_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    client = FakeClient()

    run(client, "safety", "ben", "--accept")
    run(client, "verify", "ben")
    run(client, "verify", "ben", "--undo")

    assert "12345 67890" in (said := capsys.readouterr().out)
    assert "has changed" in said
    for expected in [
        commands.AcknowledgeRoot(account=BEN.account),
        commands.SetVerified(account=BEN.account, is_verified=True),
        commands.SetVerified(account=BEN.account, is_verified=False),
    ]:
        assert expected in client.asked


def test_audit_says_what_it_found_and_writes_the_proof(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    client, proof = FakeClient(), tmp_path / "proof"

    run(client, "audit", "ben", "--export", str(proof))

    assert proof.read_bytes() == b"proof"
    said = capsys.readouterr().out
    assert "9 entries up to 9 checked: 1 findings." in said
    assert "fork (server): Two heads disagree." in said
    assert commands.ExportAudit(conversation_id=WITH_BEN) in client.asked


def test_a_proof_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    caught = failure(FakeClient(), "audit", "ben", "--export", str(tmp_path / "no" / "proof"))

    assert caught.code == "local"


def check(path: Path) -> bool:
    return check_audit(parse_arguments(["audit", "--check", str(path)], version="1"))


def test_a_proof_is_checked_offline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    class Verdict(msgspec.Struct):
        holds: bool
        kind: str = "fork"
        blamed: str = "server"
        message: str = "Two heads disagree."

    class Report(msgspec.Struct):
        verdicts: list[Verdict]

    def report(data: bytes) -> Report:
        return Report([Verdict(holds=True), Verdict(holds=data == b"good")])

    monkeypatch.setattr(device_commands, "check_proof", report)
    good, bad = tmp_path / "good", tmp_path / "bad"
    good.write_bytes(b"good")
    bad.write_bytes(b"bad")

    assert check(good)
    assert not check(bad)
    assert "DOES NOT HOLD  fork (server): Two heads disagree." in capsys.readouterr().out


def test_what_is_no_proof_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_: bytes) -> None:
        raise SealError

    monkeypatch.setattr(device_commands, "check_proof", refuse)
    path = tmp_path / "file"
    with pytest.raises(CommandFailedError) as absent:
        check(path)
    path.write_bytes(b"anything")
    with pytest.raises(CommandFailedError) as other:
        check(path)

    assert (absent.value.code, other.value.code) == ("local", "malformed")

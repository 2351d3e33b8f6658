from __future__ import annotations

from pathlib import Path

import pytest

from launcher.trouble import UNKNOWN, explain, proxy_in_use

PRINTED = [
    (
        "<urlopen error [Errno -3] Temporary failure in name resolution>",
        "this machine seems offline",
    ),
    (
        "error: Failed to fetch: `x`\n Caused by: dns error: failed to lookup address information",
        "this machine seems offline",
    ),
    ("OSError: [Errno 101] Network is unreachable", "this machine seems offline"),
    (
        "NewConnectionError: Failed to establish a new connection: [Errno 111] Connection refused",
        "does not answer as it should",
    ),
    ("ReadTimeoutError: Read timed out.", "does not answer as it should"),
    ("HTTP error: 503 Service Unavailable", "does not answer as it should"),
    ("ERROR: No matching distribution found for flask==3.1.3", "does not answer as it should"),
    ("ProxyError('Cannot connect to proxy.', OSError('407'))", "The proxy refused"),
    ("Permission denied: /builds/run-407/.venv", "can not be written"),
    ("The proxy said 407.", "The proxy refused"),
    ("SSLError(SSLCertVerificationError(1, 'CERTIFICATE_VERIFY_FAILED'))", "certificate"),
    ("OSError: [Errno 28] No space left on device", "The disk is full"),
    (
        "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
        "not the one this version of Mim names",
    ),
    ("[Errno 13] Permission denied: '/x'", "can not be written"),
]


@pytest.mark.parametrize(("printed", "expected"), PRINTED)
def test_what_tools_print_becomes_a_sentence_with_what_to_do(printed: str, expected: str) -> None:
    sentence = explain(printed)

    assert expected in sentence
    assert sentence.endswith("Then type the same command again.")


def test_an_unknown_cause_points_to_the_log(tmp_path: Path) -> None:
    sentence = explain("the moon is full", tmp_path / "setup.log")

    assert sentence.startswith(UNKNOWN)
    assert str(tmp_path / "setup.log") in sentence


def test_the_proxy_is_named_without_its_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://anna:secret@proxy.example:3128")

    assert proxy_in_use() == "HTTPS_PROXY is http://proxy.example:3128"


def test_no_proxy_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)

    assert proxy_in_use() == "no proxy is set"

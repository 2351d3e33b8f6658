from __future__ import annotations

import pytest

from desktop.ui.server_address import address_mistake, server_address


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("mim.example.org", "https://mim.example.org"),
        (" mim.example.org/ ", "https://mim.example.org"),
        ("mim.example.org:8443/chat", "https://mim.example.org:8443/chat"),
        ("localhost:8080", "http://localhost:8080"),
        ("127.0.0.1:8080", "http://127.0.0.1:8080"),
        ("[::1]:8080", "http://[::1]:8080"),
        ("http://10.0.0.5", "http://10.0.0.5"),
        ("https://mim.example.org", "https://mim.example.org"),
        ("", ""),
    ],
)
def test_an_address_is_written_out(typed: str, meant: str) -> None:
    assert server_address(typed) == meant


@pytest.mark.parametrize(
    ("address", "mistake"),
    [
        ("https://mim.example.org", ""),
        ("https://mim.example.org:8443/chat", ""),
        ("http://127.0.0.1:8080", ""),
        ("http://[::1]:8080", ""),
        ("http://mim.example.org", "insecure_address"),
        ("ftp://mim.example.org", "bad_address"),
        ("https://", "bad_address"),
        ("https://mim example", "bad_address"),
        ("https://mim.example:port", "bad_address"),
        ("https://anna@mim.example", "bad_address"),
        ("https://mim.example?x=1", "bad_address"),
        ("https://[::1", "bad_address"),
    ],
)
def test_what_is_wrong_with_an_address_has_a_code(address: str, mistake: str) -> None:
    assert address_mistake(address) == mistake

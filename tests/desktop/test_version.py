from __future__ import annotations

from importlib import metadata

import pytest

from desktop.version import version


def test_version_is_that_of_the_package_or_of_the_checkout(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    installed = version()
    monkeypatch.setattr(metadata, "version", missing)

    assert installed.count(".") == 2
    assert version() == "0.1.0"

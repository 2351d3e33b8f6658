from __future__ import annotations

import importlib
from importlib import metadata

import pytest

from desktop.cli import version


def test_version_is_that_of_the_package_or_of_the_checkout(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def missing(name: str) -> str:
        raise metadata.PackageNotFoundError(name)

    assert version.VERSION.count(".") == 2
    with monkeypatch.context() as patch:
        patch.setattr(metadata, "version", missing)
        assert importlib.reload(version).VERSION == "0.1.0"
    importlib.reload(version)

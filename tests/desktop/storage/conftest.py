"""An open profile, and entries to put into it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop.storage.storage import Storage, open_storage
from tests.desktop.storage.samples import CONVERSATION, stored_conversation


@pytest.fixture
def storage(tmp_path: Path) -> Iterator[Storage]:
    opened = open_storage(tmp_path / "home", uses_key_store=False)
    opened.conversations.add(stored_conversation(CONVERSATION))
    yield opened
    opened.close()

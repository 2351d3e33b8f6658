"""The mouse is enough for a first morning; ``run.py test --long hands`` tells a whole day."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.scenarios.desk import Desk, needed
from tests.scenarios.hands import MouseHands
from tests.scenarios.story import tell_morning
from tests.server_process import ServerProcess

pytestmark = pytest.mark.skipif(bool(needed()), reason=f"this machine lacks {needed()}")


@pytest.mark.timeout(300)
def test_a_first_morning_by_mouse_alone(strict_server: ServerProcess, tmp_path: Path) -> None:
    with Desk() as desk:
        tell_morning(desk, MouseHands, strict_server.url, tmp_path)

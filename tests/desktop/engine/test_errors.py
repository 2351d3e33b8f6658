from __future__ import annotations

import pytest

from desktop.engine.errors import CommandFailedError, ServerRefusedError, failure_of
from desktop.storage.database import DatabaseFullError
from desktop.storage.profile_lock import ProfileInUseError
from shared.errors import Code, LocalError, MimError, PeerError, SealError, TransportError


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (CommandFailedError("weak_kdf", "no"), "weak_kdf"),
        (ServerRefusedError(Code.USER_EXISTS, "taken", {}), "user_exists"),
        (PeerError(Code.MALFORMED, "what?"), "malformed"),
        (ProfileInUseError("open"), "profile_in_use"),
        (DatabaseFullError("full"), "local"),
        (TransportError("away"), "offline"),
        (LocalError("damaged"), "local"),
        (SealError("closed"), "local"),
    ],
)
def test_every_error_has_a_code_for_windows(error: MimError, code: str) -> None:
    failure = failure_of(error)

    assert failure.code == code
    assert failure.message

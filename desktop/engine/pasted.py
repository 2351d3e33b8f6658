"""Pictures that were pasted: plain files of the app's own until they are sealed."""

from __future__ import annotations

from collections.abc import Collection
from contextlib import suppress
from pathlib import Path

from desktop.commands import PASTED_FOLDER

__all__ = ["PastedFiles"]


class PastedFiles:
    """The folder of them in a profile.

    Args:
        home: The profile's folder.
    """

    def __init__(self, home: Path) -> None:
        self._folder = (home / PASTED_FOLDER).absolute()

    def forget(self, path: str) -> None:
        """Delete a file if it is one of these; any other is somebody's own and stays."""
        if Path(path).parent == self._folder:
            # Where the disk does not let go of it, the next start tries again.
            with suppress(OSError):
                Path(path).unlink(missing_ok=True)

    def sweep(self, kept: Collection[str] = ()) -> None:
        """Delete all that nobody waits for: what was pasted and never sent."""
        try:
            found = list(self._folder.iterdir())
        except OSError:
            return  # Nothing was ever pasted.
        for path in found:
            if str(path) not in kept:
                self.forget(str(path))

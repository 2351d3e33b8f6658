"""``python3 run.py``: server, Echo and the app together, until the last window is closed."""

from __future__ import annotations

import argparse
import signal
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from types import FrameType

import platformdirs

from launcher.door import Door, Visit, claim, knock
from launcher.local_server import LocalServer
from launcher.processes import Child
from launcher.trouble import SetupError

APP_MODULE = "desktop.app"
ROUND_S = 0.1
KNOCK_S = 60.0


class Wish:
    """The person's wish to end, told by a signal."""

    def __init__(self) -> None:
        self.is_there = False

    def listen(self) -> None:
        """Take Ctrl-C, a polite kill and a closed terminal for that wish."""
        for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK"):
            if number := getattr(signal, name, None):
                signal.signal(number, self._note)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.is_there = True

    def __call__(self) -> bool:
        """Whether to stop."""
        return self.is_there


def main(arguments: Sequence[str]) -> int:
    """Be the first start of a data directory or a visitor of it."""
    parser = argparse.ArgumentParser(prog="python3 run.py")
    parser.add_argument(
        "--data",
        type=Path,
        default=platformdirs.user_data_path("mim", appauthor=False) / "local",
        help="where everything is kept (default: %(default)s)",
    )
    data: Path = parser.parse_args(arguments).data.absolute()
    stopping = Wish()
    stopping.listen()
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
        return _enter(data, stopping)
    except SetupError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except OSError as error:
        sys.stderr.write(f"Mim can not use {data}: {error.strerror}.\n")
        return 1
    except KeyboardInterrupt:
        return 0


def _enter(data: Path, stopping: Wish) -> int:
    deadline = time.monotonic() + KNOCK_S
    while not stopping() and time.monotonic() < deadline:
        if lock := claim(data):
            with lock:
                return host(data, stopping)
        # The first start holds the lock but may still be starting, or already ending.
        if visit := knock(data):
            return be_guest(data, visit, stopping)
        time.sleep(ROUND_S)
    if stopping():
        return 0
    raise SetupError(
        f"Another start of Mim holds {data} but does not answer. End it, then try again."
    )


def host(data: Path, stopping: Wish) -> int:
    """Run the server, Echo and the first window, for as long as any window is open."""
    server = LocalServer(data, stopping=stopping)
    window: Child | None = None
    door: Door | None = None
    try:
        started = time.monotonic()
        url = server.start()
        _say(f"Server ready at {url} ({time.monotonic() - started:.1f} s); data in {data}.")
        door = Door(data, url)
        window = open_window(data, url)
        while not stopping() and (window.poll() is None or door.guests > 0):
            door.serve(ROUND_S)
            server.mend()
        return _verdict(window, stopping)
    finally:
        # Guests hear of the end by the closed door; all windows go before what they talk to.
        if door is not None:
            door.close()
        if window is not None:
            window.stop()
        server.stop()


def be_guest(data: Path, visit: Visit, stopping: Wish) -> int:
    """Open one more window on the server of the first start."""
    window = open_window(data, visit.url, "--second")
    try:
        while not stopping() and window.poll() is None and not visit.has_ended(ROUND_S):
            pass
        return _verdict(window, stopping)
    finally:
        window.stop()
        visit.leave()


def open_window(data: Path, url: str, *more: str) -> Child:
    """Start the app."""
    window = Child(
        APP_MODULE,
        ["--server", url, "--home", str(data / "desktop"), *more],
        log=data / "logs" / "desktop.log",
    )
    window.start()
    return window


def _verdict(window: Child, stopping: Wish) -> int:
    status = window.poll()
    if status and not stopping():
        raise SetupError(f"The app ended with status {status}.{window.tail()}")
    return 0


def _say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

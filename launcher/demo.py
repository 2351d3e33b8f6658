"""``python3 run.py demo``: a real server in a temporary directory, two clients, no screen."""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path

from launcher.local_server import LocalServer
from launcher.main_job import Wish
from launcher.processes import POLL_S, Child
from launcher.trouble import SetupError

DEMO_MODULE = "desktop.cli.demo"


def main(arguments: Sequence[str]) -> int:
    """Run the demo and clear up after it.

    Args:
        arguments: Passed on to `desktop.cli.demo`.
    """
    stopping = Wish()
    stopping.listen()
    with tempfile.TemporaryDirectory(prefix="mim-demo-") as folder:
        data = Path(folder)
        server = LocalServer(data, stopping=stopping)
        demo: Child | None = None
        try:
            url = server.start()
            demo = Child(
                DEMO_MODULE,
                ["--server", url, "--home", str(data / "people"), *arguments],
                log=None,
            )
            demo.start()
            while demo.poll() is None and not stopping():
                time.sleep(POLL_S)
            return demo.poll() or 0
        except SetupError as error:
            sys.stderr.write(f"{error}\n")
            return 1
        except KeyboardInterrupt:
            return 0
        finally:
            if demo is not None:
                demo.stop()
            server.stop()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""``python3 run.py bench [NAME [ARGS…]]``: all benchmarks, or one of them."""

from __future__ import annotations

import subprocess
import sys

NAMES = ("new_device", "sizes", "group", "mls", "desktop")


def main(arguments: list[str]) -> int:
    """Run each in a process of its own, so that none is measured with what another has left.

    Returns:
        0; 1 if a promise is not kept; 2 for wrong usage.
    """
    chosen, rest = (arguments[:1], arguments[1:]) if arguments else (list(NAMES), [])
    if not set(chosen) <= set(NAMES):
        sys.stderr.write(f"There is no benchmark {chosen[0]}; there are: {', '.join(NAMES)}.\n")
        return 2
    status = 0
    for name in chosen:
        command = [sys.executable, "-P", "-m", f"tests.load.bench_{name}", *rest]
        status = max(status, min(1, subprocess.run(command, check=False).returncode))
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

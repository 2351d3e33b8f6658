"""Small programs that `launcher.processes` can start: ``python -m tests.launcher.parts KIND``."""

from __future__ import annotations

import signal
import subprocess
import sys
import time

# Longer than any test waits: a part that is not ended would be noticed.
LONG_S = 60


def main(kind: str) -> int:
    match kind:
        case "ready":
            print("not json")
            print("[1]")
            print('{"url": "http://127.0.0.1:1"}')
            print('{"late": true}', flush=True)
            time.sleep(LONG_S)
        case "silent":
            time.sleep(LONG_S)
        case "fails":
            print("the reason", file=sys.stderr)
            return 3
        case "stubborn":
            signal.signal(signal.SIGTERM, signal.SIG_IGN)
            print("{}", flush=True)
            time.sleep(LONG_S)
        case "parent":
            child = subprocess.Popen([sys.executable, "-m", "tests.launcher.parts", "stubborn"])
            print(f'{{"child": {child.pid}}}', flush=True)
            time.sleep(LONG_S)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))

"""What a file costs on its way: ``python -m tests.load.bench_files [MEGABYTES …]``.

A real server and two `mim-cli` processes, Anna's ``send-file`` and Ben's ``fetch``. For each size:
how long each took, and the most memory (resident set) that each process ever had. A file of 1 MB
comes first: what it takes is what the program itself takes, so the difference is the file's. The
file that arrives is compared with the one that was sent.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.scenarios.people import FLOOR, PASSWORD
from tests.server_process import CHEAP_KDF, ROOT, ServerProcess

MEGABYTE = 1_000_000
BLOCK = os.urandom(MEGABYTE)
PAUSE_S = 0.05
STATUS = "/proc/{}/status"


class Script:
    """`mim-cli` for one home."""

    def __init__(self, url: str, home: Path) -> None:
        floor = f"{FLOOR.version}:{FLOOR.passes}:{FLOOR.memory_bytes}"
        self._command = [sys.executable, "-m", "desktop.cli", "--server", url, "--home", str(home)]
        self._command += ["--json", "--timeout", "120", "--kdf-floor", floor]

    def run(self, *argv: str) -> tuple[str, float, int]:
        """Run a command; return what it printed, seconds, and its most memory in bytes."""
        began = time.monotonic()
        process = subprocess.Popen(
            [*self._command, *argv],
            cwd=ROOT,
            env={**os.environ, "MIM_PASSWORD": PASSWORD},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        most = 0
        while process.poll() is None:
            most = max(most, most_memory(process.pid))
            time.sleep(PAUSE_S)
        out, _ = process.communicate()
        assert process.returncode == 0, (argv[0], process.returncode)
        return out, time.monotonic() - began, most


def most_memory(pid: int) -> int:
    """Return the most memory that a process has had so far, in bytes; 0 once it has gone."""
    try:
        lines = Path(STATUS.format(pid)).read_text(encoding="ascii").splitlines()
    except OSError:
        return 0
    peak = next((line for line in lines if line.startswith("VmHWM:")), "VmHWM: 0 kB")
    return int(peak.split()[1]) * 1024


def write_file(path: Path, size: int) -> str:
    """Write a file of which no two parts are alike; return its hash."""
    digest = hashlib.blake2b()
    with path.open("wb") as file:
        for number in range(0, size, MEGABYTE):
            block = (number.to_bytes(8, "big") + BLOCK)[: min(MEGABYTE, size - number)]
            file.write(block)
            digest.update(block)
    return digest.hexdigest()


def hash_file(path: Path) -> str:
    digest = hashlib.blake2b()
    with path.open("rb") as file:
        while block := file.read(MEGABYTE):
            digest.update(block)
    return digest.hexdigest()


def measure(
    folder: Path, server: ServerProcess, anna: Script, ben: Script, size: int
) -> dict[str, float]:
    """Pass one file on; return seconds, and megabytes of memory."""
    source, target = folder / f"{size}.bin", folder / f"{size}.copy"
    expected = write_file(source, size)
    out, send_s, sender = anna.run("send-file", "filing-ben", str(source))
    source.unlink()
    message_id = str(json.loads(out)["message_id"])
    ben.run("history", "filing-anna", "--limit", "1")
    _, fetch_s, receiver = ben.run("fetch", message_id, str(target))
    assert hash_file(target) == expected
    target.unlink()
    return {
        "megabytes": size / MEGABYTE,
        "send_s": round(send_s, 1),
        "fetch_s": round(fetch_s, 1),
        "sender_mb": round(sender / MEGABYTE, 1),
        "receiver_mb": round(receiver / MEGABYTE, 1),
        "server_mb": round(most_memory(server.pid) / MEGABYTE, 1),
    }


def main() -> int:
    """Measure all sizes and print a table; ``--out`` writes it down as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("megabytes", type=float, nargs="*", default=[100.0])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--folder", type=Path, help="for about five times the largest file")
    chosen = parser.parse_args()
    rows = []
    with tempfile.TemporaryDirectory(dir=chosen.folder) as name:
        folder = Path(name)
        server = ServerProcess(folder / "data", *CHEAP_KDF).start()
        try:
            anna, ben = (Script(server.url, folder / each) for each in ("anna", "ben"))
            anna.run("register", "filing-anna")
            ben.run("register", "filing-ben")
            anna.run("request", "filing-ben")
            ben.run("accept", "filing-anna")
            for megabytes in [1.0, *chosen.megabytes]:
                row = measure(folder, server, anna, ben, int(megabytes * MEGABYTE))
                rows.append(row)
                print("  ".join(f"{name} {value:g}" for name, value in row.items()), flush=True)
        finally:
            server.stop()
    if chosen.out is not None:
        report = {"machine": platform.platform(), "cores": os.cpu_count(), "rows": rows}
        chosen.out.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""``python3 run.py package --out DIR``: app and server in one folder that needs no Python."""

from __future__ import annotations

import argparse
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path

from launcher.places import ROOT
from launcher.progress import megabytes

PROGRAMS = ("mim", "mim-server")


def main(arguments: Sequence[str]) -> int:
    """Pack Mim and see that what came out starts."""
    parser = argparse.ArgumentParser(prog="python3 run.py package")
    parser.add_argument("--out", type=Path, required=True, help="the folder to make")
    out: Path = parser.parse_args(arguments).out.absolute()
    if sys.platform == "linux" and shutil.which("objdump") is None:
        sys.stderr.write("Packing needs objdump. Type: sudo apt-get install -y binutils\n")
        return 1
    command = [sys.executable, "-m", "PyInstaller", "--noconfirm", "--log-level", "WARN"]
    command += ["--distpath", str(out), "--workpath", str(out / "work"), str(ROOT / "build.spec")]
    packed = subprocess.run(command, cwd=ROOT, check=False)
    shutil.rmtree(out / "work", ignore_errors=True)
    if packed.returncode != 0:
        return packed.returncode
    folder = out / "mim"
    for program in PROGRAMS:
        version = subprocess.run(
            [folder / program, "--version"], capture_output=True, text=True, check=False
        )
        if version.returncode != 0:
            sys.stderr.write(f"{program} was packed but does not start:\n{version.stderr}\n")
            return 1
        sys.stdout.write(f"{program}: {version.stdout.strip()}\n")
    if not serves(folder / "mim-server"):
        return 1
    sys.stdout.write(f"{folder}: {megabytes(folder):.0f} MB\n")
    return 0


def serves(program: Path) -> bool:
    """Whether a packed server comes as far as answering; only then is all that it loads there."""
    with tempfile.TemporaryDirectory(prefix="mim-packed-") as data:
        server = subprocess.Popen(
            [program, "run", "--data", data, "--host", "127.0.0.1", "--port", "0"],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        with server:
            # It prints its one line when it is ready, or ends.
            ready = server.stdout.readline() if server.stdout else ""
            server.terminate()
            _, said = server.communicate()
        if not ready:
            sys.stderr.write(f"{program.name} was packed but does not serve:\n{said}\n")
        return bool(ready)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

"""Makes ``requirements/*.txt`` again: every version and hash, no address of a package index.

One resolution for all supported Pythons and systems is exported several times, so that the files
agree with each other. The intermediate ``uv.lock`` names index hosts and is thrown away.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
import tomllib
from pathlib import Path

from launcher.places import ROOT
from launcher.trouble import SetupError, explain

EXPORTS: dict[str, tuple[str, ...]] = {
    "server.txt": ("--extra", "shared", "--extra", "server", "--no-default-groups"),
    "desktop.txt": (
        *("--extra", "shared", "--extra", "client", "--extra", "desktop"),
        "--no-default-groups",
    ),
    "dev.txt": ("--all-extras", "--group", "dev"),
    "uv.txt": ("--only-group", "bootstrap"),
}
HEADER = """\
# Made by `python3 run.py lock` from pyproject.toml: do not edit.
# At most {megabytes} MB to fetch.
"""


def main() -> int:
    """Resolve and write the lock files; newest versions that pyproject.toml allows."""
    uv = shutil.which("uv")
    if uv is None:
        raise SetupError("Making the lock needs uv; install it with: pip install uv")
    with tempfile.TemporaryDirectory(prefix="mim-lock-") as folder:
        project = Path(folder)
        for name in ("pyproject.toml", "LICENSE"):
            shutil.copy(ROOT / name, project / name)
        (project / "README.md").touch()
        _uv(uv, "lock", "--upgrade", project=project)
        sizes = wheel_sizes((project / "uv.lock").read_text(encoding="utf-8"))
        for name, choice in EXPORTS.items():
            text = _uv(
                *(uv, "export", "--locked", "--no-emit-project", "--no-header", "--quiet"),
                *("--format", "requirements.txt", *choice),
                project=project,
            )
            names = set(re.findall(r"^([\w.-]+)==", text, flags=re.MULTILINE))
            header = HEADER.format(megabytes=round(sum(sizes[n] for n in names) / 1e6))
            (ROOT / "requirements" / name).write_text(header + text, encoding="utf-8")
    return 0


def _uv(uv: str, *arguments: str, project: Path) -> str:
    run = subprocess.run([uv, *arguments], cwd=project, capture_output=True, text=True, check=False)
    if run.returncode != 0:
        raise SetupError(explain(run.stderr))
    return run.stdout


def wheel_sizes(lock: str) -> dict[str, int]:
    """The size in bytes of each package's largest wheel, by name.

    An installer picks one wheel per package; which one depends on the machine, so the largest is
    the bound that holds on all of them.
    """
    sizes: dict[str, int] = {}
    for package in tomllib.loads(lock)["package"]:
        wheels = [int(wheel.get("size", 0)) for wheel in package.get("wheels", ())]
        sizes[package["name"]] = max([sizes.get(package["name"], 0), *wheels])
    return sizes

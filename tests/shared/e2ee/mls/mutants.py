"""Takes out one validation at a time: ``python -m tests.shared.e2ee.mls.mutants``.

Published vectors are honest runs, so they can not tell an engine that checks from one that does
not. A mutant is this package with one check gone. It has to keep every honest test and vector
green, or else it broke more than the check, and it has to turn a test red that asserts a refusal.
Those that no test notices are survivors. The table goes to docs/mls-mutants.md.

Mutants are found in the source: each ``require(…)`` and each ``raise MlsError(…)`` is one, each
call of a function that checks and returns nothing is one, and those that have more than one
condition have one for each, by hand, below.
"""

from __future__ import annotations

import argparse
import ast
import json
import multiprocessing
import os
import re
import shutil
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import cryptography_vectors
import hypothesis
import nacl.bindings
import pytest

from tests.checkout import commit_now

# Imported once, for all mutants.
PRELOADED = (cryptography_vectors, hypothesis, nacl.bindings)
ROOT = Path(__file__).resolve().parents[4]
PACKAGE = Path("shared/e2ee/mls")
HANG_S = 60
REFUSALS = "refus"
# Nothing that comes from others is checked in these, or it is checked again by who receives.
LEFT_OUT = {"errors.py", "commits.py", "keys.py"}
# Of a caller's own mistakes.
LEFT_OUT_REASONS = {"NOT_ENCODABLE", "PADDING_SIZE"}

NOT_NEEDED = (
    "cacheprovider",
    "pytest-qt",
    "pytest_cov",
    "xdist",
    "asyncio",
    "schemathesis",
    "hypothesispytest",
)
SETTINGS = """[pytest]
addopts = --import-mode=importlib
filterwarnings =
    error
    ignore::pytest.PytestAssertRewriteWarning
"""

CHECKING_CALLS = {
    "check_among": "7.3",
    "check_applied": "12.2",
    "check_extensions": "13.4",
    "check_fresh": "12.2",
    "check_key_package": "10.1",
    "check_leaf": "7.3",
    "check_lifetime": "10.1",
    "check_list": "12.2",
    "check_membership": "6.2",
    "check_parents": "7.9.2",
    "check_psk_names": "12.1.4",
    "authenticate": "6.1",
    "finish": "2.1",
    "_check_confirmation": "6.1",
    "_check_external": "12.2",
    "_check_path_shape": "12.4.2",
    "_check_regular": "12.2",
    "_check_signer": "12.4.3.1",
    "_check_unmerged": "12.4.3.1",
    "_check_version": "state",
}


@dataclass(frozen=True)
class Mutant:
    """One check gone.

    Attributes:
        section: Of RFC 9420.
        check: The reason it refuses with, or the function that is not called.
        module: Where.
        line: Where in it.
        before: The source that is replaced.
        after: What it is replaced by.
    """

    section: str
    check: str
    module: str
    line: int
    before: str
    after: str


@dataclass(frozen=True)
class Verdict:
    """What became of a mutant."""

    section: str
    check: str
    module: str
    line: int
    honest: str
    refusals: str
    noticed_by: str

    @property
    def is_killed(self) -> bool:
        return self.honest == "green" and self.refusals == "red"


BY_HAND = [
    ("12.3", "extensions before adds", "proposals.py",
     "needs = Needs.of(applied.extensions)", "needs = Needs.of(context.extensions)"),
    ("12.4.2", "path keys new to the tree", "public_view.py",
     "len(set(keys)) == len(keys) and not any(key in known for key in keys)",
     "len(set(keys)) == len(keys)"),
    ("12.4.2", "path keys different from each other", "public_view.py",
     "len(set(keys)) == len(keys) and not any(key in known for key in keys)",
     "not any(key in known for key in keys)"),
    ("12.2", "a joiner's key differs from the leaf it replaces", "public_view.py",
     "[before] if before is not None else list(applied.removed.values())",
     "[before] if before is not None else []"),
    ("7.9.2", "exactly one child vouches for a parent", "ratchet_tree.py",
     "return children == 1", "return children <= 1"),
    ("7.9.2", "at least one child vouches for a parent", "ratchet_tree.py",
     "return children == 1", "return True"),
    ("7.9.2", "the resolution of a child is what was unmerged", "ratchet_tree.py",
     "and unmerged == {other for other in resolution if other != index}", "and True"),
    ("12.4.3.1", "unmerged leaves are under their parent", "ratchet_tree.py",
     "is_there = leaf in span and self.leaf(leaf) is not None",
     "is_there = self.leaf(leaf) is not None"),
    ("12.4.3.1", "unmerged leaves are not blank", "ratchet_tree.py",
     "is_there = leaf in span and self.leaf(leaf) is not None", "is_there = leaf in span"),
    ("12.4.3.1", "unmerged leaves are unmerged below as well", "ratchet_tree.py",
     "is_there and self._is_unmerged_below(index, leaf)", "is_there"),
    ("7.3", "all members know a credential", "leaf_nodes.py", "everyone and known", "known"),
    ("7.3", "a member knows all credentials", "leaf_nodes.py", "everyone and known", "everyone"),
    ("11.1", "required extensions", "leaf_nodes.py",
     "self.extensions.issubset(capabilities.extensions)\n            and ", ""),
    ("11.1", "required proposals", "leaf_nodes.py",
     "            and self.proposals.issubset(capabilities.proposals)\n", ""),
    ("11.1", "required credentials", "leaf_nodes.py",
     "            and self.credentials.issubset(capabilities.credentials)\n", ""),
    ("10.1", "the time of a package", "key_packages.py",
     "spans and length <= limits.MLS_LIFETIME_MAX_S", "length <= limits.MLS_LIFETIME_MAX_S"),
    ("10.1", "how long a package is good", "key_packages.py",
     "spans and length <= limits.MLS_LIFETIME_MAX_S", "spans"),
    ("5.1", "sizes of public signature keys", "crypto.py",
     "len(signature) != _SIGNATURE_BYTES or len(public) != SignaturePublicKey.SIZE",
     "len(signature) != _SIGNATURE_BYTES"),
    ("RFC 9180, 7.1.4", "points of low order", "crypto.py",
     'return int.from_bytes(public, "little") & _X_MASK not in _LOW_ORDER', "return True"),
    ("5.1.1", "sizes of public keys", "crypto.py",
     "        if len(public) != HASH_BYTES:\n            return False\n", ""),
]  # fmt: skip


def sections() -> dict[str, str]:
    """Read the section of each reason from the comments between them."""
    found: dict[str, str] = {}
    section = ""
    for line in (ROOT / PACKAGE / "errors.py").read_text(encoding="utf-8").splitlines():
        if comment := re.fullmatch(r"\s+# .*?\(?((?:RFC )?[\d][\d., to]*)\)?\.?", line):
            section = comment[1].strip(" .,")
        if reason := re.fullmatch(r'    ([A-Z_]+) = "\w+"', line):
            found[reason[1]] = section
    return found


def mutants() -> Iterator[Mutant]:
    """Yield every mutant there is."""
    by_reason = sections()
    for path in sorted((ROOT / PACKAGE).glob("*.py")):
        if path.name in LEFT_OUT:
            continue
        source = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(source)):
            found = _mutation(node, source, by_reason)
            if found is not None:
                section, check, after = found
                assert isinstance(node, ast.stmt)
                before = ast.get_source_segment(source, node) or ""
                yield Mutant(section, check, path.name, node.lineno, before, after)
    for section, check, module, before, changed in BY_HAND:
        source = (ROOT / PACKAGE / module).read_text(encoding="utf-8")
        assert before in source, (module, before)
        line = source[: source.index(before)].count("\n") + 1
        yield Mutant(section, check, module, line, before, changed)


def _mutation(node: ast.AST, source: str, by_reason: dict[str, str]) -> tuple[str, str, str] | None:
    if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
        reason = _reason(node.exc.args)
        if reason is None or reason in LEFT_OUT_REASONS:
            return None
        return by_reason[reason], reason.lower(), "pass"
    if not isinstance(node, ast.Expr) or not isinstance(node.value, ast.Call):
        return None
    call = node.value
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    if name == "require":
        reason = _reason(call.args[1:])
        if reason is None or reason in LEFT_OUT_REASONS:
            return None
        held = ast.get_source_segment(source, call.args[0])
        return by_reason[reason], reason.lower(), f"({held})"
    if name in CHECKING_CALLS:
        return CHECKING_CALLS[name], f"{name}()", "pass"
    return None


def _reason(arguments: list[ast.expr]) -> str | None:
    for argument in arguments:
        if isinstance(argument, ast.Attribute) and getattr(argument.value, "id", "") == "Reason":
            return argument.attr
    return None


def _run(folder: Path, words: str) -> tuple[int, str]:
    """Run some tests in a process of their own that has all it needs imported already."""
    output = folder / "output.txt"
    child = os.fork()
    if child == 0:
        # A check that is gone may have been what ended a loop.
        signal.alarm(HANG_S)
        descriptor = os.open(output, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        os.dup2(descriptor, 1)
        os.dup2(descriptor, 2)
        os.chdir(folder)
        sys.path[:] = [str(folder), *(part for part in sys.path if Path(part) != ROOT)]
        # Only modules that are not under test may stay as they are.
        for name in [name for name in sys.modules if name.split(".")[0] in ("shared", "tests")]:
            del sys.modules[name]
        without = [part for name in NOT_NEEDED for part in ("-p", f"no:{name}")]
        status = 99
        try:
            command = ["tests/shared/e2ee/mls", "-q", "-x", "-k", words, "--tb=line", "-rfE"]
            status = int(pytest.main([*command, *without]))
        finally:
            sys.stdout.flush()
            os._exit(status)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), output.read_text(encoding="utf-8")


def judge(mutant: Mutant) -> Verdict:
    """Run the tests on one mutant."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for part in ("shared", "tests/shared"):
            # With what is compiled already.
            shutil.copytree(ROOT / part, folder / part)
        for part in ("tests/__init__.py", "tests/conftest.py"):
            shutil.copy(ROOT / part, folder / part)
        (folder / "pytest.ini").write_text(SETTINGS, encoding="utf-8")
        _change(folder / PACKAGE / mutant.module, mutant)
        honest = _run(folder, f"not {REFUSALS} and not test_life and not test_fuzz")
        refusals = _run(folder, REFUSALS)
    if refusals[0] < 0:
        refusals = (refusals[0], "FAILED ::it_does_not_end")
    noticed = re.findall(r"^(?:FAILED|ERROR) \S*::(\w+)", refusals[1], re.MULTILINE)
    broken = re.findall(r"^(?:FAILED|ERROR) \S+::(\w+)", honest[1], re.MULTILINE)
    return Verdict(
        mutant.section,
        mutant.check,
        mutant.module,
        mutant.line,
        "green" if honest[0] == 0 else f"red: {', '.join(broken)}",
        "green" if refusals[0] == 0 else "red",
        noticed[0] if noticed else "",
    )


def _change(path: Path, mutant: Mutant) -> None:
    source = path.read_text(encoding="utf-8")
    lines = source.splitlines(keepends=True)
    start = sum(map(len, lines[: mutant.line - 1]))
    at = source.index(mutant.before, start)
    changed = source[:at] + mutant.after + source[at + len(mutant.before) :]
    compile(changed, path.name, "exec")
    path.write_text(changed, encoding="utf-8")


def table(verdicts: list[Verdict], commit: str) -> str:
    """Return docs/mls-mutants.md."""
    killed = [verdict for verdict in verdicts if verdict.is_killed]
    others = [verdict for verdict in verdicts if not verdict.is_killed]
    lines = [
        "# Validations of RFC 9420, taken out one at a time",
        "",
        "Written by `python -m tests.shared.e2ee.mls.mutants`; do not edit. Each line is the",
        "engine without one check: all honest tests and published vectors stayed green, and the",
        "test named at its end, which asserts a refusal, turned red.",
        "",
        f"At {commit}: {len(verdicts)} mutants, {len(killed)} noticed, {len(others)} not.",
        "",
        "| RFC 9420 | check | module | noticed by |",
        "| --- | --- | --- | --- |",
    ]
    lines += [f"| {v.section} | {v.check} | {v.module}:{v.line} | {v.noticed_by} |" for v in killed]
    if others:
        lines += ["", "## Survivors and spoilt ones", ""]
        lines += ["| RFC 9420 | check | module | honest tests | refusals |"]
        lines += ["| --- | --- | --- | --- | --- |"]
        lines += [
            f"| {v.section} | {v.check} | {v.module}:{v.line} | {v.honest} | {v.refusals} |"
            for v in others
        ]
    return "\n".join(lines) + "\n"


def _name(mutant: Mutant) -> str:
    """Name a mutant so that it is known again when lines have moved."""
    return " / ".join((mutant.module, mutant.check, mutant.before, mutant.after))


def _read_journal(path: Path | None) -> dict[str, Verdict]:
    if path is None or not path.exists():
        return {}
    lines = path.read_text(encoding="utf-8").splitlines()
    return {name: Verdict(**verdict) for name, verdict in map(json.loads, lines)}


def main() -> None:
    """Judge all mutants, or those whose check or module has a word in it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", default="", help="a word of the check or the module")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--journal", type=Path, help="verdicts so far; those are not judged again")
    parser.add_argument("--write", action="store_true", help="write the table to docs/")
    options = parser.parse_args()
    if "MIM_VECTORS" not in os.environ:
        sys.exit("MIM_VECTORS has to name the published vectors: without them no mutant is honest")
    chosen = [mutant for mutant in mutants() if options.only in f"{mutant.check} {mutant.module}"]
    started = time.monotonic()
    known = _read_journal(options.journal)
    verdicts = [
        replace(known[_name(mutant)], line=mutant.line)
        for mutant in chosen
        if _name(mutant) in known
    ]
    fresh = [mutant for mutant in chosen if _name(mutant) not in known]
    # Forked, so that a mutant costs its tests and no imports.
    with ProcessPoolExecutor(options.jobs, multiprocessing.get_context("fork")) as pool:
        for mutant, verdict in zip(fresh, pool.map(judge, fresh), strict=True):
            verdicts.append(verdict)
            word = "killed" if verdict.is_killed else "NOT KILLED"
            print(word, *asdict(verdict).values(), sep=" | ", flush=True)
            if options.journal and verdict.is_killed:
                line = json.dumps([_name(mutant), asdict(verdict)])
                with options.journal.open("a", encoding="utf-8") as journal:
                    journal.write(line + "\n")
    commit = commit_now()
    counts = Counter(verdict.is_killed for verdict in verdicts)
    print(f"{len(verdicts)} mutants, {counts[True]} noticed, {counts[False]} not")
    if options.write:
        verdicts.sort(key=lambda v: (v.module, v.line))
        (ROOT / "docs").mkdir(exist_ok=True)
        (ROOT / "docs/mls-mutants.md").write_text(table(verdicts, commit), encoding="utf-8")
        measured = ROOT / "docs/measured"
        measured.mkdir(exist_ok=True)
        report = {
            "commit": commit,
            "mutants": len(verdicts),
            "noticed": counts[True],
            "not_noticed": counts[False],
            "duration_s": round(time.monotonic() - started),
            "verdicts": [asdict(verdict) for verdict in verdicts],
        }
        (measured / "mls-mutants.json").write_text(json.dumps(report, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()

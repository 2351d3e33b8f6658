"""Throws broken input at the engine: ``python -m tests.shared.e2ee.mls.fuzz --executions 1000000``.

Two targets. **Decoders** get bytes: valid ones of every structure, bent at random. **process** gets
messages that are bent where it hurts: decoded, changed in one field somewhere inside, then signed
and tagged again as the member could, so that they get past the signature; sealed ones are sealed
again. Whatever comes, the answer is a value or an `MlsError`, soon, and without much memory; after
it the honest message still does what it should.

Input that runs through new lines of the package is kept and bent further. Tracing is slow, so one
in ``TRACED`` runs is looked at; the report says at which run something new was seen last.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import random
import signal
import sys
import time
import tracemalloc
from collections import Counter
from collections.abc import Callable
from dataclasses import fields, is_dataclass, replace
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from shared.e2ee.mls import framing, wire
from shared.e2ee.mls.codec import Reader, Struct
from shared.e2ee.mls.epoch_record import EpochOpener, EpochRecord
from shared.e2ee.mls.errors import Check, MlsError
from shared.e2ee.mls.group import Group
from shared.e2ee.mls.public_view import PublicView
from shared.e2ee.mls.ratchet_tree import RatchetTree
from shared.e2ee.mls.state import decode_group, encode_group
from shared.e2ee.mls.wire import (
    PUBLIC_MESSAGE,
    Application,
    AuthData,
    AuthenticatedContent,
    Commit,
    Member,
    MlsMessage,
    PublicMessage,
    frame,
)
from tests.checkout import commit_now
from tests.shared.e2ee.mls.forge import private, proposal
from tests.shared.e2ee.mls.members import NOW_S, advance, clients, make_groups, warm

TRACED = 25
MEASURED = 400
MEMORY_FACTOR = 16
# What an empty decoder needs: frames, the exception, the reader.
MEMORY_FLOOR = 64 * 1024
HANG_S = 20
CORPUS_MAX = 3_000
PACKAGE = str(Path("shared") / "e2ee" / "mls")
INTERESTING = (0, 1, 2, 3, 63, 64, 127, 128, 255, 16383, 16384, 65535, 2**30 - 1, 2**31, 2**32 - 1)


class Coverage:
    """Which steps from line to line of the package were seen."""

    def __init__(self) -> None:
        self.seen: set[tuple[str, int, int]] = set()
        self.last_new = 0

    def run(self, number: int, call: Callable[[], Any]) -> bool:
        """Run and say whether something new was seen."""
        found: set[tuple[str, int, int]] = set()
        before = sys.gettrace()
        sys.settrace(lambda frame, event, argument: self._enter(frame, found))
        try:
            call()
        finally:
            sys.settrace(before)
        is_new = not found <= self.seen
        if is_new:
            self.last_new = number
            self.seen |= found
        return is_new

    def _enter(self, frame: FrameType, found: set[tuple[str, int, int]]) -> Any:
        name = frame.f_code.co_filename
        if PACKAGE not in name or "tests" in name:
            return None
        last = [frame.f_lineno]

        def step(inner: FrameType, event: str, argument: Any) -> Any:
            if event == "line":
                found.add((name, last[0], inner.f_lineno))
                last[0] = inner.f_lineno
            return step

        return step


def bend_bytes(rng: random.Random, data: bytes, others: list[bytes]) -> bytes:
    """Return bytes with a few things wrong."""
    out = bytearray(data)
    for _ in range(rng.choice((1, 1, 2, 4))):
        at = rng.randrange(len(out) + 1)
        match rng.randrange(7):
            case 0 if at < len(out):
                out[at] ^= 1 << rng.randrange(8)
            case 1 if at < len(out):
                out[at] = rng.choice((0, 1, 0x3F, 0x40, 0x7F, 0x80, 0xBF, 0xC0, 0xFF))
            case 2:
                out[at:at] = rng.randbytes(rng.randrange(1, 9))
            case 3:
                del out[at : at + rng.choice((1, 2, 4, 32, 100))]
            case 4:
                number = rng.choice(INTERESTING)
                size = rng.choice((1, 2, 4))
                out[at : at + size] = (number % (1 << 8 * size)).to_bytes(size, "big")
            case 5:
                other = rng.choice(others)
                start = rng.randrange(len(other) + 1)
                out[at : at + rng.randrange(64)] = other[start : start + rng.randrange(64)]
            case _:
                del out[at:]
    return bytes(out)


def bend(rng: random.Random, value: Any) -> Any:
    """Return a structure with one thing wrong somewhere inside."""
    if isinstance(value, bool | None):
        return value
    if is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in fields(value)]
        if not names:
            return value
        name = rng.choice(names)
        return replace(value, **{name: bend(rng, getattr(value, name))})
    if isinstance(value, tuple):
        return _bend_tuple(rng, value)
    if isinstance(value, int):
        return rng.choice(
            (value + 1, max(0, value - 1), value ^ 1 << rng.randrange(16), *INTERESTING)
        )
    return bend_bytes(rng, bytes(value), [bytes(32), b"\xff" * 32])


def _bend_tuple(rng: random.Random, value: tuple[Any, ...]) -> tuple[Any, ...]:
    if not value:
        return value
    at = rng.randrange(len(value))
    match rng.randrange(6):
        case 0:
            return value[:at] + value[at + 1 :]
        case 1:
            return (*value, value[at])
        case 2:
            return value[::-1]
        case _:
            return (*value[:at], bend(rng, value[at]), *value[at + 1 :])


class Decoders:
    """Every decoder of the package, with something valid for each."""

    def __init__(self) -> None:
        groups = warm(make_groups(4, seed="fuzz"))
        group = groups[0]
        package, _ = clients(9, seed="fuzz")[8].package()
        pending = group.commit(add=[package], now_s=NOW_S, with_tree=True)
        sealed = group.seal(b"text")[1]
        assert pending.welcome is not None
        tree = group.tree.encode()
        messages = [pending.commit, pending.welcome, pending.group_info, sealed, frame(package)]
        messages += [proposal(group, wire.Remove(1))[0], frame(group.group_info(with_tree=True))]
        self.targets: list[tuple[Callable[[bytes], Any], bytes]] = [
            (MlsMessage.decode, data) for data in messages
        ]
        self.targets += [
            (RatchetTree.decode, tree),
            (_newcomer(group), tree),
            (EpochRecord.decode, groups[1].epoch_record().encode()),
            (PublicView.decode, group.view.encode()),
            (_state(groups[1]), encode_group(groups[1])),
            (wire.GroupSecrets.decode, b"\x20" + bytes(32) + b"\x01\x20" + bytes(32) + b"\x00"),
            (_length, b"\x40\x40\x01x"),
        ]

    def prepare(self, rng: random.Random, corpus: list[Any]) -> tuple[Any, Callable[[], Any]]:
        """Return one input, and the run that it is for."""
        if corpus and rng.random() < 0.5:
            index, data = rng.choice(corpus)
        else:
            index = rng.randrange(len(self.targets))
            data = self.targets[index][1]
        bent = bend_bytes(rng, data, [other for _, other in self.targets])
        decode = self.targets[index][0]
        return (index, bent), lambda: decode(bent)

    def size(self, item: Any) -> int:
        return len(item[1])

    def check(self) -> None:
        """Check that the honest ones still decode."""
        for decode, data in self.targets:
            decode(data)


def _newcomer(group: Group) -> Callable[[bytes], Any]:
    def check(data: bytes) -> Any:
        RatchetTree.decode(data).check_parents()

    check(group.tree.encode())
    return check


def _state(group: Group) -> Callable[[bytes], Any]:
    def decode(data: bytes) -> Any:
        restored = decode_group(data, key=group.signature_key, suite=group.suite)
        assert isinstance(encode_group(restored), bytes)

    return decode


def _length(data: bytes) -> Any:
    reader = Reader(data)
    return reader.length(), reader.opaque()


class Processing:
    """A member that is sent messages which a bad member has signed."""

    def __init__(self) -> None:
        groups = warm(make_groups(5, seed="fuzz process"))
        groups, _ = advance(groups, 0, remove=[3])
        self.sender, self.receiver = groups[0], groups[2]
        newcomer = clients(9, seed="fuzz process")[8]
        pending = self.sender.commit(add=[newcomer.package()[0]], remove=[1], now_s=NOW_S)
        partial = Commit(
            tuple(
                item
                for item in self._commit(pending.commit).proposals
                if isinstance(item, wire.ProposalByValue) and isinstance(item.proposal, wire.Add)
            ),
            None,
        )
        external = Group.join_external(
            self.sender.group_info(), newcomer.template, key=newcomer.key, tree=self.sender.tree
        )
        self.newcomer = newcomer
        self.contents = [
            self._content(pending.commit),
            self._content(external.commit),
            replace(self._content(pending.commit), content=partial),
            self._content(proposal(self.sender, wire.Remove(1))[0]),
        ]
        self.honest = [pending.commit, self.sender.seal(b"text")[1]]
        self.opener = EpochOpener(self.sender.epoch_record(), self.sender.suite)

    def _content(self, data: bytes) -> wire.FramedContent:
        body = MlsMessage.decode(data).body
        assert isinstance(body, PublicMessage)
        return body.content

    def _commit(self, data: bytes) -> Commit:
        content = self._content(data).content
        assert isinstance(content, Commit)
        return content

    def prepare(self, rng: random.Random, corpus: list[Any]) -> tuple[Any, Callable[[], Any]]:
        """Return one message, and the run that takes it in."""
        if rng.random() < 0.2:
            data = self._sealed(rng)
            return data, lambda: self._open(data)
        content = rng.choice(corpus or self.contents) if rng.random() < 0.5 else None
        content = content if isinstance(content, wire.FramedContent) else rng.choice(self.contents)
        bent: wire.FramedContent = bend(rng, content)
        if rng.random() < 0.7:
            # Where nothing is wrong in front, it is looked at more closely.
            bent = replace(bent, group_id=content.group_id, epoch=content.epoch)
        try:
            data = self._signed(rng, bent)
        except MlsError:
            # What can not be written can not be sent.
            return bent, lambda: None
        return bent, lambda: self._process(data)

    def _signed(self, rng: random.Random, content: wire.FramedContent) -> bytes:
        is_member = isinstance(content.sender, Member)
        key = self.sender.signature_key if is_member else self.newcomer.key
        context = self.sender.view.context
        content = self._with_leaf(content)
        signature = framing.sign(content, context, key, PUBLIC_MESSAGE)
        tag = rng.randbytes(32) if isinstance(content.content, Commit) else None
        message = AuthenticatedContent(PUBLIC_MESSAGE, content, AuthData(signature, tag))
        membership_key = self.sender.secrets.membership_key
        membership = framing.membership_tag(message, context, membership_key)
        return frame(PublicMessage(content, message.auth, membership if is_member else None))

    def _with_leaf(self, content: wire.FramedContent) -> wire.FramedContent:
        """Sign the leaf of the path again, so that what is wrong with it is looked at."""
        commit = content.content
        if not isinstance(commit, Commit) or commit.path is None:
            return content
        from tests.shared.e2ee.mls.forge import sign_again

        is_member = isinstance(content.sender, Member)
        key = self.sender.signature_key if is_member else self.newcomer.key
        index = self.sender.own_leaf if is_member else self.sender.tree.draft().free_leaf()
        leaf = sign_again(commit.path.leaf_node, key, self.sender.group_id, index)
        return replace(content, content=replace(commit, path=replace(commit.path, leaf_node=leaf)))

    def _sealed(self, rng: random.Random) -> bytes:
        kinds = [Application(rng.randbytes(rng.randrange(40))), self.contents[0].content]
        choice = rng.random()
        if choice < 0.3:
            return bend_bytes(rng, self.honest[1], self.honest)
        return private(
            self.sender,
            rng.choice(kinds),
            generation=rng.choice((0, 1, 5, 1001)),
            leaf=rng.choice((0, 0, 0, 1, 3, 6, 2**31)),
            edit_plaintext=lambda plain: bend_bytes(rng, plain, self.honest),
        )

    def _process(self, data: bytes) -> None:
        if self._is_refused_publicly(data):
            # Then every member refuses it in public, too.
            with pytest.raises(MlsError) as refused:
                self.receiver.process(data)
            assert refused.value.check is Check.PUBLIC
            raise refused.value
        self.receiver.process(data)

    def _is_refused_publicly(self, data: bytes) -> bool:
        try:
            self.receiver.view.follow(data)
        except MlsError as refused:
            return refused.check is Check.PUBLIC
        return False

    def _open(self, data: bytes) -> None:
        leaf = self.sender.tree.leaf(self.sender.own_leaf)
        assert leaf is not None
        with contextlib.suppress(MlsError):
            self.opener.open(data, signer=leaf.signature_key)
        self.receiver.process(data)

    def size(self, item: Any) -> int:
        return len(item.encode()) if isinstance(item, Struct) else len(item)

    def check(self) -> None:
        """Check that the honest messages still do what they should."""
        for data in self.honest:
            assert self.receiver.process(data) is not None


def fuzz(
    target: Decoders | Processing, seed: int, executions: int, *, measures: bool = True
) -> dict[str, Any]:
    """Run one target so many times and return what was seen."""
    rng = random.Random(seed)
    coverage = Coverage()
    corpus: list[Any] = []
    outcomes: Counter[str] = Counter()
    worst = 0.0

    def once(call: Callable[[], Any]) -> None:
        try:
            call()
        except MlsError as refused:
            outcomes[f"{refused.check}/{refused.reason}"] += 1
        else:
            outcomes["value"] += 1

    for number in range(executions):
        item, call = target.prepare(rng, corpus)
        if number % TRACED == 0:
            if coverage.run(number, lambda call=call: once(call)) and len(corpus) < CORPUS_MAX:  # type: ignore[misc]
                corpus.append(item)
        elif measures and number % MEASURED == 1:
            worst = max(worst, _peak(call, once) / (MEMORY_FLOOR + target.size(item)))
            assert worst <= MEMORY_FACTOR, (seed, number)
        else:
            once(call)
        if number % 200 == 0:
            # Of processor time, so that a busy machine is no hang.
            signal.setitimer(signal.ITIMER_PROF, HANG_S)
            target.check()
    signal.setitimer(signal.ITIMER_PROF, 0)
    target.check()
    return {
        "executions": executions,
        "seed": seed,
        "steps_covered": len(coverage.seen),
        "last_new_step_at": coverage.last_new,
        "corpus": len(corpus),
        "outcomes": dict(outcomes.most_common()),
    }


def _peak(call: Callable[[], Any], once: Callable[[Callable[[], Any]], None]) -> int:
    tracemalloc.start()
    try:
        once(call)
        return tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


def main() -> None:
    """Fuzz for long and write down what was seen."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--executions", type=int, default=1_000_000)
    parser.add_argument("--process", type=int, default=200_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--write", type=Path)
    options = parser.parse_args()
    started = time.monotonic()
    report: dict[str, Any] = {}
    if options.executions:
        report["decoders"] = fuzz(Decoders(), options.seed, options.executions)
        print(json.dumps(report["decoders"]), round(time.monotonic() - started), flush=True)
    if options.process:
        report["process"] = fuzz(Processing(), options.seed, options.process)
        print(json.dumps(report["process"]), round(time.monotonic() - started), flush=True)
    report["duration_s"] = round(time.monotonic() - started)
    report["commit"] = commit_now()
    if options.write:
        options.write.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""What a new device waits for: ``python3 run.py bench new_device``.

An account has 10,000 messages in 100 conversations. A device that knows only the password logs in
to a real server. Told are the times from the answered login, which is when the password is done
with, to the newest screen (15 rows of the list, 60 messages of the first) and
to the last message that can be searched for. What the login itself took, most of it Argon2id with
the cost the server asks for, is told apart.
"""

from __future__ import annotations

import argparse
import asyncio
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass, fields
from pathlib import Path

from desktop.commands import LoadTimeline, LogIn, SearchMessages
from desktop.engine.vaults import Vaults
from desktop.events import MessagesFound, TimelinePage
from shared.e2ee.account import PasswordKeys
from shared.identifiers import ConversationId
from shared.rest import ServerInfo
from tests.load.calibration import calibrate
from tests.load.filled_server import Facts, copy_filled
from tests.scenarios.people import PASSWORD, Person
from tests.server_process import ServerProcess

SCREEN_S = 2.0
SEARCHABLE_S = 60.0
ROUNDS = 5
ROWS_SHOWN = 15  # Of the list, in a window as it opens first.
HOPELESS_S = 300.0
_LOOK_S = 0.02


@dataclass(frozen=True, slots=True)
class Times:
    """Of one new device, in seconds; all but the first two from the answered login."""

    argon2id: float
    login: float  # Besides Argon2id.
    screen: float  # The top of the list, and all texts of its first row's newest page.
    list: float  # All rows of the list have their newest text.
    searchable: float
    screen_cpu: float  # Of the engine's processor time, whatever else the machine is doing.
    searchable_cpu: float


class TimedVaults:
    """Notes how long deriving keys from the password takes."""

    def __init__(self) -> None:
        self.seconds = 0.0
        self._derive = Vaults.derive

    def __enter__(self) -> TimedVaults:
        timed = self

        async def derive(
            vaults: Vaults, password: str, user_name: str, info: ServerInfo
        ) -> PasswordKeys:
            begun = time.perf_counter()
            keys = await timed._derive(vaults, password, user_name, info)
            timed.seconds = time.perf_counter() - begun
            return keys

        setattr(Vaults, "derive", derive)  # noqa: B010 - mypy takes it for a typing error.
        return self

    def __exit__(self, *_: object) -> None:
        setattr(Vaults, "derive", self._derive)  # noqa: B010


async def log_in(url: str, folder: Path, facts: Facts) -> Times:
    """Log in on a new device and wait for everything."""
    anna = Person("anna", url=url, folder=folder)
    await anna.start()
    try:
        with TimedVaults() as vaults:
            begun = time.perf_counter()
            await anna.session.ask(LogIn(user_name="anna", password=PASSWORD))
            login = time.perf_counter() - begun
        begun, cpu_begun = time.perf_counter(), time.process_time()
        while not await has_screen(anna, facts):
            await next_look(anna, begun)
        screen, screen_cpu = time.perf_counter() - begun, time.process_time() - cpu_begun
        while not has_list(anna, facts.conversations):
            await next_look(anna, begun)
        list_s = time.perf_counter() - begun
        for word in facts.oldest_words:
            while not await finds(anna, word):
                await next_look(anna, begun)
        searchable, cpu = time.perf_counter() - begun, time.process_time() - cpu_begun
        await check_all(anna, facts)
    finally:
        await anna.stop()
    return Times(
        vaults.seconds, login - vaults.seconds, screen, list_s, searchable, screen_cpu, cpu
    )


async def next_look(anna: Person, begun: float) -> None:
    """Wait a little; the engine, which runs on this loop too, does not wait for whoever looks."""
    assert time.perf_counter() - begun < HOPELESS_S, anna.session.link
    await asyncio.sleep(_LOOK_S)


def has_list(anna: Person, count: int) -> bool:
    """Whether the newest rows of the list say what was written last."""
    rows = sorted(anna.session.conversations.values(), key=lambda row: -row.last_at_ms)
    return len(rows) >= count and all(row.preview for row in rows[:count])


async def has_screen(anna: Person, facts: Facts) -> bool:
    """Whether the window shows what was said last: in the list, and in its newest conversation."""
    conversation_id = ConversationId(facts.newest_conversation)
    if not has_list(anna, ROWS_SHOWN):
        return False
    page = await anna.session.ask_for(TimelinePage, LoadTimeline(conversation_id=conversation_id))
    texts = [row.text for row in page.rows if row.text]
    return bool(texts) and texts == facts.newest_texts[-len(texts) :] and len(texts) >= 50


async def finds(anna: Person, word: str) -> bool:
    """Whether the search has a word."""
    found = await anna.session.ask_for(MessagesFound, SearchMessages(text=word))
    return bool(found.rows)


async def check_all(anna: Person, facts: Facts) -> None:
    """Check that everything is here, not only the words that were looked for."""
    count = 0
    for conversation_id in anna.session.conversations:
        rows = await anna.session.rows(conversation_id, limit=1_000_000)
        count += sum(row.kind.value == "text" for row in rows)
    assert count == facts.messages, f"{count} of {facts.messages} messages"


def main() -> int:
    """Measure, print, and say whether the promises are kept.

    Returns:
        1 if a median is too long, else 0.
    """
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--kept", type=Path, help="a filled folder, of whatever version")
    options = parser.parse_args()
    rounds: int = options.rounds
    times = []
    for number in range(1, rounds + 1):
        with tempfile.TemporaryDirectory(prefix="mim-bench-") as place:
            folder = Path(place)
            facts = copy_filled(folder, kept=options.kept)
            print(calibrate(), flush=True)
            server = ServerProcess(folder / "server").start()
            try:
                measured = asyncio.run(log_in(server.url, folder, facts))
            finally:
                server.stop()
        times.append(measured)
        print(f"{number}: {told(measured)}", flush=True)
    median = Times(*(statistics.median(getattr(t, f.name) for t in times) for f in fields(Times)))
    print(f"median of {rounds}: {told(median)}")
    is_kept = median.screen <= SCREEN_S and median.searchable <= SEARCHABLE_S
    print(
        f"newest screen ≤ {SCREEN_S:.0f} s and all searchable ≤ {SEARCHABLE_S:.0f} s:"
        f" {'kept' if is_kept else 'NOT KEPT'}"
    )
    return 0 if is_kept else 1


def told(times: Times) -> str:
    """Return the times in words."""
    return (
        f"login {times.login:.2f} s and Argon2id {times.argon2id:.2f} s; then newest screen"
        f" {times.screen:.2f} s, whole list {times.list:.2f} s, all searchable"
        f" {times.searchable:.1f} s (processor time of the engine {times.screen_cpu:.2f} and"
        f" {times.searchable_cpu:.1f} s)"
    )


if __name__ == "__main__":
    sys.exit(main())

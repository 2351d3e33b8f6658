"""The parts of the desktop benchmark; each returns its figures."""

from __future__ import annotations

import asyncio
import shutil
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from desktop.ui.conversation_paint import row_height
from tests.load.desktop.figures import Figure, median_of, p99_of
from tests.load.desktop.filled_profile import WORD, Filled, Past, filled_profile
from tests.load.desktop.flood import Dam, make_pair, write
from tests.load.desktop.memory import cpu_seconds
from tests.load.desktop.probed import Probed
from tests.load.desktop.starting import RIVALS, Program, Start, measure, mim
from tests.screen import HEIGHT, SAMPLED_ROWS, WIDTH, Screen
from tests.server_process import CHEAP_KDF, ServerProcess

__all__ = ["SECTIONS", "Section"]

Section = Callable[[int], list[Figure]]

HUNDRED = Past(long=12_000, others=88_000, pictures=12_000)
MILLION = Past(long=1_000_000, others=24_000)
CONVERSATIONS = 24
SCROLLS_MAX = 2  # Scrolling 10,000 rows takes most of a minute.
IDLE_S = 20.0
RATE = 500.0
KEYS = 70  # Of each run. The flood of all of them is what the dam can be given at once.
FLOOD_SPARE = 1_500
LIST_LEFT, LIST_WIDTH = 64, 320
ROWS_SHOWN = 3


def login(runs: int) -> list[Figure]:
    """First content of the log-in screen and memory there, beside others, in turns."""
    figures = []
    there = [program for program in RIVALS if program.is_there]
    for program in RIVALS:
        if program not in there:
            print(f"{program.name} is not installed (apt-get install {program.package})")
    starts: dict[str, list[Start]] = {program.name: [] for program in there}
    starts["Mim"] = []
    # The first start of each reads its files into memory and is not counted.
    for number in range(runs + 1):
        for program in (*there, _fresh_mim()):
            start = measure(program, is_resting=number > 0)
            if number:
                starts[program.name].append(start)
    telegram = [start.content_s for start in starts.get("Telegram Desktop", ())]
    limit = 0.5 * statistics.median(telegram) if telegram else 0.0
    for name, each in starts.items():
        figures.append(
            median_of(
                f"login_content.{name}",
                [start.content_s for start in each],
                "s",
                limit=limit if name == "Mim" else 0.0,
                note="half of Telegram Desktop's" if name == "Mim" and limit else "",
            )
        )
        rest = [start.rest_mb for start in each]
        figures.append(median_of(f"login_memory.{name}", rest, "MB"))
    return figures


def _fresh_mim() -> Program:
    # Relative: each start has a fresh folder that it runs in.
    return mim(Path("mim"))


def account(runs: int) -> list[Figure]:
    """First content with an account of 100,000 messages; and when the list has its rows."""
    with _profile(HUNDRED) as (home, _):
        contents, lists = [], []
        for number in range(runs + 1):
            content = measure(mim(home), is_resting=False).content_s
            listed = measure(mim(home), has_content=_has_list, is_resting=False).content_s
            if number:
                contents.append(content)
                lists.append(listed)
    return [
        median_of("account_content", contents, "s", limit=0.6),
        median_of("account_list", lists, "s", limit=0.6, note="rows of the list are painted"),
    ]


def _has_list(pixels: memoryview) -> bool:
    """Whether the first rows of the list of conversations have faces and words."""
    top, words = 130, 0
    for row in range(ROWS_SHOWN):
        inks: set[int] = set()
        begin = (top + row * row_height()) // SAMPLED_ROWS
        for line in range(begin, begin + row_height() // SAMPLED_ROWS):
            at = line * WIDTH + LIST_LEFT + 70
            inks |= set(pixels[at : at + LIST_WIDTH - 90])
        words += len(inks) > 12
    return words == ROWS_SHOWN and len(pixels) >= WIDTH * (HEIGHT // SAMPLED_ROWS)


def memory(runs: int) -> list[Figure]:
    """Memory idle, after scrolling pictures, and what 10,000 page loads leave."""
    idle, scrolled, growth = [], [], []
    for _ in range(min(runs, SCROLLS_MAX)):
        # A fresh profile each time: a conversation opens again where it was left, here at its top.
        with _profile(HUNDRED) as (home, facts), _app(home) as app:
            app.ask("open", conversation=facts.long_conversation)
            idle.append(app.ask("memory").number)
            seen = app.ask("scroll_rows", count=10_000).number
            assert seen >= 10_000, f"only {seen:.0f} rows were scrolled by"
            scrolled.append(app.ask("memory").number)
    with _profile(MILLION) as (home, facts), _app(home) as app:
        app.ask("open", conversation=facts.long_conversation)
        app.ask("pages", count=1_000)
        before = app.ask("memory").number
        for _ in range(10):
            app.ask("pages", count=1_000)
            growth.append(app.ask("memory").number - before)
    return [
        median_of("memory_idle", idle, "MB", limit=130),
        median_of("memory_scrolled", scrolled, "MB", limit=200, note="10,000 rows with pictures"),
        Figure(
            name="memory_growth",
            unit="MB",
            values=[round(each, 2) for each in growth],
            counted=growth[-1],
            counted_as="last",
            limit=5,
            note="after 10,000 page loads of a chat of 1,000,000; one value per 1,000",
        ),
    ]


def million(runs: int) -> list[Figure]:
    """Opening, scrolling and searching a conversation of 1,000,000 messages."""
    opened, frames, searches = [], [], []
    with _profile(MILLION) as (home, facts):
        for _ in range(runs):
            with _app(home) as app:
                opened += app.ask("open", conversation=facts.long_conversation).values
                for _ in range(3):
                    app.ask("leave", conversation=facts.long_conversation)
                    opened += app.ask("open", conversation=facts.long_conversation).values
                frames.append(app.ask("scroll", count=1_200).values)
                for _ in range(3):
                    found = app.ask("search", text=WORD)
                    assert found.number > 0
                    searches += found.values
    return [
        median_of("million_open", opened, "ms", limit=50),
        p99_of("million_frame", frames, "ms", limit=8, note="thread CPU of a notch of the wheel"),
        p99_of("million_search", [searches], "ms", limit=100, note="to the first result"),
    ]


def idle(runs: int) -> list[Figure]:
    """Processor time of an app that is online and looked at, while nothing happens."""
    shares = []
    with _server() as (server, folder):
        pair = asyncio.run(make_pair(server.url, folder))
        with Screen() as screen, Probed(screen, pair.home, server=server.url) as app:
            app.ask("ready", count=1)
            app.ask("open", conversation=pair.conversation)
            time.sleep(5)
            for _ in range(runs):
                before = cpu_seconds(app.pid)
                time.sleep(IDLE_S)
                shares.append((cpu_seconds(app.pid) - before) / IDLE_S * 100)
    return [median_of("idle_cpu", shares, "%", limit=0.5)]


def keys(runs: int) -> list[Figure]:
    """From a key to its pixels, in silence and while 500 messages a second arrive.

    They arrive in the conversation that is open, at its end, in the window that is looked at: the
    timeline follows them, and they are marked as read.
    """
    quiet, flooded, rates = [], [], []
    with _server() as (server, folder):
        pair = asyncio.run(make_pair(server.url, folder))
        with (
            Dam(server.url, folder / "server") as dam,
            Screen() as screen,
            Probed(screen, pair.home, server=dam.url) as app,
        ):
            app.ask("ready", count=1)
            app.ask("open", conversation=pair.conversation)
            quiet.append(app.ask("keys", count=KEYS * runs).values)
            asyncio.run(write(server.url, pair, int(runs * KEYS * RATE * 0.05) + FLOOD_SPARE))
            for _ in range(runs):
                dam.release(RATE)
                answer = app.ask("keys", count=KEYS)
                dam.release(0)
                flooded.append(answer.values)
                rates.append(answer.number)
    return [
        p99_of("key_quiet", quiet, "ms"),
        p99_of("key_flooded", flooded, "ms", limit=16, note=f"while {min(rates):.0f}/s arrive"),
        Figure(
            name="key_flood_lack",
            unit="messages/s",
            values=[round(rate) for rate in rates],
            counted=max(0.0, RATE - statistics.median(rates)),
            counted_as="median lack",
            limit=RATE * 0.1,
            note=f"of {RATE:.0f}/s offered; the values are what arrived",
        ),
    ]


@contextmanager
def _profile(past: Past) -> Iterator[tuple[Path, Filled]]:
    with tempfile.TemporaryDirectory(prefix="mim-bench-") as place:
        home = Path(place) / "home"
        yield home, filled_profile(home, past)


@contextmanager
def _app(home: Path) -> Iterator[Probed]:
    with Screen() as screen, Probed(screen, home) as app:
        app.ask("ready", count=CONVERSATIONS)
        yield app


@contextmanager
def _server() -> Iterator[tuple[ServerProcess, Path]]:
    folder = Path(tempfile.mkdtemp(prefix="mim-bench-"))
    server = ServerProcess(folder / "server", *CHEAP_KDF).start()
    try:
        yield server, folder
    finally:
        server.stop()
        shutil.rmtree(folder)


SECTIONS: dict[str, Section] = {
    "login": login,
    "account": account,
    "memory": memory,
    "million": million,
    "idle": idle,
    "keys": keys,
}

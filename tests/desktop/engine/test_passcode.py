from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from desktop import commands, events
from desktop.config import EngineConfig
from desktop.engine import Engine
from desktop.engine.context import Surroundings
from desktop.engine.errors import CommandFailedError
from desktop.engine.passcode import wait_ms
from desktop.events import Event, PasscodeChanged
from desktop.storage.passcode_file import PasscodeFile, PasscodeRecord
from desktop.storage.storage import open_storage
from shared import limits
from shared.e2ee.passcode import SealedKey
from shared.errors import LocalError
from tests.desktop.engine.people import CHEAP_FLOOR

pytestmark = pytest.mark.asyncio

NOWHERE = "http://127.0.0.1:9"


class Owner:
    """Somebody with a profile, its passcode and a clock of their own; without a server."""

    def __init__(self, home: Path) -> None:
        self.now_ms = 1_000_000
        self.config = EngineConfig(
            server_url=NOWHERE,
            home=home,
            kdf_floor=CHEAP_FLOOR,
            passcode_kdf=CHEAP_FLOOR,
            uses_key_store=False,
        )
        self.told: list[Event] = []
        self.engine = Engine(self.config)

    async def start(self) -> Owner:
        self.told.clear()
        self.engine = Engine(self.config, around=Surroundings(wall_ms=lambda: self.now_ms))
        self.engine.listen(self.told.append)
        await self.engine.start()
        return self

    async def restart(self) -> None:
        await self.engine.stop()
        await self.start()

    async def set(self, passcode: str, new: str) -> None:
        await self.engine.ask(commands.SetPasscode(passcode=passcode, new_passcode=new))

    async def unlock(self, passcode: str) -> str:
        """Return the code of the refusal, empty if it opened."""
        try:
            await self.engine.ask(commands.Unlock(passcode=passcode))
        except CommandFailedError as error:
            return error.code
        return ""

    @property
    def state(self) -> PasscodeChanged:
        return [each for each in self.told if isinstance(each, PasscodeChanged)][-1]

    @property
    def accounts_told(self) -> int:
        return sum(isinstance(each, events.AccountChanged) for each in self.told)


@pytest.fixture
def owner(tmp_path: Path) -> Owner:
    return Owner(tmp_path / "home")


async def test_with_a_passcode_nothing_else_opens_the_profile(owner: Owner) -> None:
    await owner.start()
    assert not owner.state.is_set
    await owner.set("", "a passcode")
    assert owner.state == PasscodeChanged(is_set=True, is_locked=False)
    await owner.restart()

    assert owner.state.is_locked
    assert owner.accounts_told == 0
    assert not (owner.config.home / "key").exists()
    with pytest.raises(CommandFailedError, match="locked"):
        await owner.engine.ask(commands.LoadDevices())
    await owner.engine.stop()
    # Who comes with the folder alone has no key that opens it.
    assert b"SQLite format 3" not in (owner.config.home / "mim.db").read_bytes()[:100]


async def test_the_passcode_opens_it_and_everything_is_told(owner: Owner) -> None:
    await owner.start()
    await owner.set("", "a passcode")
    await owner.restart()

    assert await owner.unlock("another one") == "wrong_passcode"
    assert await owner.unlock("a passcode") == ""

    assert owner.state == PasscodeChanged(is_set=True, is_locked=False)
    assert owner.accounts_told == 1
    await owner.engine.stop()


async def test_a_locked_profile_is_in_use_for_others(owner: Owner) -> None:
    await owner.start()
    await owner.set("", "a passcode")
    await owner.restart()

    other = Owner(owner.config.home)
    with pytest.raises(CommandFailedError, match="profile_in_use"):
        await other.start()

    await owner.engine.stop()
    await other.start()
    await other.engine.stop()


async def test_a_changed_passcode_replaces_the_old_one(owner: Owner) -> None:
    await owner.start()
    await owner.set("", "a passcode")

    with pytest.raises(CommandFailedError, match="wrong_passcode"):
        await owner.set("not that one", "a new one")
    await owner.set("a passcode", "a new one")
    await owner.restart()

    assert await owner.unlock("a passcode") == "wrong_passcode"
    assert await owner.unlock("a new one") == ""
    await owner.engine.stop()


async def test_a_removed_passcode_leaves_the_profile_open(owner: Owner) -> None:
    await owner.start()
    await owner.set("", "a passcode")

    await owner.set("a passcode", "")
    await owner.restart()

    assert owner.state == PasscodeChanged(is_set=False, is_locked=False)
    assert (owner.config.home / "key").exists()
    assert not PasscodeFile(owner.config.home).is_there
    await owner.engine.stop()


@pytest.mark.parametrize("passcode", ["12345", "x" * 129])
async def test_a_passcode_of_no_use_is_refused(owner: Owner, passcode: str) -> None:
    await owner.start()

    with pytest.raises(CommandFailedError, match="bad_passcode"):
        await owner.set("", passcode)

    assert not PasscodeFile(owner.config.home).is_there
    await owner.engine.stop()


async def test_an_open_profile_tells_the_right_passcode_from_a_wrong_one(owner: Owner) -> None:
    await owner.start()
    assert await owner.unlock("anything") == ""
    await owner.set("", "a passcode")

    assert await owner.unlock("another one") == "wrong_passcode"
    assert await owner.unlock("a passcode") == ""
    assert owner.accounts_told == 1
    await owner.engine.stop()


async def test_wrong_ones_are_slowed_and_ending_the_app_gives_no_try_back(owner: Owner) -> None:
    await owner.start()
    await owner.set("", "a passcode")
    await owner.restart()
    for _ in range(limits.PASSCODE_TRIES_FREE):
        assert await owner.unlock("wrong") == "wrong_passcode"

    assert await owner.unlock("a passcode") == "passcode_wait"
    assert owner.state.retry_at_ms == owner.now_ms + 5_000
    await owner.restart()
    assert owner.state.retry_at_ms == owner.now_ms + 5_000
    assert await owner.unlock("a passcode") == "passcode_wait"
    owner.now_ms += 5_000

    assert await owner.unlock("a passcode") == ""
    assert PasscodeFile(owner.config.home).load().failures == 0
    await owner.engine.stop()


async def test_who_has_forgotten_it_begins_anew(owner: Owner) -> None:
    await owner.start()
    await owner.set("", "a passcode")
    await owner.restart()

    await owner.engine.ask(commands.WipeProfile())

    assert owner.state == PasscodeChanged(is_set=False, is_locked=False)
    told = [each for each in owner.told if isinstance(each, events.AccountChanged)]
    assert told == [events.AccountChanged(account=None)]
    await owner.engine.stop()


async def test_an_open_profile_is_wiped_without_the_server(owner: Owner) -> None:
    await owner.start()
    await owner.set("", "a passcode")

    await owner.engine.ask(commands.WipeProfile())

    assert not PasscodeFile(owner.config.home).is_there
    assert (owner.config.home / "key").exists()
    assert owner.accounts_told == 2
    await owner.engine.stop()


async def test_a_damaged_file_keeps_it_locked_and_can_be_wiped(owner: Owner) -> None:
    await owner.start()
    await owner.set("", "a passcode")
    await owner.engine.stop()
    (owner.config.home / "passcode").write_bytes(b"{")
    await owner.start()

    assert owner.state.is_locked
    assert await owner.unlock("a passcode") == "local"
    await owner.engine.ask(commands.WipeProfile())

    assert not owner.state.is_set
    await owner.engine.stop()


async def test_a_database_that_does_not_open_stays_locked(owner: Owner) -> None:
    await owner.start()
    await owner.set("", "a passcode")
    await owner.engine.stop()
    (owner.config.home / "mim.db").write_bytes(b"not a database at all" * 500)
    await owner.start()

    assert await owner.unlock("a passcode") == "local"

    assert owner.engine._passcode.is_locked
    await owner.engine.stop()


async def test_a_crash_between_both_places_is_mended_when_it_is_opened(owner: Owner) -> None:
    await owner.start()
    await owner.set("", "a passcode")
    await owner.engine.stop()
    file = PasscodeFile(owner.config.home)
    record = file.load()
    file.store(PasscodeRecord(sealed=record.sealed, is_key_elsewhere=True))
    (owner.config.home / "key").write_text("00" * 32, encoding="ascii")
    await owner.start()

    assert owner.state.is_locked
    assert await owner.unlock("a passcode") == ""

    assert not (owner.config.home / "key").exists()
    assert not file.load().is_key_elsewhere
    await owner.engine.stop()


async def test_stopping_while_a_passcode_is_tried_leaves_the_profile_free(owner: Owner) -> None:
    await owner.start()
    await owner.set("", "a passcode")
    await owner.restart()

    owner.engine.submit(commands.Unlock(passcode="a passcode"))
    await asyncio.sleep(0)
    await owner.engine.stop()

    await owner.start()
    assert owner.state.is_locked
    await owner.engine.stop()


async def test_without_the_passcode_a_new_key_does_not_open_the_old_database(owner: Owner) -> None:
    await owner.start()
    await owner.set("", "a passcode")
    await owner.engine.stop()

    with pytest.raises(LocalError):
        open_storage(owner.config.home, uses_key_store=False, key=bytes(32))


@pytest.mark.parametrize(
    ("failures", "passed_ms", "wait"),
    [
        (0, 0, 0),
        (2, 0, 0),
        (3, 0, 5_000),
        (3, 4_000, 1_000),
        (3, 5_000, 0),
        (4, 0, 10_000),
        (6, 0, 40_000),
        (50, 0, limits.PASSCODE_WAIT_MAX_MS),
        (10_000, 0, limits.PASSCODE_WAIT_MAX_MS),
        (3, -1_000_000, 5_000),
    ],
)
async def test_each_further_wrong_one_doubles_the_wait(
    failures: int, passed_ms: int, wait: int
) -> None:
    sealed = SealedKey(salt=bytes(16), kdf=CHEAP_FLOOR, box=b"")
    record = PasscodeRecord(sealed=sealed, failures=failures, failed_at_ms=2_000_000)

    assert wait_ms(record, wall_ms=2_000_000 + passed_ms) == wait

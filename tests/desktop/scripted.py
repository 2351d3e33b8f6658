"""An engine for tests of the whole app: scripted, without disk or network, on its own thread."""

from __future__ import annotations

import gc
from collections.abc import Callable
from pathlib import Path

from PySide6.QtCore import QCoreApplication, QEvent

from desktop.commands import (
    Command,
    LoadTimeline,
    LogIn,
    LogOut,
    SetPasscode,
    Unlock,
    WipeProfile,
)
from desktop.events import (
    Account,
    AccountChanged,
    ConversationRow,
    ConversationsChanged,
    Done,
    Event,
    Failed,
    LinkChanged,
    LinkState,
    PasscodeChanged,
    Profile,
    TimelinePage,
)
from desktop.models.port import CommandFailedError
from shared.identifiers import AccountId

__all__ = ["ScriptedEngine", "Workshop", "sweep"]


def sweep() -> None:
    """Destroy what tests have left behind, here and now.

    Python collects cycles on whichever thread allocates next; a widget with a running timer that
    is destroyed on an engine's thread leaves a timer without an object to Qt's loop.
    """
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    gc.collect()


class ScriptedEngine:
    """One profile; what it is to be is written into its folder's file ``who``."""

    def __init__(self, folder: Path, busy: set[Path]) -> None:
        self.folder = folder
        self.commands: list[Command] = []
        self.is_stopped = False
        self._busy = busy
        self._tell: Callable[[Event], None] = lambda _event: None

    @property
    def number(self) -> int:
        return int(self.folder.name.removeprefix("profile-"))

    def listen(self, callback: Callable[[Event], None]) -> None:
        self._tell = callback

    async def start(self) -> None:
        if self.folder in self._busy:
            raise CommandFailedError("profile_in_use", "in use")
        self.folder.mkdir(parents=True, exist_ok=True)
        if self._passcode.exists():
            self._tell(PasscodeChanged(is_set=True, is_locked=True))
        else:
            self._open()

    async def stop(self) -> None:
        self.is_stopped = True

    def submit(self, command: Command) -> None:
        self.commands.append(command)
        if isinstance(command, LoadTimeline):
            page = TimelinePage(
                conversation_id=command.conversation_id, rows=[], has_older=False, has_newer=False
            )
            self._tell(Done(request_id=command.request_id, answer=page))
            return
        code = self._carry_out(command)
        if code:
            self._tell(Failed(request_id=command.request_id, code=code, message=code))
        else:
            self._tell(Done(request_id=command.request_id))

    def receive(self, rows: list[ConversationRow]) -> None:
        self._tell(ConversationsChanged(rows=rows))

    @property
    def _passcode(self) -> Path:
        return self.folder / "passcode"

    @property
    def _who(self) -> Path:
        return self.folder / "who"

    def _open(self) -> None:
        self._tell(PasscodeChanged(is_set=self._passcode.exists(), is_locked=False))
        name = self._who.read_text(encoding="utf-8") if self._who.exists() else ""
        if not name:
            self._tell(AccountChanged(account=None))
            return
        profile = Profile(account=AccountId(self.number), user_name=name, nickname=name)
        account = Account(profile=profile, server_url="http://127.0.0.1:9", is_logged_in=True)
        self._tell(AccountChanged(account=account))
        self._tell(ConversationsChanged(rows=[], is_snapshot=True))
        self._tell(LinkChanged(state=LinkState.ONLINE))

    def _carry_out(self, command: Command) -> str:
        match command:
            case LogIn():
                self._who.write_text(command.user_name, encoding="utf-8")
                self._open()
            case LogOut() | WipeProfile():
                self._who.unlink(missing_ok=True)
                self._passcode.unlink(missing_ok=True)
                self._open()
            case Unlock():
                if command.passcode != self._passcode.read_text(encoding="utf-8"):
                    return "wrong_passcode"
                self._open()
            case SetPasscode():
                self._passcode.unlink(missing_ok=True)
                if command.new_passcode:
                    self._passcode.write_text(command.new_passcode, encoding="utf-8")
                is_set = self._passcode.exists()
                self._tell(PasscodeChanged(is_set=is_set, is_locked=False))
        return ""


class Workshop:
    """Makes the engines of a home, and knows which profiles other processes have."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.busy: set[Path] = set()
        self.engines: list[ScriptedEngine] = []

    def folder(self, number: int) -> Path:
        return self.home / f"profile-{number}"

    def prepare(self, number: int, name: str, passcode: str = "") -> None:
        """Let somebody be logged in to a profile already."""
        folder = self.folder(number)
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "who").write_text(name, encoding="utf-8")
        if passcode:
            (folder / "passcode").write_text(passcode, encoding="utf-8")

    def make(self, _server_url: str, folder: Path) -> ScriptedEngine:
        engine = ScriptedEngine(folder, self.busy)
        self.engines.append(engine)
        return engine

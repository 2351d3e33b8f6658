"""Carries out what is asked of files in messages: fetching, pausing, opening, saving."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QStandardPaths, Qt, QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFileDialog, QWidget

from desktop.commands import (
    CancelTransfer,
    Download,
    FetchPictures,
    PauseTransfer,
    ResumeTransfer,
    SaveFile,
)
from desktop.events import MessageRow
from desktop.models.port import CommandFailedError, Port
from desktop.ui.dialog import ConfirmDialog
from desktop.ui.file_acts import FileAct
from desktop.ui.file_risks import risk_of
from desktop.ui.opened_files import OpenedFiles, harmless_name
from desktop.ui.tasks import create_task
from desktop.ui.translate import error_sentence, translate

__all__ = ["FileDesk", "downloads_folder", "free_place"]

_NAMES_TRIED_MAX = 1_000
_COMMANDS: dict[
    FileAct,
    type[Download] | type[PauseTransfer] | type[ResumeTransfer] | type[CancelTransfer],
] = {
    FileAct.DOWNLOAD: Download,
    FileAct.PAUSE: PauseTransfer,
    FileAct.RESUME: ResumeTransfer,
    FileAct.CANCEL: CancelTransfer,
}


def downloads_folder() -> Path:
    """Return where the person's downloads are."""
    location = QStandardPaths.StandardLocation.DownloadLocation
    return Path(QStandardPaths.writableLocation(location) or Path.home())


def free_place(folder: Path, name: str) -> Path:
    """Return a place in a folder where nothing is yet: ``a.pdf``, else ``a (2).pdf``."""
    harmless = Path(harmless_name(name))
    for number in range(1, _NAMES_TRIED_MAX):
        ending = f" ({number})" if number > 1 else ""
        place = folder / f"{harmless.stem}{ending}{harmless.suffix}"
        if not place.exists():
            return place
    return folder / harmless


class FileDesk(QObject):
    """Serves one view.

    Args:
        port: Where commands go.
        widget: Over which questions are asked.
        who: Says who sent a message.
        opened: Where copies go that other programs open.
        folder: Where "Show in folder" saves.
        open_url: Lets the system open something.
    """

    view_requested = Signal(object)  # MessageRow
    said = Signal(str)

    def __init__(
        self,
        port: Port,
        widget: QWidget,
        who: Callable[[MessageRow], str],
        opened: OpenedFiles,
        *,
        folder: Path | None = None,
        open_url: Callable[[QUrl], bool] = QDesktopServices.openUrl,
    ) -> None:
        super().__init__(widget)
        self.dialog: ConfirmDialog | None = None
        self.file_dialog: QFileDialog | None = None
        self._port = port
        self._widget = widget
        self._who = who
        self._opened = opened
        self._folder = folder
        self._open_url = open_url
        self._saved: dict[int, Path] = {}

    def do(self, row: MessageRow, act: FileAct) -> None:
        """Do what was asked of a message's file."""
        match act:
            case FileAct.VIEW:
                self.view_requested.emit(row)
            case FileAct.OPEN:
                self._ask_open(row)
            case FileAct.SHOW:
                self._start(self._show(row))
            case FileAct.SAVE:
                self.save_as(row)
            case _:
                command = _COMMANDS[act]
                self._port.send(command(conversation_id=row.conversation_id, local_id=row.local_id))

    def fetch(self, rows: list[MessageRow]) -> None:
        """Let pictures come that are in sight; all are of one conversation."""
        self._port.send(
            FetchPictures(
                conversation_id=rows[0].conversation_id, local_ids=[row.local_id for row in rows]
            )
        )

    def save_as(self, row: MessageRow) -> None:
        """Ask where to, and write the file there."""
        assert row.file is not None
        dialog = QFileDialog(self._widget, translate("file.act_save"))
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        folder = self._folder or downloads_folder()
        dialog.setDirectory(str(folder))
        dialog.selectFile(harmless_name(row.file.name))
        dialog.fileSelected.connect(lambda path: self._start(self._save(row, Path(path))))
        self.file_dialog = dialog
        dialog.open()

    def _ask_open(self, row: MessageRow) -> None:
        """Open a file; one that can do harm only after a warning."""
        assert row.file is not None
        risk = risk_of(row.file.name)
        if risk is None:
            self._start(self._open(row))
            return
        self.dialog = ConfirmDialog(
            self._widget,
            title=translate("file.risk_title"),
            words=translate(
                f"file.risk_{risk.value}", name=harmless_name(row.file.name), who=self._who(row)
            ),
            yes=translate("file.open_anyway"),
            no=translate("dialog.cancel"),
        )
        self.dialog.accepted.connect(lambda: self._start(self._open(row)))
        self.dialog.open()

    async def _open(self, row: MessageRow) -> None:
        assert row.file is not None
        place = self._opened.place(row.local_id, row.file.name)
        await self._ask_save(row, place)
        if not self._open_url(QUrl.fromLocalFile(str(place))):
            self.said.emit(error_sentence("no_program"))

    async def _show(self, row: MessageRow) -> None:
        """Show where a file was saved; one that was not is saved into the downloads first."""
        assert row.file is not None
        place = self._saved.get(row.local_id)
        if place is None or not place.exists():
            place = free_place(self._folder or downloads_folder(), row.file.name)
            await self._save(row, place)
        self._open_url(QUrl.fromLocalFile(str(place.parent)))

    async def _save(self, row: MessageRow, place: Path) -> None:
        await self._ask_save(row, place)
        self._saved[row.local_id] = place
        self.said.emit(translate("file.saved", name=place.name))

    async def _ask_save(self, row: MessageRow, place: Path) -> None:
        await self._port.ask(
            SaveFile(conversation_id=row.conversation_id, local_id=row.local_id, path=str(place))
        )

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        create_task(self._guarded(work), name="file desk", owner=self)

    async def _guarded(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except CommandFailedError as error:
            self.said.emit(error_sentence(error.code))
        except OSError:
            self.said.emit(error_sentence("no_file"))

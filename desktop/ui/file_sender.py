"""Brings files from wherever they come (chosen, pasted, dropped) to the dialog that sends them."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, QPoint, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog, QWidget

from desktop.models.port import Port
from desktop.ui.menu import Menu
from desktop.ui.pasted_pictures import PastedPictures
from desktop.ui.send_files_dialog import SendFilesDialog
from desktop.ui.settings import SettingsStore
from desktop.ui.tasks import create_task
from desktop.ui.translate import translate
from shared.identifiers import ConversationId

__all__ = ["FileSender"]

PICTURE_PATTERNS = "*.png *.jpg *.jpeg *.gif *.webp *.bmp"


class FileSender(QObject):
    """Of one conversation.

    Args:
        conversation_id: Where the files go.
        port: Where commands go.
        settings: Which key sends, and where the profile is.
        host: A widget of the window.
    """

    files_chosen = Signal(object)  # Sequence[str]: give them to `offer` with what is typed.
    caption_changed = Signal()
    caption_used = Signal()
    caption_returned = Signal(str)
    closed = Signal()
    failed = Signal(str)  # A sentence.

    def __init__(
        self, conversation_id: ConversationId, port: Port, settings: SettingsStore, host: QWidget
    ) -> None:
        super().__init__(host)
        self.dialog: SendFilesDialog | None = None
        self._conversation_id = conversation_id
        self._port = port
        self._settings = settings
        self._host = host
        self._has_caption = False
        self._pictures = PastedPictures(settings.folder)

    def offer(self, paths: Sequence[str], *, caption: str | None, reply_to: str = "") -> None:
        """Show files before they are sent; where the dialog is open already, more of them.

        Args:
            paths: Of files and folders.
            caption: What is typed; ``None``: what is typed is not to be touched.
            reply_to: Hex ``message_id`` of the message answered.
        """
        if self.dialog is not None:
            self.dialog.add(paths)
            return
        dialog = SendFilesDialog(
            self._port,
            self._conversation_id,
            caption=caption or "",
            reply_to=reply_to,
            parent=self._host.window(),
        )
        dialog.caption.editor.enter_sends = lambda: self._settings.settings.enter_sends
        dialog.caption.editor.image_offered.connect(self.paste)
        dialog.left_out.connect(self._pictures.drop)
        dialog.finished.connect(self._on_closed)
        if caption is not None:
            dialog.caption.editor.textChanged.connect(self.caption_changed)
            dialog.caption_used.connect(self.caption_used)
            dialog.caption_returned.connect(self.caption_returned)
        self.dialog = dialog
        self._has_caption = caption is not None
        dialog.add(paths)
        dialog.open()

    @property
    def caption(self) -> str | None:
        """What is typed in the dialog instead of where it began; ``None``: nothing is."""
        dialog = self.dialog
        return None if dialog is None or not self._has_caption else dialog.caption_left

    def paste(self, image: QImage) -> None:
        """Write a picture that has no file yet, and offer it."""
        create_task(self._paste(image), name="paste picture", owner=self)

    def open_menu(self, button: QWidget) -> None:
        """Ask above a button which kind of file is wanted."""
        menu = Menu(button)
        menu.setAccessibleName(translate("composer.attach"))
        menu.addAction(translate("attach.photo"), lambda: self.choose(is_picture=True))
        menu.addAction(translate("attach.file"), lambda: self.choose(is_picture=False))
        menu.aboutToHide.connect(menu.deleteLater)
        at = button.mapToGlobal(QPoint(0, 0))
        menu.popup(at - QPoint(0, menu.sizeHint().height() + 4))

    def choose(self, *, is_picture: bool) -> None:
        """Let files be chosen."""
        title = translate("attach.photo" if is_picture else "attach.file")
        chooser = QFileDialog(self._host.window(), title)
        chooser.setFileMode(QFileDialog.FileMode.ExistingFiles)
        if is_picture:
            kinds = translate("attach.pictures")
            chooser.setNameFilter(f"{kinds} ({PICTURE_PATTERNS})")
        chooser.filesSelected.connect(lambda paths: self.files_chosen.emit(paths))
        chooser.finished.connect(chooser.deleteLater)
        chooser.open()

    async def _paste(self, image: QImage) -> None:
        try:
            path = await self._pictures.save(image)
        except OSError:
            self.failed.emit(translate("attach.not_written"))
            return
        self.files_chosen.emit([str(path)])

    def _on_closed(self) -> None:
        self.dialog = None
        self.closed.emit()

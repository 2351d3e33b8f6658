"""From a file to a picture of oneself or a group: choose it, decode it, crop it."""

from __future__ import annotations

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QFileDialog

from desktop.commands import DecodePicture
from desktop.events import PictureLoaded
from desktop.models.port import CommandFailedError, Port
from desktop.ui.avatar_crop_dialog import AvatarCropDialog
from desktop.ui.dialog import Dialog
from desktop.ui.translate import translate
from shared import limits

__all__ = ["AvatarChooser"]

DECODED_SIDE = 2048  # Enough to zoom in; the engine gives no larger side.


class AvatarChooser(QObject):
    """Asks for a picture in front of a dialog; `chosen` has the bytes that can be sent.

    Args:
        port: The engine decodes the file in a process of its own.
        dialog: Says what goes wrong.
        bytes_max: Of what is chosen.
    """

    chosen = Signal(bytes)

    def __init__(
        self, port: Port, dialog: Dialog, *, bytes_max: int = limits.AVATAR_BYTES_MAX
    ) -> None:
        super().__init__(dialog)
        self._port = port
        self._dialog = dialog
        self._bytes_max = bytes_max
        self.crop: AvatarCropDialog | None = None

    def open(self) -> None:
        """Ask for a file."""
        files = QFileDialog(self._dialog, translate("profile.picture"))
        files.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        files.setFileMode(QFileDialog.FileMode.ExistingFile)
        pictures = translate("profile.pictures")
        files.setNameFilter(f"{pictures} (*.png *.jpg *.jpeg *.webp *.gif *.bmp)")
        files.fileSelected.connect(self.take)
        files.open()

    def take(self, path: str) -> None:
        """Decode a file and let it be cropped."""
        self._dialog.start(self._decode(path))

    async def _decode(self, path: str) -> None:
        command = DecodePicture(path=path, width=DECODED_SIDE, height=DECODED_SIDE)
        try:
            loaded = await self._port.ask(command)
        except CommandFailedError as error:
            if error.code == "no_picture":
                raise CommandFailedError("picture", "not a picture that can be used") from error
            raise
        assert isinstance(loaded, PictureLoaded)
        # The image looks into the bytes; the copy owns its own.
        image = QImage(
            loaded.data, loaded.width, loaded.height, QImage.Format.Format_RGBA8888
        ).copy()
        self.crop = AvatarCropDialog(image, self._dialog, bytes_max=self._bytes_max)
        self.crop.cropped.connect(self.chosen)
        self.crop.finished.connect(self._forget)
        self.crop.open()

    def _forget(self) -> None:
        self.crop = None

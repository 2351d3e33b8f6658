"""The own devices: which there are, their names, and how to end one."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop.commands import LoadDevices, RenameDevice, RevokeDevice
from desktop.events import DeviceRow, DevicesLoaded
from desktop.models.port import Port
from desktop.ui.ask_password_dialog import AskPasswordDialog
from desktop.ui.controls import Button, ButtonKind, Field, Label
from desktop.ui.device_list import DeviceList
from desktop.ui.dialog import Dialog
from desktop.ui.translate import translate
from shared import limits

__all__ = ["DevicesDialog", "EndDeviceDialog", "RenameDeviceDialog"]


class DevicesDialog(Dialog):
    """Choose a device; give it another name, or end it with the password."""

    said = Signal(str)

    def __init__(self, port: Port, parent: QWidget | None = None) -> None:
        super().__init__(parent, width=440)
        self._port = port
        self.words = Label(13, ink=lambda colors: colors.text_2, wraps=True, parent=self)
        self.list = DeviceList(self)
        self.rename_button = Button(ButtonKind.PLAIN, height=34, parent=self)
        self.end_button = Button(ButtonKind.DANGER_LINK, height=34, parent=self)
        self.form.addWidget(self.words)
        self.form.addSpacing(6)
        self.form.addWidget(self.list)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.rename_button)
        row.addWidget(self.end_button)
        row.addStretch(1)
        self.form.addLayout(row)
        self.buttons.addStretch(1)
        self.close_button = self.add_button(ButtonKind.PLAIN)
        self.list.current_changed.connect(self._enable)
        self.rename_button.clicked.connect(self._ask_name)
        self.end_button.clicked.connect(self._ask_end)
        self.close_button.clicked.connect(self.reject)
        self.retranslate()
        self.list.setFocus()
        self.start(self._load())

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.setWindowTitle(translate("devices.title"))
        self.heading.setText(translate("devices.title"))
        self.words.setText(translate("devices.words"))
        self.list.setAccessibleName(translate("devices.title"))
        self.rename_button.setText(translate("devices.rename"))
        self.end_button.setText(translate("devices.revoke"))
        self.close_button.setText(translate("dialog.close"))

    def set_busy(self, is_busy: bool) -> None:
        """Keep what cannot be done from being pressed afterwards too."""
        super().set_busy(is_busy)
        self._enable()

    def _enable(self) -> None:
        device = self.list.current()
        self.rename_button.setEnabled(device is not None and not self._is_busy)
        # This device is ended by logging out.
        is_other = device is not None and not device.is_current
        self.end_button.setVisible(is_other)
        self.end_button.setEnabled(not self._is_busy)

    def _ask_name(self) -> None:
        device = self.list.current()
        if device is not None:
            dialog = RenameDeviceDialog(self._port, device, self)
            dialog.accepted.connect(lambda: self.start(self._load()))
            dialog.open()

    def _ask_end(self) -> None:
        device = self.list.current()
        if device is not None:
            dialog = EndDeviceDialog(self._port, device, self)
            dialog.accepted.connect(lambda: self._on_ended(device))
            dialog.open()

    def _on_ended(self, device: DeviceRow) -> None:
        self.said.emit(translate("devices.revoked", name=device.name))
        self.start(self._load())

    async def _load(self) -> None:
        loaded = await self._port.ask(LoadDevices())
        assert isinstance(loaded, DevicesLoaded)
        self.list.show_devices([each for each in loaded.devices if not each.is_revoked])
        self._fit()


class RenameDeviceDialog(Dialog):
    """Asks for another name of a device."""

    def __init__(self, port: Port, device: DeviceRow, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._port = port
        self._device = device
        self.name = Field(parent=self)
        self.name.setMaxLength(limits.DEVICE_NAME_LENGTH_MAX)
        self.name.setText(device.name)
        self.name.selectAll()
        self.name_label = self.add_field(self.name)
        self.buttons.addStretch(1)
        self.cancel_button = self.add_button(ButtonKind.PLAIN)
        self.save_button = self.add_button(ButtonKind.PRIMARY)
        self.cancel_button.clicked.connect(self.reject)
        self.save_button.clicked.connect(self.rename)
        self.name.returnPressed.connect(self.rename)
        self.retranslate()
        self.name.setFocus()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.setWindowTitle(translate("devices.rename"))
        self.heading.setText(translate("devices.rename"))
        self.name_label.setText(translate("devices.name"))
        self.name.set_name(translate("devices.name"))
        self.cancel_button.setText(translate("dialog.cancel"))
        self.save_button.setText(translate("dialog.save"))

    def rename(self) -> None:
        """Send the name, unless there is none."""
        if not self.name.text().strip():
            self.show_error(translate("error.empty_field"))
            return
        self.start(self._rename())

    async def _rename(self) -> None:
        command = RenameDevice(device_id=self._device.device_id, name=self.name.text().strip())
        await self._port.ask(command)
        self.accept()


class EndDeviceDialog(AskPasswordDialog):
    """Says what ending a device does, and asks for the password."""

    def __init__(self, port: Port, device: DeviceRow, parent: QWidget | None = None) -> None:
        self._port = port
        self._device = device
        super().__init__(ButtonKind.DANGER, parent)

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        super().retranslate()
        title = translate("devices.end_title", name=self._device.name)
        self.say(title, translate("devices.end_words"), translate("devices.revoke"))

    async def carry_out(self, password: str) -> None:
        """End it."""
        await self._port.ask(RevokeDevice(device_id=self._device.device_id, password=password))
        self.accept()

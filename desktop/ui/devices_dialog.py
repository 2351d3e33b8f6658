"""The own devices: which there are, their names, and how to end one."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from desktop.commands import LoadDevices, RenameDevice, RevokeDevice
from desktop.events import DeviceRow, DevicesLoaded
from desktop.models.port import Port
from desktop.ui.controls import ButtonKind, Field, Label, PasswordField
from desktop.ui.dialog import Dialog
from desktop.ui.options import RadioOption
from desktop.ui.times import list_time
from desktop.ui.translate import translate

__all__ = ["DevicesDialog"]


class DevicesDialog(Dialog):
    """Choose a device; give it another name, or end it with the password."""

    said = Signal(str)

    def __init__(self, port: Port, parent: QWidget | None = None) -> None:
        super().__init__(parent, width=440)
        self._port = port
        self._devices: list[DeviceRow] = []
        self.options: list[RadioOption] = []
        self.words = Label(13, ink=lambda colors: colors.text_2, wraps=True, parent=self)
        self.form.addWidget(self.words)
        self._place = self.form.count()
        self.form.addSpacing(8)
        self.name, self.password = Field(parent=self), PasswordField(self)
        self.name_label = self.add_field(self.name)
        self.password_label = self.add_field(self.password)
        self.revoke_button = self.add_button(ButtonKind.DANGER_LINK)
        self.buttons.addStretch(1)
        self.close_button = self.add_button(ButtonKind.PLAIN)
        self.rename_button = self.add_button(ButtonKind.PRIMARY)
        self.revoke_button.clicked.connect(self.revoke)
        self.rename_button.clicked.connect(self.rename)
        self.name.returnPressed.connect(self.rename)
        self.password.returnPressed.connect(self.revoke)
        self.close_button.clicked.connect(self.reject)
        self.retranslate()
        self.start(self._load())

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.setWindowTitle(translate("devices.title"))
        self.heading.setText(translate("devices.title"))
        self.words.setText(translate("devices.words"))
        self.name_label.setText(translate("devices.name"))
        self.name.set_name(translate("devices.name"))
        self.password_label.setText(translate("devices.password"))
        self.password.set_name(translate("devices.password"))
        self.password.set_eye_name(translate("login.show_password"))
        self.revoke_button.setText(translate("devices.revoke"))
        self.close_button.setText(translate("dialog.close"))
        self.rename_button.setText(translate("devices.rename"))
        for option, device in zip(self.options, self._devices, strict=True):
            option.setText(_words(device))

    def rename(self) -> None:
        """Give the chosen device the name that is typed."""
        device, name = self.chosen(), self.name.text().strip()
        if device is None:
            return
        if not name:
            self.show_error(translate("error.empty_field"))
            return
        self.start(self._rename(device, name))

    def revoke(self) -> None:
        """End the chosen device."""
        device = self.chosen()
        if device is None or device.is_current:
            return
        if not self.password.text():
            self.show_error(translate("error.empty_field"))
            self.password.setFocus()
            return
        self.start(self._revoke(device))

    def chosen(self) -> DeviceRow | None:
        """Return the device that is chosen."""
        for option, device in zip(self.options, self._devices, strict=True):
            if option.isChecked():
                return device
        return None

    def set_busy(self, is_busy: bool) -> None:
        """Keep what cannot be done from being pressed afterwards too."""
        super().set_busy(is_busy)
        self._choose()

    async def _load(self) -> None:
        loaded = await self._port.ask(LoadDevices())
        assert isinstance(loaded, DevicesLoaded)
        for option in self.options:
            self.form.removeWidget(option)
            option.deleteLater()
        self._devices = [device for device in loaded.devices if not device.is_revoked]
        self.options = [RadioOption(self) for _ in self._devices]
        for place, (option, device) in enumerate(zip(self.options, self._devices, strict=True)):
            option.setText(_words(device))
            option.toggled.connect(self._choose)
            self.form.insertWidget(self._place + place, option)
            option.show()
            option.setChecked(device.is_current)
        self._fit()

    async def _rename(self, device: DeviceRow, name: str) -> None:
        await self._port.ask(RenameDevice(device_id=device.device_id, name=name))
        await self._load()

    async def _revoke(self, device: DeviceRow) -> None:
        password = self.password.text()
        await self._port.ask(RevokeDevice(device_id=device.device_id, password=password))
        self.password.clear()
        self.said.emit(translate("devices.revoked", name=device.name))
        await self._load()

    def _choose(self) -> None:
        device = self.chosen()
        is_other = device is not None and not device.is_current
        self.name.setText(device.name if device is not None else "")
        for widget in (self.password_label, self.password, self.revoke_button):
            widget.setVisible(is_other)
        self._fit()


def _words(device: DeviceRow) -> str:
    if device.is_current:
        return translate("devices.current", name=device.name)
    return translate("devices.other", name=device.name, time=list_time(device.last_seen_ms))

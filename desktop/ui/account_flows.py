"""What is asked of the account itself: making it, coming back into it, its password and devices."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from desktop.models.port import Port
from desktop.models.session import Session
from desktop.ui.devices_dialog import DevicesDialog
from desktop.ui.dialog import Dialog
from desktop.ui.log_out_dialog import LogOutDialog
from desktop.ui.login_window import LoginWindow
from desktop.ui.password_dialog import NewCodeDialog, PasswordDialog
from desktop.ui.recover_dialog import RecoverDialog
from desktop.ui.recovery_code_dialog import RecoveryCodeDialog
from desktop.ui.register_dialog import RegisterDialog

__all__ = ["AccountFlows"]


class AccountFlows(QObject):
    """Dialogs of one account, one after the other.

    Args:
        session: The models.
        port: Where commands go.
        open_dialog: Opens a dialog in place of the one that is open.
        say: Says a sentence that goes by itself.
    """

    came_in = Signal()  # A dialog that leads into the account is gone.
    code_made = Signal()  # A recovery code waits to be shown.

    def __init__(
        self,
        session: Session,
        port: Port,
        open_dialog: Callable[[Dialog], None],
        say: Callable[[str], None],
    ) -> None:
        super().__init__()
        self._session = session
        self._port = port
        self._open = open_dialog
        self._say = say
        self._recovery_code = ""

    def register(self, window: LoginWindow) -> None:
        """Make an account."""
        dialog = RegisterDialog(self._port, window.use_typed_server, window)
        dialog.registered.connect(self._keep_code)
        self._open(dialog)
        dialog.finished.connect(self.came_in)

    def recover(self, window: LoginWindow) -> None:
        """Come back in with the recovery code."""
        name = window.user_name.text().strip()
        dialog = RecoverDialog(self._port, window.use_typed_server, window, user_name=name)
        dialog.recovered.connect(self._keep_code)
        self._open(dialog)
        dialog.finished.connect(self.came_in)

    def ask_log_out(self, parent: QWidget | None) -> None:
        """Ask what happens to what is stored here, then log out."""
        self._open(LogOutDialog(self._port, parent))

    def show_devices(self, parent: QWidget | None) -> None:
        """Show the own devices."""
        dialog = DevicesDialog(self._port, parent)
        dialog.said.connect(self._say)
        self._open(dialog)

    def show_password(self, parent: QWidget | None) -> None:
        """Change the password."""
        dialog = PasswordDialog(self._port, parent)
        dialog.said.connect(self._say)
        self._open(dialog)

    def make_recovery_code(self, parent: QWidget | None) -> None:
        """Make a new recovery code; the old one ends."""
        dialog = NewCodeDialog(self._port, parent)
        dialog.code_made.connect(self._keep_code)
        self._open(dialog)

    def show_recovery_code(self, window: QWidget) -> None:
        """Show the code that was made last, once, if its account is known."""
        account = self._session.account
        if not self._recovery_code or account is None:
            return
        code, self._recovery_code = self._recovery_code, ""
        self._open(RecoveryCodeDialog(code, account.profile.user_name, window))

    def _keep_code(self, recovery_code: str) -> None:
        self._recovery_code = recovery_code
        self.code_made.emit()

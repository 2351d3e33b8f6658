"""The first window: server, user name, password, and the way to a new account."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from PySide6.QtCore import QRectF, Qt, Signal
from PySide6.QtGui import QCloseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.commands import LogIn
from desktop.events import LinkState
from desktop.models.port import CommandFailedError, Port
from desktop.models.session import Session
from desktop.ui.busy_bar import BusyBar
from desktop.ui.caps_lock import CapsLockHint
from desktop.ui.controls import Button, ButtonKind, Field, Label, PasswordField
from desktop.ui.fonts import font, fonts, scaled
from desktop.ui.icons import paint_icon
from desktop.ui.server_address import address_mistake, server_address
from desktop.ui.settings import SettingsStore
from desktop.ui.tasks import create_task
from desktop.ui.theme import theme, tokens
from desktop.ui.translate import (
    Language,
    active_language,
    error_sentence,
    language,
    set_language,
    translate,
)
from desktop.ui.window_access import be_window

__all__ = ["LoginWindow", "Logo"]

SCREEN_EDGE = 60
WIDTH, HEIGHT = 420, 664

UseServer = Callable[[str], Awaitable[None]]


class Logo(QWidget):
    """Mim's sign: a speech bubble on the accent."""

    def __init__(self, side: int, parent: QWidget) -> None:
        super().__init__(parent)
        self.setFixedSize(side, side)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the sign."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens().accent)
        side = self.width()
        painter.drawRoundedRect(QRectF(self.rect()), side * 0.28, side * 0.28)
        inset = side * 0.24
        rect = QRectF(self.rect()).adjusted(inset, inset, -inset, -inset)
        paint_icon(painter, "message-circle", rect, tokens().on_accent)


class LoginWindow(QWidget):
    """Logs in to an account.

    Args:
        session: Whose server and account are shown.
        port: Where `LogIn` goes.
        settings: Keeps the language that is chosen here.
        use_server: Starts the engine anew for another server's address.
    """

    register_requested = Signal()
    recover_requested = Signal()
    closed = Signal()

    def __init__(
        self,
        session: Session,
        port: Port,
        settings: SettingsStore,
        *,
        server_url: str,
        use_server: UseServer,
    ) -> None:
        super().__init__()
        be_window(self)
        self._session = session
        self._port = port
        self._settings = settings
        self._use_server = use_server
        self._server_url = server_url
        self._is_busy = False
        self.language_button = Button(ButtonKind.LINK, height=32, parent=self)
        self.logo = Logo(64, self)
        self.title = Label(22, 600, wraps=True, parent=self)
        self.title.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self.subtitle = Label(14, ink=lambda colors: colors.text_2, wraps=True, parent=self)
        self.server_label = Label(13, 500, ink=lambda colors: colors.text_2, parent=self)
        self.server = Field(parent=self)
        self.server.setText(server_url)
        self.user_label = Label(13, 500, ink=lambda colors: colors.text_2, parent=self)
        self.user_name = Field(parent=self)
        self.password_label = Label(13, 500, ink=lambda colors: colors.text_2, parent=self)
        self.password = PasswordField(self)
        self.caps_lock = CapsLockHint(self.password, parent=self)
        self.error = Label(13, ink=lambda colors: colors.danger, wraps=True, parent=self)
        self.log_in_button = Button(ButtonKind.PRIMARY, height=42, parent=self)
        self.register_button = Button(ButtonKind.LINK, height=36, parent=self)
        self.recover_button = Button(ButtonKind.LINK, height=32, parent=self)
        self.busy_bar = BusyBar(self)
        self._build()
        self._connect()
        self.retranslate()
        self._refresh()
        self._fit()
        self.user_name.setFocus()

    @property
    def server_url(self) -> str:
        """The address that is typed now."""
        return server_address(self.server.text())

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.setWindowTitle(translate("login.window"))
        self.title.setText(translate("login.title"))
        self.subtitle.setText(translate("login.subtitle"))
        for label, field, key in (
            (self.server_label, self.server, "login.server"),
            (self.user_label, self.user_name, "login.user_name"),
            (self.password_label, self.password, "login.password"),
        ):
            label.setText(translate(key))
            field.set_name(translate(key))
        self.password.set_eye_name(translate("login.show_password"))
        self.log_in_button.setText(translate("login.log_in"))
        self.register_button.setText(translate("login.register"))
        self.recover_button.setText(translate("login.recover"))
        other = "English" if active_language() is Language.CHINESE else "简体中文"
        self.language_button.setText(other)
        self._fit()

    async def use_typed_server(self) -> None:
        """Make sure the engine talks to the server whose address is typed.

        Raises:
            CommandFailedError: If the address makes no sense.
        """
        url = self.server_url
        mistake = address_mistake(url)
        if mistake:
            raise CommandFailedError(mistake, "A server's address begins with https://")
        if url != self._server_url:
            await self._use_server(url)
            self._server_url = url

    def show_error(self, sentence: str) -> None:
        """Say what went wrong; an empty sentence takes it back."""
        self.error.setText(sentence)
        self.error.setAccessibleName(sentence)
        self._fit()

    def log_in(self) -> None:
        """Check the form and ask the engine."""
        if self._is_busy:
            return
        if not self.server_url or not self.user_name.text().strip() or not self.password.text():
            self.show_error(translate("error.empty_field"))
            return
        self.show_error("")
        self._set_busy(is_busy=True)
        create_task(self._log_in(), name="log in", owner=self)

    def closeEvent(self, event: QCloseEvent) -> None:  # noqa: N802
        """Tell the shell, which decides whether the program ends."""
        super().closeEvent(event)
        self.hide()
        self.closed.emit()

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the ground."""
        painter = QPainter(self)
        painter.setFont(font(13))
        painter.fillRect(self.rect(), tokens().list)

    async def _log_in(self) -> None:
        try:
            await self.use_typed_server()
            name, password = self.user_name.text(), self.password.text()
            await self._port.ask(LogIn(user_name=name, password=password))
        except CommandFailedError as error:
            self._set_busy(is_busy=False)
            self.show_error(error_sentence(error.code))
            self.password.selectAll()
            self.password.setFocus()
        else:
            # Not when it is cancelled: then the window is gone, since the account came first.
            self.password.clear()
            self._set_busy(is_busy=False)

    def _set_busy(self, *, is_busy: bool) -> None:
        self._is_busy = is_busy
        self.log_in_button.setEnabled(not is_busy)
        self.register_button.setEnabled(not is_busy)
        self.recover_button.setEnabled(not is_busy)
        self.log_in_button.setText(translate("login.busy" if is_busy else "login.log_in"))
        if is_busy:
            self.busy_bar.start()
        else:
            self.busy_bar.stop()

    def _fit(self) -> None:
        """Be high enough for every sentence at the size of the letters."""
        layout = self.layout()
        if layout is None:
            return
        self.setFixedWidth(scaled(WIDTH))
        room = self.screen().availableGeometry().height() - SCREEN_EDGE
        self.logo.show()
        layout.activate()
        if layout.totalHeightForWidth(self.width()) > room:
            # Large letters on a low screen: the sign is what one can do without.
            self.logo.hide()
            layout.activate()
        self.setMinimumHeight(max(HEIGHT, layout.totalHeightForWidth(self.width())))

    def _build(self) -> None:
        layout = QVBoxLayout(self)
        layout.setContentsMargins(44, 20, 44, 28)
        layout.setSpacing(6)
        corner = QHBoxLayout()
        corner.addStretch(1)
        corner.addWidget(self.language_button)
        layout.addLayout(corner)
        center = Qt.AlignmentFlag.AlignHCenter
        layout.addWidget(self.logo, 0, center)
        layout.addSpacing(8)
        layout.addWidget(self.title)
        self.subtitle.setAlignment(Qt.AlignmentFlag.AlignCenter)
        layout.addWidget(self.subtitle)
        layout.addSpacing(14)
        for label, field in (
            (self.server_label, self.server),
            (self.user_label, self.user_name),
            (self.password_label, self.password),
        ):
            label.setBuddy(field)
            layout.addWidget(label)
            layout.addWidget(field)
            layout.addSpacing(6)
        layout.addWidget(self.caps_lock)
        self.error.setMinimumHeight(scaled(38))
        layout.addWidget(self.error)
        layout.addWidget(self.log_in_button)
        layout.addWidget(self.register_button, 0, center)
        layout.addWidget(self.recover_button, 0, center)
        layout.addStretch(1)

    def _connect(self) -> None:
        self.log_in_button.clicked.connect(self.log_in)
        self.password.returnPressed.connect(self.log_in)
        self.user_name.returnPressed.connect(self.password.setFocus)
        self.server.returnPressed.connect(self.user_name.setFocus)
        self.server.editingFinished.connect(self._check_server)
        self.server.textEdited.connect(lambda: self.show_error(""))
        self.register_button.clicked.connect(self.register_requested)
        self.recover_button.clicked.connect(self.recover_requested)
        self.language_button.clicked.connect(self._switch_language)
        self._session.account_changed.connect(self._refresh)
        self._session.link_changed.connect(self._on_link)
        theme().changed.connect(self.update)
        fonts().changed.connect(self._fit)
        self.caps_lock.changed.connect(self._fit)
        language().changed.connect(self.retranslate)

    def _check_server(self) -> None:
        """Write the address out, and say at once what is wrong with it."""
        address = self.server_url
        if address != self.server.text():
            self.server.setText(address)
        mistake = address_mistake(address) if address else ""
        if mistake:
            self.show_error(error_sentence(mistake))

    def _refresh(self) -> None:
        account = self._session.account
        if account is not None and not self.user_name.text():
            self.user_name.setText(account.profile.user_name)
            self.password.setFocus()

    def _on_link(self) -> None:
        """A session that the server ended is told here, where one logs in again."""
        link = self._session.link
        if link.state is LinkState.REFUSED and not self._is_busy:
            self.show_error(error_sentence(link.code))

    def _switch_language(self) -> None:
        is_chinese = active_language() is Language.CHINESE
        chosen = Language.ENGLISH if is_chinese else Language.CHINESE
        set_language(chosen)
        self._settings.change(language=chosen)

"""Pages of the settings about the account: who one is, what others see, what is kept, and Mim."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from desktop.commands import ClearFiles, LoadServer, LoadStorage, SetPrivacy, UnblockAccount
from desktop.events import ServerLoaded, StorageLoaded
from desktop.models.port import CommandFailedError, Port
from desktop.models.session import Session
from desktop.ui.avatar import AvatarButton
from desktop.ui.controls import Button, ButtonKind, Label
from desktop.ui.people_list import PeopleList, Person
from desktop.ui.setting_rows import SwitchRow
from desktop.ui.settings import SettingsStore
from desktop.ui.settings_page import SettingsPage
from desktop.ui.sizes import size_words
from desktop.ui.tasks import create_task
from desktop.ui.translate import translate

__all__ = ["AboutPage", "AccountPage", "PrivacyPage", "StoragePage"]

# What the packaged app brings along, and under which licence. Names are not translated.
PARTS = (
    ("Qt, PySide6", "LGPL-3.0"),
    ("Python", "PSF-2.0"),
    ("libsodium, PyNaCl", "ISC, Apache-2.0"),
    ("SQLite3 Multiple Ciphers, APSW", "MIT, zlib"),
    ("aiohttp", "Apache-2.0, MIT"),
    ("msgspec", "BSD-3-Clause"),
    ("qasync", "BSD-2-Clause"),
    ("keyring, platformdirs", "MIT"),
    ("segno", "BSD-3-Clause"),
    ("Inter", "OFL-1.1"),
    ("Lucide", "ISC"),
    ("Emojibase", "MIT"),
)


class AccountPage(SettingsPage):
    """Who one is here, and the ways to change it."""

    profile_requested = Signal()
    password_requested = Signal()
    code_requested = Signal()
    devices_requested = Signal()
    log_out_requested = Signal()

    def __init__(
        self, session: Session, settings: SettingsStore, parent: QWidget | None = None
    ) -> None:
        super().__init__("settings.account", "user", settings, parent)
        self._session = session
        self.avatar = AvatarButton(session, 64, self.ground)
        self.name = Label(18, 600, wraps=True, parent=self.ground)
        self.address = Label(13, ink=lambda colors: colors.text_2, wraps=True, parent=self.ground)
        self.avatar.clicked.connect(self.profile_requested)
        self._add_head()
        self.profile_row = self.add_action("pencil", "settings.profile", self.profile_requested)
        self.devices_row = self.add_action(
            "monitor-smartphone", "settings.devices", self.devices_requested
        )
        self.add_title("settings.safety")
        self.password_row = self.add_action("lock", "settings.password", self.password_requested)
        self.code_row = self.add_action("key-round", "settings.code", self.code_requested)
        self.add_title("settings.leave")
        self.log_out_row = self.add_action(
            "log-out", "settings.log_out", self.log_out_requested, is_danger=True
        )
        session.account_changed.connect(self._refresh)
        self.say(self._refresh)
        self.retranslate()

    def _add_head(self) -> None:
        words = QVBoxLayout()
        words.setSpacing(2)
        words.addStretch(1)
        words.addWidget(self.name)
        words.addWidget(self.address)
        words.addStretch(1)
        row = QHBoxLayout()
        row.setSpacing(12)
        row.addWidget(self.avatar)
        row.addLayout(words, 1)
        head = QWidget(self.ground)
        row.setContentsMargins(0, 0, 0, 0)
        head.setLayout(row)
        self.add(head, gap=8)

    def _refresh(self) -> None:
        account = self._session.account
        if account is None:
            return
        self.avatar.show_profile(account.profile)
        self.avatar.setAccessibleName(translate("profile.own"))
        self.name.setText(account.profile.nickname)
        self.address.setText(
            translate(
                "settings.account_words",
                user_name=account.profile.user_name,
                server=account.server_url,
            )
        )


class PrivacyPage(SettingsPage):
    """What others may see, and who is not let through.

    Args:
        has_passcode: Whether the windows offer an app passcode; `passcode_requested` asks for it.
    """

    passcode_requested = Signal()

    def __init__(
        self,
        session: Session,
        port: Port,
        settings: SettingsStore,
        parent: QWidget | None = None,
        *,
        has_passcode: bool = False,
    ) -> None:
        super().__init__("settings.privacy", "shield-check", settings, parent)
        self._session = session
        self._port = port
        self.shares_presence = self._add_choice("privacy.presence", "privacy.presence_words")
        self.sends_read_marks = self._add_choice("privacy.read", "privacy.read_words")
        if has_passcode:
            self.add_title("privacy.this_computer")
            self.passcode_row = self.add_action("lock", "privacy.passcode", self.passcode_requested)
        self.add_title("privacy.blocked")
        self.nobody = self.add_words("privacy.nobody_blocked")
        self.blocked = PeopleList(session, self.ground, lines=4)
        self.add(self.blocked, gap=6)
        self.unblock_button = Button(ButtonKind.PLAIN, height=34, parent=self.ground)
        self.add(self.unblock_button, is_short=True)
        self.unblock_button.clicked.connect(self.unblock)
        self.blocked.current_changed.connect(self._refresh_button)
        session.privacy_changed.connect(self.undo)
        session.people_changed.connect(self._show_blocked)
        self.say(self._say)
        self.undo()
        self._show_blocked()
        self.retranslate()

    def undo(self) -> None:
        """Show what holds for the account."""
        privacy = self._session.privacy
        for row, is_on in (
            (self.shares_presence, privacy is not None and privacy.shares_presence),
            (self.sends_read_marks, privacy is not None and privacy.sends_read_marks),
        ):
            row.setChecked(is_on)
            # Before the engine has told what holds, a press would change the other one too.
            row.setEnabled(privacy is not None)

    def unblock(self) -> None:
        """Let the chosen person through again."""
        profile = self.blocked.current()
        if profile is not None:
            self.start(self._ask(UnblockAccount(account=profile.account)))

    def _add_choice(self, title: str, words: str) -> SwitchRow:
        row = SwitchRow(self.ground)
        row.clicked.connect(self._on_choice)
        self.add(row)
        self.say(lambda: row.say(translate(title), translate(words)))
        return row

    def _on_choice(self) -> None:
        command = SetPrivacy(
            shares_presence=self.shares_presence.isChecked(),
            sends_read_marks=self.sends_read_marks.isChecked(),
        )
        self.start(self._ask(command))

    async def _ask(self, command: SetPrivacy | UnblockAccount) -> None:
        await self._port.ask(command)

    def _say(self) -> None:
        self.blocked.setAccessibleName(translate("privacy.blocked"))
        self.unblock_button.setText(translate("privacy.unblock"))
        self.unblock_button.updateGeometry()

    def _show_blocked(self) -> None:
        people = [Person(profile, f"@{profile.user_name}") for profile in self._session.blocked]
        self.blocked.show_people(people)
        self.blocked.set_lines(min(4, max(1, len(people))))
        self.blocked.setVisible(bool(people))
        self.unblock_button.setVisible(bool(people))
        self.nobody.setVisible(not people)

    def _refresh_button(self) -> None:
        self.unblock_button.setEnabled(self.blocked.current() is not None)


class StoragePage(SettingsPage):
    """How much room the profile takes, and what of it can be given back."""

    def __init__(self, port: Port, settings: SettingsStore, parent: QWidget | None = None) -> None:
        super().__init__("settings.storage", "hard-drive", settings, parent)
        self._port = port
        self._loaded: StorageLoaded | None = None
        self._is_clearing = False
        self.add_words("storage.words")
        self.database = self._add_number()
        self.files = self._add_number()
        self.add_title("storage.clear_title")
        self.clear_words = self.add_words()
        self.clear_button = Button(ButtonKind.PLAIN, height=34, parent=self.ground)
        self.add(self.clear_button, is_short=True)
        self.clear_button.clicked.connect(self.clear)
        self.say(self._show)
        self.retranslate()

    def shown(self) -> None:
        """Measure anew."""
        self.start(self._load(LoadStorage()))

    def clear(self) -> None:
        """Drop what the server still has."""
        self._is_clearing = True
        self._show()
        self.start(self._load(ClearFiles()))

    def undo(self) -> None:
        """Let it be tried again."""
        self._is_clearing = False
        self._show()

    def _add_number(self) -> Label:
        label = Label(15, 500, wraps=True, parent=self.ground)
        self.add(label, gap=4)
        return label

    async def _load(self, command: LoadStorage | ClearFiles) -> None:
        loaded = await self._port.ask(command)
        assert isinstance(loaded, StorageLoaded)
        self._loaded = loaded
        self._is_clearing = False
        self._show()

    def _show(self) -> None:
        loaded = self._loaded
        clearable = loaded.clearable_bytes if loaded is not None else 0
        self.clear_button.setEnabled(bool(clearable) and not self._is_clearing)
        self.files.setVisible(loaded is not None)
        self.clear_words.setVisible(loaded is not None)
        if loaded is None:
            self.database.setText(translate("storage.measuring"))
            self.clear_button.setText(translate("storage.clear_nothing"))
            return
        self.database.setText(translate("storage.database", size=size_words(loaded.database_bytes)))
        self.files.setText(translate("storage.files", size=size_words(loaded.files_bytes)))
        self.clear_words.setText(translate("storage.clear_words"))
        key = "storage.clear" if clearable else "storage.clear_nothing"
        if self._is_clearing:
            key = "storage.clearing"
        self.clear_button.setText(translate(key, size=size_words(clearable)))
        self.clear_button.updateGeometry()


class AboutPage(SettingsPage):
    """Which Mim this is, which server it talks to, and whose work it stands on.

    Args:
        version: Of this program.
    """

    def __init__(
        self,
        session: Session,
        port: Port,
        settings: SettingsStore,
        parent: QWidget | None = None,
        *,
        version: str = "",
    ) -> None:
        super().__init__("settings.about", "info", settings, parent)
        self._session = session
        self._port = port
        self._version = version
        self._loaded: ServerLoaded | None = None
        self.version = Label(15, 600, wraps=True, parent=self.ground)
        self.add(self.version, gap=2)
        self.server = self.add_words()
        self.add_words("about.words")
        self.add_title("about.parts")
        for name, licence in PARTS:
            label = Label(13, wraps=True, parent=self.ground)
            label.setText(f"{name} – {licence}")
            self.add(label, gap=2)
        session.account_changed.connect(self._show)
        self.say(self._show)
        self.retranslate()

    def shown(self) -> None:
        """Ask the server what it is; offline, its address is enough."""
        create_task(self._load(), name="load server", owner=self)

    async def _load(self) -> None:
        try:
            loaded = await self._port.ask(LoadServer())
        except CommandFailedError:
            return
        assert isinstance(loaded, ServerLoaded)
        self._loaded = loaded
        self._show()

    def _show(self) -> None:
        self.version.setText(translate("about.version", version=self._version))
        account = self._session.account
        loaded = self._loaded
        if account is not None and loaded is not None:
            self.server.setText(
                translate(
                    "about.server_version",
                    server=account.server_url,
                    name=loaded.name,
                    version=loaded.version,
                )
            )
        elif account is not None:
            self.server.setText(translate("about.server", server=account.server_url))

"""Looks, language, and the way out."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QRectF, QSize, Qt, Signal, SignalInstance
from PySide6.QtGui import QPainter, QPaintEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QWidget

from desktop.models.session import Session
from desktop.ui.controls import Button, ButtonKind, Label, Pressable, paint_focus_ring
from desktop.ui.dialog import Dialog
from desktop.ui.fonts import font
from desktop.ui.settings import SettingsStore
from desktop.ui.theme import Appearance, set_appearance, tokens
from desktop.ui.translate import Language, set_language, translate

__all__ = ["Choice", "SettingsDialog"]


class Segment(Pressable):
    """One of several that exclude each other."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.setCheckable(True)
        self.setFixedHeight(34)
        self.setFont(font(13, 500))

    def sizeHint(self) -> QSize:  # noqa: N802
        """The word and air around it."""
        return QSize(self.fontMetrics().horizontalAdvance(self.text()) + 28, 34)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint ground and word."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        colors, rect = tokens(), QRectF(self.rect())
        painter.setPen(Qt.PenStyle.NoPen)
        if self.isChecked():
            painter.setBrush(colors.accent)
            painter.drawRoundedRect(rect, 8, 8)
        elif self._is_hovered:
            painter.setBrush(colors.pressed)
            painter.drawRoundedRect(rect, 8, 8)
        painter.setPen(colors.on_accent if self.isChecked() else colors.text)
        painter.setFont(self.font())
        painter.drawText(rect, Qt.AlignmentFlag.AlignCenter, self.text())
        if self._shows_focus:
            paint_focus_ring(painter, rect, 8)


class Choice(QWidget):
    """A row of segments; `chosen` gives the place of the one that was pressed."""

    chosen = Signal(int)

    def __init__(self, count: int, parent: QWidget) -> None:
        super().__init__(parent)
        self._group = QButtonGroup(self)
        layout = QHBoxLayout(self)
        layout.setContentsMargins(3, 3, 3, 3)
        layout.setSpacing(2)
        self.segments = [Segment(self) for _ in range(count)]
        for place, segment in enumerate(self.segments):
            self._group.addButton(segment, place)
            layout.addWidget(segment, 1)
        self._group.idClicked.connect(self.chosen)

    def name(self, title: str, words: Sequence[str]) -> None:
        """Say what the segments mean."""
        self.setAccessibleName(title)
        for segment, word in zip(self.segments, words, strict=True):
            segment.setText(word)
            segment.setAccessibleName(f"{title}: {word}")
            segment.updateGeometry()

    def choose(self, place: int) -> None:
        """Press a segment without telling."""
        self.segments[place].setChecked(True)

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802
        """Paint the ground."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(tokens().field)
        painter.drawRoundedRect(self.rect(), 10, 10)


class SettingsDialog(Dialog):
    """Changes hold at once and are kept."""

    log_out_requested = Signal()
    devices_requested = Signal()
    password_requested = Signal()

    def __init__(
        self, session: Session, settings: SettingsStore, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent, width=420)
        self._session = session
        self._settings = settings
        self._appearances = list(Appearance)
        self._languages = list(Language)
        self.appearance_label = Label(13, 500, ink=lambda colors: colors.text_2, parent=self)
        self.appearance = Choice(len(self._appearances), self)
        self.language_label = Label(13, 500, ink=lambda colors: colors.text_2, parent=self)
        self.language = Choice(len(self._languages), self)
        self.account_label = Label(13, 500, ink=lambda colors: colors.text_2, parent=self)
        self.account_words = Label(14, wraps=True, parent=self)
        self.devices_button = Button(ButtonKind.PLAIN, height=34, parent=self)
        self.password_button = Button(ButtonKind.PLAIN, height=34, parent=self)
        self.log_out_button = Button(ButtonKind.PLAIN, parent=self)
        for widget, gap in (
            (self.appearance_label, 0),
            (self.appearance, 12),
            (self.language_label, 0),
            (self.language, 12),
            (self.account_label, 0),
            (self.account_words, 4),
        ):
            self.form.addWidget(widget)
            self.form.addSpacing(gap)
        row = QHBoxLayout()
        row.setSpacing(8)
        row.addWidget(self.devices_button)
        row.addWidget(self.password_button)
        row.addStretch(1)
        self.form.addLayout(row)
        self.buttons.addWidget(self.log_out_button)
        self.buttons.addStretch(1)
        self.close_button = self.add_button(ButtonKind.PRIMARY)
        self.appearance.choose(self._appearances.index(settings.settings.appearance))
        self.language.choose(self._languages.index(settings.settings.language))
        self.appearance.chosen.connect(self._on_appearance)
        self.language.chosen.connect(self._on_language)
        self.devices_button.clicked.connect(lambda: self._leave_for(self.devices_requested))
        self.password_button.clicked.connect(lambda: self._leave_for(self.password_requested))
        self.log_out_button.clicked.connect(lambda: self._leave_for(self.log_out_requested))
        self.close_button.clicked.connect(self.accept)
        self.retranslate()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.setWindowTitle(translate("settings.title"))
        self.heading.setText(translate("settings.title"))
        title = translate("settings.appearance")
        self.appearance_label.setText(title)
        words = [translate(f"settings.appearance_{each.value}") for each in self._appearances]
        self.appearance.name(title, words)
        title = translate("settings.language")
        self.language_label.setText(title)
        self.language.name(title, [translate("settings.language_system"), "English", "简体中文"])
        self.account_label.setText(translate("settings.account"))
        account = self._session.account
        if account is not None:
            words_of_account = translate(
                "settings.account_words",
                user_name=account.profile.user_name,
                server=account.server_url,
            )
            self.account_words.setText(words_of_account)
        self.devices_button.setText(translate("settings.devices"))
        self.password_button.setText(translate("settings.password"))
        self.log_out_button.setText(translate("settings.log_out"))
        self.close_button.setText(translate("dialog.done"))

    def _on_appearance(self, place: int) -> None:
        chosen = self._appearances[place]
        set_appearance(chosen)
        self._settings.change(appearance=chosen)

    def _on_language(self, place: int) -> None:
        chosen = self._languages[place]
        set_language(chosen)
        self._settings.change(language=chosen)

    def _leave_for(self, request: SignalInstance) -> None:
        """Close, and say which dialog comes next."""
        self.accept()
        request.emit()

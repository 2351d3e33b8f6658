"""Colours of the light and the dark theme, and which of them holds now.

Painters read `tokens` while they paint; nothing keeps a colour. Every pair of an ink and a ground
that can meet on the screen stands in `PAIRS` and reaches a contrast of at least 4.5 : 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtGui import QColor, QGuiApplication, QPalette
from PySide6.QtWidgets import QApplication

__all__ = [
    "AVATAR_FILLS",
    "AVATAR_INK",
    "PAIRS",
    "QR_GROUND",
    "QR_INK",
    "SENDER_INKS",
    "TOKENS",
    "Appearance",
    "Tokens",
    "appearance",
    "blend",
    "contrast",
    "follow_system",
    "set_appearance",
    "theme",
    "tokens",
]


class Appearance(StrEnum):
    """What the person chose."""

    SYSTEM = "system"
    LIGHT = "light"
    DARK = "dark"


@dataclass(frozen=True, slots=True)
class Tokens:
    """One theme's colours by what they are for."""

    is_dark: bool
    rail: QColor
    list: QColor
    chat: QColor
    field: QColor
    hover: QColor
    selected: QColor
    pressed: QColor
    border: QColor
    text: QColor
    text_2: QColor
    text_3: QColor
    accent: QColor
    accent_hover: QColor
    on_accent: QColor
    link: QColor
    bubble_in: QColor
    bubble_out: QColor
    bubble_edge: QColor
    quote_in: QColor
    quote_out: QColor
    code_in: QColor
    code_out: QColor
    found: QColor
    flash: QColor
    viewer: QColor
    on_viewer: QColor
    viewer_hover: QColor
    meta_in: QColor
    meta_out: QColor
    tick: QColor
    badge: QColor
    muted: QColor
    on_badge: QColor
    online: QColor
    danger: QColor
    on_danger: QColor
    warn: QColor
    warn_ground: QColor
    service: QColor
    on_service: QColor
    unread: QColor
    focus: QColor
    selection: QColor
    shadow: QColor


def _color(text: str) -> QColor:
    """Read ``#RRGGBB`` or ``#RRGGBBAA``; Qt itself would take the alpha first."""
    color = QColor(text[:7])
    if len(text) == 9:
        color.setAlpha(int(text[7:], 16))
    return color


LIGHT = Tokens(
    is_dark=False,
    rail=_color("#EDF0F4"),
    list=_color("#FFFFFF"),
    chat=_color("#EEF2F6"),
    field=_color("#F2F4F7"),
    hover=_color("#F2F4F7"),
    selected=_color("#E1EDFD"),
    pressed=_color("#E4E9F0"),
    border=_color("#E3E7ED"),
    text=_color("#111827"),
    text_2=_color("#566271"),
    text_3=_color("#5D6978"),
    accent=_color("#1C60CC"),
    accent_hover=_color("#1854B4"),
    on_accent=_color("#FFFFFF"),
    link=_color("#1B5FC9"),
    bubble_in=_color("#FFFFFF"),
    bubble_out=_color("#D7E8FF"),
    bubble_edge=_color("#1118270F"),
    quote_in=_color("#EBF1FB"),
    quote_out=_color("#D2E4FD"),
    code_in=_color("#F1F3F6"),
    code_out=_color("#C8DCF6"),
    found=_color("#FFE08A"),
    flash=_color("#2169DB26"),
    viewer=_color("#0B0E12"),
    on_viewer=_color("#F1F4F8"),
    viewer_hover=_color("#262C34"),
    meta_in=_color("#66717F"),
    meta_out=_color("#3F5C83"),
    tick=_color("#1C60CC"),
    badge=_color("#1C60CC"),
    muted=_color("#687380"),
    on_badge=_color("#FFFFFF"),
    online=_color("#17A673"),
    danger=_color("#BC231A"),
    on_danger=_color("#FFFFFF"),
    warn=_color("#8F5206"),
    warn_ground=_color("#FFF6E5"),
    service=_color("#556170E6"),
    on_service=_color("#FFFFFF"),
    unread=_color("#FFFFFF"),
    focus=_color("#2169DB99"),
    selection=_color("#B9D6FF"),
    shadow=_color("#1118271A"),
)

DARK = Tokens(
    is_dark=True,
    rail=_color("#0E1216"),
    list=_color("#161B21"),
    chat=_color("#0F1418"),
    field=_color("#1F262E"),
    hover=_color("#1D242C"),
    selected=_color("#1D3552"),
    pressed=_color("#232C36"),
    border=_color("#252D36"),
    text=_color("#E7EBF0"),
    text_2=_color("#A3AFBC"),
    text_3=_color("#9AA6B3"),
    accent=_color("#6AA6F8"),
    accent_hover=_color("#82B5FA"),
    on_accent=_color("#0B1526"),
    link=_color("#7DB2FA"),
    bubble_in=_color("#1C232B"),
    bubble_out=_color("#1E4370"),
    bubble_edge=_color("#FFFFFF0A"),
    quote_in=_color("#263140"),
    quote_out=_color("#18375D"),
    code_in=_color("#12181E"),
    code_out=_color("#16345A"),
    found=_color("#6B5310"),
    flash=_color("#5A9BF640"),
    viewer=_color("#07090C"),
    on_viewer=_color("#F1F4F8"),
    viewer_hover=_color("#262C34"),
    meta_in=_color("#8E9AA7"),
    meta_out=_color("#A4C3EA"),
    tick=_color("#8CC0FF"),
    badge=_color("#2F69B8"),
    muted=_color("#4B5763"),
    on_badge=_color("#FFFFFF"),
    online=_color("#3CC48D"),
    danger=_color("#FF958D"),
    on_danger=_color("#2A0705"),
    warn=_color("#E8B04F"),
    warn_ground=_color("#2B2415"),
    service=_color("#2A333DE6"),
    on_service=_color("#E7EBF0"),
    unread=_color("#161B21"),
    focus=_color("#5A9BF6B3"),
    selection=_color("#2C5C96"),
    shadow=_color("#00000059"),
)

TOKENS = {False: LIGHT, True: DARK}

AVATAR_INK = _color("#FFFFFF")

# Codes are scanned by cameras, which want black on white in both themes.
QR_INK = _color("#000000")
QR_GROUND = _color("#FFFFFF")

# The ink stands on them, in both themes.
AVATAR_FILLS = tuple(
    _color(text) for text in ("#3F72C8", "#BD4F3A", "#2F7D62", "#8A58B3", "#946114", "#24788A")
)

# Names over the messages of a group; a person's is the twin of their avatar's fill.
SENDER_INKS = {
    False: tuple(
        _color(text) for text in ("#2B64C6", "#B0402B", "#23754F", "#7E46AE", "#855709", "#17707F")
    ),
    True: tuple(
        _color(text) for text in ("#7FB0F7", "#F2917C", "#63CB9F", "#C9A0EC", "#E5B555", "#60C7D6")
    ),
}

_GROUNDS = ("list", "rail", "chat", "field", "hover", "selected", "pressed")

# (ink, ground) as they meet on the screen.
PAIRS: tuple[tuple[str, str], ...] = (
    *((ink, ground) for ink in ("text", "text_2", "text_3", "accent") for ground in _GROUNDS),
    *(("danger", ground) for ground in ("list", "hover", "selected", "field")),
    *(("link", ground) for ground in ("list", "chat", "bubble_in", "bubble_out")),
    ("on_accent", "accent"),
    ("on_accent", "accent_hover"),
    ("on_danger", "danger"),
    ("text", "bubble_in"),
    ("text", "bubble_out"),
    *(("text", ground) for ground in ("code_in", "code_out", "found")),
    ("accent", "quote_in"),
    ("text", "quote_in"),
    ("tick", "quote_out"),
    ("text", "quote_out"),
    ("danger", "bubble_in"),
    ("on_viewer", "viewer"),
    ("on_viewer", "viewer_hover"),
    ("text", "selection"),
    ("meta_in", "bubble_in"),
    ("meta_out", "bubble_out"),
    ("tick", "bubble_out"),
    ("danger", "bubble_out"),
    ("tick", "list"),
    ("tick", "selected"),
    ("tick", "hover"),
    ("on_badge", "badge"),
    ("on_badge", "muted"),
    ("warn", "warn_ground"),
    ("warn", "list"),
    ("on_service", "service"),
    ("accent", "unread"),
)


class Theme(QObject):
    """Tells when the colours have changed, so that widgets paint themselves again."""

    changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.appearance = Appearance.SYSTEM
        self.tokens = LIGHT


_theme: list[Theme] = []


def theme() -> Theme:
    """Return the one theme of this process, made when it is first asked for."""
    if not _theme:
        _theme.append(Theme())
    return _theme[0]


def tokens() -> Tokens:
    """Return the colours that hold now."""
    return theme().tokens


def appearance() -> Appearance:
    """Return what the person chose."""
    return theme().appearance


def set_appearance(chosen: Appearance) -> None:
    """Change the colours of all windows at once."""
    hints = QGuiApplication.styleHints()
    theme().appearance = chosen
    match chosen:
        case Appearance.SYSTEM:
            hints.unsetColorScheme()
        case Appearance.LIGHT:
            hints.setColorScheme(Qt.ColorScheme.Light)
        case Appearance.DARK:
            hints.setColorScheme(Qt.ColorScheme.Dark)
    _apply()


def follow_system() -> None:
    """Change with the system, as long as the person chose nothing else."""
    QGuiApplication.styleHints().colorSchemeChanged.connect(_apply)


def _apply(*_: object) -> None:
    match theme().appearance:
        case Appearance.SYSTEM:
            scheme = QGuiApplication.styleHints().colorScheme()
            is_dark = scheme is Qt.ColorScheme.Dark
        case Appearance.LIGHT:
            is_dark = False
        case Appearance.DARK:
            is_dark = True
    theme().tokens = TOKENS[is_dark]
    QApplication.setPalette(_palette(theme().tokens))
    theme().changed.emit()
    for widget in QApplication.allWidgets():
        widget.update()


def _palette(colors: Tokens) -> QPalette:
    """Qt's own parts (menus, tool tips, text cursors) in the same colours."""
    palette = QPalette()
    role = QPalette.ColorRole
    for name, color in (
        (role.Window, colors.list),
        (role.WindowText, colors.text),
        (role.Base, colors.list),
        (role.AlternateBase, colors.hover),
        (role.Text, colors.text),
        (role.Button, colors.field),
        (role.ButtonText, colors.text),
        (role.BrightText, colors.danger),
        (role.PlaceholderText, colors.text_3),
        (role.Highlight, colors.selection),
        (role.HighlightedText, colors.text),
        (role.ToolTipBase, colors.list),
        (role.ToolTipText, colors.text),
        (role.Link, colors.link),
        (role.LinkVisited, colors.link),
        (role.Accent, colors.accent),
        (role.Light, colors.list),
        (role.Midlight, colors.hover),
        (role.Mid, colors.border),
        (role.Dark, colors.border),
        (role.Shadow, colors.border),
    ):
        palette.setColor(name, color)
    for name in (role.WindowText, role.Text, role.ButtonText, role.HighlightedText):
        palette.setColor(QPalette.ColorGroup.Disabled, name, colors.text_3)
    return palette


def blend(ink: QColor, ground: QColor) -> QColor:
    """Return what a half transparent colour looks like on a ground."""
    share = ink.alphaF()
    return QColor.fromRgbF(
        ink.redF() * share + ground.redF() * (1 - share),
        ink.greenF() * share + ground.greenF() * (1 - share),
        ink.blueF() * share + ground.blueF() * (1 - share),
    )


def contrast(one: QColor, other: QColor) -> float:
    """Return the contrast of two opaque colours, 1 … 21 (WCAG 2.2, "contrast ratio")."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(color: QColor) -> float:
    parts = (color.redF(), color.greenF(), color.blueF())
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue

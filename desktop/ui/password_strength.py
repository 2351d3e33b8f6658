"""How well a new password withstands guessing, and the line that says so while it is typed."""

from __future__ import annotations

import math
from enum import Enum

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QWidget

from desktop.ui.controls import Label, PasswordField
from desktop.ui.translate import language, translate
from shared import limits

__all__ = ["Strength", "StrengthHint", "new_password_mistake", "strength_of"]

# Bits that remain after the obvious is taken off. Guessing is slowed down by Argon2id (PROTOCOL.md,
# "Accounts"), at which 40 bits take a rich attacker years and 55 bits are out of reach.
FAIR_BITS, GOOD_BITS = 40.0, 55.0
ALPHABETS = ((str.islower, 26), (str.isupper, 26), (str.isdecimal, 10))
OTHER_SIGNS = 33
WIDE_SIGNS = 2_500  # Of Chinese and others, those that people really type.
ROWS = ("abcdefghijklmnopqrstuvwxyz", "qwertyuiop", "asdfghjkl", "zxcvbnm", "01234567890")
COMMON = ("password", "passwort", "welcome", "iloveyou", "letmein", "admin", "woaini", "mima")


class Strength(Enum):
    """What is said of it."""

    TOO_SHORT = "too_short"
    WEAK = "weak"
    FAIR = "fair"
    GOOD = "good"


def new_password_mistake(password: str, repeated: str) -> str:
    """Say what is wrong with a new password that was typed twice; empty if nothing is."""
    if len(password) < limits.PASSWORD_LENGTH_MIN:
        return translate("error.passwords")
    return translate("error.passwords_differ") if password != repeated else ""


def strength_of(password: str) -> Strength:
    """Judge a password by its length, its signs, and what of it follows from the rest."""
    if len(password) < limits.PASSWORD_LENGTH_MIN:
        return Strength.TOO_SHORT
    bits = _surprises(password) * math.log2(_alphabet(password))
    if bits < FAIR_BITS:
        return Strength.WEAK
    return Strength.FAIR if bits < GOOD_BITS else Strength.GOOD


def _alphabet(password: str) -> int:
    size = sum(count for has, count in ALPHABETS if any(has(sign) for sign in password))
    if any(sign.isascii() and not sign.isalnum() for sign in password):
        size += OTHER_SIGNS
    if any(not sign.isascii() for sign in password):
        size += WIDE_SIGNS
    return max(2, size)


def _surprises(password: str) -> float:
    """Count the signs that do not follow from the one before, a common word as two."""
    folded = password.casefold()
    surprises = 0.0
    for word in COMMON:
        if word in folded:
            folded = folded.replace(word, "")
            surprises += 2
    before = ""
    seen: set[str] = set()
    for sign in folded:
        follows = bool(before) and (sign == before or _is_next(before, sign))
        surprises += 0.2 if follows else 0.6 if sign in seen else 1.0
        seen.add(sign)
        before = sign
    return surprises


def _is_next(before: str, sign: str) -> bool:
    pair = before + sign
    return any(pair in row or pair in row[::-1] for row in ROWS)


class StrengthHint(Label):
    """Says what is wrong with a new password, or how good it is."""

    changed = Signal()  # It says something else: the form may have another height.

    def __init__(self, field: PasswordField, parent: QWidget) -> None:
        super().__init__(12, ink=lambda colors: colors.text_2, wraps=True, parent=parent)
        self._field = field
        field.textChanged.connect(self._say)
        language().changed.connect(self._say)
        self._say()

    def _say(self) -> None:
        password = self._field.text()
        if not password:
            self.setText(translate("strength.none"))
            self.set_ink(lambda colors: colors.text_2)
            return
        strength = strength_of(password)
        missing = limits.PASSWORD_LENGTH_MIN - len(password)
        self.setText(translate(f"strength.{strength.value}", count=missing))
        is_poor = strength in (Strength.TOO_SHORT, Strength.WEAK)
        self.set_ink(lambda colors: colors.warn if is_poor else colors.text_2)
        self.changed.emit()

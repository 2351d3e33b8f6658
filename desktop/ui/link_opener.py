"""Opens links of messages, after a question where they may lead elsewhere than they say."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QObject, QUrl
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QWidget

from desktop.ui.dialog import ConfirmDialog
from desktop.ui.markup import Span
from desktop.ui.translate import translate

__all__ = ["LinkOpener"]


class LinkOpener(QObject):
    """Serves one view.

    Args:
        widget: Over which questions are asked.
        open_url: Lets the system open an address.
    """

    def __init__(
        self, widget: QWidget, *, open_url: Callable[[QUrl], bool] = QDesktopServices.openUrl
    ) -> None:
        super().__init__(widget)
        self.dialog: ConfirmDialog | None = None
        self._widget = widget
        self._open_url = open_url

    def open(self, span: Span, words: str) -> None:
        """Open a link whose text is ``words``."""
        target = span.target
        if target is None:
            return
        if target.is_plain and span.says_target:
            self._open_url(QUrl(target.url))
            return
        key = "link.open_words" if not span.says_target else "link.odd_words"
        self.dialog = ConfirmDialog(
            self._widget,
            title=translate("link.open_title"),
            words=translate(key, text=words, target=target.shown),
            yes=translate("link.open"),
            no=translate("dialog.cancel"),
        )
        self.dialog.accepted.connect(lambda: self._open_url(QUrl(target.url)))
        self.dialog.open()

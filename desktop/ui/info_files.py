"""The newest files and pictures of a conversation, as lines of the info pane."""

from __future__ import annotations

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop.commands import SearchMessages
from desktop.events import MessageRow, MessagesFound
from desktop.models.port import CommandFailedError, Port
from desktop.ui.info_lines import InfoLine, section_title
from desktop.ui.sizes import size_words
from desktop.ui.tasks import create_task
from desktop.ui.times import list_time
from desktop.ui.translate import error_sentence, translate
from shared.identifiers import ConversationId

__all__ = ["FILES_FIRST", "FILES_MAX", "InfoFiles"]

FILES_FIRST = 6  # So many at first; each press of the last line loads `_FILES_STEP` more.
_FILES_STEP = 20
FILES_MAX = 200  # More are found by searching.


class InfoFiles(QWidget):
    """Asks for the files of a conversation when it is shown, page by page."""

    chosen = Signal(object)  # MessageRow

    def __init__(self, port: Port, parent: QWidget) -> None:
        super().__init__(parent)
        self._port = port
        self._conversation_id: ConversationId | None = None
        self._rows: list[MessageRow] = []
        self._has_more = False
        self._trouble = ""
        self._lines: list[InfoLine] = []
        self._round = 0  # Answers to what was asked before the last change are late.
        self.title = section_title(self)
        self.more = InfoLine(self, icon_name="chevron-down")
        self.more.clicked.connect(self._load_more)
        self._layout = QVBoxLayout(self)
        self._layout.setContentsMargins(0, 0, 0, 0)
        self._layout.setSpacing(0)
        self._layout.addWidget(self.title)
        self._layout.addWidget(self.more)

    @property
    def lines(self) -> list[InfoLine]:
        """The lines of files, newest first."""
        return list(self._lines)

    def show_conversation(self, conversation_id: ConversationId | None) -> None:
        """Show the files of another conversation."""
        if conversation_id != self._conversation_id:
            self._conversation_id = conversation_id
            self._rows, self._has_more = [], False
        self.load()

    def load(self) -> None:
        """Ask for the newest ones anew, as many as are shown."""
        self._round += 1
        if self._conversation_id is not None:
            count = max(FILES_FIRST, len(self._rows))
            self._ask(count, before=0)
        self.retranslate()

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        self.title.setText(translate("info.files"))
        self.more.say(translate("info.more"))
        self._fill()

    def _load_more(self) -> None:
        last = self._rows[-1].local_id if self._rows else 0
        self._ask(_FILES_STEP, before=last)

    def _ask(self, count: int, *, before: int) -> None:
        work = self._load(count, before=before, asked=self._round)
        create_task(work, name="load files", owner=self)

    async def _load(self, count: int, *, before: int, asked: int) -> None:
        # One more shows whether there are more.
        command = SearchMessages(
            text="",
            conversation_id=self._conversation_id,
            only_files=True,
            before_local_id=before,
            limit=count + 1,
        )
        found: list[MessageRow] = []
        trouble = ""
        try:
            answer = await self._port.ask(command)
            assert isinstance(answer, MessagesFound)
            found = [row for row in answer.rows if row.file is not None]
        except CommandFailedError as error:
            trouble = error_sentence(error.code)
        if asked == self._round:
            kept = self._rows if before else []
            self._rows = (kept + found[:count])[:FILES_MAX]
            self._has_more = len(found) > count and len(self._rows) < FILES_MAX
            self._trouble = trouble
            self._fill()

    def _fill(self) -> None:
        """Make the lines anew; they are few."""
        for line in self._lines:
            self._layout.removeWidget(line)
            line.deleteLater()
        self._lines = [self._line(row) for row in self._rows]
        for place, line in enumerate(self._lines):
            self._layout.insertWidget(1 + place, line)
            line.show()
        self.more.setVisible(self._has_more)
        self.title.setVisible(bool(self._rows) or bool(self._trouble))
        self.setVisible(bool(self._rows) or bool(self._trouble))
        if self._trouble:
            self.title.setText(self._trouble)

    def _line(self, row: MessageRow) -> InfoLine:
        assert row.file is not None
        line = InfoLine(self, icon_name="image" if row.file.width else "file")
        below = f"{size_words(row.file.size)} · {list_time(row.shown_at_ms)}"
        line.say(row.file.name, below=below)
        line.setToolTip(row.file.name)
        line.clicked.connect(lambda: self.chosen.emit(row))
        return line

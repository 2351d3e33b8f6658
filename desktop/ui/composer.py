"""Where a message is written: text, emoji, files; what is answered or edited; drafts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

from PySide6.QtCore import QEvent, QObject, Signal
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from desktop.commands import EditMessage, LoadDraft, LoadMembers, SaveDraft, SendText
from desktop.events import DraftLoaded, MembersLoaded, MessageRow
from desktop.models.port import CommandFailedError, Port
from desktop.ui.completer import Completer
from desktop.ui.composer_frame import ComposerFrame
from desktop.ui.draft_keeper import DraftKeeper
from desktop.ui.emoji_picker import EmojiPicker
from desktop.ui.file_sender import FileSender
from desktop.ui.settings import SettingsStore
from desktop.ui.tasks import create_task
from desktop.ui.timeline_layout import row_words
from desktop.ui.translate import error_sentence, language, translate
from desktop.ui.typing_signal import TypingSignal
from shared import limits
from shared.identifiers import AccountId, ConversationId

__all__ = ["Composer"]


class Written(NamedTuple):
    """What was in the composer when it was sent, to be put back if it is refused."""

    text: str
    answered: MessageRow | None
    edited: MessageRow | None


class Composer(ComposerFrame):
    """Editor and buttons of one conversation; above them what is answered or edited.

    Args:
        conversation_id: Where it is sent.
        port: Where commands go.
        draft: What was typed and not sent; what it answers or changes is loaded.
        settings: Which key sends; emoji.
        parent: The pane.
    """

    sent = Signal()
    edit_last_requested = Signal()
    jump_requested = Signal(object)  # MessageRow

    def __init__(
        self,
        conversation_id: ConversationId,
        port: Port,
        *,
        draft: str = "",
        settings: SettingsStore | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.name_of: Callable[[AccountId], str] = lambda _account: ""
        self.picker: EmojiPicker | None = None
        self._conversation_id = conversation_id
        self._port = port
        self._settings = settings or SettingsStore()
        self._answered: MessageRow | None = None
        self._edited: MessageRow | None = None
        self._who = ""  # Who wrote what is answered.
        self._kept = ""  # What was typed before an edit began.
        self.completer = Completer(self.editor, self._settings)
        self.files = FileSender(conversation_id, port, self._settings, self)
        saved = SaveDraft(conversation_id=conversation_id, text=draft)
        self._drafts = DraftKeeper(port, self._draft, saved, self)
        self._typing = TypingSignal(conversation_id, port, self)
        self.editor.set_text(draft)
        self._connect()
        self.retranslate()
        create_task(self._load_draft(draft), name="load draft", owner=self)

    def retranslate(self) -> None:
        """Say everything in the language that holds now."""
        super().retranslate()
        self._show_strip()

    # Sending.

    def send(self) -> None:
        """Put what was typed into the outbox, unless it is blank or too long."""
        self.editor.finish_composing()
        text = self.text.strip()
        if not text or len(text) > limits.TEXT_LENGTH_MAX:
            return
        command, written = self._command(text), Written(self.text, self._answered, self._edited)
        is_edit = self._edited is not None
        if is_edit:
            self._end_edit()
        else:
            self._answered = None
            self.editor.clear()
            self.completer.forget()
            self._typing.stop()
        self._show_strip()
        # Not owned by this: it is on its way even if the window closes at once.
        create_task(self._deliver(command, written), name="send")
        if not is_edit:
            self.sent.emit()

    async def _deliver(self, command: SendText | EditMessage, written: Written) -> None:
        """Hand a message over; what the engine refuses comes back into the editor."""
        try:
            await self._port.ask(command)
        except CommandFailedError as error:
            if isValid(self):
                self._put_back(written, error_sentence(error.code))
            else:
                self._port.send(_draft_of(self._conversation_id, written))
            return
        if isValid(self):
            # Only now: until the engine has the text, its draft is the only copy.
            self._drafts.flush()

    def _put_back(self, written: Written, complaint: str) -> None:
        if written.edited is not None and self._edited is None:
            self.edit(written.edited)
            self.editor.set_text(written.text)
        else:
            self.restore(written.text)
            self._answered = self._answered or written.answered
            self._show_strip()
        self.complain(complaint)

    def _command(self, text: str) -> SendText | EditMessage:
        if self._edited is not None:
            return EditMessage(
                conversation_id=self._conversation_id,
                message_id=self._edited.message_id,
                text=text,
                mentions=self.completer.mentions(text),
            )
        return SendText(
            conversation_id=self._conversation_id,
            text=text,
            reply_to=_id_of(self._answered),
            mentions=self.completer.mentions(text),
        )

    # Answering and editing.

    def answer(self, row: MessageRow, who: str = "") -> None:
        """Let the next message answer this one."""
        if self._edited is not None:
            self._end_edit()
        self._who = who
        self._answered = row
        self._show_strip()
        self._drafts.note_change()
        self.editor.setFocus()

    def edit(self, row: MessageRow) -> None:
        """Let the text of a message be written anew; what was typed comes back afterwards."""
        if self._edited is None:
            self._kept = self.text
        self._edited = row
        self.editor.set_text(row.text)
        self.completer.read_names(row.mentions)
        self._show_strip()
        self.editor.setFocus()

    def stop_changing(self) -> None:
        """Edit no more, or if nothing is edited, answer no more."""
        if self._edited is not None:
            self._end_edit()
        else:
            self._answered = None
        self._show_strip()
        self._drafts.note_change()

    def _end_edit(self) -> None:
        self._edited = None
        kept, self._kept = self._kept, ""
        self.editor.set_text(kept)
        self.completer.read_names()

    def _show_strip(self) -> None:
        row = self._edited or self._answered
        if row is None:
            self.strip.hide()
        elif self._edited is not None:
            self.strip.show_message(translate("composer.editing"), row_words(row))
        else:
            title = translate("composer.answering", name=self.name_of(row.sender) or self._who)
            self.strip.show_message(title, row_words(row))
        self.attach_button.setEnabled(self._edited is None)
        self._grow()

    def _on_strip_pressed(self) -> None:
        row = self._edited or self._answered
        if row is not None:
            self.jump_requested.emit(row)

    # Drafts.

    def flush_draft(self) -> None:
        """Store what is typed and not sent, if it is not stored yet."""
        self._drafts.flush()

    def leave(self) -> None:
        """Store the draft and end typing: the conversation is left or the window closes."""
        self.editor.finish_composing()
        self.completer.close()
        if self.picker is not None:
            self.picker.close()
        self.flush_draft()
        self._typing.stop()

    def restore(self, text: str, answered: MessageRow | None = None, who: str = "") -> None:
        """Put a refused message back for another try, behind what is typed.

        Args:
            text: What it said.
            answered: What it answered, unless something else is answered by now.
            who: Wrote that.
        """
        if answered is not None and self._answered is None and self._edited is None:
            self.answer(answered, who)
        typed = self.text.rstrip()
        self.editor.set_text(f"{typed}\n{text}" if typed else text)
        self.completer.read_names()
        self.editor.setFocus()

    def _draft(self) -> SaveDraft:
        is_edit, caption = self._edited is not None, self.files.caption
        typed = self.text if caption is None else caption
        return SaveDraft(
            conversation_id=self._conversation_id,
            text=self._kept if is_edit else typed,
            reply_to=_id_of(self._answered),
            edit_of=_id_of(self._edited),
            edit_text=self.text if is_edit else "",
        )

    async def _load_draft(self, shown: str) -> None:
        """Bring back what the draft is about; what the person does meanwhile goes before it.

        Args:
            shown: The text that the list knew; what another window stored just now is newer.
        """
        try:
            loaded = await self._port.ask(LoadDraft(conversation_id=self._conversation_id))
        except CommandFailedError:
            return  # The text is here; the rest is a convenience.
        if not isinstance(loaded, DraftLoaded) or self._edited is not None:
            return
        if self.text == shown != loaded.text:
            self.editor.set_text(loaded.text)
        self._answered = self._answered or loaded.reply
        self._drafts.note_saved(_stored(self._conversation_id, loaded))
        if loaded.edit is not None:
            self._edit_again(loaded.edit, loaded.edit_text)
        elif loaded.edit_text:
            self.restore(loaded.edit_text)  # What it changed is gone; what was typed is not.
        self._show_strip()
        self.completer.read_names()

    def _edit_again(self, row: MessageRow, text: str) -> None:
        """Go on with an edit; the keyboard stays where it is."""
        has_focus = self.editor.hasFocus()
        self.edit(row)
        self.editor.set_text(text)
        if not has_focus:
            self.editor.clearFocus()

    # Files.

    def offer_files(self, paths: Sequence[str]) -> None:
        """Show files before they are sent; what is typed becomes the caption of the first."""
        is_edit = self._edited is not None
        self.completer.close()
        self.files.offer(
            paths,
            caption=None if is_edit else self.text,
            reply_to="" if is_edit else _id_of(self._answered),
        )

    def _on_caption_used(self) -> None:
        self._answered = None
        self.editor.clear()
        self.completer.forget()
        self._show_strip()
        self._typing.stop()
        self._drafts.flush()
        self.sent.emit()

    def _on_caption_returned(self, text: str) -> None:
        if text != self.text:
            self.editor.set_text(text)

    # Emoji and people.

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802
        """Make the emoji ready while the mouse is on its way: a click shows them at once."""
        if watched is self.emoji_button and event.type() in (
            QEvent.Type.Enter,
            QEvent.Type.FocusIn,
        ):
            self._ready_picker()
        return super().eventFilter(watched, event)

    def _ready_picker(self) -> EmojiPicker:
        picker = self.picker
        if picker is None or picker.parentWidget() is not self.window():
            self.picker = picker = EmojiPicker(self, self._settings)
            self.destroyed.connect(picker.deleteLater)
            picker.opener = self.emoji_button
            picker.picked.connect(self.editor.insertPlainText)
        return picker

    def _pick_emoji(self) -> None:
        picker = self._ready_picker()
        if picker.isVisible():
            picker.close()
            return
        self.editor.setFocus()
        picker.pop_up(self.emoji_button.mapToGlobal(self.emoji_button.rect().topRight()))

    def _want_members(self) -> None:
        create_task(self._load_members(), name="load members", owner=self)

    async def _load_members(self) -> None:
        try:
            loaded = await self._port.ask(LoadMembers(conversation_id=self._conversation_id))
        except CommandFailedError:
            return  # Nobody is offered; the name can be typed.
        if isinstance(loaded, MembersLoaded):
            self.completer.set_members(loaded.members)

    # What happens to the parts.

    def _connect(self) -> None:
        editor = self.editor
        editor.enter_sends = lambda: self._settings.settings.enter_sends
        editor.wants_escape = self._wants_escape
        editor.textChanged.connect(self._on_text_changed)
        editor.submitted.connect(self.send)
        editor.escaped.connect(self.stop_changing)
        editor.up_pressed.connect(self.edit_last_requested)
        editor.composing.connect(self._on_composing)
        editor.overfull.connect(self._on_overfull)
        editor.files_offered.connect(self.offer_files)
        editor.image_offered.connect(self.files.paste)
        self.files.files_chosen.connect(self.offer_files)
        self.files.caption_changed.connect(self._drafts.note_change)
        self.files.caption_used.connect(self._on_caption_used)
        self.files.caption_returned.connect(self._on_caption_returned)
        self.files.closed.connect(editor.setFocus)
        self.files.failed.connect(self.complain)
        self.completer.members_wanted.connect(self._want_members)
        self.strip.closed.connect(self.stop_changing)
        self.strip.pressed.connect(self._on_strip_pressed)
        self.attach_button.clicked.connect(lambda: self.files.open_menu(self.attach_button))
        self.send_button.clicked.connect(self.send)
        self.emoji_button.clicked.connect(self._pick_emoji)
        self.emoji_button.installEventFilter(self)
        language().changed.connect(self.retranslate)

    def _wants_escape(self) -> bool:
        return self.completer.is_open or self._edited is not None or self._answered is not None

    def _on_text_changed(self) -> None:
        self._complaint = ""
        self._update_state()
        self._drafts.note_change()
        if self._edited is None and self.text.strip():
            self._typing.note_key()
        else:
            self._typing.stop()

    def _on_composing(self) -> None:
        self._grow()
        if self.editor.is_composing and self._edited is None:
            self._typing.note_key()

    def _on_overfull(self, count: int) -> None:
        if count == 1:
            self.complain(translate("composer.full", max=limits.DRAFT_LENGTH_MAX))
        else:
            self.complain(translate("composer.overfull", count=count))


def _id_of(row: MessageRow | None) -> str:
    return "" if row is None else row.message_id


def _stored(conversation_id: ConversationId, loaded: DraftLoaded) -> SaveDraft:
    """Return what is stored, as it would be stored again."""
    return SaveDraft(
        conversation_id=conversation_id,
        text=loaded.text,
        reply_to=_id_of(loaded.reply),
        edit_of=_id_of(loaded.edit),
        edit_text=loaded.edit_text,
    )


def _draft_of(conversation_id: ConversationId, written: Written) -> SaveDraft:
    is_edit = written.edited is not None
    return SaveDraft(
        conversation_id=conversation_id,
        text="" if is_edit else written.text,
        reply_to=_id_of(written.answered),
        edit_of=_id_of(written.edited),
        edit_text=written.text if is_edit else "",
    )

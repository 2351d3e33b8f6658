"""Completes ``@name`` and ``:smile`` while one types, and remembers whom the text names."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QPoint, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleAnnouncementEvent,
    QImage,
    QKeyEvent,
    QTextCursor,
)

from desktop.events import Member, Profile
from desktop.ui.completion_list import Choice, CompletionList
from desktop.ui.completion_rules import (
    Person,
    Query,
    find_people,
    finished_short_name,
    mentioned,
    named_in,
    query_at,
    utf16_length,
)
from desktop.ui.editor import Editor
from desktop.ui.emoji import Emoji, complete_emoji, with_recent
from desktop.ui.settings import SettingsStore
from desktop.ui.translate import translate
from shared import limits
from shared.identifiers import AccountId

__all__ = ["Completer"]

_ENTER = (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab)
_STEPS = {Qt.Key.Key_Up: -1, Qt.Key.Key_Down: 1}


class Completer(QObject):
    """Watches an editor.

    Args:
        editor: Where is typed.
        settings: The skin tone, and what was used lately.
    """

    members_wanted = Signal()  # Somebody is about to be named, or a draft names somebody.

    def __init__(self, editor: Editor, settings: SettingsStore) -> None:
        super().__init__(editor)
        self.offers_people = False  # In groups.
        self.me = AccountId(0)
        self.remark_of: Callable[[AccountId], str] = lambda _account: ""
        self.image_of: Callable[[Profile], QImage | None] = lambda _profile: None
        self._editor = editor
        self._settings = settings
        self._members: Sequence[Member] = ()
        self._picked: dict[AccountId, str] = {}
        self._written: tuple[AccountId, ...] = ()  # Named in the text that was put back.
        self._query: Query | None = None
        self._declined: tuple[int, str] | None = None  # Where, and which sign; see `_decline`.
        self._list: CompletionList | None = None
        self._is_completing = False
        self._reads_names = False
        editor.textChanged.connect(self._on_text_changed)
        editor.cursorPositionChanged.connect(self._refresh)
        editor.composing.connect(self._refresh)
        editor.take_key = self._take_key

    @property
    def is_open(self) -> bool:
        """Whether something is offered."""
        return self._list is not None and self._list.is_open

    @property
    def shown(self) -> CompletionList | None:
        """The list, once something was offered."""
        return self._list

    def mentions(self, text: str) -> tuple[AccountId, ...]:
        """Return whom a text names, of those that were picked."""
        return mentioned(text, self._picked)

    def set_members(self, members: Sequence[Member]) -> None:
        """Take the members of the group as they are now."""
        self._members = members
        if self._reads_names:
            self._reads_names = False
            named = named_in(self._editor.text, self._people())
            names = {each.profile.account: each.profile.nickname for each in members}
            known = {each: names[each] for each in self._written if each in names}
            self._picked = named | known | self._picked
        self._refresh()

    def read_names(self, accounts: Sequence[AccountId] = ()) -> None:
        """Take the names in a text that was put back: of a draft, or of a message that changes.

        Args:
            accounts: Whom the message names, as far as that is known.
        """
        self._written = tuple(accounts)
        if self.offers_people and "@" in self._editor.text:
            self._reads_names = True
            self.members_wanted.emit()

    def forget(self) -> None:
        """The text is gone, and with it whom it named."""
        self._picked = {}
        self._decline_nothing()
        self.close()

    def close(self) -> None:
        """Offer nothing more for what is being typed."""
        if self._list is not None:
            self._list.hide()

    # What is typed.

    def _on_text_changed(self) -> None:
        if not self._is_completing:
            self._finish_short_name()
        self._refresh()

    def _before(self) -> str:
        """Return the line up to the cursor."""
        cursor = QTextCursor(self._editor.textCursor())
        if cursor.hasSelection() or self._editor.is_composing:
            return ""
        start = QTextCursor.MoveOperation.StartOfBlock
        cursor.movePosition(start, QTextCursor.MoveMode.KeepAnchor)
        return cursor.selectedText().rpartition("\u2028")[2]

    def _refresh(self) -> None:
        before = self._before()
        query = query_at(before) if self._editor.hasFocus() else None
        if query is not None and query.sign == "@" and not self.offers_people:
            query = None
        is_new = query is not None and (self._query is None or self._query.start != query.start)
        self._query = query
        if query is None:
            self._declined = None
        if query is None or self._declined == self._place(query):
            self.close()
            return
        if query.sign == "@" and is_new:
            self.members_wanted.emit()
        self._offer(query)

    def _place(self, query: Query) -> tuple[int, str]:
        return self._editor.textCursor().block().position() + query.start, query.sign

    def _decline_nothing(self) -> None:
        self._declined = None
        self._query = None

    # What is offered.

    def _people(self) -> list[Person]:
        return [
            Person(
                account=member.profile.account,
                nickname=member.profile.nickname,
                user_name=member.profile.user_name,
                remark=self.remark_of(member.profile.account),
            )
            for member in self._members
            if member.profile.account != self.me
        ]

    def _offer(self, query: Query) -> None:
        choices = self._choices(query)
        if not choices and self._list is None:
            return
        name = translate("complete.people" if query.sign == "@" else "complete.emoji")
        host = self._editor.parentWidget() or self._editor
        corner = host.mapToGlobal(QPoint(12, -4))
        self._made_list().offer(choices, corner, name=name, width=host.width() - 24)

    def _choices(self, query: Query) -> list[Choice]:
        if query.sign == "@":
            profiles = {member.profile.account: member.profile for member in self._members}
            found = find_people(self._people(), query.text, limits.COMPLETIONS_MAX)
            return [_choice(person, profiles[person.account]) for person in found]
        tone = self._settings.settings.skin_tone
        return [
            Choice(
                value=emoji,
                title=f":{emoji.short_name}:",
                detail=emoji.name,
                sign=emoji.toned(tone),
            )
            for emoji in complete_emoji(query.text, limits.COMPLETIONS_MAX)
        ]

    def _made_list(self) -> CompletionList:
        """Return the list, made when it is first needed; the editor may have moved elsewhere."""
        if self._list is None or self._list.parentWidget() is not self._editor.window():
            self._list = CompletionList(self._editor)
            self._list.chosen.connect(self._complete)
            self._list.marked.connect(self._announce)
            self.destroyed.connect(self._list.deleteLater)
        self._list.image_of = self.image_of
        return self._list

    def _announce(self, words: str) -> None:
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(self._editor, words))

    # What is taken.

    def _take_key(self, event: QKeyEvent) -> bool:
        """Let the keys mean the list while it is open."""
        shown = self._list
        if shown is None or not shown.is_open or self._editor.is_composing:
            return False
        is_plain = not event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
        if event.key() in _STEPS and is_plain:
            shown.step(_STEPS[Qt.Key(event.key())])
        elif event.key() in _ENTER and is_plain:
            shown.take()
        elif event.key() == Qt.Key.Key_Escape:
            self._decline()
        else:
            return False
        return True

    def _decline(self) -> None:
        """What is typed is meant as it is: nothing is offered for it again."""
        if self._query is not None:
            self._declined = self._place(self._query)
        self.close()

    def _complete(self, value: object) -> None:
        query = self._query
        if query is None:
            return
        if isinstance(value, Emoji):
            self._replace(query.length, self._used(value))
        elif isinstance(value, Person):
            self._picked[value.account] = value.nickname
            self._declined = self._place(query)  # A longer name may begin like this one.
            self._replace(query.length, f"@{value.nickname} ")

    def _finish_short_name(self) -> None:
        """Turn ``:smile:`` into its sign as soon as the second colon is there."""
        name, length = finished_short_name(self._before())
        for emoji in complete_emoji(name, 1) if name else ():
            if name in emoji.short_names.split():
                self._replace(length, self._used(emoji))

    def _used(self, emoji: Emoji) -> str:
        settings = self._settings.settings
        sign = emoji.toned(settings.skin_tone)
        recent = with_recent(settings.recent_emoji, sign, count=limits.EMOJI_RECENT_MAX)
        self._settings.change(recent_emoji=recent)
        return sign

    def _replace(self, length: int, text: str) -> None:
        """Put a text where the last so many code points before the cursor are; one undo step."""
        before = self._before()
        cursor = self._editor.textCursor()
        start = cursor.position() - utf16_length(before[len(before) - length :])
        self._is_completing = True
        cursor.beginEditBlock()
        cursor.setPosition(start, QTextCursor.MoveMode.KeepAnchor)
        cursor.insertText(text)
        cursor.endEditBlock()
        self._editor.setTextCursor(cursor)
        self._is_completing = False
        self.close()


def _choice(person: Person, profile: Profile) -> Choice:
    detail = f"@{person.user_name}"
    if person.remark and person.remark != person.nickname:
        # The text will say the nickname: others do not know the remark.
        detail = f"{person.nickname} · {detail}"
    return Choice(
        value=person, title=person.remark or person.nickname, detail=detail, profile=profile
    )

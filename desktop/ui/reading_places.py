"""Remembers where somebody stopped reading, conversation by conversation, over restarts."""

from __future__ import annotations

from collections import OrderedDict

from desktop.models.reading_place import ReadingPlace
from desktop.ui.settings import SettingsStore
from shared import limits
from shared.identifiers import ConversationId

__all__ = ["ReadingPlaces"]


class ReadingPlaces:
    """At most `limits.READING_PLACES_MAX` places; those at the end of a conversation need none.

    Args:
        settings: Where they are stored.
    """

    def __init__(self, settings: SettingsStore) -> None:
        self._settings = settings
        self._places = OrderedDict(settings.settings.places)

    def find(self, conversation_id: ConversationId) -> ReadingPlace | None:
        """Return where a conversation was left; `None`: at its end, or it is not known."""
        return self._places.get(conversation_id)

    def keep(self, conversation_id: ConversationId, place: ReadingPlace | None) -> None:
        """Remember where a conversation is left."""
        self._places.pop(conversation_id, None)
        if place is not None:
            self._places[conversation_id] = place
        while len(self._places) > limits.READING_PLACES_MAX:
            self._places.popitem(last=False)

    def store(self) -> None:
        """Write the places down."""
        self._settings.change(places=tuple(self._places.items()))

    def clear(self) -> None:
        """Forget them all: they belong to an account that is not here any more."""
        self._places.clear()
        self.store()

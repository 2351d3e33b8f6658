"""Epoch records: fetched where this device was absent, added where the account's do not open."""

from __future__ import annotations

import logging

import msgspec

from desktop.engine.alarms import Alarms, Finding
from desktop.engine.context import EngineContext
from desktop.engine.errors import ServerRefusedError
from desktop.engine.group_states import GroupStates
from desktop.engine.rosters import Rosters
from shared.e2ee.epoch_records import open_record, seal_record
from shared.entries import Entry
from shared.errors import Code, SealError
from shared.rest import EpochRecord, RecordList
from shared.rest_groups import RecordAddition

__all__ = ["EpochKeys"]

logger = logging.getLogger(__name__)

_PAGE = 200


class EpochKeys:
    """What opens the epochs of all conversations."""

    def __init__(
        self, context: EngineContext, states: GroupStates, rosters: Rosters, alarms: Alarms
    ) -> None:
        self._context = context
        self._states = states
        self._rosters = rosters
        self._alarms = alarms
        self._checked: dict[int, int] = {}  # Conversation → newest parent whose records opened.

    async def fetch(self, conversation_id: int, parents: set[int]) -> None:
        """Fetch the records of these epochs, the newest first, and keep those that hold.

        Raises:
            MimError: As `HttpClient.call`.
        """
        wanted = set(parents)
        before = max(wanted) + 1 if wanted else 0
        while wanted:
            page = await self._page(conversation_id, before)
            for record in page:
                if record.parent in parents:
                    await self._keep(conversation_id, record)
            wanted = {parent for parent in wanted if parent < _last(page)}
            if len(page) < _PAGE:
                return
            before = _last(page)

    async def complement(self, conversation_id: int) -> None:
        """See to it that the own account can open the newest epoch later, on another device.

        Raises:
            MimError: As `HttpClient.call`.
        """
        log = self._states.log(conversation_id)
        if log is None or not log.document.has_history:
            return
        parent = log.sequence
        own = self._context.storage.records.own(conversation_id, parent)
        if own is None or self._checked.get(conversation_id, 0) >= parent:
            return
        page = await self._page(conversation_id, parent + 1)
        kept = [self._opened(conversation_id, each) for each in page if each.parent == parent]
        if any(record not in (own, None) for record in kept):
            entry = await self._rosters.handshake(conversation_id, parent)
            self._note_wrong(conversation_id, entry)
        if own not in kept:
            logger.warning("no record opens epoch %d of %d", parent, conversation_id)
            await self._add(conversation_id, parent, own)
        self._checked[conversation_id] = parent

    def _opened(self, conversation_id: int, record: EpochRecord) -> bytes | None:
        try:
            return open_record(
                record.record,
                conversation_id=conversation_id,
                archives=self._context.me().archives,
                handshake=None,
            )
        except SealError:
            return None  # Sealed to a key that has not come here yet, perhaps.

    def _note_wrong(self, conversation_id: int, entry: Entry) -> None:
        """Tell that somebody sealed another epoch's secrets to this account than its own state has.

        Anybody may seal something to a public key, so it is not known who; and what was sealed
        stays with this account, so the proof has the handshake alone.
        """
        self._alarms.raise_alarm(
            Finding.WRONG_RECORD,
            conversation_id=conversation_id,
            blamed="unclear",
            sequence=entry.sequence,
            account=entry.account,
            evidence=self._alarms.exhibits.noted(conversation_id, entry.sequence),
        )

    async def _add(self, conversation_id: int, parent: int, own: bytes) -> None:
        _, archive = self._context.me().archives[-1]
        sealed = seal_record(
            own,
            conversation_id=conversation_id,
            archive_key=archive.public,
            random=self._context.random,
        )
        path = f"/v1/conversations/{conversation_id}/records"
        body = RecordAddition(parent=parent, record=sealed)
        try:
            await self._context.http.call("POST", path, msgspec.json.encode(body))
        except ServerRefusedError as error:
            if error.code not in (Code.EXISTS, Code.TOO_LARGE):
                raise
            logger.info("the record of epoch %d is not taken: %s", parent, error.code)

    async def _keep(self, conversation_id: int, record: EpochRecord) -> None:
        handshake = await self._rosters.handshake(conversation_id, record.parent)
        try:
            opened = open_record(
                record.record,
                conversation_id=conversation_id,
                archives=self._context.me().archives,
                handshake=handshake,
            )
        except SealError:
            logger.info("a record of epoch %d does not open", record.parent)
            if self._opened(conversation_id, record) is not None:
                self._note_wrong(conversation_id, handshake)
            return
        assert handshake.document_hash is not None
        try:
            await self._rosters.document(conversation_id, handshake.document_hash)
        except SealError:
            logger.info("the roster of epoch %d is not what it was", record.parent)
            return
        self._context.storage.records.add(conversation_id, record.parent, opened, is_own=False)

    async def _page(self, conversation_id: int, before: int) -> list[EpochRecord]:
        path = f"/v1/conversations/{conversation_id}/records"
        answer = await self._context.http.get(path, RecordList, before=before, limit=_PAGE)
        return answer.records


def _last(page: list[EpochRecord]) -> int:
    return min((record.parent for record in page), default=0)

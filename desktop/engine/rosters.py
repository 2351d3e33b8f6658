"""Fetching what everybody may know of a conversation: documents, and states to follow from."""

from __future__ import annotations

import logging

from desktop.engine.alarms import Alarms, Finding
from desktop.engine.context import EngineContext
from desktop.engine.group_states import GroupStates
from desktop.engine.peer_keys import PeerKeys
from desktop.storage.group_store import Verdict
from shared.e2ee.evidence import OtherTag, Run, skeletons
from shared.e2ee.handshakes import LogState, check_creation, follow, is_made_by, may_be_made_by
from shared.entries import Entry, EntryKind
from shared.errors import Code, LocalError, PeerError, SealError
from shared.rest import EntryPage
from shared.rest_groups import GroupInfoList, PublicState
from shared.roster import ConversationKind, RosterDocument, decode_document, hash_document

__all__ = ["Rosters"]

logger = logging.getLogger(__name__)


class Rosters:
    """Documents by hash, handshakes by sequence, and the states that members signed."""

    def __init__(
        self, context: EngineContext, states: GroupStates, keys: PeerKeys, alarms: Alarms
    ) -> None:
        self._context = context
        self._states = states
        self._keys = keys
        self._alarms = alarms

    async def document(self, conversation_id: int, document_hash: bytes) -> bytes:
        """Return a roster document, fetched if it is not here.

        Raises:
            PeerError: ``bad_hash``: the server gave another one.
            ServerRefusedError, TransportError: As `HttpClient.call`.
        """
        groups = self._context.storage.groups
        known = groups.document(document_hash)
        if known is not None:
            return known
        path = f"/v1/conversations/{conversation_id}/documents/{document_hash.hex()}"
        data = await self._context.http.call("GET", path)
        if hash_document(data) != document_hash:
            raise PeerError(Code.BAD_HASH, "The server gave another roster than was asked for.")
        decode_document(data)
        groups.save_document(document_hash, data)
        return data

    async def handshake(self, conversation_id: int, sequence: int) -> Entry:
        """Return a handshake of the log, fetched if it is not here.

        Raises:
            PeerError: If the server has another entry there.
            ServerRefusedError, TransportError: As `HttpClient.call`.
        """
        entry = self._context.storage.messages.entry(conversation_id, sequence)
        if entry is None:
            page = await self._page(conversation_id, sequence)
            entry = next((each for each in page.entries if each.sequence == sequence), None)
        if (
            entry is None
            or entry.kind is not EntryKind.HANDSHAKE
            or entry.conversation_id != conversation_id
        ):
            raise PeerError(Code.MALFORMED, "The server has no such handshake.")
        return entry

    async def public_states(self, conversation_id: int) -> list[PublicState]:
        """Return the newest states that committers signed, the newest first."""
        path = f"/v1/conversations/{conversation_id}/group-infos"
        answer = await self._context.http.get(path, GroupInfoList)
        return sorted(answer.states, key=lambda state: -state.sequence)

    async def state_of(self, conversation_id: int, public: PublicState) -> LogState:
        """Return what a committer signed, after all checks of a newcomer.

        Raises:
            SealError: If it does not hold.
            MimError: As `document`.
        """
        document = await self.document(conversation_id, public.document_hash)
        state = LogState.start(public.group_info, public.tree, document, public.sequence)
        if state.document.conversation_id != conversation_id:
            raise SealError("The roster is another conversation's.")
        return state

    async def start(self, conversation_id: int) -> bool:
        """Begin to follow a log at the newest state that holds; return whether there is one.

        Raises:
            MimError: As `document`.
        """
        publics = await self.public_states(conversation_id)
        newest = max((public.sequence for public in publics), default=0)
        for public in publics:
            try:
                state, entry = await self._checked(conversation_id, public, publics)
            except SealError as error:
                logger.warning("state %d of %d: %s", public.sequence, conversation_id, error)
                continue
            self._begin(conversation_id, state, entry, followed=newest)
            return True
        return False

    def _begin(self, conversation_id: int, state: LogState, entry: Entry, *, followed: int) -> None:
        storage = self._context.storage
        verdict = Verdict(
            sequence=state.sequence,
            is_valid=True,
            epoch=state.view.epoch,
            document_hash=state.document_hash,
            changes_roster=False,
        )
        with storage.database.transaction():
            if storage.groups.log(conversation_id) is not None:
                return  # Begun otherwise meanwhile.
            # Those after it that are listed were found not to hold: skipped by everybody.
            self._states.save_log(
                conversation_id,
                state,
                started=state.sequence,
                followed=followed,
                epoch_at_ms=entry.received_at_ms,
            )
            known = storage.groups.verdict(conversation_id, state.sequence)
            if known is None:
                storage.groups.save_verdict(conversation_id, verdict)

    async def _checked(
        self, conversation_id: int, public: PublicState, publics: list[PublicState]
    ) -> tuple[LogState, Entry]:
        state = await self.state_of(conversation_id, public)
        entry = await self.handshake(conversation_id, public.sequence)
        if state.sequence == 1:
            check_creation(state, entry)
        elif not is_made_by(state, entry):
            if not may_be_made_by(state, entry):
                await self._note_stale(conversation_id, entry, public)
                raise SealError("The signed state is of another epoch.")
            # The signed state counts: what the log says was changed on the way.
            self._alarms.raise_alarm(
                Finding.FORGED_HANDSHAKE,
                conversation_id=conversation_id,
                blamed="server",
                sequence=entry.sequence,
                account=entry.account,
                evidence=await self.other_tag(entry, public),
            )
        else:
            await self._check_parent(conversation_id, state, entry, publics)
        await self._check_pins(state.document)
        return state, entry

    async def _note_stale(self, conversation_id: int, entry: Entry, public: PublicState) -> None:
        noted = self._alarms.exhibits.noted(conversation_id, entry.sequence)
        self._alarms.raise_alarm(
            Finding.STALE_GROUP_INFO,
            conversation_id=conversation_id,
            blamed="server",
            sequence=entry.sequence,
            account=entry.account,
            evidence=await self.other_tag(entry, public) or noted,
        )

    async def other_tag(self, entry: Entry, public: PublicState) -> OtherTag | None:
        """Return what shows that a handshake leads elsewhere than its committer signed.

        Raises:
            MimError: As `document`.
        """
        exhibits, conversation_id = self._alarms.exhibits, entry.conversation_id
        run = exhibits.run(conversation_id, entry.sequence, entry.sequence)
        if run is None:
            page = await self._page(conversation_id, entry.sequence)
            run = Run(chain_before=page.chain_before, entries=skeletons([entry]))
        document = await self.document(conversation_id, public.document_hash)
        return exhibits.other_tag(run, entry, public, document)

    async def _page(self, conversation_id: int, sequence: int) -> EntryPage:
        path = f"/v1/conversations/{conversation_id}/entries"
        return await self._context.http.get(path, EntryPage, after=sequence - 1, limit=1)

    async def _check_parent(
        self, conversation_id: int, state: LogState, entry: Entry, publics: list[PublicState]
    ) -> None:
        """Follow the handshake from its parent's state, if that is listed."""
        parent = next((each for each in publics if each.sequence == entry.parent), None)
        if parent is None:
            return
        before = await self.state_of(conversation_id, parent)
        assert entry.document_hash is not None
        document = await self.document(conversation_id, entry.document_hash)
        try:
            after = follow(before, entry, document).state
        except LocalError as error:
            raise SealError("The handshake does not follow its parent.") from error
        if after.view.state() != state.view.state():
            raise SealError("The signed state is not what its handshake leads to.")

    async def _check_pins(self, document: RosterDocument) -> None:
        """Check that the roster names the roots that are known here."""
        for member in document.members:
            if document.kind is not ConversationKind.GROUP:
                await self._keys.need(member.account)
            pinned = self._keys.pinned_root(member.account)
            if pinned is not None and pinned != member.root_key:
                raise SealError("The roster names another root than the one known.")

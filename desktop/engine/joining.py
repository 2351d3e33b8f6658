"""Coming into a conversation with a leaf of one's own: by a Welcome, or by oneself."""

from __future__ import annotations

import logging

from desktop.engine.alarms import Alarms, Finding
from desktop.engine.context import EngineContext
from desktop.engine.errors import ServerRefusedError
from desktop.engine.following import Following
from desktop.engine.group_states import GroupStates
from desktop.engine.prekeys import Prekeys, mls_keys
from desktop.engine.rosters import Rosters
from desktop.storage.group_store import Verdict
from shared.e2ee.facade import Conversation, Prekey
from shared.e2ee.handshakes import LogState, is_made_by, roster_policy
from shared.entries import Entry
from shared.errors import Code, PeerError, SealError
from shared.rest_groups import PublicState, WelcomeInfo
from shared.roster import decode_document

__all__ = ["Joining"]

logger = logging.getLogger(__name__)


class Joining:
    """Takes Welcomes, and finds the state to join on where there is none."""

    def __init__(
        self,
        context: EngineContext,
        states: GroupStates,
        rosters: Rosters,
        following: Following,
        prekeys: Prekeys,
        alarms: Alarms,
    ) -> None:
        self._context = context
        self._states = states
        self._rosters = rosters
        self._following = following
        self._prekeys = prekeys
        self._alarms = alarms

    async def by_welcome(self, conversation_id: int) -> bool:
        """Join by the newest Welcome for this device; return whether that has worked.

        Raises:
            MimError: If the server cannot be asked.
        """
        path = f"/v1/conversations/{conversation_id}/welcome"
        try:
            info = await self._context.http.get(path, WelcomeInfo)
        except ServerRefusedError as error:
            if error.code is Code.NOT_FOUND:
                return False
            raise
        prekey = self._prekeys.find(info.welcome)
        is_in = prekey is not None and await self._take(conversation_id, info, prekey)
        await self._context.http.call("DELETE", path)
        return is_in

    async def _take(self, conversation_id: int, info: WelcomeInfo, prekey: Prekey) -> bool:
        conversation = self._context.storage.conversations.get(conversation_id)
        if conversation is None or not conversation.floor < info.sequence <= conversation.have:
            return False  # What came after it is not all here: joining by oneself is quicker.
        entry = await self._rosters.handshake(conversation_id, info.sequence)
        if entry.document_hash is None:
            return False
        document = await self._rosters.document(conversation_id, entry.document_hash)
        try:
            group = Conversation.join(
                info.welcome,
                prekey,
                mls_keys(self._context.me()),
                tree=info.tree,
                policy=roster_policy(decode_document(document)),
            )
            state = LogState.of(group.bystander, document, info.sequence)
            if not is_made_by(state, entry):
                raise SealError("The Welcome leads elsewhere than the handshake.")
        except SealError as error:
            logger.warning("the Welcome to %d does not hold: %s", conversation_id, error)
            return False
        return self._settle(conversation_id, state, group, entry, prekey)

    def _settle(
        self,
        conversation_id: int,
        state: LogState,
        group: Conversation,
        entry: Entry,
        prekey: Prekey,
    ) -> bool:
        storage = self._context.storage
        known = storage.groups.verdict(conversation_id, state.sequence)
        if known is not None and not known.is_valid:
            return False  # Everybody skipped the handshake that would have let us in.
        stored = storage.groups.log(conversation_id)
        started = state.sequence if stored is None else min(stored.started, state.sequence)
        with storage.database.transaction():
            self._states.save_log(
                conversation_id,
                state,
                started=started,
                followed=state.sequence,
                epoch_at_ms=entry.received_at_ms,
            )
            storage.groups.save_verdict(
                conversation_id,
                Verdict(
                    sequence=state.sequence,
                    is_valid=True,
                    epoch=state.view.epoch,
                    document_hash=state.document_hash,
                    changes_roster=known is not None and known.changes_roster,
                ),
            )
            self._states.save_group(conversation_id, group, sequence=state.sequence)
            storage.records.add(conversation_id, state.sequence, group.epoch_record(), is_own=True)
            self._prekeys.used(prekey)
            conversation = storage.conversations.get(conversation_id)
            assert conversation is not None
            # What came after the Welcome, judged with this device's own state too.
            self._following.follow(conversation_id, last=conversation.have)
        return storage.groups.is_live(conversation_id)

    async def public_state(self, conversation_id: int, log: LogState) -> PublicState:
        """Return what to join on by oneself: the signed state of the newest valid handshake.

        Raises:
            PeerError: If the server has none, or shows another one than the log leads to.
            MimError: If the server cannot be asked.
        """
        publics = await self._rosters.public_states(conversation_id)
        public = next((each for each in publics if each.sequence == log.sequence), None)
        if public is None:
            raise PeerError(Code.NOT_FOUND, "There is no signed state to join on.")
        state = await self._rosters.state_of(conversation_id, public)
        if not is_same_state(state, log):
            entry = await self._rosters.handshake(conversation_id, log.sequence)
            noted = self._alarms.exhibits.noted(conversation_id, log.sequence)
            self._alarms.raise_alarm(
                Finding.STALE_GROUP_INFO,
                conversation_id=conversation_id,
                blamed="server",
                sequence=log.sequence,
                account=entry.account,
                evidence=await self._rosters.other_tag(entry, public) or noted,
            )
            if not is_older(state, log):
                # What a member has signed counts more than what the server calls its log.
                self._states.drop_log(conversation_id)
                await self._rosters.start(conversation_id)
            raise PeerError(Code.STALE, "The signed state is another one than the log leads to.")
        return public


def is_same_state(state: LogState, log: LogState) -> bool:
    """Whether a signed state is the very one that a log leads to."""
    return state.view.state() == log.view.state()


def is_older(state: LogState, log: LogState) -> bool:
    """Whether a signed state is of an epoch before the one that a log leads to.

    Then it is no other reading of the same handshake, but an old one brought back: whoever went by
    it would seal to those who have gone since.
    """
    return state.view.epoch < log.view.epoch

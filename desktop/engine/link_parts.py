"""The parts of an engine that a link hands its frames to."""

from __future__ import annotations

from dataclasses import dataclass

from desktop.engine.account_commands import AccountCommands
from desktop.engine.alarms import Alarms
from desktop.engine.changes import Changes
from desktop.engine.contacts import Contacts
from desktop.engine.conversations import Conversations
from desktop.engine.earlier_times import EarlierTimes
from desktop.engine.epoch_keys import EpochKeys
from desktop.engine.fading import Fading
from desktop.engine.following import Following
from desktop.engine.group_commands import GroupCommands
from desktop.engine.group_states import GroupStates
from desktop.engine.memberships import Memberships
from desktop.engine.peer_keys import PeerKeys
from desktop.engine.preferences import Preferences
from desktop.engine.prekeys import Prekeys
from desktop.engine.profiles import Profiles
from desktop.engine.rosters import Rosters
from desktop.engine.sealing import Sealing
from desktop.engine.signed_heads import SignedHeads
from desktop.engine.timeline import Timeline
from desktop.engine.typing_state import TypingState

__all__ = ["LinkParts"]


@dataclass(frozen=True, slots=True, repr=False)
class LinkParts:
    """What a link hands its frames to."""

    account_commands: AccountCommands
    alarms: Alarms
    changes: Changes
    contacts: Contacts
    conversations: Conversations
    earlier: EarlierTimes
    epoch_keys: EpochKeys
    fading: Fading
    following: Following
    group_commands: GroupCommands
    heads: SignedHeads
    keys: PeerKeys
    memberships: Memberships
    preferences: Preferences
    prekeys: Prekeys
    profiles: Profiles
    rosters: Rosters
    sealing: Sealing
    states: GroupStates
    timeline: Timeline
    typing: TypingState
    confirmed: dict[int, int]  # Conversation → newest confirm the server has noted.

"""From what is wanted to one commit: intents, warrants that wait, and leaves that should go."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field

from desktop.engine.context import EngineContext
from desktop.engine.errors import ServerRefusedError
from desktop.engine.peer_keys import PeerKeys
from desktop.engine.prekeys import Prekeys
from desktop.engine.requests import Draft
from desktop.storage.intent_store import (
    AddAccounts,
    AdmitJoin,
    CarryOut,
    DropDevices,
    Join,
    RemoveAccount,
    ReplaceRoot,
    Rotate,
    SetHistoryKept,
    SetMemberRole,
    StoredIntent,
    Warranted,
)
from shared import limits
from shared.e2ee.handshakes import LogState
from shared.e2ee.warrants import is_signed
from shared.errors import Code, LocalError, RefusedError
from shared.rest_groups import WarrantList
from shared.roster import (
    ArchiveWarrant,
    InviteWarrant,
    LeaveWarrant,
    RevokeWarrant,
    Role,
    RosterDocument,
    Warrant,
)
from shared.roster_rules import RosterDraft, check_change, check_warrant, member_of

__all__ = ["Plan", "Planner"]

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Plan:
    """What one commit is to do; ``void`` are intents that nobody can carry out, and why."""

    log: LogState
    roster: RosterDraft
    add: list[bytes] = field(default_factory=list)
    added_devices: list[int] = field(default_factory=list)
    remove: set[int] = field(default_factory=set)
    intents: list[int] = field(default_factory=list)
    done: list[int] = field(default_factory=list)
    void: dict[int, RefusedError] = field(default_factory=dict)
    rotates: bool = False

    @property
    def after(self) -> RosterDocument | None:
        """The next document; ``None`` if nothing of it changes."""
        before, after = self.roster.before, self.roster.document()
        same = (
            after.members == before.members
            and after.barred_devices == before.barred_devices
            and after.has_history is before.has_history
            and after.invites_since == before.invites_since
        )
        return None if same else after

    @property
    def is_empty(self) -> bool:
        """Whether no commit is needed."""
        return not (self.add or self.remove or self.rotates or self.after is not None)

    def draft(self) -> Draft:
        """Return what to make the commit of."""
        return Draft(
            before=self.log,
            after=self.after,
            add=tuple(self.add),
            added_devices=tuple(self.added_devices),
            remove=tuple(sorted(self.remove)),
            intents=tuple(self.intents),
        )


class Planner:
    """Makes plans from what is stored and what waits on the server."""

    def __init__(self, context: EngineContext, keys: PeerKeys, prekeys: Prekeys) -> None:
        self._context = context
        self._keys = keys
        self._prekeys = prekeys

    async def plan(self, conversation_id: int, log: LogState, intents: list[StoredIntent]) -> Plan:
        """Return what the next commit is to do.

        Raises:
            MimError: If keys or packages cannot be had.
        """
        plan = Plan(log=log, roster=RosterDraft.of(log.document))
        # Who goes, goes before others come: nobody is added next to a device that was ended.
        for stored in sorted(intents, key=_rank):
            await self._add(plan, stored)
        await self._carry_out_waiting(conversation_id, plan)
        self._bar_ended(plan)
        self._drop_leaves(conversation_id, plan)
        self._check(plan)
        return plan

    def lacks_bar(self, roster: RosterDocument) -> bool:
        """Whether a roster does not bar all devices that this one has ended for its account."""
        return bool(self._missing(roster))

    def _missing(self, roster: RosterDocument) -> list[RevokeWarrant]:
        """Return what this device has signed with the root, and a newer conversation never heard.

        The server knows that those devices were ended; who is in league with it does not care.
        """
        own = self._context.me().account
        room = limits.BARRED_DEVICES_MAX - len(roster.barred_devices)
        warrants = self._context.storage.document.warrants()
        if member_of(roster, own) is None or not warrants:
            return []
        missing = [
            each
            for each in warrants
            if isinstance(each, RevokeWarrant)
            and each.account == own
            and each.device_id not in roster.barred_devices
        ]
        return missing[:room]

    def _bar_ended(self, plan: Plan) -> None:
        for warrant in self._missing(plan.roster.document()):
            before = plan.roster
            try:
                self._carry_out(plan, warrant)
            except (RefusedError, LocalError) as error:
                plan.roster = before
                logger.info("an own warrant is void: %s", error)

    async def _add(self, plan: Plan, stored: StoredIntent) -> None:
        before, intent = plan.roster, stored.intent
        try:
            match intent:
                case Join():
                    plan.done.append(stored.intent_id)
                    return
                case Rotate(after=after):
                    plan.rotates |= plan.log.sequence <= after
                    if plan.log.sequence > after:
                        plan.done.append(stored.intent_id)
                        return
                case AddAccounts(accounts=accounts, claim_id=claim_id):
                    await self._add_accounts(plan, accounts, claim_id)
                case AdmitJoin(warrant=warrant, claim_id=claim_id):
                    await self._admit(plan, warrant, claim_id)
                case RemoveAccount(account=account):
                    if member_of(plan.roster.document(), account) is not None:
                        plan.roster = plan.roster.without_member(account)
                        plan.remove.update(plan.log.leaves_of(account=account))
                case SetMemberRole(account=account, role=role):
                    plan.roster = plan.roster.with_role(account, Role(role))
                case SetHistoryKept(has_history=has_history):
                    plan.roster = plan.roster.with_history(has_history)
                case ReplaceRoot(account=account, claim_id=claim_id):
                    await self._replace_root(plan, account, claim_id)
                case DropDevices(devices=devices):
                    self._drop_devices(plan, devices)
                case CarryOut():
                    pass  # As every commit does.
                case Warranted(warrants=warrants):
                    for own in warrants:
                        self._carry_out(plan, own)
        except (RefusedError, LocalError) as error:
            plan.roster = before
            refused = error if isinstance(error, RefusedError) else None
            plan.void[stored.intent_id] = refused or RefusedError(Code.NOT_MEMBER, str(error))
            return
        plan.intents.append(stored.intent_id)

    async def _add_accounts(self, plan: Plan, accounts: tuple[int, ...], claim_id: bytes) -> None:
        document = plan.roster.document()
        new = [account for account in accounts if member_of(document, account) is None]
        if not new:
            return
        members = [each.member(role=Role.MEMBER) for each in await self._keys.fetch_all(new)]
        await self._claim(plan, claim_id, new)
        plan.roster = plan.roster.with_members(members)

    async def _admit(self, plan: Plan, warrant: InviteWarrant, claim_id: bytes) -> None:
        if member_of(plan.roster.document(), warrant.account) is not None:
            return
        check_warrant(
            plan.roster.before,
            warrant,
            received_at_ms=self._context.server_time().at_ms,
            verify=is_signed,
        )
        known = await self._keys.fetch(warrant.account)
        if known.root_key != warrant.root_key:
            raise RefusedError(Code.BAD_INVITE, "The invitation names another root.")
        await self._claim(plan, claim_id, [warrant.account])
        plan.roster = plan.roster.with_members([known.member(role=Role.MEMBER)], warrants=[warrant])

    async def _replace_root(self, plan: Plan, account: int, claim_id: bytes) -> None:
        known = await self._keys.need(account)
        member = member_of(plan.roster.document(), account)
        if member is None or member.root_key == known.root_key:
            return
        await self._claim(plan, claim_id, [account])
        plan.roster = plan.roster.with_root(
            account,
            known.root_key,
            archive_number=known.archive.number,
            archive_key=known.archive.key,
        )
        plan.remove.update(plan.log.leaves_of(account=account))

    async def _claim(self, plan: Plan, claim_id: bytes, accounts: list[int]) -> None:
        room = limits.ADDED_DEVICES_MAX - len(plan.add)
        for each in (await self._prekeys.claim(claim_id, accounts))[:room]:
            plan.add.append(each.package)
            plan.added_devices.append(each.device_id)

    async def _carry_out_waiting(self, conversation_id: int, plan: Plan) -> None:
        """Do what accounts have signed that no commit has carried out yet."""
        path = f"/v1/conversations/{conversation_id}/warrants"
        try:
            waiting = await self._context.http.get(path, WarrantList)
        except ServerRefusedError as error:
            logger.info("no warrants of %d: %s", conversation_id, error.code)
            return
        for warrant in waiting.warrants:
            before = plan.roster
            try:
                self._carry_out(plan, warrant)
            except (RefusedError, LocalError) as error:
                plan.roster = before
                logger.info("a warrant in %d is void: %s", conversation_id, error)

    def _carry_out(self, plan: Plan, warrant: Warrant) -> None:
        if warrant in plan.roster.warrants or warrant.account == self._own_leave(warrant):
            return
        now_ms = self._context.server_time().at_ms
        if isinstance(warrant, LeaveWarrant | RevokeWarrant | ArchiveWarrant):
            check_warrant(plan.roster.before, warrant, received_at_ms=now_ms, verify=is_signed)
        match warrant:
            case LeaveWarrant(account=account):
                plan.roster = plan.roster.without_member(account, warrants=[warrant])
                plan.remove.update(plan.log.leaves_of(account=account))
            case RevokeWarrant(account=account, device_id=device_id):
                plan.roster = plan.roster.with_barred(warrant)
                plan.remove.update(plan.log.leaves_of(account=account, device=device_id))
            case ArchiveWarrant():
                plan.roster = plan.roster.with_archive(warrant)
            case InviteWarrant():
                pass  # Carried out for a join request.

    def _own_leave(self, warrant: Warrant) -> int:
        """Nobody removes oneself: the own wish to leave is for others to carry out."""
        return self._context.me().account if isinstance(warrant, LeaveWarrant) else 0

    def _drop_devices(self, plan: Plan, devices: tuple[int, ...]) -> None:
        for leaf, credential in plan.log.credentials.items():
            if credential.device_id in devices:
                plan.remove.add(leaf)

    def _drop_leaves(self, conversation_id: int, plan: Plan) -> None:
        """Let the leaves go of devices that their owners have ended, or that are long gone.

        Every device renews its leaf each month while it is used. Who has not for three keeps old
        secrets alive for all; it comes in again by itself when it is back.
        """
        own = self._context.me().device.device_id
        for leaf, credential in plan.log.credentials.items():
            known = self._keys.known(credential.account)
            is_ended = known is not None and credential.device_id in known.revoked
            is_own = credential.device_id == own
            if not is_own and (is_ended or self._is_stale(conversation_id, credential.device_id)):
                plan.remove.add(leaf)
        own_leaves = plan.log.leaves_of(account=self._context.me().account, device=own)
        plan.remove.difference_update(own_leaves)

    def _is_stale(self, conversation_id: int, device: int) -> bool:
        """Whether a leaf was not renewed for long; one that was not seen before counts from now."""
        groups, now_ms = self._context.storage.groups, self._context.server_time().at_ms
        renewed_at_ms = groups.leaf_renewed_at_ms(conversation_id, device)
        if renewed_at_ms is None:
            groups.note_leaf(conversation_id, device, now_ms)
            return False
        return now_ms - renewed_at_ms >= limits.LEAF_STALE_MS

    def _check(self, plan: Plan) -> None:
        """Leave out what the rules do not allow, so that the rest goes through."""
        after = plan.after
        if after is None:
            return
        try:
            check_change(
                plan.log.document,
                after,
                by=self._context.me().account,
                received_at_ms=self._context.server_time().at_ms,
                verify=is_signed,
            )
        except RefusedError as error:
            for intent_id in plan.intents:
                plan.void[intent_id] = error
            plan.intents.clear()
            plan.roster = RosterDraft.of(plan.log.document)
            plan.add.clear()
            plan.added_devices.clear()
            plan.remove.clear()


def _rank(stored: StoredIntent) -> tuple[int, int]:
    match stored.intent:
        case Warranted() | DropDevices() | CarryOut() | RemoveAccount():
            return 0, stored.intent_id
        case Rotate():
            return 2, stored.intent_id
        case _:
            return 1, stored.intent_id

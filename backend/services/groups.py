"""Groups: leaving, what waits for a commit, and asking to come in.

The server carries nothing out by itself: it keeps what was signed, tells those who may, and
forgets it once a commit has done it.
"""

from __future__ import annotations

from backend.services.context import Context
from backend.services.log import Log, LogState
from backend.services.signatures import is_signed
from backend.store import conversations as conversations_store
from backend.store import groups as store
from backend.store import rosters
from backend.store.accounts import find_user, profile_of
from backend.store.database import Session
from backend.store.tables import ConversationRow, JoinRequestRow, User
from backend.store.unit import Unit
from shared import limits
from shared.errors import Code, RefusedError
from shared.events import EventKind
from shared.rest_groups import (
    JoinRequest,
    JoinRequestInfo,
    JoinRequestList,
    Leaving,
    WarrantList,
)
from shared.roster import (
    ArchiveWarrant,
    ConversationKind,
    InviteWarrant,
    LeaveWarrant,
    RevokeWarrant,
    Role,
    RosterDocument,
    Warrant,
)
from shared.roster_rules import check_warrant, member_of

__all__ = ["Groups"]


class Groups:
    """Keeps what members and newcomers have signed until a commit does it."""

    def __init__(self, context: Context, log: Log) -> None:
        self._context = context
        self._log = log

    def leave(self, account: int, conversation_id: int, leaving: Leaving) -> None:
        """Note that an account goes; from now on it writes nothing more.

        Raises:
            RefusedError: With ``not_found``, ``forbidden`` or ``malformed``.
        """
        warrant = leaving.warrant
        if not isinstance(warrant, LeaveWarrant) or warrant.account != account:
            raise RefusedError(Code.MALFORMED, "One leaves by a wish of one's own.")

        def work(unit: Unit) -> None:
            state = self._state_for(unit, account, conversation_id)
            if account in state.leaving:
                return
            document = self._document(unit, conversation_id)
            check_warrant(document, warrant, received_at_ms=unit.now_ms, verify=is_signed)
            self._keep(unit, state, account, [warrant])
            self._tell(unit, conversation_id, EventKind.CONVERSATION_CHANGED, [account])
            if state.leaving | {account} >= set(state.members):
                # Nobody is left who could carry it out.
                conversations_store.close_for_good(unit.session, conversation_id, at_ms=unit.now_ms)

        self._context.change(work)

    def warrants(self, account: int, conversation_id: int) -> WarrantList:
        """Return what waits for a commit.

        Raises:
            RefusedError: With ``not_found``.
        """

        def query(session: Session) -> WarrantList:
            _member_role(session, account, conversation_id)
            return WarrantList(warrants=store.warrants_of(session, conversation_id))

        return self._context.read(query)

    def add_warrants(self, account: int, conversation_id: int, listed: WarrantList) -> None:
        """Keep revocations and archive keys of the own account until a commit carries them out.

        Raises:
            RefusedError: With ``not_found``, ``forbidden`` or ``overloaded``.
        """
        for warrant in listed.warrants:
            if not isinstance(warrant, RevokeWarrant | ArchiveWarrant):
                raise RefusedError(Code.FORBIDDEN, "Only revocations and archive keys wait here.")
            if warrant.account != account:
                raise RefusedError(Code.FORBIDDEN, "These are of another account.")

        def work(unit: Unit) -> None:
            state = self._state_for(unit, account, conversation_id)
            document = self._document(unit, conversation_id)
            new = [item for item in listed.warrants if not _is_carried_out(document, item)]
            for warrant in new:
                check_warrant(document, warrant, received_at_ms=unit.now_ms, verify=is_signed)
            waiting = store.count_warrants(unit.session, conversation_id)
            if waiting + len(new) > limits.JOIN_REQUESTS_MAX:
                raise RefusedError(Code.OVERLOADED, "Too much waits for a commit.")
            if new:
                self._keep(unit, state, account, new)

        self._context.change(work)

    def request_join(self, account: int, conversation_id: int, request: JoinRequest) -> None:
        """Ask to come into a group, by an invitation or by an admin's leave.

        Raises:
            RefusedError: With ``not_found``, ``bad_invite``, ``already_requested``, ``exists``,
                ``stale``, ``closed`` or ``overloaded``.
        """

        def work(unit: Unit) -> None:
            row = conversations_store.find_conversation(unit.session, conversation_id)
            if row is None or row.kind != ConversationKind.GROUP:
                raise RefusedError(Code.NOT_FOUND, "There is no such conversation.")
            self._check_join(unit, row, account, request)
            invite = None if request.invite is None else store.encode_warrant(request.invite)
            known = store.find_join_request(unit.session, conversation_id, account)
            if known is not None:
                if (known.root_key, known.invite) == (request.root_key, invite):
                    return
                if not (known.root_key != request.root_key or known.invite is None):
                    raise RefusedError(Code.ALREADY_REQUESTED, "You have asked already.")
            if store.count_join_requests(unit.session, conversation_id) >= limits.JOIN_REQUESTS_MAX:
                raise RefusedError(Code.OVERLOADED, "Too many people ask to come in.")
            self._add_request(unit, account, conversation_id, request, invite)

        self._context.change(work)

    def join_requests(self, account: int, conversation_id: int) -> JoinRequestList:
        """Return the requests that an account may carry out.

        Raises:
            RefusedError: With ``not_found``.
        """

        def query(session: Session) -> JoinRequestList:
            role = _member_role(session, account, conversation_id)
            rows = store.join_requests(session, conversation_id, all_of_them=role >= Role.ADMIN)
            return JoinRequestList(requests=[_request_info(row, user) for row, user in rows])

        return self._context.read(query)

    def drop_join_request(self, account: int, conversation_id: int, asking: int) -> None:
        """Withdraw the own request, or decline somebody's as an admin.

        Raises:
            RefusedError: With ``no_request`` or ``forbidden``.
        """

        def work(unit: Unit) -> None:
            row = store.find_join_request(unit.session, conversation_id, asking)
            member = rosters.find_member(unit.session, conversation_id, account)
            if row is None or (member is None and asking != account):
                raise RefusedError(Code.NO_REQUEST, "There is no such request any more.")
            if asking != account and (member is None or member.role < Role.ADMIN):
                raise RefusedError(Code.FORBIDDEN, "Only owner and admins decline.")
            store.drop_join_request(unit.session, row)
            if asking != account:
                self._tell(unit, conversation_id, EventKind.CONVERSATION_CHANGED, [asking])

        self._context.change(work)

    def _state_for(self, unit: Unit, account: int, conversation_id: int) -> LogState:
        state = self._log.state(unit, conversation_id)
        if state is None or account not in state.members:
            raise RefusedError(Code.NOT_FOUND, "There is no such conversation.")
        return state

    def _document(self, unit: Unit, conversation_id: int) -> RosterDocument:
        state = self._log.state(unit, conversation_id)
        assert state is not None
        return rosters.load_document(unit.session, conversation_id, state.document[0])

    def _keep(self, unit: Unit, state: LogState, account: int, warrants: list[Warrant]) -> None:
        conversation_id = state.conversation_id
        for warrant in warrants:
            store.add_warrant(unit.session, conversation_id, account, warrant, at_ms=unit.now_ms)
        others = [member for member in state.members if member != account]
        self._tell(unit, conversation_id, EventKind.REMOVAL_DUE, others, about=account)
        self._log.forget(conversation_id)

    def _check_join(
        self, unit: Unit, row: ConversationRow, account: int, request: JoinRequest
    ) -> None:
        session, conversation_id = unit.session, row.conversation_id
        if row.closed_ms:
            raise RefusedError(Code.CLOSED, "This group is closed.")
        if rosters.find_member(session, conversation_id, account) is not None:
            raise RefusedError(Code.EXISTS, "You are a member already.")
        user = find_user(session, account)
        assert user is not None
        if user.root_key != request.root_key:
            raise RefusedError(Code.STALE, "Your root key is another one.")
        if request.invite is None:
            return
        invite = request.invite
        is_own = (
            isinstance(invite, InviteWarrant)
            and invite.account == account
            and invite.root_key == request.root_key
        )
        if not is_own:
            raise RefusedError(Code.BAD_INVITE, "This invitation was accepted by somebody else.")
        document = self._document(unit, conversation_id)
        check_warrant(document, invite, received_at_ms=unit.now_ms, verify=is_signed)

    def _add_request(
        self,
        unit: Unit,
        account: int,
        conversation_id: int,
        request: JoinRequest,
        invite: bytes | None,
    ) -> None:
        store.add_join_request(
            unit.session,
            JoinRequestRow(
                conversation_id=conversation_id,
                account=account,
                root_key=request.root_key,
                greeting=request.greeting,
                invite=invite,
                at_ms=unit.now_ms,
            ),
        )
        told = [
            member.account
            for member in rosters.all_members(unit.session, conversation_id)
            if not member.last and (invite is not None or member.role >= Role.ADMIN)
        ]
        self._tell(unit, conversation_id, EventKind.JOIN_REQUESTED, told, about=account)

    def _tell(
        self,
        unit: Unit,
        conversation_id: int,
        kind: EventKind,
        accounts: list[int],
        *,
        about: int = 0,
    ) -> None:
        for to in accounts:
            self._context.tell(unit, to, kind, account=about, conversation_id=conversation_id)


def _member_role(session: Session, account: int, conversation_id: int) -> Role:
    member = rosters.find_member(session, conversation_id, account)
    if member is None:
        raise RefusedError(Code.NOT_FOUND, "There is no such conversation.")
    return Role(member.role)


def _is_carried_out(document: RosterDocument, warrant: Warrant) -> bool:
    member = member_of(document, warrant.account)
    if isinstance(warrant, RevokeWarrant):
        return warrant.device_id in document.barred_devices
    return (
        isinstance(warrant, ArchiveWarrant)
        and member is not None
        and warrant.archive_number <= member.archive_number
    )


def _request_info(row: JoinRequestRow, user: User) -> JoinRequestInfo:
    return JoinRequestInfo(
        profile=profile_of(user),
        at_ms=row.at_ms,
        root_key=row.root_key,
        greeting=row.greeting,
        invite=None if row.invite is None else store.decode_warrant(row.invite),
    )

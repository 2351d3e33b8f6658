"""Who may change a conversation's roster document, and how: one rule for server and members.

A change is judged by the document before, the document after, who commits it and when the server
received it; nothing else counts, so that everyone judges alike, now and years later.

| change | right |
| --- | --- |
| number | always the one before + 1; a document that changes nothing else is refused |
| members' order | those that stay keep it; new ones come last, ``since`` the new number |
| added | owner; admin (as member); a member for an `InviteWarrant` (as member) |
| removed | owner: anyone; admin: members; a member for a `LeaveWarrant`; never oneself |
| role | owner; without an owner left, the longest-standing admin, else member, becomes owner |
| root, of the same account | who may remove and add it; of two people the other one |
| archive key | forward, with an `ArchiveWarrant` of the account's root |
| barred devices | only more, each with a `RevokeWarrant` of a root rostered before or after |
| has_history | owner and admin; without roles (two people, notes) anyone |
| invites_since | owner and admin, to the new number: all invitations so far are void |

Two people stay the same two, notes stay one's own; there everyone is a `Role.MEMBER`.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from dataclasses import dataclass

import msgspec

from shared.errors import Code, LocalError, RefusedError
from shared.roster import (
    ArchiveWarrant,
    ConversationKind,
    DeviceProof,
    InviteWarrant,
    LeaveWarrant,
    RevokeWarrant,
    Role,
    RosterDocument,
    RosterMember,
    Warrant,
)

__all__ = [
    "RosterChange",
    "RosterDraft",
    "Verify",
    "archive_bytes",
    "check_change",
    "check_first",
    "check_form",
    "check_warrant",
    "device_bytes",
    "invite_bytes",
    "join_bytes",
    "leave_bytes",
    "may_add",
    "may_remove",
    "member_of",
    "revoke_bytes",
    "with_archive",
    "with_barred",
    "with_history",
    "with_invites_void",
    "with_members",
    "with_role",
    "with_root",
    "without_member",
]

# Whether this public key (32 bytes) signed this message: (public, message, signature).
Verify = Callable[[bytes, bytes, bytes], bool]


# --- What is signed ---


def device_bytes(*, device_id: int, signature_key: bytes, exchange_key: bytes) -> bytes:
    """Return what a root signs to say that a device is its own."""
    return b"mim.device.v1" + struct.pack(">Q", device_id) + signature_key + exchange_key


def leave_bytes(*, conversation_id: int, account: int, number: int) -> bytes:
    """Return what a device signs for its account to leave."""
    return b"mim.leave.v1" + struct.pack(">QQQ", conversation_id, account, number)


def invite_bytes(
    *, conversation_id: int, number: int, expires_at_ms: int, invite_key: bytes
) -> bytes:
    """Return what an inviter's device signs."""
    fields = struct.pack(">QQQ", conversation_id, number, expires_at_ms)
    return b"mim.invite.v1" + fields + invite_key


def join_bytes(*, conversation_id: int, account: int, root_key: bytes) -> bytes:
    """Return what the invite key signs to name who comes."""
    return b"mim.join.v1" + struct.pack(">QQ", conversation_id, account) + root_key


def revoke_bytes(*, account: int, device_id: int) -> bytes:
    """Return what a root signs to bar a device."""
    return b"mim.revoke.v1" + struct.pack(">QQ", account, device_id)


def archive_bytes(*, number: int, key: bytes) -> bytes:
    """Return what a root signs to name an archive key."""
    return b"mim.archive.v1" + struct.pack(">I", number) + key


# --- What a document says ---


@dataclass(frozen=True, slots=True)
class RosterChange:
    """What differs between two documents; of a member that stays, as it is afterwards.

    Attributes:
        added: Members that come.
        removed: Members that go, as they were.
        re_rooted: Members with another root key.
        re_keyed: Members with a newer archive key and the same root.
        role_changes: Members with another role.
        barred: Devices barred from now on.
        left: Accounts that go by their own wish.
        invited: Accounts that come by an invitation, each with who invited it.
    """

    added: tuple[RosterMember, ...] = ()
    removed: tuple[RosterMember, ...] = ()
    re_rooted: tuple[RosterMember, ...] = ()
    re_keyed: tuple[RosterMember, ...] = ()
    role_changes: tuple[RosterMember, ...] = ()
    barred: tuple[int, ...] = ()
    left: tuple[int, ...] = ()
    invited: tuple[tuple[int, int], ...] = ()


def member_of(document: RosterDocument, account: int) -> RosterMember | None:
    """Return an account's row, or None."""
    return next((member for member in document.members if member.account == account), None)


def may_add(document: RosterDocument, by: int) -> bool:
    """Whether an account may add others without an invitation."""
    member = member_of(document, by)
    is_group = document.kind is ConversationKind.GROUP
    return is_group and member is not None and member.role >= Role.ADMIN


def may_remove(document: RosterDocument, by: int, account: int) -> bool:
    """Whether an account may remove another one that did not ask for it."""
    member, other = member_of(document, by), member_of(document, account)
    if document.kind is not ConversationKind.GROUP or member is None or other is None:
        return False
    return by != account and _outranks(member.role, other.role)


def _outranks(role: Role, other: Role) -> bool:
    return role is Role.OWNER or (role is Role.ADMIN and other is Role.MEMBER)


def check_form(document: RosterDocument) -> None:
    """Check what any document has to be, whatever came before it.

    Raises:
        RefusedError: With `Code.MALFORMED` if it is not.
    """
    accounts = [member.account for member in document.members]
    _require_form(len(set(accounts)) == len(accounts), "An account is in the roster twice.")
    barred = document.barred_devices
    _require_form(len(set(barred)) == len(barred), "A device is barred twice.")
    newest = max(member.since for member in document.members)
    _require_form(newest <= document.number, "A member is newer than its document.")
    _require_form(document.invites_since <= document.number, "Invitations end in the future.")
    roles = [member.role for member in document.members]
    match document.kind:
        case ConversationKind.DIRECT:
            fits = roles == [Role.MEMBER] * 2
        case ConversationKind.NOTES:
            fits = roles == [Role.MEMBER]
        case ConversationKind.GROUP:  # pragma: no branch - mypy knows that no other is left
            fits = Role.OWNER in roles
    _require_form(fits, "These members or roles do not fit the kind of conversation.")


def check_first(document: RosterDocument, *, by: int) -> None:
    """Check the document that a conversation begins with.

    Args:
        document: The document.
        by: The account that creates the conversation; of a group its one owner.

    Raises:
        RefusedError: With `Code.MALFORMED` or `Code.FORBIDDEN`.
    """
    check_form(document)
    is_fresh = (
        document.number == 1
        and document.invites_since == 0
        and not document.barred_devices
        and not document.warrants
    )
    _require_form(is_fresh, "A first document has number 1 and changes nothing.")
    creator = member_of(document, by)
    if creator is None:
        raise RefusedError(Code.FORBIDDEN, "Who creates a conversation is in it.")
    if document.kind is ConversationKind.GROUP:
        owners = [member.account for member in document.members if member.role is Role.OWNER]
        _require_right(owners == [by], "Who creates a group is its owner.")


def check_change(
    before: RosterDocument,
    after: RosterDocument,
    *,
    by: int,
    received_at_ms: int,
    verify: Verify,
) -> RosterChange:
    """Check that an account may turn one document into the next.

    Args:
        before: The document in force.
        after: The next one.
        by: The account whose device commits.
        received_at_ms: When the server received the handshake, for invitations.
        verify: How signatures are checked.

    Returns:
        What changes.

    Raises:
        RefusedError: With `Code.MALFORMED` if the documents do not follow each other,
            `Code.BAD_INVITE` if an invitation does not hold, else `Code.FORBIDDEN`.
    """
    _check_succession(before, after)
    _check_order(before, after)
    judge = _Judge(before, after, by, received_at_ms, verify)
    change = judge.compare()
    judge.check(change)
    return change


def check_warrant(
    document: RosterDocument, warrant: Warrant, *, received_at_ms: int, verify: Verify
) -> None:
    """Check that a warrant would hold in the next document, for who keeps it until then.

    Raises:
        RefusedError: As `check_change` would.
    """
    match warrant:
        case LeaveWarrant():
            _check_leave(document, warrant, verify)
        case InviteWarrant():
            _check_invite(document, warrant, received_at_ms, verify)
        case RevokeWarrant():
            is_new = warrant.device_id not in document.barred_devices
            _require_right(is_new, "The device is barred already.")
            _check_revoke((document,), warrant, verify)
        case ArchiveWarrant():  # pragma: no branch - mypy knows that no other is left
            member = member_of(document, warrant.account)
            is_newer = member is not None and warrant.archive_number > member.archive_number
            _require_right(is_newer, "An archive key only moves forward.")
            _check_archive(document, warrant, verify)


# --- Judging a change ---


def _require_form(held: bool, message: str) -> None:
    if not held:
        raise RefusedError(Code.MALFORMED, message)


def _require_right(held: bool, message: str) -> None:
    if not held:
        raise RefusedError(Code.FORBIDDEN, message)


def _check_succession(before: RosterDocument, after: RosterDocument) -> None:
    check_form(after)
    is_same = after.conversation_id == before.conversation_id and after.kind is before.kind
    _require_form(is_same, "A conversation and its kind stay the same.")
    _require_form(after.number == before.number + 1, "A document's number is the next one.")
    _require_form(
        after.invites_since in (before.invites_since, after.number),
        "Invitations end with the document that ends them.",
    )
    kept = after.barred_devices[: len(before.barred_devices)]
    _require_form(kept == before.barred_devices, "Barred devices stay barred.")
    is_changed = msgspec.structs.replace(after, number=0, warrants=()) != msgspec.structs.replace(
        before, number=0, warrants=()
    )
    _require_form(is_changed, "A document that changes nothing is not needed.")


def _check_order(before: RosterDocument, after: RosterDocument) -> None:
    old = {member.account: member for member in before.members}
    stay = {member.account for member in after.members if member.account in old}
    expected = [member.account for member in before.members if member.account in stay]
    found = [member.account for member in after.members]
    _require_form(found[: len(expected)] == expected, "Members keep their order.")
    for member in after.members:
        known = old.get(member.account)
        is_kept = known is not None and known.root_key == member.root_key
        since = known.since if known is not None and is_kept else after.number
        _require_form(member.since == since, "A member's number is that of its first document.")


@dataclass(frozen=True, slots=True)
class _Judge:
    before: RosterDocument
    after: RosterDocument
    by: int
    received_at_ms: int
    verify: Verify

    # --- What changes ---

    def compare(self) -> RosterChange:
        old = {member.account: member for member in self.before.members}
        new = {member.account: member for member in self.after.members}
        pairs = [(old[account], member) for account, member in new.items() if account in old]
        warrants = self.after.warrants
        return RosterChange(
            added=tuple(member for member in self.after.members if member.account not in old),
            removed=tuple(member for member in self.before.members if member.account not in new),
            re_rooted=tuple(m for was, m in pairs if m.root_key != was.root_key),
            re_keyed=tuple(m for was, m in pairs if _is_re_keyed(was, m)),
            role_changes=tuple(m for was, m in pairs if m.role is not was.role),
            barred=self.after.barred_devices[len(self.before.barred_devices) :],
            left=tuple(item.account for item in warrants if isinstance(item, LeaveWarrant)),
            invited=tuple(
                (item.account, item.inviter) for item in warrants if isinstance(item, InviteWarrant)
            ),
        )

    # --- Whether it may ---

    def check(self, change: RosterChange) -> None:
        own = member_of(self.before, self.by)
        if own is None:
            raise RefusedError(Code.FORBIDDEN, "Only members change a roster.")
        kept = member_of(self.after, self.by)
        stays = kept is not None and kept.root_key == own.root_key
        _require_right(stays, "Nobody removes or replaces oneself.")
        for warrant in self.after.warrants:
            self._check_warrant(warrant, change)
        is_group = self.before.kind is ConversationKind.GROUP
        _require_right(
            is_group or not (change.added or change.removed), "These members stay the same."
        )
        self._check_members(change, own.role)
        self._check_roles(change, own.role)
        self._check_keys(change)
        self._check_settings(own.role)

    def _check_warrant(self, warrant: Warrant, change: RosterChange) -> None:
        """Check a warrant, and that it is for something that this document changes."""
        match warrant:
            case LeaveWarrant():
                is_used = warrant.account in _accounts(change.removed)
                _check_leave(self.before, warrant, self.verify)
            case InviteWarrant():
                is_used = any(
                    (member.account, member.root_key) == (warrant.account, warrant.root_key)
                    for member in change.added
                )
                _check_invite(self.before, warrant, self.received_at_ms, self.verify)
            case RevokeWarrant():
                is_used = warrant.device_id in change.barred
                _check_revoke((self.before, self.after), warrant, self.verify)
            case ArchiveWarrant():  # pragma: no branch - mypy knows that no other is left
                is_used = any(
                    (member.account, member.archive_number, member.archive_key)
                    == (warrant.account, warrant.archive_number, warrant.archive_key)
                    for member in (*change.added, *change.re_rooted, *change.re_keyed)
                )
                _check_archive(self.after, warrant, self.verify)
        _require_right(is_used, "A warrant is for something else.")

    def _check_members(self, change: RosterChange, role: Role) -> None:
        invited = {account for account, _ in change.invited}
        for member in change.added:
            may = role >= Role.ADMIN or member.account in invited
            _require_right(may, "Only owner and admins add members.")
            is_plain = role is Role.OWNER or member.role is Role.MEMBER
            _require_right(is_plain, "Only an owner gives roles.")
        for member in change.removed:
            may = _outranks(role, member.role) or member.account in change.left
            _require_right(may, "Only who ranks higher removes a member.")
        for member in change.re_rooted:
            was = member_of(self.before, member.account)
            assert was is not None
            may = self.before.kind is ConversationKind.DIRECT or _outranks(role, was.role)
            _require_right(may, "Only who may remove and add a member changes its root.")

    def _check_roles(self, change: RosterChange, role: Role) -> None:
        if role is Role.OWNER:
            return  # That an owner remains is part of a document's form.
        gone = _accounts(change.removed)
        stay = [member for member in self.before.members if member.account not in gone]
        heir = _heir(stay)
        for member in change.role_changes:
            is_heir = member.account == heir and member.role is Role.OWNER
            _require_right(is_heir, "Only an owner gives roles.")

    def _check_keys(self, change: RosterChange) -> None:
        warrants = self.after.warrants
        renewed = {item.account for item in warrants if isinstance(item, ArchiveWarrant)}
        for member in change.re_keyed:
            was = member_of(self.before, member.account)
            assert was is not None
            is_newer = member.archive_number > was.archive_number
            _require_right(
                is_newer and member.account in renewed, "An archive key moves forward, signed."
            )
        revoked = {item.device_id for item in warrants if isinstance(item, RevokeWarrant)}
        is_revoked = revoked.issuperset(change.barred)
        _require_right(is_revoked, "Only an account bars devices of its own.")

    def _check_settings(self, role: Role) -> None:
        before, after = self.before, self.after
        may = role >= Role.ADMIN or before.kind is not ConversationKind.GROUP
        is_same = before.has_history is after.has_history
        _require_right(may or is_same, "Only owner and admins turn history on and off.")
        is_same = before.invites_since == after.invites_since
        _require_right(role >= Role.ADMIN or is_same, "Only owner and admins end invitations.")


def _is_re_keyed(was: RosterMember, member: RosterMember) -> bool:
    is_same_key = (member.archive_number, member.archive_key) == (
        was.archive_number,
        was.archive_key,
    )
    return member.root_key == was.root_key and not is_same_key


def _accounts(members: Iterable[RosterMember]) -> frozenset[int]:
    return frozenset(member.account for member in members)


def _heir(members: list[RosterMember]) -> int | None:
    """Return who becomes owner if no owner is left: members stand in order of joining."""
    if any(member.role is Role.OWNER for member in members):
        return None
    admins = [member for member in members if member.role is Role.ADMIN]
    return (admins or members)[0].account


# --- Warrants ---


def _is_of(root_key: bytes, proof: DeviceProof, verify: Verify) -> bool:
    signed = device_bytes(
        device_id=proof.device_id,
        signature_key=proof.signature_key,
        exchange_key=proof.exchange_key,
    )
    return verify(root_key, signed, proof.signature)


def _check_leave(document: RosterDocument, warrant: LeaveWarrant, verify: Verify) -> None:
    member = member_of(document, warrant.account)
    signed = leave_bytes(
        conversation_id=document.conversation_id, account=warrant.account, number=warrant.number
    )
    held = (
        document.kind is ConversationKind.GROUP
        and member is not None
        and member.since <= warrant.number <= document.number
        and warrant.device.device_id not in document.barred_devices
        and _is_of(member.root_key, warrant.device, verify)
        and verify(warrant.device.signature_key, signed, warrant.signature)
    )
    _require_right(held, "This wish to leave does not hold.")


def _check_invite(
    document: RosterDocument, warrant: InviteWarrant, received_at_ms: int, verify: Verify
) -> None:
    inviter = member_of(document, warrant.inviter)
    invited = invite_bytes(
        conversation_id=document.conversation_id,
        number=warrant.number,
        expires_at_ms=warrant.expires_at_ms,
        invite_key=warrant.invite_key,
    )
    accepted = join_bytes(
        conversation_id=document.conversation_id,
        account=warrant.account,
        root_key=warrant.root_key,
    )
    held = (
        inviter is not None
        and may_add(document, warrant.inviter)
        and max(inviter.since, document.invites_since) <= warrant.number <= document.number
        and warrant.expires_at_ms >= received_at_ms
        and warrant.device.device_id not in document.barred_devices
        and _is_of(inviter.root_key, warrant.device, verify)
        and verify(warrant.device.signature_key, invited, warrant.signature)
        and verify(warrant.invite_key, accepted, warrant.join_signature)
    )
    if not held:
        raise RefusedError(Code.BAD_INVITE, "This invitation does not hold, or no longer.")


def _check_revoke(
    documents: tuple[RosterDocument, ...], warrant: RevokeWarrant, verify: Verify
) -> None:
    signed = revoke_bytes(account=warrant.account, device_id=warrant.device_id)
    members = [member_of(document, warrant.account) for document in documents]
    roots = {member.root_key for member in members if member is not None}
    held = any(verify(root_key, signed, warrant.signature) for root_key in sorted(roots))
    _require_right(held, "This revocation does not hold.")


def _check_archive(document: RosterDocument, warrant: ArchiveWarrant, verify: Verify) -> None:
    member = member_of(document, warrant.account)
    signed = archive_bytes(number=warrant.archive_number, key=warrant.archive_key)
    held = member is not None and verify(member.root_key, signed, warrant.signature)
    _require_right(held, "This archive key is not signed by its account.")


# --- Making the next document ---


@dataclass(frozen=True, slots=True)
class RosterDraft:
    """The next document in the making; several changes get one number.

    Whether they are allowed is for `check_change` to say.
    """

    before: RosterDocument
    members: tuple[RosterMember, ...]
    barred: tuple[int, ...]
    has_history: bool
    invites_since: int
    warrants: tuple[Warrant, ...] = ()

    @classmethod
    def of(cls, document: RosterDocument) -> RosterDraft:
        """Return a draft that changes nothing yet."""
        return cls(
            document,
            document.members,
            document.barred_devices,
            document.has_history,
            document.invites_since,
        )

    def document(self) -> RosterDocument:
        """Return the next document; without an owner left the heir is one."""
        members = self.members
        if not members:
            raise LocalError("A conversation without members has no document.")
        if self.before.kind is ConversationKind.GROUP:
            heir = _heir(list(members))
            members = tuple(
                msgspec.structs.replace(member, role=Role.OWNER)
                if member.account == heir
                else member
                for member in members
            )
        return msgspec.structs.replace(
            self.before,
            members=members,
            barred_devices=self.barred,
            number=self._number,
            has_history=self.has_history,
            invites_since=self.invites_since,
            warrants=self.warrants,
        )

    def with_members(
        self, members: Iterable[RosterMember], *, warrants: Iterable[Warrant] = ()
    ) -> RosterDraft:
        """Add members; what their ``since`` says does not count."""
        new = tuple(msgspec.structs.replace(member, since=self._number) for member in members)
        return self._with(members=(*self.members, *new), warrants=(*self.warrants, *warrants))

    def without_member(self, account: int, *, warrants: Iterable[Warrant] = ()) -> RosterDraft:
        """Remove a member."""
        self._find(account)
        members = tuple(member for member in self.members if member.account != account)
        return self._with(members=members, warrants=(*self.warrants, *warrants))

    def with_role(self, account: int, role: Role) -> RosterDraft:
        """Give a member another role."""
        return self._with_member(msgspec.structs.replace(self._find(account), role=role))

    def with_archive(self, warrant: ArchiveWarrant) -> RosterDraft:
        """Take in a member's newer archive key."""
        member = msgspec.structs.replace(
            self._find(warrant.account),
            archive_number=warrant.archive_number,
            archive_key=warrant.archive_key,
        )
        return self._with_member(member, warrant)

    def with_barred(self, warrant: RevokeWarrant) -> RosterDraft:
        """Bar a device for good."""
        return self._with(
            barred=(*self.barred, warrant.device_id), warrants=(*self.warrants, warrant)
        )

    def with_root(
        self, account: int, root_key: bytes, *, archive_number: int, archive_key: bytes
    ) -> RosterDraft:
        """Replace a member's root, as if it was removed and added."""
        member = msgspec.structs.replace(
            self._find(account),
            root_key=root_key,
            archive_number=archive_number,
            archive_key=archive_key,
            since=self._number,
        )
        return self._with_member(member)

    def with_history(self, has_history: bool) -> RosterDraft:
        """Turn history on or off."""
        return self._with(has_history=has_history)

    def with_invites_void(self) -> RosterDraft:
        """End all invitations so far."""
        return self._with(invites_since=self._number)

    @property
    def _number(self) -> int:
        return self.before.number + 1

    def _find(self, account: int) -> RosterMember:
        for member in self.members:
            if member.account == account:
                return member
        raise LocalError("The account is not in this roster.")

    def _with(
        self,
        *,
        members: tuple[RosterMember, ...] | None = None,
        barred: tuple[int, ...] | None = None,
        has_history: bool | None = None,
        invites_since: int | None = None,
        warrants: tuple[Warrant, ...] | None = None,
    ) -> RosterDraft:
        return RosterDraft(
            self.before,
            self.members if members is None else members,
            self.barred if barred is None else barred,
            self.has_history if has_history is None else has_history,
            self.invites_since if invites_since is None else invites_since,
            self.warrants if warrants is None else warrants,
        )

    def _with_member(self, changed: RosterMember, *warrants: Warrant) -> RosterDraft:
        members = tuple(
            changed if member.account == changed.account else member for member in self.members
        )
        return self._with(members=members, warrants=(*self.warrants, *warrants))


def with_members(
    document: RosterDocument,
    members: Iterable[RosterMember],
    *,
    warrants: Iterable[Warrant] = (),
) -> RosterDocument:
    """Return the next document with more members, who come by role or by invite warrants."""
    return RosterDraft.of(document).with_members(members, warrants=warrants).document()


def without_member(
    document: RosterDocument, account: int, *, warrants: Iterable[Warrant] = ()
) -> RosterDocument:
    """Return the next document without a member, who goes by role or by a leave warrant."""
    return RosterDraft.of(document).without_member(account, warrants=warrants).document()


def with_role(document: RosterDocument, account: int, role: Role) -> RosterDocument:
    """Return the next document with another role for a member."""
    return RosterDraft.of(document).with_role(account, role).document()


def with_archive(document: RosterDocument, warrant: ArchiveWarrant) -> RosterDocument:
    """Return the next document with a member's newer archive key."""
    return RosterDraft.of(document).with_archive(warrant).document()


def with_barred(document: RosterDocument, warrant: RevokeWarrant) -> RosterDocument:
    """Return the next document that bars a device."""
    return RosterDraft.of(document).with_barred(warrant).document()


def with_root(
    document: RosterDocument,
    account: int,
    root_key: bytes,
    *,
    archive_number: int,
    archive_key: bytes,
) -> RosterDocument:
    """Return the next document with another root for a member."""
    draft = RosterDraft.of(document)
    return draft.with_root(
        account, root_key, archive_number=archive_number, archive_key=archive_key
    ).document()


def with_history(document: RosterDocument, has_history: bool) -> RosterDocument:
    """Return the next document with history on or off."""
    return RosterDraft.of(document).with_history(has_history).document()


def with_invites_void(document: RosterDocument) -> RosterDocument:
    """Return the next document in which all invitations so far are void."""
    return RosterDraft.of(document).with_invites_void().document()

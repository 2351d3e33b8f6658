"""What `mim-cli` prints about groups, devices and checks; more objects for `desktop.cli.printing`.

| object | fields |
| --- | --- |
| member | as person, role, is_verified, device_count |
| invite | code, expires_at_ms |
| join | conversation_id, title, state |
| device | device_id, name, created_ms, last_seen_ms, is_current, is_revoked, has_session |
| safety | user_name, number, qr_data (hex), is_verified, has_changed |
| audit | conversation_id, entries, sequence, chain (hex), findings |
| finding | kind, blamed, sequence, account, at_ms, message |
| verdict | kind, blamed, holds, message |
"""

from __future__ import annotations

from datetime import datetime

from desktop.cli.printing import Line, PersonLine, visible
from desktop.events import AuditFinding, DeviceRow, Member
from shared.e2ee.evidence import Verdict
from shared.roster import Role

__all__ = [
    "AuditLine",
    "DeviceLine",
    "DoneLine",
    "FindingLine",
    "InviteLine",
    "JoinLine",
    "MemberLine",
    "RecoveryLine",
    "SafetyLine",
    "VerdictLine",
    "device_line",
    "finding_line",
    "member_line",
    "verdict_line",
]


class MemberLine(PersonLine, frozen=True):
    """A member of a conversation."""

    role: str
    is_verified: bool
    device_count: int

    def sentence(self) -> str:
        """User name, nickname, role and whether the person was verified."""
        verified = "  verified" if self.is_verified else ""
        return f"{self.user_name}  {visible(self.nickname)}  {self.role}{verified}"


class InviteLine(Line, frozen=True):
    """A code that lets others in."""

    code: str
    expires_at_ms: int

    def sentence(self) -> str:
        """The code alone, to be passed on."""
        return self.code


class JoinLine(Line, frozen=True):
    """How far a join is."""

    conversation_id: str
    title: str
    state: str

    def sentence(self) -> str:
        """Id, name and state."""
        return f"{self.conversation_id}  {visible(self.title)}  {self.state}"


class DeviceLine(Line, frozen=True):
    """One of the own devices."""

    device_id: str
    name: str
    created_ms: int
    last_seen_ms: int
    is_current: bool
    is_revoked: bool
    has_session: bool

    def sentence(self) -> str:
        """Id, name and state."""
        state = "logged in" if self.has_session else "logged out"
        state = "revoked" if self.is_revoked else state
        current = ", this device" if self.is_current else ""
        return f"{self.device_id}  {visible(self.name)}  {state}{current}"


class SafetyLine(Line, frozen=True):
    """What two people compare."""

    user_name: str
    number: str
    qr_data: str
    is_verified: bool
    has_changed: bool

    def sentence(self) -> str:
        """The number and what is known of it."""
        state = "verified" if self.is_verified else "not verified"
        changed = "; their key has changed, compare it again" if self.has_changed else ""
        return f"{self.number}\n{state}{changed}"


class RecoveryLine(Line, frozen=True):
    """A new recovery code."""

    recovery_code: str

    def sentence(self) -> str:
        """The code."""
        return self.recovery_code


class AuditLine(Line, frozen=True):
    """What a whole check has looked at."""

    conversation_id: str
    entries: int
    sequence: int
    chain: str
    findings: int

    def sentence(self) -> str:
        """How much was checked, and how much was found."""
        found = f"{self.findings} findings" if self.findings else "nothing found"
        return f"{self.entries} entries up to {self.sequence} checked: {found}."


class FindingLine(Line, frozen=True):
    """Something that should not be."""

    kind: str
    blamed: str
    sequence: int
    account: str
    at_ms: int
    message: str

    def sentence(self) -> str:
        """Time, kind, who is to blame, and a sentence."""
        at = datetime.fromtimestamp(self.at_ms / 1000).astimezone().strftime("%Y-%m-%d %H:%M:%S")
        return f"{at}  {self.kind} ({self.blamed}): {self.message}"


class VerdictLine(Line, frozen=True):
    """What an offline check says of one finding."""

    kind: str
    blamed: str
    holds: bool
    message: str

    def sentence(self) -> str:
        """Whether it holds, kind, who is to blame, and a sentence."""
        held = "holds" if self.holds else "DOES NOT HOLD"
        return f"{held}  {self.kind} ({self.blamed}): {self.message}"


class DoneLine(Line, frozen=True):
    """A file was written."""

    path: str

    def sentence(self) -> str:
        """Where."""
        return f"Written to {self.path}."


def member_line(member: Member) -> MemberLine:
    """Return a member as it is printed."""
    profile = member.profile
    return MemberLine(
        user_name=profile.user_name,
        account=str(profile.account),
        nickname=profile.nickname,
        signature=profile.signature,
        role=Role(member.role).name.lower(),
        is_verified=member.is_verified,
        device_count=member.device_count,
    )


def device_line(device: DeviceRow) -> DeviceLine:
    """Return a device as it is printed."""
    return DeviceLine(
        device_id=str(device.device_id),
        name=device.name,
        created_ms=device.created_ms,
        last_seen_ms=device.last_seen_ms,
        is_current=device.is_current,
        is_revoked=device.is_revoked,
        has_session=device.has_session,
    )


def finding_line(finding: AuditFinding) -> FindingLine:
    """Return a finding as it is printed."""
    return FindingLine(
        kind=finding.kind,
        blamed=finding.blamed,
        sequence=finding.sequence,
        account=str(finding.account),
        at_ms=finding.at_ms,
        message=finding.message,
    )


def verdict_line(verdict: Verdict) -> VerdictLine:
    """Return a verdict as it is printed."""
    return VerdictLine(
        kind=verdict.kind,
        blamed=verdict.blamed,
        holds=verdict.holds,
        message=verdict.message,
    )

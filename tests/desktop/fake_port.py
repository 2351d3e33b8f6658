"""A port without an engine: a small world in memory that answers commands with events at once."""

from __future__ import annotations

import itertools
import mimetypes
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
from PySide6.QtCore import QSize, Qt
from PySide6.QtGui import QImage

from desktop import commands, events
from desktop.events import (
    Account,
    Contact,
    ConversationRow,
    FileState,
    FriendGroup,
    LinkState,
    MessageKind,
    MessageRow,
    MessageState,
    PresenceState,
    Profile,
    Request,
)
from desktop.models.avatars import decode_picture
from desktop.models.port import CommandFailedError
from desktop.models.session import Session
from desktop.ui import tasks
from desktop.ui.describe import WordDescriber
from shared.identifiers import AccountId, ConversationId

OWN = AccountId(1)
KEEP = Qt.AspectRatioMode.KeepAspectRatio
Transfer = (
    commands.Download | commands.PauseTransfer | commands.ResumeTransfer | commands.CancelTransfer
)
_FILE_STATES: dict[type[commands.Command], FileState] = {
    commands.CancelTransfer: FileState.REMOTE,
    commands.Download: FileState.RUNNING,
    commands.PauseTransfer: FileState.PAUSED,
    commands.ResumeTransfer: FileState.RUNNING,
}
NOW = datetime(2026, 11, 23, 14, 32).astimezone()


def at(minutes_ago: float) -> int:
    """A server time that many minutes before `NOW`."""
    return round((NOW - timedelta(minutes=minutes_ago)).timestamp() * 1000)


def profile(account: int, user_name: str, nickname: str, signature: str = "") -> Profile:
    return Profile(
        account=AccountId(account), user_name=user_name, nickname=nickname, signature=signature
    )


def blank_row(conversation_id: ConversationId, peer: Profile, **changes: Any) -> ConversationRow:
    """Return a conversation in which nothing was said yet."""
    row = ConversationRow(
        conversation_id=conversation_id,
        peer=peer,
        preview="",
        preview_is_own=False,
        preview_state=None,
        last_at_ms=0,
        unread=0,
        first_unread=0,
        head=0,
        draft="",
        can_send=True,
    )
    return msgspec.structs.replace(row, **changes)


class FakePort:
    """Keeps what it was sent in ``sent`` and plays an obliging server.

    Args:
        is_logged_in: Whether the account exists and is logged in from the start.
    """

    def __init__(self, *, is_logged_in: bool = True) -> None:
        self.sent: list[commands.Command] = []
        self.refusals: dict[type[commands.Command], str] = {}
        self.own = profile(OWN, "linxiao", "林晓", "")
        self.contacts: dict[AccountId, Contact] = {}
        self.requests: list[Request] = []
        self.friend_groups: tuple[FriendGroup, ...] = ()
        self.blocked: list[Profile] = []
        self.strangers: list[Profile] = []
        self.conversations: dict[ConversationId, ConversationRow] = {}
        self.rows: dict[ConversationId, list[MessageRow]] = {}
        self.avatars: dict[str, bytes] = {}
        self.drafts: dict[ConversationId, commands.SaveDraft] = {}
        self.files: dict[int, bytes] = {}
        self.pictures: dict[int, QImage] = {}
        self.members: list[events.Member] = []
        self.joining: list[Profile] = []
        self.devices: list[events.DeviceRow] = []
        self.verified: set[AccountId] = set()
        self.changed: set[AccountId] = set()
        self.storage = events.StorageLoaded(
            database_bytes=12_300_000, files_bytes=845_000_000, clearable_bytes=800_000_000
        )
        self.is_logged_in = is_logged_in
        self._numbers = itertools.count(1)
        self.session = Session(self, tasks.spawn, WordDescriber())

    # What tests arrange.

    def announce(self) -> None:
        """Tell the session everything, as an engine does when it starts."""
        account = Account(
            profile=self.own, server_url="http://127.0.0.1:8080", is_logged_in=self.is_logged_in
        )
        self.session.apply(events.AccountChanged(account=account if self.is_logged_in else None))
        if self.is_logged_in:
            self.session.apply(events.LinkChanged(state=LinkState.ONLINE))
            self.session.apply(events.PrivacyChanged(shares_presence=True, sends_read_marks=True))
            self.tell_contacts()
            rows = list(self.conversations.values())
            self.session.apply(events.ConversationsChanged(rows=rows, is_snapshot=True))

    def tell_contacts(self) -> None:
        self.session.apply(
            events.ContactsChanged(
                contacts=list(self.contacts.values()),
                requests=list(self.requests),
                friend_groups=self.friend_groups,
                blocked=tuple(self.blocked),
            )
        )

    def add_contact(self, person: Profile, *, is_online: bool = False, seen: int = 0) -> None:
        presence = PresenceState.ONLINE if is_online else PresenceState.OFFLINE
        self.contacts[person.account] = Contact(
            profile=person, presence=presence, last_seen_ms=seen
        )

    def add_conversation(self, person: Profile, **changes: Any) -> ConversationId:
        conversation_id = ConversationId(1000 + person.account)
        self.conversations[conversation_id] = blank_row(conversation_id, person, **changes)
        self.rows.setdefault(conversation_id, [])
        return conversation_id

    def add_message(
        self,
        conversation_id: ConversationId,
        text: str,
        *,
        is_own: bool = False,
        minutes_ago: float = 0,
        state: MessageState | None = None,
        kind: MessageKind = MessageKind.TEXT,
        **changes: Any,
    ) -> MessageRow:
        """Put a message at the end; the list shows it too."""
        rows = self.rows[conversation_id]
        number = next(self._numbers)
        sequence = len(rows) + 1
        peer = self.conversations[conversation_id].peer.account
        own_state = state or MessageState.READ
        row = MessageRow(
            conversation_id=conversation_id,
            local_id=number,
            order=sequence << 20,
            sequence=sequence,
            message_id=f"{number:032x}",
            sender=OWN if is_own else peer,
            is_own=is_own,
            kind=kind,
            text=text,
            shown_at_ms=at(minutes_ago),
            sent_at_ms=at(minutes_ago),
            received_at_ms=at(minutes_ago),
            state=own_state if is_own else MessageState.RECEIVED,
        )
        row = msgspec.structs.replace(row, **changes)
        rows.append(row)
        self._set(
            conversation_id,
            preview=text,
            preview_is_own=is_own,
            preview_state=row.state if is_own else None,
            last_at_ms=row.shown_at_ms,
            head=sequence,
        )
        return row

    def keep(self, conversation_id: ConversationId, **changes: Any) -> None:
        """Change how a conversation is kept; the list is told when all is announced."""
        self._set(conversation_id, **changes)

    def receive(self, conversation_id: ConversationId, text: str) -> MessageRow:
        """Let a message arrive while the windows are open."""
        row = self.add_message(conversation_id, text)
        conversation = self.conversations[conversation_id]
        first = conversation.first_unread or row.sequence
        self._set(conversation_id, unread=conversation.unread + 1, first_unread=first)
        self.session.apply(events.TimelineChanged(conversation_id=conversation_id, rows=[row]))
        self._tell(conversation_id)
        return row

    def change(self, row: MessageRow, **changes: Any) -> MessageRow:
        """Change a message while the windows are open."""
        changed = msgspec.structs.replace(row, **changes)
        rows = self.rows[row.conversation_id]
        rows[[each.local_id for each in rows].index(row.local_id)] = changed
        self.session.apply(
            events.TimelineChanged(conversation_id=row.conversation_id, rows=[changed])
        )
        return changed

    def of(self, kind: type[commands.Command]) -> list[Any]:
        """Return the commands of one kind that were sent."""
        return [command for command in self.sent if isinstance(command, kind)]

    # The port.

    def send(self, command: commands.Command) -> None:
        try:
            self._carry_out(command)
        except CommandFailedError as error:
            self.session.report_failure(error.code)

    async def ask(self, command: commands.Command) -> events.AnyAnswer:
        return self._carry_out(command)

    def _carry_out(self, command: commands.Command) -> events.AnyAnswer:
        self.sent.append(command)
        refusal = self.refusals.get(type(command))
        if refusal is not None:
            raise CommandFailedError(refusal, refusal)
        act: Callable[[Any], events.AnyAnswer] = _ACTS.get(type(command), _nothing)
        return act(self, command)  # type: ignore[call-arg]

    def _set(self, conversation_id: ConversationId, **changes: Any) -> None:
        row = self.conversations[conversation_id]
        self.conversations[conversation_id] = msgspec.structs.replace(row, **changes)

    def _tell(self, conversation_id: ConversationId) -> None:
        row = self.conversations[conversation_id]
        self.session.apply(events.ConversationsChanged(rows=[row]))

    def register(self, command: commands.Register) -> events.AnyAnswer:
        self.own = profile(OWN, command.user_name, command.nickname)
        self.is_logged_in = True
        self.announce()
        return events.Registered(recovery_code="ABCD-EFGH-JKLM-NPQR-STUV-WXYZ-2345-6789")

    def log_in(self, command: commands.LogIn) -> events.AnyAnswer:
        self.is_logged_in = True
        self.announce()
        return events.LoggedIn()

    def log_out(self, command: commands.LogOut) -> events.AnyAnswer:
        self.is_logged_in = False
        self.announce()
        return None

    def load_timeline(self, command: commands.LoadTimeline) -> events.AnyAnswer:
        rows = self.rows[command.conversation_id]
        first, last = 0, len(rows)
        if command.before is not None:
            last = sum(1 for row in rows if row.order < command.before)
        if command.after is not None:
            first = sum(1 for row in rows if row.order <= command.after)
            last = min(last, first + command.limit)
        elif command.around is not None or command.at_ms is not None:
            around, at_ms = command.around or 0, command.at_ms or 0
            middle = sum(1 for row in rows if row.order < around or row.shown_at_ms < at_ms)
            first = max(0, middle - command.limit // 2)
            last = min(last, middle + command.limit // 2)
        else:
            first = max(0, last - command.limit)
        return events.TimelinePage(
            conversation_id=command.conversation_id,
            rows=rows[first:last],
            has_older=first > 0,
            has_newer=last < len(rows),
        )

    def send_text(self, command: commands.SendText) -> events.AnyAnswer:
        row = self.add_message(
            command.conversation_id, command.text, is_own=True, state=MessageState.WAITING
        )
        self.session.apply(
            events.TimelineChanged(conversation_id=command.conversation_id, rows=[row])
        )
        self._tell(command.conversation_id)
        return events.Queued(row=row)

    def cancel(self, command: commands.CancelMessage) -> events.AnyAnswer:
        rows = self.rows[command.conversation_id]
        rows[:] = [row for row in rows if row.local_id != command.local_id]
        self.session.apply(
            events.TimelineChanged(
                conversation_id=command.conversation_id, rows=[], removed=[command.local_id]
            )
        )
        return None

    def mark_read(self, command: commands.MarkRead) -> events.AnyAnswer:
        if self.conversations[command.conversation_id].unread:
            self._set(command.conversation_id, unread=0, first_unread=0, mentions=0)
            self._tell(command.conversation_id)
        return None

    def load_draft(self, command: commands.LoadDraft) -> events.AnyAnswer:
        rows = {row.message_id: row for row in self.rows.get(command.conversation_id, ())}
        draft = self.drafts.get(command.conversation_id)
        if draft is None:
            return events.DraftLoaded(text=self.conversations[command.conversation_id].draft)
        return events.DraftLoaded(
            text=draft.text,
            reply=rows.get(draft.reply_to),
            edit=rows.get(draft.edit_of),
            edit_text=draft.edit_text,
        )

    def look_at_file(self, command: commands.LookAtFile) -> events.AnyAnswer:
        """Look at real files; what can be a picture is its own thumbnail."""
        path = Path(command.path)
        if not path.is_file():
            raise CommandFailedError("no_file", "no file")
        image = QImage(command.path)
        return events.FileLookedAt(
            size=path.stat().st_size,
            media_type=mimetypes.guess_type(path.name)[0] or "",
            width=image.width(),
            height=image.height(),
            thumbnail=b"" if image.isNull() else path.read_bytes(),
        )

    def send_file(self, command: commands.SendFile) -> events.AnyAnswer:
        if not Path(command.path).is_file():
            raise CommandFailedError("no_file", "no file")
        return None

    def set_pinned(self, command: commands.SetPinned) -> events.AnyAnswer:
        pinned_at_ms = at(0) if command.is_pinned else 0
        changes = {"is_pinned": command.is_pinned, "pinned_at_ms": pinned_at_ms}
        self._set(command.conversation_id, **changes)
        self._tell(command.conversation_id)
        return None

    def set_muted(self, command: commands.SetMuted) -> events.AnyAnswer:
        self._set(command.conversation_id, muted_until_ms=command.until_ms)
        self._tell(command.conversation_id)
        return None

    def set_archived(self, command: commands.SetArchived) -> events.AnyAnswer:
        self._set(command.conversation_id, is_archived=command.is_archived)
        self._tell(command.conversation_id)
        return None

    def transfer(self, command: Transfer) -> events.AnyAnswer:
        """Let a file be fetched, rest, go on, or be given up."""
        row = next(r for r in self.rows[command.conversation_id] if r.local_id == command.local_id)
        assert row.file is not None
        file = msgspec.structs.replace(row.file, state=_FILE_STATES[type(command)])
        self.change(row, file=file)
        return None

    def fetch_pictures(self, command: commands.FetchPictures) -> events.AnyAnswer:
        """Let pictures that are in sight come; none of them has begun before."""
        for local_id in command.local_ids:
            self.transfer(
                commands.Download(conversation_id=command.conversation_id, local_id=local_id)
            )
        return None

    def save_file(self, command: commands.SaveFile) -> events.AnyAnswer:
        Path(command.path).write_bytes(self.files.get(command.local_id, b"a file"))
        return None

    def load_picture(self, command: commands.LoadPicture) -> events.AnyAnswer:
        picture = self.pictures.get(command.local_id)
        if picture is None:
            raise CommandFailedError("no_picture", "This cannot be shown as a picture.")
        bounds = QSize(command.width, command.height)
        fitting = picture.size().boundedTo(picture.size().scaled(bounds, KEEP))
        image = picture.scaled(fitting).convertToFormat(QImage.Format.Format_RGBA8888)
        return events.PictureLoaded(
            local_id=command.local_id,
            width=image.width(),
            height=image.height(),
            data=bytes(image.constBits()),
        )

    def save_draft(self, command: commands.SaveDraft) -> events.AnyAnswer:
        self.drafts[command.conversation_id] = command
        self._set(command.conversation_id, draft=command.text)
        self._tell(command.conversation_id)
        return None

    def open_conversation(self, command: commands.OpenConversation) -> events.AnyAnswer:
        contact = self.contacts[command.account]
        conversation_id = self.add_conversation(contact.profile)
        self._tell(conversation_id)
        return events.ConversationOpened(conversation_id=conversation_id)

    def open_notes(self, command: commands.OpenNotes) -> events.AnyAnswer:
        conversation_id = self.add_conversation(self.own, kind=3)
        self._tell(conversation_id)
        return events.ConversationOpened(conversation_id=conversation_id)

    def request_contact(self, command: commands.RequestContact) -> events.AnyAnswer:
        for person in self.strangers:
            if person.user_name == command.user_name:
                request = Request(
                    profile=person, greeting=command.greeting, is_own=True, at_ms=at(0)
                )
                self.requests.append(request)
                self.tell_contacts()
                return None
        raise CommandFailedError("unknown_user", "nobody")

    def accept(self, command: commands.AcceptRequest) -> events.AnyAnswer:
        request = next(r for r in self.requests if r.profile.account == command.account)
        self.requests.remove(request)
        self.add_contact(request.profile, is_online=True)
        self.add_conversation(request.profile, last_at_ms=at(0))
        self.tell_contacts()
        self._tell(ConversationId(1000 + command.account))
        return None

    def drop_request(
        self, command: commands.DeclineRequest | commands.WithdrawRequest
    ) -> events.AnyAnswer:
        self.requests = [r for r in self.requests if r.profile.account != command.account]
        self.tell_contacts()
        return None

    def remove(self, command: commands.RemoveContact) -> events.AnyAnswer:
        del self.contacts[command.account]
        conversation_id = ConversationId(1000 + command.account)
        if conversation_id in self.conversations:
            self._set(conversation_id, can_send=False)
            self._tell(conversation_id)
        self.tell_contacts()
        return None

    def sort_friends(self, command: commands.SetFriendGroups) -> events.AnyAnswer:
        self.friend_groups = tuple(
            FriendGroup(name=name, accounts=accounts) for name, accounts in command.groups
        )
        self.tell_contacts()
        return None

    def set_remark(self, command: commands.SetRemark) -> events.AnyAnswer:
        contact = self.contacts[command.account]
        self.contacts[command.account] = msgspec.structs.replace(contact, remark=command.remark)
        conversation_id = ConversationId(1000 + command.account)
        if conversation_id in self.conversations:
            self._set(conversation_id, remark=command.remark)
            self._tell(conversation_id)
        self.tell_contacts()
        return None

    def block(self, command: commands.BlockAccount) -> events.AnyAnswer:
        person = self.session.profile(command.account)
        assert person is not None
        self.blocked.append(person)
        self.tell_contacts()
        self._open_or_close(command.account, can_send=False)
        return None

    def unblock(self, command: commands.UnblockAccount) -> events.AnyAnswer:
        self.blocked = [each for each in self.blocked if each.account != command.account]
        self.tell_contacts()
        self._open_or_close(command.account, can_send=True)
        return None

    def _open_or_close(self, account: AccountId, *, can_send: bool) -> None:
        conversation_id = ConversationId(1000 + account)
        if conversation_id in self.conversations:
            self._set(conversation_id, can_send=can_send)
            self._tell(conversation_id)

    def search_users(self, command: commands.SearchUsers) -> events.AnyAnswer:
        wanted = command.text.casefold()
        found = [person for person in self.strangers if person.user_name.startswith(wanted)]
        return events.UsersFound(profiles=found)

    def search_messages(self, command: commands.SearchMessages) -> events.AnyAnswer:
        everything = [row for rows in self.rows.values() for row in rows]
        found = [row for row in reversed(everything) if self._fits(command, row)]
        ids = [row.local_id for row in found]
        if command.before_local_id:
            found = found[ids.index(command.before_local_id) + 1 :]
        return events.MessagesFound(rows=found[: command.limit])

    def _fits(self, command: commands.SearchMessages, row: MessageRow) -> bool:
        return (
            command.text.casefold() in row.text.casefold()
            and command.conversation_id in (None, row.conversation_id)
            and command.sender in (None, row.sender)
            and command.since_ms <= row.received_at_ms
            and (not command.until_ms or row.received_at_ms < command.until_ms)
            and (not command.only_files or row.file is not None)
        )

    def set_profile(self, command: commands.SetProfile) -> events.AnyAnswer:
        self.own = msgspec.structs.replace(
            self.own, nickname=command.nickname, signature=command.signature
        )
        self.session.apply(events.ProfileChanged(profile=self.own))
        return None

    def decode_picture(self, command: commands.DecodePicture) -> events.AnyAnswer:
        """As the engine does it, but for the process of its own."""
        try:
            image = decode_picture(Path(command.path).read_bytes())
        except OSError:
            raise CommandFailedError("no_file", "no file") from None
        if image.isNull():
            raise CommandFailedError("no_picture", "no picture")
        image = image.convertToFormat(QImage.Format.Format_RGBA8888)
        return events.PictureLoaded(
            local_id=0,
            width=image.width(),
            height=image.height(),
            data=bytes(image.constBits()),
        )

    def set_avatar(self, command: commands.SetAvatar) -> events.AnyAnswer:
        name = f"{len(self.avatars) + 1:064x}" if command.data else ""
        self.avatars[name] = command.data
        self.own = msgspec.structs.replace(self.own, avatar=name)
        self.session.apply(events.ProfileChanged(profile=self.own))
        return None

    def load_profile(self, command: commands.LoadProfile) -> events.AnyAnswer:
        known = self.session.profile(command.account)
        strangers = (p for p in self.strangers if p.account == command.account)
        found = known or next(strangers, None)
        if found is None:
            raise CommandFailedError("not_found", "nobody")
        return events.ProfileLoaded(profile=found)

    def load_avatar(self, command: commands.LoadAvatar) -> events.AnyAnswer:
        data = self.avatars.get(command.avatar, b"")
        return events.AvatarLoaded(account=command.account, avatar=command.avatar, data=data)

    def load_members(self, command: commands.LoadMembers) -> events.AnyAnswer:
        return events.MembersLoaded(
            conversation_id=command.conversation_id, members=list(self.members)
        )

    def load_join_requests(self, command: commands.LoadJoinRequests) -> events.AnyAnswer:
        return events.JoinRequestsLoaded(
            conversation_id=command.conversation_id, profiles=list(self.joining)
        )

    def answer_join(self, command: commands.ApproveJoin | commands.DeclineJoin) -> events.AnyAnswer:
        self.joining = [each for each in self.joining if each.account != command.account]
        return None

    def create_group(self, command: commands.CreateGroup) -> events.AnyAnswer:
        nobody = profile(0, "", "")
        conversation_id = self.add_conversation(
            nobody, kind=2, title=command.name, own_role=3, member_count=1 + len(command.accounts)
        )
        self._tell(conversation_id)
        return events.ConversationOpened(conversation_id=conversation_id)

    def join_group(self, command: commands.JoinGroup) -> events.AnyAnswer:
        return events.JoinStarted(
            conversation_id=ConversationId(1),
            title="Chess",
            needs_approval=command.code == "ASK",
        )

    def make_invite(self, command: commands.MakeInvite) -> events.AnyAnswer:
        return events.InviteMade(code="CODE", expires_at_ms=0 if command.needs_approval else at(0))

    def load_devices(self, command: commands.LoadDevices) -> events.AnyAnswer:
        return events.DevicesLoaded(devices=list(self.devices))

    def revoke(self, command: commands.RevokeDevice) -> events.AnyAnswer:
        self.devices = [each for each in self.devices if each.device_id != command.device_id]
        return None

    def make_code(self, command: commands.MakeRecoveryCode | commands.Recover) -> events.AnyAnswer:
        return events.RecoveryCodeMade(recovery_code="ABCD-EFGH-JKLM-NPQR-STUV-WXYZ-2345-6789")

    def reset_account(self, command: commands.ResetAccount) -> events.AnyAnswer:
        return events.Registered(recovery_code="ABCD-EFGH-JKLM-NPQR-STUV-WXYZ-2345-6789")

    def load_safety(self, command: commands.LoadSafety) -> events.AnyAnswer:
        return events.SafetyLoaded(
            account=command.account,
            number=" ".join(f"{number:05}" for number in range(12345, 12357)),
            qr_data=b"MIM1" + bytes(range(64)),
            is_verified=command.account in self.verified,
            has_changed=command.account in self.changed,
        )

    def set_verified(self, command: commands.SetVerified) -> events.AnyAnswer:
        (self.verified.add if command.is_verified else self.verified.discard)(command.account)
        return None

    def acknowledge(self, command: commands.AcknowledgeRoot) -> events.AnyAnswer:
        self.changed.discard(command.account)
        return None

    def set_privacy(self, command: commands.SetPrivacy) -> events.AnyAnswer:
        self.session.apply(
            events.PrivacyChanged(
                shares_presence=command.shares_presence,
                sends_read_marks=command.sends_read_marks,
            )
        )
        return None

    def load_server(self, command: commands.LoadServer) -> events.AnyAnswer:
        return events.ServerLoaded(name="Office", version="2.0")

    def load_storage(self, command: commands.LoadStorage) -> events.AnyAnswer:
        return self.storage

    def clear_files(self, command: commands.ClearFiles) -> events.AnyAnswer:
        left = self.storage.files_bytes - self.storage.clearable_bytes
        self.storage = msgspec.structs.replace(self.storage, files_bytes=left, clearable_bytes=0)
        return self.storage


def _nothing(_port: FakePort, _command: commands.Command) -> events.AnyAnswer:
    return None


_ACTS: dict[type[commands.Command], Any] = {
    commands.CancelTransfer: FakePort.transfer,
    commands.Download: FakePort.transfer,
    commands.FetchPictures: FakePort.fetch_pictures,
    commands.LoadPicture: FakePort.load_picture,
    commands.PauseTransfer: FakePort.transfer,
    commands.ResumeTransfer: FakePort.transfer,
    commands.SaveFile: FakePort.save_file,
    commands.AcknowledgeRoot: FakePort.acknowledge,
    commands.ApproveJoin: FakePort.answer_join,
    commands.BlockAccount: FakePort.block,
    commands.ClearFiles: FakePort.clear_files,
    commands.CreateGroup: FakePort.create_group,
    commands.DeclineJoin: FakePort.answer_join,
    commands.DecodePicture: FakePort.decode_picture,
    commands.JoinGroup: FakePort.join_group,
    commands.LoadDevices: FakePort.load_devices,
    commands.LoadDraft: FakePort.load_draft,
    commands.LoadJoinRequests: FakePort.load_join_requests,
    commands.LoadMembers: FakePort.load_members,
    commands.LoadSafety: FakePort.load_safety,
    commands.LoadServer: FakePort.load_server,
    commands.LoadStorage: FakePort.load_storage,
    commands.MakeInvite: FakePort.make_invite,
    commands.MakeRecoveryCode: FakePort.make_code,
    commands.Recover: FakePort.make_code,
    commands.ResetAccount: FakePort.reset_account,
    commands.RevokeDevice: FakePort.revoke,
    commands.BlockAccount: FakePort.block,
    commands.SetFriendGroups: FakePort.sort_friends,
    commands.SetPrivacy: FakePort.set_privacy,
    commands.SetRemark: FakePort.set_remark,
    commands.SetVerified: FakePort.set_verified,
    commands.UnblockAccount: FakePort.unblock,
    commands.Register: FakePort.register,
    commands.LogIn: FakePort.log_in,
    commands.LogOut: FakePort.log_out,
    commands.LoadTimeline: FakePort.load_timeline,
    commands.LookAtFile: FakePort.look_at_file,
    commands.SendFile: FakePort.send_file,
    commands.SendText: FakePort.send_text,
    commands.CancelMessage: FakePort.cancel,
    commands.MarkRead: FakePort.mark_read,
    commands.SetArchived: FakePort.set_archived,
    commands.SetMuted: FakePort.set_muted,
    commands.SetPinned: FakePort.set_pinned,
    commands.SaveDraft: FakePort.save_draft,
    commands.OpenConversation: FakePort.open_conversation,
    commands.OpenNotes: FakePort.open_notes,
    commands.RequestContact: FakePort.request_contact,
    commands.AcceptRequest: FakePort.accept,
    commands.DeclineRequest: FakePort.drop_request,
    commands.WithdrawRequest: FakePort.drop_request,
    commands.RemoveContact: FakePort.remove,
    commands.SearchUsers: FakePort.search_users,
    commands.SearchMessages: FakePort.search_messages,
    commands.SetProfile: FakePort.set_profile,
    commands.SetAvatar: FakePort.set_avatar,
    commands.LoadProfile: FakePort.load_profile,
    commands.LoadAvatar: FakePort.load_avatar,
}

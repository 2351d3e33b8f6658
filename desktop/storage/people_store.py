"""People: profiles, contacts, requests, avatars; keys: `desktop.storage.peer_key_store`."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from desktop.events import Profile
from desktop.storage.database import Database, Row
from shared.identifiers import AccountId
from shared.rest import ContactInfo, UserProfile

__all__ = ["PeopleStore", "StoredContact", "StoredRequest", "profile_of"]

_AVATARS_KEPT = 500  # The pictures used longest ago go.


class StoredContact(msgspec.Struct, frozen=True, kw_only=True):
    """A friend, without presence, which is never stored."""

    profile: Profile
    requested_by: int
    last_seen_ms: int


class StoredRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request that waits, with its greeting opened."""

    profile: Profile
    is_own: bool
    at_ms: int
    greeting: str

    def __repr__(self) -> str:
        return f"StoredRequest({self.profile.account})"


def profile_of(user: UserProfile) -> Profile:
    """Return a profile as the server told it, as the windows know it."""
    return Profile(
        account=AccountId(user.account),
        user_name=user.user_name,
        nickname=user.nickname,
        signature=user.signature,
        avatar=user.avatar,
    )


class PeopleStore:
    """The tables about people."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def profile(self, account: int) -> Profile:
        """Return someone's profile; an empty one if it was never heard."""
        row = self._database.row(
            "SELECT account, user_name, nickname, signature, avatar FROM profiles"
            " WHERE account = ?",
            account,
        )
        if row is None:
            return Profile(account=AccountId(account), user_name="", nickname="")
        return _profile(row)

    def save_profile(self, profile: Profile) -> bool:
        """Keep a profile; return whether anything of it is new."""
        return bool(
            self._database.run(
                "INSERT INTO profiles (account, user_name, nickname, signature, avatar)"
                " VALUES (?, ?, ?, ?, ?) ON CONFLICT (account) DO UPDATE SET"
                " user_name = excluded.user_name, nickname = excluded.nickname,"
                " signature = excluded.signature, avatar = excluded.avatar"
                " WHERE (user_name, nickname, signature, avatar) IS NOT (excluded.user_name,"
                " excluded.nickname, excluded.signature, excluded.avatar)",
                profile.account,
                profile.user_name,
                profile.nickname,
                profile.signature,
                profile.avatar,
            )
        )

    def replace_contacts(
        self,
        contacts: list[ContactInfo],
        requests: list[StoredRequest],
        blocked: Sequence[Profile] = (),
    ) -> list[Profile]:
        """Store the whole list as it is now; return the profiles that changed."""
        profiles = [profile_of(contact.profile) for contact in contacts]
        profiles += [request.profile for request in requests]
        profiles += blocked
        with self._database.transaction():
            changed = [profile for profile in profiles if self.save_profile(profile)]
            self._database.run("DELETE FROM contacts")
            self._database.run("DELETE FROM requests")
            self._database.run("DELETE FROM blocked")
            for profile in blocked:
                self._database.run("INSERT INTO blocked (account) VALUES (?)", profile.account)
            for contact in contacts:
                self._database.run(
                    "INSERT INTO contacts (account, since_ms, requested_by, last_seen_ms)"
                    " VALUES (?, ?, ?, ?)",
                    contact.profile.account,
                    contact.since_ms,
                    contact.requested_by,
                    contact.last_seen_ms,
                )
            for request in requests:
                self._database.run(
                    "INSERT INTO requests (account, is_own, at_ms, greeting) VALUES (?, ?, ?, ?)",
                    request.profile.account,
                    int(request.is_own),
                    request.at_ms,
                    request.greeting,
                )
        return changed

    def contacts(self) -> list[StoredContact]:
        """Return all friends."""
        rows = self._database.rows(
            "SELECT account, user_name, nickname, signature, avatar, requested_by, last_seen_ms"
            " FROM contacts JOIN profiles USING (account) ORDER BY account"
        )
        return [
            StoredContact(profile=_profile(row), requested_by=row[5], last_seen_ms=row[6])
            for row in rows
        ]

    def is_contact(self, account: int) -> bool:
        """Whether this is a friend."""
        row = self._database.row("SELECT 1 FROM contacts WHERE account = ?", account)
        return row is not None

    def blocked(self) -> list[Profile]:
        """Return whom the own account has blocked."""
        rows = self._database.rows(
            "SELECT account, user_name, nickname, signature, avatar"
            " FROM blocked JOIN profiles USING (account) ORDER BY account"
        )
        return [_profile(row) for row in rows]

    def is_blocked(self, account: int) -> bool:
        """Whether the own account has blocked somebody."""
        row = self._database.row("SELECT 1 FROM blocked WHERE account = ?", account)
        return row is not None

    def set_last_seen(self, account: int, last_seen_ms: int) -> None:
        """Note when a friend was last seen."""
        self._database.run(
            "UPDATE contacts SET last_seen_ms = ? WHERE account = ?", last_seen_ms, account
        )

    def requests(self) -> list[StoredRequest]:
        """Return all requests that wait, the newest first."""
        rows = self._database.rows(
            "SELECT account, user_name, nickname, signature, avatar, is_own, at_ms, greeting"
            " FROM requests JOIN profiles USING (account) ORDER BY at_ms DESC, account"
        )
        return [
            StoredRequest(profile=_profile(row), is_own=bool(row[5]), at_ms=row[6], greeting=row[7])
            for row in rows
        ]

    def save_own_greeting(self, account: int, greeting: str) -> None:
        """Keep what was written with an own request; the server cannot give it back."""
        self._database.run(
            "INSERT OR REPLACE INTO greetings (account, greeting) VALUES (?, ?)", account, greeting
        )

    def own_greeting(self, account: int) -> str:
        """Return what was written with the own request to ``account``."""
        row = self._database.row("SELECT greeting FROM greetings WHERE account = ?", account)
        return "" if row is None else str(row[0])

    def avatar(self, avatar: str, *, now_ms: int) -> bytes | None:
        """Return a picture that is here."""
        row = self._database.row("SELECT data FROM avatars WHERE avatar = ?", avatar)
        if row is None:
            return None
        self._database.run("UPDATE avatars SET used_at_ms = ? WHERE avatar = ?", now_ms, avatar)
        return bytes(row[0])

    def save_avatar(self, avatar: str, data: bytes, *, now_ms: int) -> None:
        """Keep a picture."""
        with self._database.transaction():
            self._database.run(
                "INSERT OR REPLACE INTO avatars (avatar, used_at_ms, data) VALUES (?, ?, ?)",
                avatar,
                now_ms,
                data,
            )
            self._database.run(
                "DELETE FROM avatars WHERE avatar NOT IN"
                " (SELECT avatar FROM avatars ORDER BY used_at_ms DESC LIMIT ?)",
                _AVATARS_KEPT,
            )


def _profile(row: Row) -> Profile:
    account, user_name, nickname, signature, avatar = row[:5]
    return Profile(
        account=AccountId(account),
        user_name=user_name,
        nickname=nickname,
        signature=signature,
        avatar=avatar,
    )

"""Everything of one profile on disk: the lock, the key, the database and its stores."""

from __future__ import annotations

import logging
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from desktop.storage.account_store import AccountStore
from desktop.storage.content_store import ContentStore
from desktop.storage.conversation_store import ConversationStore
from desktop.storage.database import Database, delete_database
from desktop.storage.document_store import DocumentStore
from desktop.storage.file_cache import FileCache
from desktop.storage.file_store import FileStore
from desktop.storage.finding_store import FindingStore
from desktop.storage.group_store import GroupStore
from desktop.storage.intent_store import IntentStore
from desktop.storage.key_store import (
    KeyBackend,
    delete_key,
    keep_key,
    load_or_make_key,
    system_backend,
)
from desktop.storage.message_store import MessageStore
from desktop.storage.outbox_store import OutboxStore
from desktop.storage.passcode_file import PasscodeFile
from desktop.storage.peer_key_store import PeerKeyStore
from desktop.storage.people_store import PeopleStore
from desktop.storage.profile_lock import ProfileLock
from desktop.storage.record_store import RecordStore

__all__ = ["Storage", "open_storage", "wipe_locked"]

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Storage:
    """An open profile; ``key_file`` if its key lay in a file when it was opened."""

    home: Path
    name: str
    secret: bytes = field(repr=False)  # The database key.
    lock: ProfileLock
    database: Database
    backend: KeyBackend | None
    key_file: Path | None
    account: AccountStore
    people: PeopleStore
    keys: PeerKeyStore
    document: DocumentStore
    findings: FindingStore
    conversations: ConversationStore
    messages: MessageStore
    contents: ContentStore
    outbox: OutboxStore
    groups: GroupStore
    records: RecordStore
    intents: IntentStore
    files: FileStore
    file_cache: FileCache

    def database_bytes(self) -> int:
        """Return how much room the database takes on disk."""
        return sum(path.stat().st_size for path in self.home.glob("mim.db*"))

    def close(self) -> None:
        """Close the database and let go of the lock."""
        self.database.close()
        self.lock.release()

    def wipe(self) -> None:
        """Delete the database and its key for good, and let go of the lock."""
        self.database.close()
        _wipe(self.home, self.name, self.backend)
        self.lock.release()

    def keep_key(self) -> None:
        """Put the database key where it is found without a passcode.

        Raises:
            OSError: If the disk does not take it.
        """
        keep_key(self.home, self.name, self.backend, self.secret)

    def forget_key(self) -> bool:
        """Let the database key be found nowhere but under the passcode; return whether it is so."""
        return delete_key(self.home, self.name, self.backend)


def open_storage(home: Path, *, uses_key_store: bool, key: bytes | None = None) -> Storage:
    """Open a profile, a new one if there is none.

    Args:
        home: Its folder.
        uses_key_store: Whether the system's key store is asked for its key.
        key: The key that its passcode gave; then no other place is asked.

    Raises:
        ProfileInUseError: If another process has it open.
        LocalError: If its key cannot be had or does not open it.
        DatabaseFullError: If the disk is full.
    """
    lock = ProfileLock(home)
    with ExitStack() as undo:
        name = lock.acquire()
        undo.callback(lock.release)
        path = home / "mim.db"
        needs_backend = uses_key_store and not (home / "key").exists()
        backend = system_backend() if needs_backend else None
        key_file = None
        if key is None:
            found = load_or_make_key(home, name, backend, has_database=path.exists())
            key, key_file = found.secret, found.file
            if found.is_new and path.exists():
                _set_aside(path)
        database = Database(path, key)
        undo.pop_all()
    return Storage(
        home=home,
        name=name,
        secret=key,
        lock=lock,
        database=database,
        backend=backend,
        key_file=key_file,
        account=AccountStore(database),
        people=PeopleStore(database),
        keys=PeerKeyStore(database),
        document=DocumentStore(database),
        findings=FindingStore(database),
        conversations=ConversationStore(database),
        messages=MessageStore(database),
        contents=ContentStore(database),
        outbox=OutboxStore(database),
        groups=GroupStore(database),
        records=RecordStore(database),
        intents=IntentStore(database),
        files=FileStore(database),
        file_cache=FileCache(home / "files"),
    )


def wipe_locked(home: Path, name: str, *, uses_key_store: bool) -> None:
    """Delete a profile that nobody can open; the caller holds its lock, which names it."""
    _wipe(home, name, system_backend() if uses_key_store else None)


def _wipe(home: Path, name: str, backend: KeyBackend | None) -> None:
    # The key goes first: without it the rest is noise, should the next line not be reached.
    PasscodeFile(home).delete()
    delete_key(home, name, backend)
    delete_database(home)
    FileCache(home / "files").wipe()


def _set_aside(path: Path) -> None:
    """Move a database away that no key opens any more: this becomes a new device.

    It is not deleted, since the key may turn up again in a restored key store.
    """
    logger.warning("the key of this profile is gone; its database is set aside")
    for suffix in ("-wal", "-shm"):
        path.with_name(path.name + suffix).unlink(missing_ok=True)
    path.replace(path.with_name("mim.db.lost"))

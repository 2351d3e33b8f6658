"""Files of messages, how they open, and their transfers."""

from __future__ import annotations

import msgspec

from desktop.events import FileRow, FileState
from desktop.storage.database import Database, Row
from shared.content import File

__all__ = ["FILE_COLUMNS", "FILE_JOINS", "FileStore", "StoredFile", "Transfer", "file_row"]

# For queries of messages (``m``): what `file_row` makes a row of.
FILE_COLUMNS = (
    "f.name, f.size, f.media_type, f.width, f.height, f.preview, f.thumbnail, f.is_here,"
    " t.state, t.is_upload, t.done, t.total, t.code"
)
FILE_JOINS = (
    " LEFT JOIN files AS f ON f.local_id = m.local_id"
    " LEFT JOIN transfers AS t ON t.local_id = m.local_id"
)


class StoredFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file of a message; ``hash`` is empty before it is sealed."""

    local_id: int
    conversation_id: int
    blob_id: int
    key: bytes
    hash: bytes
    size: int
    name: str
    media_type: str = ""
    width: int = 0
    height: int = 0
    preview: bytes = b""
    thumbnail: bytes = b""
    is_here: bool = False

    def __repr__(self) -> str:
        return f"StoredFile({self.local_id}, {self.size} bytes)"


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """An upload or a download that is not done.

    ``path`` is where an upload comes from, and where a download is to be written (empty: nowhere).
    """

    local_id: int
    conversation_id: int
    is_upload: bool
    state: FileState = FileState.WAITING
    path: str = ""
    done: int = 0
    total: int = 0
    is_sealed: bool = False
    reply_to: bytes | None = None
    code: str = ""

    def __repr__(self) -> str:
        return f"Transfer({self.local_id}, {self.state})"


class FileStore:
    """The tables ``files`` and ``transfers``."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(self, file: StoredFile) -> None:
        """Keep what is known of a message's file; what is known already stays."""
        fields = msgspec.structs.astuple(file)
        marks = ", ".join("?" * len(fields))
        self._database.run(
            f"INSERT OR IGNORE INTO files ({', '.join(StoredFile.__struct_fields__)})"
            f" VALUES ({marks})",
            *fields,
        )

    def add_opened(self, local_id: int, conversation_id: int, content: File) -> None:
        """Keep the file of a message that came; its bytes may be here from another message."""
        row = self._database.row(
            "SELECT 1 FROM files WHERE blob_id = ? AND is_here = 1", content.blob_id
        )
        self.add(
            StoredFile(
                local_id=local_id,
                conversation_id=conversation_id,
                blob_id=content.blob_id,
                key=content.key,
                hash=content.hash,
                size=content.size,
                name=content.name,
                media_type=content.media_type,
                width=content.width,
                height=content.height,
                preview=content.preview,
                thumbnail=content.thumbnail,
                is_here=row is not None,
            )
        )

    def get(self, local_id: int) -> StoredFile | None:
        """Return the file of a message."""
        row = self._database.row(
            f"SELECT {', '.join(StoredFile.__struct_fields__)} FROM files WHERE local_id = ?",
            local_id,
        )
        if row is None:
            return None
        fields = dict(zip(StoredFile.__struct_fields__, row, strict=True))
        return StoredFile(**{**fields, "is_here": bool(fields["is_here"])})

    def set_picture(
        self, local_id: int, *, width: int, height: int, preview: bytes, thumbnail: bytes
    ) -> None:
        """Keep what a picture looks like."""
        self._database.run(
            "UPDATE files SET width = ?, height = ?, preview = ?, thumbnail = ? WHERE local_id = ?",
            width,
            height,
            preview,
            thumbnail,
            local_id,
        )

    def set_sealed(self, local_id: int, *, sealed_hash: bytes) -> None:
        """Note that a file that is sent is sealed and in the cache."""
        with self._database.transaction():
            self._database.run(
                "UPDATE files SET hash = ?, is_here = 1 WHERE local_id = ?", sealed_hash, local_id
            )
            self._database.run("UPDATE transfers SET is_sealed = 1 WHERE local_id = ?", local_id)

    def set_here(self, blob_id: int, *, is_here: bool) -> list[tuple[int, int]]:
        """Note whether bytes are in the cache; return conversation and local id of their rows."""
        rows = self._database.rows(
            "SELECT conversation_id, local_id FROM files WHERE blob_id = ? AND is_here <> ?",
            blob_id,
            int(is_here),
        )
        self._database.run("UPDATE files SET is_here = ? WHERE blob_id = ?", int(is_here), blob_id)
        return [(row[0], row[1]) for row in rows]

    def forget(self, local_id: int) -> int:
        """Forget the file of a message that is gone, and its transfer.

        Returns:
            The blob that nothing here refers to any more, 0 if there is none.
        """
        file = self.get(local_id)
        with self._database.transaction():
            self._database.run("DELETE FROM files WHERE local_id = ?", local_id)
            self._database.run("DELETE FROM transfers WHERE local_id = ?", local_id)
        if file is None:
            return 0
        return 0 if self.is_known(file.blob_id) else file.blob_id

    def is_known(self, blob_id: int) -> bool:
        """Whether a message here names this blob."""
        return self._database.row("SELECT 1 FROM files WHERE blob_id = ?", blob_id) is not None

    # Transfers.

    def save_transfer(self, transfer: Transfer) -> None:
        """Keep a transfer as it stands now."""
        fields = msgspec.structs.asdict(transfer)
        fields["state"] = transfer.state.value
        marks = ", ".join("?" * len(fields))
        self._database.run(
            f"INSERT OR REPLACE INTO transfers ({', '.join(fields)}) VALUES ({marks})",
            *fields.values(),
        )

    def transfer(self, local_id: int) -> Transfer | None:
        """Return the transfer of a message's file."""
        row = self._database.row(f"{_TRANSFERS} WHERE local_id = ?", local_id)
        return None if row is None else _transfer(row)

    def transfers(self) -> list[Transfer]:
        """Return all that are not done, in the order of their messages."""
        rows = self._database.rows(f"{_TRANSFERS} ORDER BY local_id")
        return [_transfer(row) for row in rows]

    def count_transfers(self) -> int:
        """Return how many are not done."""
        row = self._database.row("SELECT count(*) FROM transfers")
        assert row is not None
        return int(row[0])

    def remove_transfer(self, local_id: int) -> None:
        """Forget a transfer that is done."""
        self._database.run("DELETE FROM transfers WHERE local_id = ?", local_id)

    def needed(self) -> set[int]:
        """Return the blobs that a transfer needs."""
        rows = self._database.rows(
            "SELECT f.blob_id FROM transfers AS t JOIN files AS f USING (local_id)"
        )
        return {row[0] for row in rows}

    def unsent(self) -> set[int]:
        """Return the blobs of messages that wait to be accepted."""
        rows = self._database.rows(
            "SELECT f.blob_id FROM messages AS m JOIN files AS f USING (local_id)"
            " WHERE m.sequence = 0 AND m.refusal = ''"
        )
        return {row[0] for row in rows}


_TRANSFERS = f"SELECT {', '.join(Transfer.__struct_fields__)} FROM transfers"


def file_row(row: Row) -> FileRow | None:
    """Return the file of a message's row, from `FILE_COLUMNS`."""
    name, size, media_type, width, height, preview, thumbnail, is_here = row[:8]
    state, is_upload, done, total, code = row[8:]
    if name is None:
        return None
    rests = FileState.HERE if is_here else FileState.REMOTE
    return FileRow(
        name=name,
        size=size,
        media_type=media_type,
        width=width,
        height=height,
        preview=preview,
        thumbnail=thumbnail,
        state=rests if state is None else FileState(state),
        is_upload=bool(is_upload),
        done=done or 0,
        total=total or 0,
        code=code or "",
    )


def _transfer(row: Row) -> Transfer:
    fields = dict(zip(Transfer.__struct_fields__, row, strict=True))
    fields["state"] = FileState(fields["state"])
    for name in ("is_upload", "is_sealed"):
        fields[name] = bool(fields[name])
    return Transfer(**fields)

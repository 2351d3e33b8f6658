"""The tables of the local database, and the steps from one version to the next.

``PRAGMA user_version`` counts the steps that were taken; the first one is `FIRST_VERSION`. A step
is never changed once released.

| table | what | written when |
| --- | --- | --- |
| account | who this profile is, its session and secrets | register, log in, log out |
| registrations, logins | those that the server has perhaps done | before they are sent |
| profiles, contacts, requests, blocked, avatars | people, as the server told | contacts change |
| pins | the root an account is known by, whether it was compared | keys are fetched |
| device_lists, devices | what each root signed, as far as it was seen | keys are fetched |
| account_document | what the own devices share, as fetched last and as wanted | it is changed |
| own_warrants | what the own root said in passing, to be repeated | with what they tell |
| signed_heads | where the server said logs stand, under its signature | they are told |
| findings | what an honest server and honest devices do not do | when it is seen |
| conversations | what of each log is here, counters, marks | entries and receipts come |
| live_groups | the own device's MLS state of each conversation | with what it produced |
| log_states, verdicts | logs as everybody sees them: what counts | handshakes are judged |
| documents | roster documents by their hash | before they are relied on |
| pending_commits | own handshakes the log has perhaps taken | before they are sent |
| intents | what a commit is still to do | when it is wanted |
| records | what opens the messages, by epoch | epochs begin, records are fetched |
| replays | which message keys were used, and where | messages are opened |
| prekeys | private halves of published key packages | before they are published |
| entries | the logs, sealed | before they are confirmed |
| messages | what was opened, as it is shown, and what waits to be sent | with entries; when typed |
| effects | edits, recalls and reactions, even of what is not here | with entries; when made |
| blankings | payloads the server is to drop, since the log has their recall | with the recall |
| withdrawn | own messages taken back while nobody knew whether the log has them | when taken back |
| outbox | what is on its way: sealed bytes stored before they are sent | when typed, when sealed |
| sealed | hash of everything this device ever sealed | when sealed |
| drafts, settings | | as one types |
| search | the index over messages | with messages |

``messages_sequence`` covers accepted messages alone: a query uses it when it says ``sequence > 0``.
A message's place in ``search`` is its entry's Snowflake, so that the newest come first without
sorting; one that waits has `WAITING_BASE` plus its ``local_id``.
"""

from __future__ import annotations

__all__ = ["FIRST_VERSION", "MIGRATIONS", "ORDER_STEP", "WAITING_BASE"]

ORDER_STEP = 2**20
WAITING_BASE = 2**62

_FIRST = """
CREATE TABLE account (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    account INTEGER NOT NULL,
    device INTEGER NOT NULL,
    user_name TEXT NOT NULL,
    server_url TEXT NOT NULL,
    server_id TEXT NOT NULL,
    token TEXT NOT NULL,
    is_logged_in INTEGER NOT NULL,
    root_key BLOB NOT NULL,
    secrets BLOB NOT NULL,
    head_key BLOB NOT NULL,
    is_revoked INTEGER NOT NULL,
    event_position INTEGER NOT NULL DEFAULT 0,
    marks_since_ms INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE registrations (
    id INTEGER PRIMARY KEY,
    body BLOB NOT NULL
) STRICT;
CREATE TABLE logins (
    id INTEGER PRIMARY KEY,
    body BLOB NOT NULL
) STRICT;
CREATE TABLE settings (name TEXT PRIMARY KEY, value TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE profiles (
    account INTEGER PRIMARY KEY,
    user_name TEXT NOT NULL,
    nickname TEXT NOT NULL,
    signature TEXT NOT NULL,
    avatar TEXT NOT NULL
) STRICT;
CREATE TABLE contacts (
    account INTEGER PRIMARY KEY,
    since_ms INTEGER NOT NULL,
    requested_by INTEGER NOT NULL,
    last_seen_ms INTEGER NOT NULL
) STRICT;
CREATE TABLE requests (
    account INTEGER NOT NULL,
    is_own INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    greeting TEXT NOT NULL,
    PRIMARY KEY (account, is_own)
) STRICT, WITHOUT ROWID;
CREATE TABLE greetings (account INTEGER PRIMARY KEY, greeting TEXT NOT NULL) STRICT;
CREATE TABLE avatars (
    avatar TEXT PRIMARY KEY,
    used_at_ms INTEGER NOT NULL,
    data BLOB NOT NULL
) STRICT;
CREATE TABLE conversations (
    conversation_id INTEGER PRIMARY KEY,
    kind INTEGER NOT NULL,
    peer INTEGER NOT NULL,
    can_write INTEGER NOT NULL,
    newest_handshake INTEGER NOT NULL,
    document_hash BLOB NOT NULL,
    head INTEGER NOT NULL,
    floor INTEGER NOT NULL,
    chain_floor BLOB NOT NULL,
    have INTEGER NOT NULL,
    chain_have BLOB NOT NULL,
    first INTEGER NOT NULL DEFAULT 1,
    last INTEGER NOT NULL DEFAULT 0,
    title TEXT NOT NULL DEFAULT '',
    avatar BLOB NOT NULL DEFAULT x'',
    announcement TEXT NOT NULL DEFAULT '',
    timer_s INTEGER NOT NULL DEFAULT 0,
    timer_sequence INTEGER NOT NULL DEFAULT 0,
    profile_sequence INTEGER NOT NULL DEFAULT 0,
    broken_after_ms INTEGER NOT NULL DEFAULT 0,
    own_counter INTEGER NOT NULL DEFAULT 0,
    own_read INTEGER NOT NULL DEFAULT 0,
    read_to_send INTEGER NOT NULL DEFAULT 0,
    unread INTEGER NOT NULL DEFAULT 0,
    delivered INTEGER NOT NULL DEFAULT 0,
    delivered_at_ms INTEGER NOT NULL DEFAULT 0,
    read INTEGER NOT NULL DEFAULT 0,
    read_at_ms INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE INDEX conversations_peer ON conversations (peer);
CREATE TABLE live_groups (
    conversation_id INTEGER PRIMARY KEY,
    sequence INTEGER NOT NULL,
    leaf_at_ms INTEGER NOT NULL,
    epoch_state BLOB NOT NULL,
    ratchet_state BLOB NOT NULL
) STRICT;
CREATE TABLE log_states (
    conversation_id INTEGER PRIMARY KEY,
    sequence INTEGER NOT NULL,
    started INTEGER NOT NULL,
    followed INTEGER NOT NULL,
    epoch_at_ms INTEGER NOT NULL,
    messages INTEGER NOT NULL DEFAULT 0,
    state BLOB NOT NULL
) STRICT;
CREATE TABLE leaf_times (
    conversation_id INTEGER NOT NULL,
    device INTEGER NOT NULL,
    renewed_at_ms INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, device)
) STRICT, WITHOUT ROWID;
CREATE TABLE verdicts (
    conversation_id INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    is_valid INTEGER NOT NULL,
    epoch INTEGER NOT NULL,
    document_hash BLOB NOT NULL,
    changes_roster INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, sequence)
) STRICT, WITHOUT ROWID;
CREATE TABLE documents (document_hash BLOB PRIMARY KEY, document BLOB NOT NULL) STRICT;
CREATE TABLE pending_commits (
    conversation_id INTEGER PRIMARY KEY,
    payload_hash BLOB NOT NULL,
    is_creation INTEGER NOT NULL,
    peer INTEGER NOT NULL,
    title TEXT NOT NULL,
    body BLOB NOT NULL,
    epoch_state BLOB NOT NULL,
    ratchet_state BLOB NOT NULL,
    record BLOB NOT NULL,
    intents BLOB NOT NULL
) STRICT;
CREATE INDEX pending_commits_peer ON pending_commits (peer);
CREATE TABLE intents (
    intent_id INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation_id INTEGER NOT NULL,
    body BLOB NOT NULL
) STRICT;
CREATE INDEX intents_conversation ON intents (conversation_id);
CREATE TABLE records (
    conversation_id INTEGER NOT NULL,
    parent INTEGER NOT NULL,
    record BLOB NOT NULL,
    is_own INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, parent, record)
) STRICT, WITHOUT ROWID;
CREATE TABLE replays (
    conversation_id INTEGER NOT NULL,
    parent INTEGER NOT NULL,
    device INTEGER NOT NULL,
    leaf INTEGER NOT NULL,
    generation INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, parent, device, leaf, generation)
) STRICT, WITHOUT ROWID;
CREATE TABLE entries (
    conversation_id INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    kind INTEGER NOT NULL,
    is_opened INTEGER NOT NULL,
    entry BLOB NOT NULL,
    PRIMARY KEY (conversation_id, sequence)
) STRICT;
CREATE INDEX entries_handshakes ON entries (conversation_id, sequence) WHERE kind = 1;
CREATE INDEX entries_unopened ON entries (conversation_id, sequence) WHERE is_opened = 0;
CREATE TABLE messages (
    local_id INTEGER PRIMARY KEY AUTOINCREMENT,
    conversation_id INTEGER NOT NULL,
    order_key INTEGER NOT NULL,
    search_id INTEGER,
    sequence INTEGER NOT NULL,
    message_id BLOB,
    sender INTEGER NOT NULL,
    is_own INTEGER NOT NULL,
    kind TEXT NOT NULL,
    text TEXT NOT NULL,
    shown_at_ms INTEGER NOT NULL,
    sent_at_ms INTEGER NOT NULL,
    received_at_ms INTEGER NOT NULL,
    delivered_at_ms INTEGER NOT NULL DEFAULT 0,
    read_at_ms INTEGER NOT NULL DEFAULT 0,
    refusal TEXT NOT NULL DEFAULT '',
    system TEXT NOT NULL DEFAULT '',
    subjects BLOB NOT NULL DEFAULT x'',
    reply_to BLOB,
    expires_at_ms INTEGER NOT NULL DEFAULT 0,
    opened_kind TEXT,
    written TEXT,
    is_edited INTEGER NOT NULL DEFAULT 0,
    is_changing INTEGER NOT NULL DEFAULT 0,
    reactions BLOB NOT NULL DEFAULT x''
) STRICT;
CREATE INDEX messages_order ON messages (conversation_id, order_key);
CREATE UNIQUE INDEX messages_sequence ON messages (conversation_id, sequence) WHERE sequence > 0;
CREATE UNIQUE INDEX messages_id ON messages (message_id, conversation_id, sender)
    WHERE message_id IS NOT NULL;
CREATE INDEX messages_replies ON messages (conversation_id, reply_to) WHERE reply_to IS NOT NULL;
CREATE INDEX messages_expiry ON messages (expires_at_ms) WHERE expires_at_ms > 0;
CREATE INDEX messages_removed ON messages (conversation_id, sequence) WHERE kind = 'removed';
CREATE UNIQUE INDEX messages_search ON messages (search_id) WHERE search_id IS NOT NULL;
CREATE INDEX messages_unread ON messages (conversation_id, sequence) WHERE is_own = 0;
CREATE TABLE outbox (
    local_id INTEGER PRIMARY KEY,
    conversation_id INTEGER NOT NULL,
    typed_at_ms INTEGER NOT NULL,
    content BLOB NOT NULL,
    device_counter INTEGER,
    submission BLOB
) STRICT;
CREATE TABLE sealed (
    payload_hash BLOB PRIMARY KEY,
    conversation_id INTEGER NOT NULL,
    device_counter INTEGER NOT NULL,
    local_id INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX sealed_counter ON sealed (conversation_id, device_counter);
CREATE TABLE drafts (conversation_id INTEGER PRIMARY KEY, text TEXT NOT NULL) STRICT;
CREATE VIRTUAL TABLE search USING fts5 (
    text, scope, content = '', contentless_delete = 1, tokenize = 'mim'
);
"""

_PREKEYS = """
CREATE TABLE prekeys (
    package BLOB PRIMARY KEY,
    private BLOB NOT NULL,
    is_last_resort INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
"""

# Other people's keys, the document that the own devices share, and what was found to be wrong.
_DEVICES = """
CREATE TABLE pins (
    account INTEGER PRIMARY KEY,
    root_key BLOB NOT NULL,
    first_seen_ms INTEGER NOT NULL,
    past BLOB NOT NULL,
    verified_root BLOB,
    changed_root BLOB
) STRICT;
CREATE TABLE device_lists (
    account INTEGER NOT NULL,
    root_key BLOB NOT NULL,
    number INTEGER NOT NULL,
    hash BLOB NOT NULL,
    archive BLOB NOT NULL,
    entries BLOB NOT NULL,
    PRIMARY KEY (account, root_key)
) STRICT, WITHOUT ROWID;
CREATE TABLE devices (
    account INTEGER NOT NULL,
    root_key BLOB NOT NULL,
    device INTEGER NOT NULL,
    proof BLOB NOT NULL,
    is_revoked INTEGER NOT NULL,
    PRIMARY KEY (account, root_key, device)
) STRICT, WITHOUT ROWID;
CREATE TABLE account_document (
    id INTEGER PRIMARY KEY CHECK (id = 1),
    version INTEGER NOT NULL,
    base BLOB NOT NULL,
    own BLOB NOT NULL
) STRICT;
CREATE TABLE own_warrants (
    number INTEGER PRIMARY KEY,
    warrant BLOB NOT NULL,
    is_handed_out INTEGER NOT NULL DEFAULT 0
) STRICT;
CREATE TABLE signed_heads (
    conversation_id INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    chain BLOB NOT NULL,
    signature BLOB NOT NULL,
    PRIMARY KEY (conversation_id, sequence, chain)
) STRICT, WITHOUT ROWID;
CREATE TABLE findings (
    finding_id INTEGER PRIMARY KEY,
    conversation_id INTEGER NOT NULL,
    kind TEXT NOT NULL,
    blamed TEXT NOT NULL,
    sequence INTEGER NOT NULL,
    account INTEGER NOT NULL,
    at_ms INTEGER NOT NULL,
    evidence BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX findings_once ON findings (conversation_id, kind, sequence, account);
"""

# Files of messages, by the message's local id, and what is on its way.
_FILES = """
CREATE TABLE files (
    local_id INTEGER PRIMARY KEY,
    conversation_id INTEGER NOT NULL,
    blob_id INTEGER NOT NULL,
    key BLOB NOT NULL,
    hash BLOB NOT NULL,
    size INTEGER NOT NULL,
    name TEXT NOT NULL,
    media_type TEXT NOT NULL,
    width INTEGER NOT NULL,
    height INTEGER NOT NULL,
    preview BLOB NOT NULL,
    thumbnail BLOB NOT NULL,
    is_here INTEGER NOT NULL
) STRICT;
CREATE INDEX files_blob ON files (blob_id);
CREATE TABLE transfers (
    local_id INTEGER PRIMARY KEY,
    conversation_id INTEGER NOT NULL,
    is_upload INTEGER NOT NULL,
    state TEXT NOT NULL,
    path TEXT NOT NULL,
    done INTEGER NOT NULL,
    total INTEGER NOT NULL,
    is_sealed INTEGER NOT NULL,
    reply_to BLOB,
    code TEXT NOT NULL
) STRICT;
"""

# What messages do to others. ``target`` is the message_id that a change names, ``place`` the
# sequence that a recall names; ``sequence`` is 0 while it waits, under ``local_id`` in the outbox.
_CONTENTS = """
CREATE TABLE effects (
    effect_id INTEGER PRIMARY KEY,
    conversation_id INTEGER NOT NULL,
    account INTEGER NOT NULL,
    message_id BLOB NOT NULL,
    sequence INTEGER NOT NULL,
    local_id INTEGER NOT NULL,
    target BLOB NOT NULL,
    place INTEGER NOT NULL,
    received_at_ms INTEGER NOT NULL,
    expires_at_ms INTEGER NOT NULL,
    role INTEGER NOT NULL,
    content BLOB NOT NULL
) STRICT;
CREATE UNIQUE INDEX effects_once ON effects (conversation_id, account, message_id, sequence);
CREATE INDEX effects_target ON effects (conversation_id, target);
CREATE INDEX effects_place ON effects (conversation_id, place) WHERE place > 0;
CREATE INDEX effects_waiting ON effects (local_id) WHERE sequence = 0;
CREATE INDEX effects_expiry ON effects (expires_at_ms) WHERE expires_at_ms > 0;
CREATE TABLE blankings (
    conversation_id INTEGER NOT NULL,
    sequence INTEGER NOT NULL,
    payload_hash BLOB NOT NULL,
    PRIMARY KEY (conversation_id, sequence)
) STRICT, WITHOUT ROWID;
CREATE TABLE withdrawn (
    conversation_id INTEGER NOT NULL,
    message_id BLOB NOT NULL,
    PRIMARY KEY (conversation_id, message_id)
) STRICT, WITHOUT ROWID;
"""

# Whom messages name, whom the account blocks, and an index that knows more of each message than
# its words: what is here already is put into it anew (`desktop.storage.search_index`).
_PEOPLE = """
ALTER TABLE messages ADD COLUMN mentions BLOB NOT NULL DEFAULT x'';
ALTER TABLE messages ADD COLUMN written_mentions BLOB;
ALTER TABLE messages ADD COLUMN names_me INTEGER NOT NULL DEFAULT 0;
CREATE INDEX messages_mentions ON messages (conversation_id, sequence) WHERE names_me = 1;
CREATE TABLE blocked (account INTEGER PRIMARY KEY) STRICT;
INSERT INTO search (search) VALUES ('delete-all');
INSERT INTO search (rowid, text, scope)
    SELECT m.search_id, trim(m.text || char(10) || coalesce(f.name, ''), char(10)),
        char(31) || printf('c%016x s%016x', m.conversation_id, m.sender)
        || iif(m.kind = 'file', ' file', '')
    FROM messages AS m LEFT JOIN files AS f ON f.local_id = m.local_id AND m.kind = 'file'
    WHERE m.search_id IS NOT NULL AND m.text || coalesce(f.name, '') <> ''
    ORDER BY m.search_id;
"""

# What a draft is about.
_DRAFTS = """
ALTER TABLE drafts ADD COLUMN reply_to TEXT NOT NULL DEFAULT '';
ALTER TABLE drafts ADD COLUMN edit_of TEXT NOT NULL DEFAULT '';
ALTER TABLE drafts ADD COLUMN edit_text TEXT NOT NULL DEFAULT '';
"""

# What an account may read of earlier times as a member, before the log that is followed.
_EARLIER = """
CREATE TABLE earlier (
    conversation_id INTEGER NOT NULL,
    first INTEGER NOT NULL,
    last INTEGER NOT NULL,
    is_complete INTEGER NOT NULL,
    PRIMARY KEY (conversation_id, first)
) STRICT;
CREATE INDEX earlier_missing ON earlier (conversation_id) WHERE is_complete = 0;
"""

# What waits keeps its place: a counter says nothing of it, since what is sealed again gets another.
_OUTBOX_ORDER = """
ALTER TABLE outbox RENAME TO outbox_before;
CREATE TABLE outbox (
    position INTEGER PRIMARY KEY,
    local_id INTEGER NOT NULL UNIQUE,
    conversation_id INTEGER NOT NULL,
    typed_at_ms INTEGER NOT NULL,
    content BLOB NOT NULL,
    submission BLOB
) STRICT;
INSERT INTO outbox (local_id, conversation_id, typed_at_ms, content, submission)
    SELECT local_id, conversation_id, typed_at_ms, content, submission FROM outbox_before
    ORDER BY submission IS NULL, device_counter, local_id;
DROP TABLE outbox_before;
"""

# Version 1 held conversations in a form that this program does not read any more.
FIRST_VERSION = 2
MIGRATIONS = (
    _FIRST + _PREKEYS + _DEVICES + _FILES + _CONTENTS,
    _PEOPLE,
    _DRAFTS,
    _EARLIER,
    _OUTBOX_ORDER,
)

"""Every bound in one place: sizes in bytes, times in ms, with what happens at the bound."""

from __future__ import annotations

PROTOCOL_VERSION = 1
SEALING_FORMAT = 1  # Conversations are MLS groups; 0 was a trial with one key for each.

# Names and profiles. Longer ones are refused.
USER_NAME_LENGTH_MIN = 3
USER_NAME_LENGTH_MAX = 32
NICKNAME_LENGTH_MAX = 64
SIGNATURE_LENGTH_MAX = 200
PASSWORD_LENGTH_MIN = 8
AVATAR_BYTES_MAX = 128 * 1024
GROUP_AVATAR_BYTES_MAX = 48 * 1024  # Sealed in a message, together with the rest.
AVATAR_PIXELS = 256
SEALED_GREETING_BYTES_MAX = 2048
GREETING_LENGTH_MAX = 300
DEVICE_NAME_LENGTH_MAX = 64
DEVICE_NAME_BYTES_MAX = 512  # Sealed.
VAULT_BYTES_MAX = 16 * 1024
ACCOUNT_DOCUMENT_BYTES_MAX = 1024 * 1024
CONTACTS_MAX = 5_000
REQUESTS_PENDING_MAX = 200
SEARCH_RESULTS_MAX = 20
BLOCKS_MAX = 1_000  # Of one account; more are refused.

# What the own devices share about others. Longer or more is refused.
REMARK_LENGTH_MAX = 64
FRIEND_GROUPS_MAX = 100
FRIEND_GROUP_NAME_LENGTH_MAX = 50
DOCUMENT_SPARE_BYTES = 128 * 1024  # Of the account document, kept for keys that are yet to be met.

# Entries. A payload is what e2ee made of one content.
PAYLOAD_BYTES_MAX = 64 * 1024
TEXT_LENGTH_MAX = 8_000
BLOB_IDS_MAX = 10
RECORD_BYTES_MAX = 1024
MEMBERS_MAX = 1_000
ROSTER_BYTES_MAX = 512 * 1024

# Handshakes: what travels with a commit in one request.
HANDSHAKE_BYTES_MAX = 320 * 1024  # Of the commit itself; as base64 it fits into one frame.
ADDED_DEVICES_MAX = 600  # By one commit, so that it stays below that; others come in by themselves.
DELIVERED_MEMBERS_MAX = 20  # Larger groups have no delivered marks.
WELCOME_BYTES_MAX = 1024 * 1024
GROUP_INFO_BYTES_MAX = 16 * 1024
TREE_BYTES_MAX = 1024 * 1024
WARRANTS_MAX = 64  # In one roster document.
BARRED_DEVICES_MAX = 1_000
GROUP_INFOS_KEPT = 3
PAST_RANGES_MAX = 100  # Earlier times as a member that a conversation is told with.
RECORDS_PER_EPOCH_MAX = 3  # For one account; more are refused.
LOST_RACES_MAX = 2  # Then the server holds other commits of this conversation for a while.
COMMIT_HOLD_MS = 2_000
EPOCH_MESSAGES_MAX = 100  # The device about to send the next one commits first.
EPOCH_AGE_MAX_MS = 24 * 3600 * 1000
LEAF_AGE_MAX_MS = 30 * 24 * 3600 * 1000  # A device renews its own leaf.
LEAF_STALE_MS = 90 * 24 * 3600 * 1000  # Others may remove it.
COPY_FORGIVEN_MS = 24 * 3600 * 1000  # A profile found older twice within it is used twice.
INTENTS_MAX = 10_000
JOIN_REQUESTS_MAX = 200  # Waiting, for one group.
INVITE_AGE_MAX_MS = 30 * 24 * 3600 * 1000

# Devices and key packages.
DEVICES_MAX = 20  # Of one account, revoked ones not counted.
DEVICE_LIST_MAX = 1_000  # Entries of one root, revocations counted.
ARCHIVES_MAX = (
    380  # Archive keys of one account, one more with each revocation: a vault holds them.
)
ARCHIVES_SEALED_MAX = 200  # The newest, sealed to each device after a revocation.

# Proofs of what went wrong.
PROOF_ENTRIES_MAX = 100_000
PROOF_FINDINGS_MAX = 1_000
PROOF_ADDED_ENTRIES_MAX = 20_000  # To all evidence together, up to signed heads.
PROOF_BYTES_MAX = 64 * 1024 * 1024  # What is longer is not read.
EVIDENCE_BYTES_MAX = 16 * 1024 * 1024  # Of one profile; what is found after it goes without.
KEY_PACKAGES_POOL = 50  # Published by one device, besides the last-resort one.
KEY_PACKAGES_LOW = 20  # Fewer: the device publishes anew.
KEY_PACKAGE_BYTES_MAX = 2 * 1024
KEY_PACKAGE_LIFETIME_S = 90 * 24 * 3600
KEYS_AT_ONCE = 8  # Accounts whose keys one device fetches at a time.
OPENINGS_AT_ONCE = 4  # Conversations for which one device fetches what opens them.
JOINS_PER_SECOND = 5  # Of one device that is new, in the background.

# Content.
EMOJI_LENGTH_MAX = 32
MENTIONS_MAX = 50  # Named in one message; more are not told.
GROUP_NAME_LENGTH_MAX = 100
ANNOUNCEMENT_LENGTH_MAX = 2_000
EDIT_AGE_MAX_MS = 48 * 3600 * 1000
RECALL_AGE_MAX_MS = 48 * 3600 * 1000  # Its sender may drop a message; an admin at any time.
TIMER_S_MAX = 365 * 24 * 3600
REACTIONS_PER_MESSAGE_MAX = 20  # Of one account; older ones go.

# Files and pictures.
FILE_BYTES_MAX = 2 * 1024**3  # A larger file is not sent.
FILE_CHUNK_BYTES = 64 * 1024  # Sealed at a time.
FILE_PADDED_BYTES_MIN = 1024  # Smaller files look alike.
FILE_NAME_LENGTH_MAX = 255
MEDIA_TYPE_LENGTH_MAX = 100
PICTURE_SIDE_MAX = 100_000
PICTURE_PIXELS_MAX = 50_000_000  # A larger picture is shown and sent as a file.
PICTURE_BYTES_MAX = 64 * 1024**2  # Likewise.
PICTURE_SECONDS_MAX = 10  # The process that decodes a picture is ended.
PICTURE_SHOWN_SIDE_MAX = 4_096  # Of one that is decoded to be shown; scaled down to it.
THUMBNAIL_PIXELS = 320
THUMBNAIL_BYTES_MAX = 24 * 1024
PREVIEW_PIXELS = 20
PREVIEW_BYTES_MAX = 1024
BLOB_BYTES_MAX = FILE_BYTES_MAX + 1024 * 1024  # Sealed.
BLOB_PART_BYTES_MAX = 4 * 1024 * 1024  # Of an upload, in one request.
BLOB_PART_BYTES_START = 256 * 1024  # A client begins so; more while that is quick.
BLOB_PART_BYTES_MIN = 16 * 1024  # On a path so slow that more would not get through.
BLOB_READ_BYTES = 256 * 1024  # Of a file, read and sent at a time.
BLOB_FORGOTTEN_MS = 24 * 3600 * 1000  # An upload left alone, a blob nobody refers to: collected.
FILE_CACHE_BYTES_MAX = 4 * 1024**3  # Sealed files in a profile; those used longest ago go.
TRANSFERS_AT_ONCE = 2  # Of one client, each way; the others wait.
UPLOAD_IN_ORDER_BYTES_MAX = 32 * 1024**2  # Later files of a conversation pass a larger one.
TRANSFERS_MAX = 1_000  # Of one client that are not done; more are refused.
TRANSFER_PROGRESS_MS = 200  # Progress of one transfer is told at most so often.

# Link. A larger frame closes the link with ``too_large``.
FRAME_BYTES_MAX = 512 * 1024
REST_BODY_BYTES_MAX = 4 * 1024 * 1024  # A commit to a thousand devices fits.
HTTP_ANSWER_BYTES_MAX = 32 * 1024 * 1024  # A larger answer is not read; 200 full entries fit.
ENTRIES_PER_FRAME_MAX = 200
ENTRIES_FRAME_BYTES = 192 * 1024  # A batch of entries ends with the one that passes this.
HEADS_PER_FRAME_MAX = 2_000
EVENTS_PER_FRAME_MAX = 500
EVENTS_KEPT_PER_USER = 10_000  # Older: the answer is a snapshot.
UNCONFIRMED_PER_CONVERSATION_MAX = 256  # More: "behind", read from the log later.
LOG_READS_PER_LINK_MAX = 4  # Conversations read from the log at a time; the others wait.
LINK_QUEUE_BYTES_MAX = 4 * 1024 * 1024  # More: the slow reader's link is closed.
LINKS_PER_SERVER_MAX = 10_000
FRAMES_PER_SECOND_MAX = 400  # Sustained, per link; the burst is ten times that.
WRITER_QUEUE_MAX = 10_000  # More: ``overloaded``, the client sends again later.
WRITER_BATCH_MAX = 200

# Outbox. Sealed on entering the window; typed messages beyond it wait unsealed on disk.
OUTBOX_WINDOW = 16
OUTBOX_QUEUE_MAX = 10_000
SUBMIT_RETRY_MIN_MS = 1_000
SUBMIT_RETRY_MAX_MS = 30_000

# Delivery.
CONFIRM_DUE_MS = 10_000  # Entries unconfirmed for so long: ping, then push again from the log.
GAP_HOLD_MS = 500
HELD_ENTRIES_MAX = 256
PULL_TIMEOUT_MS = 10_000
SILENCE_PULL_MS = 15 * 60 * 1000
CURSOR_FLUSH_MS = 5_000

# Heartbeat.
IDLE_MIN_MS = 10_000
IDLE_START_MS = 20_000
IDLE_MAX_MS = 45_000
PONG_WAIT_MS = 5_000
HELLO_WAIT_MS = 10_000
RECONNECT_MIN_MS = 500
RECONNECT_MAX_MS = 30_000

# MLS (RFC 9420). What passes a bound is refused; nothing is cut.
MLS_BYTES_MAX = 2 * 1024 * 1024  # One message, tree or state.
MLS_LEAVES_MAX = 1_024  # Places in a tree, a power of two.
MLS_LIST_MAX = 256  # Extensions, capabilities and other short lists.
MLS_PROPOSALS_MAX = 1_024  # In one commit, and kept waiting in one epoch.
MLS_PSKS_MAX = 16
MLS_RESUMPTIONS_KEPT = 16  # Past epochs whose resumption secret can still be named.
MLS_AHEAD_MAX = 1_000  # Generations a sender may be ahead of what was opened.
MLS_SKIPPED_MAX = 1_000  # Keys kept per sender for messages that are late; the oldest goes.
MLS_GENERATIONS_MAX = 10_000  # Messages of one leaf in one epoch; then it has to commit.
MLS_RATCHET_CACHE_MAX = 4_096  # Ratchet positions an opener of epoch records remembers.
MLS_PADDING_MAX = 64 * 1024
MLS_LIFETIME_MAX_S = 100 * 24 * 3600  # Of a key package, checked by who adds it.

# Presence and typing are dropped first under load.
TYPING_REPEAT_MS = 4_000
TYPING_SHOWN_MS = 6_000
PRESENCE_OFFLINE_GRACE_MS = 300

# Time and order.
ORDER_BLOCK = 64
ORDER_LATENESS_MAX_MS = 30_000
CLOCK_WARN_MS = 5 * 60 * 1000

# Desktop.
CHAT_WINDOWS_MAX = 20
READING_PLACES_MAX = 200  # More: the conversation left the longest ago opens at its end.
TIMELINE_WINDOW = 240
TIMELINE_PAGE = 60
PICTURE_FETCH_BYTES_MAX = 8 * 1024 * 1024  # Larger pictures are fetched when they are asked for.
PICTURES_WANTED_MAX = 64  # To be fetched because they are in sight; the newest of them.
PICTURES_SHOWN_BYTES_MAX = 48 * 1024 * 1024  # Decoded and kept; those used longest ago go.
PICTURES_DECODED_AT_ONCE = 2  # Each takes a process; the others wait.
PICTURES_WAITING_MAX = 32  # To be decoded; who waits longest is asked for again when seen.
PICTURE_SEARCH_PAGES_MAX = 20  # Looked through for the next picture, per step of the viewer.
MESSAGES_CHOSEN_MAX = 100  # At a time; more are not taken.
OPENED_FILES_KEPT_MS = 24 * 3600 * 1000  # What an app that crashed has left is deleted after it.
BRIDGE_BATCH_MS = 16
BRIDGE_QUEUE_MAX = 20_000  # More: the engine waits until the windows have taken some.
DRAFT_LENGTH_MAX = 20_000  # More is not pasted in; the app says so.
EMOJI_RECENT_MAX = 40  # Remembered; the one used longest ago goes.
COMPLETIONS_MAX = 8  # Members or emoji offered while one types.
FILES_AT_ONCE_MAX = 30  # Put to be sent together; the app says that the rest is not taken.
FILES_LISTED_MAX = 1_000  # Names of one folder that are looked at.
LAST_COMMANDS_WAIT_MS = 2_000  # What a person has decided at the very end; later it is given up.
ACCOUNTS_MAX = 6  # Open in one process, one engine each; more are refused.
PASSCODE_LENGTH_MIN = 6
PASSCODE_LENGTH_MAX = 128
PASSCODE_PASSES_MAX = 16  # A stored passcode that asks for more is taken for damaged.
PASSCODE_MEMORY_BYTES_MAX = 1024 * 1024 * 1024  # Likewise.
PASSCODE_TRIES_FREE = 3  # Wrong ones in a row that cost no wait.
PASSCODE_WAIT_MAX_MS = 10 * 60 * 1000  # After more wrong ones, the longest wait.
NOTIFY_FRESH_MS = 2 * 60 * 1000  # A message older than this came by catching up: bundled.
NOTIFY_BURST_MAX = 3  # More single notifications within the next time are bundled.
NOTIFY_BURST_MS = 4_000
NOTIFY_TEXT_LENGTH_MAX = 300  # Characters of a message in a notification; the rest is cut.
NOTIFY_SHOWN_MAX = 50  # Notifications that are remembered to be withdrawn; the oldest goes.
BUS_MESSAGE_BYTES_MAX = 1024 * 1024  # From the desktop's message bus; a longer one ends it.
BUS_CALL_MS = 5_000  # A call nobody answers on the desktop's message bus.
INSTANCE_LINE_BYTES_MAX = 1024  # What a second start may say to the first.
INSTANCE_ANSWER_MS = 5_000  # A first start that does not answer by then is taken for stuck.

assert ENTRIES_FRAME_BYTES * 4 // 3 + 128 * ENTRIES_PER_FRAME_MAX < FRAME_BYTES_MAX
assert PAYLOAD_BYTES_MAX <= HANDSHAKE_BYTES_MAX
assert DOCUMENT_SPARE_BYTES < ACCOUNT_DOCUMENT_BYTES_MAX
assert HANDSHAKE_BYTES_MAX * 4 // 3 + 8 * 1024 < FRAME_BYTES_MAX
# An entry without its payload takes some 220 bytes, and more if it names attachments.
assert EVIDENCE_BYTES_MAX + 320 * (PROOF_ENTRIES_MAX + PROOF_ADDED_ENTRIES_MAX) < PROOF_BYTES_MAX
assert OUTBOX_WINDOW < UNCONFIRMED_PER_CONVERSATION_MAX
assert IDLE_MIN_MS <= IDLE_START_MS <= IDLE_MAX_MS
assert PONG_WAIT_MS * 2 <= IDLE_MIN_MS
assert THUMBNAIL_BYTES_MAX + PREVIEW_BYTES_MAX + 4 * TEXT_LENGTH_MAX < PAYLOAD_BYTES_MAX - 4096
assert BLOB_PART_BYTES_MAX <= REST_BODY_BYTES_MAX
assert PICTURE_FETCH_BYTES_MAX <= PICTURE_BYTES_MAX
assert MEMBERS_MAX <= MLS_LEAVES_MAX
assert MLS_AHEAD_MAX <= MLS_SKIPPED_MAX <= MLS_GENERATIONS_MAX
assert MLS_LEAVES_MAX.bit_count() == 1

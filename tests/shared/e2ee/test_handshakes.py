from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass
from types import SimpleNamespace

import msgspec
import pytest

from shared.chain import hash_payload
from shared.e2ee.account import DeviceKeys, proof_of
from shared.e2ee.credentials import Credential, credential_bytes
from shared.e2ee.facade import (
    DOCUMENT_EXTENSION,
    Bystander,
    Check,
    Conversation,
    MlsError,
    PendingChange,
    Prekey,
    Reason,
    make_prekey,
)
from shared.e2ee.facade import DeviceKeys as MlsKeys
from shared.e2ee.handshakes import (
    LogState,
    Rule,
    RuleError,
    Step,
    check_creation,
    conversation_name,
    draft_entry,
    follow,
    is_made_by,
    may_be_made_by,
    policy_for,
    roster_policy,
)
from shared.e2ee.keys import ExchangeKeyPair, SignatureKeyPair
from shared.e2ee.mls.keys import Psk, SignaturePrivateKey
from shared.e2ee.mls.wire import (
    BasicCredential,
    Extension,
    ExternalPsk,
    GroupContextExtensions,
    PreSharedKey,
    PreSharedKeyId,
    Remove,
)
from shared.e2ee.warrants import make_leave, make_revoke
from shared.entries import Entry, EntryKind, Submission
from shared.errors import LocalError, SealError
from shared.roster import Role, RosterDocument, decode_document, encode_document, hash_document
from shared.roster_rules import with_barred, with_history, without_member
from tests.shared.e2ee.forged_log import (
    ANNA,
    BERT,
    CLEO,
    DOCUMENT,
    NOW_S,
    WITH_CLEO,
    Person,
    Talk,
    make_talk,
    with_payload,
)
from tests.shared.e2ee.mls import forge
from tests.shared.factories import CONVERSATION, START_MS

replace = msgspec.structs.replace
ROSTER = decode_document(DOCUMENT)


def another_device(person: Person, device_id: int, seed: int = 77) -> Person:
    """Return the same account with another device."""
    keys = DeviceKeys(
        device_id,
        SignatureKeyPair(bytes([seed]) * 32),
        ExchangeKeyPair(bytes([seed + 1]) * 32),
    )
    return Person(person.account, person.root, keys)


BERTS_PHONE = another_device(BERT, 99)


@dataclass
class World:
    """Anna's and Bert's conversation after its creation."""

    talk: Talk
    state: LogState

    def draft(self, document: bytes = DOCUMENT, parent: int = 1) -> Submission:
        return self.talk.log.draft(EntryKind.HANDSHAKE, document=document, parent=parent)

    def commit(
        self,
        by: Person = ANNA,
        *,
        document: bytes = DOCUMENT,
        add: list[Prekey] | None = None,
        remove: tuple[int, ...] = (),
        seen: int | None = None,
        bound_to: Submission | None = None,
    ) -> Entry:
        """Return the entry of a handshake, made with no regard to rules."""
        draft = self.draft(document)
        conversation = self.talk.anna if by is ANNA else self.talk.bert
        pending = conversation.change(
            add=[prekey.public for prekey in add or []],
            remove=remove,
            document_hash=None if document == DOCUMENT else hash_document(document),
            now_s=NOW_S,
            authenticated_data=self.talk.log.binding(bound_to or draft, by, seen=seen),
        )
        return self.talk.log.append(with_payload(draft, pending.handshake), by)

    def join(
        self, person: Person = BERTS_PHONE, created: PendingChange | None = None
    ) -> tuple[Entry, PendingChange]:
        created = created or self.talk.created
        draft = self.draft()
        pending = Conversation.join_external(
            created.group_info,
            created.tree,
            person.mls_keys,
            authenticated_data=self.talk.log.binding(draft, person),
        )
        return self.talk.log.append(with_payload(draft, pending.handshake), person), pending

    def forged(self, *proposals: object, **hooks: object) -> Entry:
        """Return the entry of a commit of Anna's that her own program would not make."""
        draft = self.draft()
        binding = self.talk.log.binding(draft)
        bound = {"content": lambda framed: dataclasses.replace(framed, authenticated_data=binding)}
        payload = forge.member(self.talk.anna.group, **bound, **hooks).commit(*proposals)
        return self.talk.log.append(with_payload(draft, payload))


def make_world() -> World:
    talk = make_talk()
    created = talk.created
    return World(talk, LogState.start(created.group_info, created.tree, DOCUMENT, 1))


def package_of(person: Person, **changes: object) -> Prekey:
    return make_prekey(
        dataclasses.replace(person.mls_keys, **changes),  # type: ignore[arg-type] # Tests know.
        now_s=NOW_S,
        lifetime_s=3600,
    )


def broken_rule(state: LogState, entry: Entry, document: bytes | None = None) -> Rule | None:
    try:
        follow(state, entry, document)
    except RuleError as error:
        broken = error
    else:
        return None
    assert broken.check is Check.PUBLIC
    return broken.rule


# --- What counts ---


def test_a_renewed_key_changes_nothing_else() -> None:
    world = make_world()
    entry = world.commit()

    step = follow(world.state, entry, None)

    assert step.roster_change is None
    assert step.state.document == ROSTER
    assert (step.state.sequence, step.state.view.epoch) == (2, 2)
    assert step.change.committer.credential == ANNA.mls_keys.credential
    assert world.state.sequence == 1


def test_a_member_comes_with_its_devices() -> None:
    world = make_world()
    entry = world.commit(add=[CLEO.prekey()], document=WITH_CLEO)

    step = follow(world.state, entry, WITH_CLEO)

    assert step.roster_change is not None
    assert [member.account for member in step.roster_change.added] == [CLEO.account]
    assert step.state.leaves_of(account=CLEO.account) == (2,)
    assert step.state.document == decode_document(WITH_CLEO)


def test_a_member_may_come_before_any_of_its_devices() -> None:
    world = make_world()

    step = follow(world.state, world.commit(document=WITH_CLEO), WITH_CLEO)

    assert step.state.leaves_of(account=CLEO.account) == ()


def test_a_wish_to_leave_is_carried_out_by_whoever_is_left() -> None:
    world = make_world()
    warrant = make_leave(
        ROSTER, account=ANNA.account, proof=proof_of(ANNA.certificate), key=ANNA.device.signature
    )
    document = encode_document(without_member(ROSTER, ANNA.account, warrants=[warrant]))
    entry = world.commit(BERT, document=document, remove=(0,))

    step = follow(world.state, entry, document)

    assert step.state.document.members[0].role is Role.OWNER
    assert step.state.credentials == {
        1: Credential(BERT.account, BERT.root.public, BERT.device.device_id)
    }


def test_any_member_removes_and_adds_devices_of_accounts_that_stay() -> None:
    world = make_world()

    removed = follow(world.state, world.commit(BERT, remove=(0,)), None)
    added = follow(world.state, replaced_entry(world, add=[package_of(BERTS_PHONE)]), None)

    assert removed.state.leaves_of(account=ANNA.account) == ()
    assert added.state.leaves_of(account=BERT.account) == (1, 2)


def replaced_entry(world: World, *, add: list[Prekey]) -> Entry:
    """Return another entry for the place that was just taken."""
    world.talk.log.entries.pop()
    return world.commit(add=add)


def test_a_device_of_a_rostered_account_joins_by_itself() -> None:
    world = make_world()
    entry, pending = world.join()

    step = follow(world.state, entry, None)

    assert step.change.is_join
    assert step.roster_change is None
    assert step.state.leaves_of(account=BERT.account, device=99) == (2,)
    assert step.state.view.document_hash == pending.conversation.document_hash
    assert step.state.device_at(2) == Credential(BERT.account, BERT.root.public, 99)
    assert step.state.device_at(3) is None


def test_a_device_that_joins_again_replaces_its_own_leaf() -> None:
    world = make_world()
    entry, _ = world.join(BERT)

    step = follow(world.state, entry, None)

    assert step.state.leaves_of(account=BERT.account) == (1,)
    assert len(step.change.removed) == 1


def test_what_follow_admits_a_member_follows_alike() -> None:
    world = make_world()
    entry = world.commit(add=[CLEO.prekey()], document=WITH_CLEO)
    step = follow(world.state, entry, WITH_CLEO)

    followed = world.talk.bert.follow(
        entry.payload, policy=policy_for(world.state, entry, step.state.document)
    )

    assert followed.conversation is not None
    assert LogState.of(followed.conversation.bystander, WITH_CLEO, 2) == step.state
    assert followed.change == step.change


# --- What does not: each rule ---


def test_a_handshake_on_an_older_parent_is_skipped() -> None:
    world = make_world()
    first = world.commit()
    late = world.commit(BERT)
    after = follow(world.state, first, None).state

    assert follow(world.state, late, None).state.sequence == 3
    assert broken_rule(after, late) is Rule.PARENT


@pytest.mark.parametrize("field", [{"expires_at_ms": 5}, {"blob_ids": (5,)}])
def test_a_handshake_never_expires_and_attaches_nothing(field: dict[str, object]) -> None:
    world = make_world()
    draft = replace(world.draft(), **field)
    pending = world.talk.anna.change(now_s=NOW_S, authenticated_data=world.talk.log.binding(draft))
    entry = world.talk.log.append(with_payload(draft, pending.handshake))

    assert broken_rule(world.state, entry) is Rule.NOT_PLAIN


@pytest.mark.parametrize("payload", [b"", b"other"])
def test_a_withheld_payload_is_no_reason_to_skip(payload: bytes) -> None:
    world = make_world()
    entry = replace(world.commit(), payload=payload)

    with pytest.raises(RuleError) as caught:
        follow(world.state, entry, None)

    assert (caught.value.rule, caught.value.check) == (Rule.PAYLOAD, Check.SECRET)


def test_junk_is_skipped_by_the_engine_underneath() -> None:
    world = make_world()
    entry = replace(world.commit(), payload=b"junk", payload_hash=hash_payload(b"junk"))

    with pytest.raises(MlsError) as caught:
        follow(world.state, entry, None)

    assert not isinstance(caught.value, RuleError)
    assert caught.value.check is Check.PUBLIC


def test_a_proposal_alone_is_no_handshake() -> None:
    world = make_world()
    payload, _ = forge.proposal(world.talk.anna.group, Remove(1))
    entry = world.talk.log.append(with_payload(world.draft(), payload))

    assert broken_rule(world.state, entry) is Rule.NO_COMMIT


@pytest.mark.parametrize(
    "change",
    [{"device_counter": 9}, {"base": 0}, {"sent_at_ms": 1}, {"sent_error_ms": 9}],
    ids=lambda change: next(iter(change)),
)
def test_a_forged_clear_field_is_skipped(change: dict[str, object]) -> None:
    world = make_world()
    entry = world.commit()

    assert broken_rule(world.state, entry) is None
    assert broken_rule(world.state, replace(entry, **change)) is Rule.BINDING


def test_a_handshake_cannot_have_seen_its_own_place() -> None:
    world = make_world()

    assert broken_rule(world.state, world.commit(seen=2)) is Rule.BINDING


def test_a_handshake_is_its_committers() -> None:
    world = make_world()
    draft = world.draft()
    # Anna binds what she makes to an entry of Bert's.
    pending = world.talk.anna.change(
        now_s=NOW_S, authenticated_data=world.talk.log.binding(draft, BERT)
    )
    entry = world.talk.log.append(with_payload(draft, pending.handshake), BERT)

    assert broken_rule(world.state, entry) is Rule.COMMITTER


def test_a_device_keeps_its_credential() -> None:
    world = make_world()
    other = credential_bytes(
        account=BERT.account, root_key=ANNA.root.public, proof=proof_of(ANNA.certificate)
    )
    own = forge.member(world.talk.anna.group).template

    kept = world.forged(template=own)
    assert broken_rule(world.state, kept) is None
    world.talk.log.entries.pop()
    changed = world.forged(template=dataclasses.replace(own, credential=BasicCredential(other)))

    assert broken_rule(world.state, changed) is Rule.CREDENTIAL


def test_a_device_keeps_its_key() -> None:
    world = make_world()
    pair = SignatureKeyPair(b"another key of the same device! ")
    moved = Person(ANNA.account, ANNA.root, dataclasses.replace(ANNA.device, signature=pair))
    own = forge.member(world.talk.anna.group).template
    entry = world.forged(
        template=dataclasses.replace(own, credential=BasicCredential(moved.mls_keys.credential)),
        leaf_key=SignaturePrivateKey(pair.seed),
    )

    assert broken_rule(world.state, entry) is Rule.CREDENTIAL


@pytest.mark.parametrize(
    "credential",
    [
        b"no credential",
        CLEO.mls_keys.credential,
        credential_bytes(
            account=BERT.account, root_key=CLEO.root.public, proof=proof_of(BERTS_PHONE.certificate)
        ),
    ],
    ids=["junk", "of another device", "of another root"],
)
def test_a_leaf_that_no_root_certified_is_skipped(credential: bytes) -> None:
    world = make_world()
    entry = world.commit(add=[package_of(BERTS_PHONE, credential=credential)])

    assert broken_rule(world.state, entry) is Rule.CREDENTIAL


def test_a_pre_shared_key_that_others_may_lack_is_skipped() -> None:
    world = make_world()
    name = PreSharedKeyId(ExternalPsk(b"name"), bytes(32))
    entry = world.forged(PreSharedKey(name), external_psks={b"name": Psk(b"secret")})

    assert broken_rule(world.state, entry) is Rule.NOT_PLAIN


def extensions(*more: Extension) -> GroupContextExtensions:
    return GroupContextExtensions((Extension(DOCUMENT_EXTENSION, hash_document(DOCUMENT)), *more))


def test_another_extension_of_the_group_is_skipped() -> None:
    world = make_world()

    assert broken_rule(world.state, world.forged(extensions())) is None
    world.talk.log.entries.pop()
    entry = world.forged(extensions(Extension(0x1A1A, b"")))
    assert broken_rule(world.state, entry) is Rule.NOT_PLAIN


def test_entry_and_group_name_the_same_document() -> None:
    world = make_world()
    draft = world.draft(WITH_CLEO)
    pending = world.talk.anna.change(now_s=NOW_S, authenticated_data=world.talk.log.binding(draft))
    entry = world.talk.log.append(with_payload(draft, pending.handshake))

    assert broken_rule(world.state, entry, WITH_CLEO) is Rule.DOCUMENT
    assert broken_rule(world.state, replace(entry, document_hash=None)) is Rule.DOCUMENT


@pytest.mark.parametrize(
    "document",
    [
        b"no document",
        encode_document(replace(ROSTER, number=2, members=ROSTER.members + ROSTER.members)),
    ],
)
def test_a_document_that_makes_no_sense_is_skipped(document: bytes) -> None:
    world = make_world()

    entry = world.commit(document=document)

    assert broken_rule(world.state, entry, document) is Rule.DOCUMENT


def test_a_change_of_the_roster_takes_a_right() -> None:
    world = make_world()
    entry = world.commit(BERT, add=[CLEO.prekey()], document=WITH_CLEO)

    assert broken_rule(world.state, entry, WITH_CLEO) is Rule.ROSTER


def test_a_document_is_needed_only_where_it_changes() -> None:
    world = make_world()
    entry = world.commit(document=WITH_CLEO)

    for document in (None, DOCUMENT):
        with pytest.raises(LocalError):
            follow(world.state, entry, document)


def test_a_device_without_a_rostered_account_is_skipped() -> None:
    world = make_world()

    assert broken_rule(world.state, world.commit(add=[CLEO.prekey()])) is Rule.NOT_ROSTERED


def test_a_stranger_does_not_join() -> None:
    world = make_world()
    entry, _ = world.join(CLEO)

    assert broken_rule(world.state, entry) is Rule.NOT_ROSTERED


def test_a_removed_accounts_devices_go_with_it() -> None:
    world = make_world()
    document = encode_document(without_member(ROSTER, BERT.account))

    kept = world.commit(document=document)
    assert broken_rule(world.state, kept, document) is Rule.NOT_ROSTERED
    world.talk.log.entries.pop()
    gone = world.commit(document=document, remove=(1,))
    assert broken_rule(world.state, gone, document) is None


def barring(person: Person) -> RosterDocument:
    device_id = person.device.device_id
    warrant = make_revoke(account=person.account, device_id=device_id, root=person.root)
    return with_barred(ROSTER, warrant)


def test_a_barred_device_goes_and_does_not_come_back() -> None:
    world = make_world()
    document = encode_document(barring(BERT))
    kept = world.commit(document=document)
    assert broken_rule(world.state, kept, document) is Rule.BARRED
    world.talk.log.entries.pop()

    after = follow(world.state, world.commit(document=document, remove=(1,)), document).state

    assert after.leaves_of(account=BERT.account) == ()
    assert after.document.barred_devices == (BERT.device.device_id,)


def test_a_barred_device_does_not_join() -> None:
    world = make_world()
    document = encode_document(barring(BERTS_PHONE))
    draft = world.draft(document)
    pending = world.talk.anna.change(
        document_hash=hash_document(document),
        now_s=NOW_S,
        authenticated_data=world.talk.log.binding(draft),
    )
    first = world.talk.log.append(with_payload(draft, pending.handshake))
    state = follow(world.state, first, document).state
    joining = world.draft(document, parent=2)
    joined = Conversation.join_external(
        pending.group_info,
        pending.tree,
        BERTS_PHONE.mls_keys,
        authenticated_data=world.talk.log.binding(joining, BERTS_PHONE),
    )
    entry = world.talk.log.append(with_payload(joining, joined.handshake), BERTS_PHONE)

    assert broken_rule(state, entry) is Rule.BARRED


def test_a_device_has_one_leaf() -> None:
    world = make_world()
    twin = another_device(BERT, BERT.device.device_id)

    assert broken_rule(world.state, world.commit(add=[package_of(twin)])) is Rule.DEVICE_TWICE


def test_who_joins_removes_nobody_else() -> None:
    world = make_world()
    draft = world.draft()
    binding = world.talk.log.binding(draft, BERTS_PHONE)
    keys = BERTS_PHONE.mls_keys
    client = Joiner(keys)
    forger, init = forge.joiner(
        world.talk.anna.group,
        client,  # type: ignore[arg-type] # It is asked for key and template only.
        content=lambda framed: dataclasses.replace(framed, authenticated_data=binding),
    )
    entry = world.talk.log.append(with_payload(draft, forger.commit(init, Remove(0))), BERTS_PHONE)

    assert broken_rule(world.state, entry) is Rule.JOIN


class Joiner:
    """What the forge asks of a client."""

    def __init__(self, keys: MlsKeys) -> None:
        self.key = keys.signature_key
        self.template = keys.template(make_talk().anna.group.suite)


@pytest.mark.parametrize(
    "change", [{"kind": EntryKind.APPLICATION}, {"conversation_id": 1}, {"sequence": 1}]
)
def test_only_later_handshakes_of_the_log_are_judged(change: dict[str, object]) -> None:
    world = make_world()

    with pytest.raises(LocalError):
        follow(world.state, replace(world.commit(), **change), None)


def test_a_rule_names_itself() -> None:
    assert str(RuleError(Rule.BARRED)) == "refused by the public rule barred"


# --- The author ---


def author_of(world: World, by: Person, document: bytes) -> tuple[Submission, Entry, bytes]:
    draft = replace(world.draft(document), payload=b"")
    entry = draft_entry(
        draft,
        account=by.account,
        device=by.device.device_id,
        seen=1,
        received_at_ms=START_MS,
    )
    return draft, entry, world.talk.log.binding(draft, by)


def test_an_author_judges_as_others_will() -> None:
    world = make_world()
    draft, entry, binding = author_of(world, ANNA, WITH_CLEO)

    pending = world.talk.anna.change(
        add=[CLEO.prekey().public],
        document_hash=hash_document(WITH_CLEO),
        now_s=NOW_S,
        authenticated_data=binding,
        policy=policy_for(world.state, entry, decode_document(WITH_CLEO)),
    )
    sent = with_payload(draft, pending.handshake)
    expected = draft_entry(
        sent, account=11, device=ANNA.device.device_id, seen=1, received_at_ms=START_MS
    )

    step: Step = follow(world.state, expected, WITH_CLEO)
    assert step.state.view == pending.conversation.bystander
    assert follow(world.state, world.talk.log.append(sent), WITH_CLEO).state == step.state


def test_an_author_is_stopped_before_sending() -> None:
    world = make_world()
    _, entry, binding = author_of(world, BERT, WITH_CLEO)

    with pytest.raises(MlsError) as caught:
        world.talk.bert.change(
            add=[CLEO.prekey().public],
            document_hash=hash_document(WITH_CLEO),
            now_s=NOW_S,
            authenticated_data=binding,
            policy=policy_for(world.state, entry, decode_document(WITH_CLEO)),
        )

    assert caught.value.reason is Reason.POLICY


@pytest.mark.parametrize(("person", "may"), [(BERTS_PHONE, True), (CLEO, False)])
def test_a_joiner_judges_itself(person: Person, may: bool) -> None:
    world = make_world()
    _, entry, binding = author_of(world, person, DOCUMENT)
    created = world.talk.created

    def join() -> PendingChange:
        return Conversation.join_external(
            created.group_info,
            created.tree,
            person.mls_keys,
            authenticated_data=binding,
            policy=policy_for(world.state, entry, ROSTER),
        )

    if may:
        join()
        return
    with pytest.raises(MlsError):
        join()


# --- Where it begins ---


def test_a_state_survives_storage() -> None:
    state = make_world().state

    again = LogState.decode(state.encode())

    assert again == state
    assert again.encode() == state.encode()


@pytest.mark.parametrize("data", [b"", b"junk", msgspec.msgpack.encode((2, 1, 1, b"", b""))])
def test_a_damaged_state_is_refused(data: bytes) -> None:
    with pytest.raises(SealError):
        LogState.decode(data)


def test_a_newcomer_starts_from_what_fits_only() -> None:
    created = make_talk().created

    for document in (WITH_CLEO, b"junk"):
        with pytest.raises(RuleError) as caught:
            LogState.start(created.group_info, created.tree, document, 1)
        assert caught.value.rule is Rule.DOCUMENT


def started(document: bytes, person: Person = ANNA, name: int = CONVERSATION) -> Bystander:
    return Conversation.create(
        conversation_name(name),
        person.mls_keys,
        document_hash=hash_document(document),
        now_s=NOW_S,
    ).bystander


@pytest.mark.parametrize(
    ("view", "rule"),
    [
        (lambda: started(DOCUMENT), None),
        (lambda: started(DOCUMENT, name=1), Rule.DOCUMENT),
        (lambda: started(WITH_CLEO), Rule.DOCUMENT),
        (lambda: started(DOCUMENT, CLEO), Rule.NOT_ROSTERED),
    ],
)
def test_a_view_needs_its_document(view: Callable[[], Bystander], rule: Rule | None) -> None:
    try:
        LogState.of(view(), DOCUMENT, 1)
        found = None
    except RuleError as error:
        found = error.rule

    assert found == rule


def test_a_view_with_another_extension_is_refused() -> None:
    world = make_world()
    entry = world.forged(extensions(Extension(0x1A1A, b"")))

    with pytest.raises(RuleError):
        LogState.of(world.state.view.follow(entry.payload), DOCUMENT, 2)


def test_a_view_with_a_leaf_that_says_nothing_is_refused() -> None:
    keys = MlsKeys(b"junk", ANNA.mls_keys.signature_key)
    view = Conversation.create(
        conversation_name(CONVERSATION),
        keys,
        document_hash=hash_document(DOCUMENT),
        now_s=NOW_S,
    ).bystander

    with pytest.raises(RuleError) as caught:
        LogState.of(view, DOCUMENT, 1)

    assert caught.value.rule is Rule.CREDENTIAL


def test_a_newcomer_believes_certified_devices_and_changes_nothing() -> None:
    policy = roster_policy(ROSTER)
    world = make_world()
    step = follow(world.state, world.commit(), None)

    assert policy.admits_credential(ANNA.mls_keys.credential, ANNA.device.signature.public)
    assert not policy.admits_credential(ANNA.mls_keys.credential, BERT.device.signature.public)
    assert not policy.admits_change(step.change)


def test_a_creation_is_recognised() -> None:
    world = make_world()

    check_creation(world.state, world.talk.log.entries[0])
    assert is_made_by(world.state, world.talk.log.entries[0])


def test_a_signed_state_of_another_epoch_or_roster_was_not_made_by_a_handshake() -> None:
    world = make_world()
    entry = world.talk.log.entries[0]
    later_view = SimpleNamespace(epoch=9, document_hash=entry.document_hash)
    later = dataclasses.replace(world.state, view=later_view)  # type: ignore[arg-type] # Its two facts are what counts.

    assert may_be_made_by(world.state, entry)
    assert may_be_made_by(world.state, replace(entry, payload=b""))
    assert not may_be_made_by(world.state, replace(entry, document_hash=bytes(32)))
    assert not may_be_made_by(later, entry)


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        ({"sequence": 2}, Rule.CREATION),
        ({"parent": 1}, Rule.CREATION),
        ({"base": 1}, Rule.CREATION),
        ({"kind": EntryKind.APPLICATION}, Rule.CREATION),
        ({"conversation_id": 1}, Rule.CREATION),
        ({"document_hash": bytes(32)}, Rule.CREATION),
        ({"payload": b"junk"}, Rule.CREATION),
        ({"sent_at_ms": 1}, Rule.BINDING),
        ({"account": BERT.account}, Rule.BINDING),
    ],
)
def test_a_forged_creation_is_not(change: dict[str, object], rule: Rule) -> None:
    world = make_world()
    entry = replace(world.talk.log.entries[0], **change)

    with pytest.raises(RuleError) as caught:
        check_creation(world.state, entry)

    assert caught.value.rule is rule


def created_by(committer: Person, named: Person, document: bytes) -> tuple[LogState, Entry]:
    """Return a first entry in ``named``'s name for a group that ``committer`` made."""
    log = make_talk().log
    log.entries.clear()
    draft = log.draft(EntryKind.HANDSHAKE, document=document, parent=0)
    alone = Conversation.create(
        conversation_name(CONVERSATION),
        committer.mls_keys,
        document_hash=hash_document(document),
        now_s=NOW_S,
    )
    pending = alone.change(now_s=NOW_S, authenticated_data=log.binding(draft, named))
    state = LogState.start(pending.group_info, pending.tree, document, 1)
    return state, log.append(with_payload(draft, pending.handshake), named)


@pytest.mark.parametrize(
    ("committer", "named", "document", "rule"),
    [
        (BERT, ANNA, DOCUMENT, Rule.COMMITTER),
        (BERT, BERT, DOCUMENT, Rule.ROSTER),
        (ANNA, ANNA, encode_document(with_history(ROSTER, False)), Rule.ROSTER),
    ],
    ids=["another's name", "not the owner", "not the first document"],
)
def test_a_group_is_created_by_its_owner(
    committer: Person, named: Person, document: bytes, rule: Rule
) -> None:
    check_creation(*created_by(ANNA, ANNA, DOCUMENT))

    with pytest.raises(RuleError) as caught:
        check_creation(*created_by(committer, named, document))

    assert caught.value.rule is rule


def test_a_flipped_confirmation_tag_shows_against_the_signed_state() -> None:
    world = make_world()
    draft = world.draft()
    pending = world.talk.anna.change(now_s=NOW_S, authenticated_data=world.talk.log.binding(draft))
    honest = world.talk.log.append(with_payload(draft, pending.handshake))
    world.talk.log.entries.pop()
    tag = world.state.view.confirmation_tag
    payload = pending.handshake.replace(
        Bystander(pending.conversation.group.view).confirmation_tag, tag
    )
    tampered = world.talk.log.append(with_payload(draft, payload))
    signed = LogState.start(pending.group_info, pending.tree, DOCUMENT, 2)

    assert broken_rule(world.state, tampered) is None  # Nobody sees it without a secret …
    assert is_made_by(signed, honest)
    assert not is_made_by(signed, tampered)  # … but by what the committer signed.

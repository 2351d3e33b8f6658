from __future__ import annotations

from pathlib import Path

from shared.e2ee.mls import key_schedule
from shared.e2ee.mls.crypto import SUITE, ZERO
from shared.e2ee.mls.key_schedule import Joining
from shared.e2ee.mls.keys import Psk
from shared.e2ee.mls.wire import (
    AuthenticatedContent,
    ExternalPsk,
    GroupContext,
    GroupInfo,
    GroupSecrets,
    KeyPackage,
    MlsMessage,
    PreSharedKeyId,
    Welcome,
)
from tests.shared.e2ee.mls.vectors import load, unhex

SECRETS = (
    "sender_data_secret",
    "exporter_secret",
    "epoch_authenticator",
    "external_secret",
    "confirmation_key",
    "membership_key",
    "resumption_psk",
    "init_secret",
)


def test_key_schedule_vectors(vectors: Path) -> None:
    for case in load(vectors, "mls/key-schedule.json"):
        init = unhex(case["initial_init_secret"])
        for number, epoch in enumerate(case["epochs"]):
            context = GroupContext(
                1,
                3,
                unhex(case["group_id"]),
                number,
                unhex(epoch["tree_hash"]),
                unhex(epoch["confirmed_transcript_hash"]),
                (),
            )
            joiner = key_schedule.joiner_secret(init, unhex(epoch["commit_secret"]), context)
            joining = Joining.start(joiner, unhex(epoch["psk_secret"]), context)
            secrets, encryption = joining.secrets()

            assert context.encode() == unhex(epoch["group_context"])
            assert joiner == unhex(epoch["joiner_secret"])
            assert joining.welcome_secret == unhex(epoch["welcome_secret"])
            assert encryption == unhex(epoch["encryption_secret"])
            for name in SECRETS:
                assert getattr(secrets, name) == unhex(epoch[name])
            external = key_schedule.external_keypair(SUITE, secrets)[1]
            assert external == unhex(epoch["external_pub"])
            exporter = epoch["exporter"]
            exported = key_schedule.export_secret(
                secrets,
                label=exporter["label"].encode(),
                context=unhex(exporter["context"]),
                length=exporter["length"],
            )
            assert exported == unhex(exporter["secret"])
            init = secrets.init_secret


def test_psk_secret_vectors(vectors: Path) -> None:
    for case in load(vectors, "mls/psk_secret.json"):
        psks = [
            (
                PreSharedKeyId(ExternalPsk(unhex(psk["psk_id"])), unhex(psk["psk_nonce"])),
                Psk(unhex(psk["psk"])),
            )
            for psk in case["psks"]
        ]

        assert key_schedule.psk_secret(psks) == unhex(case["psk_secret"])


def test_transcript_hash_vectors(vectors: Path) -> None:
    for case in load(vectors, "mls/transcript-hashes.json"):
        commit = AuthenticatedContent.decode(unhex(case["authenticated_content"]))
        before = unhex(case["interim_transcript_hash_before"])

        confirmed = key_schedule.confirmed_hash(before, commit)
        tag = key_schedule.confirmation_tag(unhex(case["confirmation_key"]), confirmed)

        assert confirmed == unhex(case["confirmed_transcript_hash_after"])
        assert tag == commit.auth.confirmation_tag
        after = key_schedule.interim_hash(confirmed, tag)
        assert after == unhex(case["interim_transcript_hash_after"])


def test_welcome_vectors(vectors: Path) -> None:
    from shared.e2ee.mls.crypto import verify_with_label
    from shared.e2ee.mls.hpke import decrypt_with_label
    from shared.e2ee.mls.key_packages import reference_of
    from shared.e2ee.mls.keys import HpkePrivateKey

    for case in load(vectors, "mls/welcome.json"):
        package = MlsMessage.decode(unhex(case["key_package"])).body
        welcome = MlsMessage.decode(unhex(case["welcome"])).body
        assert isinstance(package, KeyPackage)
        assert isinstance(welcome, Welcome)
        [sealed] = [
            item.encrypted_group_secrets
            for item in welcome.secrets
            if item.new_member == reference_of(package)
        ]
        group_secrets = GroupSecrets.decode(
            decrypt_with_label(
                SUITE,
                HpkePrivateKey(unhex(case["init_priv"])),
                label=b"Welcome",
                context=welcome.encrypted_group_info,
                output=sealed.kem_output,
                ciphertext=sealed.ciphertext,
            )
        )
        welcome_secret = key_schedule.welcome_secret(group_secrets.joiner_secret, ZERO)
        key, nonce = key_schedule.welcome_key(SUITE, welcome_secret)
        opened = SUITE.aead.open(
            key=key, nonce=nonce, aad=b"", ciphertext=welcome.encrypted_group_info
        )
        assert opened is not None
        info = GroupInfo.decode(opened)
        signed = info.encode_fields(without=("signature",))
        signer = unhex(case["signer_pub"])
        assert verify_with_label(signer, b"GroupInfoTBS", signed, info.signature)
        context = info.group_context
        secrets, _ = Joining.start(group_secrets.joiner_secret, ZERO, context).secrets()
        tag = key_schedule.confirmation_tag(
            secrets.confirmation_key, context.confirmed_transcript_hash
        )
        assert tag == info.confirmation_tag


def test_no_pre_shared_key_is_a_block_of_zeros() -> None:
    assert key_schedule.psk_secret([]) == ZERO

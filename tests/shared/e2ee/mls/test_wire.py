from __future__ import annotations

from pathlib import Path

import pytest

from shared.e2ee.mls import wire
from shared.e2ee.mls.codec import Reader, Struct
from shared.e2ee.mls.errors import MlsError, Reason
from tests.shared.e2ee.mls.members import clients
from tests.shared.e2ee.mls.vectors import load, unhex

KINDS: dict[str, type[Struct]] = {
    "group_secrets": wire.GroupSecrets,
    "add_proposal": wire.Add,
    "update_proposal": wire.Update,
    "remove_proposal": wire.Remove,
    "pre_shared_key_proposal": wire.PreSharedKey,
    "re_init_proposal": wire.ReInit,
    "external_init_proposal": wire.ExternalInit,
    "group_context_extensions_proposal": wire.GroupContextExtensions,
    "commit": wire.Commit,
}


def test_message_vectors_decode_and_encode_to_the_same(vectors: Path) -> None:
    for case in load(vectors, "mls/messages.json"):
        for name, text in case.items():
            data = unhex(text)
            if name == "ratchet_tree":
                reader = Reader(data)
                nodes = wire.nodes_codec.read(reader)
                reader.finish()
                assert wire.nodes_codec.write(nodes) == data
            else:
                assert KINDS.get(name, wire.MlsMessage).decode(data).encode() == data


def test_a_certificate_credential_round_trips() -> None:
    credential = wire.X509Credential((b"one", b"two"))

    assert wire.X509Credential.decode(credential.encode()) == credential
    assert wire.credential_type_of(credential) == 2


def test_an_extension_is_found_by_its_type() -> None:
    extensions = (wire.Extension(1, b"a"), wire.Extension(7, b"b"))

    assert wire.extension_of(extensions, 7) == b"b"
    assert wire.extension_of(extensions, 8) is None


def test_message_of_another_version_is_refused() -> None:
    package, _ = clients(1)[0].package()
    data = wire.frame(package)

    with pytest.raises(MlsError) as refused:
        wire.MlsMessage.decode(b"\x00\x02" + data[2:])

    assert refused.value.reason is Reason.VERSION


def test_message_of_an_unknown_format_is_refused() -> None:
    with pytest.raises(MlsError) as refused:
        wire.MlsMessage.decode(b"\x00\x01\x00\x06")

    assert refused.value.reason is Reason.UNKNOWN_WIRE_FORMAT


def test_unknown_proposal_is_refused() -> None:
    with pytest.raises(MlsError) as refused:
        wire.ProposalByValue.decode(b"\x00\x08")

    assert refused.value.reason is Reason.UNKNOWN_PROPOSAL


def test_unknown_credential_is_refused() -> None:
    package, _ = clients(1)[0].package()
    data = package.encode()
    at = data.index(b"\x00\x01\x08client 0")

    with pytest.raises(MlsError) as refused:
        wire.KeyPackage.decode(data[:at] + b"\x00\x09" + data[at + 2 :])

    assert refused.value.reason is Reason.UNKNOWN_CREDENTIAL

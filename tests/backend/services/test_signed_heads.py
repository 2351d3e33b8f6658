from __future__ import annotations

import pytest

from backend.services import signed_heads
from backend.services.signatures import is_signed
from shared.entries import Head
from shared.frames import Accepted, Hello
from shared.signed_heads import head_bytes
from tests.backend.office import Office
from tests.backend.people import message


def is_signed_head(office: Office, head: Head) -> bool:
    said = head_bytes(conversation_id=head.conversation_id, sequence=head.head, chain=head.chain)
    key = office.services.accounts.server_info().head_key
    return is_signed(key, said, head.signature)


def test_heads_are_signed_with_the_key_the_server_tells(office: Office) -> None:
    anna, ben = office.join("anna"), office.join("ben")
    conversation = office.converse(anna, ben)
    accepted = office.submit(anna, message(conversation, 2))
    assert isinstance(accepted, Accepted)
    office.settle()

    found = office.services.signed_heads.heads(ben.account, ben.device, [conversation, 5]).heads

    assert [(head.conversation_id, head.head, head.chain) for head in found] == [
        (conversation, 2, accepted.chain)
    ]
    assert is_signed_head(office, found[0])


def test_catching_up_tells_the_same(office: Office) -> None:
    anna, ben = office.join("anna"), office.join("ben")
    conversation = office.converse(anna, ben)

    missed = office.services.catch_up.missed(
        account=anna.account, device=anna.device, hello=Hello(1, 1, 0, 0)
    )

    asked = office.services.signed_heads.heads(anna.account, anna.device, [conversation]).heads
    assert missed.heads == asked
    assert is_signed_head(office, missed.heads[0])


def test_a_stranger_is_told_nothing(office: Office) -> None:
    anna, ben, carl = office.join("anna"), office.join("ben"), office.join("carl")
    conversation = office.converse(anna, ben)

    assert office.services.signed_heads.heads(carl.account, carl.device, [conversation]).heads == []


def test_a_head_is_signed_once_and_another_chain_anew(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signed_heads, "_REMEMBERED_MAX", 1)
    signing = office.services.signed_heads
    head = Head(conversation_id=5, head=1, newest_handshake=1, own_counter=0, chain=b"a" * 32)
    fork = Head(conversation_id=5, head=1, newest_handshake=1, own_counter=0, chain=b"b" * 32)
    other = Head(conversation_id=6, head=1, newest_handshake=1, own_counter=0, chain=b"a" * 32)

    signed = [signing.signed([each])[0] for each in (head, head, fork, other, head)]

    assert signed[0] == signed[1] == signed[4]
    assert all(is_signed_head(office, each) for each in signed)

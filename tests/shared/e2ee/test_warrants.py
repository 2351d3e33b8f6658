from __future__ import annotations

import contextlib

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import limits
from shared.e2ee.account import certify_archive, proof_of
from shared.e2ee.keys import ExchangeKeyPair
from shared.e2ee.warrants import (
    InviteCode,
    _check_of,
    _decode,
    _from_letters,
    _to_letters,
    accept_invite,
    archive_warrant,
    is_signed,
    make_invite,
    make_leave,
    make_open_code,
    make_revoke,
)
from shared.errors import LocalError, SealError
from shared.roster import Role, RosterDocument, Warrant, decode_document
from shared.roster_rules import check_warrant
from tests.shared.e2ee.forged_log import ANNA, BERT, CLEO, DOCUMENT
from tests.shared.factories import START_MS

ROSTER = decode_document(DOCUMENT)
SEED = b"seed of an invitation: 32 bytes."


def check(document: RosterDocument, warrant: Warrant) -> None:
    check_warrant(document, warrant, received_at_ms=START_MS, verify=is_signed)


def anna_invites(title: str = "Team 中文") -> InviteCode:
    return make_invite(
        ROSTER,
        title=title,
        expires_at_ms=START_MS,
        inviter=ANNA.account,
        proof=proof_of(ANNA.certificate),
        key=ANNA.device.signature,
        seed=SEED,
    )


def test_warrants_hold_under_the_rules() -> None:
    pair = ExchangeKeyPair(bytes(31) + b"\x01")
    newer = certify_archive(2, pair, root=BERT.root)

    check(
        ROSTER,
        make_leave(
            ROSTER,
            account=BERT.account,
            proof=proof_of(BERT.certificate),
            key=BERT.device.signature,
        ),
    )
    check(ROSTER, make_revoke(account=BERT.account, device_id=5, root=BERT.root))
    check(ROSTER, archive_warrant(account=BERT.account, archive_key=newer))
    check(ROSTER, accept_invite(anna_invites(), account=CLEO.account, root_key=CLEO.root.public))


def test_a_signature_holds_or_not() -> None:
    signature = ANNA.root.sign(b"said")

    assert is_signed(ANNA.root.public, b"said", signature)
    assert not is_signed(ANNA.root.public, b"not said", signature)
    assert not is_signed(BERT.root.public, b"said", signature)
    assert not is_signed(b"short", b"said", signature)


# --- Codes ---


def test_a_code_is_read_as_it_was_made() -> None:
    code = anna_invites()

    assert InviteCode.parse(code.text()) == code
    assert not code.needs_approval


def test_a_code_without_a_right_only_asks() -> None:
    code = make_open_code(ROSTER, title="Team")

    assert InviteCode.parse(code.text()) == code
    assert code.needs_approval
    assert len(code.text()) < 50
    with pytest.raises(LocalError):
        accept_invite(code, account=CLEO.account, root_key=CLEO.root.public)


def test_the_code_that_only_asks_is_fixed() -> None:
    assert make_open_code(ROSTER, title="Team").text() == "JG0HZ92M-CNGPVG2A-X4V4W"


@pytest.mark.parametrize("change", [str.lower, lambda text: text.replace("-", "\n> "[:1])])
def test_a_code_survives_how_people_copy(change: object) -> None:
    assert callable(change)
    text = "  " + change(anna_invites().text()) + "\n"

    assert InviteCode.parse(text) == anna_invites()


def test_letters_that_look_alike_are_taken_for_each_other() -> None:
    text = anna_invites().text()
    assert "0" in text
    assert "1" in text

    assert InviteCode.parse(text.replace("0", "O").replace("1", "l")) == anna_invites()


@given(st.integers(0, 10_000), st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ"))
def test_a_wrong_letter_is_noticed(place: int, letter: str) -> None:
    text = anna_invites().text()
    place %= len(text)
    if text[place] in ("-", letter):
        return

    with pytest.raises(SealError):
        InviteCode.parse(text[:place] + letter + text[place + 1 :])


@given(st.integers(0, 10_000))
def test_a_missing_end_is_noticed(length: int) -> None:
    text = anna_invites().text()

    with pytest.raises(SealError):
        InviteCode.parse(text[: length % len(text)])


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "letters and digits"),
        ("what is this?", "letters and digits"),
        ("A" * 2_001, "too long"),
        ("AAAA", "typing error"),
        ("0", "typing error"),
    ],
)
def test_what_is_no_code_is_told_in_words(text: str, sentence: str) -> None:
    with pytest.raises(SealError, match=sentence):
        InviteCode.parse(text)


@pytest.mark.parametrize("items", [[2, 31, "Team", None], [1, 31], "text"])
def test_a_code_of_another_version_is_told(items: object) -> None:
    data = msgspec.msgpack.encode(items)

    with pytest.raises(SealError, match="another version"):
        InviteCode.parse(_to_letters(data + _check_of(data)))


@given(st.text(max_size=300))
def test_any_text_is_a_code_or_raises_seal_error(text: str) -> None:
    with contextlib.suppress(SealError):
        InviteCode.parse(text)


def test_a_title_has_a_bound() -> None:
    long = "x" * (limits.GROUP_NAME_LENGTH_MAX + 1)

    assert len(anna_invites(long).title) == limits.GROUP_NAME_LENGTH_MAX
    assert len(make_open_code(ROSTER, title=long).title) == limits.GROUP_NAME_LENGTH_MAX


def test_the_longest_code_can_be_read() -> None:
    code = anna_invites("\U0001f600" * limits.GROUP_NAME_LENGTH_MAX)

    assert InviteCode.parse(code.text()) == code


def test_a_code_that_its_inviter_did_not_sign_is_not_accepted() -> None:
    code = anna_invites()
    forged = InviteCode(
        code.conversation_id,
        code.title,
        code.number,
        code.expires_at_ms + 1,
        code.inviter,
        code.device,
        code.seed,
        code.signature,
    )

    with pytest.raises(SealError):
        accept_invite(forged, account=CLEO.account, root_key=CLEO.root.public)


def test_a_code_shows_no_secret_of_itself() -> None:
    code = anna_invites()

    assert repr(SEED) not in repr(code)
    assert repr(code.signature) not in repr(code)
    assert repr(_decode(_from_letters(code.text()))) == "_Code()"
    assert repr(_decode(_from_letters(code.text())).invite) == "_Invite()"


def test_a_members_code_is_void() -> None:
    document = msgspec.structs.replace(
        ROSTER, members=(ANNA.member(Role.MEMBER), BERT.member(Role.OWNER))
    )
    warrant = accept_invite(anna_invites(), account=CLEO.account, root_key=CLEO.root.public)

    with pytest.raises(Exception, match="invitation"):
        check(document, warrant)

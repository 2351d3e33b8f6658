"""Tests of `shared.e2ee.devices`."""

from __future__ import annotations

import random
from collections.abc import Sequence

import msgspec
import pytest

from shared import limits
from shared.e2ee.account import DeviceKeys, certify_device
from shared.e2ee.devices import (
    START,
    append_device,
    append_revocation,
    check_list,
    is_extension,
    list_hash,
)
from shared.e2ee.keys import ExchangeKeyPair, SignatureKeyPair
from shared.errors import Code, RefusedError, SealError
from shared.rest import DeviceCertificate, DeviceListEntry

ROOT = SignatureKeyPair(b"\x01" * 32)
OTHER_ROOT = SignatureKeyPair(b"\x02" * 32)

_generator = random.Random(2)
draw = _generator.randbytes


def certificate(device_id: int, root: SignatureKeyPair = ROOT) -> DeviceCertificate:
    keys = DeviceKeys(device_id, SignatureKeyPair(draw(32)), ExchangeKeyPair(draw(32)))
    return certify_device(keys, root=root)


def make_list(*steps: int) -> list[DeviceListEntry]:
    """Return a list in which positive ids come and negative ones go."""
    entries: list[DeviceListEntry] = []
    for step in steps:
        if step > 0:
            entries.append(append_device(entries, certificate(step), root=ROOT))
        else:
            entries.append(append_revocation(entries, -step, root=ROOT))
    return entries


def signed(entries: Sequence[DeviceListEntry], unsigned: DeviceListEntry) -> DeviceListEntry:
    """Sign an entry whatever it says, as a careless owner of the root would."""
    value = list_hash([*entries, unsigned])
    signature = ROOT.sign(b"mim.device_list.v1" + value)
    return msgspec.structs.replace(unsigned, signature=signature)


def test_list_tells_who_is_there_and_who_was() -> None:
    entries = make_list(5, 6, -5, 7)

    devices = check_list(entries, root_key=ROOT.public)

    assert list(devices.devices) == [5, 6, 7]
    assert devices.revoked == {5}
    assert [item.device_id for item in devices.live] == [6, 7]
    assert [devices.is_live(device_id) for device_id in (5, 6, 8)] == [False, True, False]
    assert (devices.number, devices.hash) == (4, list_hash(entries))
    assert devices.devices[6] == entries[1].certificate


def test_empty_list_admits_nobody() -> None:
    devices = check_list([], root_key=ROOT.public)

    assert (devices.number, devices.hash, devices.live) == (0, START, ())


def test_list_of_another_root_is_refused() -> None:
    entries = make_list(5)

    with pytest.raises(SealError):
        check_list(entries, root_key=OTHER_ROOT.public)


def test_list_with_an_entry_left_out_moved_or_repeated_is_refused() -> None:
    entries = make_list(5, 6, 7)

    for forged in (entries[1:], [entries[0], entries[2]], entries[::-1], [*entries, entries[2]]):
        with pytest.raises(SealError):
            check_list(forged, root_key=ROOT.public)


def test_entry_renumbered_into_a_gap_is_refused() -> None:
    entries = make_list(5, 6, 7)
    moved = msgspec.structs.replace(entries[2], number=2)

    with pytest.raises(SealError, match="signature"):
        check_list([entries[0], moved], root_key=ROOT.public)


def test_device_put_in_place_of_another_is_refused() -> None:
    entries = make_list(5, 6)
    swapped = msgspec.structs.replace(entries[1], certificate=certificate(6))

    with pytest.raises(SealError):
        check_list([entries[0], swapped], root_key=ROOT.public)


def test_name_of_a_device_may_change_in_its_entry() -> None:
    entries = make_list(5)
    named = msgspec.structs.replace(certificate(5), sealed_name=b"name")
    original = entries[0].certificate
    assert original is not None
    renamed = msgspec.structs.replace(
        entries[0],
        certificate=msgspec.structs.replace(original, sealed_name=named.sealed_name),
    )

    devices = check_list([renamed], root_key=ROOT.public)

    assert devices.hash == list_hash(entries)


def test_device_that_another_root_signed_is_refused_even_in_a_signed_entry() -> None:
    foreign = DeviceListEntry(
        number=1, signature=bytes(64), certificate=certificate(5, root=OTHER_ROOT)
    )

    with pytest.raises(SealError):
        check_list([signed([], foreign)], root_key=ROOT.public)


@pytest.mark.parametrize("revoked", [6, 5])
def test_revocation_of_a_device_that_is_not_there_is_refused(revoked: int) -> None:
    entries = make_list(5, -5)
    entry = DeviceListEntry(number=3, signature=bytes(64), revoked=revoked)

    with pytest.raises(SealError, match="not there"):
        check_list([*entries, signed(entries, entry)], root_key=ROOT.public)
    with pytest.raises(SealError, match="not there"):
        append_revocation(entries, revoked, root=ROOT)


@pytest.mark.parametrize("steps", [(5,), (5, -5)])
def test_device_id_comes_only_once(steps: tuple[int, ...]) -> None:
    entries = make_list(*steps)

    with pytest.raises(SealError, match="twice"):
        append_device(entries, certificate(5), root=ROOT)


def test_entry_that_adds_and_revokes_or_does_neither_is_refused() -> None:
    entries = make_list(5)
    both = DeviceListEntry(number=2, signature=bytes(64), certificate=certificate(6), revoked=5)
    neither = DeviceListEntry(number=2, signature=bytes(64))

    for entry in (both, neither):
        with pytest.raises(SealError, match="adds a device or revokes one"):
            check_list([*entries, signed(entries, entry)], root_key=ROOT.public)


def test_nothing_is_appended_to_a_list_that_does_not_hold() -> None:
    entries = make_list(5, 6)[1:]

    with pytest.raises(SealError):
        append_device(entries, certificate(7), root=ROOT)
    with pytest.raises(SealError):
        append_revocation(entries, 6, root=ROOT)


def test_devices_are_bounded_and_a_revoked_one_makes_room() -> None:
    entries = make_list(*range(1, limits.DEVICES_MAX + 1))

    with pytest.raises(RefusedError) as refusal:
        append_device(entries, certificate(99), root=ROOT)

    assert refusal.value.code is Code.DEVICE_LIMIT
    entries.append(append_revocation(entries, 1, root=ROOT))
    entries.append(append_device(entries, certificate(99), root=ROOT))
    assert check_list(entries, root_key=ROOT.public).is_live(99)


def test_list_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "DEVICE_LIST_MAX", 3)
    entries = make_list(5, -5, 6)

    with pytest.raises(RefusedError) as refusal:
        append_device(entries, certificate(7), root=ROOT)
    with pytest.raises(RefusedError):
        append_revocation(entries, 6, root=ROOT)

    assert refusal.value.code is Code.DEVICE_LIMIT
    monkeypatch.setattr(limits, "DEVICE_LIST_MAX", 2)
    with pytest.raises(SealError, match="too long"):
        check_list(entries, root_key=ROOT.public)


def test_longer_list_extends_the_one_that_was_seen() -> None:
    entries = make_list(5, 6, -5)

    assert is_extension(START, 0, entries)
    assert is_extension(list_hash(entries[:2]), 2, entries)
    assert is_extension(list_hash(entries), 3, entries)


def test_shorter_or_other_list_does_not_extend_the_one_that_was_seen() -> None:
    entries = make_list(5, 6)
    other = make_list(5, 6, 7)

    assert not is_extension(list_hash(entries), 2, entries[:1])
    assert not is_extension(list_hash(entries), 2, other)
    assert not is_extension(list_hash(entries), 2, [])


def test_format_is_the_fixed_one() -> None:
    keys = DeviceKeys(7, SignatureKeyPair(b"\x02" * 32), ExchangeKeyPair(b"\x03" * 32))
    entries = [append_device([], certify_device(keys, root=ROOT), root=ROOT)]
    entries.append(append_revocation(entries, 7, root=ROOT))

    assert (
        list_hash(entries[:1]).hex()
        == "f9f0e002b2b779d47c402ea83f365001a7b2b491fa53d266979d32c33844ef1d"
    )
    assert (
        list_hash(entries).hex()
        == "8d88f52ffa7679c9ac5189eb91191d50b6fbfb22b8dda0af48614fafb5ec9f48"
    )
    assert entries[1].signature.hex()[:32] == "95057930a957f5486823c0b80fdeaac7"

"""What the server shows of people has to go on from what was seen before."""

from __future__ import annotations

import asyncio
import os

import msgspec
import pytest

from desktop.engine.alarms import Alarms
from desktop.engine.peer_keys import PeerKeys
from desktop.events import Alarm, Notice, NoticeKind
from shared import limits
from shared.e2ee.account import DeviceKeys, certify_device
from shared.e2ee.devices import append_device, append_revocation
from shared.e2ee.keys import ExchangeKeyPair, SignatureKeyPair
from shared.errors import Code, PeerError, TransportError
from shared.rest import AccountKeys, PastRoot
from tests.desktop.engine.office import ME, PEER, Office, Someone

pytestmark = pytest.mark.asyncio
PATH = f"GET /v1/users/{PEER.account}/keys"


def keys_of(office: Office) -> PeerKeys:
    return PeerKeys(office.context, Alarms(office.context))


async def code_of(office: Office, keys: AccountKeys) -> Code:
    office.http.give(PATH, keys)
    with pytest.raises(PeerError) as failed:
        await keys_of(office).fetch(PEER.account)
    return failed.value.code


def with_another_device(someone: Someone) -> AccountKeys:
    device = DeviceKeys(99, SignatureKeyPair(os.urandom(32)), ExchangeKeyPair(os.urandom(32)))
    keys = someone.keys
    certificate = certify_device(device, root=someone.root)
    entry = append_device(keys.device_list, certificate, root=someone.root)
    return msgspec.structs.replace(keys, device_list=[*keys.device_list, entry])


def verify_peer(office: Office) -> None:
    store = office.context.storage.keys
    pin = store.pin(PEER.account)
    assert pin is not None
    store.save_pin(msgspec.structs.replace(pin, verified_root=pin.root_key))


async def test_keys_are_pinned_at_first_use_and_devices_kept(office: Office) -> None:
    keys = keys_of(office)

    known = await keys.fetch(PEER.account)

    assert known == keys.known(PEER.account)
    assert (known.root_key, known.archive) == (PEER.root.public, PEER.keys.archive_key)
    assert keys.pinned_root(PEER.account) == PEER.root.public
    device = PEER.device
    assert keys.device_key(PEER.account, device.device_id) == device.signature.public
    assert office.told == []


async def test_a_revoked_device_is_known_for_what_it_has_written(office: Office) -> None:
    told = with_another_device(PEER)
    entry = append_revocation(told.device_list, 99, root=PEER.root)
    office.http.give(PATH, msgspec.structs.replace(told, device_list=[*told.device_list, entry]))
    keys = keys_of(office)

    known = await keys.fetch(PEER.account)

    assert (list(known.devices), known.revoked) == ([PEER.device.device_id], frozenset({99}))
    assert keys.is_revoked(PEER.account, 99)
    assert keys.device_key(PEER.account, 99) is not None


@pytest.mark.logs_warnings
async def test_a_shorter_device_list_is_an_alarm(office: Office) -> None:
    office.http.give(PATH, with_another_device(PEER))
    await keys_of(office).fetch(PEER.account)

    code = await code_of(office, PEER.keys)

    assert code is Code.BAD_CERTIFICATE
    assert [(each.kind, each.account) for each in office.told if isinstance(each, Alarm)] == [
        ("stale_device_list", PEER.account)
    ]
    assert len(office.context.storage.findings.findings(0)[0].evidence) > 100


@pytest.mark.logs_warnings
async def test_a_forked_device_list_is_an_alarm(office: Office) -> None:
    office.http.give(PATH, with_another_device(PEER))
    await keys_of(office).fetch(PEER.account)

    assert await code_of(office, with_another_device(PEER)) is Code.BAD_CERTIFICATE
    assert [each.kind for each in office.told if isinstance(each, Alarm)] == ["stale_device_list"]


async def test_another_root_is_told_once_and_taken_where_none_was_compared(
    office: Office,
) -> None:
    await keys_of(office).fetch(PEER.account)
    after = Someone(PEER.account)
    past = PastRoot(root_key=PEER.root.public, device_list=PEER.keys.device_list)
    office.http.give(PATH, msgspec.structs.replace(after.keys, past=[past]))
    keys = keys_of(office)

    known = await keys.fetch(PEER.account)
    await keys.fetch(PEER.account)

    assert known.root_key == after.root.public
    assert office.told == [Notice(kind=NoticeKind.ROOT_CHANGED, detail=str(PEER.account))]
    assert keys.has_changed(PEER.account)
    assert not keys.is_blocked(PEER.account)
    device, root = PEER.device, PEER.root.public
    old = keys.device_key(PEER.account, device.device_id, root_key=root)
    assert old == device.signature.public


@pytest.mark.logs_warnings
async def test_a_root_that_was_replaced_does_not_come_back(office: Office) -> None:
    await keys_of(office).fetch(PEER.account)
    office.http.give(PATH, Someone(PEER.account).keys)
    await keys_of(office).fetch(PEER.account)

    assert await code_of(office, PEER.keys) is Code.BAD_CERTIFICATE
    assert any(isinstance(each, Alarm) for each in office.told)


async def test_a_compared_root_stays_until_somebody_has_looked(office: Office) -> None:
    await keys_of(office).fetch(PEER.account)
    verify_peer(office)
    after = Someone(PEER.account)

    codes = [await code_of(office, after.keys), await code_of(office, after.keys)]

    keys = keys_of(office)
    assert codes == [Code.BAD_CERTIFICATE] * 2
    assert office.told == [Notice(kind=NoticeKind.ROOT_CHANGED, detail=str(PEER.account))]
    assert keys.pinned_root(PEER.account) == PEER.root.public
    assert keys.is_blocked(PEER.account)
    office.http.give(PATH, PEER.keys)
    await keys.need(PEER.account)
    assert not keys.is_blocked(PEER.account)


@pytest.mark.logs_warnings
async def test_what_its_owner_did_not_sign_is_refused(office: Office) -> None:
    archive = msgspec.structs.replace(PEER.keys, archive_key=ME.keys.archive_key)
    devices = msgspec.structs.replace(PEER.keys, device_list=ME.keys.device_list)

    codes = [await code_of(office, archive), await code_of(office, devices)]

    assert codes == [Code.BAD_CERTIFICATE] * 2
    assert keys_of(office).known(PEER.account) is None
    # A device list is what says whose a device is: one that its root did not sign invents them.
    assert [each.kind for each in office.told if isinstance(each, Alarm)] == ["invented_device"]


async def test_a_past_root_that_did_not_sign_its_list_is_none(office: Office) -> None:
    past = PastRoot(root_key=ME.root.public, device_list=PEER.keys.device_list)
    office.http.give(PATH, msgspec.structs.replace(PEER.keys, past=[past]))
    keys = keys_of(office)

    await keys.fetch(PEER.account)

    device = PEER.device.device_id
    assert keys.device_key(PEER.account, device, root_key=ME.root.public) is None


async def test_the_keys_of_another_account_are_refused(office: Office) -> None:
    assert await code_of(office, ME.keys) is Code.MALFORMED


async def test_keys_of_many_come_in_the_order_asked_for_and_some_at_a_time(office: Office) -> None:
    people = [Someone(number) for number in range(100, 140)]
    waiting, most, call = 0, 0, office.http.call

    async def slow(method: str, path: str, *arguments: object, **more: object) -> bytes:
        nonlocal waiting, most
        waiting += 1
        most = max(most, waiting)
        await asyncio.sleep(0)
        waiting -= 1
        return await call(method, path)

    office.http.call = slow  # type: ignore[method-assign] # With a pause.
    for each in people:
        office.http.give(f"GET /v1/users/{each.account}/keys", each.keys)

    known = await keys_of(office).fetch_all([each.account for each in people])

    assert [each.account for each in known] == [each.account for each in people]
    assert most == limits.KEYS_AT_ONCE


async def test_of_many_keys_one_that_does_not_come_is_told(office: Office) -> None:
    office.http.give(PATH, PEER.keys)

    with pytest.raises(TransportError):
        await keys_of(office).fetch_all([PEER.account, 999])

from __future__ import annotations

import msgspec
import pytest

from desktop.engine.peer_keys import PeerKeys
from desktop.events import Notice, NoticeKind
from shared.errors import Code, PeerError
from shared.rest import AccountKeys
from tests.desktop.engine.office import ME, PEER, Office, Someone

pytestmark = pytest.mark.asyncio
PATH = f"GET /v1/users/{PEER.account}/keys"


async def code_of(office: Office, keys: AccountKeys) -> Code:
    office.http.give(PATH, keys)
    with pytest.raises(PeerError) as failed:
        await PeerKeys(office.context).fetch(PEER.account)
    return failed.value.code


async def test_keys_are_pinned_at_first_use_and_devices_kept(office: Office) -> None:
    keys = PeerKeys(office.context)

    fetched = await keys.fetch(PEER.account)

    assert fetched == PEER.keys
    assert office.context.storage.people.pinned_root(PEER.account) == PEER.root.public
    device = PEER.device
    assert keys.device_key(PEER.account, device.device_id) == device.signature.public
    assert office.told == []


async def test_another_root_is_told_once_and_never_sealed_to(office: Office) -> None:
    await PeerKeys(office.context).fetch(PEER.account)
    impostor = Someone(PEER.account)

    codes = [await code_of(office, impostor.keys), await code_of(office, impostor.keys)]

    assert codes == [Code.BAD_CERTIFICATE] * 2
    assert office.told == [Notice(kind=NoticeKind.ROOT_CHANGED, detail=str(PEER.account))]
    people = office.context.storage.people
    assert people.device_key(PEER.account, impostor.device.device_id) == (
        PEER.device.signature.public
    )
    office.http.give(PATH, PEER.keys)
    await PeerKeys(office.context).fetch(PEER.account)
    assert not people.is_root_changed(PEER.account)


async def test_an_archive_key_that_its_owner_did_not_sign_is_refused(office: Office) -> None:
    keys = msgspec.structs.replace(PEER.keys, archive_key=ME.keys.archive_key)

    assert await code_of(office, keys) is Code.BAD_CERTIFICATE


async def test_a_device_that_its_owner_did_not_sign_is_none(office: Office) -> None:
    keys = msgspec.structs.replace(PEER.keys, devices=[*ME.keys.devices, *PEER.keys.devices])
    office.http.give(PATH, keys)
    peers = PeerKeys(office.context)

    await peers.fetch(PEER.account)

    assert peers.device_key(PEER.account, ME.device.device_id) is None
    assert peers.device_key(PEER.account, PEER.device.device_id) is not None


async def test_the_keys_of_another_account_are_refused(office: Office) -> None:
    assert await code_of(office, ME.keys) is Code.MALFORMED

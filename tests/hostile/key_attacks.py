"""Attacks on keys: lists of devices, key packages, roots, and what an account knows of others."""

from __future__ import annotations

import contextlib
import os

import msgspec

from desktop import commands
from desktop.engine.prekeys import ClaimedPackage, Prekeys
from desktop.events import ConversationOpened
from shared.e2ee.account import DeviceKeys, certify_device
from shared.e2ee.devices import append_device
from shared.e2ee.evidence import Finding, SwappedPackage, TwoLists
from shared.e2ee.keys import ExchangeKeyPair, SignatureKeyPair
from shared.errors import MimError
from shared.rest import AccountKeys
from shared.rest_devices import AccountDocument, ClaimedKeyPackages, KeyPackageInfo
from tests.hostile.attack import Attack, Off
from tests.hostile.proxy import Answer, Lie
from tests.hostile.stage import Room, parts_of, storage_of, until

__all__ = ["ATTACKS"]

_INVENTED_ID = 7_777


def _lie_about_keys(account: int, change: object) -> Lie:
    def lie(method: str, path: str, answer: Answer) -> Answer:
        del method
        if path != f"/v1/users/{account}/keys" or answer[0] != 200:
            return answer
        told = msgspec.json.decode(answer[1], type=AccountKeys)
        assert callable(change)
        return 200, msgspec.json.encode(change(told))

    return lie


async def _fetch_dave(room: Room) -> None:
    with contextlib.suppress(MimError):  # What does not hold is refused, and told.
        await parts_of(room.stage.ben).keys.fetch(room.stage.dave.account)


async def _truncate_list(room: Room) -> None:
    await _fetch_dave(room)

    def shorter(told: AccountKeys) -> AccountKeys:
        return msgspec.structs.replace(told, device_list=told.device_list[:-1])

    room.stage.proxy.lies.append(_lie_about_keys(room.stage.dave.account, shorter))
    await _fetch_dave(room)


def _trusts_ended(room: Room) -> bool:
    known = parts_of(room.stage.ben).keys.known(room.stage.dave.account)
    return known is not None and room.stage.ended_device not in known.revoked


async def _forge_list(room: Room) -> None:
    await _fetch_dave(room)
    server = SignatureKeyPair(os.urandom(32))
    device = DeviceKeys(
        _INVENTED_ID, SignatureKeyPair(os.urandom(32)), ExchangeKeyPair(os.urandom(32))
    )

    def longer(told: AccountKeys) -> AccountKeys:
        (entry,) = [append_device([], certify_device(device, root=server), root=server)]
        added = msgspec.structs.replace(entry, number=len(told.device_list) + 1)
        return msgspec.structs.replace(told, device_list=[*told.device_list, added])

    room.stage.proxy.lies.append(_lie_about_keys(room.stage.dave.account, longer))
    await _fetch_dave(room)


def _trusts_invented(room: Room) -> bool:
    known = parts_of(room.stage.ben).keys.known(room.stage.dave.account)
    return known is not None and _INVENTED_ID in known.devices


async def _swap_package(room: Room) -> None:
    ended = room.stage.ended_package

    def lie(method: str, path: str, answer: Answer) -> Answer:
        del method
        if path != "/v1/key-packages/claims" or answer[0] != 200:
            return answer
        told = msgspec.json.decode(answer[1], type=ClaimedKeyPackages)
        packages = [
            msgspec.structs.replace(each, package=ended)
            if each.account == room.stage.dave.account
            else each
            for each in told.packages
        ]
        return 200, msgspec.json.encode(ClaimedKeyPackages(packages=packages))

    room.stage.proxy.lies.append(lie)
    command = commands.CreateGroup(name="two", accounts=(room.stage.dave.account,))
    opened = await room.stage.ben.engine.ask(command)
    assert isinstance(opened, ConversationOpened)
    room.notes["group"] = opened.conversation_id


def _let_ended_in(room: Room) -> bool:
    number = room.notes.get("group")
    assert isinstance(number, int)
    log = parts_of(room.stage.ben).states.log(number)
    dave = room.stage.dave.account
    ended = room.stage.ended_device
    return log is not None and bool(log.leaves_of(account=dave, device=ended))


def _take_any(prekeys: Prekeys, info: KeyPackageInfo, root_key: bytes) -> list[ClaimedPackage]:
    del prekeys, root_key
    return [ClaimedPackage(info.account, info.device_id, info.package, info.is_last_resort)]


async def _roll_document_back(room: Room) -> None:
    documents = parts_of(room.stage.ben).account_commands._documents
    store = storage_of(room.stage.ben).document
    old = await parts_of(room.stage.ben).sealing._context.http.get(
        "/v1/account-document", AccountDocument
    )
    newer = documents.sealed(documents.body(), version=old.version + 1)
    await parts_of(room.stage.ben).sealing._context.http.send(
        "PUT", "/v1/account-document", type(None), newer
    )
    await documents.fetch()
    await until(lambda: store.load().version == newer.version)
    room.notes["version"] = newer.version

    def lie(method: str, path: str, answer: Answer) -> Answer:
        if (method, path) == ("GET", "/v1/account-document"):
            return 200, msgspec.json.encode(old)
        return answer

    room.stage.proxy.lies.append(lie)
    await documents.fetch()


def _took_old_document(room: Room) -> bool:
    version = room.notes["version"]
    assert isinstance(version, int)
    return storage_of(room.stage.ben).document.load().version < version


ATTACKS = [
    Attack(
        name="truncated device list",
        does="shows a device list as it was before a device was ended",
        finding=Finding.STALE_DEVICE_LIST,
        check="a list goes on from the one that was seen (`is_extension`)",
        off=(Off("desktop.engine.peer_keys.is_extension", lambda *_: True),),
        play=_truncate_list,
        fooled=_trusts_ended,
        evidence=TwoLists,
    ),
    Attack(
        name="forged device list",
        does="adds a device of its own to somebody's list",
        finding=Finding.INVENTED_DEVICE,
        check="the account's root has signed each entry (`check_list`)",
        off=(
            Off("shared.e2ee.devices.verify", lambda *_: None),
            Off("shared.e2ee.devices.check_device", lambda *_, **__: None),
        ),
        play=_forge_list,
        fooled=_trusts_invented,
    ),
    Attack(
        name="swapped key package",
        does="gives out the key package of a device that was ended for that of a live one",
        finding=Finding.SWAPPED_KEY_PACKAGE,
        check="a package is of the device it came for (`Prekeys._checked`)",
        off=(Off("desktop.engine.prekeys.Prekeys._swapped", _take_any),),
        play=_swap_package,
        fooled=_let_ended_in,
        evidence=SwappedPackage,
    ),
    Attack(
        name="account document rolled back",
        does="shows what the own devices know of others as it was before",
        finding=Finding.OLD_ACCOUNT_DOCUMENT,
        check="versions only grow (`AccountDocuments.is_older`)",
        off=(
            Off(
                "desktop.engine.account_documents.AccountDocuments.is_older",
                lambda *_: False,
            ),
        ),
        play=_roll_document_back,
        fooled=_took_old_document,
    ),
]

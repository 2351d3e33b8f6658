from __future__ import annotations

from collections.abc import Callable

import msgspec
import pytest

from desktop.engine.prekeys import mls_keys
from desktop.events import Alarm
from shared import limits
from shared.e2ee.credentials import read_credential
from shared.e2ee.devices import append_revocation
from shared.e2ee.evidence import SwappedPackage, decode_evidence
from shared.e2ee.facade import check_prekey
from shared.errors import TransportError
from shared.rest_devices import ClaimedKeyPackages, KeyPackageInfo, KeyPackageStock
from tests.desktop.engine.small_server import Seat

pytestmark = pytest.mark.asyncio
Sit = Callable[..., Seat]
CLAIM = bytes(16)


def packages_of(seat: Seat) -> list[tuple[bytes, bool]]:
    return seat.server.packages.get(seat.device, [])


def kept(seat: Seat) -> list[tuple[bytes, int]]:
    database = seat.parts.context.storage.database
    rows = database.rows("SELECT package, is_last_resort FROM prekeys")
    return [(package, is_last) for package, is_last in rows]


def change_answers(seat: Seat, change: Callable[[KeyPackageInfo], KeyPackageInfo]) -> None:
    """Let the server hand out other packages than those that were claimed."""

    def twist(_seat: Seat, what: str, answer: object) -> object:
        if what.endswith("claims") and isinstance(answer, ClaimedKeyPackages):
            return ClaimedKeyPackages(packages=[change(each) for each in answer.packages])
        return answer

    seat.server.twist = twist


def alarms(seat: Seat) -> list[tuple[str, str, int]]:
    told = [each for each in seat.told if isinstance(each, Alarm)]
    return [(each.kind, each.blamed, each.account) for each in told]


async def test_a_leaf_says_whose_device_it_is(sit: Sit) -> None:
    anna = sit("anna")
    me = anna.parts.context.me()

    keys = mls_keys(me)

    credential = read_credential(keys.credential, me.device.signature.public)
    assert (credential.account, credential.root_key) == (anna.account, anna.owner.root.public)
    assert credential.device_id == anna.device


async def test_a_pool_is_published_and_each_private_half_is_kept(sit: Sit) -> None:
    anna = sit("anna")

    await anna.parts.connection._parts.prekeys.publish()

    published = packages_of(anna)
    assert len(published) == limits.KEY_PACKAGES_POOL + 1
    assert [is_last for _, is_last in published].count(True) == 1
    assert {(package, int(is_last)) for package, is_last in published} == set(kept(anna))
    device = check_prekey(published[0][0])
    assert device.signature_key == anna.keys.signature.public


async def test_a_full_pool_is_left_alone_and_a_low_one_is_filled(sit: Sit) -> None:
    anna = sit("anna")
    prekeys = anna.parts.connection._parts.prekeys
    await prekeys.publish()
    pool = packages_of(anna)
    before = list(pool)

    await prekeys.publish()
    untouched = list(pool)
    del pool[: limits.KEY_PACKAGES_POOL - limits.KEY_PACKAGES_LOW + 1]
    await prekeys.publish()

    assert untouched == before
    stock = KeyPackageStock(count=limits.KEY_PACKAGES_POOL, has_last_resort=True)
    assert anna.server._stock(anna) == stock


async def test_private_halves_are_stored_before_anything_is_sent(sit: Sit) -> None:
    anna = sit("anna")
    stored: list[int] = []

    def twist(_seat: Seat, what: str, answer: object) -> object:
        if what == "POST /v1/key-packages":
            stored.append(len(kept(anna)))
        return answer

    anna.server.twist = twist

    await anna.parts.connection._parts.prekeys.publish()

    assert stored == [limits.KEY_PACKAGES_POOL + 1]


async def test_each_device_of_an_account_gives_a_package_and_a_repeated_claim_the_same(
    sit: Sit,
) -> None:
    anna, phone, desk = sit("anna"), sit("ben"), sit("ben", "desk")
    for seat in (phone, desk):
        await seat.parts.connection._parts.prekeys.publish()
    prekeys = anna.parts.connection._parts.prekeys

    claimed = await prekeys.claim(CLAIM, [phone.account])
    again = await prekeys.claim(CLAIM, [phone.account])

    assert [each.device_id for each in claimed] == [phone.device, desk.device]
    assert again == claimed
    assert await prekeys.claim(CLAIM, []) == ()
    assert alarms(anna) == []


async def test_more_packages_than_one_commit_adds_are_left_out(
    sit: Sit, monkeypatch: pytest.MonkeyPatch
) -> None:
    anna, phone, desk = sit("anna"), sit("ben"), sit("ben", "desk")
    for seat in (phone, desk):
        await seat.parts.connection._parts.prekeys.publish()
    monkeypatch.setattr(limits, "ADDED_DEVICES_MAX", 1)

    claimed = await anna.parts.connection._parts.prekeys.claim(CLAIM, [phone.account])

    assert [each.device_id for each in claimed] == [phone.device]


async def test_a_package_of_an_account_that_was_not_asked_for_is_left_out(sit: Sit) -> None:
    anna, ben, carol = sit("anna"), sit("ben"), sit("carol")
    await ben.parts.connection._parts.prekeys.publish()
    change_answers(anna, lambda info: msgspec.structs.replace(info, account=carol.account))

    claimed = await anna.parts.connection._parts.prekeys.claim(CLAIM, [ben.account])

    assert claimed == ()


async def swapped(anna: Seat, ben: Seat) -> SwappedPackage:
    """Claim Ben's package, and return the evidence that it was another one."""
    claimed = await anna.parts.connection._parts.prekeys.claim(CLAIM, [ben.account])
    assert claimed == ()
    assert alarms(anna) == [("swapped_key_package", "server", ben.account)]
    evidence = anna.parts.context.storage.findings.findings(0)[0].evidence
    decoded = decode_evidence(evidence)
    assert isinstance(decoded, SwappedPackage)
    return decoded


@pytest.mark.logs_warnings
async def test_another_persons_package_is_refused_with_evidence(sit: Sit) -> None:
    anna, ben, carol = sit("anna"), sit("ben"), sit("carol")
    for seat in (ben, carol):
        await seat.parts.connection._parts.prekeys.publish()
    foreign = packages_of(carol)[0][0]
    change_answers(anna, lambda info: msgspec.structs.replace(info, package=foreign))

    evidence = await swapped(anna, ben)

    assert (evidence.account, evidence.device_id) == (ben.account, ben.device)
    assert evidence.package == foreign
    assert evidence.root_key == ben.owner.root.public


@pytest.mark.logs_warnings
async def test_bytes_that_are_no_package_are_refused(sit: Sit) -> None:
    anna, ben = sit("anna"), sit("ben")
    await ben.parts.connection._parts.prekeys.publish()
    change_answers(anna, lambda info: msgspec.structs.replace(info, package=b"junk"))

    evidence = await swapped(anna, ben)

    assert evidence.package == b"junk"


@pytest.mark.logs_warnings
async def test_a_device_that_the_root_did_not_list_is_refused(sit: Sit) -> None:
    anna, ben = sit("anna"), sit("ben")
    desk = sit("ben", "desk")
    await desk.parts.connection._parts.prekeys.publish()
    ben.owner.device_list.pop()  # The desk's entry.
    info = KeyPackageInfo(
        account=ben.account,
        device_id=desk.device,
        package=packages_of(desk)[0][0],
        is_last_resort=False,
    )
    anna.server.claims[CLAIM] = ClaimedKeyPackages(packages=[info])

    evidence = await swapped(anna, ben)

    assert evidence.device_id == desk.device


async def test_a_device_that_came_just_now_is_looked_up(sit: Sit) -> None:
    anna, ben = sit("anna"), sit("ben")
    await anna.parts.connection._parts.keys.fetch(ben.account)
    desk = sit("ben", "desk")
    await desk.parts.connection._parts.prekeys.publish()

    claimed = await anna.parts.connection._parts.prekeys.claim(CLAIM, [ben.account])

    assert [each.device_id for each in claimed] == [desk.device]
    assert alarms(anna) == []


async def test_the_package_of_a_revoked_device_is_left_out_quietly(sit: Sit) -> None:
    anna, ben = sit("anna"), sit("ben")
    await ben.parts.connection._parts.prekeys.publish()
    owner = ben.owner
    owner.device_list.append(append_revocation(owner.device_list, ben.device, root=owner.root))

    claimed = await anna.parts.connection._parts.prekeys.claim(CLAIM, [ben.account])

    assert claimed == ()
    assert alarms(anna) == []


async def test_a_package_past_its_time_is_left_out_quietly(sit: Sit) -> None:
    anna, ben = sit("anna"), sit("ben")
    await ben.parts.connection._parts.prekeys.publish()
    anna.server.now_ms += (limits.KEY_PACKAGE_LIFETIME_S + 3600) * 1000

    claimed = await anna.parts.connection._parts.prekeys.claim(CLAIM, [ben.account])

    assert claimed == ()
    assert alarms(anna) == []


async def test_a_used_private_half_is_gone(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    before = set(kept(ben))

    club = await anna.group("club", ben)

    assert ben.is_live(club)
    (gone,) = before - set(kept(ben))
    assert gone[1] == 0
    assert gone[0] not in [package for package, _ in packages_of(ben)]


async def test_the_last_resort_is_used_again_and_again(sit: Sit) -> None:
    anna, ben = await sit("anna").up(), await sit("ben").up()
    ben.server.packages[ben.device] = [each for each in packages_of(ben) if each[1]]
    before = kept(ben)

    clubs = [await anna.group(name, ben) for name in ("chess", "choir")]

    assert [ben.is_live(club) for club in clubs] == [True, True]
    assert kept(ben) == before


async def test_a_welcome_for_somebody_else_names_none_of_ours(sit: Sit) -> None:
    anna = await sit("anna").up()

    assert anna.parts.connection._parts.prekeys.find(b"no welcome") is None


async def test_an_answer_that_does_not_come_leaves_the_halves_for_the_next_try(sit: Sit) -> None:
    anna = sit("anna")
    anna.loses = "key-packages"
    with pytest.raises(TransportError):
        await anna.parts.connection._parts.prekeys.publish()
    anna.loses = ""

    await anna.parts.connection._parts.prekeys.publish()

    published = {package for package, _ in packages_of(anna)}
    assert published <= {package for package, _ in kept(anna)}

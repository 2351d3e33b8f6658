from __future__ import annotations

import pytest

from backend.services import device_lists
from backend.store import accounts
from backend.store.tables import User
from backend.store.unit import Unit
from shared import limits
from shared.errors import Code, RefusedError
from tests.backend.office import Insider, Office
from tests.backend.roots import Root


def user_of(unit: Unit, insider: Insider) -> User:
    user = accounts.find_user(unit.session, insider.account)
    assert user is not None
    return user


def test_a_list_is_bounded(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    anna = office.join("anna")
    monkeypatch.setattr(limits, "DEVICE_LIST_MAX", 1)
    new = anna.root.certificate()
    entry = anna.root.next_entry(new)

    with pytest.raises(RefusedError) as caught:
        office.services.context.change(
            lambda unit: device_lists.add_device(
                unit, user_of(unit, anna), entry, device_id=new.device_id
            )
        )

    assert caught.value.code is Code.DEVICE_LIMIT


def test_several_devices_go_in_the_order_of_their_entries(office: Office) -> None:
    anna = office.join("anna")
    new = anna.root.certificate()
    entry = anna.root.append(new)
    gone = [anna.root.append(revoked=device) for device in (anna.device, new.device_id)]

    def work(unit: Unit) -> list[int]:
        user = user_of(unit, anna)
        device_lists.add_device(unit, user, entry, device_id=new.device_id)
        return [device.device_id for device in device_lists.revoke_devices(unit, user, gone)]

    revoked = office.services.context.change(work)

    assert revoked == [anna.device, new.device_id]
    assert (
        office.services.profiles.keys(anna.account, by=anna.account).device_list
        == anna.root.entries
    )


def test_an_archive_key_is_signed_by_the_root() -> None:
    root = Root()

    device_lists.check_archive(root.archive(), root_key=root.key)

    with pytest.raises(RefusedError) as caught:
        device_lists.check_archive(root.archive(), root_key=Root().key)
    assert caught.value.code is Code.BAD_CERTIFICATE


def test_everybody_is_told_once(office: Office) -> None:
    anna, ben = office.join("anna"), office.join("ben")
    office.converse(anna, ben)
    before = len(office.heard)

    office.services.context.change(
        lambda unit: device_lists.tell_devices_changed(office.services.context, unit, anna.account)
    )

    assert len(office.heard) - before == 2

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from shared import limits
from shared.e2ee.mls.errors import MlsError, Reason
from shared.e2ee.mls.key_packages import check_lifetime, make_key_package, reference_of
from shared.e2ee.mls.wire import Add, Extension, KeyPackage, UpdateSource
from tests.shared.e2ee.mls.forge import member, sign_again, sign_package
from tests.shared.e2ee.mls.members import (
    NOW_S,
    UNTIL_S,
    assert_refused,
    assert_same,
    clients,
    follow,
    make_groups,
)

NEWCOMER = clients(9)[8]


def assert_add_refused(reason: Reason, **changes: Any) -> None:
    """A package with these changes, signed anew, can not be added."""
    package, _ = NEWCOMER.package()
    bad = sign_package(replace(package, **changes), NEWCOMER.key)
    assert_package_refused(reason, bad)


def assert_package_refused(reason: Reason, package: KeyPackage) -> None:
    groups = make_groups(2)
    data = member(groups[0]).commit(Add(package))
    assert_refused(groups[1], data, reason)
    with pytest.raises(MlsError) as refused:
        groups[0].commit(add=[package], now_s=NOW_S)
    assert refused.value.reason is reason


def test_an_honest_package_is_added() -> None:
    groups = make_groups(2)
    package, _ = NEWCOMER.package(extensions=(Extension(1, b""),))

    assert_same(follow(groups[1:], member(groups[0]).commit(Add(package))))


def test_every_package_has_keys_and_a_name_of_its_own() -> None:
    one, one_secrets = NEWCOMER.package()
    other, other_secrets = NEWCOMER.package()

    assert reference_of(one) != reference_of(other)
    assert one.init_key not in (other.init_key, one.leaf_node.encryption_key)
    assert one_secrets != other_secrets
    assert one_secrets.init_key.hex() not in repr(one_secrets)


def test_package_for_another_version_is_refused() -> None:
    assert_add_refused(Reason.KEY_PACKAGE_VERSION, version=2)


def test_package_for_another_suite_is_refused() -> None:
    assert_add_refused(Reason.KEY_PACKAGE_SUITE, cipher_suite=1)


def test_package_that_its_owner_did_not_sign_is_refused() -> None:
    package, _ = NEWCOMER.package()

    assert_package_refused(Reason.KEY_PACKAGE_SIGNATURE, sign_package(package, clients(8)[7].key))


def test_package_with_one_key_for_both_uses_is_refused() -> None:
    package, _ = NEWCOMER.package()

    bad = replace(package, init_key=package.leaf_node.encryption_key)

    assert_package_refused(Reason.KEY_PACKAGE_INIT_KEY, sign_package(bad, NEWCOMER.key))


def test_package_with_a_key_that_nothing_can_be_sealed_to_is_refused() -> None:
    assert_add_refused(Reason.ENCRYPTION_KEY, init_key=bytes(32))


def test_package_with_two_extensions_of_a_type_is_refused() -> None:
    twice = (Extension(1, b""), Extension(1, b""))

    assert_add_refused(Reason.EXTENSION_REPEATED, extensions=twice)


def test_package_with_an_extension_it_does_not_list_is_refused() -> None:
    assert_add_refused(Reason.KEY_PACKAGE_EXTENSION, extensions=(Extension(77, b""),))


def test_package_whose_leaf_comes_from_elsewhere_is_refused() -> None:
    package, _ = NEWCOMER.package()
    leaf = sign_again(replace(package.leaf_node, source=UpdateSource()), NEWCOMER.key, b"group", 2)

    assert_package_refused(
        Reason.LEAF_SOURCE, sign_package(replace(package, leaf_node=leaf), NEWCOMER.key)
    )


@pytest.mark.parametrize("now_s", [NOW_S - 61, UNTIL_S + 1])
def test_package_out_of_its_time_is_refused_by_who_adds_it(now_s: int) -> None:
    package, _ = NEWCOMER.package()
    check_lifetime(package, NOW_S)

    with pytest.raises(MlsError) as refused:
        make_groups(1)[0].commit(add=[package], now_s=now_s)

    assert refused.value.reason is Reason.LIFETIME


def test_package_for_too_long_a_time_is_refused() -> None:
    package, _ = make_key_package(
        NEWCOMER.suite,
        NEWCOMER.template,
        key=NEWCOMER.key,
        not_before_s=NOW_S,
        not_after_s=NOW_S + limits.MLS_LIFETIME_MAX_S + 1,
    )

    with pytest.raises(MlsError) as refused:
        check_lifetime(package, NOW_S)

    assert refused.value.reason is Reason.LIFETIME


def test_adding_without_a_clock_is_refused() -> None:
    package, _ = NEWCOMER.package()

    with pytest.raises(MlsError) as refused:
        make_groups(1)[0].commit(add=[package])

    assert refused.value.reason is Reason.LIFETIME

from __future__ import annotations

import dataclasses
import json
import os

import msgspec
import pytest

from desktop.engine.errors import CommandFailedError
from desktop.engine.vaults import Vaults, check_new_password
from shared import limits
from shared.e2ee.account import (
    AccountSecrets,
    derive_password_keys,
    make_recovery_code,
    make_secrets,
    recovery_auth_key,
    seal_vault,
)
from shared.errors import Code, MimError, PeerError, RefusedError
from shared.rest import Kdf, ServerInfo, VaultOpened
from tests.desktop.engine.office import ME, PEER, Office
from tests.desktop.engine.people import CHEAP_FLOOR, PASSWORD

pytestmark = pytest.mark.asyncio
SERVER_ID = "0" * 32
INFO = ServerInfo(
    server_id=SERVER_ID,
    name="here",
    version="1",
    protocol_min=limits.PROTOCOL_VERSION,
    protocol_max=limits.PROTOCOL_VERSION,
    sealing_format=limits.SEALING_FORMAT,
    kdf=CHEAP_FLOOR,
    time_ms=1,
)
KEYS = derive_password_keys(PASSWORD, server_id=SERVER_ID, user_name="anna", kdf=CHEAP_FLOOR)
CODE = make_recovery_code(os.urandom)
SECRETS = AccountSecrets(
    ME.root, ((1, ME.archive),), make_secrets(CODE, os.urandom).recovery_public
)


def sealed(secrets: AccountSecrets = SECRETS) -> bytes:
    return seal_vault(secrets, vault_key=KEYS.vault_key, random=os.urandom)


OPENED = VaultOpened(
    account=ME.account,
    root_key=ME.root.public,
    vault=sealed(),
    vault_version=2,
    devices=ME.keys.device_list,
)


@pytest.fixture
def vaults(office: Office) -> Vaults:
    office.context.config = dataclasses.replace(office.context.config, kdf_floor=CHEAP_FLOOR)
    office.http.give("GET /v1/server", INFO)
    office.http.give("POST /v1/vault", OPENED)
    office.http.give("POST /v1/recovery", OPENED)
    return Vaults(office.context)


async def code_of(vaults: Vaults, password: str = PASSWORD) -> str:
    with pytest.raises(MimError) as failed:
        await vaults.unlock("anna", password)
    error = failed.value
    assert isinstance(error, (RefusedError, PeerError, CommandFailedError))
    return str(error.code)


async def test_the_password_opens_the_vault_and_does_not_leave(
    office: Office, vaults: Vaults
) -> None:
    sent: list[bytes] = []

    def open_it(data: bytes | None) -> bytes:
        sent.append(data or b"")
        return msgspec.json.encode(OPENED)

    office.http.answers["POST /v1/vault"] = open_it

    unlocked = await vaults.unlock("anna", PASSWORD)

    assert unlocked.secrets == SECRETS
    assert (unlocked.told, unlocked.info, unlocked.keys) == (OPENED, INFO, KEYS)
    assert set(json.loads(sent[0])) == {"user_name", "auth_key"}
    assert PASSWORD.encode() not in sent[0]
    assert ME.root.seed.hex() not in repr(unlocked)


async def test_a_password_that_nobody_has_is_not_even_sent(office: Office, vaults: Vaults) -> None:
    assert await code_of(vaults, "short") == Code.WRONG_CREDENTIALS
    assert office.http.calls == []


@pytest.mark.parametrize(
    ("info", "code"),
    [
        ({"protocol_max": limits.PROTOCOL_VERSION - 1, "protocol_min": 0}, "server_too_old"),
        ({"sealing_format": limits.SEALING_FORMAT - 1}, "server_too_old"),
        ({"protocol_min": 9, "protocol_max": 9}, "client_too_old"),
        ({"sealing_format": limits.SEALING_FORMAT + 1}, "client_too_old"),
        ({"kdf": Kdf(version=1, passes=1, memory_bytes=1024)}, "weak_kdf"),
        ({"kdf": Kdf(version=1, passes=1, memory_bytes=2**31)}, "malformed"),
        ({"kdf": Kdf(version=1, passes=21, memory_bytes=2**23)}, "malformed"),
    ],
)
async def test_a_server_that_does_not_fit_gets_no_key(
    office: Office, vaults: Vaults, info: dict[str, object], code: str
) -> None:
    office.http.give("GET /v1/server", msgspec.structs.replace(INFO, **info))

    assert await code_of(vaults) == code
    assert office.http.calls == ["GET /v1/server"]


@pytest.mark.parametrize(
    "told",
    [
        {"vault": b"no vault"},
        {"vault": seal_vault(SECRETS, vault_key=bytes(32), random=os.urandom)},
        {"root_key": PEER.root.public, "devices": PEER.keys.device_list},
        {"devices": PEER.keys.device_list},
        {"devices": [msgspec.structs.replace(ME.keys.device_list[0], signature=bytes(64))]},
    ],
)
async def test_what_does_not_fit_together_is_not_believed(
    office: Office, vaults: Vaults, told: dict[str, object]
) -> None:
    answer = msgspec.structs.replace(OPENED, **told)
    office.http.give("POST /v1/vault", answer)
    office.http.give("POST /v1/recovery", answer)

    assert await code_of(vaults) == Code.BAD_CERTIFICATE


async def test_the_own_vault_is_that_of_the_root_known_here(office: Office, vaults: Vaults) -> None:
    other = AccountSecrets(PEER.root, SECRETS.archives, SECRETS.recovery_public)
    answers = [
        msgspec.structs.replace(OPENED, account=ME.account + 1),
        msgspec.structs.replace(
            OPENED,
            root_key=PEER.root.public,
            vault=sealed(other),
            devices=PEER.keys.device_list,
        ),
    ]

    own = await vaults.unlock_own(PASSWORD)

    assert own.secrets == SECRETS
    for answer in answers:
        office.http.give("POST /v1/vault", answer)
        assert (await vaults.unlock("anna", PASSWORD)).told == answer
        with pytest.raises(PeerError, match="another key"):
            await vaults.unlock_own(PASSWORD)


async def test_the_code_opens_the_vault_and_the_keys_are_the_new_passwords(
    office: Office, vaults: Vaults
) -> None:
    sent: list[bytes] = []

    def open_it(data: bytes | None) -> bytes:
        sent.append(data or b"")
        return msgspec.json.encode(OPENED)

    office.http.answers["POST /v1/recovery"] = open_it

    unlocked = await vaults.open_with_code("anna", CODE.lower(), PASSWORD)

    assert unlocked.secrets == SECRETS
    assert unlocked.keys == KEYS
    assert CODE.replace("-", "").encode() not in sent[0].replace(b"-", b"")
    told = msgspec.json.decode(sent[0])
    assert set(told) == {"user_name", "recovery_auth_key"}


async def test_a_code_with_a_typing_error_is_not_sent(office: Office, vaults: Vaults) -> None:
    wrong = CODE[:-1] + ("0" if CODE[-1] != "0" else "1")

    with pytest.raises(RefusedError, match="typing error") as failed:
        await vaults.open_with_code("anna", wrong, PASSWORD)

    assert failed.value.code is Code.WRONG_CREDENTIALS
    assert office.http.calls == []


async def test_a_vault_that_the_code_does_not_open_is_not_believed(vaults: Vaults) -> None:
    other = make_recovery_code(os.urandom)
    assert recovery_auth_key(other) != recovery_auth_key(CODE)

    with pytest.raises(PeerError) as failed:
        await vaults.open_with_code("anna", other, PASSWORD)

    assert failed.value.code is Code.BAD_CERTIFICATE


async def test_a_new_password_has_eight_characters() -> None:
    check_new_password("8" * limits.PASSWORD_LENGTH_MIN)

    with pytest.raises(CommandFailedError):
        check_new_password("8" * (limits.PASSWORD_LENGTH_MIN - 1))

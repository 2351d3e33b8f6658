"""Many accounts with one device each on a real server, with real keys and without engines.

They were registered, have key packages and are contacts of whoever asks; a group of hundreds can
be made of them without hundreds of programs running.
"""

from __future__ import annotations

import http.client
import os
from dataclasses import dataclass
from typing import TypeVar

import msgspec

from desktop.engine import Engine
from desktop.engine.link_parts import LinkParts
from desktop.engine.prekeys import mls_keys
from desktop.storage.account_store import Identity
from shared import limits
from shared.e2ee.account import DeviceKeys, certify_archive, certify_device
from shared.e2ee.devices import append_device
from shared.e2ee.facade import DeviceKeys as MlsKeys
from shared.e2ee.facade import Prekey, make_prekey
from shared.e2ee.keys import ExchangeKeyPair, SignatureKeyPair
from shared.identifiers import AccountId, DeviceId
from shared.rest import ContactRequest, Registration, SessionOpened
from shared.rest_devices import KeyPackages
from tests.scenarios.people import Person

__all__ = ["LIMITS", "Crowd", "Guest", "link_parts"]

T = TypeVar("T")
_PACKAGES = 2
# What one account may do in an hour is less than what these do in a minute.
LIMITS = [
    part
    for name in (
        "registrations_per_address",
        "requests_per_account",
        "contact_requests_per_account",
        "key_package_claims_per_account",
        "handshakes_per_device",
    )
    for part in ("--rate-limit", f"{name}=1000000/minute")
]


@dataclass(frozen=True, slots=True, repr=False)
class Guest:
    """One of the crowd, and what it keeps."""

    identity: Identity
    prekeys: tuple[Prekey, ...]

    @property
    def account(self) -> AccountId:
        return self.identity.account

    @property
    def keys(self) -> MlsKeys:
        """What its leaves say, and the key they sign with."""
        return mls_keys(self.identity)


def link_parts(person: Person) -> LinkParts:
    """Return what the engine of somebody with a program works with."""
    assert isinstance(person.engine, Engine)
    assert person.engine._parts is not None
    return person.engine._parts.connection._parts


class Crowd:
    """Registers guests, one call after the other over one connection."""

    def __init__(self, port: int, *, now_s: int) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        self._now_s = now_s

    def close(self) -> None:
        self._connection.close()

    def guest(self, name: str) -> Guest:
        """Register an account with one device and its key packages."""
        root = SignatureKeyPair(os.urandom(32))
        archive = ExchangeKeyPair(os.urandom(32))
        number = int.from_bytes(os.urandom(7)) + 1
        device = DeviceKeys(
            DeviceId(number), SignatureKeyPair(os.urandom(32)), ExchangeKeyPair(os.urandom(32))
        )
        certificate = certify_device(device, root=root)
        archive_key = certify_archive(1, archive, root=root)
        body = Registration(
            user_name=name,
            nickname=name,
            auth_key=os.urandom(32),
            kdf_version=1,
            root_key=root.public,
            archive_key=archive_key,
            device=certificate,
            entry=append_device([], certificate, root=root),
            recovery_auth_key=os.urandom(32),
            vault=os.urandom(200),
        )
        opened = self.call("POST", "/v1/accounts", SessionOpened, body=body)
        identity = Identity(
            account=AccountId(opened.account),
            user_name=name,
            server_url="",
            server_id="",
            token=opened.token,
            is_logged_in=True,
            root_key=root.public,
            device=device,
            archives=((1, archive),),
            proof_signature=certificate.signature,
            archive_signature=archive_key.signature,
            head_key=b"",
        )
        made = [
            make_prekey(
                mls_keys(identity), now_s=self._now_s, lifetime_s=limits.KEY_PACKAGE_LIFETIME_S
            )
            for _ in range(_PACKAGES + 1)
        ]
        packages = KeyPackages(
            packages=[each.public for each in made[1:]], last_resort=made[0].public
        )
        self.send("POST", "/v1/key-packages", identity.token, packages)
        return Guest(identity, tuple(made))

    def befriend(self, host: Identity, guest: Guest) -> None:
        """Let the host ask and the guest accept: so it is not the host who opens conversations."""
        wish = ContactRequest(account=guest.account)
        self.send("POST", "/v1/contact-requests", host.token, wish)
        path = f"/v1/contact-requests/{host.account}/accept"
        self.send("POST", path, guest.identity.token)

    def call(
        self, method: str, path: str, model: type[T], *, token: str = "", body: object = None
    ) -> T:
        """Make a call and read its answer."""
        return msgspec.json.decode(self.send(method, path, token, body), type=model)

    def send(self, method: str, path: str, token: str, body: object = None) -> bytes:
        """Make a call; what the server refuses fails the run."""
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if token:
            headers["Authorization"] = f"Bearer {token}"
        data = None if body is None else msgspec.json.encode(body)
        self._connection.request(method, path, data, headers)
        answer = self._connection.getresponse()
        said = answer.read()
        assert answer.status < 400, f"{method} {path}: {answer.status} {said[:200]!r}"
        return said

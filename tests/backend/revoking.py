"""What a client hands in to revoke a device, and to begin anew."""

from __future__ import annotations

import secrets

from shared.rest import DeviceCertificate, Registration
from shared.rest_devices import AccountReset, Revocation, SealedArchive
from tests.backend.roots import Root

__all__ = ["reset_of", "revocation_of"]


def revocation_of(
    root: Root,
    registration: Registration,
    *gone: int,
    vault_version: int = 1,
    sealed_for: tuple[int, ...] = (),
) -> Revocation:
    """Return a revocation; it counts as appended for the root."""
    return Revocation(
        auth_key=registration.auth_key,
        entries=[root.append(revoked=device) for device in gone],
        archive_key=root.archive(),
        vault=secrets.token_bytes(300),
        vault_version=vault_version,
        sealed_archives=[
            SealedArchive(device_id=device, sealed=secrets.token_bytes(80)) for device in sealed_for
        ],
    )


def reset_of(user_name: str, token: str, root: Root, device: DeviceCertificate) -> AccountReset:
    """Return what begins an account anew with the first device of a new root."""
    return AccountReset(
        user_name=user_name,
        reset_token=token,
        auth_key=secrets.token_bytes(32),
        recovery_auth_key=secrets.token_bytes(32),
        kdf_version=1,
        root_key=root.key,
        archive_key=root.archive(),
        device=device,
        entry=root.append(device),
        vault=secrets.token_bytes(300),
    )

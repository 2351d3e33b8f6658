"""All services of a server, made in one place in the order in which they need each other."""

from __future__ import annotations

from dataclasses import dataclass

from backend.blobs import FileBlobs, GrowingBlobs
from backend.services.account_documents import AccountDocuments
from backend.services.accounts import Accounts
from backend.services.blanking import Blankings
from backend.services.blobs import Blobs
from backend.services.blocks import Blocks
from backend.services.catch_up import CatchUp
from backend.services.contacts import Contacts
from backend.services.context import Context
from backend.services.conversations import Conversations
from backend.services.creations import Creations
from backend.services.devices import Devices
from backend.services.groups import Groups
from backend.services.handshakes import Handshakes
from backend.services.key_packages import KeyPackagePool
from backend.services.log import Log
from backend.services.marks import Marks
from backend.services.presence import PresenceService
from backend.services.privacy import PrivacySettings
from backend.services.profiles import Profiles
from backend.services.rate_limits import Limiter
from backend.services.resets import Resets
from backend.services.signatures import ServerKey
from backend.services.signed_heads import SignedHeads
from backend.services.vaults import Vaults

__all__ = ["BLOB_FOLDER", "Services", "make_services"]

BLOB_FOLDER = "blobs"  # In the data folder.


@dataclass(frozen=True, slots=True)
class Services:
    """What requests and links may ask."""

    context: Context
    limiter: Limiter
    accounts: Accounts
    vaults: Vaults
    resets: Resets
    devices: Devices
    account_documents: AccountDocuments
    key_packages: KeyPackagePool
    signed_heads: SignedHeads
    profiles: Profiles
    contacts: Contacts
    blocks: Blocks
    privacy: PrivacySettings
    conversations: Conversations
    creations: Creations
    handshakes: Handshakes
    groups: Groups
    blankings: Blankings
    blobs: Blobs
    log: Log
    marks: Marks
    presence: PresenceService
    catch_up: CatchUp


def make_services(context: Context, *, server_id: str, head_key: ServerKey) -> Services:
    """Return the services of a server."""
    limiter = Limiter(context.settings.rate_limits)
    presence = PresenceService(context)
    log = Log(context)
    signed_heads = SignedHeads(context, head_key)
    contacts = Contacts(context, limiter, presence, log)
    return Services(
        context=context,
        limiter=limiter,
        accounts=Accounts(context, limiter, server_id, head_key.public),
        vaults=Vaults(context, limiter),
        resets=Resets(context, limiter, log),
        devices=Devices(context, limiter),
        account_documents=AccountDocuments(context),
        key_packages=KeyPackagePool(context, limiter),
        signed_heads=signed_heads,
        profiles=Profiles(context, FileBlobs(context.settings.data / "avatars")),
        contacts=contacts,
        blocks=Blocks(context, limiter, presence, log, contacts),
        privacy=PrivacySettings(context, limiter, presence),
        conversations=Conversations(context, log),
        creations=Creations(context, log),
        handshakes=Handshakes(context, log, limiter),
        groups=Groups(context, log),
        blankings=Blankings(context),
        blobs=Blobs(context, limiter, GrowingBlobs(context.settings.data / BLOB_FOLDER)),
        log=log,
        marks=Marks(context, log),
        presence=presence,
        catch_up=CatchUp(context, presence, signed_heads),
    )

"""What a person types for a server, as the address that is meant."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

__all__ = ["address_mistake", "server_address"]


def server_address(text: str) -> str:
    """Return the whole address; without a scheme it is https, on this computer http.

    What cannot be an address comes back as it is, without spaces around it.
    """
    typed = text.strip().rstrip("/")
    if not typed or "://" in typed:
        return typed
    host = typed.partition("/")[0]
    if _is_here(_host(f"//{host}")):
        return f"http://{typed}"
    return f"https://{typed}"


def address_mistake(address: str) -> str:
    """Return the code of what is wrong with an address, empty if nothing is."""
    try:
        parts = urlsplit(address)
        host = parts.hostname or ""
        _ = parts.port
    except ValueError:
        return "bad_address"
    is_whole = parts.scheme in ("http", "https") and bool(host)
    if not is_whole or any(sign.isspace() for sign in address) or parts.username:
        return "bad_address"
    if parts.query or parts.fragment:
        return "bad_address"
    if parts.scheme == "http" and not _is_here(host):
        return "insecure_address"
    return ""


def _is_here(host: str) -> bool:
    """Whether a host is this computer."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _host(address: str) -> str:
    try:
        return urlsplit(address).hostname or ""
    except ValueError:
        return ""

"""What can go wrong during set-up, each as a sentence that says what to do."""

from __future__ import annotations

import os
import re
from pathlib import Path

AGAIN = "Then type the same command again."

# The first pattern found in what uv, pip or apt printed decides; the narrow ones come first.
CAUSES: tuple[tuple[str, str], ...] = (
    (
        r"No space left on device|Disk quota exceeded|os error 28",
        "The disk is full: Mim needs about 1 GB for its environment. Free some space.",
    ),
    (
        r"hash(es)? mismatch|DO NOT MATCH THE HASHES|HashMismatch",
        (
            "A downloaded package is not the one this version of Mim names, so it was not "
            "installed. A broken download or a proxy that changes files does this."
        ),
    ),
    (
        (
            r"(?<![\w./-])407(?![\w/-])|ProxyError|[Pp]roxy (authentication|connect|error)"
            r"|tunnel (error|failed)"
        ),
        (
            "The proxy refused or did not answer ({proxy}). Set HTTPS_PROXY to a proxy that works, "
            "as in HTTPS_PROXY=http://NAME:PASSWORD@PROXY:PORT."
        ),
    ),
    (
        r"CERTIFICATE_VERIFY_FAILED|certificate|UnknownIssuer|SSLError",
        (
            "The package index showed a certificate this machine does not trust. If a proxy of "
            "yours looks into connections, name its certificate in SSL_CERT_FILE and PIP_CERT."
        ),
    ),
    (
        (
            r"Name or service not known|name resolution|dns error|getaddrinfo|resolve host"
            r"|Network is unreachable|No route to host|failed to lookup|Temporary failure"
        ),
        (
            "The package index can not be reached; this machine seems offline ({proxy}). "
            "Connect it, or behind a proxy set HTTPS_PROXY=http://PROXY:PORT."
        ),
    ),
    (
        (
            r"[Cc]onnection refused|[Cc]onnection reset|timed? ?out|ConnectTimeout|Max retries"
            r"|\b50[0-9] (Server|Bad|Service|Gateway)|error sending request|tcp connect error"
            r"|Failed to fetch|Could not connect|No matching distribution|client error \(Connect\)"
        ),
        (
            "The package index does not answer as it should ({proxy}). Try later, or behind a "
            "proxy set HTTPS_PROXY=http://PROXY:PORT."
        ),
    ),
    (
        r"Permission denied|Operation not permitted|Read-only file system",
        "A folder that Mim sets up can not be written. Give yourself the right to write there.",
    ),
)
UNKNOWN = "Setting up failed for a reason Mim does not know."


class SetupError(Exception):
    """Set-up can not go on; the text is a sentence for the person at the terminal."""


def proxy_in_use() -> str:
    """Say which proxy the environment names, without a name or a password in it."""
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        if value := os.environ.get(name):
            return f"{name} is {re.sub(r'//[^@/]*@', '//', value)}"
    return "no proxy is set"


def explain(output: str, log: Path | None = None) -> str:
    """Turn what a failed tool printed into a sentence with what to do.

    Args:
        output: All that the tool wrote.
        log: The file in which the person can read it whole.
    """
    sentence = UNKNOWN
    for pattern, cause in CAUSES:
        if re.search(pattern, output):
            sentence = cause.format(proxy=proxy_in_use())
            break
    tail = f" What the tools said stands in {log}." if log else ""
    return f"{sentence} {AGAIN}{tail}"

"""``mim-server``: run, prepare and look after a server."""

from __future__ import annotations

import json
import logging
import sys
from pathlib import Path

import click
import msgspec

from backend.config import STANDARD_KDF, VERSION, BlobLimits, RateLimits, Settings
from shared.errors import LocalError, MimError

__all__ = ["main"]

_data = click.option(
    "--data",
    required=True,
    type=click.Path(path_type=Path, file_okay=False),
    help="Folder of the database and the pictures.",
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(VERSION, prog_name="mim-server")
def cli() -> None:
    """Mim's server: private instant messaging that you run yourself."""


@cli.command()
@_data
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--port", default=0, show_default=True, help="Port; 0 lets the system choose.")
@click.option("--name", default="Mim", show_default=True, help="What people see.")
@click.option("--echo", default="", help="User name of a bot that everyone gets as a contact.")
@click.option("--log-level", default="INFO", show_default=True, help="DEBUG, INFO or WARNING.")
@click.option("--rate-limit", multiple=True, metavar="NAME=N/PERIOD", help="Another rate limit.")
@click.option(
    "--blob-limit", multiple=True, metavar="NAME=BYTES", help="Another bound of attachments."
)
@click.option("--kdf-passes", default=STANDARD_KDF.passes, hidden=True)
@click.option("--kdf-memory", default=STANDARD_KDF.memory_bytes, hidden=True, help="Bytes.")
@click.option("--pause-after-commit-ms", default=0, hidden=True, help="For crash tests.")
def run(
    data: Path,
    host: str,
    port: int,
    name: str,
    echo: str,
    log_level: str,
    rate_limit: tuple[str, ...],
    blob_limit: tuple[str, ...],
    kdf_passes: int,
    kdf_memory: int,
    pause_after_commit_ms: int,
) -> None:
    """Serve until SIGTERM or Ctrl-C.

    Once ready, one line of JSON on standard output says the address. The data folder is made
    and migrated if needed.
    """
    _log_to_stderr(log_level)
    settings = Settings(
        data=data.absolute(),
        host=host,
        port=port,
        name=name,
        echo=echo,
        kdf=msgspec.structs.replace(STANDARD_KDF, passes=kdf_passes, memory_bytes=kdf_memory),
        rate_limits=_rate_limits(rate_limit),
        blob_limits=_blob_limits(blob_limit),
        pause_after_commit_ms=pause_after_commit_ms,
    )
    try:
        from backend.serving import serve
    except ImportError as error:
        raise click.ClickException(f"{error.name} is missing; the server needs it.") from error
    serve(settings)


@cli.command()
@_data
def init(data: Path) -> None:
    """Make an empty data folder, or bring an old one up to date."""
    from backend.upkeep import migrate as migrate_data

    has_changed = migrate_data(data.absolute(), may_create=True)
    click.echo("Ready." if has_changed else "Nothing to do.")


@cli.command()
@_data
def migrate(data: Path) -> None:
    """Bring the tables of a data folder up to date; the server must be stopped."""
    from backend.upkeep import migrate as migrate_data

    has_changed = migrate_data(data.absolute(), may_create=False)
    click.echo("Migrated." if has_changed else "Nothing to do.")


@cli.command()
@_data
def stats(data: Path) -> None:
    """Print how many accounts, conversations and entries there are, as JSON."""
    from backend.upkeep import stats as count

    click.echo(json.dumps(count(data.absolute())))


@cli.command()
@_data
def check(data: Path) -> None:
    """Walk every chain and sequence; exit 1 and say what is wrong."""
    from backend.upkeep import check as walk

    problems = walk(data.absolute())
    for problem in problems:
        click.echo(problem)
    if problems:
        click.echo(f"{len(problems)} problems.")
        sys.exit(1)
    click.echo("All is well.")


@cli.command("reset-account")
@click.argument("name")
@_data
def reset_account(name: str, data: Path) -> None:
    """Let NAME, who lost password and recovery code, begin anew.

    Prints a token that is good once, for 24 hours. Give it only to that person: their contacts
    see a new key, and groups have to add them again.
    """
    from backend.upkeep import reset_account as make_token

    click.echo(make_token(data.absolute(), name))


def main() -> None:
    """Run the command line; what goes wrong is one sentence."""
    try:
        cli(prog_name="mim-server", standalone_mode=True)
    except MimError as error:
        click.echo(f"mim-server: {error}", err=True)
        sys.exit(1)


def _rate_limits(changes: tuple[str, ...]) -> RateLimits:
    return msgspec.structs.replace(RateLimits(), **_named(changes, RateLimits, "rate limit"))


def _blob_limits(changes: tuple[str, ...]) -> BlobLimits:
    changed = _named(changes, BlobLimits, "bound")
    for name, value in changed.items():
        if not (value.isascii() and value.isdigit()):
            raise LocalError(f"The bound {name} is a whole number.")
    numbers = {name: int(value) for name, value in changed.items()}
    return msgspec.structs.replace(BlobLimits(), **numbers)


def _named(changes: tuple[str, ...], of: type[msgspec.Struct], what: str) -> dict[str, str]:
    known = set(of.__struct_fields__)
    changed = dict(change.partition("=")[::2] for change in changes)
    if unknown := set(changed) - known:
        raise LocalError(
            f"There is no {what} {min(unknown)}; there are {', '.join(sorted(known))}."
        )
    return changed


def _log_to_stderr(level: str) -> None:
    logging.basicConfig(
        stream=sys.stderr,
        level=level.upper(),
        format="%(asctime)s %(levelname)s %(name)s %(message)s",
    )
    # Migrations are told by our own lines; alembic's tell of its plug-ins at every start.
    logging.getLogger("alembic").setLevel(logging.WARNING)


if __name__ == "__main__":
    main()

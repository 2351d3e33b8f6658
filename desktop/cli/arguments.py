"""The command line of `mim-cli`: what can be typed, as one frozen value.

The commands and their options are a contract that scripts rely on: they are only ever added to.
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from desktop import events
from shared.e2ee.account import STANDARD_KDF
from shared.rest import Kdf

__all__ = ["HISTORY_LIMIT", "Arguments", "kdf_floor", "parse_arguments"]

HISTORY_LIMIT = 50
_UNITS_S = {"s": 1, "m": 60, "h": 3600, "d": 24 * 3600, "w": 7 * 24 * 3600}
WAIT_STATES = (
    events.MessageState.ACCEPTED,
    events.MessageState.DELIVERED,
    events.MessageState.READ,
)

_DESCRIPTION = "Mim without a window: for scripts, bots and tests."
_EPILOG = """\
Passwords come from MIM_PASSWORD and MIM_NEW_PASSWORD, the recovery code from MIM_RECOVERY_CODE, or
they are asked for. TO, WITH and CONVERSATION are a user name or a conversation id. Exit codes: 0
done, 2 usage, 3 refused by a rule, 4 server not reachable, 5 local trouble; standard error says the
code and a sentence.
Messages that `history` and `tail` print count as read. A message that `send` could not hand over
in time stays in the profile as "waiting" and goes out when the profile is next used; so does a
file. Files are sent and fetched for as long as something moves; --timeout is the longest pause.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arguments:
    """One command line. Fields that a command does not have keep their defaults."""

    server: str
    home: Path
    command: str
    as_json: bool = False
    kdf_floor: Kdf = STANDARD_KDF
    timeout_s: float = 20.0
    user: str = ""
    nickname: str = ""
    message: str = ""
    text: str = ""
    wait: events.MessageState = events.MessageState.ACCEPTED
    limit: int = HISTORY_LIMIT
    count: int | None = None
    seconds: float | None = None
    wipe: bool = False
    action: str = ""  # The second word of ``group``.
    users: tuple[str, ...] = ()
    device: str = ""
    needs_approval: bool = False
    is_reset: bool = False
    accept: bool = False
    undo: bool = False
    export: Path | None = None
    check: Path | None = None
    path: Path = Path()
    caption: str = ""
    force: bool = False

    @property
    def is_offline(self) -> bool:
        """Whether the command needs neither server nor profile."""
        return self.check is not None


def parse_arguments(argv: list[str] | None, *, version: str) -> Arguments:
    """Read a command line; ``None`` is the process's own.

    Raises:
        SystemExit: With 2 and a line on standard error if it makes no sense; with 0 after
            ``--help`` and ``--version``.
    """
    parser = _parser(version)
    found = vars(parser.parse_args(argv))
    arguments = Arguments(**{**found, "users": tuple(found.get("users", ()))})
    if not arguments.is_offline and not (arguments.server and arguments.home != Path()):
        parser.error("the following arguments are required: --server, --home")
    if arguments.command == "audit" and not (arguments.user or arguments.is_offline):
        parser.error("audit needs WITH, or --check FILE")
    return arguments


def kdf_floor(text: str) -> Kdf:
    """Read ``VERSION:PASSES:BYTES``, the weakest password stretching to accept."""
    try:
        version, passes, memory_bytes = map(int, text.split(":"))
    except ValueError as error:
        raise argparse.ArgumentTypeError("expected VERSION:PASSES:BYTES") from error
    return Kdf(version=version, passes=passes, memory_bytes=memory_bytes)


def _parser(version: str) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mim-cli",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"mim-cli {version}")
    _add_common(parser)
    parser.set_defaults(server="", home=Path(), as_json=False, timeout_s=20.0)
    # For tests, whose servers announce cheaper stretching: an argument and never a setting that
    # could lie around in an environment.
    parser.add_argument("--kdf-floor", type=kdf_floor, default=STANDARD_KDF, help=argparse.SUPPRESS)
    commands = parser.add_subparsers(
        dest="command", required=True, metavar="COMMAND", parser_class=_CommandParser
    )
    _add_account_commands(commands)
    _add_contact_commands(commands)
    _add_message_commands(commands)
    _add_group_commands(commands)
    _add_device_commands(commands)
    return parser


class _CommandParser(argparse.ArgumentParser):
    """Reads a command; what holds for all of them may stand behind it too."""

    def __init__(self, **more: Any) -> None:
        super().__init__(**more)
        _add_common(self, is_behind=True)


_Commands: TypeAlias = "argparse._SubParsersAction[_CommandParser]"


def _add_common(parser: argparse.ArgumentParser, *, is_behind: bool = False) -> None:
    """Add what holds for all commands; behind a command it is not said again in its help."""

    def add(name: str, words: str, **more: Any) -> None:
        words = argparse.SUPPRESS if is_behind else words
        parser.add_argument(name, default=argparse.SUPPRESS, help=words, **more)

    add("--server", "where the server is", metavar="URL")
    add("--home", "the profile's folder", type=Path, metavar="DIR")
    add("--json", "print one JSON object a line", action="store_true", dest="as_json")
    add(
        "--timeout",
        "longest wait for the server (20)",
        type=_seconds,
        dest="timeout_s",
        metavar="S",
    )


def _add_account_commands(commands: _Commands) -> None:
    register = commands.add_parser("register", help="make an account; says its recovery code once")
    register.add_argument("user", metavar="USER")
    register.add_argument("--nickname", default="", metavar="N")
    login = commands.add_parser("login", help="log in to an account")
    login.add_argument("user", metavar="USER")
    logout = commands.add_parser("logout", help="end the session")
    logout.add_argument("--wipe", action="store_true", help="delete the local messages and keys")
    commands.add_parser("whoami", help="say who is logged in here")


def _add_contact_commands(commands: _Commands) -> None:
    search = commands.add_parser("search", help="find people by the start of their user name")
    search.add_argument("text", metavar="TEXT")
    request = commands.add_parser("request", help="ask someone to become a contact")
    request.add_argument("user", metavar="USER")
    request.add_argument(
        "--message", type=_text, default="", metavar="T", help="a greeting, sealed to them"
    )
    commands.add_parser("requests", help="list requests that wait")
    for name, text in (
        ("accept", "accept someone's request"),
        ("decline", "decline someone's request; they are not told"),
        ("remove", "end a friendship on both sides"),
        ("block", "let nothing of someone through; they are not told"),
        ("unblock", "let someone through again"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument("user", metavar="USER")
    remark = commands.add_parser("remark", help="call a contact by a name of one's own")
    remark.add_argument("user", metavar="USER")
    remark.add_argument("text", nargs="?", default="", metavar="NAME", help="none: as they do")
    commands.add_parser("contacts", help="list contacts")
    commands.add_parser("blocked", help="list who is blocked")


def _add_message_commands(commands: _Commands) -> None:
    send = commands.add_parser("send", help="send a text; returns when it is safe on the server")
    send.add_argument("user", metavar="TO", help="user name or conversation id")
    send.add_argument("text", type=_text, metavar="TEXT", help="@NAME tells a member so")
    send.add_argument(
        "--wait",
        type=events.MessageState,
        choices=WAIT_STATES,
        default=events.MessageState.ACCEPTED,
        metavar="{accepted,delivered,read}",
        help="how far to wait (accepted)",
    )
    _add_changes(commands)
    send_file = commands.add_parser(
        "send-file", help="send a file; returns when it is safe on the server"
    )
    send_file.add_argument("user", metavar="TO", help="user name or conversation id")
    send_file.add_argument("path", type=Path, metavar="PATH")
    send_file.add_argument("--caption", type=_text, default="", metavar="TEXT")
    fetch = commands.add_parser("fetch", help="write a message's file to a place")
    fetch.add_argument("message", metavar="MESSAGE_ID", help="or how it begins, 8 digits at least")
    fetch.add_argument("path", type=Path, metavar="PATH", help="file, or folder to put it into")
    fetch.add_argument("--force", action="store_true", help="replace what is there")
    history = commands.add_parser("history", help="print a conversation's newest messages")
    history.add_argument("user", metavar="WITH", help="user name or conversation id")
    history.add_argument("--limit", type=_count, default=HISTORY_LIMIT, metavar="N")
    tail = commands.add_parser("tail", help="print unread messages, then others as they arrive")
    tail.add_argument("--count", type=_count, default=None, metavar="N", help="stop after N")
    tail.add_argument("--seconds", type=_seconds, default=None, metavar="S", help="stop after S")
    commands.add_parser("conversations", help="list conversations")
    find = commands.add_parser("search-messages", help="search the messages kept here")
    find.add_argument("text", metavar="TEXT")


def _add_changes(commands: _Commands) -> None:
    for name, text in (
        ("reply", "answer a message"),
        ("edit", "give a message of one's own another text, within 48 hours"),
        ("react", "put an emoji at a message"),
        ("recall", "take a message back, within 48 hours; a group's admins any, at any time"),
    ):
        command = commands.add_parser(name, help=text)
        command.add_argument(
            "message", metavar="MESSAGE_ID", help="or how it begins, 8 digits at least"
        )
        if name == "react":
            command.add_argument("text", type=_text, metavar="EMOJI")
            command.add_argument(
                "--remove", action="store_true", dest="undo", help="take it away again"
            )
        elif name != "recall":
            command.add_argument("text", type=_text, metavar="TEXT")
    timer = commands.add_parser("timer", help="let later messages disappear after a time, or not")
    timer.add_argument("user", metavar="WITH", help="user name or conversation id")
    timer.add_argument("seconds", type=_duration, metavar="{DURATION,off}", help="30s, 5m, 1h, 7d")


def _add_group_commands(commands: _Commands) -> None:
    group = commands.add_parser("group", help="make a group, and say who is in it")
    actions = group.add_subparsers(dest="action", required=True, metavar="ACTION")
    create = actions.add_parser("create", help="make a group")
    create.add_argument("text", type=_text, metavar="NAME")
    create.add_argument("users", nargs="*", metavar="USER")
    for name, text in (
        ("add", "add somebody"),
        ("remove", "remove somebody"),
        ("approve", "let somebody in who asked"),
        ("decline", "do not let somebody in who asked"),
    ):
        command = _add_group_action(actions, name, text)
        command.add_argument("users", nargs=1, metavar="USER")
    role = _add_group_action(actions, "role", "give a member another role")
    role.add_argument("users", nargs=1, metavar="USER")
    role.add_argument("text", choices=("member", "admin", "owner"), metavar="ROLE")
    for name, text in (
        ("leave", "leave a group; what is here stays"),
        ("members", "list the members"),
        ("requests", "list who asked to join"),
    ):
        _add_group_action(actions, name, text)
    rename = _add_group_action(actions, "rename", "give the group another name")
    rename.add_argument("text", type=_text, metavar="NAME")
    history = _add_group_action(actions, "history", "let new devices and members read it, or not")
    history.add_argument("text", choices=("on", "off"), metavar="{on,off}")
    invite = _add_group_action(actions, "invite", "make a code that lets others in")
    invite.add_argument(
        "--ask", action="store_true", dest="needs_approval", help="an admin has to agree"
    )
    join = actions.add_parser("join", help="join by a code")
    join.add_argument("text", metavar="CODE")


def _add_group_action(actions: _Commands, name: str, text: str) -> argparse.ArgumentParser:
    action = actions.add_parser(name, help=text)
    action.add_argument("user", metavar="CONVERSATION", help="conversation id")
    return action


def _add_device_commands(commands: _Commands) -> None:
    commands.add_parser("devices", help="list the own devices")
    rename = commands.add_parser("rename-device", help="give one of the own devices another name")
    rename.add_argument("device", metavar="DEVICE", help="its id or name")
    rename.add_argument("text", type=_text, metavar="NAME")
    revoke = commands.add_parser("revoke", help="end one of the own devices for good")
    revoke.add_argument("device", metavar="DEVICE", help="its id or name")
    commands.add_parser("passwd", help="change the password")
    commands.add_parser("recovery-code", help="make a new recovery code; the old one is void")
    recover = commands.add_parser("recover", help="set a new password with the recovery code")
    recover.add_argument("user", metavar="USER")
    recover.add_argument(
        "--reset",
        action="store_true",
        dest="is_reset",
        help="begin anew with a token from the server's administrator",
    )
    safety = commands.add_parser("safety", help="print the safety number with someone")
    safety.add_argument("user", metavar="USER")
    safety.add_argument("--accept", action="store_true", help="accept that their key has changed")
    verify = commands.add_parser("verify", help="say that the safety number was compared")
    verify.add_argument("user", metavar="USER")
    verify.add_argument("--undo", action="store_true", help="it is to be compared again")
    audit = commands.add_parser("audit", help="check a conversation whole")
    audit.add_argument("user", nargs="?", default="", metavar="WITH")
    audit.add_argument("--export", type=Path, metavar="FILE", help="write a proof")
    audit.add_argument("--check", type=Path, metavar="FILE", help="check a proof, offline")


def _text(text: str) -> str:
    # Bytes that are no UTF-8 arrive as lone surrogates, which no message can hold.
    if not text.isprintable() and any("\ud800" <= character <= "\udfff" for character in text):
        raise argparse.ArgumentTypeError("expected text in UTF-8")
    return text


def _count(text: str) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError("expected a whole number from 1 on")
    return int(text)


def _duration(text: str) -> float:
    """Read ``off``, or a whole number with its unit."""
    if text == "off":
        return 0
    number, unit = text[:-1], _UNITS_S.get(text[-1:])
    if unit is None or not number.isascii() or not number.isdigit() or int(number) < 1:
        raise argparse.ArgumentTypeError("expected off, or a number with s, m, h, d or w")
    return int(number) * unit


def _seconds(text: str) -> float:
    try:
        seconds = float(text)
    except ValueError:
        seconds = -1.0
    if not 0 <= seconds < 1e9:
        raise argparse.ArgumentTypeError("expected seconds, 0 or more")
    return seconds

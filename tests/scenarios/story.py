"""The story of a first day, told with whatever hands: from registering to logging out.

The friend is a process of its own (`mim-cli`), and so is the server.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.scenarios.desk import App, Desk
from tests.scenarios.hands import Hands, MouseHands
from tests.scenarios.test_cli import Script

__all__ = ["tell_day", "tell_morning", "tell_packed"]

PASSWORD = "a long enough password"
MakeHands = Callable[[App], Hands]


def tell_morning(desk: Desk, make_hands: MakeHands, server: str, place: Path) -> None:
    """Register, add a friend, talk, close the window."""
    friend = _friend(server, place)
    hands = make_hands(desk.start(place / "anna", server=server))
    register(hands, "anna", "Anna")
    add_friend(hands, friend)
    chat(hands, friend)
    assert hands.leave() == 0


def tell_day(desk: Desk, make_hands: MakeHands, server: str, place: Path) -> None:
    """Tell all of it, on two devices."""
    friend = _friend(server, place)
    hands = make_hands(desk.start(place / "anna", server=server))
    register(hands, "anna", "Anna")
    add_friend(hands, friend)
    chat(hands, friend)
    send_file(hands, friend, place)
    make_group(hands, friend)
    verify(hands, friend)
    log_out(hands)
    assert hands.leave() == 0
    again = make_hands(desk.start(place / "anna_again", server=server))
    log_in_again(again)
    assert again.leave() == 0


def tell_packed(desk: Desk, program: Path, server: str, place: Path) -> None:
    """Do what needs every kind of thing that is packed; close the window."""
    friend = _friend(server, place)
    hands = MouseHands(desk.start(place / "anna", server=server, command=(str(program),)))
    register(hands, "anna", "Anna")
    add_friend(hands, friend)
    chat(hands, friend)
    send_emoji(hands)
    send_file(hands, friend, place)
    verify(hands, friend)
    assert hands.leave() == 0


def _friend(server: str, place: Path) -> Script:
    friend = Script(server, place / "ben")
    friend.done("register", "ben", "--nickname", "Ben")
    return friend


def register(hands: Hands, user_name: str, nickname: str) -> None:
    """Make an account and keep its recovery code."""
    hands.press("New here? Register")
    hands.app.sees("Make an account")
    for field, text in (
        ("User name", user_name),
        ("Nickname", nickname),
        ("Password", PASSWORD),
        ("Password again", PASSWORD),
    ):
        hands.fill(field, text)
    hands.press("Register")
    hands.press("I kept it in a safe place")
    hands.press("Continue")
    hands.app.sees("No conversations yet")


def add_friend(hands: Hands, friend: Script) -> None:
    """Ask Ben, who accepts."""
    hands.press("Contacts")
    hands.press("Add a contact")
    hands.app.sees("Send request")
    hands.fill("User name", "ben")
    hands.fill("Greeting", "It is me")
    hands.press("Send request")
    hands.app.sees("Waiting for an answer")
    friend.done("accept", "anna")
    hands.app.sees("Ben", "last seen")


def chat(hands: Hands, friend: Script) -> None:
    """Write to Ben and hear from him."""
    hands.pick("Contacts", "Ben", "last seen")
    hands.fill("Message", "hello from my desk")
    hands.send()
    hands.app.sees("You: hello from my desk", "sent")
    said = [line["text"] for line in friend.done("history", "anna") if line["kind"] == "text"]
    assert said == ["hello from my desk"]
    hands.app.sees("You: hello from my desk", "read")
    friend.done("send", "anna", "hello yourself")
    hands.app.sees("Ben: hello yourself")


def send_emoji(hands: Hands) -> None:
    """Find a sign by its name and send it."""
    hands.press("Insert an emoji")
    hands.fill("Search emoji", "rocket")
    hands.pick("Emoji to choose from", "rocket")
    hands.send()
    hands.app.sees("You: 🚀", "sent")


def send_file(hands: Hands, friend: Script, place: Path) -> None:
    """Send Ben a file, which he fetches whole."""
    report = place / "report.txt"
    report.write_text("all is well\n" * 1000, encoding="utf-8")
    hands.press("Attach a photo or file")
    hands.pick("", "File")
    hands.choose_file(report)
    hands.app.sees("Send a file")
    hands.press("Send")
    hands.app.sees("report.txt", "sent")
    [line] = [each for each in friend.done("history", "anna") if each["kind"] == "file"]
    fetched = place / "fetched.txt"
    assert friend.run("fetch", str(line["message_id"]), str(fetched))[0] == 0
    assert fetched.read_bytes() == report.read_bytes()


def make_group(hands: Hands, friend: Script) -> None:
    """Make a group with Ben and write into it."""
    hands.press("Chats")
    hands.press("New")
    hands.pick("", "New group")
    hands.fill("Name of the group", "Book club")
    hands.tick("People", "Ben")
    hands.app.sees("1 member chosen")
    hands.press("Make group")
    hands.fill("Message", "welcome everybody")
    hands.send()
    hands.app.sees("You: welcome everybody", "sent")
    [group] = [line for line in friend.done("conversations") if line.get("title") == "Book club"]
    [line] = [
        each
        for each in friend.done("history", str(group["conversation_id"]))
        if each["kind"] == "text"
    ]
    assert line["text"] == "welcome everybody"


def verify(hands: Hands, friend: Script) -> None:
    """Compare the safety number with Ben's."""
    [theirs] = friend.done("safety", "anna")
    hands.press("Contacts")
    hands.pick("Contacts", "Ben", "last seen")
    hands.press("Show profile")
    hands.press("Safety number")
    shown = hands.app.sees(*str(theirs["number"]).split()[:3])
    assert str(theirs["number"]).split() == shown.name.split()
    hands.press("Show QR code")
    hands.app.sees("QR code of the safety number")
    hands.press("It is the same")
    hands.app.sees("You have compared it with Ben.")
    hands.press("Close")


def log_out(hands: Hands) -> None:
    """Log out, keeping what is stored."""
    hands.press("Settings")
    hands.press("Log out")
    hands.app.sees("Log out?")
    hands.press("Log out")
    hands.app.sees("Welcome to Mim")


def log_in_again(hands: Hands) -> None:
    """Log in on a device that knows only the password; the past is there."""
    hands.fill("User name", "anna")
    hands.fill("Password", PASSWORD)
    hands.press("Log in")
    hands.app.sees("Ben", "verified", "You: report.txt")
    hands.pick("Conversations", "Ben", "You: report.txt")
    hands.app.sees("You: hello from my desk")
    hands.app.sees("Ben: hello yourself")

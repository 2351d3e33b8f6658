from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtWidgets import QWidget
from pytestqt.qtbot import QtBot

from desktop.ui.link_opener import LinkOpener
from desktop.ui.markup import Span, Style, parse
from tests.desktop.ui.hands import press


@pytest.fixture
def urls() -> list[str]:
    return []


@pytest.fixture
def opener(windows: None, qtbot: QtBot, urls: list[str]) -> Iterator[LinkOpener]:
    widget = QWidget()
    qtbot.addWidget(widget)
    widget.show()

    def keep(url: QUrl) -> bool:
        urls.append(bytes(url.toEncoded().data()).decode())
        return True

    yield LinkOpener(widget, open_url=keep)
    widget.close()


def span_of(text: str) -> Span:
    return parse(text).spans[0]


def test_an_honest_link_is_opened_at_once(opener: LinkOpener, urls: list[str]) -> None:
    opener.open(span_of("https://a.example/x"), "https://a.example/x")

    assert urls == ["https://a.example/x"]
    assert opener.dialog is None


@pytest.mark.parametrize(
    ("text", "target"),
    [
        ("[my bank](https://evil.example/x)", "https://evil.example/x"),
        ("http://аррӏе.com", "http://xn--80ak6aa92e.com"),
        ("https://bank.example@evil.example", "https://evil.example"),
    ],
)
def test_a_link_that_may_mislead_names_its_target_first(
    opener: LinkOpener, urls: list[str], text: str, target: str
) -> None:
    opener.open(span_of(text), "my bank")

    assert urls == []
    assert opener.dialog is not None
    said = [label.text() for label in opener.dialog.findChildren(type(opener.dialog.heading))]
    assert any(target in words for words in said)
    press(opener.dialog.yes_button)
    assert urls == [target]


def test_a_link_that_is_declined_is_not_opened(opener: LinkOpener, urls: list[str]) -> None:
    opener.open(span_of("[my bank](https://evil.example/x)"), "my bank")
    assert opener.dialog is not None

    press(opener.dialog.no_button)

    assert urls == []


def test_what_is_no_link_is_not_opened(opener: LinkOpener, urls: list[str]) -> None:
    opener.open(Span(Style.LINK, 0, 1), "x")

    assert urls == []

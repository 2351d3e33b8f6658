from __future__ import annotations

import pytest

from desktop.ui.emoji_runs import lone_emoji


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("👍", 1),
        ("👍🏽", 1),
        ("❤️", 1),
        ("👨‍👩‍👧", 1),
        ("👩🏽‍💻", 1),
        ("🏳️‍🌈", 1),
        ("🇨🇳", 1),
        ("1️⃣", 1),
        ("⭐", 1),
        (" 👍 ", 1),
        ("👍👍", 2),
        ("👍 🎉 🚀", 3),
    ],
)
def test_few_emoji_alone_are_counted(text: str, count: int) -> None:
    assert lone_emoji(text) == count


@pytest.mark.parametrize(
    "text", ["", " ", "a", "12", "©", "☎", "👍 ok", "👍👍👍👍", "👍\n👍", "你好", "#", "👍" * 100]
)
def test_anything_else_is_text(text: str) -> None:
    assert lone_emoji(text) == 0

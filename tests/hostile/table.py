"""The table of attacks in SECURITY.md: ``python -m tests.hostile.table`` writes it."""

from __future__ import annotations

from pathlib import Path

from tests.hostile.attack import Attack
from tests.hostile.attacks import ATTACKS

__all__ = ["page", "table_of", "written"]

page = Path(__file__).parents[2] / "SECURITY.md"
_FIRST, _LAST = "<!-- attacks -->\n", "<!-- /attacks -->\n"


def table_of(attacks: list[Attack]) -> str:
    """Return the attacks as a table."""
    lines = [
        "| attack | what the server does | told as | what notices it | without that check |",
        "| --- | --- | --- | --- | --- |",
    ]
    for attack in attacks:
        without = "works" if attack.prevents else "works unnoticed"
        lines.append(
            f"| {attack.name} | {attack.does} | `{attack.finding}` | {attack.check} | {without} |"
        )
    return "\n".join(lines) + "\n"


def written(text: str) -> str:
    """Return the page with the table as it is now."""
    before, _, rest = text.partition(_FIRST)
    _, _, after = rest.partition(_LAST)
    return f"{before}{_FIRST}\n{table_of(ATTACKS)}\n{_LAST}{after}"


if __name__ == "__main__":
    page.write_text(written(page.read_text(encoding="utf-8")), encoding="utf-8")

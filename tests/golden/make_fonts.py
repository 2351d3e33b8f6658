"""Make the small fonts of the golden pictures: ``python make_fonts.py CJK.ttc EMOJI.ttf``.

Needs fonttools, which nothing else here does, so run it with a Python that has it. The sources
are Debian's fonts-noto-cjk and fonts-noto-color-emoji (both under the OFL, see ``fonts/LICENSE``).

The Chinese font has every character that the translations and the exhibits' world say and the
commonest others, so that a new sentence seldom needs a new font; the emoji font has those of the
world and of the composer's first rows. Whoever makes them anew writes the golden pictures anew.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FONTS = Path(__file__).parent / "fonts"
COMMON = 1800  # Of the first level of GB 2312, taken evenly: enough for what is written later.
PICKER_ROWS = 80


def main(cjk: str, emoji: str) -> None:
    text = world()
    signs = [item[0] for group in emoji_groups() for item in group["items"]][:PICKER_ROWS]
    chinese = {c for c in text if is_chinese(c)} | set(common()) | set("—…·“”‘’「」（）字节")
    subset(cjk, "NotoSansCJKsc-Subset.otf", "".join(sorted(chinese)), "--font-number=2")
    wanted = {c for c in text if ord(c) >= 0x2190 and c not in chinese} | set("".join(signs))
    subset(emoji, "NotoColorEmoji-Subset.ttf", "".join(sorted(wanted)), "--layout-features=*")


def world() -> str:
    """Return everything that may stand in a picture."""
    paths = [ROOT / "assets" / "translations" / "zh.json"]
    paths += sorted((ROOT / "tests" / "exhibits").glob("*.py"))
    paths.append(ROOT / "tests" / "desktop" / "fake_port.py")
    return "".join(path.read_text(encoding="utf-8") for path in paths)


def is_chinese(sign: str) -> bool:
    """Whether the Chinese font is to have it: all of its blocks but the variation selectors."""
    return "\u2e80" <= sign <= "\uffef" and not "\ufe00" <= sign <= "\ufe0f"


def emoji_groups() -> list[dict[str, list[list[str]]]]:
    data = (ROOT / "assets" / "emoji" / "emoji.json").read_text(encoding="utf-8")
    groups: list[dict[str, list[list[str]]]] = json.loads(data)
    return groups


def common() -> list[str]:
    """Return common characters: rows 16 to 55 of GB 2312 are ordered by sound, not frequency."""
    rows = [bytes((row + 0xA0, column + 0xA0)) for row in range(16, 55) for column in range(1, 95)]
    return [code.decode("gb2312") for code in rows][:: len(rows) // COMMON]


def subset(source: str, name: str, text: str, *more: str) -> None:
    command = [sys.executable, "-m", "fontTools.subset", source, f"--text={text}"]
    command += [f"--output-file={FONTS / name}", "--layout-features=", "--no-hinting", *more]
    command += ["--name-IDs=0,1,2,3,4,5,6,13,14", "--drop-tables+=BASE,VORG,vhea,vmtx"]
    subprocess.run(command, check=True)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])

"""Messages of nothing but emoji, which are shown large.

Emoji are sequences: a sign, perhaps with a tone of skin or the wish to be shown in colour, joined
to others; two letters of a flag; a key's digit. Pure: no toolkit.
"""

from __future__ import annotations

import re

__all__ = ["LONE_EMOJI_MAX", "lone_emoji"]

LONE_EMOJI_MAX = 3

_COLOUR, _JOINER, _KEY = "\ufe0f", "\u200d", "\u20e3"
_TONES = "\U0001f3fb-\U0001f3ff"
# In colour by themselves; the other signs below U+1F000 are so only with the wish behind them.
_ALONE = (
    "\U0001f000-\U0001f1e5\U0001f200-\U0001faff\u231a\u231b\u23e9-\u23ec\u23f0\u23f3\u25fd\u25fe"
    "\u2614\u2615\u2648-\u2653\u267f\u2693\u26a1\u26aa\u26ab\u26bd\u26be\u26c4\u26c5\u26ce\u26d4"
    "\u26ea\u26f2\u26f3\u26f5\u26fa\u26fd\u2705\u270a\u270b\u2728\u274c\u274e\u2753-\u2755\u2757"
    "\u2795-\u2797\u27b0\u27bf\u2b1b\u2b1c\u2b50\u2b55"
)
_WISHING = "\u00a9\u00ae\u203c-\u3299"
_ONE = (
    f"(?:[{_ALONE}]{_COLOUR}?[{_TONES}]?|[{_WISHING}](?:{_COLOUR}|(?={_JOINER})|[{_TONES}])"
    f"[{_TONES}]?)"
)
_EMOJI = (
    f"(?:[\U0001f1e6-\U0001f1ff]{{2}}|[0-9#*]{_COLOUR}?{_KEY}"
    f"|{_ONE}(?:[\U000e0020-\U000e007f]{{1,8}})?(?:{_JOINER}{_ONE}){{0,5}})"
)
_ONLY_EMOJI = re.compile(rf"\s*(?:{_EMOJI}\s?){{1,{LONE_EMOJI_MAX}}}\s*")
_EACH = re.compile(_EMOJI)
_LENGTH_MAX = 80  # Three of the longest there are.


def lone_emoji(text: str) -> int:
    """Return how many emoji a text consists of; 0 if of more, or of anything else."""
    if len(text) > _LENGTH_MAX or "\n" in text.strip() or not _ONLY_EMOJI.fullmatch(text):
        return 0
    return len(_EACH.findall(text))

"""What people are called on the screen: by one's own name for them, else as they call themselves.

Every list, header, line and notice takes a name from here.
"""

from __future__ import annotations

import msgspec

from desktop.events import Profile

__all__ = ["named", "shown_name"]


def shown_name(profile: Profile, remark: str) -> str:
    """Return what somebody is called."""
    return remark or profile.nickname


def named(profile: Profile, remark: str) -> Profile:
    """Return a profile with the name it is shown under; its picture stays."""
    return msgspec.structs.replace(profile, nickname=remark) if remark else profile

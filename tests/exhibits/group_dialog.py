"""A group with 500 members: ``python -m tests.exhibits.group_dialog``."""

from __future__ import annotations

from desktop.events import Member
from desktop.ui.group_dialog import GroupDialog
from tests.desktop.fake_port import profile
from tests.exhibits.stage import make_application, make_world, show


def main() -> None:
    _, loop = make_application()
    port = make_world()
    nobody = profile(0, "", "")
    group = port.add_conversation(nobody, kind=2, title="Chess", own_role=3, member_count=500)
    others = (profile(1000 + n, f"user{n}", f"User {n}") for n in range(499))
    port.members = [
        Member(profile=port.own, role=3),
        *(Member(profile=each, role=1) for each in others),
    ]
    port.joining = list(port.strangers)
    port.announce()
    show(GroupDialog(port.session, port, group), loop)


if __name__ == "__main__":
    main()

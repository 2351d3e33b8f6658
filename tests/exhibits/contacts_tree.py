"""The tree of people: ``python -m tests.exhibits.contacts_tree``."""

from __future__ import annotations

from desktop.ui.contacts_tree import ContactsTree
from tests.exhibits.stage import make_application, make_world, show, sort_friends


def main() -> None:
    _, loop = make_application()
    port = make_world()
    sort_friends(port)
    port.announce()
    tree = ContactsTree(port.session)
    tree.resize(320, 640)
    show(tree, loop)


if __name__ == "__main__":
    main()

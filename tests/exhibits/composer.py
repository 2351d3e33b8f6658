"""Where messages are typed, with the emoji panel: ``python -m tests.exhibits.composer``."""

from __future__ import annotations

from desktop.ui.composer import Composer
from tests.exhibits.stage import WANG, make_application, make_world, show


def main() -> None:
    _, loop = make_application()
    port = make_world()
    port.announce()
    composer = Composer(WANG, port, draft="Shift+Enter breaks the line")
    composer.resize(600, 58)
    show(composer, loop)


if __name__ == "__main__":
    main()

"""What a search finds, with its filters: ``python -m tests.exhibits.search_results``."""

from __future__ import annotations

from desktop.ui.search_results import SearchResults
from tests.exhibits.stage import make_application, make_world, show


def main() -> None:
    _, loop = make_application()
    port = make_world()
    port.announce()
    results = SearchResults(port.session, port)
    results.resize(320, 640)
    results.search("o")
    show(results, loop)


if __name__ == "__main__":
    main()

"""Mim from a checkout: ``python3 run.py`` runs it, ``python3 run.py test`` tests it.

This file stays readable for any Python, so that an unfit one answers with a sentence instead of a
syntax error; everything else lives in ``launcher/``, which needs only the standard library.
"""

import sys

if not (3, 11) <= sys.version_info[:2] <= (3, 13):
    # Percent formatting, because older Pythons must get as far as this line.
    sys.exit("Mim needs Python 3.11, 3.12 or 3.13 (found: %d.%d.%d)." % sys.version_info[:3])  # noqa: UP031

from launcher.commands import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

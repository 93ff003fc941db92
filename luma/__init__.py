"""The template's command line: `python3 -m luma --help` lists the commands."""

import sys
from pathlib import Path

CHECKOUT = Path(__file__).resolve().parent.parent
"""Where the template lies. Installed as a package, without the template, it is `site-packages`."""

# The rules of `make check` and the reader of the contract lie in the store: they are read there.
sys.path.append(str(CHECKOUT / "template"))

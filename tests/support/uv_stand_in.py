"""A stand-in for `uv venv` and `uv pip sync`: it lends an environment the packages of the tests.

It notes each call, with its environment, in the file that UV_STAND_IN names, and refuses every
other command. While a file of that name and `.slow` is there, an installation takes for ever; with
`.broken`, it fails.
"""

from __future__ import annotations

import json
import os
import sys
import sysconfig
import time
import venv
from pathlib import Path

LOG = Path(os.environ["UV_STAND_IN"])


def main() -> None:
    """Run one command."""
    call = {"arguments": sys.argv[1:], "environment": dict(os.environ)}
    with LOG.open("a") as log:
        log.write(f"{json.dumps(call)}\n")
    if sys.argv[1] == "venv":
        venv.create(sys.argv[-1])
    elif sys.argv[1:3] == ["pip", "sync"]:
        sync(Path(sys.argv[sys.argv.index("--python") + 1]).parent.parent)
    else:
        sys.exit(f"uv {sys.argv[1]} has no stand-in")


def sync(environment: Path) -> None:
    """Make the packages importable, and record one file of theirs as uv does."""
    (folder,) = environment.glob("lib/*/site-packages")
    if LOG.with_suffix(".broken").exists():
        sys.exit("error: No solution found when resolving dependencies")
    (folder / "part.py").touch()
    while LOG.with_suffix(".slow").exists():
        time.sleep(0.02)
    (folder / "lent.pth").write_text(sysconfig.get_path("purelib"))
    record = folder / "lent-1.dist-info" / "RECORD"
    record.parent.mkdir()
    record.write_text("part.py,,\nlent.pth,,\nlent-1.dist-info/RECORD,,\n")


main()

"""Run the store on this machine: `python -m tools.dev`."""

import sys
from pathlib import Path

try:
    from .shop import run
except ModuleNotFoundError as missing:
    sys.exit(f"{missing.name} is not installed: run make setup first.")

if __name__ == "__main__":
    sys.exit(run(Path(__file__).resolve().parent.parent.parent))

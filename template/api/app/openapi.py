"""Keeps the API's OpenAPI document in a file: python -m app.openapi [--check] FILE."""

import json
import os
import sys
from pathlib import Path

from dotenv import dotenv_values

EXAMPLE = Path(__file__).parents[2] / ".env.example"
# In addition to the example; nothing is ever connected to these addresses.
ADDED = {
    "DATABASE_URL": "postgresql://store@127.0.0.1:1/store",
    "CACHE_URL": "redis://127.0.0.1:1",
    "STOREFRONT_ORIGIN": "http://127.0.0.1:1",
    "LOG_LEVEL": "warning",
}


def document() -> bytes:
    # In place of whatever the shell holds: app.main takes its settings as it is imported.
    os.environ.clear()
    os.environ.update({name: value or "" for name, value in dotenv_values(EXAMPLE).items()})
    os.environ.update(ADDED)
    from app.main import app

    return json.dumps(app.openapi(), indent=2, sort_keys=True).encode() + b"\n"


def main() -> None:
    match sys.argv[1:]:
        case ["--check", file]:
            if not Path(file).exists() or Path(file).read_bytes() != document():
                raise SystemExit(f"{file} does not match the API: run make types.")
        case [file]:
            Path(file).write_bytes(document())
        case _:
            raise SystemExit("Give the document's file: python -m app.openapi [--check] FILE")


if __name__ == "__main__":
    main()

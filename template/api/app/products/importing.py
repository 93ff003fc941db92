"""Imports products with their pictures: python -m app.products.importing FILE [--to production].

It is a client of the API, on a laptop as in production. What it has written is in the shop, so it
can be run again whatever ended it.
"""

import argparse
import hashlib
import json
import os
import shutil
import sys
import textwrap
from collections.abc import Callable, Mapping, Sequence
from getpass import getpass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from dotenv import dotenv_values
from httpx2 import Client, HTTPError

from app.products.catalogue import CatalogueError, Entry, read

ROOT = Path(__file__).parents[3]
# The storefront of a laptop serves the folder at the address, with a smaller width in it.
SERVED, ADDRESS, SMALL = ROOT / "storefront" / "public" / "seed", "/seed", "480"
LOOPBACK = ("127.0.0.1", "localhost", "::1")
TIMEOUT_SECONDS = 60

# By slug, as the API lists them.
Products = dict[str, dict[str, Any]]
# A product of the file, and what of it is to be written.
Change = tuple[Entry, dict[str, Any]]


class StoppedError(Exception):
    """What ended an import; the text says why."""


def run(
    shop: Client,
    file: Path,
    served: Path | None,
    *,
    agree: Callable[[], bool] | None = None,
    only_new: bool = False,
) -> int:
    """Make the shop's products those of a file, and return how many were written.

    Pictures are copied into the folder that is served, or uploaded where there is none. Raise a
    CatalogueError for mistakes in the file, and a StoppedError for what else is in the way.
    """
    entries, there = read(file), _products(shop)
    files = {image.file: file.parent / image.file for entry in entries for image in entry.images}
    names = {
        name: f"{ADDRESS}/{name}" if served else _sign(shop, path)["parameters"]["public_id"]
        for name, path in files.items()
    }
    new = [entry for entry in entries if not (only_new and entry.slug in there)]
    changes = _changes(new, there, names)
    _show(changes, entries, there)
    if served:
        _copy(files, served)
    if not changes or (agree and not agree()):
        return 0
    products = there.values()
    shown = {each["image"] for one in products for each in (one, *one["gallery"])}
    missing = {each: files[each] for each in files if not served and names[each] not in shown}
    _write(shop, changes, there, missing)
    return len(changes)


def _products(shop: Client) -> Products:
    found: Products = {}
    after = ""
    while page := _ask(shop, "GET", "/admin/products", params={"after": after}):
        found |= {product["slug"]: product for product in page}
        after = page[-1]["slug"]
    return found


def _changes(entries: Sequence[Entry], there: Products, names: Mapping[str, str]) -> list[Change]:
    changes = []
    # The first one of the file becomes the newest one.
    for entry in reversed(entries):
        given, values = entry.model_fields_set, entry.model_dump(mode="json")
        after = {name: values[name] for name in given - {"slug", "images"}}
        if "images" in given:
            pictures: list[dict[str, Any]] = [
                {"image": names[each.file], "alt": each.alt} for each in entry.images
            ]
            first, *others = pictures or [{"image": None, "alt": ""}]
            after |= {"image": first["image"], "image_alt": first["alt"], "gallery": others}
        before = there.get(entry.slug)
        if before and before["currency"] != entry.currency:
            raise StoppedError(f"{entry.slug} has to stay in {before['currency']}.")
        if before is None or any(before[name] != value for name, value in after.items()):
            # Some may be sold before it is written.
            if before and before["stock"] == after.get("stock"):
                after.pop("stock", None)
            changes.append((entry, after))
    return changes


def _show(changes: Sequence[Change], entries: Sequence[Entry], there: Products) -> None:
    for entry, after in changes:
        before = there.get(entry.slug)
        print("changed" if before else "new    ", entry.slug)
        for name in sorted(after):
            if before and before[name] != after[name]:
                print(f"          {name}: {_short(before[name])} -> {_short(after[name])}")
    if others := sorted(there.keys() - {entry.slug for entry in entries}):
        print(f"left alone, because the file doesn't have them: {', '.join(others)}")
    print(f"{len(changes)} of {len(entries)} products are new or changed.")


def _short(value: Any) -> str:
    return textwrap.shorten(json.dumps(value, ensure_ascii=False), 60)


def _copy(files: Mapping[str, Path], served: Path) -> None:
    for name, path in files.items():
        small = path.parent / SMALL / path.name
        for source, copy in (path, served / name), (small, served / SMALL / name):
            copy.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source if source.exists() else path, copy)


def _write(
    shop: Client, changes: Sequence[Change], there: Products, missing: dict[str, Path]
) -> None:
    pictures, written = len(missing), 0
    try:
        for entry, after in changes:
            for name in [each.file for each in entry.images if each.file in missing]:
                print(f"picture {pictures - len(missing) + 1} of {pictures}: {name}", flush=True)
                _upload(shop, missing.pop(name))
            if entry.slug in there:
                _ask(shop, "PUT", f"/admin/products/{entry.slug}", json=after)
            else:
                _ask(shop, "POST", "/admin/products", json={"slug": entry.slug, **after})
            written += 1
    except (StoppedError, KeyboardInterrupt) as error:
        left = f"{written} of {len(changes)} products were written: run it again for the others."
        raise StoppedError(f"{str(error) or 'Stopped.'} {left}") from error
    print(f"Wrote {written} products and {pictures} new pictures.")


def _sign(shop: Client, path: Path) -> Any:
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    return _ask(shop, "POST", "/admin/uploads", json={"sha256": digest})


def _upload(shop: Client, path: Path) -> None:
    # Signed again: an earlier signature may be too old by now.
    signed = _sign(shop, path)
    fields = {**signed["parameters"], **{key: signed[key] for key in ("api_key", "signature")}}
    # Not the shop's client, which sends the token.
    with Client(timeout=TIMEOUT_SECONDS) as cloudinary:
        file = {"file": (path.name, path.read_bytes())}
        _ask(cloudinary, "POST", signed["url"], data=fields, files=file)


def _ask(client: Client, method: str, address: str, **sent: Any) -> Any:
    try:
        answer = client.request(method, address, **sent)
    except HTTPError as error:
        raise StoppedError(f"There was no answer to {method} {address}: {error}.") from error
    if not answer.is_success:
        raise StoppedError(f"{method} {address} was answered {answer.status_code}: {answer.text}.")
    return answer.json()


def connect(address: str, token: str) -> Client:
    """Return a client of an API; raise a StoppedError where others could read the token."""
    parts = urlsplit(address)
    is_here = parts.hostname in LOOPBACK
    if parts.scheme != "https" and not (is_here and parts.scheme == "http"):
        raise StoppedError(f"{address!r} has to begin with https://.")
    # A proxy, but not to this machine.
    headers = {"Authorization": f"Bearer {token}"}
    return Client(base_url=address, headers=headers, timeout=TIMEOUT_SECONDS, trust_env=not is_here)


def _live() -> tuple[str, str]:
    address, token = os.environ.get("API_ORIGIN"), os.environ.get("ADMIN_TOKEN")
    if not (address and token) and not sys.stdin.isatty():
        raise EOFError
    address = address or input("API_ORIGIN, the API's address at Render: ")
    token = token or getpass("ADMIN_TOKEN, which is there too (not shown): ")
    return address.strip(), token.strip()


def _local() -> tuple[str, str]:
    record, settings = ROOT / ".dev" / "running.json", ROOT / ".env"
    if not record.exists() or "api" not in (running := json.loads(record.read_text())):
        raise StoppedError("The store doesn't run here: start it with make dev.")
    values = dotenv_values(settings if settings.exists() else ROOT / ".env.example")
    return running["api"], (values.get("ADMIN_TOKEN") or "").partition(",")[0]


def _agree() -> bool:
    return input("Write this to production? [y/N] ").strip().lower() in {"y", "yes"}


def main() -> None:
    parser = argparse.ArgumentParser(prog="make products")
    parser.add_argument("file", type=Path)
    parser.add_argument("--to", choices=["local", "production"], default="local")
    parser.add_argument("--yes", action="store_true", help="write to production without a question")
    given = parser.parse_args()
    is_live = given.to == "production"
    agree = _agree if is_live and not given.yes else None
    try:
        with connect(*(_live() if is_live else _local())) as shop:
            run(shop, given.file, None if is_live else SERVED, agree=agree)
    except EOFError:
        raise SystemExit("Nobody answers: set API_ORIGIN and ADMIN_TOKEN, and add --yes.") from None
    except (CatalogueError, StoppedError, KeyboardInterrupt) as error:
        raise SystemExit(str(error) or "Stopped: nothing was written.") from None


if __name__ == "__main__":
    main()

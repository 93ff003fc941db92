"""Reads a file of products: YAML, as samples/catalogue.yml has it, or CSV.

A CSV file names its columns in the first line, as the YAML does; `materials`, `images` and `alts`
hold several things with | between them. What a file leaves out stays as the shop has it.
"""

import csv
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from app.products.schemas import AltText, Dimensions, ProductFacts, Slug

# As storage/cloudinary.yml allows them.
PICTURE = r"^[\w-][\w.-]*(/[\w-][\w.-]*)*\.(avif|jpe?g|png|webp)$"
PICTURE_MAX_BYTES = 10_000_000
SEVERAL = ("materials", "images", "alts")

# Where something is among the products, and on which line and in which column of the file.
Place = tuple[int | str, ...]
Places = dict[Place, tuple[int, int]]


class CatalogueError(Exception):
    """A file that cannot be imported; the text names each mistake."""


class File(BaseModel, extra="forbid"):
    file: Annotated[str, Field(pattern=PICTURE, max_length=200)]
    alt: AltText = ""


class Entry(ProductFacts):
    model_config = ConfigDict(extra="forbid")

    slug: Slug
    images: list[File] = Field(default=[], max_length=21)


def read(file: Path) -> list[Entry]:
    """Return the products of a file; raise a CatalogueError that names each mistake in it."""
    places: Places = {(): (1, 1)}
    try:
        text = file.read_text(encoding="utf-8-sig")
        products = (_from_csv if file.suffix == ".csv" else _from_yaml)(text, places)
        entries = TypeAdapter(list[Entry]).validate_python(products)
        mistakes = list(_mistakes(entries, file.parent))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CatalogueError(f"{file} cannot be read: {error}") from error
    except ValidationError as error:
        mistakes = [(each["loc"], each["msg"]) for each in error.errors()]
    if not mistakes:
        return entries
    lines = []
    for place, text in mistakes:
        known = next(place[:end] for end in range(len(place), -1, -1) if place[:end] in places)
        lines.append((*places[known], f"{'.'.join(map(str, place[1:])) or 'products'}: {text}"))
    raise CatalogueError("\n".join(f"{file}:{a}:{b}: {text}" for a, b, text in sorted(lines)))


def _from_yaml(text: str, places: Places) -> Any:
    loader = yaml.SafeLoader("")

    def value(node: yaml.Node, place: Place) -> Any:
        places[place[1:]] = node.start_mark.line + 1, node.start_mark.column + 1
        if isinstance(node, yaml.SequenceNode):
            return [value(each, (*place, index)) for index, each in enumerate(node.value)]
        if isinstance(node, yaml.MappingNode):
            return {key.value: value(each, (*place, key.value)) for key, each in node.value}
        return loader.construct_object(node)

    root = yaml.compose(text, yaml.SafeLoader)
    match value(root, ()) if root else None:
        case {"products": [*products], **shared}:
            return [{**shared, **each} if isinstance(each, dict) else each for each in products]
        case _:
            return None


def _from_csv(text: str, places: Places) -> Any:
    # Where a comma is the decimal sign, spreadsheets write semicolons.
    delimiter = ";" if ";" in text.partition("\n")[0] else ","
    rows = csv.DictReader(text.splitlines(keepends=True), delimiter=delimiter, restkey="more cells")
    entries: list[dict[str, Any]] = []
    line = 2
    for row in rows:
        entry: dict[str, Any] = {}
        places[len(entries),] = line, 1
        for column, (name, cell) in enumerate(row.items(), 1):
            is_size = name in Dimensions.model_fields
            path = ("dimensions", name) if is_size else (name,)
            places[len(entries), *path] = line, column
            if cell:
                into = entry.setdefault("dimensions", {}) if is_size else entry
                into[name] = [each.strip() for each in cell.split("|")] if name in SEVERAL else cell
        if "images" in entry or "alts" in entry:
            pairs = zip_longest(entry.get("images", []), entry.pop("alts", []), fillvalue="")
            entry["images"] = [{"file": name, "alt": alt} for name, alt in pairs]
        entries.append(entry)
        line = rows.line_num + 1
    return entries


def _mistakes(entries: Sequence[Entry], folder: Path) -> Iterator[tuple[Place, str]]:
    slugs = [entry.slug for entry in entries]
    for index, entry in enumerate(entries):
        if entry.slug in slugs[:index]:
            yield (index, "slug"), f"{entry.slug} is there twice"
        for number, image in enumerate(entry.images):
            path = folder / image.file
            if not path.is_file() or path.stat().st_size > PICTURE_MAX_BYTES:
                text = f"{path} has to be a file of at most {PICTURE_MAX_BYTES // 10**6} MB"
                yield (index, "images", number, "file"), text

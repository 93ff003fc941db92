"""Reads a file of products: YAML, as samples/catalogue.yml has it, or CSV.

A CSV file names its columns in the first line, as the YAML does. `materials` and `images` have a |
between several; an image is a file, a space and its alt text.
"""

import csv
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from app.products.schemas import AltText, Dimensions, ProductFacts, Slug

# As storage/cloudinary.yml allows them.
PICTURE = r"^[\w-][\w.-]*(/[\w-][\w.-]*)*\.(avif|jpe?g|png|webp)$"
PICTURE_MAX_BYTES = 10_000_000

# Where something is among the products, and on which line and in which column of the file.
Place = tuple[int | str, ...]
Places = dict[Place, tuple[int, int]]


class CatalogueError(Exception):
    """A file that cannot be imported; the text names each mistake."""


class File(BaseModel, extra="forbid"):
    file: Annotated[str, Field(pattern=PICTURE, max_length=200)]
    alt: AltText = ""

    @field_validator("file")
    @classmethod
    def _is_there(cls, file: str, info: ValidationInfo) -> str:
        context: Any = info.context
        path: Path = context["folder"] / file
        if not path.is_file() or path.stat().st_size > PICTURE_MAX_BYTES:
            raise ValueError(f"{path} has to be a file of at most {PICTURE_MAX_BYTES} bytes")
        return file


class Entry(ProductFacts):
    model_config = ConfigDict(extra="forbid")

    slug: Slug
    images: list[File] = Field(default=[], max_length=21)

    @field_validator("slug")
    @classmethod
    def _is_new(cls, slug: str, info: ValidationInfo) -> str:
        context: Any = info.context
        if slug in context["slugs"]:
            raise ValueError(f"{slug} is there twice")
        context["slugs"].add(slug)
        return slug


def read(file: Path) -> list[Entry]:
    """Return the products of a file; raise a CatalogueError that names each mistake in it."""
    places: Places = {(): (1, 1)}
    context = {"folder": file.parent, "slugs": set()}
    try:
        text = file.read_text(encoding="utf-8-sig")
        products = (_from_csv if file.suffix == ".csv" else _from_yaml)(text, places)
        return TypeAdapter(list[Entry]).validate_python(products, context=context)
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise CatalogueError(f"{file} cannot be read: {error}") from error
    except ValidationError as error:
        lines = []
        for each in error.errors():
            place, text = each["loc"], each["msg"].removeprefix("Value error, ")
            known = next(place[:end] for end in range(len(place), -1, -1) if place[:end] in places)
            lines.append((*places[known], f"{'.'.join(map(str, place[1:])) or 'products'}: {text}"))
        said = (f"{file}:{line}:{column}: {text}" for line, column, text in sorted(lines))
        raise CatalogueError("\n".join(said)) from error


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
        entry: dict[str, Any] = {"dimensions": {}}
        places[len(entries),] = line, 1
        for column, (name, cell) in enumerate(row.items(), 1):
            is_size = name in Dimensions.model_fields
            places[len(entries), *(["dimensions"] * is_size), name] = line, column
            if cell:
                (entry["dimensions"] if is_size else entry)[name] = cell
        for name in {"materials", "images"} & entry.keys():
            entry[name] = [each.strip() for each in entry[name].split("|")]
        if "images" in entry:
            parts = [each.partition(" ") for each in entry["images"]]
            entry["images"] = [{"file": name, "alt": alt.strip()} for name, _, alt in parts]
        entries.append({name: value for name, value in entry.items() if value})
        line = rows.line_num + 1
    return entries

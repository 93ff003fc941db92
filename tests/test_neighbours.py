"""What the release that runs could not live with is found before it is deployed."""

from __future__ import annotations

import copy
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.checkout import ROOT, git
from support.stores import commit
from tools.checks.neighbours import TRAILER, document_breaks

DOCUMENT = "storefront/openapi.json"
VERSIONS = "api/migrations/versions"
Change = Callable[[Any], object]


def schema(document: Any, name: str) -> Any:
    return document["components"]["schemas"][name]


def operation(document: Any, method: str, path: str) -> Any:
    return document["paths"][path][method]


PRODUCTS, PRODUCT = "/products", "/products/{slug}"
BREAKING: dict[str, tuple[Change, str]] = {
    "a path": (lambda d: d["paths"].pop(PRODUCT), f"GET {PRODUCT}: is gone"),
    "a method": (lambda d: d["paths"]["/cart/items"].pop("post"), "POST /cart/items: is gone"),
    "a status": (
        lambda d: operation(d, "get", PRODUCT)["responses"].pop("200"),
        f"GET {PRODUCT}, response 200: is gone",
    ),
    "a field of an answer": (
        lambda d: schema(d, "ProductView")["properties"].pop("description"),
        f"GET {PRODUCT}, response 200, description: is gone",
    ),
    "a field of an answer, no longer always there": (
        lambda d: schema(d, "ProductView")["required"].remove("name"),
        f"GET {PRODUCT}, response 200, name: may be missing now",
    ),
    "a field that may be null": (
        lambda d: schema(d, "ProductView")["properties"].update(
            name={"anyOf": [{"type": "string"}, {"type": "null"}]}
        ),
        f"GET {PRODUCT}, response 200, name: may be null now",
    ),
    "a field of another type": (
        lambda d: schema(d, "CartLine")["properties"].update(price_minor={"type": "string"}),
        "price_minor: may be string now, and was integer",
    ),
    "a required field of a request": (
        lambda d: (
            schema(d, "Addition")["properties"].update(note={"type": "string"}),
            schema(d, "Addition")["required"].append("note"),
        ),
        "POST /cart/items, body, note: is required now",
    ),
    "a field of a request that is required now": (
        lambda d: schema(d, "Addition")["required"].append("quantity"),
        "POST /cart/items, body, quantity: is required now",
    ),
    "a narrower number": (
        lambda d: schema(d, "Addition")["properties"]["quantity"].update(maximum=9),
        "POST /cart/items, body, quantity: has maximum 9 now",
    ),
    "a narrower type of a request": (
        lambda d: schema(d, "Addition")["properties"].update(quantity={"type": "string"}),
        "POST /cart/items, body, quantity: is taken as string now, and not as integer",
    ),
    "a required parameter": (
        lambda d: operation(d, "get", PRODUCTS)["parameters"].append(
            {"name": "country", "in": "query", "required": True, "schema": {"type": "string"}}
        ),
        f"GET {PRODUCTS}, query parameter country: is required now",
    ),
    "a parameter that is gone": (
        lambda d: operation(d, "get", PRODUCTS).pop("parameters"),
        f"GET {PRODUCTS}, query parameter",
    ),
    "a narrower parameter of the path": (
        lambda d: operation(d, "get", PRODUCT)["parameters"][0]["schema"].update(format="uuid"),
        f"GET {PRODUCT}, path parameter slug: has format uuid now",
    ),
}
ADDITIVE: dict[str, Change] = {
    "nothing": lambda d: d,
    "a path": lambda d: d["paths"].update({"/orders": copy.deepcopy(d["paths"][PRODUCTS])}),
    "a field of an answer": lambda d: (
        schema(d, "ProductView")["properties"].update(weight={"type": "integer"}),
        schema(d, "ProductView")["required"].append("weight"),
    ),
    "an optional field of a request": lambda d: schema(d, "Addition")["properties"].update(
        note={"type": "string"}
    ),
    "an optional parameter": lambda d: operation(d, "get", PRODUCTS)["parameters"].append(
        {"name": "country", "in": "query", "schema": {"type": "string"}}
    ),
    "a wider number": lambda d: schema(d, "Addition")["properties"]["quantity"].update(maximum=999),
    "a status": lambda d: operation(d, "get", PRODUCT)["responses"].update({"404": {}}),
    "a parameter of the path by another name": lambda d: (
        d["paths"].update({"/products/{name}": d["paths"].pop(PRODUCT)}),
        operation(d, "get", "/products/{name}")["parameters"][0].update(name="name"),
    ),
}


@pytest.fixture(scope="module")
def document() -> Any:
    return json.loads((ROOT / "template" / DOCUMENT).read_text())


def found(old: Any, new: Any) -> list[str]:
    return [f"{where}: {message}" for where, message in document_breaks(old, new)]


@pytest.mark.parametrize(("change", "sentence"), BREAKING.values(), ids=BREAKING)
def test_a_breaking_change_is_found_with_its_place(
    document: Any, change: Change, sentence: str
) -> None:
    new = copy.deepcopy(document)
    change(new)

    assert [line for line in found(document, new) if sentence in line], found(document, new)


@pytest.mark.parametrize("change", ADDITIVE.values(), ids=ADDITIVE)
def test_an_addition_is_not(document: Any, change: Change) -> None:
    new = copy.deepcopy(document)
    change(new)

    assert found(document, new) == []


def values(**extra: Any) -> Any:
    """Return a document whose one operation answers a value, and takes one."""
    of = {"application/json": {"schema": {"$ref": "#/components/schemas/Node"}}}
    node = {
        "type": "object",
        "properties": {"next": {"$ref": "#/components/schemas/Node"}, **extra},
    }
    operation = {"requestBody": {"content": of}, "responses": {"200": {"content": of}}}
    return {"paths": {"/x": {"post": operation}}, "components": {"schemas": {"Node": node}}}


def test_values_are_compared_in_the_direction_they_go() -> None:
    two, three = values(kind={"enum": ["a", "b"]}), values(kind={"enum": ["a", "b", "c"]})

    (narrowed,), (widened,) = found(three, two), found(two, three)

    assert narrowed.startswith("POST /x, body, kind: is no longer taken as c: ")
    assert widened.startswith("POST /x, response 200, kind: may be c now: ")


def test_what_refers_to_itself_is_compared_once() -> None:
    assert found(values(), values()) == []
    assert len(found(values(a={"type": "string"}), values())) == 1


MIGRATION = '''"""A migration. It does not DROP TABLE anything."""
import sqlalchemy as sa
from alembic import op

revision: str = "0003"
down_revision: str | None = "0002"

def upgrade() -> None:
    {}

def downgrade() -> None:
    op.drop_table("products")
'''
BREAKING_MIGRATIONS = {
    "a column": ('op.drop_column("products", "name")', "drop_column products name: the API that"),
    "a column of a batch": (
        'with op.batch_alter_table("products") as batch: batch.drop_column("name")',
        "drop_column name: the API that runs may use it",
    ),
    "a table": ('op.drop_table("products")', "drop_table products: the API that runs"),
    "a renamed table": ('op.rename_table("products", "goods")', "rename_table products goods: "),
    "a renamed column": (
        'op.alter_column("products", "name", new_column_name="title")',
        "alter_column products name: the API that runs knows the old one",
    ),
    "another type": (
        'op.alter_column("products", "name", type_=sa.Integer())',
        "alter_column products name: the API that runs knows the old one",
    ),
    "a column that has to be filled": (
        'op.alter_column("products", "name", nullable=False)',
        "alter_column products name: the API that runs may still write",
    ),
    "a new column that has to be filled": (
        'op.add_column("products", sa.Column("weight", sa.Integer(), nullable=False))',
        "add_column products: the API that runs does not write it",
    ),
    "a default": (
        'op.alter_column("products", "name", server_default=None)',
        "alter_column products name: the API that runs may rely on the default",
    ),
    "a constraint": (
        'op.create_unique_constraint("uq", "products", ["name"])',
        "create_unique_constraint uq products: the API that runs may still write",
    ),
    "SQL": (
        'op.execute("ALTER TABLE products DROP COLUMN name")',
        "DROP COLUMN: the API that runs may use it",
    ),
}
ADDITIVE_MIGRATIONS = {
    "a table": 'op.create_table("orders", sa.Column("id", sa.Integer(), nullable=False))',
    "a column": 'op.add_column("products", sa.Column("weight", sa.Integer()))',
    "a column with a value": 'op.add_column("products", sa.Column("weight", sa.Integer(), '
    'nullable=False, server_default="0"))',
    "a constraint of a new table": 'op.create_table("orders"); '
    'op.create_unique_constraint("uq", "orders", ["name"])',
    "an index": 'op.create_index("ix", "products", ["name"])',
}


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    """Return the parts of a store that are compared, and the command, under version control."""
    for name in ("tools", VERSIONS, DOCUMENT):
        source, target = ROOT / "template" / name, tmp_path / name
        target.parent.mkdir(parents=True, exist_ok=True)
        copy_of = shutil.copy2 if source.is_file() else shutil.copytree
        copy_of(source, target)
    git("init", "-q", "-b", "main", cwd=tmp_path)
    commit(tmp_path, "Start")
    return tmp_path


def compare(store: Path, base: str) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-B", "-m", "tools.checks.neighbours", *filter(None, [base])],
        cwd=store,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def change_document(store: Path, change: Change) -> None:
    document = json.loads((store / DOCUMENT).read_text())
    change(document)
    (store / DOCUMENT).write_text(json.dumps(document))


def migrate(store: Path, statement: str) -> None:
    (store / VERSIONS / "0003_next.py").write_text(MIGRATION.format(statement))


@pytest.mark.parametrize(
    ("statement", "sentence"), BREAKING_MIGRATIONS.values(), ids=BREAKING_MIGRATIONS
)
def test_a_migration_that_the_running_api_cannot_live_with_is_found(
    shop: Path, statement: str, sentence: str
) -> None:
    migrate(shop, statement)
    commit(shop, "Migrate")

    code, printed = compare(shop, "HEAD^")

    assert (code, printed.count("0003_next.py: line ")) == (1, 1), printed
    assert sentence in printed


@pytest.mark.parametrize("statement", ADDITIVE_MIGRATIONS.values(), ids=ADDITIVE_MIGRATIONS)
def test_a_migration_that_adds_is_not(shop: Path, statement: str) -> None:
    migrate(shop, statement)
    commit(shop, "Migrate")

    assert compare(shop, "HEAD^")[0] == 0


def test_the_starters_own_migrations_pass(shop: Path) -> None:
    git("rm", "-rq", VERSIONS, cwd=shop)
    commit(shop, "Before the first")
    git("revert", "-n", "HEAD", cwd=shop)
    commit(shop, "With all")

    assert compare(shop, "HEAD^") == (0, "Neighbours: compared with HEAD^, 0 findings\n")


def test_an_old_migration_that_is_renamed_is_not_new(shop: Path) -> None:
    migrate(shop, 'op.drop_table("products")')
    commit(shop, "Migrate")
    git("mv", f"{VERSIONS}/0003_next.py", f"{VERSIONS}/0003_drop.py", cwd=shop)
    commit(shop, "Rename it")

    assert compare(shop, "HEAD^")[0] == 0
    assert compare(shop, "HEAD^^")[0] == 1


def test_several_commits_are_compared_at_once(shop: Path) -> None:
    change_document(shop, BREAKING["a path"][0])
    commit(shop, "Remove a page")
    (shop / "notes.md").write_text("more\n")
    commit(shop, "Write more")

    assert compare(shop, "HEAD^")[0] == 0
    code, printed = compare(shop, "HEAD^^")
    assert code == 1
    assert f"{DOCUMENT}: GET {PRODUCT}: is gone" in printed
    assert f"say so in the commit: {TRAILER}: WHY" in printed


def test_a_step_that_is_meant_passes_with_its_reason(shop: Path) -> None:
    change_document(shop, BREAKING["a path"][0])
    commit(shop, f"Remove a page\n\nNobody asks for it.\n\n{TRAILER}: unused since May")

    code, printed = compare(shop, "HEAD^")

    assert code == 0
    assert f"Let through: {DOCUMENT}: GET {PRODUCT}: is gone" in printed


def test_the_line_needs_a_reason(shop: Path) -> None:
    change_document(shop, BREAKING["a path"][0])
    commit(shop, f"Remove a page\n\n{TRAILER}:\n\nand no {TRAILER}: in between")

    assert compare(shop, "HEAD^")[0] == 1


@pytest.mark.parametrize("base", ["", "0" * 40, "no-such-branch", "HEAD"])
def test_a_store_without_anything_to_compare_with_passes(shop: Path, base: str) -> None:
    git("rm", "-q", DOCUMENT, cwd=shop)
    commit(shop, "Have no document")

    code, printed = compare(shop, base)

    assert code == 0
    assert re.search("nothing was compared|the API was not compared", printed)


def test_without_a_commit_what_the_branch_adds_is_compared(shop: Path, tmp_path: Path) -> None:
    git("clone", "-q", str(shop), "clone", cwd=tmp_path)
    clone = tmp_path / "clone"
    change_document(clone, BREAKING["a path"][0])
    commit(clone, "Remove a page")

    assert compare(clone, "")[0] == 1

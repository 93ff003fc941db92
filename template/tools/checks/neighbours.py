"""Find what the release that runs could not live with: `python -m tools.checks.neighbours BASE`.

Storefront and API are deployed one after the other, and migrations before both. For a while the
old storefront asks the new API, and the old API uses the new database. BASE is the commit that
runs; without it, what this branch adds to origin's default branch is looked at.
"""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..repository import Finding

ROOT = Path(__file__).resolve().parents[2]
DOCUMENT = "storefront/openapi.json"
MIGRATIONS = "api/migrations/versions"
TRAILER = "Contract-Step"
_TRAILER = re.compile(rf"^{TRAILER}: *(\S.*)$", re.MULTILINE)


def main(root: Path, base: str) -> int:
    """Print each finding on a line of its own. Return 1 if one stops the deployment, else 0."""
    base = base or _git(root, "merge-base", "HEAD", "origin/HEAD").strip()
    if not base or not _git(root, "ls-tree", base):
        print("Neighbours: there is no commit to compare with, so nothing was compared.")
        return 0
    found = [*_api(root, base), *_database(root, base)]
    reasons = _TRAILER.findall(_git(root, "log", "--format=%B", f"{base}..HEAD"))
    for finding in found:
        print(f"Let through: {finding}" if reasons else finding, file=sys.stderr)
    print(f"Neighbours: compared with {base[:10]}, {len(found)} findings")
    if found and not reasons:
        print(
            "The release that runs meets this one: add first, and remove in a later deployment.\n"
            f"If nothing that runs uses it any more, say so in the commit: {TRAILER}: WHY",
            file=sys.stderr,
        )
    return 1 if found and not reasons else 0


def _git(root: Path, *arguments: str) -> str:
    """Return what git prints; nothing where it fails."""
    done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, check=False)
    return "" if done.returncode else done.stdout.decode()


Break = tuple[str, str]
Seen = frozenset[tuple[str, str]]

# The API's document

_METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_NAME = re.compile(r"\{([^}]*)\}")
_GONE = "is gone, and the storefront that runs may use it: remove it in a later deployment"
_REQUIRED = "is required now: give it a default until the storefront that runs sends it"
_MISSING = "may be missing now, and the storefront that runs may need it: keep sending it"
_TAKE = "take what the storefront that runs sends, until it is replaced"
_AT_MOST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
_AT_LEAST = ("minimum", "exclusiveMinimum", "minLength", "minItems")


def _api(root: Path, base: str) -> Iterator[Finding]:
    before, after = _git(root, "show", f"{base}:{DOCUMENT}"), root / DOCUMENT
    if not before or not after.exists():
        print(f"Neighbours: there is no {DOCUMENT} on both sides, so the API was not compared.")
        return
    try:
        found = [*document_breaks(json.loads(before), json.loads(after.read_text("utf-8")))]
    except (AttributeError, LookupError, TypeError, ValueError) as error:
        print(f"Neighbours: {DOCUMENT} cannot be read, so the API was not compared: {error!r}")
        return
    yield from (Finding(DOCUMENT, where, message) for where, message in found)


def document_breaks(old: Any, new: Any) -> Iterator[Break]:
    """Yield where a client of the old document would fail with the new one, and what to do."""
    there = dict(_operations(new))
    for name, (title, operation) in _operations(old):
        if name not in there:
            yield title, _GONE
            continue
        for where, message in _operation_breaks(old, operation, new, there[name][1]):
            yield f"{title}, {where}", message


def _operations(document: Any) -> Iterator[tuple[str, tuple[str, Any]]]:
    for path, item in document["paths"].items():
        for method in set(_METHODS) & item.keys():
            parameters = {}
            for raw in [*item.get("parameters", []), *item[method].get("parameters", [])]:
                parameter = _resolved(document, raw)
                name = parameter["name"]
                # A parameter of the path has a place there; nobody sends its name.
                key = _NAME.findall(path).index(name) if parameter["in"] == "path" else name
                parameters[parameter["in"], key] = parameter
            # Paths that differ in such a name are one path.
            name = f"{method} {_NAME.sub('{}', path)}"
            operation = {**item[method], "parameters": parameters}
            yield name, (f"{method.upper()} {path}", operation)


def _operation_breaks(old: Any, before: Any, new: Any, after: Any) -> Iterator[Break]:
    yield from _parameter_breaks(Exchange(old, new), before["parameters"], after["parameters"])
    yield from _body_breaks(Exchange(old, new), before, after)
    yield from _answer_breaks(Exchange(new, old, answer=True), before, after)


def _parameter_breaks(request: Exchange, sent: Any, taken: Any) -> Iterator[Break]:
    for key, parameter in taken.items():
        title = f"{parameter['in']} parameter {parameter['name']}"
        if key in sent:
            yield from request.breaks(_schema(sent[key]), _schema(parameter), title)
        if parameter.get("required") and not sent.get(key, {}).get("required"):
            yield title, _REQUIRED
    for place, name in sorted(sent.keys() - taken.keys()):
        if place == "query":
            yield f"query parameter {name}", _GONE


def _body_breaks(request: Exchange, before: Any, after: Any) -> Iterator[Break]:
    sent = _resolved(request.giver, before.get("requestBody"))
    taken = _resolved(request.taker, after.get("requestBody"))
    if taken.get("required") and not sent.get("required"):
        yield "body", _REQUIRED
    if taken:
        known = taken["content"]
        for media, content in sent.get("content", {}).items():
            if media in known:
                yield from request.breaks(_schema(content), _schema(known[media]), "body")
            else:
                yield f"body, {media}", _GONE


def _answer_breaks(answer: Exchange, before: Any, after: Any) -> Iterator[Break]:
    sent = after.get("responses", {})
    for status, known in before.get("responses", {}).items():
        title = f"response {status}"
        if not str(status).startswith("2"):
            continue
        if status not in sent:
            yield title, _GONE
            continue
        given = _resolved(answer.giver, sent[status]).get("content", {})
        for media, content in _resolved(answer.taker, known).get("content", {}).items():
            if media in given:
                yield from answer.breaks(_schema(given[media]), _schema(content), title)
            else:
                yield f"{title}, {media}", _GONE


def _schema(holder: Any) -> Any:
    return holder.get("schema", {})


@dataclass(frozen=True)
class Exchange:
    """What one document lets the giver send, and the other lets the taker expect.

    In a request that is the old client and the new API, in an answer the new API and the old
    client.
    """

    giver: Any
    taker: Any
    answer: bool = False

    def breaks(
        self, given: Any, taken: Any, field: str, seen: Seen = frozenset()
    ) -> Iterator[Break]:
        """Yield what the giver may send and the taker does not expect."""
        # A reference is followed once on each way down.
        pair = _name(given), _name(taken)
        if pair in seen:
            return
        expected = [*_variants(self.taker, taken)]
        for one in _variants(self.giver, given):
            fitting = [other for other in expected if _is_of_type(one, other)]
            every = [[*self._variant_breaks(one, other, field, seen | {pair})] for other in fitting]
            yield from min(every, key=len) if every else self._type_breaks(one, expected, field)

    def _type_breaks(self, given: Any, expected: list[Any], field: str) -> Iterator[Break]:
        kind = given["type"] or "anything"
        known = " or ".join(sorted({str(one["type"]) for one in expected}))
        if self.answer:
            yield field, f"may be {kind} now, and was {known}: send it in a new field"
        else:
            yield field, f"is taken as {known} now, and not as {kind}: {_TAKE}"

    def _variant_breaks(self, given: Any, taken: Any, field: str, seen: Seen) -> Iterator[Break]:
        messages = _answer_values(given, taken) if self.answer else _request_values(given, taken)
        yield from ((field, message) for message in messages)
        sent, known = given.get("properties", {}), taken.get("properties", {})
        for name, schema in known.items():
            title = f"{field}, {name}"
            if name in sent:
                yield from self.breaks(sent[name], schema, title, seen)
            elif self.answer:
                yield title, _GONE
                continue
            if name in taken.get("required", []) and name not in given.get("required", []):
                yield title, _MISSING if self.answer else _REQUIRED
        if taken.get("additionalProperties") is False and not self.answer:
            yield from ((f"{field}, {name}", _GONE) for name in sorted(sent.keys() - known.keys()))
        for part, title in (("items", "each item"), ("additionalProperties", "each value")):
            if isinstance(given.get(part), dict) and isinstance(taken.get(part), dict):
                yield from self.breaks(given[part], taken[part], f"{field}, {title}", seen)


def _name(schema: Any) -> str:
    reference = schema.get("$ref") if isinstance(schema, dict) else None
    return str(reference or id(schema))


def _variants(document: Any, schema: Any) -> Iterator[Any]:
    """Yield each schema of one type that a value may follow."""
    schema = _resolved(document, schema)
    if several := schema.get("anyOf") or schema.get("oneOf"):
        for one in several:
            yield from _variants(document, one)
        return
    if schema.get("nullable"):
        yield {"type": "null"}
    types = schema.get("type")
    for kind in types if isinstance(types, list) else [types]:
        yield {**schema, "type": kind}


def _resolved(document: Any, schema: Any) -> Any:
    """Return what a reference leads to, with what it is composed of."""
    if not isinstance(schema, dict):
        return {}
    while "$ref" in schema:
        target = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        schema = target
    if "allOf" not in schema:
        return schema
    joined = {key: value for key, value in schema.items() if key != "allOf"}
    for part in (_resolved(document, each) for each in schema["allOf"]):
        properties = {**part.get("properties", {}), **joined.get("properties", {})}
        required = [*joined.get("required", []), *part.get("required", [])]
        joined = {**part, **joined, "properties": properties, "required": required}
    return joined


def _is_of_type(given: Any, taken: Any) -> bool:
    kinds = given["type"], taken["type"]
    return taken["type"] is None or kinds[0] == kinds[1] or kinds == ("integer", "number")


def _answer_values(given: Any, taken: Any) -> Iterator[str]:
    if more := _more_values(given, taken):
        yield f"may be {more} now: first deploy a storefront that knows it"


def _request_values(given: Any, taken: Any) -> Iterator[str]:
    if more := _more_values(given, taken):
        yield f"is no longer taken as {more}: {_TAKE}"
    for key in (*_AT_MOST, *_AT_LEAST):
        limit, before = taken.get(key), given.get(key)
        stricter = min if key in _AT_MOST else max
        if limit is not None and (before is None or stricter(limit, before) != before):
            yield f"has {key} {limit} now: {_TAKE}"
    for key in ("format", "pattern"):
        if taken.get(key) and taken[key] != given.get(key):
            yield f"has {key} {taken[key]} now: {_TAKE}"


def _more_values(given: Any, taken: Any) -> str:
    """Return the values that the giver may send, of those that the taker does not list."""
    allowed, possible = _values(taken), _values(given)
    if allowed is None:
        return ""
    if possible is None:
        return "any other value"
    return ", ".join(str(value) for value in possible if value not in allowed)


def _values(schema: Any) -> list[Any] | None:
    return [schema["const"]] if "const" in schema else schema.get("enum")


# The database

_STOP_FIRST = "the API that runs may use it: do this in a deployment after one that does not"
_WRITES = "the API that runs may still write what it refuses: do this in a later deployment"
_OPERATIONS = {
    "drop_column": _STOP_FIRST,
    "drop_table": _STOP_FIRST,
    "rename_table": _STOP_FIRST,
    "create_check_constraint": _WRITES,
    "create_exclude_constraint": _WRITES,
    "create_foreign_key": _WRITES,
    "create_unique_constraint": _WRITES,
}
_SQL = re.compile(
    r"\bDROP\s+(?:COLUMN|TABLE|VIEW)\b|\bRENAME\s+(?:COLUMN\b|TO\b|\w+\s+TO\b)"
    r"|\bSET\s+NOT\s+NULL\b|\bDROP\s+DEFAULT\b"
    r"|\bALTER\s+(?:COLUMN\s+)?\S+\s+(?:SET\s+DATA\s+)?TYPE\b",
    re.IGNORECASE,
)


def _database(root: Path, base: str) -> Iterator[Finding]:
    # One that was only renamed is none.
    arguments = ("diff", "--name-only", "--diff-filter=A", "--find-renames", base, "--", MIGRATIONS)
    names = [name for name in _git(root, *arguments).splitlines() if name.endswith(".py")]
    trees = {name: _without_downgrade((root / name).read_text("utf-8")) for name in names}
    created = {
        _text(node.args[0])
        for tree in trees.values()
        for node in _calls(tree)
        if _called(node) == "create_table" and node.args
    }
    for name, tree in trees.items():
        for line, message in sorted(_migration_breaks(tree, created)):
            yield Finding(name, f"line {line}", message)


def _without_downgrade(text: str) -> ast.Module:
    tree = ast.parse(text)
    tree.body = [node for node in tree.body if getattr(node, "name", "") != "downgrade"]
    return tree


def _migration_breaks(tree: ast.Module, created: set[str]) -> Iterator[tuple[int, str]]:
    for node in _calls(tree):
        name = _called(node)
        place = 1 if name.startswith("create_") else 0
        table = _text(node.args[place]) if len(node.args) > place else ""
        # No release that runs knows a table that is new.
        if (message := _operation_message(name, node)) and (not table or table not in created):
            named = " ".join(filter(None, map(_text, node.args)))
            yield node.lineno, f"{name} {named}: {message}"
    documentation = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for constant in ast.walk(tree):
        if isinstance(constant, ast.Constant) and id(constant) not in documentation:
            for found in _SQL.findall(_text(constant)):
                yield constant.lineno, f"{' '.join(found.split())}: {_STOP_FIRST}"


def _operation_message(name: str, node: ast.Call) -> str:
    given: Mapping[str, ast.expr] = {key.arg: key.value for key in node.keywords if key.arg}
    if name == "alter_column":
        if "new_column_name" in given or "type_" in given:
            return "the API that runs knows the old one: add a new column beside it"
        if _is(given.get("nullable"), False):
            return _WRITES
        if _is(given.get("server_default"), None) or _is(given.get("server_default"), False):
            return "the API that runs may rely on the default: do this in a later deployment"
    if name == "add_column" and any(_is_duty(column) for column in _calls(node)):
        return "the API that runs does not write it: give it a server_default, or let it be null"
    if name == "create_index" and _is(given.get("unique"), True):
        return _WRITES
    return _OPERATIONS.get(name, "")


def _is_duty(column: ast.Call) -> bool:
    given = {key.arg: key.value for key in column.keywords}
    has_value = "server_default" in given or {"Identity", "Computed"} & {
        _called(call) for call in _calls(column)
    }
    return _called(column) == "Column" and _is(given.get("nullable"), False) and not has_value


def _is(node: ast.expr | None, value: object) -> bool:
    return isinstance(node, ast.Constant) and node.value is value


def _calls(tree: ast.AST) -> Iterator[ast.Call]:
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def _called(node: ast.Call) -> str:
    function = node.func
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _text(node: ast.expr) -> str:
    text = node.value if isinstance(node, ast.Constant) else ""
    return text if isinstance(text, str) else ""


if __name__ == "__main__":
    sys.exit(main(ROOT, sys.argv[1] if len(sys.argv) > 1 else ""))

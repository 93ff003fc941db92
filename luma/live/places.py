"""Where a store declares a thing: the file, and the line in it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from typing import Any

import yaml
from tools.repository import OWN, Repository


def place(repository: Repository, declared_in: Sequence[str]) -> str:
    """Return where something is declared, as `file:line`, or as the file where no line names it.

    `declared_in` has the file, and the keys or names below which it is in there, or in the file of
    the store's own additions.
    """
    file, *names = declared_in
    for name in (file, OWN.get(file, "")):
        if name and repository.exists(name) and (line := _line(repository.text(name), names)):
            return f"{name}:{line}"
    return file


def _line(text: str, names: Sequence[str]) -> int:
    """Return the line of the last of several names, each below the one before; 0 for none."""
    node, line = _composed(text), 0
    for name in names:
        found = next((each for each in _named(node) if each[0] == name), None)
        if found is None:
            return 0
        _, line, node = found
    return line


@cache
def _composed(text: str) -> Any:
    return yaml.compose(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def _named(node: Any) -> Iterator[tuple[str, int, Any]]:
    """Return each name below a node with its line and what it names: keys, and entries of lists."""
    if isinstance(node, yaml.MappingNode):
        for key, value in node.value:
            yield key.value, key.start_mark.line + 1, value
            if key.value in {"key", "name"} and isinstance(value, yaml.ScalarNode):
                yield value.value, value.start_mark.line + 1, node
        for _, value in node.value:
            yield from _named(value)
    elif isinstance(node, yaml.SequenceNode):
        for value in node.value:
            if isinstance(value, yaml.ScalarNode):
                yield value.value, value.start_mark.line + 1, value
            yield from _named(value)

"""What Python files import, read from their text."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path


def modules(file: Path, root: Path) -> Iterator[str]:
    """Return the full names of what a file imports, with its folders below a root as packages."""
    folders = file.relative_to(root).parts
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = folders[: -node.level] if node.level else ()
            prefix = ".".join([*base, *filter(None, [node.module])])
            yield from (f"{prefix}.{name.name}".lstrip(".") for name in node.names)

"""Rules that compare the code with env.yml, in both directions."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterable, Iterator, Set
from functools import cache, partial
from pathlib import Path

from ..repository import CONTRACT, Finding, Repository, Rule
from .storefront import POINTER

SET_BY_THE_TOOLS = {"CI", "NEXT_PHASE", "NEXT_RUNTIME", "NODE_ENV", "VERCEL"}
RENAMED = {
    "VERCEL_ENV": "NEXT_PUBLIC_VERCEL_ENV",
    "VERCEL_GIT_COMMIT_SHA": "NEXT_PUBLIC_VERCEL_GIT_COMMIT_SHA",
}
"""Names of earlier releases. The host still sets them, so code that reads them works."""
_NODE_READ = re.compile(r"process\.env(?:\.(\w+)|\[\s*[\"'`](\w+)[\"'`]\s*\])")
_SHELL_READ = re.compile(r"\$\{?([A-Z][A-Z0-9_]*)")
_IGNORED_FOLDERS = {".next", ".venv", "node_modules", "tests"}
_NODE_FILES = {".js", ".mjs", ".ts", ".tsx"}
# The code of each process. The first folder is the store's own.
_CODE_OF = {
    "storefront-build": ("storefront", "monitoring"),
    "storefront-server": ("storefront", "monitoring"),
    "browser": ("storefront", "monitoring"),
    "api": ("api", "monitoring/api", "render"),
    "release": ("api", "render"),
    "tools": ("storage",),
}


def storefront_reads_declared_names(repository: Repository) -> Iterator[Finding]:
    """A variable that env.yml does not declare has no value on Vercel."""
    for folder in ("storefront", "monitoring"):
        for path in sources(repository, folder, _NODE_FILES):
            yield from _undeclared(repository, path, _node_reads(text_of(path)), "storefront")


def api_reads_declared_names(repository: Repository) -> Iterator[Finding]:
    """A variable that env.yml does not declare has no value on Render."""
    for path in sources(repository, "api", {".py"}):
        yield from _undeclared(repository, path, _python_names(text_of(path)), "api")


def declared_names_are_read(repository: Repository) -> Iterator[Finding]:
    """A variable that no code reads is set and kept secret for nothing.

    A new release may declare one that the store's own code, which no update touches, does not read
    yet. Where that is set nowhere before a person wants it, it costs nothing.
    """
    of_the_template = repository.without_own.contract.variables
    for name, process in unread(repository):
        if name in of_the_template and not of_the_template[name].is_set:
            continue
        message = f"is not read by the code of {process}"
        yield Finding(CONTRACT, name, message, by_hand=name in of_the_template)


def unread(repository: Repository) -> Iterator[tuple[str, str]]:
    """Return each declared variable with each process that is to read it, and does not."""
    read_in = cache(partial(_read_in, repository))
    read = {
        # None: there is no such code, or it is in a language that these rules cannot read.
        process: set().union(*map(read_in, folders)) if _has_code(repository, folders[0]) else None
        for process, folders in _CODE_OF.items()
    }
    for name, variable in repository.contract.variables.items():
        for process in variable.used_by:
            names = read.get(process)
            if names is not None and name not in names:
                yield name, process


def _has_code(repository: Repository, folder: str) -> bool:
    own = sources(repository, folder, _NODE_FILES | {".py"})
    return any(path != repository.root / POINTER for path in own)


def _read_in(repository: Repository, folder: str) -> set[str]:
    code = sources(repository, folder, _NODE_FILES | {".py", ".sh"})
    return set().union(*(_names(path.suffix, text_of(path)) for path in code))


@cache
def _names(ending: str, text: str) -> frozenset[str]:
    """Return what the code of a file may read."""
    if ending == ".py":
        # Constants and keys count as well: a lookup may use them.
        return _python_names(text) | frozenset(_constant(nodes(text)))
    return frozenset(_SHELL_READ.findall(text) if ending == ".sh" else _node_reads(text))


def sources(repository: Repository, folder: str, endings: set[str]) -> Iterator[Path]:
    """Return the files of a folder with these endings; tests and what is installed apart."""
    for parent, folders, files in os.walk(repository.root / folder):
        # Skipped before they are entered: installed packages have tens of thousands of files.
        folders[:] = sorted(set(folders) - _IGNORED_FOLDERS)
        yield from (Path(parent, name) for name in sorted(files) if name.endswith(tuple(endings)))


def _node_reads(text: str) -> set[str]:
    found = _NODE_READ.findall(text)
    return {dotted or quoted for dotted, quoted in found} - SET_BY_THE_TOOLS


@cache
def nodes(text: str) -> tuple[ast.AST, ...]:
    """Return every node of the syntax tree of Python code."""
    return tuple(ast.walk(ast.parse(text)))


def text_of(path: Path) -> str:
    """Return what a file of code says."""
    return path.read_text(encoding="utf-8")


def _undeclared(
    repository: Repository, path: Path, names: Set[str], process: str
) -> Iterator[Finding]:
    file = path.relative_to(repository.root).as_posix()
    for name in sorted(names - repository.contract.variables.keys()):
        if name in RENAMED:
            message = f"is called {RENAMED[name]} in {CONTRACT} now"
            yield Finding(file, name, message, by_hand=True)
            continue
        yield Finding(file, name, f"is read by the {process} and not declared in {CONTRACT}")


@cache
def _python_names(text: str) -> frozenset[str]:
    return frozenset(_python_reads(nodes(text)))


def _python_reads(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Call) and _is_environment_call(node.func):
            yield from _constant(node.args[:1])
        elif isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
            yield from _constant([node.slice])
        elif isinstance(node, ast.ClassDef) and "BaseSettings" in map(ast.unparse, node.bases):
            yield from _fields(node)


def _is_environment_call(function: ast.expr) -> bool:
    return ast.unparse(function) in {"os.getenv", "os.environ.get", "getenv", "environ.get"}


def _constant(nodes: Iterable[ast.AST]) -> Iterator[str]:
    for node in nodes:
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value


def _fields(settings: ast.ClassDef) -> Iterator[str]:
    for statement in settings.body:
        if isinstance(statement, ast.AnnAssign) and isinstance(statement.target, ast.Name):
            yield statement.target.id.upper()


RULES: tuple[Rule, ...] = (
    storefront_reads_declared_names,
    api_reads_declared_names,
    declared_names_are_read,
)

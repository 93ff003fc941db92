"""Rules that hold the storefront's and the API's code to env.yml."""

from __future__ import annotations

import ast
import os
import re
from collections.abc import Iterator
from pathlib import Path

from .repository import CONTRACT, Finding, Repository, Rule

SET_BY_THE_TOOLS = {"CI", "NEXT_PHASE", "NEXT_RUNTIME", "NODE_ENV", "VERCEL"}
_NODE_READ = re.compile(r"process\.env(?:\.(\w+)|\[\s*[\"'`](\w+)[\"'`]\s*\])")
_IGNORED_FOLDERS = {".next", ".venv", "node_modules", "tests"}


def storefront_reads_declared_names(repository: Repository) -> Iterator[Finding]:
    """A name that env.yml doesn't know has no value on Vercel."""
    for path in _sources(repository, "storefront", {".js", ".mjs", ".ts", ".tsx"}):
        text = path.read_text(encoding="utf-8")
        names = {dotted or quoted for dotted, quoted in _NODE_READ.findall(text)}
        yield from _undeclared(repository, path, names - SET_BY_THE_TOOLS, "storefront")


def api_reads_declared_names(repository: Repository) -> Iterator[Finding]:
    """A name that env.yml doesn't know has no value on Render."""
    for path in _sources(repository, "api", {".py"}):
        tree = ast.parse(path.read_text(encoding="utf-8"), str(path))
        yield from _undeclared(repository, path, set(_python_reads(tree)), "api")


def _sources(repository: Repository, folder: str, endings: set[str]) -> Iterator[Path]:
    for parent, folders, files in os.walk(repository.root / folder):
        # Left out before they are entered: installed packages are tens of thousands of files.
        folders[:] = sorted(set(folders) - _IGNORED_FOLDERS)
        yield from (Path(parent, name) for name in sorted(files) if Path(name).suffix in endings)


def _undeclared(
    repository: Repository, path: Path, names: set[str], process: str
) -> Iterator[Finding]:
    file = path.relative_to(repository.root).as_posix()
    for name in sorted(names - repository.contract["variables"].keys()):
        yield Finding(file, name, f"is read by the {process} and not declared in {CONTRACT}")


def _python_reads(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and _is_environment_call(node.func):
            yield from _constant(node.args[:1])
        elif isinstance(node, ast.Subscript) and ast.unparse(node.value) == "os.environ":
            yield from _constant([node.slice])
        elif isinstance(node, ast.ClassDef) and "BaseSettings" in map(ast.unparse, node.bases):
            yield from _fields(node)


def _is_environment_call(function: ast.expr) -> bool:
    return ast.unparse(function) in {"os.getenv", "os.environ.get", "getenv", "environ.get"}


def _constant(nodes: list[ast.expr]) -> Iterator[str]:
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
)

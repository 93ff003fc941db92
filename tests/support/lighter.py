"""Copier as the tests run it: it writes the same files, in less time."""

from __future__ import annotations

import os
from copy import deepcopy
from pathlib import Path
from types import CodeType
from typing import Any

from copier import _template
from copier._jinja_ext import get_yield_context
from copier._main import Worker
from jinja2 import Environment, FileSystemBytecodeCache

COMPILED = "LUMA_TESTS_COMPILED"
"""The variable that names the folder where a run keeps what Jinja has compiled."""
SYNTAX = [
    *(
        f"{kind}_{end}_string"
        for kind in ("block", "variable", "comment")
        for end in ("start", "end")
    ),
    *("trim_blocks", "lstrip_blocks", "newline_sequence", "keep_trailing_newline"),
]
"""What a template's code depends on besides its text."""


def lighten() -> None:
    """Change Copier in this process."""
    # It asks git once per file whether the file system keeps modes. It does here.
    Worker._sync_git_index_executable_bit = lambda *_: None  # type: ignore[method-assign]
    # Most parts of paths are plain text, as is the name of the answers file.
    Worker._render_string = _render_unless_plain(Worker._render_string)  # type: ignore[method-assign]
    named = _name_unless_in_loop(Worker.answers_relpath.fget)  # type: ignore[attr-defined]
    Worker.answers_relpath = property(named)  # type: ignore[method-assign,assignment]
    # It parses copier.yml with each render, in Python.
    _template.load_template_config = _load_once(_template.load_template_config)
    # Each render has an environment of its own, and compiles each part of each path again.
    Environment.compile = _compile_once(Environment.compile)  # type: ignore[method-assign]


def _load_once(load: Any) -> Any:
    loaded: dict[bytes, Any] = {}

    def load_once(path: Path, quiet: bool = False) -> Any:
        text = path.read_bytes()
        if text not in loaded:
            loaded[text] = load(path, quiet)
        return deepcopy(loaded[text])

    return load_once


def _render_unless_plain(render: Any) -> Any:
    def render_unless_plain(
        self: Worker, string: str, extra_context: dict[str, Any] | None = None
    ) -> Any:
        if "{" in string or _is_in_loop(self):
            return render(self, string, extra_context)
        return string

    return render_unless_plain


def _name_unless_in_loop(name: Any) -> Any:
    def name_unless_in_loop(self: Worker) -> Any:
        if _is_in_loop(self):
            return name(self)
        return Path(self.answers_file or self.template.answers_relpath)

    return name_unless_in_loop


def _is_in_loop(worker: Worker) -> bool:
    """Return whether a path with a loop was rendered last: the next rendering ends the loop."""
    return bool(get_yield_context(worker.jinja_env).yield_name)


def _compile_once(compile_: Any) -> Any:
    folder = Path(os.environ[COMPILED])
    folder.mkdir(parents=True, exist_ok=True)
    compiled = FileSystemBytecodeCache(str(folder))

    def compile_once(
        self: Environment, source: str, name: str | None = None, *_: object
    ) -> CodeType:
        syntax = [getattr(self, option) for option in SYNTAX]
        key = repr((type(self).__name__, sorted(self.extensions), syntax, source, name))
        bucket = compiled.get_bucket(self, key, None, key)
        if bucket.code is None:
            bucket.code = compile_(self, source, name)
            compiled.set_bucket(bucket)
        return bucket.code

    return compile_once

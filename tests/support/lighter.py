"""Copier as the tests run it: it writes the same files, in less time."""

from __future__ import annotations

import os
from pathlib import Path
from types import CodeType
from typing import Any

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
    # Each render has an environment of its own, and compiles each part of each path again.
    Environment.compile = _compile_once(Environment.compile)  # type: ignore[method-assign]


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

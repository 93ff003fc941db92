"""Copier as the tests run it: it writes the same files, in less time."""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from copy import deepcopy
from functools import cached_property
from pathlib import Path
from tempfile import mkdtemp
from types import CodeType
from typing import Any

import yaml
from copier import _template, _vcs
from copier._jinja_ext import get_yield_context
from copier._main import Worker
from jinja2 import Environment, FileSystemBytecodeCache
from packaging.version import Version

from support.checkout import git

COMPILED = "LUMA_TESTS_COMPILED"
"""The variable that names the folder where a run keeps what Jinja has compiled."""
CHECKED_OUT = "LUMA_TESTS_CHECKED_OUT"
"""The variable that names the folder where a run keeps commits of templates, checked out."""
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
    # It reads every answer as YAML, in Python.
    vars(yaml)["SafeLoader"] = yaml.CSafeLoader
    # Each render has an environment of its own, and compiles each part of each path again.
    Environment.compile = _compile_once(Environment.compile)  # type: ignore[method-assign]
    # An update clones its template five times, and asks git eleven times for a version.
    vars(_template)["clone"] = _check_out_once(_vcs.clone)
    version = cached_property(_name_version_once(vars(_template.Template)["version"].func))
    version.__set_name__(_template.Template, "version")
    _template.Template.version = version  # type: ignore[method-assign,assignment]


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


def _check_out_once(clone: Any) -> Any:
    """Copier only reads a clone, so that one can serve everybody."""
    folder = Path(os.environ[CHECKED_OUT])
    folder.mkdir(parents=True, exist_ok=True)

    def check_out_once(url: str, ref: str = "HEAD", location: str | None = None) -> str:
        is_local = Path(url).is_dir()
        if not is_local or (ref == "HEAD" and git("status", "--porcelain", cwd=Path(url))):
            return str(clone(url, ref, location))
        refs = git("show-ref", "--head", cwd=Path(url))
        key = hashlib.sha256(repr((url, ref, refs)).encode()).hexdigest()
        made = folder / key
        if not made.exists():
            own = clone(url, ref, mkdtemp(dir=folder))
            # Another process may have been faster; both are the same.
            with suppress(OSError):
                Path(own).rename(made)
        return str(made)

    return check_out_once


def _name_version_once(version: Any) -> Any:
    folder = Path(os.environ[CHECKED_OUT]).resolve()

    def name_version_once(self: _template.Template) -> Version | None:
        if self.local_abspath.parent != folder:
            found: Version | None = version(self)
            return found
        kept = self.local_abspath.with_suffix(".version")
        if not kept.exists():
            own = Path(mkdtemp(dir=folder)) / "version"
            own.write_text(str(version(self) or ""))
            own.rename(kept)
        text = kept.read_text()
        return Version(text) if text else None

    return name_version_once

"""Docker's rules for .dockerignore, as far as the store uses them.

They are not git's: a pattern without a slash means the context's root and not any depth, and `!`
brings a file back from a folder that is ignored. The last pattern that fits decides.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path, PurePosixPath


@dataclass(frozen=True)
class Rule:
    """One line."""

    expression: re.Pattern[str]
    keeps: bool

    def fits(self, path: PurePosixPath) -> bool:
        """Return whether it names a path or a folder above it."""
        return any(self.expression.fullmatch(str(part)) for part in (path, *path.parents[:-1]))


def rules(text: str) -> list[Rule]:
    """Read the file."""
    lines = (line.strip() for line in text.splitlines())
    return [_rule(line) for line in lines if line and not line.startswith("#")]


def context(folder: Path) -> set[PurePosixPath]:
    """Return the files of a folder that a build gets."""
    file = folder / ".dockerignore"
    known = rules(file.read_text()) if file.exists() else []
    paths = (path.relative_to(folder) for path in folder.rglob("*") if not path.is_dir())
    return {path for path in map(PurePosixPath, paths) if not _is_ignored(path, known)}


def _is_ignored(path: PurePosixPath, known: list[Rule]) -> bool:
    fitting = [rule for rule in known if rule.fits(path)]
    return bool(fitting) and not fitting[-1].keeps


def _rule(line: str) -> Rule:
    pattern = line.removeprefix("!").strip("/")
    if re.search(r"[\[\]\\]|(^|/)\.\.?(/|$)", pattern):
        raise ValueError(f".dockerignore: {line} is not replayed.")
    expression = re.escape(pattern).replace(r"\*\*/", "(?:.*/)?").replace(r"\*\*", ".*")
    expression = expression.replace(r"\*", "[^/]*").replace(r"\?", "[^/]")
    return Rule(re.compile(expression), keeps=line.startswith("!"))

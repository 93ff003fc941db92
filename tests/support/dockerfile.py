"""A Dockerfile's instructions as values: exactly those that the store's own uses.

Anything else is refused, so that nothing in the file is passed over in silence.
"""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import PurePosixPath
from string import Template

COMMENT = re.compile(r"\s*#")
DIRECTIVE = re.compile(r"#\s*(?P<name>\w+)\s*=\s*(?P<value>\S+)")
STAGE = re.compile(
    r"(?P<image>[\w.:/-]+(?:@sha256:[0-9a-f]{64})?)(?:\s+AS\s+(?P<name>[\w.-]+))?", re.IGNORECASE
)


class UnsupportedError(Exception):
    """The Dockerfile has something that the replay does not know."""


@dataclass(frozen=True)
class Instruction:
    """One instruction, its continued lines put together."""

    line: int
    keyword: str
    text: str

    def __str__(self) -> str:
        """Return it as it stands in the file."""
        return f"{self.keyword} {self.text}"

    def unsupported(self) -> UnsupportedError:
        """Return the error that refuses it."""
        return UnsupportedError(f"Dockerfile, line {self.line}: {self} is not replayed.")


@dataclass(frozen=True)
class Copy:
    """What COPY says."""

    sources: tuple[str, ...]
    destination: str
    stage: str | None

    @property
    def into_folder(self) -> bool:
        """Return whether the destination is a folder even where nothing is yet."""
        return self.destination.endswith("/") or len(self.sources) > 1


def instructions(text: str) -> list[Instruction]:
    """Read a Dockerfile."""
    found: list[Instruction] = []
    begun, parts = 0, []
    for number, line in enumerate(text.splitlines(), start=1):
        _refuse_directive(number, line)
        if COMMENT.match(line) or not line.strip():
            continue
        begun = begun or number
        parts.append(line.strip().removesuffix("\\").strip())
        if not line.rstrip().endswith("\\"):
            keyword, _, rest = " ".join(parts).partition(" ")
            found.append(Instruction(begun, keyword, rest.strip()))
            begun, parts = 0, []
    if parts:
        raise UnsupportedError(f"Dockerfile, line {begun}: the last line is continued.")
    return found


def stage(instruction: Instruction) -> tuple[str, str | None]:
    """Return the image that FROM names and the stage's own name."""
    found = STAGE.fullmatch(instruction.text)
    if found is None:
        raise instruction.unsupported()
    return found["image"], found["name"]


def command(instruction: Instruction) -> str:
    """Return the line that RUN hands to a shell."""
    if instruction.text.startswith(("-", "[")) or "<<" in instruction.text:
        raise instruction.unsupported()
    return instruction.text


def copy(instruction: Instruction) -> Copy:
    """Read COPY."""
    words = instruction.text.split()
    flags = [word for word in words if word.startswith("-")]
    paths = [word for word in words if not word.startswith("-")]
    known = all(re.fullmatch(r"--from=[\w.-]+", flag) for flag in flags) and len(flags) < 2
    if not known or len(paths) < 2 or re.search(r"[*?\[\]\\\"'$<]", "".join(paths)):
        raise instruction.unsupported()
    from_stage = flags[0].removeprefix("--from=") if flags else None
    return Copy(tuple(paths[:-1]), paths[-1], from_stage)


def variables(instruction: Instruction, known: Mapping[str, str]) -> dict[str, str]:
    """Read ENV, whose values may name variables that were set before."""
    pairs = [word.partition("=") for word in shlex.split(instruction.text)]
    # Where Docker's quoting is another than a shell's.
    quoted = re.search(r"['\\]|\$\$", instruction.text)
    if quoted or not all(equals for _, equals, _ in pairs):
        raise instruction.unsupported()
    try:
        return {name: Template(value).substitute(known) for name, _, value in pairs}
    except (KeyError, ValueError):
        raise instruction.unsupported() from None


def absolute(instruction: Instruction) -> str:
    """Read WORKDIR."""
    if not PurePosixPath(instruction.text).is_absolute() or "$" in instruction.text:
        raise instruction.unsupported()
    return instruction.text


def user(instruction: Instruction) -> str:
    """Read USER: by number, so that the host knows whether it is root."""
    if not instruction.text.isdecimal():
        raise instruction.unsupported()
    return instruction.text


def exec_form(instruction: Instruction) -> list[str]:
    """Read CMD as a list: a shell in between would not pass signals on."""
    try:
        words = json.loads(instruction.text)
    except ValueError:
        raise instruction.unsupported() from None
    if not isinstance(words, list) or not all(isinstance(word, str) for word in words):
        raise instruction.unsupported()
    return words


def _refuse_directive(number: int, line: str) -> None:
    found = DIRECTIVE.match(line)
    if found and (found["name"], found["value"]) != ("syntax", "docker/dockerfile:1"):
        raise UnsupportedError(f"Dockerfile, line {number}: {line} is not replayed.")

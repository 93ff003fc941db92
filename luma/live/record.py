"""Write down what the vendors were asked and what they answered, without what is secret.

Nobody has run this against the vendors yet. What the first run records becomes a test:
CONTRIBUTING.md says how.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tools.contract import Contract

from luma.problems import LumaError

SECRET_FIELDS = re.compile(r".*(secret|token|password|ConnectionString)|psqlCommand", re.IGNORECASE)
PERSONAL_FIELDS = {"username", "displayName", "firstName", "lastName", "ipAddress"}
SOMEBODY = "somebody@masked.invalid"
"""In place of every e-mail address."""
# Not the key in a DSN, https://key@host/1.
EMAIL = re.compile(r"(?<![/\w.+-])[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
READABLE = "plain"
"""The type of a variable at Vercel that everybody may read."""
SHORTEST_SECRET = 6
"""In characters. A shorter one would be found in other words."""


class _Transcript:
    """What was said so far, and what of it is secret."""

    def __init__(self, contract: Contract) -> None:
        self._variables = contract.variables
        self._environment = {
            name: os.environ[name] for name in self._variables if name in os.environ
        }
        self.exchanges: list[dict[str, Any]] = []
        self.hidden: set[str] = set()

    def lines(self) -> Iterator[str]:
        """Return the environment, then each exchange, as a JSON object a line.

        A secret has the same name wherever it was said, so that its way can be followed.
        """
        told = [{"key": key, "value": value} for key, value in self._environment.items()]
        # A request that changes a variable has its name or its number only in the path.
        told += [
            {"key": each["path"].rpartition("/")[2], **each["body"]}
            for each in self.exchanges
            if isinstance(each.get("body"), dict)
        ]
        secrets = {*self.hidden, *self._secrets([*told, *self.exchanges])}
        names = {each: f"secret-{n}" for n, each in enumerate(sorted(secrets), 1)}
        longest_first = sorted(map(re.escape, names), key=len, reverse=True)
        pattern = re.compile("|".join(longest_first) or r"(?!)")
        for content in ({"environment": self._environment}, *self.exchanges):
            yield f"{json.dumps(_replaced(content, pattern, names), ensure_ascii=False)}\n"

    def _secrets(self, content: Any) -> Iterator[str]:
        """Return every text that is secret by the name of its field or of its variable."""
        if isinstance(content, list):
            for each in content:
                yield from self._secrets(each)
        if isinstance(content, Mapping):
            for name, value in content.items():
                if not isinstance(value, str):
                    yield from self._secrets(value)
                elif len(value) >= SHORTEST_SECRET and self._is_secret(name, content):
                    yield value

    def _is_secret(self, field: str, content: Mapping[str, Any]) -> bool:
        if field == "value" and "key" in content:
            variable = self._variables.get(content["key"])
            is_known = variable is not None and variable.kind != "secret"
            return not is_known and content.get("type") != READABLE
        return field in PERSONAL_FIELDS or bool(SECRET_FIELDS.fullmatch(field))


_transcript: _Transcript | None = None


def is_on() -> bool:
    """Return whether somebody records."""
    return _transcript is not None


def exchange(vendor: str, method: str, path: str, **said: Any) -> None:
    """Remember a request and its answer, where somebody records."""
    if _transcript:
        _transcript.exchanges.append({"vendor": vendor, "method": method, "path": path, **said})


def hide(value: str) -> None:
    """Let a value appear in no transcript."""
    if _transcript:
        _transcript.hidden.add(value)


@contextmanager
def recording(file: Path | None, contract: Contract) -> Iterator[None]:
    """Write what is said from now on into a new file at the end, also where it ends badly.

    Raises:
        LumaError: the file is there already, or cannot be written.

    """
    global _transcript  # noqa: PLW0603 - a process records one command
    if file is None:
        yield
        return
    try:
        stream = file.open("x", encoding="utf-8")
    except OSError as error:
        raise LumaError(f"--record {file}: {error.strerror}. Name a new file.") from error
    _transcript = _Transcript(contract)
    with stream:
        try:
            yield
        finally:
            stream.writelines(_transcript.lines())
            _transcript = None


def _replaced(content: Any, pattern: re.Pattern[str], names: Mapping[str, str]) -> Any:
    if isinstance(content, list):
        return [_replaced(each, pattern, names) for each in content]
    if isinstance(content, Mapping):
        return {name: _replaced(value, pattern, names) for name, value in content.items()}
    if isinstance(content, str):
        return EMAIL.sub(SOMEBODY, pattern.sub(lambda each: names[each[0]], content))
    return content

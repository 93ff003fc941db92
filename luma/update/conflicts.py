"""What an update could not merge by itself: found, named, and put aside where nobody is there."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from luma.git import blob
from luma.store import Store

_BEGIN = b"<<<<<<< "


@dataclass(frozen=True)
class Conflict:
    """A place that a person has to decide about; the line is 0 where the whole file is meant."""

    file: str
    line: int
    why: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.why}" if self.line else f"{self.file}: {self.why}"


def unmerged(store: Store) -> list[str]:
    """Return the files that hold conflict markers."""
    return sorted(set(store.names("diff", "--name-only", "--relative", "--diff-filter=U", "-z")))


def marked(store: Store, files: list[str], cause: str) -> Iterator[Conflict]:
    """Return each marked place of files in conflict; `cause` names what changed them."""
    for file in files:
        lines = (store.root / file).read_bytes().splitlines()
        places = [number for number, line in enumerate(lines, 1) if line.startswith(_BEGIN)]
        for line in places or [0]:
            yield Conflict(file, line, f"{cause} and this store changed the same lines")


def gone_with_edits(
    store: Store, expected: set[str], pristine: Callable[[], Path], cause: str
) -> list[Conflict]:
    """Return the files that an update has removed although they were edited here.

    Copier removes them silently. `expected` are those whose edits a migration has moved;
    `pristine` returns the recorded release as it was generated, `cause` names what removed them.
    """
    options = ("--name-only", "--relative", "--no-renames", "--diff-filter=D", "-z")
    deleted = set(store.names("diff", *options, "HEAD")) - expected
    if not deleted:
        return []
    before = pristine()
    return [
        Conflict(file, 0, f"{cause} has removed it; git show HEAD:{file} prints your version")
        for file in sorted(deleted)
        if not (before / file).is_file() or (before / file).read_bytes() != store.committed(file)
    ]


def dropped(
    store: Store, owned: list[str], before: Callable[[], Path], after: Callable[[], Path]
) -> Iterator[str]:
    """Name the template's files that have changed and that this store has moved, linked or deleted.

    Copier silently leaves the file as the store has it, without the change. `before` and
    `after` return the store as its old and its new release generate it.
    """
    missing = [
        file
        for file in owned
        if (store.root / file).is_symlink() or not (store.root / file).is_file()
    ]
    for file in missing:
        old, new = before() / file, after() / file
        if old.is_file() and new.is_file() and old.read_bytes() != new.read_bytes():
            yield (
                f"{file} changed in the template, but this store has moved, linked or deleted it. "
                "See whether you need the change."
            )


def put_aside(
    store: Store, conflicts: list[Conflict], pristine: Callable[[], Path]
) -> Iterator[str]:
    """Keep the store's side of each conflict, and the release's change beside it as FILE.rej.

    Nothing that could be committed then holds a marker, and `make check` refuses the .rej file
    until somebody has dealt with it. Returns the names of the .rej files, which git may ignore.
    """
    for file in dict.fromkeys(conflict.file for conflict in conflicts):
        path = store.root / file
        ours = blob(store.root, f":2:./{file}") or store.committed(file) or b""
        before, after = blob(store.root, f":1:./{file}"), blob(store.root, f":3:./{file}")
        if not path.exists():
            before = (pristine() / file).read_bytes()
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(ours)
        path.with_name(f"{path.name}.rej").write_bytes(_difference(file, before, after))
        store.git("reset", "--quiet", "--", file)
        yield f"{file}.rej"


def _difference(file: str, before: bytes | None, after: bytes | None) -> bytes:
    old, new = ((side or b"").decode(errors="replace").splitlines(True) for side in (before, after))
    return "".join(difflib.unified_diff(old, new, f"a/{file}", f"b/{file}")).encode()

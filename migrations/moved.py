"""Edits of files that moved: Copier alone deletes the old file, and a team's edits with it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

import yaml

LABELS = ("before updating", "last update", "after updating")
"""What Copier writes at its conflict markers."""


def carry_edits(moves: Mapping[str, str], answers_file: Path, *, reject: bool) -> None:
    """Bring what a store had changed in each moved file to its new place.

    With `reject` a conflict leaves the release's file, and the store's change in FILE.rej, as
    `copier update --conflict rej` does; else it is marked in the file and in git's index.
    """
    if not moves:
        return
    # Copier takes long to import, and most updates that cross something move nothing.
    from copier import run_copy  # noqa: PLC0415

    answers = yaml.safe_load(_committed(answers_file.as_posix()) or b"")
    with TemporaryDirectory() as folder:
        run_copy(
            answers["_src_path"],
            folder,
            data={key: value for key, value in answers.items() if not key.startswith("_")},
            vcs_ref=answers["_commit"],
            defaults=True,
            quiet=True,
            unsafe=True,  # the update that runs this is trusted already
        )
        for old, new in moves.items():
            _carry(Path(folder, old), old, new, reject=reject)


def _carry(base: Path, old: str, new: str, *, reject: bool) -> None:
    target, ours = Path(new), _committed(old)
    Path(f"{old}.rej").unlink(missing_ok=True)
    if not base.exists() or not target.exists():
        return
    taken = _committed(new) is not None
    if ours is None and not taken:
        target.unlink()
    elif ours in (None, base.read_bytes()):
        return
    elif taken:
        _git("checkout", "HEAD", "--", old)
        print(f"{new} already exists. Copy your changes of {old} into it by hand.", file=sys.stderr)
    elif not _is_settled(new):
        _merge(base, ours, target, reject=reject)


def _merge(base: Path, ours: bytes, target: Path, *, reject: bool) -> None:
    edited = base.with_name(f"{base.name}.edited")
    edited.write_bytes(ours)
    if target.read_bytes() == base.read_bytes():
        target.write_bytes(ours)
        return
    labels = [word for label in LABELS for word in ("-L", label)]
    merged = _run("merge-file", "-p", *labels, str(edited), str(base), str(target))
    if merged.returncode == 0:
        target.write_bytes(merged.stdout)
    elif reject:
        _, hunk, change = _run("diff", "--no-index", str(base), str(edited)).stdout.partition(b"@@")
        header = f"--- {target}\n+++ {target}\n".encode()
        Path(f"{target}.rej").write_bytes(header + hunk + change)
    else:
        release = target.read_bytes()
        # git merges no binary file: the store's side stays, and the index says that it conflicts.
        target.write_bytes(merged.stdout or ours)
        _mark_unmerged(target.as_posix(), base.read_bytes(), ours, release)


def _mark_unmerged(path: str, *sides: bytes) -> None:
    """Record base, store's and release's side in git's index, as an interrupted merge does."""
    mode = "100755" if os.access(path, os.X_OK) else "100644"
    prefix = _git("rev-parse", "--show-prefix").decode().strip()
    lines = [f"0 {'0' * 40}\t{prefix}{path}"]
    for stage, side in enumerate(sides, start=1):
        digest = _git("hash-object", "-w", "--stdin", stdin=side).decode().strip()
        lines.append(f"{mode} {digest} {stage}\t{prefix}{path}")
    _git("update-index", "--index-info", stdin="\n".join(lines).encode())


def _is_settled(path: str) -> bool:
    """Return whether an earlier run left a conflict here."""
    return Path(f"{path}.rej").exists() or bool(_git("ls-files", "--unmerged", "--", path))


def _committed(path: str) -> bytes | None:
    shown = _run("show", f"HEAD:./{path}")
    return None if shown.returncode else shown.stdout


def _git(*arguments: str, stdin: bytes = b"") -> bytes:
    finished = _run(*arguments, stdin=stdin)
    finished.check_returncode()
    return finished.stdout


def _run(*arguments: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(["git", *arguments], input=stdin, capture_output=True, check=False)

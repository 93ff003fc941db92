"""The answers that a store has recorded, as they are after the migrations."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import yaml

from migrations.declared import Migration, migrate


def rewrite(answers_file: Path, migrations: Sequence[Migration], *, ignored: bool) -> str:
    """Rewrite the answers file where answers change; say why that cannot be done.

    Copier reads the file again afterwards, unless it runs with --skip-answered: `ignored`.
    """
    text = answers_file.read_text(encoding="utf-8")
    answers = yaml.safe_load(text)
    migrated = migrate(migrations, answers)
    if migrated == answers:
        return ""
    if ignored:
        return (
            "This update changes recorded answers, and --skip-answered makes Copier ignore that: "
            "update without it. Nothing was changed."
        )
    comments = [line for line in text.splitlines(keepends=True) if line.startswith("#")]
    dumped = yaml.safe_dump(migrated, allow_unicode=True, indent=4)
    answers_file.write_text("".join(comments) + dumped, encoding="utf-8")
    return ""

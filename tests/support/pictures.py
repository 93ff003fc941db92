"""The documentation's pictures, made from the real thing; `make pictures` writes them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from pathlib import Path

from pathspec import PathSpec

from support.checkout import ROOT
from support.stores import answers_of, settings_for_updates
from support.terminal import COLUMNS, Run, Style

FOLDER = ROOT / "docs" / "pictures"

CELL_WIDTH, LINE_HEIGHT, FONT_SIZE = 8.4, 20, 14
MARGIN, TITLE_HEIGHT = 18, 40
BACKGROUND, BORDER, FOREGROUND, FAINT = "#16181d", "#3a404c", "#d6d9e0", "#8b92a0"
TEMPLATES, YOURS = "#7aa2f7", "#9ece6a"

NOTES = {
    "README.md": "going live step by step, the bill, where data lies",
    "AGENTS.md": "what coding agents have to know",
    "Makefile": "setup, dev, test, check, update, doctor",
    "own.mk": "your own make targets",
    "env.yml": "every environment variable, declared once",
    "env.own.yml": "your own variables",
    "storefront/": "Next.js, TypeScript",
    "api/": "FastAPI, SQLAlchemy, Alembic",
    "vercel/": "region, limits, security headers",
    "render/": "Blueprint, container, migration step",
    "storage/": "Cloudinary's presets and transformations",
    "monitoring/": "Sentry, alerts, objectives, a runbook for each alert",
    "tools/": "what make setup, check and dev run",
    ".github/": "CI, and a pull request with each release",
}
"""What lies at the top of a store, and what is said of it; dotfiles are left out."""


def terminal(title: str, lines: Iterable[Sequence[Run]], columns: int = COLUMNS) -> str:
    """Return an SVG of a terminal's window."""
    drawn = list(lines)
    while drawn and not drawn[0]:
        del drawn[0]
    width = round(columns * CELL_WIDTH) + 2 * MARGIN
    height = TITLE_HEIGHT + len(drawn) * LINE_HEIGHT + MARGIN
    parts = [part for row, runs in enumerate(drawn) for run in runs for part in _draw(row, run)]
    buttons = (
        f'<circle cx="{20 + 20 * number}" cy="20" r="6" fill="{color}"/>'
        for number, color in enumerate(("#ff5f57", "#febc2e", "#28c840"))
    )
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
            f'width="{width}" height="{height}" font-size="{FONT_SIZE}" '
            'font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace">',
            f'<rect x="0.5" y="0.5" width="{width - 1}" height="{height - 1}" rx="10" '
            f'fill="{BACKGROUND}" stroke="{BORDER}"/>',
            *buttons,
            f'<text x="{width // 2}" y="25" fill="{FAINT}" text-anchor="middle">'
            f"{escape(title)}</text>",
            *parts,
            "</svg>\n",
        ]
    )


def _draw(row: int, run: Run) -> Iterator[str]:
    text = run.text.strip()
    if not text:
        return
    column = run.column + len(run.text) - len(run.text.lstrip())
    x, y = MARGIN + column * CELL_WIDTH, TITLE_HEIGHT + row * LINE_HEIGHT
    width = len(text) * CELL_WIDTH
    color = run.style.color or FOREGROUND
    if run.style.reverse:
        yield f'<rect x="{x:g}" y="{y}" width="{width:g}" height="{LINE_HEIGHT}" fill="{color}"/>'
        color = BACKGROUND
    weight = ' font-weight="bold"' if run.style.bold else ""
    # Every font of the reader's gets the width of the cells. An emoji has a width of its own.
    length = f' textLength="{width:g}" lengthAdjust="spacingAndGlyphs"' if text.isascii() else ""
    yield f'<text x="{x:g}" y="{y + 15}" fill="{color}"{weight}{length}>{escape(text)}</text>'


def tree(store: Path) -> list[list[Run]]:
    """Return what lies at the top of a generated store, each entry in its owner's colour."""
    names = {f"{path.name}/" if path.is_dir() else path.name for path in store.iterdir()}
    visible = {name for name in names if not name.startswith(".") or name in NOTES}
    assert visible == set(NOTES), f"NOTES differ in {visible ^ set(NOTES)}"
    settings = settings_for_updates(answers_of(store))
    yours = PathSpec.from_lines(
        "gitignore", [line for lines in settings.values() for line in lines]
    )
    begin = max(map(len, NOTES)) + 7
    lines = [[Run(0, f"{store.name}/", Style(bold=True))]]
    for number, (name, note) in enumerate(NOTES.items(), 1):
        files = [path for path in (store / name).rglob("*") if path.is_file()] or [store / name]
        left_alone = sum(yours.match_file(path.relative_to(store).as_posix()) for path in files)
        color = YOURS if left_alone > len(files) / 2 else TEMPLATES
        branch = "└──" if number == len(NOTES) else "├──"
        lines.append(
            [
                Run(0, branch, Style(color=FAINT)),
                Run(4, name, Style(color=color)),
                Run(begin, note, Style(color=FOREGROUND)),
            ]
        )
    legend = {
        "Blue is the template's: releases change it.": TEMPLATES,
        "Green is yours: no release touches it.": YOURS,
    }
    return [*lines, [], *([Run(4, text, Style(color=color))] for text, color in legend.items())]

"""Each link in the documentation of the template and of a store leads somewhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote, urlsplit

from markdown_it import MarkdownIt
from support.checkout import ROOT, Generate

MARKDOWN = MarkdownIt("commonmark").enable("table")


def documents(root: Path) -> Iterator[Path]:
    yield from root.glob("*.md")
    for folder in ("docs", "monitoring", "render", "storage", "vercel"):
        yield from (root / folder).rglob("*.md")


def targets(document: Path) -> Iterator[str]:
    """Yield where the links and pictures of a document lead."""
    for block in MARKDOWN.parse(document.read_text(encoding="utf-8")):
        for inline in block.children or []:
            yield from (str(inline.attrs[name]) for name in ("href", "src") if name in inline.attrs)


def anchors(document: Path) -> set[str]:
    """Return the names that GitHub gives the headings of a document."""
    text = re.sub(r"^```.*?^```$", "", document.read_text("utf-8"), flags=re.MULTILINE | re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken(root: Path) -> list[str]:
    found = []
    for document in documents(root):
        for target in targets(document):
            link = urlsplit(target)
            file = document.parent / unquote(link.path) if link.path else document
            leads = file.exists() and (not link.fragment or link.fragment in anchors(file))
            if not link.scheme and not leads:
                found.append(f"{document.relative_to(root)}: {target}")
    return found


def test_the_templates_links_lead_somewhere() -> None:
    assert broken(ROOT) == []


def test_a_stores_links_lead_somewhere(generate: Generate) -> None:
    assert broken(generate()) == []
    assert broken(generate(include_starter=False)) == []

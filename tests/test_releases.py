"""What a release may not take from the stores of earlier ones, and how the next one is made."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
from support.checkout import ROOT, git
from support.copier_cli import Outcome, run

from luma.releases.guard import problems
from luma.releases.inventory import as_yaml, inventory_of, recorded

RECORDED = recorded(ROOT / "luma" / "releases")
CATALOG = "extensions/catalog"
QUESTIONS = "extensions/decisions/questions.py"


@dataclass(frozen=True)
class Template:
    """A clone of the working tree, to break."""

    root: Path

    def replace(self, path: str, old: str, new: str) -> None:
        """Replace words that have to be there."""
        text = (self.root / path).read_text(encoding="utf-8")
        assert old in text, (path, old)
        (self.root / path).write_text(text.replace(old, new), encoding="utf-8")

    def remove(self, path: str) -> None:
        """Remove a file."""
        (self.root / path).unlink()

    def migrate(self, *lines: str) -> None:
        """Declare a migration."""
        text = "\n".join(['"""Fixture."""', *lines, ""])
        (self.root / "migrations" / "v9999_0_0.py").write_text(text, encoding="utf-8")

    def commit(self) -> None:
        """Commit everything."""
        git("add", "-A", cwd=self.root)
        git("commit", "-q", "--allow-empty", "-m", "Change", cwd=self.root)

    def release(self, version: str) -> Outcome:
        """Make a release as `make release` does."""
        command = [sys.executable, "-B", "-m", "luma", "release", version]
        return run(command, cwd=self.root, environment={"PYTHONPATH": str(self.root)})

    def state(self) -> tuple[str, str, str]:
        """Return all that a refused release must leave alone."""
        return (
            git("rev-parse", "HEAD", cwd=self.root),
            git("tag", cwd=self.root),
            git("status", "--porcelain", cwd=self.root),
        )


@pytest.fixture
def clone(history: Path, tmp_path: Path) -> Template:
    """Return a template with something to release; just after a release there is nothing."""
    git("clone", "-q", str(history), "template", cwd=tmp_path)
    git("tag", "-d", "v9999.0.0", cwd=tmp_path / "template")
    template = Template(tmp_path / "template")
    change = "## Unreleased\n\n### Changed\n\n- Something.\n\n"
    template.replace("CHANGELOG.md", "## Unreleased\n\n", change)
    template.commit()
    return template


def test_nothing_vanished_since_any_release() -> None:
    assert problems(ROOT) == []


@pytest.mark.parametrize("tag", RECORDED)
def test_each_recorded_inventory_is_what_its_commit_gives(
    tag: str, history: Path, tmp_path: Path
) -> None:
    git("clone", "-q", "-b", tag, str(history), "template", cwd=tmp_path)
    commit = git("rev-parse", f"{tag}^{{commit}}", cwd=history).strip()

    text = as_yaml({"commit": commit, **inventory_of(tmp_path / "template")})

    assert (ROOT / "luma" / "releases" / f"{tag}.yml").read_text(encoding="utf-8") == text


def vanish(template: Template) -> None:
    template.remove("template/render/serve.sh")


def need_an_answer(template: Template) -> None:
    template.replace("copier.yml", "/monitoring/replay{%", "/monitoring/r*{%")


def lose_a_choice(template: Template) -> None:
    for name in ("render", "tiers"):
        template.replace(f"{CATALOG}/{name}.yml", "0.5c-512mb", "half")


def rename_a_question(template: Template) -> None:
    template.replace("copier.yml", "\nenable_logrocket:", "\nrecord_sessions:")


def change_a_type(template: Template) -> None:
    template.replace(
        "copier.yml", "customize_plans:\n  type: bool", "customize_plans:\n  type: str"
    )


def tighten_a_rule(template: Template) -> None:
    template.replace("extensions/decisions/names.py", "STORE_SLUG_MAX = 40", "STORE_SLUG_MAX = 30")


def shrink_a_disk(template: Template) -> None:
    template.replace(f"{CATALOG}/tiers.yml", "disk_gb: 50", "disk_gb: 40")


def shrink_a_cache(template: Template) -> None:
    template.replace(
        f"{CATALOG}/render.yml",
        "memory_mb: 1024, connections: 1000",
        "memory_mb: 512, connections: 1000",
    )


STEP = "\n\ndef step(answers):\n    "
BREAKS: dict[str, tuple[Callable[[Template], None], str, str]] = {
    "path": (vanish, "The path render/serve.sh is gone", 'REMOVED = {"render/serve.sh": "why"}'),
    "moved path": (
        vanish,
        "name its new place in MOVED",
        'MOVED = {"render/serve.sh": "render/release.sh"}',
    ),
    "condition": (
        need_an_answer,
        "The path monitoring/runbooks/api-slow.md now needs enable_logrocket",
        "",
    ),
    "choice": (
        lose_a_choice,
        "The choice 0.5c-512mb of api_plan is gone: mark it deprecated instead",
        f'{STEP}if answers.get("api_plan") == "0.5c-512mb":\n        answers["api_plan"] = "half"',
    ),
    "question": (
        rename_a_question,
        "The question enable_logrocket is gone: rename or split it",
        f'{STEP}if "enable_logrocket" in answers:\n'
        '        answers["record_sessions"] = answers.pop("enable_logrocket")',
    ),
    "type": (
        change_a_type,
        "The question customize_plans now takes a str",
        f'{STEP}if isinstance(answers.get("customize_plans"), bool):\n'
        '        answers["customize_plans"] = "yes"',
    ),
    "rule": (
        tighten_a_rule,
        f"The answer {'x' * 40} to store_slug is refused now",
        f'{STEP}if "store_slug" in answers:\n        answers["store_slug"] = "short"',
    ),
    "disk": (shrink_a_disk, "The disk_gb of tier growth shrinks from 50 to 40", ""),
    "cache": (shrink_a_cache, "The memory of key_value_plan 1g shrinks from 1024 to 512", ""),
}


@pytest.mark.parametrize("name", BREAKS)
def test_what_vanishes_is_told_and_may_be_declared(name: str, clone: Template) -> None:
    break_it, sentence, declaration = BREAKS[name]
    break_it(clone)

    found = problems(clone.root)

    assert any(sentence in problem and problem.endswith("v0.1.0 had it.") for problem in found), (
        found
    )
    if declaration:
        clone.migrate(declaration)
        assert problems(clone.root) == []


def test_a_path_that_moved_away_does_not_come_back(clone: Template) -> None:
    clone.migrate('MOVED = {"render/serve.sh": "render/release.sh"}')

    [problem] = problems(clone.root)

    assert problem.startswith("The path render/serve.sh is there again")


def test_a_retired_question_is_declared(clone: Template) -> None:
    rename_a_question(clone)
    clone.replace(
        QUESTIONS,
        "RETIRED_QUESTIONS: frozenset[str] = frozenset()",
        'RETIRED_QUESTIONS: frozenset[str] = frozenset({"enable_logrocket"})',
    )

    assert problems(clone.root) == []


def test_a_release_is_two_commits_a_tag_and_an_inventory(clone: Template) -> None:
    before = git("rev-parse", "HEAD", cwd=clone.root)

    outcome = clone.release("v9998.0.0")

    assert outcome.code == 0, outcome.text
    assert outcome.sentence.endswith("git push origin main v9998.0.0")
    subjects = git("log", "--format=%s", f"{before.strip()}..", cwd=clone.root).splitlines()
    assert subjects == ["Record the commit of v9998.0.0", "Release v9998.0.0"]
    assert git("cat-file", "-t", "v9998.0.0", cwd=clone.root) == "tag\n"
    tagged = git("rev-parse", "v9998.0.0^{commit}", cwd=clone.root).strip()
    assert tagged == git("rev-parse", "HEAD~1", cwd=clone.root).strip()
    inventory = {"commit": tagged, **inventory_of(clone.root)}
    assert recorded(clone.root / "luma" / "releases")["v9998.0.0"] == inventory
    changelog = (clone.root / "CHANGELOG.md").read_text(encoding="utf-8")
    assert re.search(r"^## Unreleased\n\n## v9998\.0\.0 - \d{4}-\d\d-\d\d\n\n### ", changelog, re.M)
    assert git("status", "--porcelain", cwd=clone.root) == ""


def test_a_candidate_is_a_tag_and_nothing_else(clone: Template) -> None:
    head, _, status = clone.state()

    outcome = clone.release("v9998.0.0rc1")

    assert outcome.code == 0, outcome.text
    assert git("cat-file", "-t", "v9998.0.0rc1", cwd=clone.root) == "tag\n"
    assert (head, status) == (clone.state()[0], clone.state()[2])


def dirty(template: Template) -> None:
    template.replace("README.md", "# Luma", "# Our Luma")


def say_nothing(template: Template) -> None:
    path = template.root / "CHANGELOG.md"
    text = path.read_text(encoding="utf-8")
    path.write_text(re.sub(r"(## Unreleased\n).*?(?=^## )", r"\1\n", text, flags=re.M | re.S))
    template.commit()


def lose_a_path(template: Template) -> None:
    vanish(template)
    template.commit()


@pytest.mark.parametrize(
    ("change", "version", "says"),
    [
        (dirty, "v9998.0.0", "The working tree has changes"),
        (None, "9.8", '"9.8" is no version'),
        (None, "v0.2.0", "v0.2.0 is not after v"),
        (None, "v0.2.0rc1", "v0.2.0rc1 is not after v"),
        (say_nothing, "v9998.0.0", "says nothing under ## Unreleased"),
        (lose_a_path, "v9998.0.0", "The path render/serve.sh is gone"),
    ],
    ids=["dirty", "malformed", "old", "old-candidate", "changelog", "guard"],
)
def test_a_release_is_refused_with_a_sentence(
    change: Callable[[Template], None] | None, version: str, says: str, clone: Template
) -> None:
    if change:
        change(clone)
    before = clone.state()

    outcome = clone.release(version)

    assert outcome.code == 1, outcome.text
    assert says in outcome.text
    assert outcome.sentence == "Nothing was changed."
    assert clone.state() == before

"""Stores that cross renamed answers, moved files and split questions, over fixture releases."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from runpy import run_path
from typing import Any

import pytest
import yaml
from copier import run_copy
from packaging.version import Version
from support.checkout import git
from support.copier_cli import Outcome, content, copier
from support.history import release_working_tree
from support.stores import commit

from migrations.declared import Migration, declared, moves

OLDEST = "v0.1.0"
RENAMED, MOVED, MOVED_AGAIN = "v10000.0.0", "v10001.0.0", "v10002.0.0"
GIVEN = {"tier": "scale", "api_plan": "half"}
PARTS = ("alert_mailbox", "alert_host")
ANSWERS = ".copier-answers.yml"
OLD, NEW, NEWEST = (
    "monitoring/slo.yml",
    "monitoring/objectives.yml",
    "monitoring/slo/objectives.yml",
)
CUSTOM = {
    "customize_plans": True,
    "api_plan": "0.5c-512mb",
    "postgres_plan": "1c-4g",
    "alert_email": "watch@example.org",
}


def replace(path: Path, *words: tuple[str, str]) -> None:
    """Replace words that have to be there."""
    text = path.read_text(encoding="utf-8")
    for old, new in words:
        assert old in text, (path, old)
        text = text.replace(old, new)
    path.write_text(text, encoding="utf-8")


def add_migration(template: Path, tag: str, module: str) -> None:
    """Declare a release's migration as docs/release.md says."""
    (template / "migrations" / f"{tag.replace('.', '_')}.py").write_text(module, encoding="utf-8")


def rename_a_plan(template: Path) -> None:
    for name in ("render", "tiers"):
        replace(template / f"extensions/catalog/{name}.yml", ("0.5c-512mb", "half"))
    add_migration(
        template,
        RENAMED,
        '''"""Render renamed a plan."""


def rename_half(answers):
    """Rename 0.5c-512mb."""
    if answers.get("api_plan") == "0.5c-512mb":
        answers["api_plan"] = "half"
''',
    )


def move_a_file(template: Path) -> None:
    (template / "template" / OLD).rename(template / "template" / NEW)
    replace(template / "template" / NEW, ("min: 500", "min: 600"))
    add_migration(template, MOVED, f'"""Objectives."""\n\nMOVED = {{"{OLD}": "{NEW}"}}\n')


def move_it_again_and_split_a_question(template: Path) -> None:
    target = template / "template" / NEWEST
    target.parent.mkdir()
    (template / "template" / NEW).rename(target)
    config = template / "copier.yml"
    asked = config.read_text(encoding="utf-8")
    parts = "".join(f"{key}: {{type: str, default: unanswered}}\n" for key in PARTS)
    config.write_text(re.sub(r"^alert_email:\n( .*\n)+", parts, asked, flags=re.MULTILINE))
    replace(
        template / "extensions/decisions/questions.py",
        ("*YES_OR_NO,", '"alert_mailbox", "alert_host", *YES_OR_NO,'),
        (
            "QUESTIONS = frozenset({*TEXT_RULES",
            'QUESTIONS = frozenset({*TEXT_RULES.keys() - {"alert_email"}',
        ),
    )
    replace(
        template / "extensions/extension.py",
        (
            '                context["store"]',
            '                context["alert_email"] = "@".join(\n'
            '                    [context["alert_mailbox"], context["alert_host"]]\n'
            "                )\n"
            '                context["store"]',
        ),
    )
    add_migration(
        template,
        MOVED_AGAIN,
        f'''"""Objectives get a folder, and the alerts' address two questions."""

MOVED = {{"{NEW}": "{NEWEST}"}}


def split_alert_email(answers):
    """Turn the address into its two parts."""
    if "alert_email" in answers:
        answers["alert_mailbox"], answers["alert_host"] = answers.pop("alert_email").split("@")
''',
    )


@pytest.fixture(scope="module")
def template(history: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the template with three later releases, each with a migration."""
    repository = tmp_path_factory.mktemp("crossing") / "template"
    git("clone", "-q", str(history), str(repository), cwd=history)
    for tag, change in (
        (RENAMED, rename_a_plan),
        (MOVED, move_a_file),
        (MOVED_AGAIN, move_it_again_and_split_a_question),
    ):
        change(repository)
        release_working_tree(repository, tag)
    return repository


@dataclass(frozen=True)
class Team:
    """A store in its team's hands."""

    store: Path

    def edit(self, *words: tuple[str, str]) -> None:
        """Change the objectives and commit that."""
        replace(self.store / OLD, *words)
        self.commit()

    def commit(self) -> None:
        """Commit everything."""
        git("add", "-A", cwd=self.store)
        git("commit", "-q", "-m", "Change", cwd=self.store)

    def update(self, tag: str = MOVED_AGAIN, *arguments: str) -> Outcome:
        """Take a release without being asked anything."""
        return copier(
            "update", "--trust", "--defaults", "--vcs-ref", tag, *arguments, cwd=self.store
        )

    def answers(self) -> dict[str, Any]:
        """Return the recorded answers."""
        loaded: dict[str, Any] = yaml.safe_load((self.store / ANSWERS).read_text(encoding="utf-8"))
        return loaded

    def text(self, path: str) -> str:
        """Return a file's text."""
        return (self.store / path).read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def rendered(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store at the oldest release, with plans of its own."""
    store = tmp_path_factory.mktemp("rendered") / "store"
    run_copy(
        str(template), store, data=CUSTOM, vcs_ref=OLDEST, defaults=True, quiet=True, unsafe=True
    )
    return store


@pytest.fixture
def team(rendered: Path, tmp_path: Path) -> Team:
    store = tmp_path / "store"
    shutil.copytree(rendered, store)
    git("init", "-q", "-b", "main", cwd=store)
    team = Team(store)
    team.commit()
    return team


def test_answers_move_along(team: Team) -> None:
    outcome = team.update()

    assert outcome.code == 0, outcome.text
    answers = team.answers()
    assert answers["api_plan"] == "half"
    assert answers["postgres_plan"] == "1c-4g"
    assert (answers["alert_mailbox"], answers["alert_host"]) == ("watch", "example.org")
    assert "alert_email" not in answers
    assert "plan: half" in team.text("render/render.yaml")
    assert "watch@example.org" in team.text("monitoring/alerts.yml")


def test_an_unedited_file_moves(team: Team) -> None:
    assert team.update().code == 0
    assert not (team.store / OLD).exists()
    assert "min: 600" in team.text(NEWEST)


def test_an_edit_moves_along_and_is_merged_with_the_release(team: Team) -> None:
    team.edit(("target: 0.95", "target: 0.97"))

    outcome = team.update()

    assert outcome.code == 0, outcome.text
    assert not (team.store / OLD).exists()
    assert not (team.store / NEW).exists()
    assert "target: 0.97" in team.text(NEWEST)
    assert "min: 600" in team.text(NEWEST)
    assert not list(team.store.rglob("*.rej"))


def test_two_changes_of_one_line_are_a_visible_conflict(team: Team) -> None:
    team.edit(("min: 500", "min: 50"))

    team.update()

    text = team.text(NEWEST)
    for line in ("<<<<<<< before updating", "min: 50\n", "min: 600\n", ">>>>>>> after updating"):
        assert line in text
    assert text.index("min: 50\n") < text.index("min: 600\n")
    stages = git("ls-files", "--unmerged", "--", NEWEST, cwd=team.store).splitlines()
    assert [line.split("\t")[0].split()[2] for line in stages] == ["1", "2", "3"]


def test_a_conflict_lies_beside_the_file_where_rej_is_asked_for(team: Team) -> None:
    team.edit(("min: 500", "min: 50"))

    team.update(MOVED_AGAIN, "--conflict", "rej")

    assert "min: 600" in team.text(NEWEST)
    assert "+requests_per_hour_min: 50\n" in team.text(f"{NEWEST}.rej")
    assert [path.name for path in team.store.rglob("*.rej")] == ["objectives.yml.rej"]


def test_a_file_that_the_team_deleted_stays_deleted(team: Team) -> None:
    (team.store / OLD).unlink()
    team.commit()

    outcome = team.update()

    assert outcome.code == 0, outcome.text
    for path in (OLD, NEW, NEWEST):
        assert not (team.store / path).exists()


def test_an_edit_is_kept_where_the_new_place_is_taken(team: Team) -> None:
    (team.store / NEWEST).parent.mkdir()
    (team.store / NEWEST).write_text("our own\n")
    team.edit(("target: 0.95", "target: 0.97"))

    outcome = team.update()

    assert "Copy your changes of monitoring/slo.yml into it by hand." in outcome.text
    assert "target: 0.97" in team.text(OLD)


def test_an_update_that_crosses_nothing_runs_nothing(team: Team) -> None:
    assert team.update("v9999.0.0").code == 0
    team.commit()

    outcome = team.update("v9999.0.0")

    assert outcome.code == 0, outcome.text
    assert "Running task" not in outcome.text
    assert team.answers()["api_plan"] == "0.5c-512mb"
    assert (team.store / OLD).exists()


@pytest.mark.parametrize(
    ("conflict", "line"),
    [("inline", "target: 0.95"), ("inline", "min: 500"), ("rej", "min: 500")],
    ids=["merged", "marked", "beside"],
)
def test_a_stage_that_runs_twice_changes_nothing_more(
    conflict: str, line: str, team: Team, template: Path
) -> None:
    team.edit((line, line[:-1] + "7"))
    outcome = team.update(MOVED_AGAIN, "--conflict", conflict)
    assert outcome.code == 0, outcome.text
    before = content(team.store), git("status", "--porcelain", "-uall", cwd=team.store)

    repeat(template, team.store, conflict)

    after = content(team.store), git("status", "--porcelain", "-uall", cwd=team.store)
    assert after == before


def test_skip_answered_is_refused_where_answers_change(team: Team) -> None:
    """Copier would take the old answers, find them invalid, and fall back to the defaults."""
    outcome = team.update(MOVED_AGAIN, "--skip-answered")

    assert outcome.code != 0
    assert "update without it. Nothing was changed." in outcome.text
    assert git("status", "--porcelain", cwd=team.store) == ""


def test_skip_answered_is_no_problem_where_only_files_move(team: Team) -> None:
    team.edit(("target: 0.95", "target: 0.97"))
    assert team.update(RENAMED).code == 0
    team.commit()

    outcome = team.update(MOVED, "--skip-answered")

    assert outcome.code == 0, outcome.text
    assert "target: 0.97" in team.text(NEW)


def test_each_step_is_idempotent_and_documented(template: Path) -> None:
    for migration in [*declared(), *declared(template / "migrations")]:
        for step in migration.steps:
            assert step.__doc__, step
            step({})
            once = dict(CUSTOM)
            step(once)
            twice = dict(once)
            step(twice)
            assert twice == once, step


def test_a_template_without_tags_moves_edits_and_answers_too(history: Path, tmp_path: Path) -> None:
    template = tmp_path / "template"
    git("clone", "-q", "--no-tags", str(history), str(template), cwd=history)
    store = tmp_path / "store"
    run_copy(str(template), store, data=CUSTOM, defaults=True, quiet=True, unsafe=True)
    git("init", "-q", "-b", "main", cwd=store)
    team = Team(store)
    team.edit(("target: 0.95", "target: 0.97"))
    rename_a_plan(template)
    move_a_file(template)
    commit(template, "Move a file and rename a plan")

    outcome = copier("update", "--trust", "--defaults", cwd=store)

    assert outcome.code == 0, outcome.text
    assert team.answers()["api_plan"] == "half"
    assert not (store / OLD).exists()
    assert "target: 0.97" in team.text(NEW)
    assert "min: 600" in team.text(NEW)
    team.commit()
    (template / "template" / "later.txt").write_text("later\n")
    commit(template, "Add a file")
    again = copier("update", "--trust", "--defaults", cwd=store)
    assert again.code == 0, again.text
    assert "Running task" not in again.text


def test_the_updater_of_v0_3_0_knows_what_moves(template: Path) -> None:
    """It loads this file by its path, and takes the edits of what has moved for safe."""
    known = run_path(str(template / "migrations" / "declared.py"))

    crossed = known["crossed"](known["declared"](), "v0.3.0", MOVED_AGAIN)

    real = moves(declared())
    assert known["moves"](crossed) == {**real, OLD: NEWEST}


def test_a_path_that_moved_and_then_went_is_no_move() -> None:
    moved = Migration(Version("1"), (), {"a": "b", "c": "d"}, {})
    removed = Migration(Version("2"), (), {}, {"b": "nobody read it"})

    assert moves([moved, removed]) == {"c": "d"}


@pytest.mark.parametrize(
    ("answers", "question", "value"),
    [({"tier": "growth"}, "tier", "growth"), (CUSTOM, "api_plan", "0.5c-512mb")],
)
def test_an_answer_that_is_no_choice_any_more_is_refused_and_not_replaced(
    answers: dict[str, Any], question: str, value: str, history: Path, tmp_path: Path
) -> None:
    template = tmp_path / "template"
    git("clone", "-q", str(history), str(template), cwd=history)
    replace(template / "extensions/catalog/tiers.yml", ("growth:", "grow:"), ("0.5c-512mb", "half"))
    replace(template / "extensions/catalog/render.yml", ("0.5c-512mb", "half"))
    release_working_tree(template, RENAMED)
    store = tmp_path / "store"
    run_copy(str(template), store, data=answers, vcs_ref=OLDEST, defaults=True, quiet=True,
             unsafe=True)  # fmt: skip
    git("init", "-q", "-b", "main", cwd=store)
    team = Team(store)
    team.commit()

    outcome = team.update(RENAMED)

    assert outcome.code == 1
    assert f'{question} is recorded as "{value}", which is no longer a choice.' in outcome.text
    assert git("status", "--porcelain", cwd=store) == ""
    assert team.update(RENAMED, "--data", f"{question}={GIVEN[question]}").code == 0


def repeat(template: Path, store: Path, conflict: str) -> None:
    """Run both stages once more."""
    git("checkout", "-q", MOVED_AGAIN, cwd=template)
    for stage in ("before", "after"):
        subprocess.run(
            [sys.executable, "-B", template / "migrations", stage, ANSWERS, conflict, "False"],
            cwd=store, check=True,
        )  # fmt: skip

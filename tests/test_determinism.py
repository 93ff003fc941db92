"""The same answers give the same bytes, whoever renders them, wherever and whenever."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from support.checkout import Generate, git
from support.copier_cli import content, copier

ANSWERS = {"store_name": "Ilık Ida", "tier": "growth", "enable_logrocket": "yes"}  # noqa: RUF001
"""The name's letters change case differently in Turkish."""

CLOCK = """\
import datetime, time

AHEAD = 400 * 86400 + 12345
real = {name: getattr(time, name) for name in ("time", "localtime", "gmtime", "strftime")}
time.time = lambda: real["time"]() + AHEAD
time.time_ns = lambda: int(time.time() * 1e9)
for name in ("localtime", "gmtime"):
    setattr(time, name, lambda at=None, name=name: real[name](time.time() if at is None else at))
time.strftime = lambda form, at=None: real["strftime"](form, at or time.localtime())


class Later(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(time.time(), tz)

    today = now
    utcnow = classmethod(lambda cls: cls.utcfromtimestamp(time.time()))


class LaterDate(datetime.date):
    today = classmethod(lambda cls: cls.fromtimestamp(time.time()))


datetime.datetime, datetime.date = Later, LaterDate
"""


def render(
    template: Path,
    store: Path,
    environment: dict[str, str] | None = None,
    wrapper: tuple[str, ...] = (),
    answers: dict[str, str] | None = None,
) -> dict[str, tuple[bool, str]]:
    """Render a store in a process of its own and return its content."""
    data = [f"--data={name}={value}" for name, value in (answers or ANSWERS).items()]
    arguments: list[str | Path] = ["copy", "--trust", "--defaults", *data, template, store]
    outcome = copier(*arguments, environment=environment, wrapper=wrapper)
    assert outcome.code == 0, outcome.text
    return content(store)


@pytest.fixture(scope="session")
def usual(template: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[bool, str]]:
    """Return the store's content as this machine renders it."""
    return render(template, tmp_path_factory.mktemp("usual") / "store")


@pytest.mark.parametrize(
    "environment",
    [
        {"TZ": "Pacific/Kiritimati", "LC_ALL": "C", "LANG": "C", "PYTHONHASHSEED": "0"},
        {"TZ": "America/St_Johns", "LC_ALL": "C.UTF-8", "LANG": "", "PYTHONHASHSEED": "1"},
        {"LC_ALL": "tr_TR.UTF-8", "LANG": "tr_TR.UTF-8", "PYTHONHASHSEED": "4294967295"},
        {"LC_ALL": "POSIX", "PYTHONOPTIMIZE": "2", "COLUMNS": "20"},
    ],
    ids=["C and far east", "UTF-8 and half hours", "Turkish if installed", "POSIX and optimised"],
)
def test_time_zone_language_and_hash_seed_change_no_byte(
    environment: dict[str, str],
    usual: dict[str, tuple[bool, str]],
    template: Path,
    tmp_path: Path,
) -> None:
    assert render(template, tmp_path / "store", environment) == usual


def test_who_renders_and_in_which_folder_changes_no_byte(
    usual: dict[str, tuple[bool, str]], template: Path, tmp_path: Path
) -> None:
    """Only `_src_path` may name the template's own folder, and it is the same one here."""
    (tmp_path / "somebody").mkdir()
    person = {
        "HOME": str(tmp_path / "somebody"),
        "USER": "somebody",
        "LOGNAME": "somebody",
        "HOSTNAME": "elsewhere",
        "GIT_AUTHOR_NAME": "Some Body",
        "GIT_AUTHOR_EMAIL": "somebody@example.org",
        "COPIER_CACHE_DIR": str(tmp_path / "cache"),
    }

    assert render(template, tmp_path / "Other Folder é" / "x", person) == usual


def test_the_template_in_another_folder_changes_the_recorded_source_only(
    usual: dict[str, tuple[bool, str]], template: Path, tmp_path: Path
) -> None:
    git("clone", "-q", str(template), "elsewhere", cwd=tmp_path)

    rendered = render(tmp_path / "elsewhere", tmp_path / "store")

    assert rendered.keys() == usual.keys()
    assert {path for path in usual if rendered[path] != usual[path]} == {".copier-answers.yml"}


def test_pythons_clock_set_ahead_by_a_year_changes_no_byte(
    usual: dict[str, tuple[bool, str]], template: Path, tmp_path: Path
) -> None:
    """The clock is set ahead inside Python; git and the kernel keep the real one."""
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "sitecustomize.py").write_text(CLOCK)
    environment = {"PYTHONPATH": str(tmp_path / "later"), "SOURCE_DATE_EPOCH": "1"}
    probe = "import datetime, time; print(datetime.date.today().year, time.strftime('%Y'))"
    python = subprocess.run(
        [sys.executable, "-c", probe],
        env={**os.environ, **environment},
        check=True,
        capture_output=True,
        text=True,
    )
    now = subprocess.run(["date", "+%Y"], check=True, capture_output=True, text=True).stdout

    assert all(int(year) > int(now) for year in python.stdout.split())
    assert render(template, tmp_path / "store", environment) == usual


@pytest.mark.parametrize(
    "defaults",
    [
        "vercel_plan: hobby\n  postgres_plan: free\n  logrocket_plan: free",
        "vercel_plan: no such plan\n  api_plan: 5",
    ],
    ids=["plans that may not sell", "no plans at all"],
)
def test_plans_in_a_persons_settings_do_not_leak_into_a_store_that_does_not_choose_plans(
    defaults: str, usual: dict[str, tuple[bool, str]], template: Path, tmp_path: Path
) -> None:
    settings = tmp_path / "settings.yml"
    settings.write_text(f"defaults:\n  {defaults}\n")

    rendered = render(template, tmp_path / "store", {"COPIER_SETTINGS_PATH": str(settings)})

    assert rendered == usual


def test_rendering_needs_no_network(
    usual: dict[str, tuple[bool, str]], template: Path, tmp_path: Path
) -> None:
    alone = ("unshare", "--net", "--map-root-user")
    permitted = (
        shutil.which("unshare") is not None
        and subprocess.run([*alone, "true"], check=False, capture_output=True).returncode == 0
    )
    if not permitted and os.environ.get("CI") != "true":
        pytest.skip("this machine does not permit a process without network (unshare)")
    assert permitted, "CI must permit a process without network (unshare)"

    assert render(template, tmp_path / "store", wrapper=alone) == usual


def test_another_answer_changes_the_store(
    usual: dict[str, tuple[bool, str]], template: Path, tmp_path: Path
) -> None:
    """Prove that the comparison sees a difference of one price."""
    changed = render(template, tmp_path / "store", answers={**ANSWERS, "tier": "launch"})

    assert changed != usual


def test_the_command_line_and_the_tests_fixture_render_alike(
    usual: dict[str, tuple[bool, str]], generate: Generate
) -> None:
    answers = {**ANSWERS, "enable_logrocket": True}

    assert content(generate(**answers)) == usual


def test_a_path_may_stand_for_several_files(template: Path, tmp_path: Path) -> None:
    """The extension remembers what Copier compiles, which `yield` must not notice."""
    git("clone", "-q", str(template), "template", cwd=tmp_path)
    name = "{% yield size from ['small', 'large'] %}{{ size }}.txt{% endyield %}.jinja"
    for folder in ("vercel", "render"):
        (tmp_path / "template" / "template" / folder / name).write_text("{{ size }}\n")
    git("add", "-A", cwd=tmp_path / "template")
    git("commit", "-q", "-m", "Sizes", cwd=tmp_path / "template")

    outcome = copier(
        "copy", "--trust", "--defaults", "--vcs-ref", "HEAD", tmp_path / "template",
        tmp_path / "store",
    )  # fmt: skip

    assert outcome.code == 0, outcome.text
    for folder in ("vercel", "render"):
        for size in ("small", "large"):
            file = tmp_path / "store" / folder / f"{size}.txt"
            assert file.read_text() == f"{size}\n"

"""`make update` and its like as a team runs them: with nothing but Python, git and make.

The launcher, its uv and the package index are the real ones.
"""

from __future__ import annotations

import hashlib
import io
import subprocess
import tarfile
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from support.checkout import git
from support.later import CANDIDATE, NEXT, change, clone, edit, found_at, keep_side, publish
from support.running_store import INSTALL_SECONDS, copy_of, make
from support.stores import answers_of, commit

README = "You need Python 3.11 or later"
OURS = "You need Python 3.11, as on our laptops"
ADDRESS = "https://example.com/acme/template.git"


@pytest.fixture(scope="module")
def next_release(history: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a template whose next release changes a sentence."""
    repository = clone(history, tmp_path_factory.mktemp("later") / "template")
    change(repository, "template/README.md.jinja", README, "You need Python 3.12 or later")
    publish(repository, NEXT, "### Changed\n\n- Python 3.12.")
    return repository


@pytest.fixture(scope="module", autouse=True)
def cache(next_release: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give the launcher an empty cache, and let git find the public address on this machine."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_CACHE_HOME", str(folder))
        for name, value in found_at(ADDRESS, next_release).items():
            patch.setenv(name, value)
        yield folder


@pytest.fixture
def store(installed: Callable[..., Path], tmp_path: Path) -> Path:
    """Return an installed store that follows the template with the next release.

    It has no starter, whose code `make check` would read for half a minute.
    """
    store = copy_of(installed(include_starter=False), tmp_path / "store")
    edit(store, ".copier-answers.yml", answers_of(store)["_src_path"], ADDRESS)
    return store


def test_doctor_and_update_bring_what_they_need(store: Path, cache: Path) -> None:
    assert not (cache / "luma").exists()
    found = make(store, "doctor")

    assert found.returncode == 0, found.stdout + found.stderr
    assert found.stderr.startswith(f"Fetching {NEXT} of the template ...\nInstalling what its")
    assert f"{NEXT} is 1 release ahead." in found.stdout

    done = make(store, "update")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "Fetching" not in done.stderr
    assert "- Python 3.12." in done.stderr
    assert "0 findings" in done.stderr
    assert "README.md" in git("diff", "--name-only", cwd=store)
    assert answers_of(store)["_commit"] == NEXT

    commit(store, "Take the release")
    found = make(store, "doctor")
    assert found.returncode == 0, found.stdout + found.stderr
    assert "there is nothing newer." in found.stdout


def test_doctor_needs_no_setup_and_may_run_twice_at_once(store: Path, tmp_path: Path) -> None:
    git("clone", "-q", str(store), str(tmp_path / "fresh"), cwd=tmp_path)

    with ThreadPoolExecutor(2) as pool:
        found = list(pool.map(lambda _: make(tmp_path / "fresh", "doctor"), range(2)))

    assert [done.returncode for done in found] == [0, 0], found
    assert any(done.stderr.startswith("Installing the tools ...\n") for done in found)
    assert git("status", "--porcelain", cwd=tmp_path / "fresh") == ""


def test_a_conflict_ends_make_update_and_either_side_passes_make_check(store: Path) -> None:
    edit(store, "README.md", README, OURS)

    done = make(store, "update")

    assert done.returncode != 0
    assert "In conflict: README.md:" in done.stdout
    in_conflict = (store / "README.md").read_bytes()
    for side in ("before updating", "after updating"):
        (store / "README.md").write_bytes(in_conflict)
        keep_side(store / "README.md", side)
        checked = make(store, "check")
        assert checked.returncode == 0, checked.stdout + checked.stderr


def test_make_lock_keeps_what_is_locked_and_adds_what_is_new(
    installed: Callable[..., Path], tmp_path: Path
) -> None:
    store = copy_of(installed(), tmp_path / "store")
    assert (locked := make(store, "lock")).returncode == 0, locked.stderr
    assert git("status", "--porcelain", cwd=store) == ""

    with (store / "api" / "requirements.in").open("a") as manifest:
        manifest.write("isodate\n")
    assert make(store, "lock").returncode == 0

    changed = git("diff", "--name-only", cwd=store).split()
    assert changed == ["api/requirements-dev.txt", "api/requirements.in", "api/requirements.txt"]
    added = [
        line[1:].split("==")[0]
        for line in git("diff", "-U0", "--", "api/requirements.txt", cwd=store).splitlines()
        if line.startswith("+") and "==" in line
    ]
    assert added == ["isodate"]
    assert "://" not in (store / "api" / "requirements.txt").read_text()


@pytest.mark.parametrize("has_tools", [True, False])
def test_without_an_index_nothing_is_half_installed(
    has_tools: bool, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a person sees on a train."""
    if not has_tools:
        git("clone", "-q", str(store), str(tmp_path / "fresh"), cwd=tmp_path)
        store = tmp_path / "fresh"
    for name in ("PIP_NO_INDEX", "UV_NO_INDEX", "UV_OFFLINE", "UV_NO_CACHE"):
        monkeypatch.setenv(name, "1")
    for name in ("PIP_FIND_LINKS", "UV_FIND_LINKS"):
        monkeypatch.setenv(name, str(tmp_path))
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))

    done = make(store, "update")

    assert done.returncode != 0
    assert ("uv pip sync ended with" if has_tools else "-m pip ended with") in done.stderr
    assert "Traceback" not in done.stderr
    assert git("status", "--porcelain", cwd=store) == ""
    assert list(tmp_path.glob("cache/luma/environments/*/")) == []
    again = make(store, "update")
    assert again.stderr.splitlines()[-3:] == done.stderr.splitlines()[-3:]


BACKEND = """\
from pathlib import Path

Path({marker!r}).touch()
"""


def source_distribution(folder: Path, marker: Path) -> str:
    """Write a package whose installation runs its own code; return its line of a lock."""
    file = folder / "hostile-1.0.tar.gz"
    build = '[build-system]\nrequires = []\nbuild-backend = "backend"\nbackend-path = ["."]\n'
    with tarfile.open(file, "w:gz") as archive:
        for name, text in {
            "pyproject.toml": f'{build}[project]\nname = "hostile"\nversion = "1.0"\n',
            "backend.py": BACKEND.format(marker=str(marker)),
            "setup.py": BACKEND.format(marker=str(marker)),
            "PKG-INFO": "Metadata-Version: 2.1\nName: hostile\nVersion: 1.0\n",
        }.items():
            entry = tarfile.TarInfo(f"hostile-1.0/{name}")
            entry.size = len(text)
            archive.addfile(entry, io.BytesIO(text.encode()))
    return f"hostile==1.0 --hash=sha256:{hashlib.sha256(file.read_bytes()).hexdigest()}\n"


def test_no_code_of_a_candidates_lock_runs(
    store: Path, next_release: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hostile = clone(next_release, tmp_path / "template")
    (tmp_path / "index").mkdir()
    marker = tmp_path / "ran"
    lock = source_distribution(tmp_path / "index", marker)
    (hostile / "requirements/copier.txt").write_text(lock)
    publish(hostile, CANDIDATE, "")
    for name, value in found_at(ADDRESS, hostile).items():
        monkeypatch.setenv(name, value)
    assert make(store, "doctor").returncode == 0  # nobody asked for the candidate
    monkeypatch.setenv("UV_NO_INDEX", "1")
    monkeypatch.setenv("UV_FIND_LINKS", str(tmp_path / "index"))

    done = make(store, "update", "ARGS=--candidates")

    assert done.returncode != 0
    assert "hostile" in done.stderr
    assert "uv pip sync ended with" in done.stderr
    assert not marker.exists()
    assert git("status", "--porcelain", cwd=store) == ""
    # The package would be built, and run, if the launcher allowed that.
    (tmp_path / "lock.txt").write_text(lock)
    install = ["pip", "install", "--require-hashes", "--target", "target", "-r", "lock.txt"]
    uv = store / "tools/.venv/bin/uv"
    subprocess.run(
        [uv, *install], cwd=tmp_path, check=False, capture_output=True, timeout=INSTALL_SECONDS
    )
    assert marker.exists()

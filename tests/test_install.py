"""`make setup`: what it asks the package managers for, and what it says when one fails.

uv, npm and pip are stand-ins here: scripts that write down how they were called. The real ones run
in tests/installed and tests/updated.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from support.checkout import ROOT

LOG_CALL = """\
import json, os, sys
from pathlib import Path

variables = {name: os.environ.get(name) for name in ("UV_DEFAULT_INDEX", "UV_INDEX")}
call = {"arguments": sys.argv[1:], "folder": os.getcwd(), "variables": variables}
with open(os.environ["UV_STAND_IN"], "a") as log:
    log.write(json.dumps(call) + "\\n")
"""
UV = (
    LOG_CALL
    + """\
if sys.argv[1] == "venv":
    import venv

    venv.create(sys.argv[-1])
"""
)
NPM = (
    LOG_CALL
    + """\
if Path("broken").exists():
    print("npm error code EUSAGE")
    sys.exit(7)
"""
)
PIP = """\
print(":env:.index-url='https://index.test/simple'")
print("global.cert='/etc/corporate.pem'")
print("global.index-url='https://other.test/simple'")
"""


def program(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!{sys.executable}\n{text}")
    path.chmod(0o755)


def packages(environment: Path) -> Path:
    [found] = environment.glob("lib/python3*/site-packages")
    return found


@pytest.fixture
def store(tmp_path: Path) -> Path:
    """Return a store's folder with what `make setup` looks at, and a uv that is there already."""
    root = tmp_path / "store"
    shutil.copytree(ROOT / "template/tools", root / "tools")
    venv.create(root / "tools/.venv")
    program(root / "tools/.venv/bin/uv", UV)
    pip = packages(root / "tools/.venv") / "pip"
    pip.mkdir()
    (pip / "__main__.py").write_text(PIP)
    for file in ("api/requirements-dev.txt", "storefront/package-lock.json"):
        (root / file).parent.mkdir()
        (root / file).touch()
    program(tmp_path / "bin/npm", NPM)
    return root


def install(store: Path, path: str | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools.install"],
        cwd=store,
        env={
            **os.environ,
            "PATH": path or str(store.parent / "bin"),
            "UV_STAND_IN": str(log(store)),
        },
        check=False,
        capture_output=True,
        text=True,
    )


def log(store: Path) -> Path:
    return store.parent / "calls"


def calls(store: Path, *start: str) -> list[dict[str, Any]]:
    """Return the calls whose arguments begin with some words."""
    lines = map(json.loads, log(store).read_text().splitlines())
    return [call for call in lines if call["arguments"][: len(start)] == list(start)]


def test_each_part_is_installed_from_its_lock(store: Path) -> None:
    done = install(store)

    assert (done.returncode, done.stderr) == (0, "")
    parts = [line.partition(":")[0] for line in done.stdout.splitlines()]
    assert sorted(parts) == ["api", "storefront", "tools"]
    locks = {Path(call["arguments"][-1]) for call in calls(store, "pip", "sync")}
    assert locks == {store / "tools/requirements.txt", store / "api/requirements-dev.txt"}
    assert all("--require-hashes" in call["arguments"] for call in calls(store, "pip", "sync"))
    [npm] = calls(store, "ci")
    [listed] = calls(store, "run", "--if-present")
    assert listed["arguments"][-1] == "install-scripts"
    assert {npm["folder"], listed["folder"]} == {str(store / "storefront")}


def test_an_environment_that_is_there_is_kept(store: Path) -> None:
    """The `make update` of v0.3.0 runs in .venv/copier while it sets the store up."""
    assert install(store).returncode == 0
    (store / ".venv/copier").mkdir()
    created = len(calls(store, "venv"))

    assert install(store).returncode == 0
    assert (store / ".venv/copier").exists()
    assert len(calls(store, "venv")) == created


def test_an_environment_of_the_updater_alone_is_added_to(store: Path) -> None:
    (store / ".venv/copier").mkdir(parents=True)

    assert install(store).returncode == 0
    [create] = calls(store, "venv")
    assert "--allow-existing" in create["arguments"]
    assert (store / ".venv/copier").exists()


def test_the_apis_tests_find_the_servers_that_the_tools_hold(store: Path) -> None:
    for environment in (".venv", "tools/.venv"):
        venv.create(store / environment)
        (packages(store / environment) / "shared.py").write_text(f"OF = {environment!r}\n")
    (packages(store / "tools/.venv") / "server.py").touch()
    assert install(store).returncode == 0
    moved = store.rename(store.with_name("moved"))

    program = "import server, shared; print(shared.OF)"
    found = subprocess.check_output([moved / ".venv/bin/python", "-c", program], text=True)
    assert found == ".venv\n"


def test_uv_uses_the_index_that_pip_is_set_to(store: Path) -> None:
    assert install(store).returncode == 0
    for call in calls(store, "pip", "sync"):
        assert call["variables"] == {
            "UV_DEFAULT_INDEX": "https://index.test/simple",
            "UV_INDEX": None,
        }


def test_a_part_that_fails_says_why_and_keeps_no_other_from_being_installed(store: Path) -> None:
    (store / "storefront/broken").touch()
    done = install(store)

    assert done.returncode == 1
    assert done.stderr.startswith("storefront: npm ci")
    assert "npm error code EUSAGE" in done.stderr
    assert "tools: installed" in done.stdout


LOCK = {
    "packages": {
        "": {"dependencies": {"lamp": "1.0.0"}},
        "node_modules/lamp": {"version": "1.0.0", "integrity": "sha512-lamp"},
        "node_modules/elsewhere": {"version": "1.0.0", "integrity": "sha512-e", "optional": True},
    }
}
"""One package, and one that only other systems need."""


@pytest.fixture
def storefront(store: Path) -> Path:
    """Return a folder whose package npm has installed."""
    folder = store / "storefront"
    (folder / "node_modules/lamp").mkdir(parents=True)
    (folder / "package.json").write_text(json.dumps(LOCK["packages"][""]))
    (folder / "package-lock.json").write_text(json.dumps(LOCK))
    lamp = {"node_modules/lamp": LOCK["packages"]["node_modules/lamp"]}
    record = folder / "node_modules/.package-lock.json"
    record.write_text(json.dumps({"packages": lamp}))
    return folder


@pytest.mark.usefixtures("storefront")
def test_packages_that_are_there_are_not_installed_again(store: Path) -> None:
    assert install(store).returncode == 0
    assert calls(store, "ci") == []
    assert len(calls(store, "run", "--if-present")) == 1


CHANGES: dict[str, Callable[[Path], object]] = {
    "a package is gone": lambda folder: (folder / "node_modules/lamp").rmdir(),
    "the record is gone": lambda folder: (folder / "node_modules/.package-lock.json").unlink(),
    "the lock has another content": lambda folder: edit(folder / "package-lock.json", "512-lamp"),
    "the manifest asks for another version": lambda folder: edit(folder / "package.json", "1.0.0"),
    "a package is not in the lock": lambda folder: edit(
        folder / "node_modules/.package-lock.json", "node_modules/lamp"
    ),
    "the lock is no JSON": lambda folder: (folder / "package-lock.json").write_text("{"),
}


def edit(file: Path, old: str) -> None:
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, f"{old}-x"))


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_packages_that_differ_are_installed(
    store: Path, storefront: Path, change: Callable[[Path], object]
) -> None:
    change(storefront)
    assert install(store).returncode == 0
    assert len(calls(store, "ci")) == 1


def test_a_missing_npm_is_named(store: Path) -> None:
    done = install(store, path="/nowhere")
    assert done.returncode == 1
    assert done.stderr == (
        "storefront: npm is not installed: install Node.js 24, then run make setup again\n"
    )


def test_the_lock_names_the_uv_that_installs_the_rest(store: Path) -> None:
    shutil.rmtree(store / "tools/.venv")
    lock = store / "tools/requirements.txt"
    lock.write_text("".join(line for line in lock.open() if not line.startswith("uv==")))
    done = install(store)

    assert done.returncode == 1
    assert "tools: requirements.txt names no uv" in done.stderr
    assert not (store / "tools/.venv").exists()

"""What a store takes from others: who watches it, what it may run, and which image it builds on."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.checkout import ROOT, Generate, git

ZIZMOR = Path(sysconfig.get_path("scripts"), "zizmor")
DEPENDABOT = ".github/dependabot.yml"
LOCKS = {"package-lock.json": "npm", "requirements.txt": "pip", "Dockerfile": "docker"}
STORES_OWN = {"storefront", "api"}
DIGEST = f"sha256:{'0123456789abcdef' * 4}"
DOCKER = f"""\
import sys
from pathlib import Path

Path("asked").write_text(" ".join(sys.argv[1:]))
sys.exit(1) if Path("offline").exists() else print({DIGEST!r})
"""


def watched(file: Path) -> set[tuple[str, str]]:
    """Return the folders that Dependabot watches, each with the kind of its packages."""
    updates = yaml.safe_load(file.read_text())["updates"]
    return {
        (update["package-ecosystem"], folder.strip("/"))
        for update in updates
        for folder in update.get("directories", [update.get("directory")])
    }


def locked(files: Iterable[Path]) -> set[tuple[str, str]]:
    """Return the folders that have a lock file, each with its kind."""
    return {
        (LOCKS[file.name], file.parent.as_posix().strip("."))
        for file in files
        if file.name in LOCKS
    }


@pytest.fixture(scope="module")
def store(generate: Generate) -> Path:
    return generate(enable_logrocket=True)


@pytest.fixture(params=["store", "template"])
def dependabot(request: pytest.FixtureRequest, store: Path) -> Path:
    return {"store": store, "template": ROOT}[request.param] / DEPENDABOT


def zizmor(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run the linter, which knows Dependabot's schema."""
    return subprocess.run(
        [ZIZMOR, "--offline", "--no-progress", DEPENDABOT],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


def test_dependabot_takes_the_file_and_a_wrong_one_is_refused(
    dependabot: Path, tmp_path: Path
) -> None:
    copy = tmp_path / DEPENDABOT
    copy.parent.mkdir()
    text = dependabot.read_text()
    copy.write_text(text)
    found = zizmor(tmp_path)
    assert found.returncode == 0, found.stdout + found.stderr
    for right, wrong in (("weekly", "sometimes"), (": npm", ": npm2"), ("7 }", "0 }")):
        assert right in text
        copy.write_text(text.replace(right, wrong))
        assert zizmor(tmp_path).returncode != 0, wrong


def test_dependabot_groups_what_comes_at_once(dependabot: Path) -> None:
    for update in yaml.safe_load(dependabot.read_text())["updates"]:
        assert update["schedule"]["interval"] == "weekly"
        if update["package-ecosystem"] != "docker":
            assert len(update["groups"]) == 1


def test_a_stores_dependabot_watches_what_is_the_stores_own(store: Path) -> None:
    """The template's pins move with updates: another hand there would make each a conflict."""
    own = [
        file.relative_to(store)
        for name in LOCKS
        for file in store.rglob(name)
        if file.relative_to(store).parts[0] in STORES_OWN
    ]
    assert watched(store / DEPENDABOT) == locked(own) == {("npm", "storefront"), ("pip", "api")}


def test_the_templates_dependabot_watches_every_lock_of_stores() -> None:
    files = git("ls-files", "template", "tests/node", cwd=ROOT)
    expected = locked(map(Path, files.splitlines()))
    others = {("pip", ""), ("pip", "requirements"), ("github-actions", "")}
    assert len(expected) == 6
    assert watched(ROOT / DEPENDABOT) == expected | others


@pytest.fixture
def packages(tmp_path: Path) -> Path:
    """Return a folder that depends on two packages, both with an install script."""
    if (npm := shutil.which("npm")) is None:
        assert not os.environ.get("CI"), "npm is not installed."
        pytest.skip("npm is not installed.")
    (tmp_path / "store").mkdir()
    for name in ("listed", "other"):
        source = tmp_path / name
        source.mkdir()
        script = f"touch {tmp_path}/{name}-ran"
        manifest = {"name": name, "version": "1.0.0", "scripts": {"postinstall": script}}
        (source / "package.json").write_text(json.dumps(manifest))
        subprocess.run([npm, "pack", "--silent", source], cwd=tmp_path / "store", check=True)
    manifest = {
        "name": "store",
        "scripts": {"install-scripts": "npm rebuild --ignore-scripts=false listed"},
        "dependencies": {name: f"file:{name}-1.0.0.tgz" for name in ("listed", "other")},
    }
    (tmp_path / "store/package.json").write_text(json.dumps(manifest))
    command = [npm, "install", "--package-lock-only", "--offline", "--silent"]
    subprocess.run(command, cwd=tmp_path / "store", check=True)
    return tmp_path / "store"


def ran(packages: Path) -> list[str]:
    return sorted(path.name for path in packages.parent.glob("*-ran"))


def install_command(store: Path) -> str:
    command: str = json.loads((store / "vercel/vercel.json").read_text())["installCommand"]
    return command.replace(" && npm ci --prefix ../monitoring/replay", "")


def npm_scripts(command: str, packages: Path) -> list[str]:
    environment = {**os.environ, "npm_config_offline": "true"}
    subprocess.run(["sh", "-c", command], cwd=packages, env=environment, check=True)
    return ran(packages)


def test_npm_runs_only_the_install_scripts_on_the_list(store: Path, packages: Path) -> None:
    command = install_command(store)
    assert command.startswith("npm ci")
    assert npm_scripts("npm ci", packages) == ["listed-ran", "other-ran"]
    for marker in packages.parent.glob("*-ran"):
        marker.unlink()

    shutil.copy(store / "storefront/.npmrc", packages)

    assert npm_scripts("npm ci", packages) == []
    assert npm_scripts(command, packages) == ["listed-ran"]


def test_an_existing_store_without_the_list_installs_as_before(store: Path, packages: Path) -> None:
    manifest = json.loads((packages / "package.json").read_text())
    del manifest["scripts"]
    (packages / "package.json").write_text(json.dumps(manifest))

    assert npm_scripts(install_command(store), packages) == ["listed-ran", "other-ran"]


def test_nothing_that_a_store_installs_needs_a_script(store: Path) -> None:
    for lock in ("storefront/package-lock.json", "monitoring/replay/package-lock.json"):
        packages: dict[str, Any] = json.loads((store / lock).read_text())["packages"]
        needing = {name for name, of in packages.items() if of.get("hasInstallScript")}
        # Without its script, esbuild starts a little more slowly.
        assert needing <= {"node_modules/esbuild"}
    assert "ignore-scripts=true\n" in (store / "storefront/.npmrc").read_text()


@pytest.fixture
def image(tmp_path: Path) -> Path:
    """Return a folder with what `make image` reads, and a stand-in for Docker in bin/."""
    for name in ("Makefile", "template/render/Dockerfile"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / name, tmp_path / name)
    docker = tmp_path / "bin/docker"
    docker.parent.mkdir()
    docker.write_text(f"#!{sys.executable}\n{DOCKER}")
    docker.chmod(0o755)
    return tmp_path


def make_image(folder: Path) -> int:
    path = f"{folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["make", "--silent", "image"],
        cwd=folder,
        env={**os.environ, "PATH": path},
        capture_output=True,
        check=False,
    )
    return done.returncode


def test_make_image_pins_the_image_that_the_tag_has_now(image: Path) -> None:
    file = image / "template/render/Dockerfile"
    before = file.read_text()
    [tag, pinned] = re.findall(r"^FROM (python:\S+)@(sha256:[0-9a-f]{64}) AS base$", before, re.M)[
        0
    ]

    assert make_image(image) == 0

    assert file.read_text() == before.replace(pinned, DIGEST)
    assert f"imagetools inspect {tag} " in (image / "asked").read_text()


def test_make_image_changes_nothing_without_an_answer(image: Path) -> None:
    before = (image / "template/render/Dockerfile").read_text()
    (image / "offline").touch()

    assert make_image(image) != 0

    assert (image / "template/render/Dockerfile").read_text() == before

"""The launcher in a store, run as its Makefile runs it: which of the template's commands it starts.

uv is a stand-in that lends the packages of these tests. A later release of the template has
commands that only tell how they were started; the store's own release has the real ones.
"""

from __future__ import annotations

import http.server
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from support.checkout import ROOT, WORKING_TREE_TAG, git
from support.copier_cli import content
from support.installed_tools import LOG, PYTHON, install_tools, program
from support.later import CANDIDATE, NEXT, Result, change, clone, edit, publish
from support.stores import answers_of

TOLD = """\
import json, sys, time

told = dict(release={tag!r}, arguments=sys.argv[1:], python=sys.prefix, path=sys.path)
try:
    print(json.dumps(told), flush=True)
    time.sleep(60 if "--wait" in sys.argv else 0)
except KeyboardInterrupt:
    time.sleep(1)  # as long as it may take to bring a store back
    print("brought back")
    sys.exit(130)
sys.exit(7 if "--fail" in sys.argv else 0)
"""
OFFLINE = "https://127.0.0.1:1/acme/template.git"


def release(template: Path, tag: str) -> None:
    """Publish a release of little more than commands that tell how they were started, and a lock.

    The smaller it is, the sooner it is fetched.
    """
    for name in git("ls-files", cwd=template).splitlines():
        if name != "CHANGELOG.md":
            (template / name).unlink()
    for name in ("luma", "requirements"):
        (template / name).mkdir(exist_ok=True)
    (template / "luma/__main__.py").write_text(TOLD.format(tag=tag))
    (template / "requirements/copier.txt").write_text(f"# {tag}\n")
    publish(template, tag, "")


@pytest.fixture(scope="module")
def template(history: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a template whose newest release is NEXT, with a candidate for the one after it."""
    repository = clone(history, tmp_path_factory.mktemp("launcher") / "template")
    release(repository, NEXT)
    release(repository, CANDIDATE)
    git("gc", "-q", cwd=repository)  # a hosted repository is packed, and soon copied
    return repository


@dataclass(frozen=True)
class Machine:
    """A store on somebody's machine, with a cache of its own."""

    store: Path
    folder: Path

    @property
    def cache(self) -> Path:
        """Return the folder for caches."""
        return self.folder / "cache"

    def variables(self, changes: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the environment of a command: that of the tests, without Copier's settings."""
        variables = {
            **os.environ,
            "XDG_CACHE_HOME": str(self.cache),
            LOG: str(self.folder / "uv"),
            "GIT_TERMINAL_PROMPT": "0",
            **(changes or {}),
        }
        if "COPIER_SETTINGS_PATH" not in (changes or {}):
            del variables["COPIER_SETTINGS_PATH"]
        return variables

    def start(self, *arguments: str, **changes: str) -> subprocess.Popen[str]:
        """Start a command."""
        return subprocess.Popen(
            [PYTHON, "-m", "tools.luma", *arguments],
            cwd=self.store,
            env=self.variables(changes),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )

    def run(self, *arguments: str, **changes: str) -> Result:
        """Run a command to its end."""
        return ended(self.start(*arguments, **changes))

    def calls(self, command: str) -> list[dict[str, Any]]:
        """Return the calls of a command of uv."""
        log = self.folder / "uv"
        called = map(json.loads, log.read_text().splitlines()) if log.exists() else ()
        return [call for call in called if call["arguments"][0] == command]

    def checkouts(self) -> list[Path]:
        """Return the template's checkouts in the cache."""
        return sorted(self.cache.glob("luma/templates/*/"))

    def environments(self) -> list[Path]:
        """Return the virtual environments in the cache."""
        return sorted(self.cache.glob("luma/environments/*/"))


def ended(process: subprocess.Popen[str]) -> Result:
    """Return how a command has ended."""
    out, err = process.communicate(timeout=120)
    assert "Traceback" not in err, err
    return Result(process.returncode, out, err)


@pytest.fixture(scope="module")
def prepared(generated: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a committed store with what the launcher needs of the tools: uv and PyYAML."""
    store = Path(shutil.copytree(generated, tmp_path_factory.mktemp("tools") / "store"))
    install_tools(store)
    return store


@pytest.fixture
def machine(prepared: Path, tmp_path: Path) -> Machine:
    """Return a store that nobody has run a command in yet."""
    return Machine(shutil.copytree(prepared, tmp_path / "store", symlinks=True), tmp_path)


@pytest.fixture(scope="module")
def used(prepared: Path, tmp_path_factory: pytest.TempPathFactory) -> Machine:
    """Return a machine with a warm cache; copy it before you write."""
    folder = tmp_path_factory.mktemp("used")
    machine = Machine(shutil.copytree(prepared, folder / "store", symlinks=True), folder)
    assert machine.run("doctor").code == 0
    return machine


@pytest.fixture
def warm(used: Machine, tmp_path: Path) -> Machine:
    """Return a store whose commands have run before."""
    shutil.copytree(used.folder, tmp_path / "warm", symlinks=True)
    return Machine(tmp_path / "warm/store", tmp_path / "warm")


def follow(store: Path, template: Path | str) -> None:
    """Let a store follow another template, as its team writes it down."""
    edit(store, ".copier-answers.yml", answers_of(store)["_src_path"], str(template))


@pytest.fixture
def git_calls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], str]:
    """Put a git in front of git that notes what it is asked for; return its notes."""
    notes, git = tmp_path / "git", tmp_path / "bin/git"
    git.parent.mkdir()
    git.write_text(f'#!/bin/sh\necho "$@" >> {notes}\nexec {shutil.which("git")} "$@"\n')
    git.chmod(0o755)
    monkeypatch.setenv("PATH", f"{git.parent}:{os.environ['PATH']}")
    return lambda: notes.read_text() if notes.exists() else ""


# Which commands run


def test_the_newest_releases_commands_run_in_an_environment_of_their_own(machine: Machine) -> None:
    done = machine.run("update", "--data", "tier=growth", "--json")

    assert done.code == 0, done.err
    assert done.json["release"] == NEXT
    given = ["update", "--data", "tier=growth", "--json", "--store", str(machine.store)]
    assert done.json["arguments"] == given
    (environment,) = machine.environments()
    assert done.json["python"] == str(environment)
    assert done.err.splitlines() == [
        f"Fetching {NEXT} of the template ...",
        "Installing what its commands need ...",
    ]
    again = machine.run("update", "--data", "tier=growth", "--json")
    assert (again.out, again.err) == (done.out, "")


def test_a_second_start_asks_git_twice_and_no_package_manager(
    warm: Machine, git_calls: Callable[[], str]
) -> None:
    """What takes time; the template's own commands here use no git."""
    installed = len(warm.calls("pip"))

    assert warm.run("doctor").code == 0

    subcommands = [word for word in git_calls().split() if word in {"ls-remote", "status", "clone"}]
    assert subcommands == ["ls-remote", "status"]
    assert len(git_calls().splitlines()) == 2
    assert len(warm.calls("pip")) == installed


@pytest.mark.parametrize("path", ["PYTHONPATH", "GIT_DIR", "GIT_INDEX_FILE"])
def test_the_shells_settings_for_a_store_do_not_reach_the_templates_commands(
    path: str, machine: Machine
) -> None:
    """A team exports PYTHONPATH for its API; a hook of git runs with the others."""
    value = {"PYTHONPATH": ".", "GIT_DIR": ".git", "GIT_INDEX_FILE": ".git/index"}[path]
    before = (machine.store / ".git/index").read_bytes()

    done = machine.run("doctor", **{path: str(machine.store / value)})

    assert done.json["release"] == NEXT
    assert str(machine.store) not in done.json["path"]
    assert (machine.store / ".git/index").read_bytes() == before


def test_a_real_update_is_taken_and_its_exit_code_passed_on(
    history: Path, machine: Machine, tmp_path: Path
) -> None:
    python = "You need Python 3.11 or later"
    later = clone(history, tmp_path / "template")
    change(later, "template/README.md.jinja", python, "You need Python 3.12 or later")
    publish(later, NEXT, "### Changed\n\n- Python 3.12.")
    follow(machine.store, later)
    edit(machine.store, "README.md", python, "You need Python 3.11, as on our laptops")

    done = machine.run("update", "--no-check")

    assert done.code == 2, done.err
    assert "In conflict: README.md:" in done.out
    assert answers_of(machine.store)["_commit"] == NEXT


@pytest.mark.parametrize(("option", "code"), [("--fail", 7), ("--ok", 0)])
def test_the_commands_exit_code_is_the_launchers(option: str, code: int, warm: Machine) -> None:
    assert warm.run("doctor", option).code == code


@pytest.mark.parametrize("option", ["--updater", "--to"])
def test_an_option_without_its_value_is_no_conflict(option: str, warm: Machine) -> None:
    done = warm.run("update", option)
    assert (done.code, done.err) == (1, f"argument {option}: expected one argument.\n")


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (["storage", "plan"], "CLOUDINARY_URL is not set: it must be cloudinary://"),
        (["live", "plan"], "my-organisation/luma-store is an example; before the store goes live"),
        (["cost", "tier=huge"], '"huge" is not a tier: choose one of'),
    ],
)
def test_what_reads_the_stores_declarations_is_of_the_stores_release(
    command: list[str], sentence: str, machine: Machine
) -> None:
    done = machine.run(*command)

    assert done.code == 1
    assert done.err.startswith(f"Fetching {WORKING_TREE_TAG} of the template ...\n")
    assert sentence in done.err


def test_candidates_run_only_when_they_are_asked_for(machine: Machine) -> None:
    assert machine.run("doctor").json["release"] == NEXT
    assert len(machine.checkouts()) == len(machine.calls("pip")) == 1
    for asked in (["--candidates"], ["--to", CANDIDATE], [f"--to={CANDIDATE}"]):
        assert machine.run("update", *asked).json["release"] == CANDIDATE
    assert machine.run("update", "--to", WORKING_TREE_TAG).json["release"] == NEXT


def test_updater_goes_around_a_broken_release(machine: Machine, template: Path) -> None:
    broken = clone(template, machine.folder / "template")
    (broken / "luma/__main__.py").write_text("raise SystemExit('broken')\n")
    publish(broken, "v10002.0.0", "")
    follow(machine.store, broken)

    assert machine.run("update").err.endswith("\nbroken\n")
    done = machine.run("update", "--updater", NEXT, "--to", "HEAD")
    assert done.json["release"] == NEXT
    assert done.json["arguments"][:3] == ["update", "--to", "HEAD"]


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("v0.3.1", "v0.3.1 has no commands for stores: v0.4.0 is the first."),
        ("v7.0.0", f"has no release v7.0.0. The newest is {NEXT}."),
    ],
)
def test_an_updater_that_cannot_be_is_told(name: str, says: str, machine: Machine) -> None:
    done = machine.run("update", "--updater", name)
    assert done.code == 1
    assert done.err.splitlines()[-1].endswith(says)
    assert machine.calls("pip") == []


def test_a_newest_release_without_commands_leaves_it_to_the_stores_own(machine: Machine) -> None:
    """A store that was generated after the last release that lacked them."""
    old = clone(Path(answers_of(machine.store)["_src_path"]), machine.folder / "template")
    with_commands = git("tag", "--contains", "v0.4.0", cwd=old).split()
    git("tag", "-d", *with_commands, cwd=old)
    release(old, "v10002.0.0")
    git("tag", "-d", "v10002.0.0", cwd=old)
    follow(machine.store, old)
    generated_from = git("rev-parse", "--short", "HEAD", cwd=old).strip()
    edit(machine.store, ".copier-answers.yml", WORKING_TREE_TAG, generated_from)

    assert machine.run("doctor").json["release"] == "v10002.0.0"


def test_a_template_without_tags_has_its_default_branch(machine: Machine, template: Path) -> None:
    untagged = machine.folder / "template"
    git("clone", "-q", "--no-tags", str(template), str(untagged), cwd=template)
    follow(machine.store, untagged)

    done = machine.run("update")

    assert done.err.startswith("Fetching HEAD of the template ...\n")
    assert done.json["release"] == CANDIDATE


def test_a_tag_that_was_moved_is_followed(warm: Machine, template: Path) -> None:
    moved = clone(template, warm.folder / "template")
    follow(warm.store, moved)
    assert warm.run("doctor").json["release"] == NEXT
    git("tag", "-d", NEXT, cwd=moved)
    (moved / "luma/__main__.py").write_text(TOLD.format(tag="moved"))
    publish(moved, NEXT, "")

    assert warm.run("doctor").json["release"] == "moved"


def test_a_fork_is_followed_to_its_address(warm: Machine, template: Path) -> None:
    fork = clone(template, warm.folder / "fork")
    release(fork, "v10002.0.0")
    git("tag", "-d", CANDIDATE, cwd=fork)
    follow(warm.store, f"git+file://{fork}")

    assert warm.run("doctor").json["release"] == "v10002.0.0"


def test_a_home_folder_may_be_written_as_a_tilde(machine: Machine, template: Path) -> None:
    clone(template, machine.folder / "template")
    follow(machine.store, "~/template")

    assert machine.run("doctor", HOME=str(machine.folder)).json["release"] == NEXT


def test_a_store_may_be_moved(warm: Machine) -> None:
    warm.store.rename(warm.folder / "moved")
    moved = Machine(warm.folder / "moved", warm.folder)

    done = moved.run("doctor")

    assert (done.code, done.err) == (0, "")
    assert done.json["arguments"] == ["doctor", "--store", str(moved.store)]


# Without a network, and with a cache that is not as it was


@pytest.mark.parametrize("address", [OFFLINE, "/moved/away", "git+file:///moved/away"])
def test_a_template_that_cannot_be_reached_is_told(address: str, machine: Machine) -> None:
    follow(machine.store, address)
    before = content(machine.store)

    for command in (["update"], ["doctor"], ["storage", "plan"]):
        done = machine.run(*command)
        assert (done.code, done.out) == (1, "")
        assert f"The template at {address} cannot be reached. fatal: " in done.err
        assert f"\nTry: git ls-remote {address.removeprefix('git+')}\n" in done.err
        assert "write its address as _src_path into .copier-answers.yml" in done.err
    assert content(machine.store) == before
    assert machine.checkouts() == machine.environments() == []


class Private(http.server.BaseHTTPRequestHandler):
    """A host that shows a repository to nobody whom it does not know."""

    def do_GET(self) -> None:
        """Ask who it is."""
        self.send_response(401)
        self.send_header("WWW-Authenticate", 'Basic realm="acme"')
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Keep quiet."""


@pytest.fixture
def private() -> Iterator[str]:
    """Return the address of a template that git has no credentials for."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Private) as server:
        threading.Thread(target=server.serve_forever).start()
        yield f"http://127.0.0.1:{server.server_port}/acme/template.git"
        server.shutdown()


def test_a_private_template_is_told(private: str, machine: Machine) -> None:
    follow(machine.store, private)
    done = machine.run("update")
    assert done.code == 1
    assert "could not read Username" in done.err
    assert f"\nTry: git ls-remote {private}\n" in done.err


def test_what_the_cache_holds_needs_no_network(machine: Machine, template: Path) -> None:
    away = clone(template, machine.folder / "template")
    follow(machine.store, away)
    assert "CLOUDINARY_URL is not set" in machine.run("storage", "plan").err
    away.rename(machine.folder / "away")

    assert machine.run("storage", "plan").err.startswith("CLOUDINARY_URL is not set")

    (checkout,) = machine.checkouts()
    (checkout / "copier.yml").unlink()
    broken = machine.run("storage", "plan")
    assert broken.code == 1
    assert f"The template at {away} cannot be reached" in broken.err


def test_a_commit_that_the_template_lacks_is_told(machine: Machine) -> None:
    edit(machine.store, ".copier-answers.yml", WORKING_TREE_TAG, "v0.4.7")
    done = machine.run("storage", "plan")
    assert done.code == 1
    assert "does not have v0.4.7, which .copier-answers.yml records: push it there" in done.err
    assert machine.checkouts() == []


@pytest.mark.parametrize("line", ["_commit: --foo", "_commit: ", "_src_path: "])
def test_answers_that_name_no_template_are_told(line: str, machine: Machine) -> None:
    answers = machine.store / ".copier-answers.yml"
    name = line.partition(":")[0]
    kept = [kept for kept in answers.read_text().splitlines() if not kept.startswith(name)]
    answers.write_text("\n".join([*kept, line, ""]))

    done = machine.run("doctor")

    assert done.code == 1
    assert "restore it with git checkout -- .copier-answers.yml" in done.err


def in_checkout(path: str) -> Callable[[Machine], Path]:
    """Return the function that finds a path in the checkout."""
    return lambda machine: machine.checkouts()[0] / path


def in_environment(pattern: str) -> Callable[[Machine], Path]:
    """Return the function that finds a path in the environment."""
    return lambda machine: next(machine.environments()[0].glob(pattern))


def delete(path: Path) -> None:
    """Delete a file."""
    path.unlink()


def edited(path: Path) -> None:
    """Change a file."""
    path.write_text("raise SystemExit('not the template's')\n")


def dangling(path: Path) -> None:
    """Let a link lead nowhere."""
    path.unlink()
    path.symlink_to("/nowhere/python3")


BROKEN: dict[str, tuple[Callable[[Machine], Path], Callable[[Path], None]]] = {
    "file gone": (in_checkout("requirements/copier.txt"), delete),
    "file edited": (in_checkout("luma/__main__.py"), edited),
    "repository gone": (in_checkout(".git"), shutil.rmtree),
    "repository broken": (in_checkout(".git/HEAD"), delete),
    "package broken": (in_environment("lib/*/site-packages/part.py"), delete),
    "python gone": (in_environment("bin/python"), dangling),
}


@pytest.mark.parametrize("harm", BROKEN)
def test_a_broken_cache_is_mended(harm: str, warm: Machine) -> None:
    # As in a home folder that is kept in git, apart from its caches.
    git("init", "-q", cwd=warm.cache)
    (warm.cache / ".gitignore").write_text("*\n")
    find, do = BROKEN[harm]
    path = find(warm)
    do(path)

    done = warm.run("doctor")

    assert done.code == 0, done.err
    assert done.json["release"] == NEXT
    what = "Installing" if "environments" in path.parts else "Fetching"
    assert done.err.startswith(what), done.err
    assert path.exists()
    assert warm.run("doctor").err == ""


def wait_for(condition: Callable[[], Any]) -> None:
    """Wait until something is the case."""
    end = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.02)


@pytest.mark.parametrize("sent", [signal.SIGKILL, signal.SIGINT])
def test_an_interrupted_installation_is_begun_again(sent: signal.Signals, machine: Machine) -> None:
    before = content(machine.store)
    (machine.folder / "uv.slow").touch()
    running = machine.start("doctor")
    wait_for(lambda: machine.calls("pip"))
    os.killpg(running.pid, sent)
    stopped = ended(running)
    (machine.folder / "uv.slow").unlink()

    if sent == signal.SIGINT:
        assert stopped.code == 130
        assert stopped.err.endswith("\nStopped; the store is as it was.\n")
        assert machine.environments() == []
    done = machine.run("doctor")
    assert done.json["release"] == NEXT
    assert len(machine.environments()) == 1
    assert content(machine.store) == before


def test_a_command_may_take_its_time_to_end_after_ctrl_c(warm: Machine) -> None:
    running = warm.start("update", "--wait")
    assert running.stdout
    assert json.loads(running.stdout.readline())["release"] == NEXT

    os.killpg(running.pid, signal.SIGINT)

    done = ended(running)
    assert (done.code, done.out, done.err) == (130, "brought back\n", "")


def test_ctrl_c_is_left_to_a_python_that_luma_starts(tmp_path: Path) -> None:
    program(tmp_path / "python", TOLD.format(tag="working tree"))
    started = (
        "import sys; from luma.__main__ import inside; sys.exit(inside(sys.argv[1], ['--wait']))"
    )
    running = subprocess.Popen(
        [sys.executable, "-c", started, tmp_path / "python"],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert running.stdout
    assert running.stdout.readline()

    os.killpg(running.pid, signal.SIGINT)

    done = ended(running)
    assert (done.code, done.out, done.err) == (130, "brought back\n", "")


def test_a_half_fetched_checkout_is_fetched_again(machine: Machine) -> None:
    machine.run("doctor")
    (checkout,) = machine.checkouts()
    (checkout / "CHANGELOG.md").unlink()
    checkout.rename(checkout.with_name(f"{checkout.name}.draft"))

    assert machine.run("doctor").json["release"] == NEXT
    assert machine.checkouts() == [checkout]


def test_two_at_once_fetch_and_install_once(machine: Machine, prepared: Path) -> None:
    other = Machine(
        shutil.copytree(prepared, machine.folder / "other", symlinks=True), machine.folder
    )
    started = [one.start("doctor") for one in (machine, other, machine, other)]
    done = [ended(process) for process in started]

    assert [one.json["release"] for one in done] == [NEXT] * 4
    assert "".join(one.err for one in done).count("Fetching") == 1
    assert len(machine.calls("venv")) == len(machine.calls("pip")) == 1


def test_a_cache_that_cannot_be_written_is_told(machine: Machine) -> None:
    machine.cache.touch()
    done = machine.run("doctor")
    assert done.code == 1
    assert str(machine.cache) in done.err


def test_a_failed_installation_leaves_nothing(machine: Machine) -> None:
    (machine.folder / "uv.broken").touch()
    done = machine.run("doctor")
    assert done.code == 1
    assert "error: No solution found" in done.err
    assert machine.environments() == []


@pytest.mark.parametrize(
    "module",
    [
        "raise ModuleNotFoundError('No module named venv')",
        # What Debian's gives without its package: the folder, and no pip in it.
        "import shutil, subprocess\n"
        "from pathlib import Path\n"
        "def create(folder, **_):\n"
        "    shutil.rmtree(folder, ignore_errors=True)\n"
        "    Path(folder, 'bin').mkdir(parents=True)\n"
        f"    Path(folder, 'bin/python').symlink_to({str(PYTHON)!r})\n"
        "    raise subprocess.CalledProcessError(1, ['-m', 'ensurepip'])\n",
    ],
)
def test_a_python_without_venv_is_told(module: str, machine: Machine) -> None:
    shutil.rmtree(machine.store / "tools/.venv")
    (machine.folder / "modules").mkdir()
    (machine.folder / "modules/venv.py").write_text(module)
    before = content(machine.store)

    for _ in range(2):
        done = machine.run("doctor", PYTHONPATH=str(machine.folder / "modules"))
        assert done.code == 1
        assert done.err.splitlines()[-1] == (
            "Python's venv module is incomplete: on Debian, apt-get install python3-venv"
        )
    shutil.rmtree(machine.store / "tools/.venv", ignore_errors=True)
    assert content(machine.store) == before


def test_a_python_that_is_too_old_is_told(machine: Machine) -> None:
    program = (
        "import runpy, sys; sys.version_info = (3, 9, 18);"
        "runpy.run_module('tools.luma', run_name='__main__')"
    )
    done = subprocess.run(
        [PYTHON, "-c", program], cwd=machine.store, capture_output=True, text=True, check=False
    )
    assert done.returncode == 1
    assert done.stderr.startswith("Python 3.11 or later is needed; this is ")


# Trust


TRUST = {
    "nothing": ("https://github.com/acme/template", "{}"),
    "null": ("https://github.com/acme/template", "trust:"),
    "other": ("https://github.com/acme/template", "trust: [https://github.com/acme/other]"),
    "below": ("https://github.com/acme/../evil/x", "trust: [https://github.com/acme/]"),
    "below, short": ("gh:acme/../evil/x", "trust: ['gh:acme/']"),
    "below, encoded": (
        "https://github.com/acme/%2e%2e/evil/x",
        "trust: [https://github.com/acme/]",
    ),
    "no slash": ("https://github.com/acme-evil/x", "trust: [https://github.com/acme]"),
    "port": ("https://github.com/acme/x", "trust: ['https://github.com:1/acme/']"),
    "no YAML": ("https://github.com/acme/template", "trust: [https://github.com/acme/"),
}


@pytest.mark.parametrize("case", TRUST)
def test_nothing_is_asked_of_an_address_that_is_not_trusted(
    case: str, machine: Machine, git_calls: Callable[[], str]
) -> None:
    address, settings = TRUST[case]
    change(machine.store, ".copier-answers.yml", answers_of(machine.store)["_src_path"], address)
    file = machine.folder / "settings.yml"
    file.write_text(settings)

    for command in (["doctor"], ["storage", "plan"], ["update", "--updater", NEXT]):
        done = machine.run(*command, COPIER_SETTINGS_PATH=str(file))
        told = f"{address} is not among the trusted ones of {file}.\n"
        assert (done.code, done.err) == (1, told)
    assert git_calls() == ""
    assert not machine.cache.exists()
    assert machine.calls("venv") == machine.calls("pip") == []


def test_settings_that_are_gone_trust_nothing(machine: Machine) -> None:
    done = machine.run("doctor", COPIER_SETTINGS_PATH="/nowhere/settings.yml")
    assert (done.code, machine.cache.exists()) == (1, False)


@pytest.mark.parametrize("trust", ["{template}", "{parent}/"])
def test_an_address_that_is_trusted_is_followed(
    trust: str, machine: Machine, template: Path, git_calls: Callable[[], str]
) -> None:
    entry = trust.format(template=template, parent=template.parent)
    (machine.folder / "settings.yml").write_text(f"trust: [{entry}]\n")
    done = machine.run("doctor", COPIER_SETTINGS_PATH=str(machine.folder / "settings.yml"))
    assert done.json["release"] == NEXT
    assert "ls-remote" in git_calls()


SECRETS = (
    "GH_TOKEN",
    "GITHUB_TOKEN",
    "CLOUDINARY_URL",
    "NPM_TOKEN",
    "NODE_AUTH_TOKEN",
    "AWS_SECRET_ACCESS_KEY",
    "VERCEL_TOKEN",
    "RENDER_API_KEY",
    "SENTRY_AUTH_TOKEN",
    "TWINE_PASSWORD",
    "UV_PUBLISH_TOKEN",
    "ACTIONS_RUNTIME_TOKEN",
)
SETTINGS = (
    "HTTPS_PROXY",
    "no_proxy",
    "SSL_CERT_FILE",
    "REQUESTS_CA_BUNDLE",
    "UV_DEFAULT_INDEX",
    "UV_INDEX_ACME_PASSWORD",
    "PIP_INDEX_URL",
    "NETRC",
    "XDG_CACHE_HOME",
)


def test_an_installation_has_settings_and_no_token(machine: Machine) -> None:
    given = {name: f"secret-{name}" for name in SECRETS} | {
        name: f"setting-{name}" for name in SETTINGS if name != "XDG_CACHE_HOME"
    }

    assert machine.run("doctor", **given).json["release"] == NEXT

    for call in (*machine.calls("venv"), *machine.calls("pip")):
        assert "secret-" not in str(call["environment"])
        assert set(SETTINGS) <= call["environment"].keys()
    (sync,) = machine.calls("pip")
    assert {"--require-hashes", "--only-binary", ":all:"} <= set(sync["arguments"])

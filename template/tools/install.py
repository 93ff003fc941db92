"""Install what the store's commands need: `make setup`. Needs nothing but Python itself."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from pathlib import Path

OLDEST_PYTHON = (3, 11)
TOOLS = Path("tools", ".venv")
API = Path(".venv")
NODE_FOLDERS = ("storefront", "monitoring/replay")
Part = tuple[str, Callable[[], None]]
Command = Sequence["str | Path"]
# What package managers read: where from, through what, and as whom they read it. Nothing else of
# the environment reaches them, so that no token is there for code that an installation runs.
_PASSED_ON = re.compile(
    r"HOME|PATH|LANG|LC_\w+|TMPDIR|USER|(?:UV_(?!PUBLISH_)|PIP_|SSL_|XDG_)\w+"
    r"|REQUESTS_CA_BUNDLE|CURL_CA_BUNDLE"
    r"|(?:HTTPS?|ALL|NO)_PROXY|(?:https?|all|no)_proxy|NETRC"
)
_PIN = re.compile(r"^uv==(?:.*\\\n)*.*\n", re.MULTILINE)
_NPM_FILES = ("package.json", "package-lock.json", "node_modules/.package-lock.json")
_DEPENDENCIES = ("dependencies", "devDependencies", "optionalDependencies")
_PIP_SETTING = re.compile(r"^\S+\.(index-url|extra-index-url|cert)='(.*)'$", re.MULTILINE)
_UV_VARIABLES = {
    "index-url": "UV_DEFAULT_INDEX",
    "extra-index-url": "UV_INDEX",
    "cert": "SSL_CERT_FILE",
}


class InstallError(Exception):
    """A part could not be installed; the text says why."""


def main(root: Path) -> int:
    """Install every part, side by side; return 1 where one could not be installed, else 0."""
    refuse_old_python()
    python: list[Part] = [("tools", partial(tools, root))]
    if (root / "api" / "requirements-dev.txt").exists():
        python.append(("api", partial(api, root)))
    node_parts: list[list[Part]] = [
        [(folder, partial(node, root / folder))]
        for folder in NODE_FOLDERS
        if (root / folder / "package-lock.json").exists()
    ]
    groups = [python, *node_parts]
    with ThreadPoolExecutor(len(groups)) as pool:
        return 0 if all(list(pool.map(_install_in_turn, groups))) else 1


def refuse_old_python() -> None:
    """End with a sentence where this Python is too old for what a store's commands need."""
    if sys.version_info < OLDEST_PYTHON:
        sys.exit(f"Python 3.11 or later is needed; this is {sys.version.split()[0]}.")


def _install_in_turn(parts: Sequence[Part]) -> bool:
    """Install parts one after the other, and tell whether each could be."""
    for name, install in parts:
        started = time.monotonic()
        try:
            install()
        except InstallError as error:
            print(f"{name}: {error}", file=sys.stderr, flush=True)
            return False
        print(f"{name}: installed in {time.monotonic() - started:.0f} s", flush=True)
    return True


def tools(root: Path) -> None:
    """Install the tools' own packages, uv among them, into an environment of their own.

    Raises:
        InstallError: that is not possible.

    """
    lock, environment = root / "tools" / "requirements.txt", root / TOOLS
    if not _has_uv(environment):
        _bootstrap(environment, lock)
    sync(environment, lock, environment, wheels_only=True)


def has_tools(root: Path) -> bool:
    """Return whether the tools are installed; an interrupted installation has no PyYAML yet."""
    environment = root / TOOLS
    return _has_uv(environment) and any(environment.glob("lib/*/site-packages/yaml"))


def api(root: Path) -> None:
    """Install the API's packages and its developers' tools.

    Raises:
        InstallError: that is not possible.

    """
    environment, installer = root / API, root / TOOLS
    if not _program(environment, "python").exists():
        create(environment, installer)
    sync(environment, root / "api" / "requirements-dev.txt", installer)
    # The API's tests start the database and the cache that the tools hold. What the API names
    # itself comes first.
    packages, shared = _packages(environment), _packages(installer)
    (packages / "tools.pth").write_text(os.path.relpath(shared, packages), encoding="utf-8")


def node(folder: Path) -> None:
    """Install the packages that a folder's package-lock.json names, and run the listed scripts.

    Where npm has installed just these, they are left as they are: it takes half a minute.

    Raises:
        InstallError: that is not possible.

    """
    npm = shutil.which("npm")
    if npm is None:
        raise InstallError("npm is not installed: install Node.js 24, then run make setup again")
    if not _has_packages(folder):
        _run([npm, "ci", "--no-audit", "--no-fund", "--loglevel=error"], folder)
    _run([npm, "run", "--if-present", "--silent", "install-scripts"], folder)


def _has_packages(folder: Path) -> bool:
    """Return whether npm's record of what it has installed is what the lock file names."""
    try:
        manifest, lock, record = (json.loads((folder / name).read_bytes()) for name in _NPM_FILES)
        locked, installed = lock["packages"], record["packages"]
        asked = locked.pop("")
    except (KeyError, OSError, ValueError):
        return False
    return (
        all(manifest.get(kind) == asked.get(kind) for kind in _DEPENDENCIES)
        and installed.keys() <= locked.keys()
        # What is only for other systems is not installed.
        and all(path in installed or each.get("optional") for path, each in locked.items())
        and all(
            each.get("integrity") == locked[path].get("integrity") and (folder / path).is_dir()
            for path, each in installed.items()
        )
    )


def create(environment: Path, installer: Path) -> None:
    """Create a virtual environment with the uv of another.

    Raises:
        InstallError: uv refused.

    """
    options = ("--quiet", "--relocatable", "--allow-existing", "--python", sys.executable)
    _run([_program(installer, "uv"), "venv", *options, environment], environment=_passed_on())


def sync(environment: Path, lock: Path, installer: Path, *, wheels_only: bool = False) -> None:
    """Make a virtual environment hold what a lock file names, and nothing else.

    `installer` is the virtual environment whose uv does it, with the settings of its pip.

    Raises:
        InstallError: uv refused.

    """
    uv, python = _program(installer, "uv"), _program(environment, "python")
    command: Command = [uv, "pip", "sync", "--quiet", "--require-hashes", "--system-certs"]
    # As pip does: the hashes say which package is meant, so any index may have it.
    command = [*command, "--index-strategy", "unsafe-best-match"]
    wheels = ["--only-binary", ":all:"] if wheels_only else []
    settings = _settings_of_pip(_program(installer, "python"))
    variables = {**settings, **_passed_on()}
    _run([*command, *wheels, "--python", python, lock], environment=variables)


def _bootstrap(environment: Path, lock: Path) -> None:
    """Create an environment that has the locked uv."""
    pinned = _PIN.search(lock.read_text(encoding="utf-8"))
    if pinned is None:
        raise InstallError(f"{lock.name} names no uv: restore it with git checkout")
    try:
        import venv  # noqa: PLC0415 - Debian has it in a package of its own

        venv.create(environment, with_pip=True, clear=True)
    except (ImportError, subprocess.CalledProcessError) as error:
        missing = "Python's venv module is incomplete: on Debian, apt-get install python3-venv"
        raise InstallError(missing) from error
    with tempfile.TemporaryDirectory(prefix="uv-") as folder:
        requirement = Path(folder, "requirements.txt")
        requirement.write_text(pinned[0], encoding="utf-8")
        pip: Command = [_program(environment, "python"), "-m", "pip", "install", "--quiet"]
        options = ["--disable-pip-version-check", "--require-hashes", "--only-binary", ":all:"]
        _run([*pip, *options, "--requirement", requirement], environment=_passed_on())


@cache
def _settings_of_pip(python: Path) -> dict[str, str]:
    """Return the package index and certificates that pip is set to use, in uv's terms."""
    done = subprocess.run(
        [python, "-m", "pip", "config", "list"], capture_output=True, text=True, check=False
    )
    # The environment's settings are listed first, and win.
    found = dict(reversed(_PIP_SETTING.findall(done.stdout)))
    return {_UV_VARIABLES[name]: value for name, value in found.items()}


def _packages(environment: Path) -> Path:
    python = _program(environment, "python")
    program = "import sysconfig; print(sysconfig.get_path('purelib'))"
    done = subprocess.run([python, "-c", program], capture_output=True, text=True, check=True)
    return Path(done.stdout.strip())


def _passed_on() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if _PASSED_ON.fullmatch(name)}


def _has_uv(environment: Path) -> bool:
    return all(_program(environment, name).exists() for name in ("python", "uv"))


def _program(environment: Path, name: str) -> Path:
    return environment / "bin" / name


def _run(
    command: Sequence[str | Path],
    folder: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> None:
    """Run a package manager, and keep what it prints unless it fails."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        name = " ".join([Path(command[0]).name, *map(str, command[1:3])])
        raise InstallError(f"{name} ended with {done.returncode}:\n{done.stdout.strip()}")


if __name__ == "__main__":
    sys.exit(main(Path(__file__).resolve().parent.parent))

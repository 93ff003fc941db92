"""The parts of a generated store, started as production starts them, each to be ended alone.

Everything listens on loopback, on ports that stay the same when a part is started again: a
storefront's rewrites and pages name the addresses that it was built with.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import http.client
import itertools
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import sysconfig
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from email.message import Message
from functools import cache
from pathlib import Path
from typing import Any
from unittest import mock

from tools.dev import ports
from tools.dev.environment import Addresses, compose, read
from tools.dev.processes import Children, Signals
from tools.dev.services import Services

from support.checkout import BUILD_CACHE

QUERY = """
import asyncio, asyncpg, json, sys
async def main():
    connection = await asyncpg.connect(sys.argv[1])
    print(json.dumps([await connection.fetchval(statement) for statement in sys.argv[2:]]))
asyncio.run(main())
"""

HOST = "127.0.0.1"
FIRST_PORT, PORTS, WORKERS = 20_000, 1_000, 12
"""Ports that no outgoing connection takes, and how many of them each worker has for itself."""
START_SECONDS = 60.0
END_SECONDS = 60.0
INSTALL_SECONDS = 600
BUILD_SECONDS = 600
INSTALLED = {
    ".venv": "api/requirements-dev.txt",
    "tools/.venv": "tools/requirements.txt",
    "storefront/node_modules": "storefront/package-lock.json",
    "monitoring/replay/node_modules": "monitoring/replay/package-lock.json",
}
"""The folders that `make setup` fills, and the lock file of each."""

Overrides = Mapping[str, str | None]
Installed = Callable[..., Path]
"""A function from answers to a store after its first commit and `make setup`."""


@dataclass(frozen=True)
class Answer:
    """What a server answered, redirects not followed."""

    status: int
    headers: Message
    body: bytes

    @property
    def text(self) -> str:
        """Return the body as text."""
        return self.body.decode()


def ask(
    port: int,
    path: str,
    method: str = "GET",
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | str | None = None,
    patience: float = 30,
) -> Answer:
    """Send one request to a port of this machine."""
    connection = http.client.HTTPConnection(HOST, port, timeout=patience)
    try:
        connection.request(method, path, body, dict(headers or {}))
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


def free_port() -> int:
    """Return a free port that nothing else takes before its server is up, or while it is down."""
    return next(port for port in _ports_of_worker() if ports.is_free(port))


@cache
def _ports_of_worker() -> Iterator[int]:
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % WORKERS
    mine = range(FIRST_PORT + worker * PORTS, FIRST_PORT + (worker + 1) * PORTS)
    return itertools.cycle(random.sample(mine, PORTS))


def copy_of(store: Path, destination: Path) -> Path:
    """Copy an installed store, its packages as hard links; every copy shares them."""
    ignored = shutil.ignore_patterns(*(Path(name).name for name in INSTALLED))
    shutil.copytree(store, destination, ignore=ignored, symlinks=True)
    link_packages(store, destination)
    return destination


def link_packages(installed: Path, store: Path) -> None:
    """Take the installed packages of one store over into another, as hard links."""
    for name, lock in INSTALLED.items():
        if (installed / name).exists() and (store / lock).exists():
            shutil.copytree(installed / name, store / name, symlinks=True, copy_function=os.link)


def install(generated: Path, store: Path, model: Path | None = None) -> None:
    """Make a generated store one that is committed and set up.

    The packages are taken over from the model, if it has them all.
    """
    shutil.copytree(generated, store)
    for command in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "First"]):
        run(["git", *command], store)
    if model and locks(store).items() <= locks(model).items():
        link_packages(model, store)
    else:
        run(["make", "setup"], store, patience=INSTALL_SECONDS)


def locks(store: Path) -> dict[str, bytes]:
    """Return all that decides what `make setup` installs."""
    files = {lock: store / lock for lock in INSTALLED.values()}
    return {lock: file.read_bytes() for lock, file in files.items() if file.exists()}


@contextlib.contextmanager
def locked(file: Path) -> Iterator[None]:
    """Keep other processes out meanwhile."""
    with file.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def run(
    command: list[str],
    folder: Path,
    environment: Mapping[str, str] | None = None,
    patience: float = 120,
) -> str:
    """Run a command to its end, and fail with all that it printed."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=environment,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=patience,
    )
    assert done.returncode == 0, f"{' '.join(command)}: {done.returncode}\n{done.stdout}"
    return done.stdout


def query(store: Path, url: str, *statements: str) -> list[Any]:
    """Return the first value of each statement, asked one after the other of a PostgreSQL."""
    python = str(store / ".venv/bin/python")
    values: list[Any] = json.loads(run([python, "-c", QUERY, url, *statements], store))
    return values


def make(store: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run make with the system's own Python."""
    path = ":".join(p for p in os.environ["PATH"].split(":") if ".venv" not in p)
    shell = {name: os.environ[name] for name in os.environ if not name.startswith("COPIER_")}
    for name in ("PYTHONPATH", "VIRTUAL_ENV"):
        shell.pop(name, None)
    return subprocess.run(
        ["make", *arguments],
        cwd=store,
        env={**shell, "PATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=INSTALL_SECONDS,
        check=False,
    )


def build(command: list[str], store: Path, environment: Mapping[str, str] | None = None) -> str:
    """Run a command that may build the storefront; return what it printed.

    Next.js reuses what an earlier build of this run has compiled, as it does on Vercel and in CI.
    """
    shared, own = _compiled_before(store / "storefront"), store / "storefront/.next/cache"
    with locked(shared.with_suffix(".lock")):
        if shared.exists() and not own.exists():
            shutil.copytree(shared, own)
    printed = run(command, store, environment, BUILD_SECONDS)
    with locked(shared.with_suffix(".lock")):
        if own.exists() and not shared.exists():
            # What the API has answered belongs to one store.
            shutil.copytree(own, shared, ignore=shutil.ignore_patterns("fetch-cache"))
    return printed


@contextlib.contextmanager
def building_site(store: Path) -> Iterator[Path]:
    """Return a copy of a store at the one path where this run builds storefronts like its own.

    What Next.js has compiled spares it most of its work at the same path only. What is built is
    the store's afterwards, as are the API's answers that it keeps.
    """
    compiled = _compiled_before(store / "storefront")
    site, own = compiled.with_name(f"{compiled.name}-site"), store / "storefront/.next"
    built = site / "storefront/.next"
    with locked(compiled.with_suffix(".lock")):
        shutil.rmtree(site, ignore_errors=True)
        copy_of(store, site)
        shutil.rmtree(built, ignore_errors=True)
        if compiled.exists():
            compiled.rename(_made(built) / "cache")
        yield site
        shutil.rmtree(own, ignore_errors=True)
        built.rename(own)
        for part in (own / "cache").iterdir():
            if part.name != "fetch-cache":
                part.rename(_made(compiled) / part.name)
        shutil.rmtree(site)


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _compiled_before(storefront: Path) -> Path:
    """Return where a run keeps what was compiled of storefronts like this one.

    With another one's, whose loaders it lacks, Next.js starts a failing process for each file.
    """
    alike = [storefront / "package-lock.json", storefront / "next.config.ts"]
    key = hashlib.sha256(b"".join(file.read_bytes() for file in alike if file.exists()))
    return _made(Path(os.environ[BUILD_CACHE])) / key.hexdigest()[:12]


@contextlib.contextmanager
def packages_of(store: Path) -> Iterator[None]:
    """Let `dev.services` find the servers' wheels, which only the store has."""
    tools = str(store / "tools/.venv")
    scheme = {"base": tools, "platbase": tools}
    folder = sysconfig.get_path("purelib", "venv", scheme)
    sys.path.append(folder)
    try:
        yield
    finally:
        sys.path.remove(folder)


@dataclass
class Service:
    """PostgreSQL or Valkey, with a port, a password and data that outlive its end."""

    store: Path
    folder: Path
    port: int = field(default_factory=free_port)
    url: str = ""

    def __post_init__(self) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        self._children = Children(self.folder, Signals(), lambda _identities: None)

    def start(self) -> None:
        """Start it and wait until it answers."""
        with packages_of(self.store), mock.patch.object(ports, "any_free", return_value=self.port):
            self.url = self._start(Services(self.folder, self._children))

    def stop(self) -> None:
        """End it in order."""
        self._children.stop()

    def kill(self) -> None:
        """End it as the kernel does when memory is short."""
        for child in self._children.running:
            child.process.kill()
            child.process.wait(END_SECONDS)
        self._children.running.clear()

    def restart(self) -> None:
        """End it in order and start it again."""
        self.stop()
        self.start()

    def _start(self, services: Services) -> str:
        raise NotImplementedError


class Postgres(Service):
    """PostgreSQL."""

    def _start(self, services: Services) -> str:
        return services.postgres()


class Valkey(Service):
    """Valkey, which begins empty each time."""

    def _start(self, services: Services) -> str:
        return services.valkey()


@dataclass
class Server:
    """A server process of the store, in a session of its own, with a log that only grows."""

    store: Path
    environment: dict[str, str]
    log: Path
    port: int
    process: subprocess.Popen[bytes] | None = None

    def command(self) -> list[str]:
        """Return what production starts."""
        raise NotImplementedError

    def folder(self) -> Path:
        """Return the folder that it runs in."""
        raise NotImplementedError

    def is_up(self) -> bool:
        """Return whether it answers."""
        raise NotImplementedError

    @property
    def output(self) -> str:
        """Return what it has printed so far."""
        return self.log.read_text(errors="replace")

    def start(self, *, wait: bool = True, **changes: str | None) -> None:
        """Start it, for this once with other variables; None takes one away."""
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command(),
                cwd=self.folder(),
                env=changed(self.environment, changes),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        if wait:
            self.wait()

    def wait(self) -> None:
        """Wait until it answers."""
        assert self.process is not None
        deadline = time.monotonic() + START_SECONDS
        while not self.is_up():
            assert self.process.poll() is None, self.output
            assert time.monotonic() < deadline, self.output
            time.sleep(0.1)

    def terminate(self, patience: float = END_SECONDS) -> int:
        """Ask its first process to end, as a host does, and return the exit code."""
        assert self.process is not None
        self.process.terminate()
        return self.process.wait(patience)

    def kill(self) -> None:
        """End it and all that it started at once; it may have ended already."""
        if self.process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(END_SECONDS)
        self.process = None


class Api(Server):
    """The API, by the command of the container."""

    def command(self) -> list[str]:
        """Return the command of `render/serve.sh`, on loopback."""
        return script(self.store, "serve.sh")

    def folder(self) -> Path:
        """Return the folder that the container's commands run in."""
        return self.store / "api"

    def is_up(self) -> bool:
        """Return whether the API answers."""
        return answers(self.port, "/livez", lambda status: status == 200)

    def migrate(self) -> None:
        """Take the step before a deploy."""
        run(script(self.store, "release.sh"), self.folder(), self.environment)

    def seed(self) -> None:
        """Fill the catalogue, its images into the storefront."""
        images = self.store / "storefront" / "public" / "seed"
        # The seed refuses any other environment.
        environment = {**self.environment, "ENVIRONMENT": "local"}
        run(["python", "-m", "app.seed", str(images)], self.folder(), environment)


class Storefront(Server):
    """The storefront, as `next build` made it."""

    def build(self, **changes: str | None) -> str:
        """Build it; return what that printed."""
        command = ["npm", "--prefix", "storefront", "run", "build"]
        with building_site(self.store) as site:
            return run(command, site, changed(self.environment, changes), BUILD_SECONDS)

    def command(self) -> list[str]:
        """Return what starts a built storefront."""
        next_js = "node_modules/next/dist/bin/next"
        return ["node", next_js, "start", "--hostname", HOST, "--port", str(self.port)]

    def folder(self) -> Path:
        """Return the storefront's folder."""
        return self.store / "storefront"

    def is_up(self) -> bool:
        """Return whether any page is answered."""
        return answers(self.port, "/robots.txt", lambda _status: True)


@dataclass
class RunningStore:
    """A whole store on this machine."""

    store: Path
    postgres: Postgres
    valkey: Valkey
    api: Api
    storefront: Storefront

    @property
    def address(self) -> str:
        """Return the shop's address: as localhost, where browsers accept Secure cookies."""
        return f"http://localhost:{self.storefront.port}"

    def end(self) -> None:
        """End everything that runs."""
        self.storefront.kill()
        self.api.kill()
        self.valkey.stop()
        self.postgres.stop()


@contextlib.contextmanager
def backing(store: Path, folder: Path) -> Iterator[tuple[Postgres, Valkey]]:
    """Run PostgreSQL and Valkey for a store."""
    postgres, valkey = Postgres(store, folder / "postgres"), Valkey(store, folder / "valkey")
    try:
        postgres.start()
        valkey.start()
        yield postgres, valkey
    finally:
        valkey.stop()
        postgres.stop()


def assemble(store: Path, folder: Path, **changes: str | None) -> RunningStore:
    """Start PostgreSQL and Valkey for a store, migrate and seed; the rest is not started yet.

    The storefront is built and started in the same folder as the store, so that a test that needs
    another build works on a copy.
    """
    postgres, valkey = Postgres(store, folder / "postgres"), Valkey(store, folder / "valkey")
    try:
        postgres.start()
        valkey.start()
        addresses = Addresses(free_port(), free_port(), postgres.url, valkey.url)
        environment = environment_of(store, addresses, changes)
        api = Api(store, environment, folder / "api.log", addresses.api_port)
        storefront = Storefront(
            store, environment, folder / "storefront.log", addresses.storefront_port
        )
        api.migrate()
        api.seed()
    except BaseException:
        valkey.stop()
        postgres.stop()
        raise
    return RunningStore(store, postgres, valkey, api, storefront)


def environment_of(store: Path, addresses: Addresses, changes: Overrides) -> dict[str, str]:
    """Return the contract's local values, in an environment that has little else."""
    shell = {name: os.environ[name] for name in ("HOME", "LANG", "TMPDIR") if name in os.environ}
    shell["PATH"] = f"{store / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    shell["PYTHONPATH"] = str(store)
    shell["PYTHONDONTWRITEBYTECODE"] = "1"
    shell["NEXT_TELEMETRY_DISABLED"] = "1"
    # npm would look for a newer npm.
    shell["NPM_CONFIG_UPDATE_NOTIFIER"] = "false"
    return changed(compose(shell, read(store / ".env.example"), addresses), changes)


def changed(environment: Mapping[str, str], changes: Overrides) -> dict[str, str]:
    """Return an environment with some variables replaced, or without them where None is given."""
    merged = {**environment, **changes}
    return {name: value for name, value in merged.items() if value is not None}


def script(store: Path, name: str) -> list[str]:
    """Return the command that runs one of the container's scripts here, on loopback."""
    text = (store / "render" / name).read_text()
    return ["sh", "-c", text.replace("/srv/", f"{store}/").replace("0.0.0.0", HOST)]  # noqa: S104


def answers(port: int, path: str, fits: Callable[[int], bool]) -> bool:
    """Return whether a path is answered with a fitting status."""
    try:
        return fits(ask(port, path, patience=10).status)
    except (OSError, http.client.HTTPException):
        return False

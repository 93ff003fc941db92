"""One run of the store, from the first process to the last."""

import http.client
import os
import shutil
import signal
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from . import ports
from .console import ProblemError, say
from .environment import Addresses, compose, local_values, settings_file
from .processes import Children, EndedByPersonError, Signals
from .record import Record
from .services import Services

STOREFRONT_PORT = 3000
API_PORT = 8000
SLOW = 60.0
"""Seconds after which a person is told what is still missing."""


def run(root: Path) -> int:
    """Run the store until the person ends it or a part of it fails; give the exit code."""
    signals = Signals()
    signals.install()
    record = Record(root / ".dev")
    try:
        _refuse_missing_setup(root)
        with record.held():
            return _run(root, record, Children(root, signals, record.keep))
    except ProblemError as problem:
        say(str(problem))
        return 1


def _run(root: Path, record: Record, children: Children) -> int:
    try:
        _serve(root, record, children)
    except EndedByPersonError:
        code = 0
    except ProblemError as problem:
        say(str(problem))
        code = 1
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        record.update(ending=True)
        if children.running:
            say("Ending " + ", ".join(child.mark.name for child in reversed(children.running)))
        children.end()
    say("Ended.")
    return code


def _serve(root: Path, record: Record, children: Children) -> None:
    file = settings_file(root)
    settings = local_values(root)
    services = Services(record.folder, children)
    say("Starting PostgreSQL and Valkey.")
    database, cache = services.postgres(), services.valkey()
    usual = Addresses(STOREFRONT_PORT, API_PORT, database, cache)
    if ignored := sorted(settings.keys() & usual.variables.keys()):
        say(f"Not used from {file.name}, because make dev starts its own: {', '.join(ignored)}.")
    _fill(root, record.folder, children, compose(os.environ, settings, usual))
    # Not earlier: until something listens on them, the ports are anybody's.
    addresses = Addresses(
        _port("storefront", STOREFRONT_PORT), _port("API", API_PORT), database, cache
    )
    environment = compose(os.environ, settings, addresses)
    _start(root, children, environment, addresses)
    record.update(address=addresses.storefront)
    _wait_for(Probe("api", addresses.api_port, "/readyz", until=200), children)
    status = _wait_for(Probe("storefront", addresses.storefront_port, "/"), children)
    if status >= 500:
        say(f"The storefront answers with an error ({status}): its lines above say why.")
    say(f"The store is ready: {addresses.storefront}  (API: {addresses.api}, Ctrl-C ends all)")
    while True:
        children.wait()


def _python(root: Path) -> Path:
    """Return the interpreter that has the API's packages, which are not the tools'."""
    return root / ".venv" / "bin" / "python"


def _fill(root: Path, folder: Path, children: Children, environment: dict[str, str]) -> None:
    api = root / "api"
    say("Migrating the database.")
    children.run(
        "migrate",
        [_python(root), "-m", "alembic", "upgrade", "head"],
        cwd=api,
        environment=environment,
        log=folder / "migrate.log",
    )
    if (api / "app" / "seed.py").exists():
        say("Filling the catalogue.")
        children.run(
            "seed",
            [_python(root), "-m", "app.seed", str(root / "storefront" / "public" / "seed")],
            cwd=api,
            environment=environment,
            log=folder / "seed.log",
        )


def _start(
    root: Path, children: Children, environment: dict[str, str], addresses: Addresses
) -> None:
    # For this machine only: a laptop is often on a network of strangers.
    host = "127.0.0.1"
    children.start(
        "api",
        [
            *(_python(root), "-m", "uvicorn", "app.main:app", "--reload"),
            *("--host", host, "--port", str(addresses.api_port)),
        ],
        cwd=root / "api",
        environment={**environment, "PYTHONPATH": str(root), "PYTHONUNBUFFERED": "1"},
    )
    children.start(
        "storefront",
        [
            *("npm", "run", "--silent", "dev", "--"),
            *("--hostname", host, "--port", str(addresses.storefront_port)),
        ],
        cwd=root / "storefront",
        # Its report about a run is sent by a process that outlives the run.
        environment={**environment, "NEXT_TELEMETRY_DISABLED": "1"},
    )


def _port(what: str, preferred: int) -> int:
    port = ports.pick(preferred)
    if port != preferred:
        say(f"Port {preferred} is taken, so the {what} uses {port}.")
    return port


def _refuse_missing_setup(root: Path) -> None:
    if shutil.which("npm") is None:
        raise ProblemError("npm is not installed: install Node.js 24, then run make setup.")
    if not (root / "storefront" / "node_modules").is_dir():
        raise ProblemError("The storefront's packages are not installed: run make setup first.")
    if not _python(root).exists():
        raise ProblemError("The API's packages are not installed: run make setup first.")


@dataclass
class Probe:
    """Asks for a page until it is answered, without keeping anyone from ending the store."""

    name: str
    port: int
    path: str
    until: int | None = None
    status: int | None = None

    def start(self) -> None:
        """Begin to ask."""
        threading.Thread(target=self._ask, daemon=True).start()

    def _ask(self) -> None:
        while self.status is None:
            status = self._answer()
            if status is not None and self.until in (None, status):
                self.status = status
            else:
                time.sleep(0.3)

    def _answer(self) -> int | None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SLOW)
        try:
            connection.request("GET", self.path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()


def _wait_for(probe: Probe, children: Children) -> int:
    probe.start()
    told = time.monotonic() + SLOW
    while probe.status is None:
        children.wait()
        if time.monotonic() > told:
            say(f"{probe.name} has not answered yet; its lines above may say why. Still waiting.")
            told = float("inf")
    return probe.status

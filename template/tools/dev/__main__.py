"""Run the store on this machine, until the person stops it: `python -m tools.dev`."""

import http.client
import os
import shutil
import signal
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

try:
    from . import ports
    from .console import ProblemError, say
    from .environment import Addresses, compose, local_values, settings_file
    from .processes import Children, Interrupted, Signals
    from .record import Record
    from .services import Services
except ModuleNotFoundError as missing:
    sys.exit(f"{missing.name} is not installed: run make setup first.")

STOREFRONT_PORT = 3000
API_PORT = 8000
STRIPE_EVENTS = "/webhooks/stripe"
SLOW_SECONDS = 60.0
"""When to tell the person what has not answered yet."""


def run(root: Path) -> int:
    """Run the store until the person stops it or a part of it fails. Return the exit code."""
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
    except Interrupted:
        code = 0
    except ProblemError as problem:
        say(str(problem))
        code = 1
    finally:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, signal.SIG_IGN)
        record.update(ending=True)
        if children.running:
            say(
                "Stopping " + ", ".join(child.identity.name for child in reversed(children.running))
            )
        children.stop()
    say("Stopped.")
    return code


def _serve(root: Path, record: Record, children: Children) -> None:
    file = settings_file(root)
    settings = local_values(root)
    services = Services(record.folder, children)
    say("Starting PostgreSQL and Valkey.")
    database, cache = services.postgres(), services.valkey()
    usual = Addresses(STOREFRONT_PORT, API_PORT, database, cache)
    if ignored := sorted(settings.keys() & usual.variables.keys()):
        say(f"Ignored in {file.name}, because make dev provides them: {', '.join(ignored)}.")
    _fill(root, record.folder, children, compose(os.environ, settings, usual))
    # As late as possible: until something listens on a port, another program may take it.
    addresses = Addresses(
        _port("storefront", STOREFRONT_PORT),
        _port("API", API_PORT),
        database,
        cache,
        stripe_port(root, {**os.environ, **settings}),
    )
    environment = compose(os.environ, settings, addresses)
    _start(root, children, environment, addresses)
    record.update(address=addresses.storefront, api=addresses.api)
    _wait_for(Probe("api", addresses.api_port, "/readyz", until=200), children)
    status = _wait_for(Probe("storefront", addresses.storefront_port, "/"), children)
    if status >= 500:
        say(f"The storefront answers with an error ({status}): its lines above say why.")
    say(f"The store is ready: {addresses.storefront}  (API: {addresses.api}, Ctrl-C stops all)")
    while True:
        children.wait()


def _python(root: Path) -> Path:
    """Return the interpreter that has the API's packages, which are not the tools'."""
    return root / ".venv" / "bin" / "python"


def _fill(root: Path, folder: Path, children: Children, environment: dict[str, str]) -> None:
    api = root / "api"
    environment = {**environment, "PYTHONPATH": str(root)}
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
    # For this machine only: a laptop may be on a public network.
    host = "127.0.0.1"
    if addresses.stripe_port:
        say("STRIPE_SECRET_KEY is not set: a stand-in for Stripe takes the payments.")
        children.start(
            "stripe",
            [sys.executable, "-m", "tools.dev.stripe_stand_in", f"{addresses.api}{STRIPE_EVENTS}"],
            cwd=root,
            environment=environment,
        )
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
        # Telemetry is sent by a process that outlives the run.
        environment={**environment, "NEXT_TELEMETRY_DISABLED": "1"},
    )


def _port(what: str, preferred: int) -> int:
    port = ports.pick(preferred)
    if port != preferred:
        say(f"Port {preferred} is taken, so the {what} uses {port}.")
    return port


def stripe_port(root: Path, settings: Mapping[str, str]) -> int | None:
    """Return a port for the stand-in, where the API has a checkout and no account for it."""
    has_checkout = (root / "api" / "app" / "orders").exists()
    is_needed = has_checkout and not settings.get("STRIPE_SECRET_KEY")
    return ports.any_free() if is_needed else None


def _refuse_missing_setup(root: Path) -> None:
    if shutil.which("npm") is None:
        raise ProblemError("npm is not installed: install Node.js 24, then run make setup.")
    if not (root / "storefront" / "node_modules").is_dir():
        raise ProblemError("The storefront's packages are not installed: run make setup first.")
    if not _python(root).exists():
        raise ProblemError("The API's packages are not installed: run make setup first.")


@dataclass
class Probe:
    """Requests a page until it is answered, in the background so that Ctrl-C works meanwhile."""

    name: str
    port: int
    path: str
    until: int | None = None
    status: int | None = None

    def start(self) -> None:
        """Start to request the page."""
        threading.Thread(target=self._ask, daemon=True).start()

    def _ask(self) -> None:
        while self.status is None:
            status = self._answer()
            if status is not None and self.until in (None, status):
                self.status = status
            else:
                time.sleep(0.3)

    def _answer(self) -> int | None:
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=SLOW_SECONDS)
        try:
            connection.request("GET", self.path)
            return connection.getresponse().status
        except (OSError, http.client.HTTPException):
            return None
        finally:
            connection.close()


def _wait_for(probe: Probe, children: Children) -> int:
    probe.start()
    told = time.monotonic() + SLOW_SECONDS
    while probe.status is None:
        children.wait()
        if time.monotonic() > told:
            say(f"{probe.name} has not answered yet; its lines above may say why. Still waiting.")
            told = float("inf")
    return probe.status


if __name__ == "__main__":
    sys.exit(run(Path(__file__).resolve().parent.parent.parent))

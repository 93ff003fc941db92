"""A deploy as Render does it: the Blueprint's variables, the release step, then the server."""

from __future__ import annotations

import contextlib
import shlex
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from support import container
from support.container import Stage
from support.running_store import HOST, Answer, answers, ask, free_port

START_SECONDS = 60
RELEASE_SECONDS = 120
COMMIT = "0123456789abcdef0123456789abcdef01234567"
# What a person types in when Render asks for it; nothing answers there.
TYPED = {
    "CLOUDINARY_URL": "cloudinary://key:secret@cloud",
    "SENTRY_DSN": f"http://key@{HOST}:1/1",
    "STOREFRONT_ORIGIN": f"https://{HOST}:1",
}


class DeployError(Exception):
    """Render would keep the running version; the text is what was printed."""


@dataclass(frozen=True)
class Server:
    """A container that serves."""

    process: subprocess.Popen[bytes]
    log: Path
    port: int

    def ask(self, path: str) -> Answer:
        """Send a request that may take long."""
        return ask(self.port, path, patience=START_SECONDS)


def web_service(repository: Path) -> dict[str, Any]:
    """Return the API as a repository's Blueprint describes it."""
    [project] = yaml.safe_load((repository / "render/render.yaml").read_text())["projects"]
    [environment] = project["environments"]
    [service] = [service for service in environment["services"] if service["type"] == "web"]
    return dict(service)


def variables(service: Mapping[str, Any], database: str, cache: str) -> dict[str, str]:
    """Return all that a service sees: what the Blueprint names, and what Render adds."""
    found = {"PORT": str(free_port()), "RENDER_GIT_COMMIT": COMMIT}
    for variable in service["envVars"]:
        found[variable["key"]] = _value(variable, database, cache)
    return found


@contextlib.contextmanager
def deployed(
    image: Stage, service: Mapping[str, Any], given: Mapping[str, str], log: Path
) -> Iterator[Server]:
    """Release and start an image, as a service with the given variables."""
    if "preDeployCommand" in service:
        process = image.start(shlex.split(service["preDeployCommand"]), given, log)
        if process.wait(RELEASE_SECONDS):
            raise DeployError(log.read_text())
    command = shlex.split(service.get("dockerCommand", "")) or image.command
    process = image.start(command, given, log)
    server = Server(process, log, int(given["PORT"]))
    try:
        _await_health(server, service["healthCheckPath"])
        yield server
    finally:
        if process.poll() is None:
            container.signal(process, "KILL")
        process.wait()


def _await_health(server: Server, path: str) -> None:
    deadline = time.monotonic() + START_SECONDS
    while not answers(server.port, path, lambda status: status == 200):
        if server.process.poll() is not None or time.monotonic() > deadline:
            raise DeployError(server.log.read_text())
        time.sleep(0.1)


def _value(variable: Mapping[str, Any], database: str, cache: str) -> str:
    match variable:
        case {"value": value}:
            return str(value)
        case {"generateValue": True, "key": key}:
            return f"generated-for-{key}".ljust(44, "=")
        case {"sync": False, "key": key}:
            return TYPED[key]
        case {"fromDatabase": _}:
            return database
        case {"fromService": {"type": "keyvalue"}}:
            return cache
    raise ValueError(f"Nobody knows what Render would give for {variable}.")

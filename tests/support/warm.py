"""Python processes that start with packages imported, because that takes a second.

A server imports them and forks a process for each command. The process has the environment,
folder, output and end that the shell would give it. Copier is as in all tests (see `lighter.py`).
"""

from __future__ import annotations

import json
import os
import runpy
import select
import signal
import subprocess
import sys
import traceback
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from subprocess import PIPE
from tempfile import NamedTemporaryFile
from types import SimpleNamespace


class Python:
    """A started `python ARGUMENTS`, where ARGUMENTS begin with -m or a path."""

    def __init__(
        self,
        arguments: Sequence[str | Path],
        cwd: Path | None = None,
        environment: Mapping[str, str] | None = None,
        stdout: Path | str = os.devnull,
        stderr: Path | str | None = None,
    ) -> None:
        """Start it as the leader of a process group; stderr goes into stdout if not given."""
        request = {
            "arguments": [str(argument) for argument in arguments],
            "cwd": str(cwd or Path.cwd()),
            "environment": dict(os.environ if environment is None else environment),
            "outputs": [str(stdout), str(stderr or stdout)],
        }
        self._server = _server()
        self.returncode: int | None = None
        self.pid = int(self._ask(json.dumps(request)))

    def poll(self, timeout: float = 0) -> int | None:
        """Return its exit code, or None while it runs."""
        assert self._server.stdout is not None
        if self.returncode is None and select.select([self._server.stdout], [], [], timeout)[0]:
            self.returncode = int(self._server.stdout.readline())
        return self.returncode

    def wait(self, timeout: float = 120) -> int:
        """Wait until it ends; return its exit code."""
        code = self.poll(timeout)
        if code is None:
            os.killpg(self.pid, signal.SIGKILL)
            self.poll(timeout)
            raise subprocess.TimeoutExpired("python", timeout)
        return code

    def _ask(self, line: str) -> bytes:
        assert self._server.stdin is not None
        assert self._server.stdout is not None
        self._server.stdin.write(f"{line}\n".encode())
        return self._server.stdout.readline()


def run_python(
    arguments: Sequence[str | Path], cwd: Path, environment: Mapping[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    """Run `python ARGUMENTS` to its end; return how it ended and what it printed."""
    with NamedTemporaryFile("r") as out, NamedTemporaryFile("r") as err:
        code = Python(arguments, cwd, environment, out.name, err.name).wait()
        return subprocess.CompletedProcess(arguments, code, out.read(), err.read())


@cache
def _server() -> subprocess.Popen[bytes]:
    command, tests = [sys.executable, "-m", "support.warm"], Path(__file__).parents[1]
    return subprocess.Popen(command, cwd=tests, stdin=PIPE, stdout=PIPE, bufsize=0)


def serve() -> list[str]:
    """Start a process for each line of stdin; return the arguments, in that process alone."""
    # What the processes shall have imported. Nothing of the template: it may be another version's.
    import httpx  # noqa: F401, PLC0415
    import pydantic  # noqa: F401, PLC0415
    import questionary  # noqa: F401, PLC0415
    from copier import _cli, _main  # noqa: F401, PLC0415

    from support.lighter import lighten  # noqa: PLC0415

    lighten()
    vars(_main)["subprocess"] = SimpleNamespace(run=run_in_a_copy)
    while line := sys.stdin.readline():
        request = json.loads(line)
        pid = os.fork()
        if not pid:
            become(**request)
            return list(request["arguments"])
        print(pid, flush=True)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)
    sys.exit()


def become(
    arguments: list[str], cwd: str, environment: dict[str, str], outputs: tuple[str, str]
) -> None:
    """Turn this process into the one that was asked for."""
    os.setsid()
    os.chdir(cwd)
    change_environment(environment)
    for number, name in enumerate((os.devnull, *outputs)):
        flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND if number else os.O_RDONLY
        os.dup2(os.open(name, flags, 0o600), number)
    sys.argv = arguments[1:] if arguments[0] == "-m" else arguments
    sys.path[:1] = [cwd] if arguments[0] == "-m" else []


def change_environment(environment: Mapping[str, str]) -> None:
    """Replace the variables of this process."""
    from plumbum import local  # noqa: PLC0415

    os.environ.clear()
    os.environ.update(environment)
    # With it Copier runs git; it was copied when it was imported.
    local.env.clear()
    local.env.update(environment)


def run_in_a_copy(
    command: list[str], *, env: Mapping[str, str], **_options: object
) -> subprocess.CompletedProcess[bytes]:
    """Run the migrations, `python -B FOLDER ...`, in a copy of this process."""
    assert command[:2] == [sys.executable, "-B"], command
    sys.stdout.flush()
    if pid := os.fork():
        _, status = os.waitpid(pid, 0)
        return subprocess.CompletedProcess(command, os.waitstatus_to_exitcode(status))
    code: object = 1
    try:
        change_environment(env)
        sys.argv = command[2:]
        runpy.run_path(sys.argv[0], run_name="__main__")
        code = 0
    except SystemExit as end:
        code = end.code or 0
    except BaseException:
        traceback.print_exc()
    finally:
        # The copy must not clean up what the process itself still needs.
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code if isinstance(code, int) else 1)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    asked_for = serve()
    if asked_for[0] == "-m":
        runpy.run_module(asked_for[1], run_name="__main__", alter_sys=True)
    else:
        runpy.run_path(asked_for[0], run_name="__main__")

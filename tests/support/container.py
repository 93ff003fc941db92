"""A Dockerfile replayed where no container engine runs.

Each stage is a folder that becomes the root of its commands, in mount and process namespaces of
their own: /venv and /srv are real paths, the command is process 1, and there is nothing of this
machine but what stands in for the base image, read-only: /usr, /opt and this Python. So it is
this machine's system and Python that run, and not those of python:3.13-slim-bookworm. Commands run
for real, useradd among them, on an /etc of the stage's own.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from support import dockerfile
from support.dockerfile import Instruction
from support.dockerignore import context

BUILD_SECONDS = 300
START_SECONDS = 30
BASE_IMAGE = re.compile(r"python:3\.\d+-slim-\w+@sha256:[0-9a-f]{64}")
PYTHON_HOME = Path(sys.base_prefix)
PYTHON = PYTHON_HOME / "bin" / f"python3.{sys.version_info.minor}"
BASE_FOLDERS = ["/usr", "/opt"]
if not PYTHON_HOME.is_relative_to("/usr") and not PYTHON_HOME.is_relative_to("/opt"):
    BASE_FOLDERS.append(str(PYTHON_HOME))
BASE_LINKS = ("bin", "lib", "lib64", "sbin")
BASE_ETC = ("hosts", "ld.so.cache", "login.defs", "nsswitch.conf", "pip.conf", "resolv.conf")
BASE_PATH = "/base:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
# Where packages come from is this machine's business and not the image's.
OF_THE_BUILDER = re.compile(r"PIP_.*|(HTTPS?|NO)_PROXY", re.IGNORECASE)
AS_ROOT = () if os.geteuid() == 0 else ("sudo", "--non-interactive")
NAMESPACES = (*AS_ROOT, "unshare", "--mount", "--pid", "--fork", "--kill-child")
# Arguments: the root, the user, folders to mount and --, then the command.
ENTER = """
set -eu
root=$1 user=$2; shift 2
while [ "$1" != -- ]; do
  mount --bind "$1" "$root$1"
  mount -o remount,bind,ro "$root$1"
  shift
done
shift
mount --rbind /dev "$root/dev"
mount -t proc proc "$root/proc"
exec chroot --userspec="$user" "$root" env --ignore-environment "$@"
"""


class BuildError(Exception):
    """A step of the build failed."""


@dataclass
class Stage:
    """An image, or one on its way: a folder and what its commands begin with."""

    steps: list[Instruction]
    root: Path
    environment: dict[str, str] = field(default_factory=lambda: {"PATH": BASE_PATH})
    folder: str = "/"
    user: str = "0"
    command: list[str] = field(default_factory=list)

    def at(self, path: str) -> Path:
        """Return where an absolute path of the image lies on this machine."""
        if not path.startswith("/"):
            raise BuildError(f"{path} is not absolute, which the replay wants.")
        return self.root / path.strip("/")

    def start(
        self, command: Sequence[str], variables: Mapping[str, str], output: Path
    ) -> subprocess.Popen[bytes]:
        """Start a command as the stage's process 1."""
        environment = {**self.environment, **variables}
        pairs = (f"{name}={value}" for name, value in environment.items())
        enter = ["sh", "-c", ENTER, "enter", str(self.root), self.user, *BASE_FOLDERS, "--"]
        with output.open("ab") as log:
            return subprocess.Popen(
                [*NAMESPACES, *enter, f"--chdir={self.folder}", *pairs, *command],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )


def why_impossible() -> str:
    """Return why no container can be replayed on this machine; nothing where one can."""
    if shutil.which("unshare") is None:
        return "The replay of the Dockerfile needs Linux and unshare, of util-linux."
    reason = "The replay of the Dockerfile needs the rights of root."
    if shutil.which(NAMESPACES[0]) is None:
        return reason
    tried = subprocess.run([*NAMESPACES, "true"], check=False, capture_output=True)
    return reason if tried.returncode else ""


def build(text: str, repository: Path, work: Path, known: Sequence[Stage] = ()) -> list[Stage]:
    """Replay a Dockerfile and return its stages; one whose steps are known is taken as it is."""
    sent = _send_context(repository, work / "context")
    stages: dict[str, Stage] = {}
    for number, steps in enumerate(_stages(text)):
        name = dockerfile.stage(steps[0])[1] or str(number)
        same = [stage for stage in known if stage.steps == steps]
        stages[name] = same[0] if same else _replay(steps, sent, stages, work / name)
    return list(stages.values())


def remove(folder: Path) -> None:
    """Remove what a build has made, which root may own."""
    subprocess.run([*AS_ROOT, "rm", "-rf", str(folder)], check=True)


def first_processes(process: subprocess.Popen[bytes]) -> list[int]:
    """Return the id, outside, of process 1 of what was started; none while it starts."""
    children = psutil.Process(process.pid).children(recursive=True)
    return [child.pid for child in children if _number_inside(child.pid) == "1"]


def signal(process: subprocess.Popen[bytes], name: str) -> None:
    """Send a signal to process 1 of what was started, as the host does."""
    deadline = time.monotonic() + START_SECONDS
    while not (found := first_processes(process)):
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.05)
    subprocess.run([*AS_ROOT, "kill", f"-{name}", str(found[0])], check=True)


def _number_inside(pid: int) -> str:
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return ""
    found = re.search(r"^NSpid:.*\s(\d+)$", status, re.MULTILINE)
    return found[1] if found else ""


def _send_context(repository: Path, destination: Path) -> Path:
    """Copy what .dockerignore leaves, with the only two modes that git knows."""
    for path in context(repository):
        source, target = repository / path, destination / path
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)
        target.chmod(0o755 if os.access(source, os.X_OK) else 0o644)
    return destination


def _stages(text: str) -> list[list[Instruction]]:
    stages: list[list[Instruction]] = []
    for instruction in dockerfile.instructions(text):
        if instruction.keyword == "FROM":
            stages.append([])
        elif not stages:
            raise instruction.unsupported()
        stages[-1].append(instruction)
    return stages


def _replay(steps: list[Instruction], sent: Path, stages: Mapping[str, Stage], root: Path) -> Stage:
    stage = Stage(steps, root)
    _lay_base(steps[0], stages, root)
    for step in steps[1:]:
        match step.keyword:
            case "RUN":
                _run(stage, step)
            case "COPY":
                _copy(stage, step, sent, stages)
            case "ENV":
                stage.environment |= dockerfile.variables(step, stage.environment)
            case "WORKDIR":
                stage.folder = step.text
                stage.at(step.text).mkdir(parents=True, exist_ok=True)
            case "USER":
                stage.user = dockerfile.user(step)
            case "CMD":
                stage.command = dockerfile.exec_form(step)
            case "EXPOSE":
                pass  # says something and does nothing
            case _:
                raise step.unsupported()
    return stage


def _lay_base(step: Instruction, stages: Mapping[str, Stage], root: Path) -> None:
    image, _ = dockerfile.stage(step)
    # A stage that only names the image holds nothing yet.
    is_base = image in stages and len(stages[image].steps) == 1
    if not is_base and not BASE_IMAGE.fullmatch(image):
        raise step.unsupported()
    for folder in (*BASE_FOLDERS, "/base", "/dev", "/etc", "/home", "/proc", "/root", "/srv"):
        (root / folder.strip("/")).mkdir(parents=True, exist_ok=True)
    (root / "tmp").mkdir()
    (root / "tmp").chmod(0o1777)
    for name in BASE_LINKS:
        if (link := Path("/", name)).is_symlink():
            (root / name).symlink_to(link.readlink())
    for name in BASE_ETC:
        if (file := Path("/etc", name)).exists():
            shutil.copyfile(file, root / "etc" / name)
    shutil.copytree("/etc/ssl/certs", root / "etc/ssl/certs")
    (root / "etc/passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (root / "etc/group").write_text("root:x:0:\n")
    python = root / "base/python"
    python.write_text(f'#!/bin/sh\nexec {PYTHON} "$@"\n')
    python.chmod(0o755)


def _run(stage: Stage, step: Instruction) -> None:
    output = stage.root.with_suffix(".log")
    builder = {name: value for name, value in os.environ.items() if OF_THE_BUILDER.fullmatch(name)}
    process = stage.start(["/bin/sh", "-c", dockerfile.command(step)], builder, output)
    if process.wait(BUILD_SECONDS):
        raise BuildError(f"{step}: {process.returncode}\n{output.read_text()}")


def _copy(stage: Stage, step: Instruction, sent: Path, stages: Mapping[str, Stage]) -> None:
    given = dockerfile.copy(step)
    if given.stage is not None and given.stage not in stages:
        raise BuildError(f"{step}: there is no stage of that name.")
    origin = sent if given.stage is None else stages[given.stage].root
    target = stage.at(given.destination)
    for name in given.sources:
        source = origin / name.strip("/")
        if not source.exists():
            raise BuildError(f"{step}: {name} does not exist.")
        if source.is_dir():
            shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True)
        else:
            (target if given.into_folder else target.parent).mkdir(parents=True, exist_ok=True)
            shutil.copy2(source, target)

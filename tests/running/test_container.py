"""The container as Render builds and runs it, replayed step by step: see `running.container`."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
from support import container, dockerfile, dockerignore
from support.checkout import ROOT, Generate
from support.container import BuildError, Stage
from support.deploy import DeployError, Server, deployed, variables, web_service
from support.dockerfile import Instruction, UnsupportedError
from support.running_store import Installed, Postgres, Valkey, backing, run

DOCKERFILE = (ROOT / "template/render/Dockerfile").read_text()
BASE = str(dockerfile.instructions(DOCKERFILE)[0])
COPIES = [step for step in dockerfile.instructions(DOCKERFILE) if step.keyword == "COPY"]
COPIED_FOLDERS = {
    source.partition("/")[0]
    for copy in map(dockerfile.copy, COPIES)
    for source in copy.sources
    if copy.stage is None
}
ABSENT = "No such file|No module|No 'script_location'|cannot import name|not found|does not exist"
# Takes a table, says when somebody waits for it, and lets go when its input ends.
HOLD = """
import asyncio, asyncpg, sys
async def main():
    connection = await asyncpg.connect(sys.argv[1])
    async with connection.transaction():
        await connection.execute("LOCK TABLE products")
        print("held", flush=True)
        async with asyncio.timeout(30):
            while not await connection.fetchval("SELECT 1 FROM pg_locks WHERE NOT granted"):
                await asyncio.sleep(0.05)
        print("waited for", flush=True)
        await asyncio.to_thread(sys.stdin.read)
asyncio.run(main())
"""


@dataclass(frozen=True)
class Host:
    """What Render has for a store: its repository, a database and a cache."""

    repository: Path
    postgres: Postgres
    valkey: Valkey

    @property
    def service(self) -> dict[str, Any]:
        """Return the API as the Blueprint describes it."""
        return web_service(self.repository)

    @property
    def variables(self) -> dict[str, str]:
        """Return what the API sees."""
        return variables(self.service, self.postgres.url, self.valkey.url)


@pytest.fixture(scope="module")
def host(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Host]:
    if reason := container.why_impossible():
        assert not os.environ.get("CI"), reason
        pytest.skip(reason)
    store, folder = installed(enable_logrocket=True), tmp_path_factory.mktemp("host")
    run(["git", "clone", "-q", str(store), str(folder / "repository")], folder)
    with backing(store, folder) as (postgres, valkey):
        yield Host(folder / "repository", postgres, valkey)


@pytest.fixture(scope="module")
def stages(host: Host, tmp_path_factory: pytest.TempPathFactory) -> Iterator[list[Stage]]:
    """Return the stages that the Dockerfile makes of the repository, the image as the last one."""
    work = tmp_path_factory.mktemp("image")
    try:
        yield container.build(DOCKERFILE, host.repository, work)
    finally:
        container.remove(work)


@pytest.fixture
def work(tmp_path: Path) -> Iterator[Path]:
    """Return a folder for another image."""
    yield tmp_path / "image"
    container.remove(tmp_path / "image")


def test_a_deploy_migrates_and_serves(host: Host, stages: list[Stage], tmp_path: Path) -> None:
    with deployed(stages[-1], host.service, host.variables, tmp_path / "log") as server:
        assert server.ask("/livez").status == 200
        assert server.ask("/readyz").text == '{"status":"ok","database":"ok","cache":"ok"}'
        assert server.ask("/products").text == '{"items":[],"next_cursor":null,"total":0}'

        [first] = container.first_processes(server.process)
        assert set(psutil.Process(first).uids()) == {10001}


@pytest.mark.parametrize("processes", ["1", "2"])
def test_sigterm_lets_a_request_finish(
    host: Host, stages: list[Stage], tmp_path: Path, processes: str
) -> None:
    given = host.variables | {"WEB_CONCURRENCY": processes}
    with (
        deployed(stages[-1], host.service, given, tmp_path / "log") as server,
        ThreadPoolExecutor(1) as thread,
        subprocess.Popen(
            [host.postgres.store / ".venv/bin/python", "-c", HOLD, host.postgres.url],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        ) as holder,
    ):
        assert holder.stdin is not None
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        # A search of its own, which is in no cache.
        in_flight = thread.submit(server.ask, f"/products?q={processes}+in+flight")
        assert holder.stdout.readline() == "waited for\n"

        container.signal(server.process, "TERM")
        await_draining(server)
        assert not in_flight.done()
        holder.stdin.close()

        assert in_flight.result().status == 200
        assert server.process.wait(host.service["maxShutdownDelaySeconds"]) == 0


def await_draining(server: Server) -> None:
    deadline = time.monotonic() + 10
    while "Waiting for connections to close" not in server.log.read_text():
        assert time.monotonic() < deadline, server.log.read_text()
        time.sleep(0.05)


def test_a_free_store_migrates_as_it_starts(
    host: Host, stages: list[Stage], generate: Generate, tmp_path: Path
) -> None:
    service = web_service(generate(tier="demo"))
    assert "preDeployCommand" not in service
    postgres = Postgres(host.postgres.store, tmp_path / "postgres")
    try:
        postgres.start()
        given = variables(service, postgres.url, host.valkey.url)
        with deployed(stages[-1], service, given, tmp_path / "log") as server:
            assert server.ask("/products").status == 200
    finally:
        postgres.stop()


def deploy(host: Host, image: Stage, log: Path, **changes: str) -> None:
    with deployed(image, host.service, host.variables | changes, log):
        pass


def build_and_deploy(
    host: Host, text: str, repository: Path, work: Path, known: list[Stage]
) -> None:
    deploy(host, container.build(text, repository, work, known)[-1], work / "log")


@pytest.mark.parametrize("step", COPIES, ids=str)
def test_no_copy_can_be_left_out(
    host: Host, stages: list[Stage], work: Path, step: Instruction
) -> None:
    without = DOCKERFILE.replace(f"{step}\n", "")
    assert without != DOCKERFILE

    with pytest.raises((BuildError, DeployError), match=ABSENT):
        build_and_deploy(host, without, host.repository, work, stages)


@pytest.mark.parametrize(
    "path", ["api/app/cart/models.py", "render/api/cache.py", "render/release.sh"]
)
def test_no_file_can_be_left_out(host: Host, stages: list[Stage], work: Path, path: str) -> None:
    repository = shutil.copytree(host.repository, work / "repository")
    with (repository / ".dockerignore").open("a") as ignored:
        ignored.write(f"{path}\n")

    with pytest.raises((BuildError, DeployError), match=ABSENT):
        build_and_deploy(host, DOCKERFILE, repository, work, stages[:-1])


@pytest.mark.parametrize(
    "name", ["ADMIN_TOKEN", "DATABASE_DIRECT_URL", "DATABASE_URL", "RENDER_GIT_COMMIT"]
)
def test_no_variable_can_be_left_out(
    host: Host, stages: list[Stage], tmp_path: Path, name: str
) -> None:
    # Empty and absent are the same to the API, as a dashboard keeps a cleared one.
    with pytest.raises(DeployError, match=f"{name} is not set"):
        deploy(host, stages[-1], tmp_path / "log", **{name: ""})


def test_the_build_gets_no_more_than_it_copies(generate: Generate) -> None:
    sent = {str(path) for path in dockerignore.context(generate())}

    assert {name.partition("/")[0] for name in sent} <= COPIED_FOLDERS
    assert not [name for name in sent if name.startswith("api/tests/") or "/__pycache__/" in name]


@pytest.mark.parametrize(
    ("lines", "kept"),
    [
        ("", {"a", "b/a", "b/c/a"}),
        ("a", {"b/a", "b/c/a"}),
        ("b/", {"a"}),
        ("**/a", set()),
        ("*", set()),
        ("*\n!b", {"b/a", "b/c/a"}),
        ("*\n!b\nb/c", {"b/a"}),
        ("b/*\n!b/c/a", {"a", "b/c/a"}),
        ("!b\n*", set()),
        ("# a\n/b/?", {"a"}),
    ],
)
def test_dockerignore_is_read_as_docker_does(tmp_path: Path, lines: str, kept: set[str]) -> None:
    for name in ("a", "b/a", "b/c/a"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    (tmp_path / ".dockerignore").write_text(lines)

    assert {str(path) for path in dockerignore.context(tmp_path)} - {".dockerignore"} == kept


@pytest.mark.parametrize(
    "line",
    [
        "ADD api/ /srv/api/",
        "ARG VERSION",
        "CMD /srv/render/serve.sh",
        "COPY --chown=store api/ /srv/api/",
        "COPY api/* /srv/api/",
        "ENV NAME value",
        "ENV NAME=${OTHER:-x}",
        "FROM alpine",
        "FROM python:3.13-slim-bookworm",
        "HEALTHCHECK CMD true",
        "RUN --mount=type=cache,target=/root/.cache true",
        "RUN <<EOF",
        "USER store",
        "# escape=`",
    ],
)
def test_what_the_replay_does_not_know_is_refused(tmp_path: Path, line: str) -> None:
    with pytest.raises(UnsupportedError, match="is not replayed"):
        container.build(f"{BASE}\n{line}\n", tmp_path, tmp_path / "image")

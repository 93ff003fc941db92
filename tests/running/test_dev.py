"""`make dev` for real: the generated store runs on this machine, and leaves nothing behind."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
import urllib.request
from pathlib import Path

import pytest
import yaml
from support.checkout import Generate, git
from support.make_dev import END_SECONDS, running
from support.running_store import Installed, copy_of, query
from tools.dev.__main__ import stripe_port
from tools.dev.console import ProblemError, last_lines, prefixed, readable
from tools.dev.environment import Addresses, compose, read

PYTHON = ".venv/bin/python"
TOOLS = "tools/.venv/bin/python"
MOMENT_SECONDS = 10


@pytest.fixture(scope="module")
def store(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return copy_of(installed(), tmp_path_factory.mktemp("dev") / "store")


def fetch(url: str) -> str:
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(url, timeout=30) as page:
        return str(page.read().decode())


def is_alive(pid: int) -> bool:
    """Return whether a process runs; one that has ended and waits to be collected does not."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    stat = Path(f"/proc/{pid}/stat")
    return not stat.exists() or stat.read_text().rpartition(")")[2].split()[0] != "Z"


def left_below(folder: Path) -> list[int]:
    """Return every process that goes on working in a folder, whether or not anyone recorded it.

    Next.js ends with a process apart, which finds after a moment that it has nothing to report.
    """
    deadline = time.monotonic() + MOMENT_SECONDS
    while (found := working_below(folder)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def working_below(folder: Path) -> list[int]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (process / "cwd").readlink().is_relative_to(folder):
                found.append(int(process.name))
    return found


def sql(store: Path, statement: str) -> object:
    port = (store / ".dev/postgres/postmaster.pid").read_text().splitlines()[3]
    password = (store / ".dev/password").read_text()
    [value] = query(store, f"postgresql://store:{password}@127.0.0.1:{port}/postgres", statement)
    return value


def test_it_needs_make_setup(generate: Generate, tmp_path: Path) -> None:
    store = shutil.copytree(generate(), tmp_path / "store")
    refused = subprocess.run(
        ["make", "dev"], cwd=store, check=False, capture_output=True, text=True
    )
    assert refused.returncode != 0
    assert refused.stderr.startswith("Run make setup first.")


def test_it_answers_and_one_ctrl_c_ends_all(store: Path) -> None:
    with running(store) as run:
        storefront, api = run.wait_until_ready()
        page, ready = fetch(storefront), json.loads(fetch(f"{api}/readyz"))
        pids = run.pids
        run.press_ctrl_c()

    assert "Luma Store" in page
    assert ready["status"] == "ok"
    assert list(pids) == ["postgres", "valkey", "stripe", "api", "storefront"]
    assert "Stopping storefront, api, stripe, valkey, postgres\nStopped.\n" in run.text
    assert not [name for name, pid in pids.items() if is_alive(pid)]
    assert not left_below(store)
    assert not (store / ".dev/postgres/postmaster.pid").exists()
    assert "Traceback" not in run.text
    assert git("status", "--porcelain", cwd=store) == ""


def test_a_taken_port_is_left_alone_and_a_second_start_refused(store: Path) -> None:
    with contextlib.ExitStack() as others:
        for port in (3000, 8000):
            with contextlib.suppress(OSError):
                others.enter_context(socket.create_server(("127.0.0.1", port)))
        run = others.enter_context(running(store, TOOLS, "-m", "tools.dev"))
        storefront, api = run.wait_until_ready()
        second = subprocess.run(
            ["make", "dev"],
            cwd=store,
            check=False,
            capture_output=True,
            text=True,
            timeout=END_SECONDS,
        )
        page = fetch(storefront)
        code = run.press_ctrl_c()

    for port, address in ((3000, storefront), (8000, api)):
        assert f"Port {port} is taken, so the " in run.text
        assert not address.endswith(f":{port}")
    assert second.returncode != 0
    assert f"make dev is already running here, as process {run.process.pid}: {storefront}" in (
        second.stdout
    )
    assert "Luma Store" in page
    assert code == 0


def test_after_a_kill_the_next_start_cleans_up_and_keeps_the_data(store: Path) -> None:
    with running(store, TOOLS, "-m", "tools.dev") as killed:
        killed.wait_until_started()
        left = killed.pids
        sql(store, "CREATE TABLE kept AS SELECT 'yes' AS value")
        killed.process.kill()
        killed.process.wait(END_SECONDS)
    assert is_alive(left["postgres"])

    with running(store) as run:
        run.wait_until_ready()
        assert sql(store, "SELECT value FROM kept") == "yes"
        assert not [name for name, pid in left.items() if is_alive(pid)]
        run.press_ctrl_c()

    assert re.search(r"Stopped what a killed make dev had left: .*valkey, postgres\.", run.text)
    assert not left_below(store)


def test_a_foreign_process_with_a_recorded_id_is_spared(store: Path) -> None:
    with subprocess.Popen(["sleep", "600"], cwd=store, start_new_session=True) as foreign:
        recorded = {"name": "api", "pid": foreign.pid, "started": 1.0, "ends_on": signal.SIGTERM}
        (store / ".dev/running.json").write_text(json.dumps({"pid": 1, "processes": [recorded]}))
        (store / ".dev/postgres/postmaster.pid").write_text(f"{foreign.pid}\n")
        try:
            with running(store, TOOLS, "-m", "tools.dev") as run:
                run.wait_until_started()
                assert foreign.poll() is None
                os.kill(run.pids["valkey"], signal.SIGKILL)
                code = run.process.wait(END_SECONDS)
        finally:
            foreign.kill()

    assert "valkey stopped (signal 9)." in run.text
    assert code == 1
    assert not left_below(store)


def test_it_sets_exactly_what_the_contract_leaves_to_it(generate: Generate) -> None:
    contract = yaml.safe_load((generate() / "env.yml").read_text())["variables"]
    declared = {name for name, variable in contract.items() if variable["local"] == "dev"}
    assert set(Addresses(3000, 8000, "database", "cache", 12_111).variables) == declared


def test_a_stand_in_is_for_who_sells_without_an_account(tmp_path: Path) -> None:
    assert stripe_port(tmp_path, {}) is None  # an API that takes no orders
    (tmp_path / "api/app/orders").mkdir(parents=True)
    assert stripe_port(tmp_path, {"STRIPE_SECRET_KEY": ""})
    assert stripe_port(tmp_path, {"STRIPE_SECRET_KEY": "sk_test_of_an_account"}) is None


def test_the_example_settings_are_read_as_they_stand(generate: Generate) -> None:
    values = read(generate() / ".env.example")
    assert values["ENVIRONMENT"] == "local"
    addresses = Addresses(3000, 8000, "database", "cache")
    environment = compose({"PORT": "1", "LOG_LEVEL": "error", "HOME": "/"}, values, addresses)
    assert (environment["PORT"], environment["LOG_LEVEL"]) == ("8000", "info")
    assert environment["HOME"] == "/"


@pytest.mark.parametrize(
    ("line", "value"),
    [
        ("NAME=plain#value", "plain#value"),
        ("NAME=a=b", "a=b"),
        ("NAME=", ""),
        ('NAME="two words # and more"', "two words # and more"),
        ("  NAME='single'  ", "single"),
    ],
)
def test_a_setting_is_read(tmp_path: Path, line: str, value: str) -> None:
    file = tmp_path / ".env"
    file.write_text(f"# A comment\n\n{line}\n")
    assert read(file) == {"NAME": value}


@pytest.mark.parametrize(
    "line",
    ["s3cret", "A B=s3cret", 'NAME="s3cret', "NAME=s3cret # why", "NAME = s3cret", "X=s3cret"],
)
def test_an_unreadable_setting_is_named_without_its_value(tmp_path: Path, line: str) -> None:
    file = tmp_path / ".env"
    file.write_text(f"X=1\n{line}\n")
    with pytest.raises(ProblemError, match="line 2") as refused:
        read(file)
    assert "s3cret" not in str(refused.value)


def log_line(level: str, message: str, **fields: object) -> str:
    """Return a line as render/api/logs.py writes it."""
    shared = {"time": "2026-11-28T10:00:00.000+00:00", "level": level, "logger": "render.api.logs"}
    entry = {**shared, "message": message, "release": "local", "environment": "local", **fields}
    return json.dumps(entry)


def test_a_request_of_the_api_fits_on_a_row(tmp_path: Path) -> None:
    request = {"method": "GET", "path": "/products/{slug}", "status": 200, "duration_ms": 3.1}
    ids = {"request_id": "0" * 32, "trace_id": "1" * 32}
    line = log_line("info", "GET /products/{slug} 200", **ids, **request)
    shown = prefixed("api", line)
    assert shown.split(" | ") == ["api       ", "info GET /products/{slug} 200 duration_ms=3.1"]

    log = tmp_path / "seed.log"
    log.write_text(f"{line}\nplain\n")
    assert last_lines("api", log, 2) == f"\n{shown}\napi        | plain"


def test_an_error_keeps_all_that_it_says() -> None:
    traceback = 'Traceback (most recent call last):\n  File "app/main.py", line 3\n\nKeyError: "ä"'
    line = log_line("error", "Failed: /a", request_id="abcdefgh", cause="two words", n=None)
    shown = readable(line[:-1] + f', "exception": {json.dumps(traceback)}}}')
    assert shown[0] == "error Failed: /a request_id=abcdefgh cause=two words n=null"
    assert shown[1:] == traceback.split("\n")
    assert prefixed("api", line).startswith("api        | error Failed: /a")


@pytest.mark.parametrize(
    "line",
    ["", "INFO:     Started", "{not JSON}", '{"level": 30, "msg": "pino"}', "[1]", '{"a":' * 9999,
     '{"message": "no level"}', "  {}"],
)  # fmt: skip
def test_another_line_is_shown_as_it_is(line: str) -> None:
    assert readable(line) == [line]

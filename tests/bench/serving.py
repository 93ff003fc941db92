"""Measure the cached catalogue list against a bare endpoint of the same server.

The server runs as in production, with a real PostgreSQL and Valkey, in its own process; this one
only sends requests, over connections that stay open. One round measures each endpoint once, and
each round begins with the other one, so that a change in the machine's load meets both alike.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median

import psutil
from copier import run_copy
from support.checkout import export_template
from support.keepalive import Connection, Reply, request
from support.running_store import Api, backing, environment_of, free_port, install
from tools.dev.environment import Addresses

from bench.copying import Row, make_hermetic, print_rows, tagged

TARGET = 0.6
CATALOGUE = "/products"
BARE = "/bare"


@dataclass(eq=False)
class Contender:
    """An endpoint, and what each round measured."""

    path: str
    rates: list[float] = field(default_factory=list)
    """Requests per second."""
    costs: list[float] = field(default_factory=list)
    """Microseconds of processor time that the server took for a request."""


class BenchedApi(Api):
    """The store's API with the bare endpoint."""

    def command(self) -> list[str]:
        """Return the production command with the other application."""
        return [part.replace("app.main:app", "bare:app") for part in super().command()]


def main() -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(description="Measure the cached catalogue list.")
    parser.add_argument("--rounds", type=int, default=40, help="how often each endpoint runs")
    parser.add_argument("--seconds", type=float, default=0.5, help="how long it runs in a round")
    parser.add_argument("--connections", type=int, default=32)
    options = parser.parse_args()
    load, processors = os.getloadavg()[0], os.cpu_count()
    contenders = [Contender(CATALOGUE), Contender(BARE)]
    with tempfile.TemporaryDirectory(prefix="bench-serve-") as folder:
        work = Path(folder).resolve()
        make_hermetic(work)
        with serving(set_up(work), work) as api:
            size = expect_same_bytes(api)
            for number in range(-1, options.rounds):
                for contender in contenders[:: 1 if number % 2 else -1]:
                    measure(api, contender, options.seconds, options.connections)
    for contender in contenders:  # the first round only warms up
        del contender.rates[0], contender.costs[0]
    print_table(contenders)
    print(f"\n{size} bytes, {options.connections} connections")
    print(f"load average before = {load:.1f} on {processors} processors")
    print_ratio(*contenders)


def set_up(work: Path) -> Path:
    """Generate a store and set it up."""
    generated, store = work / "generated", work / "store"
    template = tagged(export_template(work / "template"))
    run_copy(str(template), generated, defaults=True, quiet=True, unsafe=True)
    install(generated, store)
    return store


@contextmanager
def serving(store: Path, work: Path) -> Iterator[Api]:
    """Run the API of a store with a seeded catalogue."""
    body = work / "body"
    with backing(store, work) as (postgres, valkey):
        addresses = Addresses(free_port(), free_port(), postgres.url, valkey.url)
        environment = environment_of(store, addresses, {"BARE_BODY": str(body)})
        environment["PYTHONPATH"] += f"{os.pathsep}{Path(__file__).parent}"
        api = BenchedApi(store, environment, work / "api.log", addresses.api_port)
        try:
            api.migrate()
            api.seed()
            api.start()
            body.write_bytes(asyncio.run(ask(api.port, CATALOGUE)).body)
            api.terminate()
            api.start()
            yield api
        finally:
            api.kill()


def expect_same_bytes(api: Api) -> int:
    """Return the size of the answer, which has to be the same from both endpoints."""
    catalogue, bare = (asyncio.run(ask(api.port, path)).body for path in (CATALOGUE, BARE))
    if not catalogue or catalogue != bare:
        sys.exit("The endpoints answer different bytes.")
    return len(bare)


async def ask(port: int, path: str) -> Reply:
    """Send one request."""
    async with Connection(port) as connection:
        return await connection.send(request("GET", path))


def measure(api: Api, contender: Contender, seconds: float, connections: int) -> None:
    """Ask for one endpoint for a while."""
    assert api.process is not None
    server = psutil.Process(api.process.pid)
    used, begun = sum(server.cpu_times()[:2]), time.perf_counter()
    served = asyncio.run(ask_for(api.port, contender.path, begun + seconds, connections))
    elapsed = time.perf_counter() - begun
    contender.rates.append(served / elapsed)
    contender.costs.append((sum(server.cpu_times()[:2]) - used) / served * 1e6)


async def ask_for(port: int, path: str, end: float, connections: int) -> int:
    """Keep that many connections busy until a moment, and count the answers."""
    message = request("GET", path)

    async def client() -> int:
        served = 0
        async with Connection(port) as connection:
            while time.perf_counter() < end:
                if (reply := await connection.send(message)).status != 200:
                    sys.exit(f"{path} answered {reply.status}.")
                served += 1
        return served

    return sum(await asyncio.gather(*(client() for _ in range(connections))))


def print_table(contenders: list[Contender]) -> None:
    """Print one line per endpoint."""
    rows: list[Row] = [("endpoint", "requests/s", "min", "max", "server CPU us")]
    for contender in contenders:
        rates, cost = contender.rates, median(contender.costs)
        numbers = (median(rates), min(rates), max(rates), cost)
        rows.append((contender.path, *(f"{number:.0f}" for number in numbers)))
    print_rows(rows)


def print_ratio(catalogue: Contender, bare: Contender) -> None:
    """Print what the look-up leaves of the server's speed, the ratio of medians last."""
    ratios = [mine / most for mine, most in zip(catalogue.rates, bare.rates, strict=True)]
    ratio = median(catalogue.rates) / median(bare.rates)
    note = ": below target" if ratio < TARGET else ""
    busy = median(bare.costs) / median(catalogue.costs)
    spread = f"{median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})"
    print(f"median of the rounds' own ratios = {spread}, of the server's CPU = {busy:.2f}")
    print(f"catalogue / bare = {ratio:.2f} (target {TARGET}){note}")


if __name__ == "__main__":
    main()

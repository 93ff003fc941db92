"""An API that reports everything that it is given: a program for the Python of a store.

`careless_api.py DSN VALUES` puts each value into each place from which it could leave. With
`--asked-for HEADERS` it asks for 100 traces, with `--sizes` it reports errors with texts of 16 kB,
160 kB and 1.6 MB, and prints the milliseconds as JSON.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Literal

import sentry_sdk
from fastapi import FastAPI, HTTPException, Request
from fastapi.exceptions import RequestValidationError
from httpx2 import ASGITransport, AsyncClient
from monitoring import api as monitoring
from pydantic import BaseModel, ValidationError
from redis.exceptions import ResponseError
from sentry_sdk.envelope import Envelope, Item
from sentry_sdk.session import Session
from sqlalchemy.exc import IntegrityError

TRACE = "0af7651916cd43dd8448eb211c80319c"
HEADERS = (
    "User-Agent", "Content-Type", "Accept", "Accept-Language", "Referer", "Origin", "Authorization",
    "Host", "X-Forwarded-For", "X-Request-Id", "X-Customer", "Cookie", "Forwarded", "sentry-trace",
)  # fmt: skip
SPAN_DATA = (
    "db.system", "db.operation", "http.method", "http.request.method", "http.route", "cache.hit",
    "http.response.status_code", "code.namespace", "code.function", "thread.name", "url.full",
)  # fmt: skip

SLOW = ("a", "%40a", "4 ", "a.", "session ", "eyJ")

app = FastAPI()


@app.post("/orders/{name}")
async def order(request: Request, name: str) -> None:
    body = await request.body()
    sentry_sdk.set_tag("payment.provider", "stripe")
    with sentry_sdk.start_span(op="db", name=f"SELECT FROM orders {name}"):
        raise ValueError(f"cannot charge {name}, {body!r}, {dict(request.headers)}")


class Customer(BaseModel):
    """Someone."""

    name: Literal["known"]


def raised(error: BaseException) -> BaseException:
    try:
        raise error
    except BaseException as caught:
        return caught


def with_note(value: str) -> BaseException:
    error = RuntimeError("cannot charge")
    error.add_note(value)
    return error


def caused(value: str) -> BaseException:
    try:
        raise KeyError(value)
    except KeyError as cause:
        error = RuntimeError("cannot charge")
        error.__cause__ = cause
        return error


def invalid(value: str) -> BaseException:
    try:
        Customer.model_validate({"name": value})
    except ValidationError as error:
        return error
    raise AssertionError


ERRORS: tuple[Callable[[str], BaseException], ...] = (
    ValueError, TypeError, AttributeError, NotImplementedError, KeyError, LookupError, NameError,
    RuntimeError, TimeoutError, ImportError, ZeroDivisionError, StopIteration,
    lambda value: OSError(2, "No such file", value),
    lambda value: UnicodeDecodeError("utf-8", value.encode(), 0, 1, value),
    lambda value: json.JSONDecodeError(value, value, 0),
    lambda value: ExceptionGroup(value, [ValueError(value)]),
    lambda value: HTTPException(500, value, {"X-Customer": value}),
    lambda value: RequestValidationError([{"input": value, "loc": [value]}], body=value),
    lambda value: IntegrityError(f"INSERT '{value}'", {"email": value}, Exception(value)),
    ResponseError, with_note, caused, invalid,
)  # fmt: skip


async def requests(http: AsyncClient, value: str) -> None:
    """Send a value in each part of a request, to a route and past all routes."""
    safe = "".join(letter for letter in value if letter.isascii() and letter.isprintable())
    headers = dict.fromkeys(HEADERS, safe) | {
        "baggage": f"sentry-transaction={safe},sentry-user_segment={safe},sentry-release={safe},"
        f"sentry-trace_id={TRACE},sentry-sampled=true,customer={safe}",
        "sentry-trace": f"{TRACE}-b7ad6b7169203331-1",
    }
    for path in (f"/orders/{value}", f"/customers/{value}"):
        for content in ({"json": {"name": value}}, {"data": {"name": value}}):
            with suppress(Exception):
                await http.post(path, params={"name": value}, headers=headers, **content)


def errors(value: str) -> None:
    for make in ERRORS:
        sentry_sdk.capture_exception(raised(make(value)))
    error = raised(ValueError(value))
    logging.getLogger(value).error(value, exc_info=error)
    logging.getLogger("orders").error("cannot charge %s", value, exc_info=error)
    logging.getLogger("orders").error("cannot charge", extra={"customer": value})
    sentry_sdk.capture_message(value)
    sentry_sdk.logger.error(value, attributes={"customer": value})
    sentry_sdk.metrics.count(value, 1, attributes={"customer": value})


def scope(value: str) -> None:
    """Put a value into each place of an event."""
    with sentry_sdk.new_scope() as scope:
        scope.set_tag("customer", value)
        scope.set_tag(value, "customer")
        scope.set_user({"id": value, "email": value, "ip_address": value})
        scope.set_context("customer", {"name": value})
        scope.set_context("runtime", {"name": value, "version": value})
        scope.set_context("response", {"status_code": value})
        scope.set_context(value, {value: value})
        scope.set_extra("customer", value)
        scope.fingerprint = [value]
        scope.add_breadcrumb(message=value, category=value, data={value: value})
        scope.add_attachment(bytes=value.encode(), filename=value)
        scope.set_transaction_name(f"/customers/{value}", source="route")
        sentry_sdk.capture_exception(raised(ValueError(value)))
        event = dict.fromkeys(("platform", "logger", "dist", "server_name", "message"), value)
        error = {"type": "Failed", "value": value, "mechanism": {"type": value, "data": value}}
        frame = {"filename": value, "function": value, "module": value, "vars": {value: value}}
        error["stacktrace"] = {"frames": [frame]}
        sentry_sdk.capture_event({**event, "exception": {"values": [error]}})


def traces(value: str) -> None:
    for name in (value, f"/{value}", f"GET /{value}"):
        with sentry_sdk.start_transaction(op=value, name=name, source="route") as transaction:
            transaction.set_data("customer", value)
            transaction.set_tag("customer", value)
            transaction.set_measurement(value, 1)
            with sentry_sdk.start_span(op=f"db.{value}", name=value, origin=value) as span:
                span.set_tag("customer", value)
                span.set_status(value)
                for field in SPAN_DATA:
                    span.set_data(field, value)
            with sentry_sdk.start_span(op="db.redis", name=f"GET {value}"):
                pass


def other_items(value: str) -> None:
    client = sentry_sdk.get_client()
    client.capture_session(Session(did=value, user={"id": value}, user_agent=value, release="1"))
    sentry_sdk.crons.capture_checkin(monitor_slug=value, status="ok")
    assert client.transport
    for kind in ("feedback", "user_report", "replay_event", "profile", "attachment", "sessions"):
        item = Item(json.dumps({"message": value}), type=kind, filename=value)
        client.transport.capture_envelope(Envelope({"customer": value}, [item]))


async def leak(values: list[str]) -> None:
    transport = ASGITransport(app, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://shop") as http:
        for value in values:
            await requests(http, value)
            for put in (errors, scope, traces, other_items):
                put(value)
            sentry_sdk.flush()


async def ask_for_traces(headers: dict[str, str]) -> None:
    transport = ASGITransport(app, raise_app_exceptions=False)
    async with AsyncClient(transport=transport, base_url="http://shop") as http:
        for _ in range(100):
            await http.get("/nowhere", headers=headers)
    sentry_sdk.flush()


def milliseconds_for(size: int) -> float:
    """Return how long the event loop is busy with one error whose texts are this long."""
    return max(best_of_ten((part * size)[:size]) for part in SLOW)


def best_of_ten(text: str) -> float:
    found = []
    for _ in range(10):
        with sentry_sdk.new_scope() as scope:
            scope.set_tag("customer", text)
            scope.set_context("customer", {"name": text})
            error = raised(ValueError(text))
            # Of this thread: another one compresses and sends.
            start = time.thread_time()
            sentry_sdk.capture_exception(error)
            found.append(1000 * (time.thread_time() - start))
            sentry_sdk.flush()
    return min(found)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("dsn")
    parser.add_argument("values", nargs="?", type=Path)
    parser.add_argument("--asked-for", type=json.loads)
    parser.add_argument("--sizes", action="store_true")
    given = parser.parse_args()
    rate = 0.05 if given.asked_for else 1.0
    monitoring.start(
        dsn=given.dsn, release="0123456", environment="preview", traces_sample_rate=rate
    )
    if given.asked_for:
        asyncio.run(ask_for_traces(given.asked_for))
    elif given.sizes:
        milliseconds_for(1000)
        sizes = (16_000, 160_000, 1_600_000)
        print(json.dumps([milliseconds_for(size) for size in sizes]))
    else:
        asyncio.run(leak(json.loads(given.values.read_text())))


if __name__ == "__main__":
    main()

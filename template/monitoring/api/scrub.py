"""What may leave for Sentry. Everything else stays in the API's log, under the same trace id.

Nothing is searched for or masked. An event is built anew from what is listed here, so its cost does
not depend on what a caller sends. No text that a caller or a customer can word is on the list.
"""

from __future__ import annotations

import json
import platform
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from sentry_sdk.envelope import Envelope, Item, PayloadRef
from sentry_sdk.transport import HttpTransport
from sentry_sdk.utils import capture_internal_exceptions

Check = Callable[[Any], Any]
Shape = Check | Mapping[str, Any] | list[Any]

WITHHELD = "[text withheld]"
UNMATCHED = "unmatched"
LONGEST_TEXT = 300
LONGEST_LIST = 1000
RUNTIME = {"name": platform.python_implementation(), "version": platform.python_version()}


def matching(pattern: str) -> Check:
    """Return a check that keeps a short text of this form."""
    form = re.compile(pattern)

    def check(value: Any) -> Any:
        short = isinstance(value, str) and len(value) <= LONGEST_TEXT
        return value if short and form.fullmatch(value) else None

    return check


def one_of(words: str) -> Check:
    """Return a check that keeps these words."""
    known = frozenset(words.split())
    return lambda value: value if isinstance(value, str) and value in known else None


def number(value: Any) -> Any:
    """Keep a number, or true and false."""
    return value if isinstance(value, (int, float)) else None


def short(value: Any) -> Any:
    """Keep a number or an identifier, of a field that the store has declared."""
    return number(value) if number(value) is not None else IDENTIFIER(value)


def line_of_code(value: Any) -> Any:
    """Keep a line that Python has read from a source file."""
    return value[:LONGEST_TEXT] if isinstance(value, str) else None


def first_word(words: str) -> Check:
    """Return a check that keeps the first word of a text, if it is one of these."""
    check = one_of(words)
    return lambda value: check(value[:20].partition(" ")[0]) if isinstance(value, str) else None


ID = matching(r"[0-9a-f]{16}|[0-9a-f]{32}")
TIME = matching(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|\+00:00)")
IDENTIFIER = matching(r"[\w.-]{1,64}")
VERSION = matching(r"\d[\w.+]{0,30}")
# As in code.
NAME = matching(r"[^\W\d][\w.<>]*")
FILE = matching(r"[\w./+@ \\:-]+\.pyx?")
# A part with two digits could be someone's number.
ROUTE = matching(r"/|(?:/(?:[a-z_][a-z_.-]*(?:\d[a-z_.-]*)?|\{\w+(?::\w+)?\}))+")
# Sentry's own words, none of which has a digit.
OPERATION = matching(
    r"(?:cache|db|function|http|middleware|queue|subprocess|template|view|websocket)(?:\.[a-z_]+)*"
)
ORIGIN = matching(r"manual|auto(?:\.[a-z_0-9]+)+")
MECHANISM = matching(r"[a-z_]+")
METHOD = one_of("GET HEAD POST PUT PATCH DELETE OPTIONS")
STATUS = one_of(
    "ok cancelled unknown invalid_argument deadline_exceeded not_found already_exists aborted "
    "permission_denied resource_exhausted failed_precondition out_of_range unimplemented "
    "internal_error unavailable data_loss unauthenticated unknown_error"
)
# The statement or command, without what follows it.
COMMAND = first_word(
    "SELECT INSERT UPDATE DELETE WITH BEGIN; BEGIN COMMIT; COMMIT ROLLBACK; ROLLBACK SAVEPOINT "
    "RELEASE CREATE ALTER DROP LOCK GET HEAD POST PUT PATCH OPTIONS MGET SET SETEX DEL EXISTS INCR "
    "EXPIRE TTL PTTL EVAL EVALSHA HGET HSET HGETALL PING SCAN PUBLISH XADD redis.pipeline.execute"
)
DATABASE = one_of("postgresql redis")

OWN = Path(__file__).parents[1] / "own.json"
FIELDS: dict[str, Check] = dict.fromkeys(json.loads(OWN.read_text()).get("fields", []), short)

DATA: Shape = {
    **FIELDS,
    "cache.hit": number,
    "cache.item_size": number,
    "db.system": DATABASE,
    "db.operation": COMMAND,
    "http.method": METHOD,
    "http.request.method": METHOD,
    "http.response.status_code": number,
    "http.route": ROUTE,
}
SPAN: Shape = {
    "trace_id": ID,
    "span_id": ID,
    "parent_span_id": ID,
    "op": OPERATION,
    "origin": ORIGIN,
    "status": STATUS,
    "description": COMMAND,
    "start_timestamp": TIME,
    "timestamp": TIME,
    "data": DATA,
}
FRAME: Shape = {
    "filename": FILE,
    "abs_path": FILE,
    "function": NAME,
    "module": NAME,
    "lineno": number,
    "in_app": number,
    "pre_context": [line_of_code],
    "context_line": line_of_code,
    "post_context": [line_of_code],
}


def frame(value: Any) -> Any:
    """Keep a frame of a file; without one, its other names need not be code's."""
    found = kept(FRAME, value)
    return found if found and "filename" in found else None


ERROR: Shape = {
    "type": NAME,
    "module": NAME,
    "value": lambda _: WITHHELD,
    "mechanism": {
        "type": MECHANISM,
        "handled": number,
        "exception_id": number,
        "parent_id": number,
        "is_exception_group": number,
    },
    "stacktrace": {"frames": [frame]},
}
EVENT: Shape = {
    "type": one_of("transaction"),
    "event_id": ID,
    "platform": one_of("python"),
    "level": one_of("fatal error warning info debug"),
    "start_timestamp": TIME,
    "timestamp": TIME,
    "sdk": {"name": matching(r"sentry(?:\.[a-z]+)+"), "version": VERSION},
    "request": {"method": METHOD},
    "contexts": {"trace": SPAN, "response": {"status_code": number}},
    "exception": {"values": [ERROR]},
    "tags": FIELDS,
    "spans": [SPAN],
}
REPORT: Shape = {
    "timestamp": number,
    "discarded_events": [
        {"reason": matching("[a-z_]+"), "category": matching("[a-z_]+"), "quantity": number}
    ],
}


def kept(shape: Shape, value: Any) -> Any:
    """Return a copy of what a shape lists, or None."""
    if callable(shape):
        return shape(value)
    if isinstance(shape, list):
        # Of a stack, the last frames are the ones that failed.
        parts = value[-LONGEST_LIST:] if isinstance(value, list) else []
        return [copy for part in parts if (copy := kept(shape[0], part)) is not None]
    if not isinstance(value, dict):
        return None
    copies = {name: kept(part, value.get(name)) for name, part in shape.items()}
    return {name: copy for name, copy in copies.items() if copy not in (None, {}, [])}


class ListedOnly(HttpTransport):
    """The SDK's transport, past which nothing leaves: it sees every envelope, with its header."""

    def capture_envelope(self, envelope: Envelope) -> None:
        """Send what is listed, or nothing."""
        with capture_internal_exceptions():
            items = [item for given in envelope.items if (item := self._item(given))]
            if items:
                super().capture_envelope(Envelope(self._header(envelope.headers), items))

    def _header(self, given: dict[str, Any]) -> dict[str, Any]:
        header = kept({"event_id": ID, "sent_at": TIME, "trace": {"trace_id": ID}}, given)
        if header.get("trace") and self.parsed_dsn:
            # The SDK copies it from the caller's `baggage`.
            header["trace"] |= {
                "public_key": self.parsed_dsn.public_key,
                "sample_rate": str(self.options["traces_sample_rate"]),
                **self._own("release", "environment"),
            }
        return dict(header)

    def _item(self, given: Item) -> Item | None:
        document: Any = given.payload.json or {}
        if given.type == "client_report":
            content = kept(REPORT, document)
        elif given.type == "transaction" or (given.type == "event" and document.get("exception")):
            content = self._event(document)
        else:
            return None
        return Item(PayloadRef(json=content), type=given.type)

    def _event(self, given: dict[str, Any]) -> dict[str, Any]:
        source = (given.get("transaction_info") or {}).get("source")
        route = ROUTE(given.get("transaction")) if source == "route" else None
        found = kept(EVENT, given)
        return {
            **found,
            **self._own("release", "environment", "server_name"),
            "contexts": {**found.get("contexts", {}), "runtime": RUNTIME},
            "transaction": route or UNMATCHED,
            "transaction_info": {"source": "route" if route else "custom"},
        }

    def _own(self, *names: str) -> dict[str, Any]:
        return {name: self.options[name] for name in names if self.options[name]}

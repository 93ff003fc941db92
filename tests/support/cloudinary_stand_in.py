"""A stand-in for Cloudinary's Admin API: presets, transformations and triggers, on loopback.

It speaks what Cloudinary documents (https://cloudinary.com/documentation/admin_api): HTTP Basic,
JSON and form bodies, pages with a cursor, named transformations listed as t_NAME and described as
steps, errors as {"error": {"message": ...}}. It refuses what it doesn't know. Under /stand-in a
test reads the recorded requests and sets how it misbehaves.
"""

from __future__ import annotations

import base64
import contextlib
import http.client
import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, parse_qsl, unquote, urlencode, urlsplit

CLOUD = "demo"
KEY = "key"
SECRET = "correct-horse"  # noqa: S105 - what the stand-in's only account is opened with
WRITES = {"POST", "PUT", "DELETE"}
PAGE_MAX = 500
RATE_LIMITED = "Rate Limit Exceeded. Limit of 500 api operations reached. Try again on {}"
UPLOAD_PARAMETERS = {
    "allowed_formats", "asset_folder", "context", "disallow_public_id", "eager", "eager_async",
    "folder", "format", "live", "moderation", "notification_url", "overwrite", "tags",
    "transformation", "unique_filename", "use_filename",
}  # fmt: skip
LISTS = {"tags", "allowed_formats"}
STEP_KEYS = {
    "c": "crop", "g": "gravity", "h": "height", "w": "width", "f": "fetch_format", "q": "quality",
}  # fmt: skip


class Refusal(Exception):  # noqa: N818 - an answer of the protocol, not an error of the stand-in
    """An answer with a status that says no."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


@dataclass
class Account:
    """What the account holds, what it was asked and how it misbehaves."""

    presets: dict[str, dict[str, Any]] = field(default_factory=dict)
    transformations: dict[str, str] = field(default_factory=dict)
    triggers: list[dict[str, Any]] = field(default_factory=list)
    requests: list[list[str]] = field(default_factory=list)
    wire: list[list[Any]] = field(default_factory=list)
    """Method, target, headers and body of what Cloudinary's package has sent."""
    writes: int = 0
    typed: bool = True
    """Whether settings come back as booleans and lists, or as they were sent."""
    replaces: bool = False
    """Whether an update of a preset drops what it doesn't name; the documentation doesn't say."""
    page_max: int = PAGE_MAX
    forgotten: str = ""
    """A parameter that is taken and not stored, as those of add-ons that aren't booked."""
    limited_until: str = ""
    hold_write: int = 0
    """The number of the write that gets neither applied nor answered."""
    lose_write: int = 0
    """The number of the write that gets applied and not answered."""


def typed(name: str, value: Any) -> Any:
    """Return a setting as the documented examples show it, however it was sent."""
    if name in LISTS:
        return value.split(",")
    return {"1": True, "0": False, "true": True, "false": False}.get(value, value)


def steps(definition: str) -> list[dict[str, Any]]:
    """Return a definition as the description of a transformation holds it."""
    parsed: list[dict[str, Any]] = []
    for component in definition.split("/"):
        pairs = [part.partition("_") for part in component.split(",")]
        if unknown := [key for key, _, _ in pairs if key not in STEP_KEYS]:
            raise Refusal(400, f"Invalid transformation component - {unknown[0]}")
        parsed.append(
            {STEP_KEYS[key]: int(value) if value.isdigit() else value for key, _, value in pairs}
        )
    return parsed


class Api:
    """Answers one request to the Admin API."""

    def __init__(self, account: Account) -> None:
        self.account = account

    def answer(self, method: str, path: list[str], given: dict[str, Any]) -> dict[str, Any]:
        """Return the body of a good answer, or raise a refusal."""
        match path:
            case ["upload_presets"]:
                routes = {"GET": self._list_presets, "POST": self._create_preset}
            case ["upload_presets", name] if name in self.account.presets:
                given = {**given, "name": name}
                routes = {"GET": self._preset, "PUT": self._update_preset}
            case ["upload_presets", name]:
                raise Refusal(404, f"Can't find upload preset named {name}")
            case ["transformations"]:
                read = self._described if "transformation" in given else self._list_transformations
                routes = {
                    "GET": read,
                    "POST": self._create_transformation,
                    "PUT": self._update_transformation,
                }
            case ["triggers"]:
                routes = {"GET": self._list_triggers, "POST": self._create_trigger}
            case _:
                routes = {}
        if method not in routes:
            raise Refusal(404, f"{method} /{'/'.join(path)} is not part of the Admin API")
        return routes[method](given)

    def _list_presets(self, given: dict[str, Any]) -> dict[str, Any]:
        def full(name: str) -> dict[str, Any]:
            return self._preset({"name": name})

        return self._page("presets", sorted(self.account.presets), full, given)

    def _list_triggers(self, given: dict[str, Any]) -> dict[str, Any]:
        event = given.pop("event_type", None)
        if given:
            raise Refusal(400, f"Invalid parameters: {', '.join(given)}")
        listed = [each for each in self.account.triggers if event in {None, each["event_type"]}]
        return {"triggers": listed, "total": len(listed)}

    def _create_trigger(self, given: dict[str, Any]) -> dict[str, Any]:
        # Cloudinary's package names the type always, and leaves it to Cloudinary.
        if given.pop("uri_type", None) or given.keys() != {"uri", "event_type"}:
            raise Refusal(400, "A trigger is created from uri and event_type")
        if not given["uri"].startswith("https://"):
            raise Refusal(400, f"Invalid uri {given['uri']}")
        trigger = {**given, "id": f"{len(self.account.triggers):064x}", "uri_type": "webhook"}
        self.account.triggers.append(trigger)
        return trigger

    def _list_transformations(self, given: dict[str, Any]) -> dict[str, Any]:
        if given.pop("named", "").lower() != "true":
            raise Refusal(400, "the stand-in only lists named transformations")
        names = sorted(self.account.transformations)
        return self._page("transformations", names, self._summary, given)

    def _page(self, key: str, names: list[str], item: Any, given: dict[str, Any]) -> dict[str, Any]:
        size = int(given.pop("max_results", 10))
        start = int(given.pop("next_cursor", 0))
        if given or not 1 <= size <= PAGE_MAX:
            raise Refusal(400, f"Invalid parameters: {', '.join(given) or 'max_results'}")
        end = start + min(size, self.account.page_max)
        page: dict[str, Any] = {key: [item(name) for name in names[start:end]]}
        return page | ({"next_cursor": str(end)} if end < len(names) else {})

    def _preset(self, given: dict[str, Any]) -> dict[str, Any]:
        name = given["name"]
        stored = dict(self.account.presets[name])
        unsigned = typed("unsigned", stored.pop("unsigned", False))
        if self.account.typed:
            stored = {key: typed(key, value) for key, value in stored.items()}
        external = base64.urlsafe_b64encode(name.encode()).decode()
        return {"name": name, "unsigned": unsigned, "settings": stored, "external_id": external}

    def _update_preset(self, given: dict[str, Any]) -> dict[str, Any]:
        self._store_preset(given.pop("name"), given)
        return {"message": "updated"}

    def _create_preset(self, given: dict[str, Any]) -> dict[str, Any]:
        name = given.pop("name", "")
        if not name:
            raise Refusal(400, "Missing required parameter - name")
        if name in self.account.presets:
            raise Refusal(409, f"Upload preset {name} already exists")
        self._store_preset(name, given)
        return {"message": "created", "name": name}

    def _store_preset(self, name: str, given: dict[str, Any]) -> None:
        given.pop("timestamp", None)
        if unknown := given.keys() - UPLOAD_PARAMETERS - {"unsigned"}:
            raise Refusal(400, f"Unknown parameters: {', '.join(sorted(unknown))}")
        given.pop(self.account.forgotten, None)
        held = {} if self.account.replaces else self.account.presets.get(name, {})
        self.account.presets[name] = {**held, **given}

    def _summary(self, name: str) -> dict[str, Any]:
        return {"name": f"t_{name}", "allowed_for_strict": True, "used": False, "named": True}

    def _described(self, given: dict[str, Any]) -> dict[str, Any]:
        name = given["transformation"].removeprefix("t_")
        if name not in self.account.transformations:
            raise Refusal(404, f"Can't find transformation {name}")
        info = steps(self.account.transformations[name])
        return {**self._summary(name), "info": info, "derived": []}

    def _create_transformation(self, given: dict[str, Any]) -> dict[str, Any]:
        if given.keys() != {"name", "transformation"}:
            raise Refusal(400, "A transformation is created from name and transformation")
        if given["name"] in self.account.transformations:
            raise Refusal(409, f"Transformation {given['name']} already exists")
        steps(given["transformation"])
        self.account.transformations[given["name"]] = given["transformation"]
        return {"message": "created"}

    def _update_transformation(self, given: dict[str, Any]) -> dict[str, Any]:
        if given.keys() != {"transformation", "unsafe_update"}:
            raise Refusal(400, "A transformation is updated by transformation and unsafe_update")
        if given["transformation"] not in self.account.transformations:
            raise Refusal(404, f"Can't find transformation {given['transformation']}")
        steps(given["unsafe_update"])
        self.account.transformations[given["transformation"]] = given["unsafe_update"]
        return {"message": "updated"}


class Handler(BaseHTTPRequestHandler):
    """Reads requests, writes answers."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1
    account: Account
    lock: threading.Lock

    def _given(self) -> dict[str, Any]:
        query = dict(parse_qsl(urlsplit(self.path).query, strict_parsing=False))
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        if "User-Agent" in self.headers:
            headers = dict(self.headers)
            self.account.wire.append([self.command, self.path, headers, body.decode()])
        if not body:
            return query
        if self.headers.get("Content-Type", "").startswith("application/json"):
            given: dict[str, Any] = json.loads(body)
            return given
        return {key: values[0] for key, values in parse_qs(body.decode()).items()}

    def _send(self, status: int, answer: dict[str, Any]) -> None:
        body = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def _answer(self) -> None:
        path = [unquote(part) for part in urlsplit(self.path).path.split("/")[1:]]
        given = self._given()
        if path[0] == "stand-in":
            vars(self.account).update(given)
            return self._send(200, vars(self.account))
        with self.lock:
            self.account.requests.append([self.command, "/".join(path[2:])])
            self.account.writes += self.command in WRITES
            write = self.account.writes if self.command in WRITES else -1
        if write == self.account.hold_write:
            threading.Event().wait()
        try:
            self._admit(path)
            with self.lock:
                answer = Api(self.account).answer(self.command, path[2:], given)
        except Refusal as refusal:
            return self._send(refusal.status, {"error": {"message": str(refusal)}})
        if write == self.account.lose_write:
            self.close_connection = True
            return None
        return self._send(200, answer)

    def _admit(self, path: list[str]) -> None:
        credentials = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
        if path[:1] != ["v1_1"]:
            raise Refusal(404, "Not found")
        if self.headers.get("Authorization") != f"Basic {credentials}" or path[1] != CLOUD:
            raise Refusal(401, "api_secret mismatch")
        if self.account.limited_until:
            raise Refusal(420, RATE_LIMITED.format(self.account.limited_until))

    do_GET = do_POST = do_PUT = do_DELETE = _answer  # noqa: N815 - names that http.server looks for

    def log_message(self, *_: Any) -> None:
        """Print nothing."""


class StandIn:
    """The stand-in's process, seen from a test."""

    def __init__(self, port: int) -> None:
        self.port = port
        self.url = f"cloudinary://{KEY}:{SECRET}@{CLOUD}?upload_prefix=http://127.0.0.1:{port}"

    def set(self, **behaviour: Any) -> dict[str, Any]:
        """Change how it behaves or what it holds; return everything about it."""
        return self._request("POST", "/stand-in", json.dumps(behaviour), "application/json")

    def by_hand(self, method: str, path: str, **given: str) -> dict[str, Any]:
        """Write to the account beside the tool, as somebody in the console would."""
        form = "application/x-www-form-urlencoded"
        return self._request(method, f"/v1_1/{CLOUD}/{path}", urlencode(given), form)

    def _request(self, method: str, path: str, body: str, content_type: str) -> dict[str, Any]:
        credentials = base64.b64encode(f"{KEY}:{SECRET}".encode()).decode()
        headers = {"Content-Type": content_type, "Authorization": f"Basic {credentials}"}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        with contextlib.closing(connection):
            connection.request(method, path, body, headers)
            answer: dict[str, Any] = json.loads(connection.getresponse().read())
        assert "error" not in answer, answer
        return answer


@contextlib.contextmanager
def stand_in() -> Iterator[StandIn]:
    """Run a stand-in with an empty account in a process of its own, on a free port."""
    command = [sys.executable, __file__]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        try:
            yield StandIn(int(process.stdout.readline()))
        finally:
            process.kill()


def main() -> None:
    """Serve until killed; print the port first."""
    Handler.account, Handler.lock = Account(), threading.Lock()
    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    print(server.server_port, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()

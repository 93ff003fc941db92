"""A stand-in for the part of Vercel's API that `vercel deploy` asks: one project, and no builds."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

TEAM = {"id": "team_shop", "slug": "shop", "name": "Shop"}
PROJECT = {
    **{"id": "prj_shop", "name": "shop", "accountId": TEAM["id"], "rootDirectory": "storefront"},
    **{"framework": "nextjs", "createdAt": 1, "updatedAt": 1},
}
READY = {
    **{"id": "dpl_shop", "name": "shop", "url": "shop-1.vercel.app", "readyState": "READY"},
    **{"target": "production", "alias": ["shop.vercel.app"], "aliasAssigned": 1, "createdAt": 1},
}


@contextmanager
def stand_in(token: str) -> Iterator[tuple[str, list[dict[str, Any]]]]:
    """Serve while the block runs; yield the address, and each deployment that was asked for."""
    asked: list[dict[str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            known = {
                "/v2/user": {"user": {"id": "u", "username": "ida", "email": "ida@example.com"}},
                f"/teams/{TEAM['id']}": TEAM,
                f"/v9/projects/{PROJECT['id']}": PROJECT,
                f"/v13/deployments/{READY['id']}": READY,
            }
            self._answer(known.get(self.path.partition("?")[0]))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path.partition("?")[0] != "/v13/deployments":
                self._answer(None)
                return
            asked.append(json.loads(body))
            self._answer(READY)

        def _answer(self, found: Any) -> None:
            if self.headers["Authorization"] != f"Bearer {token}":
                status, found = 403, {"error": {"code": "forbidden"}}
            else:
                status = 404 if found is None else 200
            body = json.dumps(found or {}).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: Any) -> None:
            """Keep the tests' output free of requests."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join()

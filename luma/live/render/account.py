"""A workspace at Render, read and written through one key."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from luma.live.account import BaseAccount
from luma.live.transport import Api, Query, Transport

VALIDATE = "/blueprints/validate"
API = Api(
    name="Render",
    hosts=frozenset({"api.render.com"}),
    variable="RENDER_API_KEY",
    permissions="At https://dashboard.render.com/settings#api-keys, create an API key.",
    base_variable="RENDER_BASE_URL",
    reset_header="Ratelimit-Reset",
    read_by_post=frozenset({VALIDATE}),
)
DASHBOARD = "https://dashboard.render.com"
PAGE_ITEMS = 100


class Account(BaseAccount):
    """A workspace, read and written through one key; each listing once until it is forgotten."""

    def __init__(self, transport: Transport, workspace: Any, *, waits: bool) -> None:
        super().__init__(transport)
        self.workspace = workspace
        self.waits = waits

    def send(self, method: str, path: str, body: Any) -> None:
        """Send what writes."""
        self._transport.send(method, path, body)

    def owned(self, path: str, query: Query | None = None) -> list[Any]:
        """Return all of one kind that the workspace has."""
        return self._all(path, {"ownerId": self.workspace["id"], **(query or {})})

    def blueprint(self, number: str) -> Any:
        """Return a Blueprint with what it has made; None where there is none."""
        return self._one(f"/blueprints/{number}")

    def variables(self, service: Any) -> dict[str, str]:
        """Return the values of a service's variables that are set and not empty."""
        held = self._all(f"/services/{service['id']}/env-vars", {})
        return {each["key"]: each["value"] for each in held if each["value"]}

    def newest_deploy(self, service: Any) -> Any:
        """Return a service's newest deploy."""
        page = self._one(f"/services/{service['id']}/deploys", {"limit": "1"})
        return page[0]["deploy"] if page else {"id": "none", "status": "none"}

    def _all(self, path: str, query: Query) -> list[Any]:
        held: list[Any] = self._once(path, lambda: list(pages(self._transport, path, query)))
        return held


def pages(transport: Transport, path: str, query: Query) -> Iterator[Any]:
    """Return what is on all pages of a listing, where each item lies beside a cursor."""
    asked = {**query, "limit": str(PAGE_ITEMS)}
    while True:
        answer = transport.get(path, asked)
        page = answer.json() if answer else []
        for item in page:
            asked["cursor"] = item.pop("cursor")
            yield from item.values()
        if len(page) < PAGE_ITEMS:
            return

"""An organization at Sentry, read and written through one token."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from luma.live.account import BaseAccount
from luma.live.transport import Api, Query, Transport
from luma.problems import LumaError

API = Api(
    name="Sentry",
    hosts=frozenset({"us.sentry.io", "de.sentry.io"}),
    variable="SENTRY_LIVE_TOKEN",
    permissions=(
        "In Sentry, Settings, Custom Integrations, create an internal integration that may read "
        "and write Team, Project and Alerts, and read Organization and Member. Its token is the "
        "value."
    ),
    base_variable="SENTRY_BASE_URL",
    reset_header="X-Sentry-Rate-Limit-Reset",
)


class Account(BaseAccount):
    """An organization, read through one token; each listing once until it is forgotten."""

    def __init__(self, transport: Transport, organization: str, slug: str) -> None:
        super().__init__(transport)
        self.organization = organization
        self.slug = slug

    def send(self, method: str, path: str, body: Any = None, **options: Any) -> None:
        """Send what writes, to a path below /api/0/."""
        self._transport.send(method, f"/api/0/{path}", body, **options)

    def page(self, path: str) -> str:
        """Return the address of a page where a person can do something."""
        return f"https://{self.organization}.sentry.io/{path}"

    def one(self, path: str) -> Any:
        """Return one thing; None where nothing is there."""
        return self._one(f"/api/0/{path}")

    def all(self, path: str, query: Query | None = None) -> list[Any]:
        """Return what is on all pages of a listing."""
        below = f"/api/0/{path}"
        held: list[Any] = self._once(below, lambda: list(self._pages(below, dict(query or {}))))
        return held

    def _pages(self, path: str, query: dict[str, Any]) -> Iterator[Any]:
        while True:
            answer = self._transport.get(path, query)
            if answer is None:
                raise LumaError(f"Sentry has nothing at {path}.")
            yield from answer.json()
            following = answer.links.get("next", {})
            if following.get("results") != "true":
                return
            query["cursor"] = following["cursor"]

    def project(self, name: str) -> Any:
        """Return a project; None where there is none."""
        return self.one(f"projects/{self.organization}/{name}/")

    def dsn(self, project: str) -> str:
        """Return where a project takes events; empty where it takes none."""
        keys = self.all(f"projects/{self.organization}/{project}/keys/")
        return next((key["dsn"]["public"] for key in keys if key["isActive"]), "")

    @property
    def teams(self) -> list[Any]:
        """Return the organization's teams."""
        return self.all(f"organizations/{self.organization}/teams/")

    @property
    def team(self) -> Any:
        """Return the store's team; None where there is none."""
        return next((team for team in self.teams if team["slug"] == self.slug), None)

    def monitors(self, projects: Mapping[str, Any]) -> list[Any]:
        """Return the monitors of those projects that exist."""
        ids = [held["id"] for held in map(self.project, projects) if held]
        path = f"organizations/{self.organization}/detectors/"
        return self.all(path, {"project": ids}) if ids else []

    @property
    def alerts(self) -> list[Any]:
        """Return the organization's alerts."""
        return self.all(f"organizations/{self.organization}/workflows/")

    @property
    def people(self) -> list[Any]:
        """Return the organization's members who have accepted their invitation."""
        members = self.all(f"organizations/{self.organization}/members/")
        return [each for each in members if each["user"] and not each["pending"]]

    def has_seen(self, environment: str) -> bool:
        """Return whether an event of an environment has arrived: Sentry knows no other ones."""
        seen = self.all(f"organizations/{self.organization}/environments/")
        return environment in {each["name"] for each in seen}

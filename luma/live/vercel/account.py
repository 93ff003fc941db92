"""A team at Vercel and one project of it, read and written through one token."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from luma.live.account import BaseAccount
from luma.live.transport import Api, Transport
from luma.problems import LumaError

API = Api(
    name="Vercel",
    hosts=frozenset({"api.vercel.com"}),
    variable="VERCEL_TOKEN",
    permissions=(
        "At https://vercel.com/account/settings/tokens, create a token for the team that the store "
        "belongs to."
    ),
    base_variable="VERCEL_BASE_URL",
    reset_header="X-RateLimit-Reset",
)
TEAM = "VERCEL_TEAM"
PREVIEW_ORIGIN = "API_ORIGIN of previews"
READABLE = "plain"
"""The type of variables whose value Vercel shows."""


class Account(BaseAccount):
    """A team, or a person without one, and one project there."""

    def __init__(self, transport: Transport, team: Any, name: str, *, writes: bool) -> None:
        super().__init__(transport)
        self._team = team
        self.name = name
        self.writes = writes

    @property
    def owner(self) -> str:
        """Return whose projects these are, for a person."""
        return f"team {self._team['slug']}" if self._team else "the token's own account"

    def page(self, path: str) -> str:
        """Return the address of a page where a person can do something."""
        if not self._team:
            return "https://vercel.com/dashboard"
        return f"https://vercel.com/{self._team['slug']}/{self.name}/{path}"

    def send(
        self,
        method: str,
        path: str,
        body: Any = None,
        query: Mapping[str, str] | None = None,
        *,
        exists: Sequence[int] = (409,),
    ) -> Any:
        """Send what writes, in the name of the team; return the content of the answer."""
        together = {**(query or {}), **self._of_team}
        address = f"{path}?{urlencode(together)}" if together else path
        return self._transport.send(method, address, body, exists=exists).json()

    @property
    def project(self) -> Any:
        """Return the project; None where there is none."""
        return self._one(f"/v9/projects/{self.name}", self._of_team)

    @property
    def variables(self) -> list[Any]:
        """Return the project's variables, without those of a branch or of other environments.

        Raises:
            LumaError: there are more than Vercel shows at once.

        """
        held = self._one(f"/v10/projects/{self.name}/env", self._of_team) or {"envs": []}
        if (held.get("pagination") or {}).get("next"):
            raise LumaError("Vercel shows only a part of the project's variables.")
        return [
            each
            for each in held["envs"]
            if not each.get("gitBranch") and not each.get("customEnvironmentIds")
        ]

    @property
    def newest_deployment(self) -> Any:
        """Return the newest production deployment; None where there is none.

        One that was canceled counts only where no other is: Vercel also cancels what the
        `ignoreCommand` of vercel.json skips.
        """
        if self.project is None:
            return None
        query = {"projectId": self.project["id"], "target": "production", "limit": "100"}
        listed = self._one("/v7/deployments", {**query, **self._of_team})["deployments"]
        held = [each for each in listed if each["readyState"] != "DELETED"]
        held = [each for each in held if each["readyState"] != "CANCELED"] or held
        return max(held, key=lambda each: each["created"], default=None)

    def deployment(self, number: str) -> Any:
        """Return one deployment."""
        return self._one(f"/v13/deployments/{number}", self._of_team)

    @property
    def address(self) -> str:
        """Return the project's production address; empty where it has none yet.

        Of several it is the one that Vercel's VERCEL_PROJECT_PRODUCTION_URL names, too: the
        shortest of the project's own domains, else that of vercel.app.
        """
        query = {"production": "true", "redirects": "false", "verified": "true", "limit": "100"}
        held = self._one(f"/v9/projects/{self.name}/domains", {**query, **self._of_team})
        names = [each["name"] for each in held["domains"]] if held else []
        own = [each for each in names if not each.endswith(".vercel.app")] or names
        return f"https://{min(own, key=len)}" if own else ""

    def domain(self, name: str) -> Any:
        """Return a domain of the project; None where it has none of that name."""
        if self.project is None:
            return None
        return self._one(f"/v9/projects/{self.name}/domains/{name}", self._of_team)

    def dns(self, name: str) -> Any:
        """Return how a domain's DNS records are, and how they should be."""
        query = {"projectIdOrName": self.name, **self._of_team}
        return self._one(f"/v6/domains/{name}/config", query)

    @property
    def _of_team(self) -> dict[str, str]:
        return {"teamId": self._team["id"]} if self._team else {}

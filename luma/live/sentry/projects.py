"""The team, the projects and their environment, and what these do with events."""

from __future__ import annotations

from collections.abc import Mapping

from tools.repository import ALERTS, SENTRY

from luma.live.account import wait
from luma.live.engine import Fields, Resource, Step, as_text
from luma.live.sentry import event
from luma.live.sentry.account import Account
from luma.problems import LumaError

KNOWN, MISSING = "known", "missing"


class Team(Resource):
    """The team that owns the store's projects and monitors."""

    def __init__(self, account: Account) -> None:
        self.title = f"team {account.slug}"
        self.declared_in = (SENTRY,)
        self._account = account

    def wanted(self) -> Fields:
        """Return no fields: a team is there or not."""
        return {}

    def found(self) -> Fields | None:
        """Return no fields, or None."""
        return {} if self._account.team else None

    def write(self) -> None:
        """Create the team."""
        slug, organization = self._account.slug, self._account.organization
        # Sentry documents 404 for a team that exists.
        self._account.send(
            "POST",
            f"organizations/{organization}/teams/",
            {"slug": slug, "name": slug},
            exists=(404, 409),
        )


class Project(Resource):
    """A project, with the client key that Sentry makes for it."""

    def __init__(self, account: Account, name: str, platform: str) -> None:
        self.title = f"project {name}"
        self.declared_in = (SENTRY, "projects", name)
        self._account = account
        self._name = name
        self._platform = platform
        self._path = f"projects/{account.organization}/{name}/"

    def wanted(self) -> Fields:
        """Return the declared platform and team, and that a client key is active."""
        return {"platform": self._platform, "team": self._account.slug, "client key": "active"}

    def found(self) -> Fields | None:
        """Return the project's platform, the store's team if it has access, and its key.

        Raises:
            LumaError: it is somebody else's, for all that can be seen.

        """
        held = self._account.project(self._name)
        if held is None:
            return None
        teams = {team["slug"] for team in held["teams"]}
        if self._account.slug not in teams and held["platform"] not in {self._platform, None}:
            raise LumaError(
                f"The project {self._name} is there already, for {held['platform']} and without "
                f"the team {self._account.slug}. If it is this store's, give that team access at "
                f"{self._account.page(f'settings/projects/{self._name}/teams/')}"
            )
        keys = self._account.all(f"{self._path}keys/")
        return {
            "platform": held["platform"] or "",
            "team": self._account.slug if self._account.slug in teams else "",
            "client key": "active" if any(key["isActive"] for key in keys) else "",
        }

    def waits_for(self) -> Step | None:
        """Wait for a key: a new project has one, so somebody has switched it off or deleted it."""
        found = self.found()
        if found is None or found["client key"]:
            return None
        link = self._account.page(f"settings/projects/{self._name}/keys/")
        return Step(f"Switch a client key of {self._name} on, or create one:", link)

    def write(self) -> None:
        """Create the project, or set its platform and let the team in."""
        found, slug = self.found(), self._account.slug
        if found is None:
            body = {
                "name": self._name,
                "slug": self._name,
                "platform": self._platform,
                "default_rules": False,
            }
            self._account.send("POST", f"teams/{self._account.organization}/{slug}/projects/", body)
            return
        if found["platform"] != self._platform:
            self._account.send("PUT", self._path, {"platform": self._platform})
        if not found["team"]:
            self._account.send("POST", f"{self._path}teams/{slug}/")


class Settings(Resource):
    """What a project removes from events."""

    comes_with_parent = True

    def __init__(self, account: Account, project: str, declared: Mapping[str, bool]) -> None:
        self.title = f"settings of {project}"
        self.declared_in = (SENTRY, "settings")
        self._account = account
        self._project = project
        self._declared = declared

    def wanted(self) -> Fields:
        """Return the declared settings."""
        return {name: as_text(value) for name, value in self._declared.items()}

    def found(self) -> Fields | None:
        """Return the project's settings."""
        held = self._account.project(self._project)
        return held and {name: as_text(held[name]) for name in self._declared}

    def write(self) -> None:
        """Set them."""
        path = f"projects/{self._account.organization}/{self._project}/"
        self._account.send("PUT", path, dict(self._declared))


class Filter(Resource):
    """A kind of events that a project does not take."""

    comes_with_parent = True

    def __init__(self, account: Account, project: str, name: str) -> None:
        self.title = f"filter {name} of {project}"
        self.declared_in = (SENTRY, "filters", name)
        self._account = account
        self._project = project
        self._name = name
        self._path = f"projects/{account.organization}/{project}/filters/"

    def wanted(self) -> Fields:
        """Return that it is on."""
        return {"active": as_text(True)}

    def found(self) -> Fields | None:
        """Return whether it is on."""
        if self._account.project(self._project) is None:
            return None
        active = {each["id"]: each["active"] for each in self._account.all(self._path)}
        return {"active": as_text(active.get(self._name, False))}

    def write(self) -> None:
        """Switch it on."""
        self._account.send("PUT", f"{self._path}{self._name}/", {"active": True})


class Environment(Resource):
    """The environment that monitors look at: Sentry takes none before an event of it arrives."""

    comes_with_parent = True

    def __init__(self, account: Account, name: str, variable: str, project: str) -> None:
        self.title = f"environment {name}"
        self.declared_in = (ALERTS, "environment")
        self._account = account
        self._name = name
        self._variable = variable
        self._project = project

    def wanted(self) -> Fields:
        """Return that Sentry knows it."""
        return {"state": KNOWN}

    def found(self) -> Fields | None:
        """Return whether Sentry knows it."""
        return {"state": KNOWN} if self._account.has_seen(self._name) else None

    def write(self) -> None:
        """Send an event of it, and wait until it has arrived.

        Raises:
            LumaError: the project has no key, or Sentry does not take the event.

        """
        dsn = self._account.dsn(self._project)
        if not dsn:
            raise LumaError(f"{self._project} has no active client key.")
        event.send(self._variable, dsn, self._name, f"make live has set up {self._name}")
        self._account.forget()
        wait(self._account, self.title, self._state, {MISSING})

    def _state(self) -> str:
        return KNOWN if self._account.has_seen(self._name) else MISSING

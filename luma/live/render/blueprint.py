"""The Blueprint at Render, and what it makes: compared, and changed only by a sync."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from tools.checks import blueprint as declarations
from tools.repository import BLUEPRINT, Repository

from luma.live.account import wait
from luma.live.engine import Fields, Resource, Step, as_text
from luma.live.render.account import DASHBOARD, Account
from luma.problems import LumaError

KINDS = {"/services": "service", "/key-value": "cache", "/postgres": "database"}
SYNCED = "in_sync"
SYNCING = "syncing"
STATES = {
    "created": "Render has not synced the Blueprint yet. If it does not begin, press Manual Sync:",
    SYNCING: "Render is syncing the Blueprint:",
    "paused": "The Blueprint is paused. Resume it, and press Manual Sync:",
    "error": "The Blueprint's last sync failed. Read why, correct it, and press Manual Sync:",
}


class Blueprint(Resource):
    """The file in the repository that Render makes everything from, and how it follows it."""

    title = f"Blueprint {BLUEPRINT}"
    declared_in = (BLUEPRINT,)

    def __init__(
        self, account: Account, repository: Repository, asked: Mapping[str, Mapping[str, str]]
    ) -> None:
        self._account = account
        self._asked = asked
        self.repository = repository.answers["repository"]
        of_both = (declarations.services(repository), declarations.databases(repository))
        self._names = {each["name"] for declared in of_both for each in declared}

    def fits(self, address: str) -> bool:
        """Return whether an address is that of the store's repository."""
        path = address.removeprefix("https://github.com/").removesuffix(".git")
        return bool(path.lower() == self.repository.lower())

    @property
    def held(self) -> Any:
        """Return the store's Blueprint with what it has made; None where there is none.

        It is the one of this path, else one of another path that has made something of the
        store's, or nothing.

        Raises:
            LumaError: there are several.

        """
        found = [each for each in self._account.owned("/blueprints") if self.fits(each["repo"])]
        exact = [each for each in found if each["path"] == BLUEPRINT]
        details = [self._account.blueprint(each["id"]) for each in exact or found]
        ours = [each for each in details if exact or self._is_ours(each["resources"])]
        if len(ours) > 1:
            raise LumaError(
                f"There are {len(ours)} Blueprints of {self.repository}: disconnect all but one "
                f"at {DASHBOARD}/blueprints"
            )
        return ours[0] if ours else None

    def _is_ours(self, resources: list[Any]) -> bool:
        return not resources or any(each["name"] in self._names for each in resources)

    def undeclared(self) -> Iterator[str]:
        """Return what it has made and no longer declares."""
        held = self.held
        for each in held["resources"] if held else ():
            if each["name"] not in self._names:
                yield f"{each['type'].replace('_', ' ')} {each['name']}"

    def wanted(self) -> Fields:
        """Return the declared fields."""
        return {"path": BLUEPRINT, "Auto Sync": as_text(False)}

    def found(self) -> Fields | None:
        """Return its fields."""
        held = self.held
        return held and {"path": held["path"], "Auto Sync": as_text(held["autoSync"])}

    def waits_for(self) -> Step | None:
        """Wait for a person to create it."""
        return None if self.held else self.step()

    def step(self) -> Step:
        """Return what brings Render to what is declared: to create it, or to sync it."""
        held = self.held
        if held is None:
            path = BLUEPRINT.replace("/", "%2F")
            link = (
                f"{DASHBOARD}/blueprint/new?repo=https://github.com/{self.repository}&path={path}"
            )
            return Step(self._form(), link)
        text = STATES.get(held["status"], f"Press Manual Sync, so that Render follows {BLUEPRINT}:")
        return Step(text, f"{DASHBOARD}/blueprint/{held['id']}")

    def _form(self) -> str:
        values = "; ".join(
            f"{key}: {of}" for each in self._asked.values() for key, of in each.items()
        )
        return (
            f"Create the Blueprint in the workspace {self._account.workspace['name']}. Its form "
            f"asks for {values or 'no values'}. What is set for this command, or comes from "
            f"another vendor, is set afterwards, whatever you type there:"
        )

    def write(self) -> None:
        """Set the path, and switch Auto Sync off: it would not wait for CI."""
        body = {"path": BLUEPRINT, "autoSync": False}
        self._account.send("PATCH", f"/blueprints/{self.held['id']}", body)


class Synced(Resource):
    """A resource that only a sync of the Blueprint may change."""

    def __init__(self, account: Account, blueprint: Blueprint) -> None:
        self._account = account
        self._blueprint = blueprint

    def waits_for(self) -> Step | None:
        """Wait for a person to create the Blueprint, or to sync it."""
        return self._blueprint.step()

    def write(self) -> None:
        """Refuse it.

        Raises:
            LumaError: always.

        """
        raise LumaError(f"The {self.title} is for a sync of the Blueprint to change.")


class Sync(Synced):
    """Whether Render has carried the Blueprint out."""

    title = "sync of the Blueprint"
    declared_in = (BLUEPRINT,)

    def wanted(self) -> Fields:
        """Return how it has to have ended."""
        return {"status": SYNCED}

    def found(self) -> Fields | None:
        """Return how it has ended, which is waited for where this may write."""
        held = self._blueprint.held
        if held is None:
            return None
        busy = {SYNCING} if self._account.waits else set()
        return {"status": wait(self._account, self.title, self._status, busy)}

    def _status(self) -> str:
        return as_text((self._blueprint.held or {"status": "gone"})["status"])


class Made(Synced):
    """A service, database or cache that the Blueprint makes."""

    def __init__(
        self, account: Account, blueprint: Blueprint, path: str, declared: Mapping[str, Any]
    ) -> None:
        super().__init__(account, blueprint)
        self.name = declared["name"]
        self.title = f"{KINDS[path]} {self.name}"
        self.declared_in = (BLUEPRINT, self.name)
        self._path = path
        self._declared = declared

    @property
    def held(self) -> Any:
        """Return what the workspace has of that name; None for nothing.

        Raises:
            LumaError: it has several.

        """
        # A preview of a pull request has a name of its own, but is a service, too.
        query = {"includePreviews": "false"} if self._path == "/services" else None
        named = [
            each for each in self._account.owned(self._path, query) if each["name"] == self.name
        ]
        if len(named) > 1:
            raise LumaError(
                f"There are {len(named)} of the {self.title}: rename or delete all but one at "
                f"{DASHBOARD}"
            )
        return named[0] if named else None

    def wanted(self) -> Fields:
        """Return what the Blueprint declares."""
        declared = self._declared
        fields = {"suspended": as_text(False)}
        if "plan" in declared:
            fields["plan"] = _plan(declared["plan"])
        if "healthCheckPath" in declared:
            fields["healthCheckPath"] = declared["healthCheckPath"]
        if "ipAllowList" in declared:
            fields["open to"] = _addresses(declared["ipAllowList"], "source")
        return fields

    def found(self) -> Fields | None:
        """Return the same fields of what is there.

        Raises:
            LumaError: it is in another region, or another repository's.

        """
        held = self.held
        if held is None:
            return None
        settings = held | held.get("serviceDetails", {})
        region = self._declared.get("region")
        if region and settings["region"] != region:
            raise LumaError(
                f"The {self.title} is in {settings['region']} instead of {region}, and can't be "
                f"moved: follow monitoring/runbooks/move-region-or-rename.md, or rename what is at "
                f"{held['dashboardUrl']}"
            )
        if not self._blueprint.fits(held.get("repo") or self._blueprint.repository):
            raise LumaError(
                f"The {self.title} is there already, and builds {held['repo']} instead of "
                f"{self._blueprint.repository}: rename it at {held['dashboardUrl']}"
            )
        fields = {
            "suspended": _suspended(held) or as_text(False),
            "plan": _plan(settings.get("plan")),
            "healthCheckPath": as_text(settings.get("healthCheckPath")),
            "open to": _addresses(settings.get("ipAllowList") or (), "cidrBlock"),
        }
        return {name: fields[name] for name in self.wanted()}

    def waits_for(self) -> Step | None:
        """Wait for a person to resume it, or for a sync."""
        held = self.held
        if held and (reason := _suspended(held)):
            return Step(f"The {self.title} is suspended {reason}. Resume it:", held["dashboardUrl"])
        return self._blueprint.step()


def _plan(name: Any) -> str:
    """Return a plan's name in one spelling: the Blueprint's and the API's differ."""
    return as_text(name).lower().replace("_", "-").replace(" ", "-")


def _addresses(entries: Any, field: str) -> str:
    return as_text([each[field] for each in entries]) or "no address"


def _suspended(held: Any) -> str:
    """Return by whom a thing is suspended; empty where it is not."""
    if "suspended" not in {held.get("suspended"), held.get("status")}:
        return ""
    return f"by {as_text(held.get('suspenders')) or 'somebody'}"

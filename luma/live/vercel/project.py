"""The Vercel project, its settings, and its variables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tools.repository import CONTRACT, VERCEL_PROJECT

from luma.live.engine import HIDDEN, After, Fields, Known, Resource, Step, as_text
from luma.live.vercel.account import READABLE, Account
from luma.problems import LumaError


class Project(Resource):
    """The project, and the repository that it builds."""

    def __init__(self, account: Account, repository: str, declared: Mapping[str, str]) -> None:
        self.title = f"project {account.name}"
        self.declared_in = (VERCEL_PROJECT,)
        self._account = account
        self._repository = repository
        self._declared = {
            "framework": declared["framework"],
            "rootDirectory": declared["root_directory"],
        }

    def wanted(self) -> Fields:
        """Return the declared fields."""
        return {"repository": self._repository, **self._declared}

    def found(self) -> Fields | None:
        """Return the project's fields.

        Raises:
            LumaError: it is another repository's.

        """
        held = self._account.project
        if held is None:
            return None
        link = held.get("link") or {}
        repository = f"{link.get('org')}/{link.get('repo')}" if link else ""
        if repository.lower() not in {"", self._repository.lower()}:
            raise LumaError(
                f"The project {self._account.name} is there already, and builds {repository} "
                f"instead of {self._repository}: rename it at {self._account.page('settings')}"
            )
        linked = {"repository": self._repository if repository else ""}
        return linked | {name: as_text(held.get(name)) for name in self._declared}

    def waits_for(self) -> Step | None:
        """Wait for the repository, where the project is there without one."""
        held = self._account.project
        if held is None or held.get("link"):
            return None
        text = f"Connect the project {self._account.name} to {self._repository}:"
        return Step(text, self._account.page("settings/git"))

    def write(self) -> None:
        """Create the project with its repository, or set what else differs."""
        if self._account.project:
            self._account.send("PATCH", f"/v9/projects/{self._account.name}", self._declared)
            return
        linked = {"type": "github", "repo": self._repository}
        body = {"name": self._account.name, **self._declared, "gitRepository": linked}
        self._account.send("POST", "/v11/projects", body)


class Settings(Resource):
    """What Vercel does not take when it creates a project."""

    comes_with_parent = True

    def __init__(self, account: Account, declared: Mapping[str, str]) -> None:
        self.title = f"settings of {account.name}"
        self.declared_in = (VERCEL_PROJECT,)
        self._account = account
        self._declared = {
            "nodeVersion": declared["node_version"],
            # The storefront reads vercel/, storage/ and monitoring/, which lie beside it.
            "sourceFilesOutsideRootDirectory": True,
            "resourceConfig": {"functionDefaultRegions": [declared["function_region"]]},
        }

    def wanted(self) -> Fields:
        """Return the declared settings."""
        return _settings(self._declared)

    def found(self) -> Fields | None:
        """Return the project's settings."""
        held = self._account.project
        return held and _settings(held)

    def write(self) -> None:
        """Set them."""
        self._account.send("PATCH", f"/v9/projects/{self._account.name}", self._declared)


def _settings(project: Any) -> Fields:
    return {
        "nodeVersion": as_text(project.get("nodeVersion")),
        "sourceFilesOutsideRootDirectory": as_text(project.get("sourceFilesOutsideRootDirectory")),
        "function region": as_text(project["resourceConfig"].get("functionDefaultRegions")),
    }


class Variable(Resource):
    """A variable of the contract, in the environments where its value has the same source."""

    def __init__(
        self, account: Account, declared: Mapping[str, Any], known: Known, *, is_optional: bool
    ) -> None:
        self.is_optional = is_optional
        self.key: str = declared["key"]
        self.targets: list[str] = declared["target"]
        self.comment: str = declared.get("comment", "")
        self.title = f"variable {self.key} of {as_text(self.targets)}"
        self.declared_in = (CONTRACT, self.key)
        self._account = account
        self._declared = declared
        self._known = known

    @property
    def _value(self) -> str | None:
        """Return its value, where it is declared, or another vendor or this machine knows it."""
        return self._declared.get("value") or self._known.value(self.key) or None

    @property
    def held(self) -> Any:
        """Return the variable where it is set in one of the environments; None where in none.

        Raises:
            LumaError: it is set separately in several of them.

        """
        found = [
            each
            for each in self._account.variables
            if each["key"] == self.key and set(each.get("target") or ()) & set(self.targets)
        ]
        if len(found) > 1:
            raise LumaError(
                f"The {self.title} is set {len(found)} times: keep one at "
                f"{self._account.page('settings/environment-variables')}"
            )
        return found[0] if found else None

    @property
    def is_unset(self) -> bool:
        """Return whether it is optional, and nobody knows a value or is going to."""
        is_known = self._value is not None or self._known.waits_for(self.key)
        return self.is_optional and not is_known and self.held is None

    @property
    def is_to_set(self) -> bool:
        """Return whether it differs, and waits for nobody."""
        return self.found() != self.wanted() and self.waits_for() is None

    @property
    def is_as_declared(self) -> bool:
        """Return whether it is there, and is what is declared, as far as Vercel shows it."""
        return self.held is not None and self.found() == self.wanted()

    @property
    def set_at(self) -> int:
        """Return when it was set, in Vercel's milliseconds; 0 where it is not."""
        held = self.held or {}
        return held.get("updatedAt") or held.get("createdAt") or 0

    def wanted(self) -> Fields:
        """Return the declared fields; a secret's value never."""
        fields = {name: as_text(self._declared[name]) for name in ("type", "target")}
        if self._value is None:
            return fields
        is_secret = self._declared["type"] != READABLE
        return fields | {"value": HIDDEN if is_secret else self._value}

    def found(self) -> Fields | None:
        """Return the variable's fields; its value only where Vercel shows it."""
        held = self.held
        if held is None:
            return self.wanted() if self.is_unset else None
        fields = {name: as_text(held.get(name)) for name in ("type", "target")}
        wanted = self.wanted()
        if "value" in wanted:
            is_shown = held["type"] == self._declared["type"] == READABLE
            fields["value"] = held["value"] if is_shown else wanted["value"]
        return fields

    def waits_for(self) -> Step | After | None:
        """Wait for a value that only a person or another vendor knows."""
        if self._value is not None or self.held:
            return None
        if after := self._known.waits_for(self.key):
            return after
        text = f"Set {self.key} for this command, or in Vercel ({self._declared['comment']}):"
        return Step(text, self._account.page("settings/environment-variables"))

    def write(self) -> None:
        """Create the variable, or set it where it is."""
        self.set(self._value, self.comment)

    def set(self, value: str | None, comment: str) -> None:
        """Create the variable, or set it where it is, with a comment that tells of its value.

        Raises:
            UnclearError: it may or may not have been carried out.
            LumaError: Vercel refused it.

        """
        held, path = self.held, f"projects/{self._account.name}/env"
        body = {name: self._declared[name] for name in ("type", "target")}
        if value is not None:
            body |= {"value": value, "comment": comment}
            if self._declared["type"] != READABLE:
                self._account.hide(value)
        if held:
            self._account.send("PATCH", f"/v9/{path}/{held['id']}", body)
            return
        body["key"] = self.key
        answer = self._account.send("POST", f"/v10/{path}", [body], {"upsert": "true"})
        # Vercel answers 201 to what it did not take, too.
        if failed := [each["error"] for each in answer["failed"]]:
            reason = f"{failed[0].get('code')}: {failed[0].get('message')}"
            refused = f"Vercel did not take {self.key}: {reason.rstrip('.')}."
            raise LumaError(self._account.masked(refused))


class Site(Variable):
    """The storefront's address, which Vercel knows where the store has no domain of its own."""

    # The address comes with the project.
    comes_with_parent = True

    @property
    def _value(self) -> str | None:
        """Return its value; one that is set already is not for this command to say."""
        return super()._value or (None if self.held else self._account.address) or None

    def waits_for(self) -> Step | After | None:
        """Wait for nobody where there is no project yet."""
        return super().waits_for() if self._account.project else None

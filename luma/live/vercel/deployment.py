"""The production deployment, which has to be READY and later than the variables."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from luma.live.account import wait
from luma.live.engine import SEPARATOR, After, Fields, Resource, Step
from luma.live.vercel.account import Account
from luma.live.vercel.project import Project, Variable
from luma.problems import LumaError

TWO = "Being replaced: the earlier value is still accepted, too. Run make rotate again to go on."
"""The comment of a variable that has two values, which Vercel does not show."""
READY = "READY"
MISSING = "none"
OUTDATED = "older than the variables"
AT_WORK = "at work"
RUNNING = {"QUEUED", "INITIALIZING", "BUILDING"}
ENDED = {"ERROR": "failed", "CANCELED": "was canceled", "BLOCKED": "is blocked"}


class Deployment(Resource):
    """The newest production deployment. The values of variables are compiled into it."""

    title = "production deployment"
    # Vercel may begin one by itself when the project gets its repository.
    comes_with_parent = True

    def __init__(
        self,
        account: Account,
        project: Project,
        variables: Sequence[Variable],
        needed: Collection[str],
        workflow: str,
    ) -> None:
        """Return one that needs some of the variables.

        `workflow` is the page of the workflow that deploys; empty where Vercel does.
        """
        self._account = account
        self._project = project
        self._variables = [each for each in variables if "production" in each.targets]
        self._needed = needed
        self._workflow = workflow

    def wanted(self) -> Fields:
        """Return that it has to be ready."""
        return {"state": READY}

    def found(self) -> Fields | None:
        """Return the newest one's state, or that it is older than a variable."""
        state = self._state()
        return None if state == MISSING else {"state": state}

    def _state(self) -> str:
        newest = self._account.newest_deployment
        if newest is None:
            return MISSING
        # A variable of the same millisecond may be too late for it.
        if any(each.is_to_set or each.set_at >= newest["created"] for each in self._variables):
            return OUTDATED
        state: str = newest["readyState"]
        return AT_WORK if state in RUNNING else state

    def waits_for(self) -> Step | After | None:
        """Wait for the repository, for values, for CI, or for a person to look at what failed."""
        state = self._state()
        if state in {READY, AT_WORK}:
            return None
        if state not in {MISSING, OUTDATED}:
            return self._failed(self._account.newest_deployment)
        if (connect := self._project.waits_for()) is not None:
            return connect
        for each in self._variables:
            if each.key in self._needed and each.found() is None and (step := each.waits_for()):
                return step
        return self._for_ci(state) if self._workflow else None

    def _failed(self, newest: Any) -> Step:
        text = f"{self._told(newest)} Read why, correct it, and push, or press Redeploy:"
        return Step(text, self._page(newest))

    def _for_ci(self, state: str) -> Step:
        if state == MISSING:
            return Step("Push to the production branch, so that CI deploys it:", self._workflow)
        text = "A variable is newer than the production deployment. Press Redeploy there:"
        return Step(text, self._page(self._account.newest_deployment))

    def write(self) -> None:
        """Deploy, unless CI does or one with all variables is at work; wait until it is ready.

        Raises:
            LumaError: it failed, or takes too long.

        """
        self._deploy()
        # Vercel may know only now at which address the project is.
        if late := [each for each in self._variables if each.is_to_set]:
            for each in late:
                each.write()
            self._account.forget()
            self._deploy()

    def _deploy(self) -> None:
        newest = before = self._account.newest_deployment
        if before and before["readyState"] in RUNNING:
            newest = self._ended(before["uid"])
        if self._state() in {MISSING, OUTDATED} and not self._workflow:
            newest = self._ended(self._begun(before))
        if newest["readyState"] != READY:
            raise LumaError(f"{self._told(newest)} Read why at {self._page(newest)}")

    def _begun(self, before: Any) -> str:
        """Return the number of a new deployment.

        It is the newest one's commit again, which no `ignoreCommand` skips, else the branch's.
        """
        account, link = self._account, self._account.project["link"]
        source: dict[str, Any] = {"deploymentId": before["uid"]} if before else {
            "gitSource": {
                "type": "github",
                "org": link["org"],
                "repo": link["repo"],
                "ref": link["productionBranch"],
            }
        }  # fmt: skip
        body = {"name": account.name, "project": account.name, "target": "production", **source}
        number: str = account.send("POST", "/v13/deployments", body, exists=())["id"]
        return number

    def _ended(self, number: str) -> Any:
        """Return a deployment when it is no longer at work."""

        def state() -> str:
            read: str = self._account.deployment(number)["readyState"]
            return read

        wait(self._account, self.title, state, RUNNING)
        ended = self._account.deployment(number)
        self._account.forget()
        return ended

    def _told(self, deployment: Any) -> str:
        state, reason = deployment["readyState"], deployment.get("errorMessage")
        text = f"The newest {self.title} {ENDED.get(state, f'is {state}')}"
        return f"{text}: {self._account.masked(reason.rstrip('.'))}." if reason else f"{text}."

    def _page(self, deployment: Any) -> str:
        return deployment.get("inspectorUrl") or self._account.page("deployments")


class Secret:
    """A secret of production, which is replaced. Its comment says of how many values it is."""

    name = "Vercel"
    value = ""
    """It is never shown."""

    def __init__(
        self, account: Account, project: Project, variable: Variable, workflow: str
    ) -> None:
        self.deploy = Deployment(account, project, [variable], (), workflow)
        self._account = account
        self._variable = variable

    @property
    def has_two(self) -> bool:
        """Return whether two values are set."""
        held = self._variable.held
        return bool(held and held.get("comment") == TWO)

    @property
    def page(self) -> str:
        """Return where a person sets it."""
        return self._account.page("settings/environment-variables")

    def hide(self, value: str) -> None:
        """Let a value appear in no message."""
        self._account.hide(value)

    def set(self, value: str) -> None:
        """Set it.

        Raises:
            UnclearError: it may or may not have been carried out.
            LumaError: Vercel refused it.

        """
        self._variable.set(value, TWO if SEPARATOR in value else self._variable.comment)
        self._account.forget()

"""The values that the Blueprint leaves open, and the deploy that brings them into the service."""

from __future__ import annotations

from tools.repository import CONTRACT

from luma.live.account import wait
from luma.live.engine import HIDDEN, After, Fields, Known, Resource, Step, as_text
from luma.live.render.account import Account
from luma.live.render.blueprint import Made
from luma.problems import LumaError

MARK = "LUMA_VALUES_SET_AFTER_DEPLOY"
"""A service's variable: the newest deploy when a value was last set.

Render says of no value since when it is set, so an interrupted command could not see afterwards
that a deploy is missing. The mark is set before the value. A deploy after the named one has it.
"""
LIVE = "live"
OUTDATED = "none since the values were set"
AT_WORK = "at work"
RUNNING = {
    "created",
    "queued",
    "build_in_progress",
    "pre_deploy_in_progress",
    "update_in_progress",
}


class Value(Resource):
    """A value that the Blueprint leaves open."""

    def __init__(
        self, account: Account, service: Made, key: str, source: str, known: Known
    ) -> None:
        self.title = f"variable {key} of {service.name}"
        self.declared_in = (CONTRACT, key)
        self._account = account
        self._service = service
        self._key = key
        self._source = source
        self._known = known

    @property
    def _value(self) -> str:
        """Return the value where another vendor or this machine knows it."""
        return self._known.value(self._key)

    @property
    def is_to_set(self) -> bool:
        """Return whether it is known here, and Render has none or another one."""
        service = self._service.held
        return bool(
            service
            and self._value
            and self._account.variables(service).get(self._key) != self._value
        )

    def wanted(self) -> Fields:
        """Return that it is set, where it is known here."""
        return {"value": HIDDEN} if self._value else {}

    def found(self) -> Fields | None:
        """Return whether Render has the same value."""
        service = self._service.held
        if service is None or self._key not in self._account.variables(service):
            return None
        return {"value": "another, not shown"} if self.is_to_set else self.wanted()

    def waits_for(self) -> Step | After | None:
        """Wait for the service, or for a value that only a person or another vendor knows."""
        service = self._service.held
        if service is None:
            return self._service.waits_for()
        if self._value:
            return None
        if after := self._known.waits_for(self._key):
            return after
        text = f"Set {self._key} for this command, or in Render ({self._source}):"
        return Step(text, f"{service['dashboardUrl']}/env")

    def write(self) -> None:
        """Set it, alone: the call that sets a list deletes every other variable."""
        service = self._service.held
        path, newest = f"/services/{service['id']}/env-vars", self._account.newest_deploy(service)
        self._account.hide(self._value)
        if self._account.variables(service).get(MARK) != newest["id"]:
            self._account.send("PUT", f"{path}/{MARK}", {"value": newest["id"]})
        self._account.send("PUT", f"{path}/{self._key}", {"value": self._value})


class Deploy(Resource):
    """A service's newest deploy, which has to be live and later than the values."""

    def __init__(self, account: Account, service: Made, values: list[Value]) -> None:
        self.title = f"deploy of {service.name}"
        self._account = account
        self._service = service
        self._values = values

    def wanted(self) -> Fields:
        """Return that it has to be live."""
        return {"state": LIVE}

    def found(self) -> Fields | None:
        """Return the newest deploy's state, or that there is none after the values."""
        return {"state": self._state()} if self._service.held else None

    def _state(self) -> str:
        service = self._service.held
        newest = self._account.newest_deploy(service)
        marked = self._account.variables(service).get(MARK, "none")
        if newest["id"] == marked or any(value.is_to_set for value in self._values):
            return OUTDATED
        return AT_WORK if newest["status"] in RUNNING else as_text(newest["status"])

    def waits_for(self) -> Step | After | None:
        """Wait for the service, for each value, or for a person to look at what failed."""
        for value in self._values:
            if value.found() is None and (step := value.waits_for()):
                return step
        state = self._state()
        if state in {OUTDATED, AT_WORK, LIVE}:
            return None
        text = f"The newest {self.title} is not live ({state}). Read why, and deploy again:"
        return Step(text, self._service.held["dashboardUrl"])

    def write(self) -> None:
        """Deploy where nothing later than the values is on its way, and wait until it is live.

        Raises:
            LumaError: it failed, or takes too long.

        """
        service = self._service.held
        if self._state() == OUTDATED:
            body = {"clearCache": "do_not_clear"}
            self._account.send("POST", f"/services/{service['id']}/deploys", body)
            self._account.forget()
        ended = wait(self._account, self.title, self._state, {OUTDATED, AT_WORK})
        if ended != LIVE:
            raise LumaError(
                f"The {self.title} ended with {ended}: read why at {service['dashboardUrl']}"
            )

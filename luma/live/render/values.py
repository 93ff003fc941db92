"""The values that the Blueprint leaves open, and the deploy that brings them into the service."""

from __future__ import annotations

from tools.repository import CONTRACT

from luma.live.account import wait
from luma.live.engine import HIDDEN, SEPARATOR, After, Fields, Known, Resource, Step, as_text
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
        """Set it."""
        set_value(self._account, self._service, self._key, self._value)


def set_value(account: Account, service: Made, key: str, value: str) -> None:
    """Set a variable, alone: the call that sets a list deletes every other variable."""
    held = service.held
    path, newest = f"/services/{held['id']}/env-vars", account.newest_deploy(held)
    account.hide(value)
    if account.variables(held).get(MARK) != newest["id"]:
        account.send("PUT", f"{path}/{MARK}", {"value": newest["id"]})
    account.send("PUT", f"{path}/{key}", {"value": value})


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


class Secret:
    """A secret of a service, which is replaced."""

    name = "Render"

    def __init__(self, account: Account, service: Made, key: str) -> None:
        """Return one that is set.

        Raises:
            LumaError: it is not.

        """
        self.deploy = Deploy(account, service, [])
        self._account = account
        self._service = service
        self._key = key
        if not self.value:
            raise LumaError(f"Render has no {key} yet: run make live first.")
        self._expected = {self.value}

    @property
    def value(self) -> str:
        """Return what is set; empty where nothing is."""
        held = self._service.held
        return self._account.variables(held).get(self._key, "") if held else ""

    @property
    def has_two(self) -> bool:
        """Return whether two values are set."""
        return SEPARATOR in self.value

    @property
    def page(self) -> str:
        """Return where a person sees it."""
        return f"{self._service.held['dashboardUrl']}/env"

    def hide(self, value: str) -> None:
        """Let a value appear in no message."""
        self._account.hide(value)

    def set(self, value: str) -> None:
        """Set it.

        Raises:
            UnclearError: it may or may not have been carried out.
            LumaError: Render refused it, or somebody else has set another value meanwhile.

        """
        if self.value not in self._expected:
            raise LumaError(f"Somebody else has changed {self._key} in Render: run this again.")
        self._expected.add(value)
        if self.value != value:
            set_value(self._account, self._service, self._key, value)
            self._account.forget()

"""The store's own domain: at the project, verified, and with the DNS records that Vercel needs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from luma.live.engine import After, Fields, Resource, Step, UnclearError, as_text
from luma.live.vercel.account import Account
from luma.live.vercel.deployment import Deployment
from luma.problems import LumaError

LIVE = "production"
RIGHT = "as Vercel needs them"


class Domain(Resource):
    """A domain of the project, which Vercel adds only after a production deployment."""

    def __init__(self, account: Account, name: str, deployment: Deployment) -> None:
        self.title = f"domain {name}"
        self._account = account
        self._name = name
        self._deployment = deployment
        self._was_asked = False

    def wanted(self) -> Fields:
        """Return that Vercel has to serve it."""
        return {"leads to": LIVE, "verified": as_text(True), "DNS records": RIGHT}

    def found(self) -> Fields | None:
        """Return whether Vercel serves it."""
        held = self._account.domain(self._name)
        if held is None:
            return None
        records = "others" if self._account.dns(self._name)["misconfigured"] else RIGHT
        verified = as_text(held["verified"])
        return {"leads to": _leads_to(held), "verified": verified, "DNS records": records}

    def waits_for(self) -> Step | After | None:
        """Wait for the deployment, or for a person to enter the records."""
        held = self._account.domain(self._name)
        if held is None:
            return self._deployment.waits_for()
        if not held["verified"] and self._account.writes and not self._was_asked:
            return None
        if _leads_to(held) != LIVE:
            text = f"Edit {self._name}, which leads to {_leads_to(held)}: connect it to Production:"
            return Step(text, self._account.page("settings/domains"))
        records = "; ".join(self._records(held)) or "what this page shows"
        where = f"Enter at the registrar of {held['apexName']}: {records}"
        page = self._account.page("settings/domains")
        return Step(f"{where} (Vercel may see it hours later):", page)

    def _records(self, held: Any) -> Iterator[str]:
        if not held["verified"]:
            for each in held.get("verification") or ():
                yield f"{each['type']} {each['domain']} = {each['value']}"
        dns = self._account.dns(self._name)
        if not dns["misconfigured"]:
            return
        is_apex = self._name == held["apexName"]
        offered = dns["recommendedIPv4"] if is_apex else dns["recommendedCNAME"]
        for each in offered:
            if each["rank"] == 1:
                kind, value = ("A", each["value"][0]) if is_apex else ("CNAME", each["value"])
                yield f"{kind} {self._name} = {value}"

    def write(self) -> None:
        """Add it to the project, and have Vercel look for the record that proves whose it is.

        Raises:
            UnclearError: the record is not there yet.
            LumaError: Vercel does not take the domain.

        """
        held = self._account.domain(self._name) or self._added()
        if held["verified"]:
            return
        self._was_asked = True
        path = f"/v9/projects/{self._account.name}/domains/{self._name}/verify"
        try:
            self._account.send("POST", path)
        except LumaError as error:
            raise UnclearError(str(error)) from error

    def _added(self) -> Any:
        path = f"/v10/projects/{self._account.name}/domains"
        try:
            return self._account.send("POST", path, {"name": self._name}, exists=())
        except UnclearError:
            raise
        except LumaError as error:
            raise LumaError(
                f"Vercel did not add {self._name}. {error} If another project or team has the "
                "domain, remove it there, under Settings, Domains."
            ) from error


def _leads_to(held: Any) -> str:
    """Return what a domain shows: another one, a branch, another environment, or production."""
    where = ("redirect", "gitBranch", "customEnvironmentId")
    return next((str(held[each]) for each in where if held.get(each)), LIVE)

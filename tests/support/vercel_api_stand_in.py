"""A stand-in for Vercel's API: one team on loopback, with its projects and their variables.

Two descriptions judge each request: Vercel's own of 2025, and the one of its current SDK, which
also judges the answers.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any
from urllib.parse import parse_qs, urlsplit

from support.api_stand_in import Asked, Handler, Refusal, serving
from support.descriptions import Description, WrongCallError, load

TOKEN = "vercel-0f1e-of-the-stand-in"  # noqa: S105 - it opens nothing
HOST = "https://api.vercel.com"
ROUTES = (
    ("GET", "/v2/teams", 200, "_teams"),
    ("POST", "/v11/projects", 200, "_new_project"),
    ("GET", "/v9/projects/([^/]+)", 200, "_project"),
    ("PATCH", "/v9/projects/([^/]+)", 200, "_changed_project"),
    ("GET", "/v10/projects/([^/]+)/env", 200, "_variables"),
    ("POST", "/v10/projects/([^/]+)/env", 201, "_new_variables"),
    ("PATCH", "/v9/projects/([^/]+)/env/([^/]+)", 200, "_changed_variable"),
    ("GET", "/v9/projects/([^/]+)/domains", 200, "_domains"),
    ("GET", "/v9/projects/([^/]+)/domains/([^/]+)", 200, "_domain"),
    ("POST", "/v10/projects/([^/]+)/domains", 200, "_new_domain"),
    ("POST", "/v9/projects/([^/]+)/domains/([^/]+)/verify", 200, "_verified_domain"),
    ("GET", "/v6/domains/([^/]+)/config", 200, "_dns"),
    ("GET", "/v7/deployments", 200, "_deployments"),
    ("POST", "/v13/deployments", 200, "_new_deployment"),
    ("GET", "/v13/deployments/([^/]+)", 200, "_deployment"),
)
TEAM = {"id": "team_1", "slug": "lamps", "name": "Lamps"}


def descriptions() -> tuple[Description, Description]:
    """Load Vercel's description of 2025 and the current SDK's."""
    old, new = load("vercel.openapi.json"), load("vercel.sdk-1.28.35.subset.openapi.json")
    return Description(old, HOST), Description(new, HOST)


def refusal(status: int, code: str, message: str, **more: str) -> Refusal:
    """Return a refusal in Vercel's shape."""
    return Refusal(status, {"error": {"code": code, "message": message, **more}})


@dataclass(kw_only=True)
class Team(Asked):
    """What the team holds, and how it misbehaves beyond what all stand-ins do."""

    descriptions: tuple[Description, Description]
    teams: list[dict[str, Any]] = field(default_factory=lambda: [dict(TEAM)])
    projects: dict[str, dict[str, Any]] = field(default_factory=dict)
    variables: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    sees_repository: bool = True
    """Whether Vercel's app may see the repository at GitHub."""
    failing: set[str] = field(default_factory=set)
    """Variables that are answered with 201, and not taken."""
    deployments: list[dict[str, Any]] = field(default_factory=list)
    """The newest first."""
    ending: str = "READY"
    """How deployments end."""
    reads: int = 2
    """How often a deployment is read before it has ended."""
    domains: list[dict[str, Any]] = field(default_factory=list)
    taken: set[str] = field(default_factory=set)
    """Domains that another project has."""
    unproven: set[str] = field(default_factory=set)
    """Domains that need a TXT record, because another team has used them."""
    records: set[str] = field(default_factory=lambda: {"A", "CNAME"})
    """The kinds of DNS records that are as Vercel needs them."""
    address_at_once: bool = True
    """Whether a project has its address before its first deployment."""
    page_size: int = 100
    numbers: count[int] = field(default_factory=lambda: count(1))
    clock: count[int] = field(default_factory=lambda: count(1_700_000_000_000))
    """Vercel's time: no two things happen in the same millisecond."""

    def holds(self) -> Any:
        """Return everything that matters there, without identifiers."""
        names = ("framework", "rootDirectory", "nodeVersion", "sourceFilesOutsideRootDirectory")
        return {
            name: (
                {each: project.get(each) for each in (*names, "link", "resourceConfig")},
                sorted(
                    (each["key"], sorted(each["target"]), each["type"], each["value"])
                    for each in self.variables[name]
                ),
                sorted((each["name"], each["verified"]) for each in self.domains),
            )
            for name, project in self.projects.items()
        }

    def deploy(self, state: str = "READY", **fields: Any) -> dict[str, Any]:
        """Begin a production deployment, as a push or a person does."""
        number = f"dpl_{next(self.numbers)}"
        begun = {
            "uid": number,
            "readyState": state,
            "created": next(self.clock),
            "inspectorUrl": f"https://vercel.com/lamps/luma-store/{number}",
            **fields,
        }
        self.deployments.insert(0, begun)
        for name in self.projects:
            self.domain(f"{name}.vercel.app")
        return begun

    def domain(self, name: str) -> dict[str, Any]:
        """Return a domain of the project, which is added where it is not there."""
        for each in self.domains:
            if each["name"] == name:
                return each
        apex = ".".join(name.split(".")[-2:])
        proof = {"type": "TXT", "domain": f"_vercel.{apex}", "value": "a-proof", "reason": "used"}
        self.domains.append({
            "name": name, "apexName": apex, "projectId": "prj_1", "redirect": None,
            "verified": name not in self.unproven,
            **({"verification": [proof]} if name in self.unproven else {}),
        })  # fmt: skip
        return self.domains[-1]

    def variable(self, project: str, key: str) -> dict[str, Any]:
        """Return the only variable of a name."""
        [held] = [each for each in self.variables[project] if each["key"] == key]
        return held


class VercelHandler(Handler):
    """Answers as Vercel does."""

    held: Team

    def admit(self, body: bytes) -> None:
        """Refuse what a description does not have, and who has the wrong token or team."""
        path, known = urlsplit(self.path).path, 0
        for judge in self.held.descriptions:
            if judge.knows(path):
                known += 1
                self._judged(judge, body)
        if not known:
            self.held.wrong.append(f"no path {path}")
            raise refusal(404, "not_found", "Not Found")
        if self.headers["Authorization"] != f"Bearer {TOKEN}":
            raise refusal(401, "forbidden", "Not authorized")
        team = parse_qs(urlsplit(self.path).query).get("teamId")
        if self.held.teams and path != "/v2/teams" and team != ["team_1"]:
            raise refusal(403, "forbidden", "Not authorized: Trying to access another scope.")

    def _judged(self, judge: Description, body: bytes) -> None:
        try:
            judge.judge(self.command, self.path, dict(self.headers), body, also=set())
        except WrongCallError as error:
            self.held.wrong.append(str(error))
            raise refusal(400, "bad_request", str(error)) from error

    def judge_answer(self, status: int, answer: bytes) -> None:
        """Note what is not as the SDK reads it."""
        _, sdk = self.held.descriptions
        try:
            sdk.judge_answer(self.command, self.path, dict(self.headers), status, answer)
        except WrongCallError as error:
            self.held.wrong.append(f"the stand-in's answer to {self.path}: {error}")

    def carry_out(self, path: str, _: Any, given: Any) -> tuple[int, Any, str]:
        """Return status, content and no Link header, or raise a refusal."""
        for method, pattern, status, name in ROUTES:
            if method == self.command and (found := re.fullmatch(pattern, path)):
                return status, getattr(self, name)(given, *found.groups()), ""
        raise refusal(404, "not_found", "Not Found")

    def _teams(self, given: Any) -> Any:
        start = int(given.get("until", ["0"])[0])
        end = start + self.held.page_size
        following = end if end < len(self.held.teams) else None
        sample = self.held.descriptions[1].answer("GET", "/v2/teams", filled=True)["teams"][0]
        return {
            "teams": [{**sample, **team} for team in self.held.teams[start:end]],
            "pagination": {"count": end - start, "next": following, "prev": None},
        }

    def _project(self, _: Any, name: str) -> dict[str, Any]:
        if name not in self.held.projects:
            raise refusal(404, "not_found", "Project not found.")
        return self.held.projects[name]

    def _changed_project(self, given: Any, name: str) -> Any:
        self._project(given, name).update(given)
        return self.held.projects[name]

    def _variables(self, given: Any, name: str) -> Any:
        self._project(given, name)
        return {
            "envs": [{**_shown(each), "securityIssues": []} for each in self.held.variables[name]]
        }

    def _new_project(self, given: Any) -> Any:
        name = given.pop("name")
        if name in self.held.projects:
            raise refusal(409, "conflict", "A project with this name already exists.")
        if not self.held.sees_repository:
            message = "To link a GitHub repository, install the GitHub integration first."
            link = "https://github.com/apps/vercel"
            raise refusal(400, "bad_request", message, action="Install GitHub App", link=link)
        org, repo = given.pop("gitRepository")["repo"].split("/")
        sample = self.held.descriptions[1].answer("POST", "/v11/projects")
        self.held.projects[name] = {
            **sample,
            **given,
            "id": f"prj_{next(self.held.numbers)}",
            "accountId": "team_1",
            "name": name,
            "nodeVersion": "22.x",
            "sourceFilesOutsideRootDirectory": False,
            "resourceConfig": {**sample["resourceConfig"], "functionDefaultRegions": ["iad1"]},
            "link": {
                "type": "github",
                "org": org,
                "repo": repo,
                "productionBranch": "main",
                "deployHooks": [],
            },
        }
        self.held.variables[name] = []
        if self.held.address_at_once:
            self.held.domain(f"{name}.vercel.app")
        return self.held.projects[name]

    def _new_variables(self, given: Any, name: str) -> Any:
        self._project(given, name)
        failed = [
            {"error": {"code": "BAD_VALUE", "message": f"{each['value']} is not good."}}
            for each in given
            if each["key"] in self.held.failing
        ]
        taken = [each for each in given if each["key"] not in self.held.failing]
        for each in taken:
            now = next(self.held.clock)
            at = {"id": f"env_{next(self.held.numbers)}", "createdAt": now, "updatedAt": now}
            self.held.variables[name].append({**each, **at})
        return {"created": [_shown(each) for each in taken], "failed": failed}

    def _changed_variable(self, given: Any, name: str, number: str) -> Any:
        for held in self.held.variables[name]:
            if held["id"] == number:
                held.update(given, updatedAt=next(self.held.clock))
                return _shown(held)
        raise refusal(404, "not_found", "Environment variable not found.")

    def _domains(self, given: Any, name: str) -> Any:
        self._project(given, name)
        assert (given["production"], given["redirects"]) == (["true"], ["false"])
        shown = [each for each in self.held.domains if each["verified"] and not each["redirect"]]
        pagination = {"count": len(shown), "next": None, "prev": None}
        return {"domains": shown, "pagination": pagination}

    def _domain(self, _: Any, project: str, name: str) -> Any:
        self._project(None, project)
        for each in self.held.domains:
            if each["name"] == name:
                return each
        raise refusal(404, "not_found", "Project Domain not found.")

    def _new_domain(self, given: Any, project: str) -> Any:
        self._project(given, project)
        name, newest = given["name"], next(iter(self.held.deployments), {"readyState": ""})
        if newest["readyState"] != "READY":
            message = "The latest production deployment for the project was not successful."
            raise refusal(400, "bad_request", message)
        if name in {each["name"] for each in self.held.domains}:
            raise refusal(400, "domain_already_in_use", f"{name} is on this project already.")
        if name in self.held.taken:
            message = f"Cannot add {name} since it's already in use by another project."
            raise refusal(409, "domain_already_in_use", message)
        return self.held.domain(name)

    def _verified_domain(self, given: Any, project: str, name: str) -> Any:
        held = self._domain(given, project, name)
        if "TXT" not in self.held.records:
            message = "The domain does not have a TXT record that attempts to verify it."
            raise refusal(400, "missing_txt_record", message)
        held["verified"] = True
        held.pop("verification", None)
        return held

    def _dns(self, _: Any, name: str) -> Any:
        is_apex = name.count(".") == 1
        return {
            "configuredBy": None,
            "acceptedChallenges": [],
            "recommendedIPv4": [
                {"rank": 2, "value": ["192.0.2.9"]},
                {"rank": 1, "value": ["192.0.2.1", "192.0.2.2"]},
            ],
            "recommendedCNAME": [{"rank": 1, "value": "of-lamps.vercel-dns.example"}],
            "misconfigured": ("A" if is_apex else "CNAME") not in self.held.records,
        }

    def _deployments(self, given: Any) -> Any:
        known = {project["id"] for project in self.held.projects.values()}
        if given["target"] != ["production"] or given["projectId"][0] not in known:
            raise refusal(404, "not_found", "Project not found.")
        judge = self.held.descriptions[1]
        sample = judge.answer("GET", "/v7/deployments", filled=True)["deployments"][0]
        for each in self.held.deployments:
            self._worked(each)
        listed = [
            {**sample, **{name: each[name] for name in each if name != "left"}}
            for each in self.held.deployments
        ]
        pagination = {"count": len(listed), "next": None, "prev": None}
        return {"deployments": listed, "pagination": pagination}

    def _new_deployment(self, given: Any) -> Any:
        self._project(given, given["project"])
        again = given.get("deploymentId")
        if again and again not in {each["uid"] for each in self.held.deployments}:
            raise refusal(404, "not_found", "Deployment not found.")
        link = self.held.projects[given["project"]]["link"]
        if not again and given["gitSource"]["ref"] != link["productionBranch"]:
            raise refusal(400, "bad_request", "The branch was not found.")
        begun = self.held.deploy("QUEUED", left=self.held.reads)
        return self._deployment(given, begun["uid"])

    def _deployment(self, _: Any, number: str) -> Any:
        for each in self.held.deployments:
            if each["uid"] == number:
                self._worked(each)
                path = urlsplit(self.path).path
                sample = self.held.descriptions[1].answer(self.command, path)
                shown = {name: each[name] for name in each.keys() - {"uid", "created", "left"}}
                return {**sample, **shown, "id": number, "status": each["readyState"]}
        raise refusal(404, "not_found", "Deployment not found.")

    def _worked(self, deployment: dict[str, Any]) -> None:
        if "left" not in deployment:
            return
        deployment["left"] -= 1
        deployment["readyState"] = "BUILDING" if deployment["left"] > 0 else self.held.ending
        if deployment["left"] <= 0:
            del deployment["left"]


def _shown(held: dict[str, Any]) -> dict[str, Any]:
    hidden = held["type"] != "plain"
    return {**held, **({"value": ""} if hidden else {})}


@contextlib.contextmanager
def stand_in(judges: tuple[Description, Description]) -> Iterator[Team]:
    """Serve a team without projects."""
    held = Team(descriptions=judges)
    with serving(held, VercelHandler):
        yield held

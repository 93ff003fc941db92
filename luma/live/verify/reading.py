"""What can be seen of a running store without changing anything in it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator

import httpx
from tools.additions import directives_of
from tools.checks import blueprint as declarations
from tools.repository import BLUEPRINT, OWN, VERCEL, Repository

from luma.git import git
from luma.live.render import RELEASE
from luma.live.vercel.account import PREVIEW_ORIGIN
from luma.live.verify.running import (
    STORE_DOWN,
    FailedCheckError,
    Running,
    SkippedCheckError,
)
from luma.problems import LumaError

STOREFRONT_PATHS = ("storefront", "vercel", "storage", "monitoring")
"""What the storefront is built from: a commit that changes nothing there is not deployed."""
DOCUMENTATION = ("/docs", "/redoc", "/openapi.json")
POLICY, TRANSPORT_SECURITY = "content-security-policy", "strict-transport-security"
REDIRECTS = {301, 302, 307, 308}
SHOWN_CHARACTERS = 120
_COMMIT = re.compile(r"[0-9a-f]{40}")
_RELEASE = re.compile(rf"\bsentry-release=({_COMMIT.pattern})\b")


def certificate(store: Running) -> None:
    """See that the storefront proves who it is."""
    _over_tls(store)
    store.ask(f"{store.site}/robots.txt")


def https_only(store: Running) -> None:
    """See that a visitor who types no https gets it."""
    _over_tls(store)
    plain = store.site.replace("https", "http", 1)
    answer = store.ask(f"{plain}/")
    leads_to = answer.headers.get("location", "")
    if answer.status not in REDIRECTS or not leads_to.startswith(f"{store.site}/"):
        raise FailedCheckError(
            f"{plain}/ does not lead to {store.site}/ ({answer.status}): look at Domains of the "
            "project in Vercel."
        )


def home_page(store: Running) -> None:
    """See that the home page is there."""
    status = store.home.status
    if status in REDIRECTS:
        leads_to = _shown(store.home.headers.get("location", ""))
        raise FailedCheckError(
            f"{store.site}/ leads to {leads_to}: under Domains of the project in Vercel, let this "
            "domain answer itself."
        )
    if status != 200:
        raise FailedCheckError(f"{store.site}/ answers {status}: {STORE_DOWN} says what to do.")


def headers(store: Running) -> None:
    """See that the home page has the declared headers."""
    declared = _declared_headers(store.repository)
    declared.pop(POLICY, None)
    answered = _of_home(store)
    different = [
        f"{name} is {_shown(answered.get(name, ''))} instead of {_shown(value)}"
        for name, value in declared.items()
        if not _is_as_strict(name, answered.get(name, ""), value)
    ]
    _as_declared(different)


def content_security_policy(store: Running) -> None:
    """See that the home page's policy is the declared one, as far as it is known before a build.

    `vercel/config.ts` narrows the vendors' hosts to those of the store. So they are only counted.
    """
    value = _declared_headers(store.repository).get(POLICY)
    if value is None:
        raise SkippedCheckError(f"{VERCEL} and {OWN[VERCEL]} declare none for the home page")
    declared = directives_of(value)
    answered = directives_of(_of_home(store).get(POLICY, ""))
    _as_declared(
        [
            f"{name} is {_shown(' '.join(answered.get(name, ())))} instead of "
            f"{_shown(' '.join(declared.get(name, ())))}"
            for name in {**declared, **answered}
            if _known_part(declared.get(name)) != _known_part(answered.get(name))
        ]
    )


def ready_through_the_storefront(store: Running) -> None:
    """See that the storefront reaches the API, and the API what it needs."""
    address = f"{store.site}/api/readyz"
    if store.ask(address).status == 404:
        raise FailedCheckError(
            f"{address} is not there: deploy the storefront again, so that it is built with "
            "API_ORIGIN."
        )
    _ready(store, address)


def ready_at_its_own_address(store: Running) -> None:
    """See that the API reaches what it needs."""
    _ready(store, f"{store.api}/readyz")


def region(store: Running) -> None:
    """See that functions run in the declared region."""
    _over_tls(store)
    declared = store.repository.vercel_project["function_region"]
    *regions, _ = store.fresh.headers.get("x-vercel-id", "").split("::")
    if declared not in regions:
        raise FailedCheckError(
            f"a function answered from {_shown(', '.join(regions))} instead of {declared}: look at "
            f"regions in {VERCEL}, and at Functions in the project's settings in Vercel."
        )


def storefront_release(store: Running) -> None:
    """See that the storefront is built from this repository's commit."""
    shown = release_in(store.fresh.text)
    if shown is None:
        raise SkippedCheckError("the page shows none: its Sentry is off, or there is no commit")
    _of_this_commit(store, "storefront", shown, STOREFRONT_PATHS)


def api_release(store: Running) -> None:
    """See that the API is built from this repository's commit, as Render says: it shows none."""
    commit = store.known.get(RELEASE, "")
    if not _COMMIT.fullmatch(commit):
        raise SkippedCheckError("the API shows none, and Render has no live deploy of a commit")
    _of_this_commit(store, "API", commit, _api_paths(store.repository))


def documentation(store: Running) -> None:
    """See that the API describes itself to nobody."""
    for base in (f"{store.site}/api", store.api):
        for path in DOCUMENTATION:
            if store.ask(base + path).status == 200:
                raise FailedCheckError(
                    f"{base}{path} is open to everybody: in Render, ENVIRONMENT of the API has to "
                    f"be production, as {BLUEPRINT} says."
                )


def previews(store: Running) -> None:
    """See that previews are not given production's API."""
    address = store.known.get(PREVIEW_ORIGIN)
    if address == "":
        raise SkippedCheckError(f"Vercel does not show the {PREVIEW_ORIGIN}")
    if address and address.rstrip("/") == store.api:
        raise FailedCheckError(
            f"the {PREVIEW_ORIGIN} is production's: take it away in Vercel, under Environment "
            "Variables, or give previews an API of their own."
        )


def release_in(page: str) -> str | None:
    """Return the commit that a page made for each request was built from; None without Sentry."""
    found = _RELEASE.search(page)
    return found and found[1]


def _over_tls(store: Running) -> None:
    if store.site.startswith("http:"):
        raise SkippedCheckError("a store on this machine has neither TLS nor Vercel before it")


def _of_home(store: Running) -> httpx.Headers:
    if store.home.status != 200:
        raise SkippedCheckError("there is no home page")
    return store.home.headers


def _declared_headers(repository: Repository) -> dict[str, str]:
    """Return the home page's headers that are the same for every request, in lower case."""
    declared: dict[str, str] = {}
    for rule in repository.vercel.get("headers", []):
        if not re.fullmatch(re.sub(r"/:\w+\*", "(/.*)?", rule["source"]), "/"):
            continue
        for header in rule["headers"]:
            name = header["key"].lower()
            declared.pop(name, None)
            if "has" not in rule and "missing" not in rule:
                declared[name] = header["value"]
    return declared


def _is_as_strict(name: str, answered: str, declared: str) -> bool:
    """Return whether a header is as declared. On *.vercel.app, Vercel adds to HSTS itself."""
    if name == TRANSPORT_SECURITY:
        return {*_parts(declared, ";")} <= {*_parts(answered, ";")}
    return [*_parts(answered, ",")] == [*_parts(declared, ",")]


def _parts(value: str, separator: str) -> Iterator[str]:
    return (" ".join(part.split()) for part in value.split(separator))


def _known_part(sources: Iterable[str] | None) -> tuple[set[str], int] | None:
    """Return a directive's sources that are no hosts, and how many are."""
    if sources is None:
        return None
    hosts = [source for source in sources if "//" in source]
    return {*sources} - {*hosts}, len(hosts)


def _as_declared(different: list[str]) -> None:
    if different:
        raise FailedCheckError(
            f"{'; '.join(different)}. Compare {VERCEL} and {OWN[VERCEL]}, and deploy the "
            "storefront again."
        )


def _ready(store: Running, address: str) -> None:
    answer = store.ask(address)
    try:
        told = json.loads(answer.text)
        culprits = [f"the {name}" for name, state in told.items() if state == "unreachable"]
    except (AttributeError, ValueError):
        culprits = []
    if answer.status != 200 or culprits:
        what = f"cannot reach {' and '.join(culprits)}" if culprits else f"answers {answer.status}"
        raise FailedCheckError(f"{address} {_shown(what)}: {STORE_DOWN} says what to do.")


def _api_paths(repository: Repository) -> list[str]:
    """Return what the API is built from, as git names it."""
    service = repository.contract.processes["api"].service
    for each in declarations.services(repository):
        if each["name"] == service:
            of = each.get("buildFilter", {})
            return [
                *(f":(glob){path}" for path in of.get("paths", ["**"])),
                *(f":(glob,exclude){path}" for path in of.get("ignoredPaths", [])),
            ]
    raise SkippedCheckError(f"{BLUEPRINT} has no {service}")


def _of_this_commit(store: Running, part: str, commit: str, paths: Iterable[str]) -> None:
    folder = store.repository.root
    try:
        head = git("rev-parse", "HEAD", folder=folder).strip()
    except LumaError as error:
        raise SkippedCheckError(f"it is {commit[:7]}, and git knows no commit here") from error
    try:
        names = git("diff", "--name-only", commit, head, "--", *paths, folder=folder).splitlines()
    except LumaError as error:
        if git("rev-parse", "--is-shallow-repository", folder=folder).strip() == "true":
            reason = f"it is {commit[:7]}, which is not in this shallow clone"
            raise SkippedCheckError(reason) from error
        raise FailedCheckError(
            f"the {part} is built from {commit[:7]}, which this clone does not have: git fetch, or "
            "see who deployed it."
        ) from error
    if names:
        raise FailedCheckError(
            f"the {part} is built from {commit[:7]}, and {head[:7]} here has another "
            f"{names[0]}: push it, or see in {'Vercel' if part == 'storefront' else 'Render'} "
            "why it was not deployed."
        )


def _shown(text: str) -> str:
    """Return what a server has sent so that it does nothing to a terminal."""
    printable = "".join(each if each.isprintable() else "?" for each in text)
    return printable[:SHOWN_CHARACTERS] or "nothing"

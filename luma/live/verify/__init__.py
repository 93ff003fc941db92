"""Whether a running store is what its repository says, seen over its public address.

Requests go to the two addresses of the store; what asks for something to be done also sends an
event to Sentry, and an image to Cloudinary. No secret is shown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import httpx
from tools.repository import Repository

from luma.live import sentry
from luma.live.engine import DIFFERENT, EQUAL, Known, Vendor
from luma.live.site import SITE, site
from luma.live.transport import client
from luma.live.verify import reading, writing
from luma.live.verify.running import Running, SkippedCheckError, origin
from luma.problems import LumaError

OK, FAILED, SKIPPED = "ok", "failed", "skipped"
Check = Callable[[Running], None]
READING: Mapping[str, Check] = {
    "certificate of the storefront": reading.certificate,
    "http leads to https": reading.https_only,
    "home page": reading.home_page,
    "security headers": reading.headers,
    "Content-Security-Policy": reading.content_security_policy,
    "API ready through the storefront": reading.ready_through_the_storefront,
    "API ready at its own address": reading.ready_at_its_own_address,
    "region of the functions": reading.region,
    "release of the storefront": reading.storefront_release,
    "release of the API": reading.api_release,
    "API describes itself to nobody": reading.documentation,
    "previews away from production": reading.previews,
}
WRITING: Mapping[str, Check] = {
    "signed refresh of a page": writing.revalidation,
    "limits past the storefront": writing.closed_door,
    "signed upload and its delivery": writing.upload,
    "events arrive in Sentry": writing.events,
}


@dataclass(frozen=True)
class Tick:
    """How one check ended, and why it is not ok."""

    name: str
    state: str
    why: str = ""


def run(
    repository: Repository,
    vendors: Sequence[Vendor],
    known: Known,
    *,
    read_only: bool,
) -> list[Tick]:
    """Check a running store and print a line for each check; return how each ended.

    `known` is what the vendors have told.

    Raises:
        LumaError: the store's address is none that requests may go to.

    """
    found = site(repository, known)
    if not found:
        print(f"The running store was not checked: set {SITE} to its address.", flush=True)
        return []
    address = origin(SITE, found)
    [organization] = (each for each in vendors if isinstance(each, sentry.Sentry))
    print(f"The store at {address}:", flush=True)
    checks = READING if read_only else {**READING, **WRITING}
    ended = []
    with client() as asking:
        store = Running(repository, address, known, organization.has_event, asking)
        for tick in ticks(store, checks):
            ended.append(tick)
            print(f"  {tick.state:8}{tick.name}{tick.why and f': {tick.why}'}", flush=True)
    counts = Counter(tick.state for tick in ended)
    print(", ".join(f"{counts[state]} {state}" for state in (OK, FAILED, SKIPPED)), flush=True)
    return ended


def code(ended: Sequence[Tick]) -> int:
    """Return the exit code."""
    return DIFFERENT if any(tick.state == FAILED for tick in ended) else EQUAL


def ticks(store: Running, checks: Mapping[str, Check]) -> Iterator[Tick]:
    """Return how each check ends."""
    for name, check in checks.items():
        try:
            check(store)
        except LumaError as failed:
            yield Tick(name, FAILED, str(failed))
        except SkippedCheckError as skipped:
            yield Tick(name, SKIPPED, f"{skipped}.")
        except (KeyError, TypeError, ValueError, httpx.InvalidURL):
            yield Tick(name, FAILED, "an answer has another structure: look at the API's code.")
        else:
            yield Tick(name, OK)

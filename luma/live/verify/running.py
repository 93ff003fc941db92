"""A running store at its two addresses, asked as anybody could ask it."""

from __future__ import annotations

import ssl
import time
from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any, NamedTuple

import httpx
from tools.additions import NONCE_PAGES
from tools.repository import OWN, VERCEL, Repository

from luma.live.render import ORIGIN
from luma.live.transport import LOOPBACK, TIME_LIMIT_SECONDS
from luma.problems import LumaError

MAX_BYTES = 4_000_000
STORE_DOWN = "monitoring/runbooks/store-down.md"


class FailedCheckError(LumaError):
    """What is wrong with the running store, and where to look."""


class SkippedCheckError(Exception):
    """Why something cannot be checked."""


class Answer(NamedTuple):
    """What one request was answered with."""

    status: int
    headers: httpx.Headers
    text: str


def origin(variable: str, value: str) -> str:
    """Return an address without a slash at its end.

    Raises:
        LumaError: it is no https address, nor one of this machine.

    """
    try:
        address = httpx.URL(value)
    except httpx.InvalidURL:
        address = httpx.URL()
    is_safe = address.scheme == "https" or (
        address.scheme == "http" and address.host in LOOPBACK
    )  # fmt: skip
    if not (is_safe and address.host and address.raw_path == b"/") or address.userinfo:
        raise LumaError(
            f"{variable} has to be https:// and a host, without a path; http:// is for this "
            "machine only."
        )
    return str(address).rstrip("/")


class Running:
    """The store's two addresses, and what the vendors know of it.

    `has_event` takes a part of the store and an event's id, and says whether Sentry has it.
    """

    def __init__(
        self,
        repository: Repository,
        site: str,
        known: Mapping[str, str],
        has_event: Callable[[str, str], bool],
        asking: httpx.Client,
    ) -> None:
        self.repository = repository
        self.site = site
        self.known = known
        self.has_event = has_event
        self._client = asking
        self._silent: set[str] = set()

    @property
    def api(self) -> str:
        """Return the API's own address.

        Raises:
            SkippedCheckError: nobody knows it yet.

        """
        if ORIGIN not in self.known:
            raise SkippedCheckError("Render has no API of this store yet")
        return origin(ORIGIN, self.known[ORIGIN])

    @property
    def has_starter(self) -> bool:
        """Return whether the store began with the starter, whose paths are known here."""
        return bool(self.repository.answers.get("include_starter", True))

    @cached_property
    def home(self) -> Answer:
        """Return the home page."""
        return self.ask(f"{self.site}/")

    @cached_property
    def fresh(self) -> Answer:
        """Return a page that a function makes for each request.

        Raises:
            FailedCheckError: it is not there.
            SkippedCheckError: none is declared.

        """
        pages = self.repository.own(VERCEL).get(NONCE_PAGES, [])
        page = next((page for page in pages if "[" not in page), None)
        if page is None:
            reason = f"{OWN[VERCEL]} has no page under {NONCE_PAGES}, made for each request"
            raise SkippedCheckError(reason)
        answer = self.ask(f"{self.site}{page}")
        if answer.status != 200:
            raise FailedCheckError(
                f"{page} answers {answer.status}, and {OWN[VERCEL]} has it under {NONCE_PAGES}: "
                "look at its log in Vercel."
            )
        return answer

    def ask(self, address: str, method: str = "GET", **sent: Any) -> Answer:
        """Return what is answered; redirects are not followed.

        Raises:
            FailedCheckError: nothing is in time, or its sender cannot prove who it is.
            SkippedCheckError: the host could not be reached before.

        """
        place = address[: address.index("/", len("https://"))]
        if place in self._silent:
            raise SkippedCheckError(f"{place} gave no answer")
        try:
            with self._client.stream(method, address, **sent) as answer:
                return Answer(answer.status_code, answer.headers, _text(answer))
        except httpx.HTTPError as error:
            if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout):
                self._silent.add(place)
            raise FailedCheckError(f"{place} {_reason(error)}: {self._where(place)}") from error

    def _where(self, place: str) -> str:
        host = place.partition("://")[2]
        if host == self.site.partition("://")[2]:
            return f"look at Domains and Deployments of the project in Vercel, and {STORE_DOWN}."
        if host == self.known.get(ORIGIN, "").partition("://")[2]:
            return f"look at the service in Render, and {STORE_DOWN}."
        return "look at its vendor's status page."


def _text(answer: httpx.Response) -> str:
    end, content = time.monotonic() + TIME_LIMIT_SECONDS, b""
    for part in answer.iter_bytes():
        content += part
        if len(content) > MAX_BYTES or time.monotonic() > end:
            raise httpx.ReadTimeout("too slow or too much")
    return content.decode(errors="replace")


def _reason(error: BaseException | None) -> str:
    if isinstance(error, httpx.TimeoutException):
        return f"gives no whole answer within {TIME_LIMIT_SECONDS:.0f} s"
    while error:
        if isinstance(error, ssl.SSLCertVerificationError):
            return f"has no valid certificate ({error.verify_message})"
        error = error.__cause__ or error.__context__
    return "cannot be reached"

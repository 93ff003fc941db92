"""Send requests to one vendor's API: to its own host only, with a token that is never shown."""

from __future__ import annotations

import os
import re
import ssl
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import httpx
import questionary

from luma.live import record
from luma.live.engine import UnclearError
from luma.problems import LumaError

LOOPBACK = {"127.0.0.1", "localhost", "::1"}
TIMEOUT_SECONDS = 30.0
TIME_LIMIT_SECONDS = 20.0
"""The same for what is asked without a token."""
ATTEMPTS = 4
BACK_OFF_SECONDS = 1.0
"""Before the second attempt; twice as long before each further one."""
LONGEST_PAUSE_SECONDS = 60.0
REASON_CHARACTERS = 300
_EPOCH_SECONDS = 10**9
"""A reset time from here on is a moment; a smaller one is a number of seconds."""
_SECRET = re.compile(r"[!-~]+")

Query = Mapping[str, str | Sequence[str]]


@dataclass(frozen=True)
class Api:
    """One vendor's API: where it is, which variables lead there, and how a token is made."""

    name: str
    hosts: frozenset[str]
    variable: str
    permissions: str
    base_variable: str
    reset_header: str
    read_by_post: frozenset[str] = frozenset()
    """The paths at which a POST writes nothing."""


def base_address(api: Api, declared: str) -> str:
    """Return the address to send requests to: the declared one, or a stand-in's on loopback.

    Raises:
        LumaError: it is neither one of the vendor's hosts nor loopback.

    """
    given = os.environ.get(api.base_variable)
    address = urlsplit(given or declared)
    if given and address.scheme in {"http", "https"} and address.hostname in LOOPBACK:
        return given.rstrip("/")
    if given or address.scheme != "https" or address.netloc not in api.hosts:
        where = f"{api.base_variable} may only name this machine" if given else declared
        raise LumaError(f"{where}: {api.name}'s API is at {' or '.join(sorted(api.hosts))}.")
    return declared.rstrip("/")


def ask_secret(vendor: str, variable: str, hint: str) -> str:
    """Return the secret that the environment has, or ask for it without showing it.

    Raises:
        LumaError: there is none, or it cannot be one.

    """
    given = os.environ.get(variable, "")
    if not given and sys.stdin.isatty():
        print(f"{vendor}: {hint}")
        given = questionary.password(f"{variable} (not shown):").unsafe_ask()
    secret = given.strip()
    if not secret:
        raise LumaError(f"{variable} is not set: {hint}")
    if not _SECRET.fullmatch(secret):
        raise LumaError(f"{variable} holds no secret, or more than one.")
    return secret


def open_transport(api: Api, declared: str, *, read_only: bool) -> Transport:
    """Return what sends requests to the declared address, with the token of this command.

    Raises:
        LumaError: the address is not the vendor's, or there is no token.

    """
    base = base_address(api, declared)
    token = ask_secret(api.name, api.variable, api.permissions)
    return Transport(api, base, token, read_only=read_only)


@cache
def _certificates() -> ssl.SSLContext:
    """Return the certificates that are trusted; reading them takes longer than most requests."""
    return httpx.create_ssl_context()


def client() -> httpx.Client:
    """Return what asks without a token: in limited time, and past any proxy on this machine."""
    return httpx.Client(
        timeout=TIME_LIMIT_SECONDS,
        headers={"User-Agent": "luma-live"},
        mounts={f"all://{host}": None for host in LOOPBACK if ":" not in host},
    )


class Transport:
    """Sends requests, waits where the vendor asks for it, and turns refusals into sentences."""

    def __init__(self, api: Api, base: str, token: str, *, read_only: bool) -> None:
        self._api = api
        self._hidden = {token}
        record.hide(token)
        self._read_only = read_only
        self._host = urlsplit(base).netloc
        self._client = httpx.Client(
            verify=_certificates(),
            base_url=base,
            headers={"Authorization": f"Bearer {token}"},
            timeout=TIMEOUT_SECONDS,
            # A proxy, but not between here and a stand-in.
            trust_env=urlsplit(base).hostname not in LOOPBACK,
        )

    def hide(self, value: str) -> None:
        """Let a value appear in no message."""
        self._hidden.add(value)

    def masked(self, text: str) -> str:
        """Return a text of the vendor's without what must not appear."""
        for value in self._hidden:
            text = text.replace(value, "***")
        return text

    def get(self, path: str, query: Query | None = None) -> httpx.Response | None:
        """Return the answer, or None where nothing is there.

        Raises:
            LumaError: the vendor refused it, or gave no usable answer.

        """
        answer = self._answer("GET", path, params=dict(query or {}))
        return None if answer.status_code == 404 else self._accepted("GET", path, answer)

    def send(
        self, method: str, path: str, body: Any = None, *, exists: Sequence[int] = (409,)
    ) -> httpx.Response:
        """Send what writes; return the answer. `exists` are refusals that say that it is there.

        Raises:
            UnclearError: it may have been carried out, or the thing is there.
            LumaError: the vendor refused it, or this only reads.

        """
        if self._read_only:
            raise LumaError(f"This only reads: {method} {path} was not sent to {self._api.name}.")
        answer = self._answer(method, path, json=body)
        if answer.status_code in exists:
            raise UnclearError(
                f"{self._api.name} says that it exists already, but shows it to nobody with this "
                f"token ({method} {path}): choose another name, or look who has it."
            )
        return self._accepted(method, path, answer)

    def post_form(
        self, path: str, fields: Mapping[str, str], file: tuple[str, bytes, str]
    ) -> httpx.Response:
        """Send a form with a file to a path at which a POST writes nothing; return the answer.

        Raises:
            LumaError: the vendor refused it, gave no usable answer, or the path may write.

        """
        if path not in self._api.read_by_post:
            raise LumaError(f"POST {path} may write, so it was not sent to {self._api.name}.")
        answer = self._answer("POST", path, data=fields, files={"file": file})
        return self._accepted("POST", path, answer)

    def _answer(self, method: str, path: str, **options: Any) -> httpx.Response:
        """Return the first answer that is about the request, not about the vendor's state."""
        only_reads = method == "GET" or path in self._api.read_by_post
        for attempt in range(ATTEMPTS):
            pause = BACK_OFF_SECONDS * 2**attempt
            try:
                answer = self._client.request(method, path, **options)
                self._record(answer, path, options)
            except (httpx.ConnectError, httpx.ConnectTimeout):
                problem = f"{self._api.name} cannot be reached at {self._host}"
            except httpx.RequestError as error:
                problem = f"{self._api.name} gave no answer to {method} {path}"
                if not only_reads:
                    raise UnclearError(f"{problem}.") from error
            else:
                if answer.status_code == 429:
                    problem = f"{self._api.name}'s limit of requests is reached"
                    pause = self._until_reset(answer) or pause
                elif answer.status_code >= 500:
                    problem = f"{self._api.name} has an error of its own ({answer.status_code})"
                    if not only_reads:
                        raise UnclearError(f"{problem} at {method} {path}.")
                else:
                    return answer
            if attempt == ATTEMPTS - 1 or pause > LONGEST_PAUSE_SECONDS:
                break
            print(f"{problem}: trying again in {pause:.0f} s ...", flush=True)
            time.sleep(pause)
        at = time.strftime("%H:%M UTC", time.gmtime(time.time() + pause))
        raise LumaError(f"{problem}: run this again after {at}.")

    def _record(self, answer: httpx.Response, path: str, options: Mapping[str, Any]) -> None:
        """Add an exchange to the transcript: what was said, and the headers that mean something."""
        if not record.is_on():
            return
        try:
            said = answer.json()
        except ValueError:
            said = answer.text
        meaning = ("Link", "Retry-After", self._api.reset_header)
        record.exchange(
            self._api.name,
            answer.request.method,
            path,
            query=dict(options.get("params") or {}),
            body=options.get("json", options.get("data")),
            status=answer.status_code,
            headers={name: answer.headers[name] for name in meaning if name in answer.headers},
            answer=said,
        )

    def _until_reset(self, answer: httpx.Response) -> float:
        """Return for how many seconds the vendor wants nothing more; 0 where it doesn't say."""
        for header in ("Retry-After", self._api.reset_header):
            try:
                seconds = float(answer.headers.get(header, ""))
            except ValueError:
                continue
            # One more, because moments are given in whole seconds.
            left = seconds - time.time() + 1 if seconds >= _EPOCH_SECONDS else seconds
            return max(left, BACK_OFF_SECONDS)
        return 0.0

    def _accepted(self, method: str, path: str, answer: httpx.Response) -> httpx.Response:
        """Return a good answer.

        Raises:
            LumaError: it is none; the text says what to do.

        """
        name, variable = self._api.name, self._api.variable
        if answer.is_success:
            return answer
        if answer.status_code == 401:
            raise LumaError(
                f"{name} does not accept the token in {variable}: it is wrong, expired or revoked. "
                f"{self._api.permissions}"
            )
        if answer.status_code == 403:
            raise LumaError(
                f"The token in {variable} may not {method} {path}: it belongs to others, or lacks "
                f"a permission. {self._api.permissions}"
            )
        if answer.is_redirect:
            raise LumaError(f"{name} has moved {path}: somebody renamed it. Take the name back.")
        raise LumaError(f"{name} refused {method} {path}: {self._reason(answer)}")

    def _reason(self, answer: httpx.Response) -> str:
        """Return what an answer says is wrong: a detail, or the problems of each field."""
        try:
            problems = list(_problems(answer.json(), ""))
        except ValueError:
            problems = []
        text = "; ".join(problems) or f"HTTP {answer.status_code}"
        return self.masked(text)[:REASON_CHARACTERS].rstrip(".") + "."


def _problems(content: Any, field: str) -> list[str]:
    if isinstance(content, dict):
        return [
            line
            for name, value in content.items()
            for line in _problems(value, "" if name in {"detail", "message", "error"} else name)
        ]
    if isinstance(content, list):
        return [line for value in content for line in _problems(value, field)]
    return [f"{field}: {content}" if field else str(content)]

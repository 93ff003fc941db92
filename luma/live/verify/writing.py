"""What can be seen of a running store only by asking it to do something."""

from __future__ import annotations

import base64
import hmac
import json
import time
import uuid
from typing import Any

import httpx

from luma.live.render import ADMIN_TOKEN, REQUIRED
from luma.live.sentry import DSNS, event
from luma.live.transport import LOOPBACK
from luma.live.verify.running import FailedCheckError, Running, SkippedCheckError

REVALIDATE_SECRET = "REVALIDATE_SECRET"  # noqa: S105 - its name
HOW_TO_REQUIRE = "render/README.md, Past the storefront"
SHARED_CHANGES = 120
"""Changes to carts per minute of all who come past the storefront, as the API counts them."""
PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
"""A PNG of one pixel."""
MARK = "luma-live"
"""The environment and message by which a person knows the events in Sentry."""
POLL_SECONDS = 3
PATIENCE_SECONDS = 90


def revalidation(store: Running) -> None:
    """See that the storefront refreshes a page for who signs, and for nobody else."""
    _in_starter(store)
    secret = store.known.get(REVALIDATE_SECRET)
    if not secret:
        raise SkippedCheckError(f"Render has no {REVALIDATE_SECRET} yet")
    if _revalidate(store, f"not {secret}") == 200:
        raise FailedCheckError(
            "/revalidate takes a wrong signature: look at storefront/src/app/revalidate/route.ts."
        )
    if (status := _revalidate(store, secret)) != 200:
        raise FailedCheckError(
            f"/revalidate answers {status} to what is signed with Render's {REVALIDATE_SECRET}: "
            "Vercel has another one, was not deployed since it has it, or this machine's clock is "
            "wrong."
        )


def closed_door(store: Running) -> None:
    """See that all who come past the storefront share the limits of one client.

    Each request removes something from a cart that nobody has, so nothing changes.
    """
    _in_starter(store)
    if store.known.get(REQUIRED, "").lower() != "true":
        raise SkippedCheckError(f"{REQUIRED} is not true in Render: see {HOW_TO_REQUIRE}")
    item = f"{store.api}/cart/items/{uuid.uuid4()}"
    # The count may begin anew once, in the middle.
    for _ in range(2 * SHARED_CHANGES + 1):
        cart = uuid.uuid4().hex
        cookies = f"cart={cart}; __Host-cart={cart}"
        answer = store.ask(item, "DELETE", headers={"Cookie": cookies})
        if answer.status == 429:
            return
        if answer.status != 200:
            raise FailedCheckError(
                f"{item} answers {answer.status}: look at the API's log in Render."
            )
    raise FailedCheckError(
        f"{store.api} lets {2 * SHARED_CHANGES} changes pass in a row past the storefront: deploy "
        f"the API again, so that it has {REQUIRED}, and see that its cache is reachable."
    )


def upload(store: Running) -> None:
    """See that Cloudinary takes an image that the API has signed, and delivers it.

    The image stays: only the account's own secret could take it away.
    """
    _in_starter(store)
    token = store.known.get(ADMIN_TOKEN)
    if not token:
        raise SkippedCheckError(f"Render has no {ADMIN_TOKEN} yet")
    bearer = {"Authorization": f"Bearer {token}"}
    signed = _json(store, f"{store.api}/admin/uploads", 201, "its log in Render", headers=bearer)
    fields = {**signed["parameters"], **{name: signed[name] for name in ("api_key", "signature")}}
    file = {"file": (f"{MARK}.png", PIXEL, "image/png")}
    where = "CLOUDINARY_URL in Render, and run make storage-apply"
    taken = _json(store, _at_cloudinary(signed["url"]), 200, where, data=fields, files=file)
    image = store.ask(_at_cloudinary(taken["secure_url"]))
    if image.status != 200 or not image.headers.get("content-type", "").startswith("image/"):
        raise FailedCheckError(
            f"Cloudinary does not deliver what it has just taken ({image.status}): look at "
            "storage/README.md and the account's security settings."
        )


def events(store: Running) -> None:
    """See that an event of each part of the store arrives in Sentry, in its project."""
    if missing := [variable for variable in DSNS if variable not in store.known]:
        raise SkippedCheckError(f"Sentry has no {missing[0]} yet")
    sent = {
        part: event.send(variable, store.known[variable], MARK, f"{MARK}: an event arrives")
        for variable, part in DSNS.items()
    }
    begun = time.monotonic()
    while missing := [part for part in sent if not store.has_event(part, sent[part])]:
        seconds = time.monotonic() - begun
        if seconds > PATIENCE_SECONDS:
            raise FailedCheckError(
                f"Sentry took an event for the {missing[0]}, and has not shown it within "
                f"{PATIENCE_SECONDS} s: look at Inbound Filters and Usage in Sentry."
            )
        print(f"waiting for an event in Sentry: {seconds:.0f} s ...", flush=True)
        time.sleep(POLL_SECONDS)


def _in_starter(store: Running) -> None:
    if not store.has_starter:
        raise SkippedCheckError("the store has no starter, so its paths are not known here")


def _revalidate(store: Running, secret: str) -> int:
    """Ask for a fresh page of a product that is not there; return the status."""
    body, timestamp = json.dumps({"slug": "luma-live"}), str(int(time.time()))
    message = f"{timestamp}.{body}".encode()
    headers = {
        "Content-Type": "application/json",
        "X-Revalidate-Timestamp": timestamp,
        "X-Revalidate-Signature": hmac.new(secret.encode(), message, "sha256").hexdigest(),
    }
    answer = store.ask(f"{store.site}/revalidate", "POST", content=body, headers=headers)
    return answer.status


def _json(store: Running, address: str, wanted: int, where: str, **sent: Any) -> dict[str, Any]:
    """Send something; return the content of the answer, which has to have a certain status."""
    answer = store.ask(address, "POST", **sent)
    if answer.status != wanted:
        raise FailedCheckError(f"{address} answers {answer.status}: look at {where}.")
    content: dict[str, Any] = json.loads(answer.text)
    return content


def _at_cloudinary(address: str) -> str:
    """Return an address at Cloudinary.

    Raises:
        FailedCheckError: it is somewhere else.

    """
    url = httpx.URL(address)
    is_known = url.host in LOOPBACK or url.host.endswith(".cloudinary.com")
    if url.scheme != "https" or not is_known:
        raise FailedCheckError(
            "an upload does not lead to Cloudinary: look at CLOUDINARY_URL in Render."
        )
    return address

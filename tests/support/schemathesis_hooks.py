"""What Schemathesis cannot know: what is in the shop, and that every request is someone else's."""

from __future__ import annotations

import itertools
import os
import re
from typing import Any
from uuid import UUID

import schemathesis

PRODUCT = os.environ["PRODUCT_ID"]
# The last one stands for a browser without a cart.
cookies = itertools.cycle([*os.environ["CART_COOKIES"].split(), ""])
numbers = itertools.count(1)
SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


@schemathesis.hook
def before_call(_context: Any, case: schemathesis.Case[Any], _kwargs: Any) -> None:
    # Else the limits on writes would answer most requests.
    case.headers["X-Forwarded-For"] = f"2001:db8::{next(numbers):x}"
    if case.path.startswith("/cart"):
        case.headers["Cookie"] = next(cookies)
    for part in (case.path_parameters, case.body):
        if isinstance(part, dict) and is_uuid(part.get("product_id")):
            part["product_id"] = PRODUCT
    if isinstance(case.body, dict) and SLUG.fullmatch(str(case.body.get("slug"))):
        case.body["slug"] = f"made-up-{next(numbers)}"


def is_uuid(value: object) -> bool:
    """Return whether a generated value is one that could name a product."""
    try:
        return bool(UUID(value)) if isinstance(value, str) else False
    except ValueError:
        return False

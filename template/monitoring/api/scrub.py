"""Removes from events what a person may have typed.

The text of an error stays in the API's own log, under the same trace id.
"""

import re
from typing import Any

# Their text comes from Python and the code, never from a customer's data.
SAFE_TYPES = {
    "AttributeError", "ImportError", "ModuleNotFoundError", "NameError", "NotImplementedError",
    "RecursionError", "TimeoutError", "TypeError", "UnboundLocalError", "ZeroDivisionError",
}  # fmt: skip
WITHHELD = "[text withheld]"

QUERY = re.compile(r"\?[^\s\"']*")
EMAIL = re.compile(r"[\w.%+-]+(?:@|%40)[\w-]+(?:\.[\w-]+)+")
CARD = re.compile(r"\b\d(?:[ -]?\d){12,18}\b")
TOKEN = re.compile(
    r"\b(?:bearer|basic|token|secret|password|session)\b(?:\s*[:=]\s*|\s+)\S+"
    r"|\beyJ[\w-]+\.[\w-]+\.[\w-]*",
    re.IGNORECASE,
)


def scrubbed(event: Any, _hint: Any) -> Any:
    """Return an event or transaction without personal data, or None to drop it."""
    if event.get("type") != "transaction" and "exception" not in event:
        # Log lines without an exception stay in the log.
        return None
    for part in ("user", "extra", "logentry"):
        event.pop(part, None)
    for error in event.get("exception", {}).get("values", []):
        if error.get("type") not in SAFE_TYPES:
            error["value"] = WITHHELD
    return _masked(event)


def _masked(value: Any) -> Any:
    if isinstance(value, str):
        return _masked_text(value)
    if isinstance(value, dict):
        return {name: _masked(part) for name, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [_masked(part) for part in value]
    return value


def _masked_text(text: str) -> str:
    text = QUERY.sub("?…", text)
    text = EMAIL.sub("[email]", text)
    text = CARD.sub(lambda found: "[card]" if _is_card(found[0]) else found[0], text)
    return TOKEN.sub("[token]", text)


def _is_card(text: str) -> bool:
    # Luhn's check digit (ISO/IEC 7812-1), so that other long numbers stay readable.
    digits = [int(character) for character in reversed(text) if character.isdigit()]
    doubled = [digit * 2 for digit in digits[1::2]]
    total = sum(digits[::2]) + sum(digit - 9 if digit > 9 else digit for digit in doubled)
    return total % 10 == 0

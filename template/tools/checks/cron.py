"""Five-field cron expressions, as Render and Vercel both read them."""

from __future__ import annotations

import re

FIELDS = (
    ("minute", 0, 59),
    ("hour", 0, 23),
    ("day of month", 1, 31),
    ("month", 1, 12),
    ("day of week", 0, 6),
)
_ITEM = re.compile(r"(?:\*|(\d+)(?:-(\d+))?)(?:/([1-9]\d*))?")


def schedule_problem(schedule: str) -> str:
    """Return what is wrong with a cron expression; empty if it is valid."""
    parts = str(schedule).split()
    if len(parts) != len(FIELDS):
        return f'"{schedule}" has {len(parts)} fields; write 5, such as "0 3 * * *"'
    for part, (name, lowest, highest) in zip(parts, FIELDS, strict=True):
        if not all(_item_fits(item, lowest, highest) for item in part.split(",")):
            allowed = f"use {lowest} to {highest}, as in *, 1-5, 1,2 or */2"
            return f'"{part}" is not a valid {name}; {allowed}'
    return ""


def _item_fits(item: str, lowest: int, highest: int) -> bool:
    match = _ITEM.fullmatch(item)
    if not match:
        return False
    first, last = match[1], match[2] or match[1]
    return first is None or lowest <= int(first) <= int(last) <= highest

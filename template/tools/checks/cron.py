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
    """Say what is wrong with a cron expression; empty where nothing is."""
    parts = str(schedule).split()
    if len(parts) != len(FIELDS):
        return f'"{schedule}" has {len(parts)} fields; 5 are needed, such as "0 3 * * *"'
    for part, (name, lowest, highest) in zip(parts, FIELDS, strict=True):
        if not all(_item_fits(item, lowest, highest) for item in part.split(",")):
            return f'"{part}" is not a {name}; numbers {lowest} to {highest}, *, - , and / are'
    return ""


def _item_fits(item: str, lowest: int, highest: int) -> bool:
    match = _ITEM.fullmatch(item)
    if not match:
        return False
    first, last = match[1], match[2] or match[1]
    return first is None or lowest <= int(first) <= int(last) <= highest

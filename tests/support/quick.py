"""The tests of `python3 -m luma test quick`: some of each area, in under three minutes."""

from __future__ import annotations

import pytest

from support.history import RECORDED

QUICK: dict[str, tuple[str, ...]] = {
    "test_decisions.py": ("",),
    "test_questions.py": ("",),
    "test_rooms.py": ("",),
    "test_rules.py": ("[",),
    "test_every_combination.py": (
        "[demo-frankfurt-no-logrocket-no-starter-no-domain]",
        "[launch-frankfurt-no-logrocket-starter-no-domain]",
        "[scale-singapore-logrocket-starter-domain]",
        "test_a_plan_that_cannot_work",
    ),
    "test_names.py": ("refused", "narrow_terminal"),
    "test_own.py": ("test_a_mistake_is_told",),
    "test_new.py": ("closing_message",),
    "test_every_release.py": (f"[{[*RECORDED][-1]}-everything on]",),
    "test_updates.py": ("test_a_store_moves_up", "test_an_update_cannot_move"),
    "test_make_update.py": ("test_an_update_says",),
    "test_doctor.py": ("test_a_store_as_generated",),
    "test_storage_sync.py": ("refused",),
    "test_cost.py": ("test_answers_that_no_update_takes",),
    "test_install.py": ("",),
    "test_fleet.py": ("test_a_release_waits",),
}
"""For each file, parts of the names of its tests."""


def choose(items: list[pytest.Item]) -> list[pytest.Item]:
    """Return those of all tests that are quick.

    Raises:
        UsageError: a name in QUICK is not that of a test any more.

    """
    chosen: list[pytest.Item] = []
    for file, parts in QUICK.items():
        for part in parts:
            found = [item for item in items if item.path.name == file and part in item.name]
            if not found:
                raise pytest.UsageError(f"tests/support/quick.py: no test in {file} has {part!r}")
            chosen += found
    return chosen

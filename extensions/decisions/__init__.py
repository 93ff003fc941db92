"""What follows from a store's answers: typed, pure, and testable without Copier."""

from pathlib import Path

# The store has the code that reads its environment contract: it is read here from there.
__path__.append(str(Path(__file__).parents[2] / "template" / "tools"))

from .catalog import Catalog, Plan, load_catalog
from .errors import AnswerError
from .ownership import left_alone, obstacle, written
from .questions import check_given, check_plan, plan_choices, region_choices, tier_choices
from .store import Store, resolve

__all__ = [
    "AnswerError",
    "Catalog",
    "Plan",
    "Store",
    "check_given",
    "check_plan",
    "left_alone",
    "load_catalog",
    "obstacle",
    "plan_choices",
    "region_choices",
    "resolve",
    "tier_choices",
    "written",
]

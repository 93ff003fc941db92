"""What follows from a store's answers: typed, pure, and testable without Copier."""

from pathlib import Path

# The store has the code that reads its environment contract: it is read here from there.
__path__.append(str(Path(__file__).parents[2] / "template" / "tools"))

from .catalog import Catalog, load_catalog
from .errors import AnswerError, CatalogError
from .ownership import left_alone, obstacle, owned, storefront_has, written
from .questions import (
    Known,
    answer_problem,
    asks_plan,
    changed_answers,
    check_given,
    plan_choices,
    region_choices,
    tier_choices,
    tier_plan,
)
from .store import Store, resolve

__all__ = [
    "AnswerError",
    "Catalog",
    "CatalogError",
    "Known",
    "Store",
    "answer_problem",
    "asks_plan",
    "changed_answers",
    "check_given",
    "left_alone",
    "load_catalog",
    "obstacle",
    "owned",
    "plan_choices",
    "region_choices",
    "resolve",
    "storefront_has",
    "tier_choices",
    "tier_plan",
    "written",
]

"""What follows from answers, decided in Python and tested without Copier."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
import yaml
from decisions import AnswerError, CatalogError, Store, resolve
from decisions.capacity import RESERVED_CONNECTIONS, plan_capacity
from decisions.catalog import CATALOG_FOLDER, Instances, catalog_of
from decisions.plans import capacity_for
from decisions.questions import (
    EXAMPLE_EMAIL,
    QUESTIONS,
    Known,
    answer_problem,
    asks_plan,
    plan_choices,
    region_choices,
    tier_choices,
)
from support.combinations import ALLOWED, CATALOG, DEFAULTS
from support.vendor_schemas import load_schema

PLAN_DEFINITIONS = {
    "api_plan": "serverPlan",
    "postgres_plan": "postgresPlan",
    "key_value_plan": "keyValuePlan",
}


def store(**answers: Any) -> Store:
    tier = CATALOG.tiers[answers.get("tier", "launch")]
    return resolve(CATALOG, {**DEFAULTS, **tier.plans, **answers})


def known(
    *,
    given: dict[str, Any] | None = None,
    recorded: dict[str, Any] | None = None,
    preferred: dict[str, Any] | None = None,
    keeps_recorded: bool = True,
    **answers: Any,
) -> Known:
    """Return what Copier knows in a store that chooses every plan."""
    everything = {**DEFAULTS, "customize_plans": True, "enable_logrocket": True, **answers}
    return Known(everything, given or {}, recorded or {}, preferred or {}, keeps_recorded)


def test_the_documented_questions_and_no_others_are_known() -> None:
    plans = {"vercel", "api", "postgres", "key_value", "cloudinary", "sentry", "logrocket"}
    assert {*DEFAULTS, *(f"{plan}_plan" for plan in plans)} == QUESTIONS


@pytest.mark.parametrize("question", PLAN_DEFINITIONS)
def test_every_offered_plan_is_one_that_render_knows(question: str) -> None:
    schema = load_schema("render.schema.json")
    known = schema["definitions"][PLAN_DEFINITIONS[question]]["enum"]
    offered = {plan.id for plan in CATALOG.plans[question].values()}
    assert offered <= set(known)


def test_plans_are_offered_from_the_cheapest_up() -> None:
    for plans in CATALOG.plans.values():
        prices = [plan.monthly for plan in plans.values()]
        assert prices == sorted(prices)
        assert prices[0] == 0


@pytest.mark.parametrize("tier", [tier for tier in CATALOG.tiers.values() if tier.sells])
def test_a_tier_for_selling_contains_nothing_that_sleeps_expires_or_forbids_it(tier: Any) -> None:
    assert store(tier=tier.id).limits == ()


def test_the_demo_says_why_it_is_not_for_selling() -> None:
    assert len(store(tier="demo").limits) == 4


def test_a_tiers_label_shows_what_the_store_then_costs() -> None:
    for label, tier in tier_choices(CATALOG):
        assert f": {store(tier=tier).cost.label}, " in label


def test_a_refused_plan_is_offered_with_the_reason_and_cannot_be_chosen() -> None:
    choices = dict(plan_choices(CATALOG, "api_plan", known(tier="launch")))
    refused = [value for value in choices.values() if isinstance(value, dict)]
    assert [value["value"] for value in refused] == ["free"]
    assert "sleeps after 15 idle minutes" in refused[0]["validator"]


def test_every_choice_shows_size_and_price() -> None:
    for question, plans in CATALOG.plans.items():
        for label, _ in plan_choices(CATALOG, question, known(tier="demo")):
            plan = plans[label.partition(":")[0]]
            assert plan.size in label
            assert label.endswith(("/month", "free"))


def test_the_bill_of_a_launch_store() -> None:
    cost = store(tier="launch").cost
    assert cost.monthly == 20 + 0 + 7 + 19 + 15 * 0.30 + 10 + 0 + 26 + 1
    assert cost.most == cost.monthly


def test_a_standby_is_billed_with_its_storage_and_autoscaling_has_a_ceiling() -> None:
    items = {item.what: item for item in store(tier="scale").cost.items}
    assert items["PostgreSQL and its standby"].monthly == 2 * 200
    assert items["PostgreSQL storage and its standby"].monthly == 2 * 100 * 0.30
    assert (items["API"].monthly, items["API"].most) == (3 * 85, 10 * 85)


@pytest.mark.parametrize("answers", ALLOWED[::7])
def test_the_api_never_asks_for_more_connections_than_the_database_has(answers: Any) -> None:
    resolved = store(**answers)
    usable = resolved.plans.postgres.connections - RESERVED_CONNECTIONS
    assert resolved.capacity.most_connections <= usable
    assert resolved.capacity.pool_size >= 2


def test_a_database_that_is_too_small_for_the_api_is_refused_with_the_numbers() -> None:
    tier = CATALOG.tiers["scale"]
    api = CATALOG.render.web["8c-32g"]
    postgres = CATALOG.render.postgres["1c-4g"]
    with pytest.raises(AnswerError, match=r"allows 100 connections.*160 processes and need 320"):
        plan_capacity(tier, api, postgres)


def test_a_cache_that_is_too_small_for_the_api_is_refused() -> None:
    tier = CATALOG.tiers["scale"]
    plans = store(tier="scale").plans
    tiny = replace(plans, key_value=CATALOG.render.key_value["free"])
    assert capacity_for(tier, plans).workers == 2
    with pytest.raises(AnswerError, match=r"free allows 50 connections and the API may open 80"):
        capacity_for(tier.model_copy(update={"instances": Instances(min=1, max=20)}), tiny)


def test_a_standby_on_a_plan_without_one_is_refused() -> None:
    with pytest.raises(AnswerError, match=r"from 1 CPU: choose postgres_plan from 1c-4g"):
        store(tier="scale", customize_plans=True, postgres_plan="0.5c-1g")


def test_plans_are_ignored_unless_the_store_customizes_them() -> None:
    assert store(tier="launch", api_plan="8c-32g").plans.api.id == "0.5c-512mb"


@pytest.mark.parametrize("region", CATALOG.regions.values(), ids=lambda region: region.id)
def test_europe_reports_to_europe_and_nobody_else_does(region: Any) -> None:
    policy = store(region=region.id).content_security_policy
    in_eu = region.country == "Germany"
    assert ("ingest.de.sentry.io" in policy) == in_eu
    assert ("ingest.us.sentry.io" in policy) != in_eu


def test_no_preview_reads_an_address_that_production_uses() -> None:
    for variable in store(domain="shop.example.com").environment.variables:
        for place, source in variable.production.items():
            preview = variable.preview[place]
            if "ORIGIN" in variable.name or "shop.example.com" in source.detail:
                assert preview.kind == "unset", variable.name


def test_vercel_keeps_exactly_the_secrets_unreadable() -> None:
    entries = {entry["key"]: entry for entry in store().environment.vercel}
    sensitive = {key: entry for key, entry in entries.items() if entry["type"] == "sensitive"}
    assert sensitive.keys() == {"REVALIDATE_SECRET", "STOREFRONT_SECRET", "SENTRY_AUTH_TOKEN"}
    assert [key for key, entry in sensitive.items() if "value" in entry] == []
    assert entries["API_ORIGIN"]["target"] == ["production"]


def test_previews_do_not_run_production_sized_processes_on_a_small_plan() -> None:
    variables = {v.name: v for v in store(tier="scale").environment.variables}
    assert variables["WEB_CONCURRENCY"].production["render"].detail == "2"
    assert variables["WEB_CONCURRENCY"].preview["render"].detail == "1"


def test_a_preview_of_a_store_with_a_standby_gets_a_database_that_may_have_one() -> None:
    plan = CATALOG.render.postgres[store(tier="scale").preview_plans.postgres]
    assert plan.cpu >= CATALOG.render.high_availability.min_cpu


@pytest.mark.parametrize(
    ("before", "after", "names"),
    [
        ({"tier": "scale"}, {"tier": "launch"}, r"Key Value from 5g to 256mb and .* 100 to 15 GB"),
        ({"tier": "launch"}, {"tier": "demo"}, r"Key Value from 256mb to free"),
        (
            {"tier": "launch", "key_value_plan": "1g"},
            {"tier": "launch", "customize_plans": True, "key_value_plan": "256mb"},
            r"Key Value from 1g to 256mb",
        ),
    ],
)
def test_what_render_only_makes_larger_cannot_be_made_smaller(
    before: dict[str, Any], after: dict[str, Any], names: str
) -> None:
    tier = CATALOG.tiers[after["tier"]]
    with pytest.raises(AnswerError, match=names):
        resolve(CATALOG, {**DEFAULTS, **tier.plans, **after}, before)


@pytest.mark.parametrize(
    ("before", "after"), [("demo", "launch"), ("launch", "growth"), ("growth", "growth")]
)
def test_a_store_can_move_up(before: str, after: str) -> None:
    assert resolve(CATALOG, {**DEFAULTS, "tier": after}, {"tier": before}).tier.id == after


@pytest.mark.parametrize(
    ("answers", "asked"),
    [
        ({}, {"sentry_plan": True, "logrocket_plan": True}),
        ({"enable_logrocket": False}, {"sentry_plan": True, "logrocket_plan": False}),
        ({"customize_plans": False}, {"sentry_plan": False, "logrocket_plan": False}),
    ],
)
def test_a_plan_is_asked_for_where_the_store_chooses_plans_and_has_that_part(
    answers: dict[str, Any], asked: dict[str, bool]
) -> None:
    for question, expected in asked.items():
        assert asks_plan(CATALOG, question, known(**answers)) is expected


UNUSABLE = {"vercel_plan": "hobby"}


@pytest.mark.parametrize(
    "plans",
    [{"given": UNUSABLE}, {"recorded": UNUSABLE}, {"preferred": UNUSABLE}],
    ids=["given", "recorded", "preferred"],
)
def test_a_plan_that_is_used_without_asking_has_to_fit_the_tier(plans: Any) -> None:
    with pytest.raises(AnswerError, match="choose vercel_plan from pro"):
        asks_plan(CATALOG, "vercel_plan", known(**plans))


@pytest.mark.parametrize(
    "plans",
    [
        {"recorded": UNUSABLE, "keeps_recorded": False},
        {"recorded": {"vercel_plan": "pro"}, "preferred": UNUSABLE},
        {"recorded": UNUSABLE, "customize_plans": False},
    ],
    ids=["a person is asked", "recorded ones come first", "nothing is chosen"],
)
def test_a_plan_that_is_not_used_may_be_any(plans: Any) -> None:
    asks_plan(CATALOG, "vercel_plan", known(**plans))


def test_a_given_plan_that_nothing_would_use_is_refused() -> None:
    needs = r"customize_plans: true and enable_logrocket: true; add that or leave it out"
    with pytest.raises(AnswerError, match=needs):
        asks_plan(
            CATALOG,
            "logrocket_plan",
            known(enable_logrocket=False, given={"logrocket_plan": "team"}),
        )


def test_an_unasked_plan_question_admits_the_persons_default_and_nothing_reads_it() -> None:
    unasked = known(customize_plans=False, preferred={"api_plan": "no such plan"})
    assert plan_choices(CATALOG, "api_plan", unasked) == ["0.5c-512mb", "no such plan"]
    assert plan_choices(CATALOG, "sentry_plan", unasked) == ["team", "team"]


def test_every_choice_fits_into_a_terminal_of_80_columns() -> None:
    labels = [label for label, _ in [*region_choices(CATALOG), *tier_choices(CATALOG)]]
    for question in CATALOG.plans:
        for tier in CATALOG.tiers:
            choices = plan_choices(CATALOG, question, known(tier=tier))
            labels += [label for label, _ in choices]
    assert max(map(len, labels)) <= 76


def test_a_city_state_is_named_once() -> None:
    labels = {value: label for label, value in region_choices(CATALOG)}
    assert labels["singapore"] == "singapore: Singapore"
    assert labels["frankfurt"] == "frankfurt: Frankfurt, Germany"


NO_DOMAIN = {"alert_email": EXAMPLE_EMAIL, "domain": ""}


def test_the_example_of_an_address_gives_way_once_there_is_a_domain() -> None:
    with_domain = known(recorded=NO_DOMAIN, domain="shop.example.com")
    assert "alerts@shop.example.com" in answer_problem("alert_email", EXAMPLE_EMAIL, with_domain)


@pytest.mark.parametrize(
    ("value", "facts"),
    [
        ("ida@example.com", {"recorded": {**NO_DOMAIN, "alert_email": "ida@example.com"}}),
        (EXAMPLE_EMAIL, {"recorded": NO_DOMAIN, "given": {"alert_email": EXAMPLE_EMAIL}}),
        (EXAMPLE_EMAIL, {"recorded": {**NO_DOMAIN, "domain": "lamps.example"}}),
        (EXAMPLE_EMAIL, {"recorded": {}}),
        (EXAMPLE_EMAIL, {"recorded": NO_DOMAIN, "domain": ""}),
    ],
    ids=["another address", "given", "kept before", "a new store", "still no domain"],
)
def test_any_other_address_stays(value: str, facts: dict[str, Any]) -> None:
    assert (
        answer_problem("alert_email", value, known(**{"domain": "shop.example.com", **facts})) == ""
    )


def catalogue() -> dict[str, Any]:
    """Return the catalogue without the environment contract, which is YAML only once printed."""
    return {
        path.stem: yaml.safe_load(path.read_text(encoding="utf-8"))
        for path in CATALOG_FOLDER.glob("*.yml")
        if path.stem != "environment"
    }


@pytest.mark.parametrize(
    ("path", "value", "says"),
    [
        ("render.web.1c-2g.monthly", "25", "should be a valid number"),
        ("render.postgres.free.connections", None, "should be a valid integer"),
        ("sentry.plans.team.montly", 26, "not permitted"),
        ("regions.regions.ohio", "Ohio", "valid dictionary"),
        ("cloudinary.as_of", "2026-11-22", "valid date"),
        ("tiers.tiers.demo.plans.api_plan", "huge", "no plan huge"),
        ("render.preview_plans.web", "huge", "no plan huge"),
        ("regions.regions.ohio.sentry", "mars", "no location mars"),
    ],
)
def test_a_mistake_in_a_catalogue_file_is_told_with_its_path(
    path: str, value: Any, says: str
) -> None:
    files = catalogue()
    assert catalog_of(files).tiers
    file, *keys, last = path.split(".")
    section = files[file]
    for key in keys:
        section = section[key]
    section[last] = value

    with pytest.raises(CatalogError, match=says) as caught:
        catalog_of(files)

    assert str(caught.value).startswith(f"{file}.yml: {path.removeprefix(f'{file}.')}: ")

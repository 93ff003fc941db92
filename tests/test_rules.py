"""Each rule that a store's `make check` applies catches the mistake that it is there for."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from support.checkout import Generate
from tools.checks import (
    blueprint,
    code,
    environment,
    media,
    monitoring,
    own,
    packages,
    provenance,
    storefront,
)
from tools.checks.cron import schedule_problem
from tools.repository import Repository, Rule

Break = Callable[[Any], object]
ROOMS = (blueprint, storefront, environment, code, media, monitoring, own, packages, provenance)
ALL_RULES = {rule.__name__: rule for room in ROOMS for rule in room.RULES}

BLUEPRINT = "render/render.yaml"
VERCEL = "vercel/vercel.json"
PROJECT = "vercel/project.yml"
WORKFLOW = ".github/workflows/ci.yml"
CONTRACT = "env.yml"
ANSWERS = ".copier-answers.yml"
MEDIA = "storage/cloudinary.yml"
ALERTS = "monitoring/alerts.yml"
SLO = "monitoring/slo.yml"
REPLAY = "monitoring/replay/settings.json"
OWN_BLUEPRINT = "render/own.yml"
OWN_CONTRACT = "env.own.yml"
OWN_VERCEL = "vercel/own.json"
OWN_FIELDS = "monitoring/own.json"
TEXTS = "storefront/src/texts.ts"


def node_package(lock: Any, name: str) -> Any:
    return lock["packages"][f"node_modules/{name}"]


def production(document: Any) -> Any:
    return document["projects"][0]["environments"][0]


def api(document: Any) -> Any:
    return production(document)["services"][0]


def key_value(document: Any) -> Any:
    return production(document)["services"][1]


def database(document: Any) -> Any:
    return production(document)["databases"][0]


def variable(document: Any, key: str) -> Any:
    return next(entry for entry in api(document)["envVars"] if entry["key"] == key)


def add_variable(**entry: Any) -> Break:
    return lambda document: api(document)["envVars"].append(entry)


def add_service(**service: Any) -> Break:
    return lambda document: production(document)["services"].append(service)


def update(find: Callable[[Any], Any], **fields: Any) -> Break:
    return lambda document: find(document).update(fields)


def drop(find: Callable[[Any], Any], field: str) -> Break:
    return lambda document: find(document).pop(field)


def policy(document: Any) -> Any:
    return document["headers"][0]["headers"][0]


def replace_in_policy(old: str, new: str) -> Break:
    def change(document: Any) -> None:
        assert old in policy(document)["value"]
        policy(document)["value"] = policy(document)["value"].replace(old, new)

    return change


def declared(name: str, **fields: Any) -> Break:
    return lambda document: document["variables"][name].update(fields)


def own_variable(**fields: Any) -> Break:
    def change(document: Any) -> None:
        like = {
            **{"purpose": "Says hello", "kind": "config", "used_by": ["api"], "required_in": []},
            **{"local": {"value": "1"}, "preview": {"render": {"value": "1"}}},
            "production": {"render": {"value": "1"}},
        }
        document["variables"] = {"GREETING": {**like, **fields}}

    return change


def group(*variables: dict[str, Any]) -> Break:
    entry = {"name": "shared", "envVars": list(variables)}
    return lambda document: production(document).update(envVarGroups=[entry])


BROKEN: dict[str, list[tuple[str, Break]]] = {
    "unique_names": [
        (BLUEPRINT, lambda d: production(d)["services"].append(key_value(d))),
        (BLUEPRINT, lambda d: d.update(databases=[database(d)])),
    ],
    "references_exist": [
        (BLUEPRINT, add_variable(key="X", fromDatabase={"name": "nope", "property": "host"})),
        (BLUEPRINT, add_variable(key="X", fromService={"type": "web", "name": "nope"})),
        (BLUEPRINT, add_variable(fromGroup="nope")),
        (
            BLUEPRINT,
            add_variable(key="X", fromService={"type": "web", "name": "luma-store-api"}),
        ),
        (
            BLUEPRINT,
            add_variable(
                key="X", fromService={"type": "web", "name": "luma-store-api", "envVarKey": "NOPE"}
            ),
        ),
    ],
    "one_source_per_variable": [
        (BLUEPRINT, add_variable(key="X", value="1", sync=False)),
        (BLUEPRINT, add_variable(key="X")),
    ],
    "unique_variables": [(BLUEPRINT, add_variable(key="LOG_LEVEL", value="info"))],
    "typed_values_outside_groups": [(BLUEPRINT, group({"key": "X", "sync": False}))],
    "current_database_plans": [
        (BLUEPRINT, update(database, plan="standard")),
        (BLUEPRINT, update(database, previewPlan="starter")),
    ],
    "paid_where_required": [
        (BLUEPRINT, add_service(type="worker", name="w", runtime="docker", plan="free")),
        (BLUEPRINT, update(api, plan="free")),
        (BLUEPRINT, update(database, plan="free")),
        (BLUEPRINT, update(key_value, plan="free")),
    ],
    "standby_plans": [
        (BLUEPRINT, update(database, plan="0.5c-1g", highAvailability={"enabled": True}))
    ],
    "disk_sizes": [
        (BLUEPRINT, update(database, diskSizeGB=12)),
        (BLUEPRINT, update(database, previewDiskSizeGB=7)),
    ],
    "one_region": [
        (BLUEPRINT, update(key_value, region="oregon")),
        (BLUEPRINT, drop(database, "region")),
    ],
    "closed_datastores": [
        (BLUEPRINT, drop(database, "ipAllowList")),
        (BLUEPRINT, drop(key_value, "ipAllowList")),
        (BLUEPRINT, update(database, ipAllowList=[{"source": "0.0.0.0/0"}])),
    ],
    "complete_scaling": [
        (BLUEPRINT, update(api, scaling={})),
        (
            BLUEPRINT,
            update(api, scaling={"minInstances": 3, "maxInstances": 2, "targetCPUPercent": 70}),
        ),
        (BLUEPRINT, update(api, scaling={"minInstances": 1, "maxInstances": 2})),
        (BLUEPRINT, update(api, disk={"name": "d", "mountPath": "/d"})),
    ],
    "no_empty_replica_list": [(BLUEPRINT, update(database, readReplicas=[]))],
    "web_only_fields": [
        (BLUEPRINT, add_service(type="worker", name="w", healthCheckPath="/livez")),
        (BLUEPRINT, add_service(type="pserv", name="p", domains=["a.example.com"])),
    ],
    "docker_fields": [
        (BLUEPRINT, update(api, buildCommand="make")),
        (BLUEPRINT, update(api, dockerCommand='sh -c "serve"')),
    ],
    "current_fields": [
        (BLUEPRINT, update(key_value, type="redis")),
        (BLUEPRINT, update(api, autoDeploy=True)),
        (BLUEPRINT, update(api, previewPlan="0.5c-512mb")),
        (BLUEPRINT, lambda d: d.update(previewsEnabled=True)),
    ],
    "static_sites": [
        (BLUEPRINT, add_service(type="web", name="s", runtime="static", plan="free")),
        (BLUEPRINT, add_service(type="web", name="s", runtime="static", region="oregon")),
    ],
    "cron_schedules": [(BLUEPRINT, add_service(type="cron", name="c", schedule="daily"))],
    "explicit_fields": [
        (BLUEPRINT, drop(api, "autoDeployTrigger")),
        (BLUEPRINT, drop(database, "diskSizeGB")),
    ],
    "no_pinned_branch": [(BLUEPRINT, update(api, branch="main"))],
    "paths_exist": [
        (BLUEPRINT, update(api, dockerfilePath="./Dockerfile")),
        (BLUEPRINT, update(api, buildFilter={"paths": ["backend/**"]})),
    ],
    "pooled_references": [(BLUEPRINT, update(database, connectionPool="none"))],
    "no_guessed_hosts": [
        (BLUEPRINT, add_variable(key="X", value="https://luma-store-api.onrender.com"))
    ],
    "read_from_root_directory": [
        ("storefront/vercel.ts", lambda _: "export const config = {};\n"),
        (
            "storefront/vercel.ts",
            lambda _: 'import room from "../vercel/vercel.json";\nexport { room };\n',
        ),
        ("storefront/vercel.toml", lambda _: "\n"),
        ("vercel.json", lambda _: "{}\n"),
        ("storefront/vercel.json", lambda _: "{}\n"),
    ],
    "known_keys": [
        (VERCEL, lambda d: d.update(public=False)),
        (VERCEL, lambda d: d.update(images={"sizes": [640]})),
    ],
    "near_the_data": [
        (VERCEL, lambda d: d.update(regions=["iad1", "cdg1"])),
        (VERCEL, lambda d: d.pop("regions")),
    ],
    "header_sources": [
        (VERCEL, lambda d: d["headers"][0].update(source="(.*)")),
        (VERCEL, lambda d: d["headers"][0].update(source="/(.*")),
    ],
    "function_limits": [
        (VERCEL, lambda d: d.update(functions={"app/**/*": {"maxDuration": 30}})),
        (VERCEL, lambda d: d["functions"]["src/app/**/*"].update(memory=1024)),
        (VERCEL, lambda d: d["functions"]["src/app/**/*"].update(maxDuration=801)),
        (VERCEL, lambda d: d["functions"]["src/app/**/*"].update(maxDuration="max")),
        (PROJECT, lambda d: d.update(max_duration_seconds=20)),
    ],
    "specific_functions_first": [
        (VERCEL, lambda d: d["functions"].update({"src/app/api/cron/**/*": {"maxDuration": 60}})),
    ],
    "cron_jobs": [
        (VERCEL, lambda d: d.update(crons=[{"path": "/api/nope", "schedule": "0 3 * * *"}])),
        (VERCEL, lambda d: d.update(crons=[{"path": "/", "schedule": "not a cron"}])),
    ],
    "guarded_ignore_command": [
        (VERCEL, lambda d: d.update(ignoreCommand="git diff --quiet HEAD^ HEAD .")),
        (
            VERCEL,
            lambda d: d.update(
                ignoreCommand=d["ignoreCommand"].replace("VERCEL_GIT_COMMIT_SHA", "HEAD")
            ),
        ),
    ],
    "deployed_by_the_workflow": [(WORKFLOW, lambda d: d["jobs"].pop("deploy"))],
    "command_lengths": [(VERCEL, lambda d: d.update(buildCommand="x" * 257))],
    "content_security_policy": [
        (VERCEL, replace_in_policy("script-src 'self'", "script-src 'self' 'unsafe-eval'")),
        (VERCEL, replace_in_policy("img-src 'self'", "img-src *")),
        (VERCEL, replace_in_policy("script-src 'self'", "script-src http://*")),
        (VERCEL, replace_in_policy("default-src 'self'", "default-src 'self' data:")),
        (VERCEL, replace_in_policy("connect-src 'self'", "connect-src http://localhost:8000")),
        (VERCEL, replace_in_policy("object-src 'none'; ", "")),
        (VERCEL, lambda d: d["headers"][0]["headers"].pop(0)),
        (OWN_VERCEL, lambda d: d.update(contentSecurityPolicy={"image-src": ["'self'"]})),
        (OWN_VERCEL, lambda d: d.update(contentSecurityPolicy={"img-src": ["*"]})),
    ],
    "whole_sources": [
        (OWN_VERCEL, lambda d: d.update(contentSecurityPolicy={"img-src": ["a.test b.test"]})),
        (OWN_VERCEL, lambda d: d.update(contentSecurityPolicy={"img-src": ["a.test; x"]})),
        (
            OWN_VERCEL,
            lambda d: d["headers"].append(
                {
                    "source": "/(.*)",
                    "headers": [{"key": "content-security-policy", "value": "default-src 'self'"}],
                }
            ),
        ),
    ],
    "nonce_pages": [
        (OWN_VERCEL, lambda d: d.update(noncePages=["cart"])),
        (OWN_VERCEL, lambda d: d.update(noncePages=["/cart/:path*"])),
        (OWN_VERCEL, lambda d: d.update(noncePages=["/cart", "/checkout"])),
        (OWN_VERCEL, lambda d: d.update(noncePages=["/orders/[id]"])),
        ("storefront/src/proxy.ts", lambda text: text.replace('"/cart"', '"/carts"')),
    ],
    "private_responses": [
        (VERCEL, lambda d: d["headers"][1].update(headers=[])),
        (VERCEL, lambda d: d["headers"].pop(1)),
        (VERCEL, lambda d: d["headers"][1].update(source="/(cart|checkout)/:path*")),
    ],
    "one_source_per_process": [
        (CONTRACT, declared("CACHE_URL", preview={})),
        (CONTRACT, declared("CACHE_URL", used_by=["api", "browser"])),
        (CONTRACT, declared("CACHE_URL", local="guessed")),
    ],
    "required_values": [(CONTRACT, declared("CACHE_URL", preview={"render": {"unset": "x"}}))],
    "no_public_secret": [
        (CONTRACT, declared("NEXT_PUBLIC_SENTRY_DSN", kind="secret")),
        (CONTRACT, declared("ADMIN_TOKEN", used_by=["api", "browser"])),
    ],
    "no_written_secret": [
        (CONTRACT, declared("ADMIN_TOKEN", production={"render": {"value": "hunter2"}}))
    ],
    "previews_stay_apart": [
        (
            CONTRACT,
            lambda d: d["variables"]["API_ORIGIN"].update(
                preview=d["variables"]["API_ORIGIN"]["production"]
            ),
        ),
        (CONTRACT, declared("SENTRY_DSN", preview={"render": {"person": "Sentry"}})),
        (CONTRACT, declared("LOG_LEVEL", preview={"render": {"unset": "inherited"}})),
        (
            CONTRACT,
            lambda d: d["variables"]["REVALIDATE_SECRET"]["preview"].update(
                vercel=d["variables"]["REVALIDATE_SECRET"]["production"]["vercel"]
            ),
        ),
    ],
    "blueprint_matches": [
        (BLUEPRINT, lambda d: api(d)["envVars"].remove(variable(d, "CACHE_URL"))),
        (BLUEPRINT, add_variable(key="EXTRA", value="1")),
        (BLUEPRINT, lambda d: variable(d, "ENVIRONMENT").pop("previewValue")),
        (BLUEPRINT, lambda d: variable(d, "LOG_LEVEL").update(value="debug")),
        (BLUEPRINT, add_service(type="cron", name="c", envVars=[{"key": "X", "value": "1"}])),
        (CONTRACT, lambda d: d["processes"]["api"].update(service="nope")),
    ],
    "example_matches": [
        (".env.example", lambda text: text.replace("LOG_LEVEL=info", "LOG_LEVEL=debug")),
        (".env.example", lambda text: text.replace("LOG_LEVEL=info\n", "")),
        (".env.example", lambda text: text + "EXTRA=1\n"),
    ],
    "storefront_reads_declared_names": [
        ("storefront/src/new.ts", lambda _: "export const url = process.env.SHOP_URL;\n"),
        ("storefront/src/new.tsx", lambda _: 'const key = process.env["SHOP_KEY"];\n'),
    ],
    "api_reads_declared_names": [
        ("api/app/new.py", lambda _: 'import os\n\nurl = os.environ["SHOP_URL"]\n'),
        ("api/app/new.py", lambda _: 'import os\n\nurl = os.getenv("SHOP_URL")\n'),
        ("api/app/new.py", lambda _: "class Shop(BaseSettings):\n    shop_url: str\n"),
    ],
    "declared_names_are_read": [
        (CONTRACT, lambda d: d["variables"].update(EXTRA=d["variables"]["LOG_LEVEL"])),
        ("render/serve.sh", lambda text: text.replace("WEB_CONCURRENCY", "WORKERS")),
        ("storefront/src/lib/env.ts", lambda text: text.replace("REVALIDATE_", "REFRESH_")),
        ("monitoring/build.ts", lambda text: text.replace("SENTRY_ORG", "ORGANIZATION")),
        (OWN_CONTRACT, own_variable()),
    ],
    "signed_uploads_only": [
        (MEDIA, lambda d: d["upload_presets"]["luma-store-product"].update(unsigned=True)),
        (MEDIA, lambda d: d["upload_presets"]["luma-store-product"].pop("unsigned")),
    ],
    "image_formats_only": [
        (MEDIA, lambda d: d["upload_presets"]["luma-store-product"].pop("allowed_formats")),
        (
            MEDIA,
            lambda d: d["upload_presets"]["luma-store-product"]["allowed_formats"].append("svg"),
        ),
    ],
    "automatic_formats_last": [
        (
            MEDIA,
            lambda d: d["named_transformations"].update({"luma-store-card": "f_auto,q_auto,w_640"}),
        )
    ],
    "storefront_starts_sentry": [
        ("storefront/package.json", lambda d: d["dependencies"].pop("@sentry/nextjs")),
    ],
    "runbook_behind_each_alert": [
        (ALERTS, lambda d: d["alerts"]["store-down"].update(runbook="monitoring/runbooks/no.md")),
        (ALERTS, lambda d: d["alerts"]["store-down"].pop("runbook")),
        (ALERTS, lambda d: d["alerts"]["store-down"].update(runbook="")),
        (SLO, lambda d: d["objectives"]["api-available"].pop("runbook")),
    ],
    "known_severities": [
        (ALERTS, lambda d: d["alerts"]["store-down"].update(severity="urgent")),
        (SLO, lambda d: d["burn_rates"][0].update(severity="urgent")),
    ],
    "alerts_that_sentry_can_hold": [
        (ALERTS, lambda d: d["alerts"]["store-down"].update(kind="sum")),
        (ALERTS, lambda d: d["alerts"]["store-down"].update(interval_seconds=61)),
        (ALERTS, lambda d: d["alerts"]["api-slow"].update(requests_min=100)),
        (ALERTS, lambda d: d["alerts"]["api-slow"].update(project="luma-store-other")),
        (ALERTS, lambda d: d["alerts"]["api-slow"].pop("above")),
    ],
    "reachable_objectives": [
        (SLO, lambda d: d["objectives"]["api-available"].update(target=1)),
        (SLO, lambda d: d["objectives"]["api-available"].update(target=99.9)),
    ],
    "objectives_that_sentry_can_watch": [
        (SLO, lambda d: d["objectives"]["api-available"].update(part="other")),
        (SLO, lambda d: d["burn_rates"][1].update(long="six hours")),
    ],
    "own_fields": [
        (OWN_FIELDS, lambda d: d.update(fields=["sentry.release"])),
        (OWN_FIELDS, lambda d: d.update(fields=["E-mail of the customer"])),
    ],
    "private_replay": [
        (REPLAY, lambda d: d["options"]["dom"].update(textSanitizer=False)),
        (REPLAY, lambda d: d["options"].pop("network")),
        (REPLAY, lambda d: d["options"].update(shouldCaptureIP=True)),
        (REPLAY, lambda d: d["options"]["dom"]["hiddenAttributes"].remove("alt")),
        (REPLAY, lambda d: d["publicPages"].append("/checkout")),
        (OWN_FIELDS, lambda d: d.update(publicPages=["/en/orders/[number]"])),
        (OWN_FIELDS, lambda d: d.update(publicPages=["/[page]"])),
        (OWN_FIELDS, lambda d: d.update(publicPages=["/[...path]"])),
        (OWN_FIELDS, lambda d: d.update(publicPages=["stories"])),
        (REPLAY, lambda d: d.update(sessionSampleRate=50)),
    ],
    "blueprint_holds_own": [
        (OWN_CONTRACT, own_variable()),
        (OWN_BLUEPRINT, lambda d: d.update(services=[NIGHTLY])),
    ],
    "own_values": [
        (OWN_CONTRACT, own_variable(local="dev")),
        (OWN_CONTRACT, own_variable(production={"render": {"value": True}})),
    ],
    "own_targets": [("own.mk", lambda text: text + "check: other\n\ttrue\n")],
    "packages_that_the_rooms_know": [
        (packages.PYTHON_LOCK, lambda text: text.replace("\nlimits==5.8.0", "\nlimits==6.0")),
        (packages.PYTHON_LOCK, lambda text: text.replace("\nsentry-sdk==2.", "\nsentry-sdk==1.")),
        (packages.NODE_LOCK, lambda d: node_package(d, "@sentry/nextjs").update(version="10.9.0")),
        (packages.NODE_LOCK, lambda d: node_package(d, "next").update(version="17.0.0-beta.1")),
    ],
    "no_conflict_markers": [
        ("README.md", lambda text: text + "<<<<<<< before updating\n"),
        ("README.md", lambda text: text + ">>>>>>> after updating\n"),
    ],
    "examples_replaced": [
        (ANSWERS, lambda d: d.update(repository="my-organisation/luma-store")),
        (ANSWERS, lambda d: d.update(alert_email="alerts@example.com")),
    ],
    "texts_written": [
        (TEXTS, lambda text: text.replace('paragraphs: ["', 'paragraphs: ["[Your address.]", "')),
        (TEXTS, lambda text: text.replace('Returns"', 'Returns [Say who pays.]"')),
    ],
    "no_rejects": [("storage/README.md.rej", lambda _: "@@ -1 +1 @@\n")],
}
"""For each rule the smallest changes of a good store that it has to catch."""

FIXTURES = [
    pytest.param(rule, file, change, id=f"{rule}-{number}")
    for rule, cases in BROKEN.items()
    for number, (file, change) in enumerate(cases, start=1)
]


@pytest.fixture
def store(generate: Generate, tmp_path: Path) -> Path:
    """Return a good store with every option on, free to be broken."""
    good = generate(
        tier="scale", enable_logrocket=True, repository="luma/store", alert_email="ida@luma.shop"
    )
    store = Path(shutil.copytree(good, tmp_path / "store"))
    break_file(store / TEXTS, lambda text: re.sub(r"\[([A-Z][^\]\"]*)\]", r"\1", text))
    return store


def break_file(path: Path, change: Break) -> None:
    """Apply a change to what a YAML or JSON file holds, or to another file's text."""
    text = path.read_text() if path.exists() else ""
    if path.suffix in {".yml", ".yaml"}:
        document = yaml.safe_load(text)
        change(document)
        path.write_text(yaml.safe_dump(document))
    elif path.suffix == ".json" and text:
        document = json.loads(text)
        change(document)
        path.write_text(json.dumps(document))
    else:
        path.write_text(str(change(text)))


def findings(rule: Rule, store: Path) -> list[str]:
    return [str(finding) for finding in rule(Repository(store))]


ASKED_FOR: dict[str, Break] = {
    "deployed_by_the_workflow": lambda d: d.update(deployFromCI=True),
}
"""What `vercel/own.json` has to ask for, so that a rule looks at the rest."""


@pytest.mark.parametrize(("name", "file", "change"), FIXTURES)
def test_the_rule_catches_its_mistake(store: Path, name: str, file: str, change: Break) -> None:
    rule = ALL_RULES[name]
    if name in ASKED_FOR:
        break_file(store / OWN_VERCEL, ASKED_FOR[name])
    assert findings(rule, store) == []
    break_file(store / file, change)
    assert findings(rule, store) != []


@pytest.mark.parametrize(("schedule", "allowed"), [("0 3 * * *", True), ("0 * * * *", False)])
def test_the_hobby_plan_runs_a_cron_job_once_a_day(
    store: Path, schedule: str, allowed: bool
) -> None:
    route = store / "storefront/src/app/api/refresh/route.ts"
    route.parent.mkdir(parents=True)
    route.write_text("export function GET() {}\n")
    job = {"path": "/api/refresh", "schedule": schedule}
    break_file(store / VERCEL, lambda d: d.update(crons=[job]))
    assert findings(storefront.cron_jobs, store) == []
    break_file(store / PROJECT, lambda d: d.update(plan="hobby"))
    assert (findings(storefront.cron_jobs, store) == []) == allowed


def test_no_rule_is_without_a_mistake_that_it_catches() -> None:
    assert BROKEN.keys() == ALL_RULES.keys()


@pytest.mark.parametrize(
    "schedule", ["* * * * *", "0 3 * * *", "*/15 0-6 1,15 * 1-5", "59 23 31 12 6"]
)
def test_cron_expressions_that_vendors_run_are_accepted(schedule: str) -> None:
    assert schedule_problem(schedule) == ""


@pytest.mark.parametrize(
    "schedule", ["", "daily", "60 * * * *", "* * * *", "5-1 * * * *", "*/0 * * * *", "a b c d e"]
)
def test_cron_expressions_that_vendors_refuse_are_named(schedule: str) -> None:
    assert schedule_problem(schedule)


WORKER = {
    "type": "worker",
    "name": "luma-store-worker",
    "runtime": "docker",
    "plan": "0.5c-512mb",
    "region": "frankfurt",
    "autoDeployTrigger": "checksPass",
    "maxShutdownDelaySeconds": 300,
    "dockerCommand": "celery worker",
    "envVars": [
        {
            "key": "ADMIN_TOKEN",
            "fromService": {"type": "web", "name": "luma-store-api", "envVarKey": "ADMIN_TOKEN"},
        }
    ],
}
STATIC_SITE = {"type": "web", "name": "luma-store-docs", "runtime": "static"}
NIGHTLY: dict[str, Any] = {
    "type": "cron",
    "name": "luma-store-nightly",
    "runtime": "docker",
    "plan": "0.5c-512mb",
    "region": "frankfurt",
    "autoDeployTrigger": "checksPass",
    "schedule": "0 3 * * *",
    "dockerCommand": "python -m app.nightly",
}


def share_log_level(document: Any) -> None:
    """Move a variable into an environment group, as a second service would need it."""
    moved = variable(document, "LOG_LEVEL")
    api(document)["envVars"].remove(moved)
    group(moved)(document)
    add_variable(fromGroup="shared")(document)


def move_to_the_root(document: Any) -> None:
    """Declare everything without projects, as a smaller Blueprint does."""
    document.update(production(document))
    del document["projects"], document["name"], document["networking"], document["permissions"]


def add_worker_to_contract(document: Any) -> None:
    document["processes"]["worker"] = {"place": "render", "service": "luma-store-worker"}
    document["variables"]["ADMIN_TOKEN"]["used_by"].append("worker")


LEGAL: dict[str, list[tuple[str, Break]]] = {
    "a worker that copies a secret": [
        (BLUEPRINT, add_service(**WORKER)),
        (CONTRACT, add_worker_to_contract),
    ],
    "a cron job without variables": [(BLUEPRINT, add_service(**NIGHTLY))],
    "a static site before the API": [
        (BLUEPRINT, lambda d: production(d)["services"].insert(0, STATIC_SITE))
    ],
    "a variable in a group": [(BLUEPRINT, share_log_level)],
    "no projects": [(BLUEPRINT, move_to_the_root)],
    "an empty list of groups": [(BLUEPRINT, lambda d: production(d).update(envVarGroups=None))],
    "a second function region": [(VERCEL, lambda d: d["regions"].append("cdg1"))],
    "a payment provider": [
        (VERCEL, replace_in_policy("script-src 'self'", "script-src 'self' https://js.stripe.com"))
    ],
    "a shorter limit for one route, named first": [
        (
            VERCEL,
            lambda d: d.update(
                functions={"src/app/page.tsx": {"maxDuration": 10}, **d["functions"]}
            ),
        )
    ],
    "a pointer in single quotes": [("storefront/vercel.ts", lambda text: text.replace('"', "'"))],
    "a cron route in a route group": [
        ("storefront/src/app/(jobs)/api/refresh/route.ts", lambda _: "export function GET() {}\n"),
        (VERCEL, lambda d: d.update(crons=[{"path": "/api/refresh", "schedule": "0 3 * * *"}])),
    ],
}
"""Changes that a store's team may make, and that no rule may hold against it."""


@pytest.mark.parametrize("changes", LEGAL.values(), ids=LEGAL)
def test_what_a_team_may_add_is_accepted(store: Path, changes: list[tuple[str, Break]]) -> None:
    for file, change in changes:
        (store / file).parent.mkdir(parents=True, exist_ok=True)
        break_file(store / file, change)
    assert run_checks(store).stderr == ""


def run_checks(store: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "tools.checks"],
        cwd=store,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_good_store_passes_and_says_how_many_rules_ran(store: Path) -> None:
    result = run_checks(store)
    assert (result.returncode, result.stderr) == (0, "")
    assert result.stdout == f"{len(ALL_RULES)} rules, 0 findings\n"


def test_a_fresh_store_passes_and_names_what_it_needs_before_it_goes_live(
    generate: Generate,
) -> None:
    result = run_checks(generate())

    assert result.returncode == 0
    by_hand = [line for line in result.stdout.splitlines() if line.startswith("By hand: ")]
    assert [line.split(": ")[2] for line in by_hand] == [
        "repository",
        "alert_email",
        "in brackets",
    ]
    for name, line in zip(("repository", "alert_email"), by_hand[:2], strict=True):
        assert f'make update ARGS="--data {name}=' in line
    assert result.stdout.endswith(" 0 findings, 3 left to do by hand\n")


def read_an_undeclared_name(store: Path) -> None:
    (store / "storefront/src/lib/own.ts").write_text("export const own = process.env.OWN_NAME;\n")


def declare_an_unread_name(store: Path) -> None:
    break_file(store / OWN_CONTRACT, own_variable())


def read_an_earlier_name(store: Path) -> None:
    (store / "storefront/src/lib/own.ts").write_text("export const e = process.env.VERCEL_ENV;\n")


def not_read_yet(store: Path) -> None:
    settings = store / "api/app/settings.py"
    field = re.compile(r'^    sentry_dsn: .*\n    """.*"""\n', re.MULTILINE)
    settings.write_text(field.sub("", settings.read_text()))


def without_sentry(store: Path) -> None:
    break_file(store / "storefront/package.json", lambda d: d["dependencies"].pop("@sentry/nextjs"))
    for file in monitoring.STARTS_SENTRY:
        (store / file).unlink()


def without_a_pointer(store: Path) -> None:
    (store / monitoring.STARTS_SENTRY[0]).unlink()


def a_package_of_tomorrow(store: Path) -> None:
    lock = store / packages.PYTHON_LOCK
    lock.write_text(re.sub(r"^limits==\S+", "limits==6.0", lock.read_text(), flags=re.MULTILINE))


@pytest.mark.parametrize(
    ("change", "code", "says"),
    [
        (read_an_undeclared_name, 1, "OWN_NAME: is read by the storefront and not declared"),
        (declare_an_unread_name, 1, "GREETING: is not read by the code of api"),
        (read_an_earlier_name, 0, "By hand: storefront/src/lib/own.ts: VERCEL_ENV: is called"),
        (not_read_yet, 0, "By hand: env.yml: SENTRY_DSN: is not read by the code of api"),
        (without_sentry, 0, "By hand: storefront/package.json: dependencies: @sentry/nextjs is"),
        (without_a_pointer, 0, "By hand: storefront/src/instrumentation.ts: whole file: is"),
        (a_package_of_tomorrow, 0, "By hand: api/requirements.txt: limits: 6.0 is untried with"),
    ],
)  # fmt: skip
def test_what_older_code_cannot_carry_is_left_by_hand_and_a_teams_mistake_is_refused(
    store: Path, change: Callable[[Path], None], code: int, says: str
) -> None:
    change(store)

    result = run_checks(store)

    assert result.returncode == code
    assert says in result.stdout + result.stderr
    assert (" 0 findings, 1 left to do by hand\n" in result.stdout) == (code == 0)


def test_a_package_concerns_no_store_whose_code_does_not_use_the_room(store: Path) -> None:
    a_package_of_tomorrow(store)
    for file in (store / "api").rglob("*.py"):
        file.write_text(file.read_text().replace("render.api", "app.own"))

    assert "untried" not in run_checks(store).stdout


@pytest.mark.parametrize(
    ("file", "text", "reason"),
    [
        ("render/render.yaml", "a: [", "is not YAML"),
        ("env.yml", "variables: {A: 1, A: 2}", "is not YAML: A is declared twice"),
        ("vercel/vercel.json", "{,}", "is not JSON"),
    ],
)
def test_a_file_that_cannot_be_parsed_is_named(
    store: Path, file: str, text: str, reason: str
) -> None:
    (store / file).write_text(text)
    result = run_checks(store)
    assert result.returncode == 1
    assert result.stderr.startswith(f"{file}: whole file: {reason}")
    assert "Traceback" not in result.stderr


def test_a_file_of_another_structure_is_named_without_a_traceback(store: Path) -> None:
    (store / "storage/cloudinary.yml").write_text("[]\n")
    result = run_checks(store)
    assert result.returncode == 1
    [finding] = result.stderr.splitlines()
    assert finding.startswith("storage/cloudinary.yml: whole file: does not have the expected")
    assert "Traceback" not in result.stderr

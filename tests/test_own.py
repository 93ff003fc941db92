"""What a store adds of its own counts, outlives every update and goes without a trace."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from copier import run_copy
from support.checkout import ROOT, WORKING_TREE_TAG, Generate, git
from support.cloudinary_stand_in import stand_in
from support.copier_cli import content, copier
from support.history import RECORDED, release_working_tree
from support.stores import commit
from support.vendor_schemas import blueprint_errors, load_schema
from support.warm import run_python
from tools.additions import DEPLOY_FROM_CI
from tools.blueprint import without_own
from tools.dev.environment import local_values
from tools.repository import OWN, VERCEL, Repository

OWN_FILES = ["own.mk", *OWN.values()]
BLUEPRINT = "render/render.yaml"
ANSWERS = ".copier-answers.yml"
ESBUILD = ROOT / "tests/node/node_modules/.bin/esbuild"
HOST = "https://js.stripe.com"
OWN_VERCEL: dict[str, Any] = {
    "headers": [
        {"source": "/(.*)", "headers": [{"key": "x-frame-options", "value": "SAMEORIGIN"}]},
        {"source": "/feed", "headers": [{"key": "X-Robots-Tag", "value": "noindex"}]},
        {
            "source": "/(.*)",
            "has": [{"type": "host", "value": "test.example.com"}],
            "headers": [{"key": "X-Robots-Tag", "value": "noindex"}],
        },
    ],
    "redirects": [{"source": "/sale", "destination": "/search?q=sale", "permanent": False}],
    "rewrites": [{"source": "/blog/:path*", "destination": "https://blog.example.com/:path*"}],
    "crons": [{"path": "/revalidate", "schedule": "0 3 * * *"}],
    "contentSecurityPolicy": {
        "script-src": [HOST, "'self'"],
        "frame-src": ["'self'", HOST],
        "frame-ancestors": ["'self'"],
        "upgrade-insecure-requests": [],
    },
    "noncePages": ["/cart"],
}
OWN_JSON = {"vercel/own.json": OWN_VERCEL, "monitoring/own.json": {"fields": ["coupon"]}}


def run(store: Path, *command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=store, capture_output=True, text=True, check=False)


def module(store: Path, name: str) -> subprocess.CompletedProcess[str]:
    return run_python(["-m", name], store)


def assert_checked(store: Path) -> None:
    done = module(store, "tools.checks")
    assert (done.returncode, done.stderr) == (0, "")


def add_everything(store: Path) -> None:
    """Take every example at its word, and fill in the files that cannot hold one."""
    for name in OWN_FILES:
        file = store / name
        # An example's lines have no blank behind the sign, or two.
        lines = re.sub(r"^#(?! \S|$)", "", file.read_text(), flags=re.MULTILINE)
        file.write_text(json.dumps(OWN_JSON[name]) if file.suffix == ".json" else lines)
    assert module(store, "tools.blueprint").returncode == 0


def update(store: Path, *arguments: str) -> None:
    outcome = copier("update", "--trust", "--defaults", *arguments, cwd=store)
    assert outcome.code == 0, outcome.text
    assert git("diff", "--name-only", "--diff-filter=U", cwd=store) == ""
    assert not list(store.rglob("*.rej"))
    assert not [path for path in store.rglob("*.y*ml") if "<<<<<<<" in path.read_text()]


def api(store: Path) -> Any:
    return services(store)["luma-store-api"]


def services(store: Path) -> dict[str, Any]:
    [project] = yaml.safe_load((store / BLUEPRINT).read_text())["projects"]
    return {service["name"]: service for service in project["environments"][0]["services"]}


def bundled(store: Path, wanted: str = "config", **variables: str) -> Any:
    """Return what vercel/config.ts exports, as Vercel compiles it."""
    bundle = run(store, str(ESBUILD), "vercel/config.ts", "--bundle", "--format=cjs")
    assert bundle.returncode == 0, bundle.stderr
    script = f"{bundle.stdout}\nprocess.stdout.write(JSON.stringify(module.exports.{wanted}));"
    set_variables = [f"{name}={value}" for name, value in variables.items()]
    return json.loads(run(store, "env", *set_variables, "node", "-e", script).stdout)


def policy(configuration: Any) -> str:
    [header] = [
        header["value"]
        for rule in configuration["headers"]
        for header in rule["headers"]
        if header["key"] == "Content-Security-Policy"
    ]
    return str(header)


def test_every_example_works_as_it_stands(store: Path) -> None:
    add_everything(store)

    assert_checked(store)
    repository = Repository(store)
    assert "luma-store-banner" in repository.media["upload_presets"]
    assert "luma-store-banner" in repository.media["named_transformations"]
    assert "checkout-slow" in repository.alerts["alerts"]
    assert local_values(store)["PARTNER_TOKEN"].startswith("local-only")
    (store / ".env").write_text("PARTNER_TOKEN=mine\n")
    assert local_values(store) == {"PARTNER_TOKEN": "mine"}
    assert "make report " in run(store, "make", "--no-print-directory").stdout
    assert "-m reports.orders" in run(store, "make", "-n", "report").stdout


@pytest.fixture
def bare(generate: Generate, tmp_path: Path) -> Path:
    """Return a store without the starter, free to be changed."""
    return Path(shutil.copytree(generate(include_starter=False), tmp_path / "bare"))


@pytest.mark.parametrize("target", ["dev", "test", "format", "types"])
def test_without_the_starter_make_says_what_is_missing(bare: Path, target: str) -> None:
    done = run(bare, "make", target)
    assert done.returncode != 0
    assert f"make {target}: this store has no starter. Define it in own.mk" in done.stderr
    assert "No rule" not in done.stderr


def test_without_the_starter_a_store_brings_its_own_targets(bare: Path) -> None:
    (bare / "own.mk").write_text("dev: ## Run it\n\t@echo ours\n")
    assert module(bare, "tools.checks").stderr == ""
    done = run(bare, "make", "dev")
    assert (done.returncode, done.stdout, done.stderr) == (0, "ours\n", "")

    (bare / "own.mk").unlink()
    listed = run(bare, "make")
    assert (listed.returncode, listed.stderr) == (0, "")
    assert "make check " in listed.stdout


def test_an_own_service_gets_the_variables_of_its_process(store: Path) -> None:
    add_everything(store)

    assert services(store)["luma-store-nightly"]["envVars"] == [
        next(entry for entry in api(store)["envVars"] if entry["key"] == "DATABASE_URL"),
        {"key": "PARTNER_TOKEN", "sync": False},
    ]
    blueprint = yaml.safe_load((store / BLUEPRINT).read_text())
    assert list(blueprint_errors(load_schema("render.schema.json"), blueprint)) == []


def test_what_the_api_has_is_copied_and_not_made_up_again(store: Path) -> None:
    add_everything(store)
    contract = store / "env.own.yml"
    text = contract.read_text().replace("[nightly]", "[api, nightly]")
    contract.write_text(text.replace("DATABASE_URL", "ADMIN_TOKEN, CACHE_URL, LOG_LEVEL"))
    (store / "api/app/partner.py").write_text('import os\n\nTOKEN = os.getenv("PARTNER_TOKEN")\n')
    assert module(store, "tools.blueprint").returncode == 0

    assert_checked(store)
    reference = {"type": "web", "name": "luma-store-api"}
    given = services(store)["luma-store-nightly"]["envVars"]
    nightly = {entry.pop("key"): entry for entry in given}
    for name in ("ADMIN_TOKEN", "PARTNER_TOKEN"):
        assert nightly[name] == {"fromService": {**reference, "envVarKey": name}}
    assert nightly["LOG_LEVEL"] == {"value": "info"}
    assert nightly["CACHE_URL"]["fromService"]["name"] == "luma-store-cache"
    assert {"key": "PARTNER_TOKEN", "sync": False} in api(store)["envVars"]


def test_own_presets_reach_the_account(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_everything(store)
    with stand_in() as account:
        monkeypatch.setenv("CLOUDINARY_URL", account.url)
        done = run(store, sys.executable, "-B", str(ROOT / "luma"), "storage", "plan")
    assert done.returncode == 2, done.stderr
    for kind in ("upload preset", "named transformation"):
        assert f"create {kind} luma-store-banner\n" in done.stdout


def test_additions_are_taken_back_without_a_trace(store: Path) -> None:
    before = content(store)
    add_everything(store)
    assert content(store) != before
    written = (store / BLUEPRINT).read_bytes()
    assert module(store, "tools.blueprint").returncode == 0
    assert (store / BLUEPRINT).read_bytes() == written

    git("checkout", "-q", "--", *OWN_FILES, cwd=store)
    assert module(store, "tools.blueprint").returncode == 0

    assert content(store) == before


@pytest.mark.parametrize(
    "own",
    [{}, OWN_VERCEL, {DEPLOY_FROM_CI: True}, {DEPLOY_FROM_CI: False}],
    ids=["nothing", "everything", "deployed from CI", "deployed by pushes"],
)
def test_vercel_and_the_rules_join_the_files_alike(store: Path, own: Any) -> None:
    (store / OWN[VERCEL]).write_text(json.dumps(own))

    configuration = bundled(store)

    repository = Repository(store)
    assert configuration == repository.vercel
    changes = any(own.values())
    assert changes is (configuration != repository.without_own.vercel)


def test_what_is_added_to_vercel_is_there(store: Path) -> None:
    (store / OWN[VERCEL]).write_text(json.dumps(OWN_VERCEL))

    configuration = bundled(store)

    for section in ("redirects", "rewrites", "crons"):
        assert configuration[section] == OWN_VERCEL[section]
    everywhere, _policy, _, *after = configuration["headers"]
    assert after == OWN_VERCEL["headers"][1:]
    framing = [h["value"] for h in everywhere["headers"] if h["key"].lower() == "x-frame-options"]
    assert framing == ["SAMEORIGIN"]
    directives = policy(configuration).split("; ")
    assert f"script-src 'self' 'unsafe-inline' {HOST}" in directives
    assert directives[-2:] == [f"frame-src 'self' {HOST}", "upgrade-insecure-requests"]
    assert "frame-ancestors 'self'" in directives


def test_a_page_with_a_nonce_gets_its_policy_from_the_storefront_alone(store: Path) -> None:
    pages = ["/cart", "/orders/[id]", "/account/[...path]"]
    (store / OWN[VERCEL]).write_text(json.dumps({"noncePages": pages}))

    rules = bundled(store)["headers"]

    sources = [
        rule["source"]
        for rule in rules
        for header in rule["headers"]
        if header["key"] == "Content-Security-Policy"
    ]
    assert len(sources) == 1
    without = ["/cart", "/orders/7", "/account/a", "/account/a/b"]
    paths = [*without, "/", "/carts", "/cart/x", "/en/cart", "/orders", "/orders/7/x", "/account"]
    assert [path for path in paths if not re.fullmatch(sources[0], path)] == without
    room = json.loads((store / VERCEL).read_text())["headers"]
    kept = [header for header in room[0]["headers"] if header["key"] != "Content-Security-Policy"]
    assert [rules[0], *rules[2:]] == [{**room[0], "headers": kept}, *room[1:]]
    assert rules == Repository(store).vercel["headers"]


def test_without_such_pages_every_page_has_the_rooms_policy(store: Path) -> None:
    (store / OWN[VERCEL]).write_text("{}")
    room = json.loads((store / VERCEL).read_text())["headers"]
    assert bundled(store)["headers"] == room


def test_the_policy_with_a_nonce_is_the_other_one_without_inline_scripts(store: Path) -> None:
    (store / OWN[VERCEL]).write_text(json.dumps(OWN_VERCEL))
    common = policy(bundled(store))
    scripts = f"script-src 'self' 'unsafe-inline' {HOST};"
    assert scripts in common
    with_nonce = f"script-src 'self' 'nonce-bm9uY2U=' {HOST};"
    found = bundled(store, 'policyWithNonce("bm9uY2U=")')
    assert found == common.replace(scripts, with_nonce)


def test_the_policy_names_the_hosts_of_the_store_where_its_build_knows_them(store: Path) -> None:
    common = policy(bundled(store))
    assert "https://*.ingest.de.sentry.io" in common
    known = {
        "NEXT_PUBLIC_SENTRY_DSN": "https://abc@o7.ingest.us.sentry.io/42",
        "NEXT_PUBLIC_CLOUDINARY_CLOUD_NAME": "luma",
    }
    expected = common.replace("https://*.ingest.de.sentry.io", "https://o7.ingest.us.sentry.io")
    expected = expected.replace("https://res.cloudinary.com", "https://res.cloudinary.com/luma/")
    assert policy(bundled(store, **known)) == expected
    with_nonce = bundled(store, "policyWithNonce('x')", **known)
    assert with_nonce == expected.replace("'unsafe-inline'", "'nonce-x'", 1)
    # A dashboard's empty value, and what Vercel's command line writes in place of a secret one.
    for value in ("", "[SENSITIVE]"):
        assert policy(bundled(store, **dict.fromkeys(known, value))) == common


def test_an_own_host_goes_together_with_logrocket(store: Path) -> None:
    add_everything(store)
    commit(store, "Change the store")
    before = content(store)

    update(store, "--data", "enable_logrocket=true")
    both = policy(bundled(store))
    assert HOST in both
    assert "logr" in both
    assert_checked(store)
    commit(store, "Change the store")
    update(store, "--data", "enable_logrocket=false")

    assert content(store) | {ANSWERS: None} == before | {ANSWERS: None}


@pytest.fixture(scope="module")
def next_release(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a template whose next release changes lines close to all that a store may add."""
    repository = tmp_path_factory.mktemp("next") / "template"
    git("clone", "-q", str(template), str(repository), cwd=ROOT)

    def change(file: str, old: str, new: str) -> None:
        path = repository / file
        assert path.read_text().count(old) == 1, (file, old)
        path.write_text(path.read_text().replace(old, new))

    change(
        "template/render/render.yaml.jinja",
        "            runtime: docker\n",
        "            # Built on each deploy.\n            runtime: docker\n",
    )
    change("template/render/render.yaml.jinja", "previews:\n{% if", "# Previews.\npreviews:\n{% if")
    change(
        "extensions/catalog/environment.yml",
        'render: {value: "production"}',
        'render: {value: "live"}',
    )
    change(
        "extensions/decisions/headers.py", '"script-src": [', '"script-src": ["https://a.test", '
    )
    change("template/vercel/vercel.json.jinja", "payment=(self)", "payment=()")
    change(
        "template/storage/cloudinary.yml.jinja",
        "named_transformations: {}",
        "named_transformations:\n  {{ store.slug }}-tile: c_fill,h_300,w_300/f_auto/q_auto",
    )
    change("template/monitoring/alerts.yml.jinja", "    above: 500\n", "    above: 400\n")
    change("template/Makefile.jinja", "-include own.mk", "new: ## New\n\ttrue\n\n-include own.mk")
    change(
        "extensions/catalog/environment.yml",
        "  tools: {place: operator}\n",
        "  tools: {place: operator}\n  shop: {place: operator}\n",
    )
    for name in ("own.mk", "env.own.yml.jinja", "render/own.yml.jinja", "vercel/own.json.jinja"):
        (repository / "template" / name).write_text("{}\n" if "json" in name else "# New\n")
    release_working_tree(repository, "v10000.0.0")
    return repository


def test_additions_outlive_a_release_that_changes_lines_beside_them(
    next_release: Path, tmp_path: Path
) -> None:
    store, fresh = tmp_path / "store", tmp_path / "fresh"
    options: dict[str, Any] = {"defaults": True, "quiet": True, "unsafe": True}
    run_copy(str(next_release), store, vcs_ref=WORKING_TREE_TAG, **options)
    run_copy(str(next_release), fresh, **options)
    git("init", "-q", "-b", "main", cwd=store)
    commit(store, "Change the store")
    empty = {name: (store / name).read_bytes() for name in OWN_FILES}
    add_everything(store)
    commit(store, "Change the store")
    added = {name: (store / name).read_bytes() for name in OWN_FILES}

    update(store)

    assert {name: (store / name).read_bytes() for name in OWN_FILES} == added
    assert without_own((store / BLUEPRINT).read_text()) == (fresh / BLUEPRINT).read_text()
    assert "luma-store-nightly" in services(store)
    assert_checked(store)
    for name in OWN_FILES:
        (store / name).write_bytes(empty[name])
        (fresh / name).write_bytes(empty[name])
    assert module(store, "tools.blueprint").returncode == 0
    assert content(store) | {ANSWERS: None} == content(fresh) | {ANSWERS: None}


@pytest.mark.parametrize("release", RECORDED)
def test_stores_of_older_releases_get_the_files_that_they_lack(
    release: str, history: Path, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    run_copy(str(history), store, vcs_ref=release, defaults=True, quiet=True, unsafe=True)
    (store / "own.mk").write_text("# Ours\n")
    git("init", "-q", "-b", "main", cwd=store)
    commit(store, "Change the store")
    before = [Repository(store).own(file) for file in OWN]

    update(store)

    repository = Repository(store)
    assert all((store / name).exists() for name in OWN.values())
    assert [repository.own(file) for file in OWN] == before
    assert (store / "own.mk").read_text() == "# Ours\n"


@pytest.mark.parametrize(
    ("name", "holds"),
    [("AGENTS.md", "make check"), (".github/dependabot.yml", "directory: /storefront")],
)
def test_a_file_that_the_team_has_stays_as_it_is(
    name: str, holds: str, history: Path, tmp_path: Path
) -> None:
    store = tmp_path / "store"
    run_copy(str(history), store, vcs_ref="v0.3.1", defaults=True, quiet=True, unsafe=True)
    git("init", "-q", "-b", "main", cwd=store)
    commit(store, "Start the store")
    file = store / name
    assert not file.exists()

    update(store)
    assert holds in file.read_text()
    git("checkout", "-q", "--", ".", cwd=store)

    file.parent.mkdir(exist_ok=True)
    file.write_text("# Ours\n")
    commit(store, "Say what we want")
    update(store)
    assert file.read_text() == "# Ours\n"
    assert git("status", "--porcelain", name, cwd=store) == ""


@pytest.mark.parametrize("starter", [True, False])
def test_the_agents_file_is_short_and_names_what_there_is(
    generate: Generate, starter: bool
) -> None:
    store = generate(include_starter=starter)
    text = (store / "AGENTS.md").read_text()
    assert len(text.splitlines()) <= 40

    declared = set(re.findall(r"^([a-z-]+):", (store / "Makefile").read_text(), re.MULTILINE))
    targets = set(re.findall(r"\bmake ([a-z]+)", text))
    assert {"check", "setup"} <= targets <= declared
    for path in re.findall(r"`([\w./-]+)`", text):
        if "/" in path or "." in path:
            assert (store / path).exists() or path in {"api/"}, path


MISTAKES = {
    "not YAML": ("env.own.yml", "variables: [", "whole file: is not YAML"),
    "not JSON": ("vercel/own.json", "{,}", "whole file: is not JSON"),
    "a list": ("render/own.yml", "- type: cron\n", "whole file: must be a mapping"),
    "another section": ("render/own.yml", "databases: []\n", "databases: is not a section"),
    "one entry and no list": ("render/own.yml", "services: {name: a}\n", "services: must be a"),
    "no name": ("render/own.yml", "services: [{type: cron}]\n", "services, 1: needs name"),
    "a taken service": (
        "render/own.yml",
        "services: [{type: keyvalue, name: luma-store-cache}]\n",
        "luma-store-cache: is already in render/render.yaml",
    ),
    "half a variable": (
        "env.own.yml",
        "variables: {A: {kind: config}}\n",
        "A: needs purpose, used_by",
    ),
    "a variable without a shape": (
        "env.own.yml",
        "variables: {A: {purpose: a, kind: config, used_by: x, required_in: x, local: x,"
        " preview: x, production: x}}\n",
        "whole file: does not have the expected",
    ),
    "a taken process": (
        "env.own.yml",
        "processes: {api: {place: render, service: x}}\n",
        "api: is already declared by the template",
    ),
    "an unknown variable": (
        "env.own.yml",
        "processes: {a: {place: render, service: luma-store-api, reads: [NOPE]}}\n",
        "a: reads NOPE, which is not declared",
    ),
    "a process without a service": (
        "env.own.yml",
        "processes: {a: {place: render, service: nope}}\n",
        "processes: there is no service nope",
    ),
    "a source that matches nothing": (
        "vercel/own.json",
        '{"redirects": [{"source": "sale", "destination": "/"}]}',
        'redirects: source "sale" must begin with /',
    ),
    "a cron job without a route": (
        "vercel/own.json",
        '{"crons": [{"path": "/nope", "schedule": "0 3 * * *"}]}',
        "crons: /nope has no route",
    ),
    "a page whose policy nobody sets": (
        "vercel/own.json",
        '{"noncePages": ["/checkout"]}',
        "noncePages: /checkout would have no policy",
    ),
    "a host that is everybody": (
        "vercel/own.json",
        '{"contentSecurityPolicy": {"img-src": ["*"]}}',
        "Content-Security-Policy: img-src allows *",
    ),
    "a switch that is no switch": (
        "vercel/own.json",
        '{"deployFromCI": "yes"}',
        "deployFromCI: must be true or false",
    ),
    "a taken preset": (
        "storage/own.yml",
        "upload_presets: {luma-store-product: {unsigned: false}}\n",
        "luma-store-product: is already declared by the template",
    ),
    "an unsigned preset": (
        "storage/own.yml",
        "upload_presets: {luma-store-x: {unsigned: true, allowed_formats: [jpg]}}\n",
        "luma-store-x: must be signed",
    ),
    "an alert without a runbook": (
        "monitoring/own.yml",
        "alerts: {a: {what: a, kind: metric, severity: page, runbook: no.md}}\n",
        "a: the runbook no.md does not exist",
    ),
    "a field with an impossible name": (
        "monitoring/own.json",
        '{"fields": ["Coupon"]}',
        "Coupon: must be of small letters",
    ),
    "a taken target": ("own.mk", "setup:\n\ttrue\n", "setup: is a target of Makefile"),
}


@pytest.mark.parametrize(("file", "text", "sentence"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_told_with_the_file_it_is_in(
    store: Path, file: str, text: str, sentence: str
) -> None:
    (store / file).write_text(text)

    done = module(store, "tools.checks")

    assert done.returncode == 1
    assert f"{file}: {sentence}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("name", OWN_JSON)
def test_a_missing_file_is_told_before_the_build_fails(store: Path, name: str) -> None:
    (store / name).unlink()
    assert f"{name}: whole file: is missing" in module(store, "tools.checks").stderr


def test_an_own_mistake_in_the_blueprint_names_its_source(store: Path) -> None:
    (store / "render/own.yml").write_text(
        "services: [{type: cron, name: luma-store-x, plan: free}]\n"
    )
    assert module(store, "tools.blueprint").returncode == 0
    assert (
        "render/own.yml: luma-store-x, plan: there is no free cron"
        in module(store, "tools.checks").stderr
    )


UNWRITABLE = {
    "conflict markers": ("projects:", "<<<<<<< before updating", "has conflict markers"),
    "not YAML": ("healthCheckPath:", "  [", "is not YAML"),
    "no API": ("name: luma-store-api\n", "name: other-api", "has no service luma-store-api"),
    "no list": ("envVars:", "variables:", "has no block list envVars"),
    "half a block": ("envVars:", "# from env.own.yml, by make own", "is an incomplete block"),
}


@pytest.mark.parametrize(("old", "new", "sentence"), UNWRITABLE.values(), ids=UNWRITABLE)
def test_a_blueprint_without_a_place_is_left_alone(
    store: Path, old: str, new: str, sentence: str
) -> None:
    (store / "render/own.yml").write_text("services: [{type: cron, name: luma-store-x}]\n")
    blueprint = store / BLUEPRINT
    text = blueprint.read_text().replace(old, f"{new}\n", 1)
    blueprint.write_text(text)

    done = module(store, "tools.blueprint")

    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith("render/render.yaml: ")
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert blueprint.read_text() == text


def test_a_contract_that_cannot_be_read_writes_nothing(store: Path) -> None:
    before = (store / BLUEPRINT).read_bytes()
    (store / "env.own.yml").write_text("variables: {A: 1}\n")

    done = module(store, "tools.blueprint")

    assert (done.returncode, done.stderr) == (1, "env.own.yml: A: must be a mapping\n")
    assert (store / BLUEPRINT).read_bytes() == before

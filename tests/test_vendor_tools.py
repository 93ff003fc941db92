"""The vendors' own tools, and the field's linters, accept what the template generates."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from support.checkout import ROOT, Generate, git
from support.combinations import Answers
from support.running_store import BUILD_SECONDS, Installed, building_site
from support.running_store import run as run_command
from support.stores import commit
from tools.repository import Repository

TOOLS = Path(sys.executable).parent
VERCEL = ROOT / "tests/node/node_modules/.bin/vercel"
OFFLINE = ("unshare", "-rn", "sh", "-c", 'ip link set lo up && exec "$@"', "sh")
SAMPLES: list[Answers] = [
    {},
    {"tier": "demo", "enable_logrocket": True, "domain": "shop.example.com"},
    {"tier": "scale", "include_starter": False},
]
OWN_VERCEL = {
    "headers": [{"source": "/feed", "headers": [{"key": "X-Robots-Tag", "value": "noindex"}]}],
    "redirects": [{"source": "/sale", "destination": "/search?q=sale", "permanent": False}],
    "contentSecurityPolicy": {"script-src": ["https://js.stripe.com"]},
    "noncePages": ["/cart"],
}
SENTRY_HOST = "https://o7.ingest.us.sentry.io"
samples = pytest.mark.parametrize("answers", SAMPLES, ids=["launch", "demo", "scale"])


def run(*command: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        check=False,
        capture_output=True,
        text=True,
        stdin=subprocess.DEVNULL,
        env={**os.environ, **environment},
    )


def assert_quiet(done: subprocess.CompletedProcess[str]) -> None:
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.fixture(params=["template", *range(len(SAMPLES))])
def workflows(request: pytest.FixtureRequest, generate: Generate) -> list[Path]:
    """Return the workflows of the template itself, and of some stores."""
    root = ROOT if request.param == "template" else generate(**SAMPLES[request.param])
    return sorted((root / ".github/workflows").glob("*.yml"))


def test_actionlint_accepts_the_workflows(workflows: list[Path], tmp_path: Path) -> None:
    assert workflows
    assert_quiet(run(TOOLS / "actionlint", "-no-color", *workflows, cwd=tmp_path))


def test_zizmor_finds_no_risk_in_the_workflows(workflows: list[Path], tmp_path: Path) -> None:
    assert_quiet(run(TOOLS / "zizmor", "--offline", "--no-progress", *workflows, cwd=tmp_path))


def test_the_linters_find_a_workflow_that_is_wrong(tmp_path: Path) -> None:
    bad = tmp_path / "bad.yml"
    bad.write_text(
        "on: pull_request_target\n"
        "jobs:\n  a:\n    runs-on: ubuntu-24.04\n    steps:\n"
        "      - uses: actions/checkout@v4\n"
        "      - run: echo ${{ github.event.pull_request.title }} ${{ matrix.nope }}\n"
    )
    for tool in (["actionlint"], ["zizmor", "--offline", "--no-progress"]):
        assert run(TOOLS / tool[0], *tool[1:], bad, cwd=tmp_path).returncode != 0


@samples
def test_hadolint_accepts_the_dockerfile(generate: Generate, answers: Answers) -> None:
    store = generate(**answers)
    assert_quiet(run(TOOLS / "hadolint", "render/Dockerfile", cwd=store))


@samples
def test_scripts_of_the_container_are_executable_shell(
    generate: Generate, answers: Answers
) -> None:
    for script in sorted((generate(**answers) / "render").glob("*.sh")):
        assert os.access(script, os.X_OK)
        assert_quiet(run("sh", "-n", script, cwd=script.parent))


@pytest.fixture(scope="module")
def vercel_output(
    generate: Generate, installed: Installed, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return the repository after the real `vercel build`, without account or network."""
    store = tmp_path_factory.mktemp("vercel") / "store"
    shutil.copytree(generate(tier="growth", region="virginia", enable_logrocket=True), store)
    (store / "vercel/own.json").write_text(json.dumps(OWN_VERCEL))
    # Fills the cache in which the install command finds its packages without a network.
    installed(enable_logrocket=True)
    settings = {"framework": "nextjs", "rootDirectory": "storefront"}
    project = {"projectId": "prj_offline", "orgId": "team_offline", "settings": settings}
    (store / ".vercel").mkdir()
    (store / ".vercel/project.json").write_text(json.dumps(project))
    command: list[str | Path] = [VERCEL, "build", "--prod", "--yes"]
    # Next.js talks to processes of its own through the loopback interface.
    if run(*OFFLINE, "true", cwd=store).returncode == 0:
        command = [*OFFLINE, *command]
    quiet = {
        "VERCEL_TELEMETRY_DISABLED": "1",
        "NEXT_TELEMETRY_DISABLED": "1",
        "NO_UPDATE_NOTIFIER": "1",
        "npm_config_offline": "true",
        # Vercel gives the project's variables to the build in the same way.
        "NEXT_PUBLIC_SENTRY_DSN": SENTRY_HOST.replace("//", "//abc@") + "/42",
    }
    with building_site(store) as site:
        run_command(list(map(str, command)), site, {**os.environ, **quiet}, BUILD_SECONDS)
        for made in (".vercel/output", "storefront/.vercel"):
            (site / made).rename(store / made)
    return store


def read(path: Path) -> Any:
    return json.loads(path.read_text())


def declared(store: Path) -> Any:
    """Return the configuration in its files, with what only the build knows."""
    text = json.dumps(Repository(store).vercel)
    assert "https://*.ingest.us.sentry.io" in text
    return json.loads(text.replace("https://*.ingest.us.sentry.io", SENTRY_HOST))


@pytest.mark.xdist_group("vercel")
def test_vercel_reads_the_room_through_the_pointer(vercel_output: Path) -> None:
    read_by_vercel = read(vercel_output / "storefront/.vercel/vercel.json")
    assert read_by_vercel == declared(vercel_output)
    assert read_by_vercel["regions"] == ["iad1"]
    assert "https://js.stripe.com" in str(read_by_vercel["headers"])


@pytest.mark.xdist_group("vercel")
def test_vercel_sends_the_rooms_headers(vercel_output: Path) -> None:
    routes = read(vercel_output / ".vercel/output/config.json")["routes"]
    for rule in declared(vercel_output)["headers"]:
        expected = {header["key"].lower(): header["value"] for header in rule["headers"]}
        sent = [
            {key.lower(): value for key, value in route.get("headers", {}).items()}
            for route in routes
        ]
        assert expected in sent


@pytest.mark.xdist_group("vercel")
def test_one_policy_is_sent_with_each_page(vercel_output: Path) -> None:
    routes = read(vercel_output / ".vercel/output/config.json")["routes"]
    policies = [
        route["src"] for route in routes if "Content-Security-Policy" in route.get("headers", {})
    ]
    proxies = [route["src"] for route in routes if "middlewarePath" in route]
    pages = ["/", "/cart", "/products/mug", "/cart/x", "/carts", "/search", "/icon.svg"]
    sent = {
        path: [sum(bool(re.match(src, path)) for src in sources) for sources in (policies, proxies)]
        for path in pages
    }
    expected = {path: [path != "/cart", path == "/cart"] for path in pages}
    assert sent == expected


@pytest.mark.xdist_group("vercel")
def test_vercel_follows_the_stores_own_redirects(vercel_output: Path) -> None:
    routes = read(vercel_output / ".vercel/output/config.json")["routes"]
    wanted = {"Location": "/search?q=sale"}
    [sale] = [route for route in routes if route.get("headers") == wanted]
    assert sale["status"] == 307
    assert re.match(sale["src"], "/sale")


@pytest.mark.xdist_group("vercel")
def test_private_pages_are_never_cached_and_public_ones_may_be(vercel_output: Path) -> None:
    routes = read(vercel_output / ".vercel/output/config.json")["routes"]
    [private] = [
        route
        for route in routes
        if route.get("headers", {}).get("Cache-Control") == "private, no-store"
    ]
    for path in ("/cart", "/checkout/payment", "/account/orders/1"):
        assert re.match(private["src"], path), path
    for path in ("/", "/products/cart-stand", "/cartography"):
        assert not re.match(private["src"], path), path


@pytest.mark.xdist_group("vercel")
def test_vercel_applies_the_function_limits(vercel_output: Path) -> None:
    functions = vercel_output / ".vercel/output/functions"
    limits = {
        path.parent.name: read(path).get("maxDuration")
        for path in functions.rglob(".vc-config.json")
        if not path.parent.is_symlink()
    }
    assert limits
    assert {limit for name, limit in limits.items() if not name.startswith("_")} == {30}


@pytest.mark.xdist_group("vercel")
def test_a_push_that_leaves_the_storefront_alone_builds_nothing(
    generate: Generate, tmp_path: Path
) -> None:
    store = Path(shutil.copytree(generate(), tmp_path / "store"))
    git("init", "-q", cwd=store)
    commit(store, "first")
    first = git("rev-parse", "HEAD", cwd=store).strip()
    command = read(store / "vercel/vercel.json")["ignoreCommand"]

    def builds(previous: str) -> bool:
        done = run(
            *("sh", "-c", command),
            cwd=store / "storefront",
            VERCEL_GIT_PREVIOUS_SHA=previous,
            VERCEL_GIT_COMMIT_SHA=git("rev-parse", "HEAD", cwd=store).strip(),
        )
        assert done.returncode in {0, 1}
        return done.returncode == 1

    assert builds("")
    assert builds(first), "a redeploy with other variables has to build"
    assert builds("0" * 40)
    (store / "api-notes.md").write_text("nothing of the storefront\n")
    commit(store, "elsewhere")
    assert not builds(first)
    (store / "vercel/store.json").write_text("{}\n")
    commit(store, "the room")
    assert builds(first)

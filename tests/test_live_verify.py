"""A running store is checked over its two addresses, and each thing that is wrong is named."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import trustme
from support import render_api_stand_in as render_stand_in
from support.checkout import Generate, git
from support.live import ANSWERS, Done, run_here
from support.running_store import free_port
from support.store_stand_in import IMAGE, READY, UPLOAD, Page, Shop, context_of, stand_in
from support.vendors import all_vendors
from tools.repository import Repository

from luma.live import commands, engine, transport, verify
from luma.live.verify import running, writing
from luma.problems import LumaError

SECRETS = ("ADMIN_TOKEN", "REVALIDATE_SECRET", "STOREFRONT_SECRET")
SECRET = "a-long-secret-of-the-pages"  # noqa: S105 - it opens nothing
RELEASE, REQUIRED = "RENDER_GIT_COMMIT", "REQUIRE_STOREFRONT_SECRET"
REGION = "fra1"
EVERY = {**verify.READING, **verify.WRITING}
UNREADY = json.dumps({"status": "degraded", "database": "ok", "cache": "unreachable"})
POLICY = "Content-Security-Policy"


class Live(NamedTuple):
    """A running store, its repository, and what the vendors have told of it."""

    shop: Shop
    store: Path
    known: dict[str, str]

    def ticks(self) -> dict[str, verify.Tick]:
        """Return how each check ends."""
        with transport.client() as asking:
            site = self.shop.site.address
            store = running.Running(
                Repository(self.store), site, self.known, self.has_event, asking
            )
            return {tick.name: tick for tick in verify.ticks(store, EVERY)}

    def has_event(self, part: str, number: str) -> bool:
        """Return whether an event has arrived."""
        assert part in {"api", "storefront"}
        return number in self.shop.events

    def of(self, state: str) -> dict[str, str]:
        """Return the checks that end in a state, with the reasons."""
        return {name: tick.why for name, tick in self.ticks().items() if tick.state == state}


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[trustme.CA, Path]:
    """Return who signs the certificates, and the file that makes it trusted."""
    made = trustme.CA()
    file = tmp_path_factory.mktemp("authority") / "ca.pem"
    made.cert_pem.write_to_path(file)
    return made, file


@pytest.fixture
def live(
    authority: tuple[trustme.CA, Path], store: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Live]:
    """Return a store that is as its repository says."""
    made, file = authority
    monkeypatch.setenv("SSL_CERT_FILE", str(file))
    commit = git("rev-parse", "HEAD", cwd=store).strip()
    with stand_in(
        made, narrowed(store), region=REGION, release=commit, secret=SECRET
    ) as shop:  # fmt: skip
        known = {
            "API_ORIGIN": shop.api.address, "REVALIDATE_SECRET": SECRET, RELEASE: commit,
            REQUIRED: "true", "ADMIN_TOKEN": shop.admin_token,
            "NEXT_PUBLIC_SENTRY_DSN": f"https://key@localhost:{shop.vendors.port}/1",
            "SENTRY_DSN": f"https://key@localhost:{shop.vendors.port}/2",
        }  # fmt: skip
        yield Live(shop, store, known)


def narrowed(store: Path) -> dict[str, str]:
    """Return the home page's headers with the store's part of the vendors' hosts."""
    [rule] = [r for r in Repository(store).without_own.vercel["headers"] if r["source"] == "/(.*)"]
    headers = {each["key"]: each["value"] for each in rule["headers"]}
    policy = headers[POLICY].replace("//*.ingest.", "//o1.ingest.")
    cloud = "https://res.cloudinary.com"
    return {**headers, POLICY: policy.replace(cloud, f"{cloud}/lamps/")}


def test_a_store_that_is_as_declared_passes_every_check(live: Live) -> None:
    assert {name: (tick.state, tick.why) for name, tick in live.ticks().items()} == dict.fromkeys(
        EVERY, ("ok", "")
    )


def home(**changed: str) -> Callable[[Live], None]:
    """Return what changes headers of the home page; an empty one is taken away."""

    def change(live: Live) -> None:
        headers = live.shop.site.pages["/"].headers
        headers |= {name.replace("_", "-"): value for name, value in changed.items()}
        for name in [name for name, value in headers.items() if not value]:
            del headers[name]

    return change


def policy(old: str, new: str) -> Callable[[Live], None]:
    """Return what changes the home page's policy."""

    def change(live: Live) -> None:
        headers = live.shop.site.pages["/"].headers
        assert old in headers[POLICY]
        headers[POLICY] = headers[POLICY].replace(old, new)

    return change


def page(path: str, *answer: Any, of: str = "site", **more: Any) -> Callable[[Live], None]:
    """Return what gives a page another answer."""
    return lambda live: getattr(live.shop, of).pages.update({path: Page(*answer, **more)})


def told(name: str, value: str) -> Callable[[Live], None]:
    """Return what has a vendor tell something else."""
    return lambda live: live.known.update({name: value})


def later_commit(file: str) -> Callable[[Live], None]:
    """Return what commits a change of a file."""

    def change(live: Live) -> None:
        (live.store / file).write_text("changed\n")
        git("add", "-A", cwd=live.store)
        git("commit", "-q", "-m", "Change", cwd=live.store)

    return change


CERTIFICATE, HTTPS, HOME = "certificate of the storefront", "http leads to https", "home page"
HEADERS, CSP = "security headers", POLICY
THROUGH, OWN = "API ready through the storefront", "API ready at its own address"
PLACE, DOCS, PREVIEWS = (
    "region of the functions", "API describes itself to nobody", "previews away from production"
)  # fmt: skip
OF_STOREFRONT, OF_API = "release of the storefront", "release of the API"
SIGNED, DOOR = "signed refresh of a page", "limits past the storefront"
UPLOADED, EVENTS = "signed upload and its delivery", "events arrive in Sentry"

Wrong = tuple[Callable[[Live], Any], str, str]
WRONG: dict[str, Wrong] = {
    "a stranger's certificate": (
        lambda live: setattr(live.shop.site, "context", context_of(trustme.CA())),
        CERTIFICATE,
        "has no valid certificate (unable to get local issuer certificate): look at Domains",
    ),
    "http stays http": (
        lambda live: setattr(live.shop.site, "plain", Page()),
        HTTPS,
        "does not lead to https://localhost",
    ),
    "http leads elsewhere": (
        lambda live: setattr(
            live.shop.site, "plain", Page(308, {"Location": "https://localhost.example/"})
        ),
        HTTPS,
        "does not lead to https://localhost",
    ),
    "no home page": (page("/", 500), HOME, "/ answers 500: monitoring/runbooks/store-down.md"),
    "no frame options": (
        home(X_Frame_Options=""), HEADERS, "x-frame-options is nothing instead of DENY. Compare"
    ),
    "another referrer policy": (
        home(Referrer_Policy="unsafe-url"), HEADERS, "referrer-policy is unsafe-url instead of"
    ),
    "less HSTS": (
        home(Strict_Transport_Security="max-age=60"), HEADERS, "is max-age=60 instead of max-age=63"
    ),
    "a header for the terminal": (
        home(X_Frame_Options="\x1b]2;owned\x07"), HEADERS, "is ?]2;owned? instead of DENY"
    ),
    "no policy": (home(**{POLICY: ""}), CSP, "default-src is nothing instead of 'self'"),
    "frames for all": (
        policy("frame-ancestors 'none'", "frame-ancestors *"),
        CSP,
        "frame-ancestors is * instead of 'none'. Compare",
    ),
    "a directive less": (policy("form-action 'self'; ", ""), CSP, "form-action is nothing"),
    "a directive more": (
        policy("form-action", "worker-src *; form-action"), CSP, "worker-src is * instead of n"
    ),
    "eval": (policy("script-src", "script-src 'unsafe-eval'"), CSP, "script-src is 'unsafe-eval'"),
    "a host more": (
        policy("img-src", "img-src https://images.example.net"), CSP, "img-src is https://images"
    ),
    "no way to the API": (
        page("/api/readyz", 404), THROUGH, "is not there: deploy the storefront again"
    ),
    "no database": (
        page("/api/readyz", 503, body=READY.replace('database": "ok', 'database": "unreachable')),
        THROUGH,
        "cannot reach the database: monitoring/runbooks/store-down.md",
    ),
    "no cache": (page("/readyz", body=UNREADY, of="api"), OWN, "cannot reach the cache: "),
    "an API in pieces": (page("/readyz", 502, body="<html>", of="api"), OWN, "answers 502: "),
    "a far region": (
        lambda live: live.shop.site.pages["/cart"].headers.update(
            {"x-vercel-id": "cdg1::iad1::abcde-1700000000000-0123456789ab"}
        ),
        PLACE,
        "a function answered from cdg1, iad1 instead of fra1: look at regions in vercel/vercel",
    ),
    "no region": (
        lambda live: live.shop.site.pages["/cart"].headers.pop("x-vercel-id"),
        PLACE,
        "a function answered from nothing instead of fra1",
    ),
    "an old storefront": (
        later_commit("storefront/src/app/about.txt"),
        OF_STOREFRONT,
        "here has another storefront/src/app/about.txt: push it, or see in Vercel why",
    ),
    "an old API": (
        later_commit("api/app/about.txt"), OF_API, "another api/app/about.txt: push it, or see in R"
    ),
    "a stranger's storefront": (
        lambda live: setattr(
            live.shop.site.pages["/cart"], "body", f'content="sentry-release={"a" * 40},'
        ),
        OF_STOREFRONT,
        "is built from aaaaaaa, which this clone does not have: git fetch",
    ),
    "a stranger's API": (told(RELEASE, "b" * 40), OF_API, "is built from bbbbbbb, which this"),
    "open documentation": (
        page("/openapi.json", of="api"), DOCS, "/openapi.json is open to everybody: in Render"
    ),
    "documentation through the storefront": (
        page("/api/docs"), DOCS, "/api/docs is open to everybody"
    ),
    "previews with production's API": (
        lambda live: live.known.update({"API_ORIGIN of previews": f"{live.shop.api.address}/"}),
        PREVIEWS,
        "is production's: take it away in Vercel",
    ),
    "any signature": (
        lambda live: setattr(live.shop, "checks_signatures", False),
        SIGNED,
        "/revalidate takes a wrong signature",
    ),
    "another secret": (
        lambda live: setattr(live.shop, "secret", "another"),
        SIGNED,
        "/revalidate answers 401 to what is signed with Render's REVALIDATE_SECRET: Vercel has",
    ),
    "an open door": (
        lambda live: setattr(live.shop, "limit", 1000),
        DOOR,
        "lets 240 changes pass in a row past the storefront: deploy the API again",
    ),
    "another admin": (
        told("ADMIN_TOKEN", "another"), UPLOADED, "/admin/uploads answers 404: look at its log in R"
    ),
    "no such preset": (
        page(UPLOAD, 400, of="vendors"),
        UPLOADED,
        "answers 400: look at CLOUDINARY_URL in Render, and run make storage-apply.",
    ),
    "an upload elsewhere": (
        lambda live: live.shop.vendors.pages.update(
            {UPLOAD: Page(body='{"secure_url": "https://example.com/image.png"}')}
        ),
        UPLOADED,
        "an upload does not lead to Cloudinary: look at CLOUDINARY_URL in Render.",
    ),
    "an upload of no use": (
        page(UPLOAD, body="[]", of="vendors"), UPLOADED, "an answer has another structure: "
    ),
    "no delivery": (
        page(IMAGE, 401, of="vendors"), UPLOADED, "Cloudinary does not deliver what it has just"
    ),
    "a key that is off": (
        page("/api/1/envelope/", 403, of="vendors"),
        EVENTS,
        "Sentry answers 403 to an event for NEXT_PUBLIC_SENTRY_DSN: look at Client Keys and",
    ),
    "events that are dropped": (
        page("/api/2/envelope/", of="vendors"),
        EVENTS,
        "Sentry took an event for the api, and has not shown it within 0.1 s: look at Inbound",
    ),
}  # fmt: skip


SLOW = {
    "nothing": Page(seconds=1.5),
    "byte by byte": Page(body=READY, seconds=0.1),
    "without an end": Page(body="x" * 2000),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_what_is_wrong_is_named_and_nothing_else(
    live: Live, monkeypatch: pytest.MonkeyPatch, wrong: str
) -> None:
    monkeypatch.setattr(writing, "PATIENCE_SECONDS", 0.1)
    monkeypatch.setattr(writing, "POLL_SECONDS", 0.05)
    change, name, sentence = WRONG[wrong]
    change(live)
    [(failed, why)] = live.of("failed").items()
    assert failed == name
    assert sentence in why
    assert not [secret for secret in (SECRET, live.shop.admin_token) if secret in why]


@pytest.mark.parametrize("slow", SLOW)
def test_no_answer_takes_longer_than_its_time(
    live: Live, monkeypatch: pytest.MonkeyPatch, slow: str
) -> None:
    for module in (running, transport):
        monkeypatch.setattr(module, "TIME_LIMIT_SECONDS", 1.0)
    monkeypatch.setattr(running, "MAX_BYTES", 1000)
    live.shop.api.pages["/readyz"] = SLOW[slow]
    [(name, why)] = live.of("failed").items()
    assert name == OWN
    assert "gives no whole answer within 1 s: look at the service in Render, and" in why


def test_who_cannot_be_reached_is_told_once(live: Live) -> None:
    live.shop.site.port = free_port()
    address = live.shop.site.address
    where = (
        "cannot be reached: look at Domains and Deployments of the project in Vercel, and "
        "monitoring/runbooks/store-down.md."
    )
    assert live.of("failed") == {
        CERTIFICATE: f"{address} {where}",
        HTTPS: f"{address.replace('https', 'http')} {where}",
    }
    of_site = (HOME, HEADERS, CSP, THROUGH, PLACE, OF_STOREFRONT, DOCS, SIGNED)
    assert live.of("skipped") == dict.fromkeys(of_site, f"{address} gave no answer.")


def test_a_store_on_this_machine_has_no_tls(live: Live) -> None:
    for door in (live.shop.site, live.shop.api):
        door.plain = None
    live.known["API_ORIGIN"] = live.shop.api.address
    why = "a store on this machine has neither TLS nor Vercel before it."
    assert live.of("skipped") == dict.fromkeys((CERTIFICATE, HTTPS, PLACE), why)
    assert live.of("failed") == {}


def test_what_nobody_knows_yet_is_skipped_with_the_reason(live: Live) -> None:
    live.known.clear()
    live.shop.site.pages["/cart"].body = ""
    shutil.rmtree(live.store / ".git")
    assert live.of("failed") == {}
    assert live.of("skipped") == {
        OWN: "Render has no API of this store yet.",
        OF_STOREFRONT: "the page shows none: its Sentry is off, or there is no commit.",
        OF_API: "the API shows none, and Render has no live deploy of a commit.",
        DOCS: "Render has no API of this store yet.",
        SIGNED: "Render has no REVALIDATE_SECRET yet.",
        DOOR: f"{REQUIRED} is not true in Render: see render/README.md, Past the storefront.",
        UPLOADED: "Render has no ADMIN_TOKEN yet.",
        EVENTS: "Sentry has no NEXT_PUBLIC_SENTRY_DSN yet.",
    }


def test_a_store_without_the_starter_has_paths_of_its_own(live: Live) -> None:
    answers = live.store / ".copier-answers.yml"
    answers.write_text(answers.read_text().replace("starter: true", "starter: false"))
    (live.store / "vercel/own.json").write_text("{}")
    assert live.of("failed") == {}
    no_page = "vercel/own.json has no page under noncePages, made for each request."
    no_starter = "the store has no starter, so its paths are not known here."
    assert live.of("skipped") == {
        PLACE: no_page, OF_STOREFRONT: no_page, SIGNED: no_starter, DOOR: no_starter,
        UPLOADED: no_starter,
    }  # fmt: skip


def test_a_commit_that_changes_nothing_of_a_part_leaves_its_release(live: Live) -> None:
    later_commit("api/tests/about.txt")(live)
    later_commit("README.md")(live)
    assert live.of("failed") == live.of("skipped") == {}


def test_without_git_a_release_is_only_told(live: Live) -> None:
    shutil.rmtree(live.store / ".git")
    commit = live.known[RELEASE][:7]
    why = f"it is {commit}, and git knows no commit here."
    assert live.of("skipped") == {OF_STOREFRONT: why, OF_API: why}


def test_a_shallow_clone_does_not_know_each_release(live: Live, tmp_path: Path) -> None:
    later_commit("api/app/about.txt")(live)
    git("clone", "-q", "--depth=1", f"file://{live.store}", "shallow", cwd=tmp_path)
    shallow = live._replace(store=tmp_path / "shallow")
    why = f"it is {live.known[RELEASE][:7]}, which is not in this shallow clone."
    assert shallow.of("skipped") == {OF_STOREFRONT: why, OF_API: why}


def test_own_headers_and_sources_are_what_is_declared(live: Live) -> None:
    own = {
        "headers": [
            {"source": "/:path*", "headers": [{"key": "X-Frame-Options", "value": "SAMEORIGIN"}]},
            {
                "source": "/(.*)",
                "has": [{"type": "host", "value": "old.example"}],
                "headers": [{"key": "Referrer-Policy", "value": "no-referrer"}],
            },
        ],
        "contentSecurityPolicy": {"frame-ancestors": ["'self'"]},
        "noncePages": ["/orders/[id]", "/cart"],
    }
    (live.store / "vercel/own.json").write_text(json.dumps(own))
    assert {*live.of("failed")} == {HEADERS, CSP}
    home(X_Frame_Options="SAMEORIGIN", Referrer_Policy="anything")(live)
    policy("frame-ancestors 'none'", "frame-ancestors 'self'")(live)
    assert live.of("failed") == {}


def test_a_redirect_is_followed_nowhere(live: Live) -> None:
    stolen = f"{live.shop.api.address}/stolen"
    for path in ("/", "/cart", "/robots.txt", "/api/readyz", "/api/docs"):
        live.shop.site.pages[path] = Page(307, {"Location": stolen})
    assert live.of("failed")[HOME].startswith(f"{live.shop.site.address}/ leads to {stolen}: under")
    assert "GET /stolen" not in live.shop.api.requests


ADDRESSES = (
    "http://shop.example.com", "http://localhost.example.com", "http://127.0.0.1@example.com",
    "https://ida:a-password@shop.example.com", "https://shop.example.com/path", "https://",
    "https://shop.example.com:port", "ftp://localhost", "shop.example.com",
)  # fmt: skip


@pytest.mark.parametrize("address", ADDRESSES)
def test_requests_go_to_no_other_address(address: str) -> None:
    with pytest.raises(LumaError, match=r"^API_ORIGIN has to be https:// and a host, without a"):
        running.origin("API_ORIGIN", address)


@pytest.fixture
def vendors(
    live: Live, generate: Generate, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Path, render_stand_in.Workspace]]:
    """Return a store without a domain, and Render's part of what runs: the store of `live`."""
    store = generate(**ANSWERS | {"domain": ""})
    for name, value in {
        "SENTRY_ORG": "acme",
        "NEXT_PUBLIC_SITE_URL": live.shop.site.address,
        "STOREFRONT_ORIGIN": live.shop.site.address,
        "SENTRY_AUTH_TOKEN": "sntrys_a-long-token",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    for name in ("github", "secrets"):
        monkeypatch.delitem(commands.VENDORS, name)
    for name in ("VERCEL_TEAM", "RENDER_WORKSPACE", "SENTRY_DSN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("luma.live.account.POLL_SECONDS", 0)
    with all_vendors() as held:
        for name, value in {**held.addresses, **held.tokens}.items():
            monkeypatch.setenv(name, value)
        held.sentry.environments.append("production")
        held.sentry.ingest = f"localhost:{live.shop.vendors.port}"
        held.sentry.events = live.shop.events
        held.render.create((store / "render/render.yaml").read_text(), {})
        held.render.one("/services")["serviceDetails"]["url"] = live.shop.api.address
        [variables] = held.render.variables.values()
        live.shop.secret = variables["REVALIDATE_SECRET"]
        live.shop.admin_token = variables["ADMIN_TOKEN"]
        yield store, held.render


def test_the_store_is_checked_when_everything_is_as_declared_and_in_each_check(
    live: Live,
    vendors: tuple[Path, render_stand_in.Workspace],
    capsys: pytest.CaptureFixture[str],
) -> None:
    store, workspace = vendors
    site, api = live.shop.site, live.shop.api
    [variables], [deploys] = workspace.variables.values(), workspace.deploys.values()
    secrets = [render_stand_in.TOKEN, *(variables[name] for name in SECRETS)]

    def command(*arguments: str) -> Done:
        return run_here(capsys, secrets, *arguments, "--store", str(store))

    for without in (("plan",), ("check", "--only", "sentry"), ("apply", "--yes", "--only=sentry")):
        command(*without)
        assert site.requests == api.requests == []
    done = command("apply", "--yes")
    table = done.out[done.out.index(f"The store at {site.address}:\n") :].splitlines()
    assert (done.code, table[1], *table[-2:]) == (
        0,
        f"  ok      {CERTIFICATE}",
        "13 ok, 0 failed, 3 skipped",
        f"Next: API_ORIGIN={api.address} make products FILE=products.csv TO=production",
    )
    assert f"  skipped {DOOR}: {REQUIRED} is not true in Render: see render/README.md" in done.out
    variables[REQUIRED], deploys[0]["commit"] = "true", {"id": "c" * 40}
    assert f"  ok      {DOOR}\n" in command("apply", "--yes").out
    for door in (site, api):
        door.requests.clear()
    done = command("check")
    assert (done.code, done.out.splitlines()[-1]) == (0, "10 ok, 0 failed, 2 skipped")
    assert f"  skipped {OF_API}: it is ccccccc, and git knows no commit here.\n" in done.out
    assert {each.partition(" ")[0] for each in site.requests + api.requests} == {"GET"}
    for_programs = json.loads(command("check", "--json").out)["running"]
    assert for_programs[0] == {"name": CERTIFICATE, "state": "ok", "why": ""}
    assert [each["name"] for each in for_programs] == [*verify.READING]
    live.shop.secret = "another"  # noqa: S105 - it opens nothing
    done = command("apply", "--yes")
    assert (done.code, f"  failed  {SIGNED}: /revalidate answers 401 to" in done.out) == (2, True)
    assert "make products" not in done.out


def test_a_store_whose_address_nobody_knows_is_not_checked(
    generate: Generate, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    store = generate(**ANSWERS | {"domain": ""})
    monkeypatch.delenv("NEXT_PUBLIC_SITE_URL", raising=False)
    assert verify.run(Repository(store), [], engine.Known(), read_only=True) == []
    told = "The running store was not checked: set NEXT_PUBLIC_SITE_URL to its address.\n"
    assert capsys.readouterr().out == told
    monkeypatch.setenv("NEXT_PUBLIC_SITE_URL", "http://shop.example.com")
    with pytest.raises(LumaError, match=r"^NEXT_PUBLIC_SITE_URL has to be https:// and a host"):
        verify.run(Repository(store), [], engine.Known(), read_only=True)


def test_nothing_is_checked_while_something_waits_for_a_person(
    live: Live,
    vendors: tuple[Path, render_stand_in.Workspace],
    capsys: pytest.CaptureFixture[str],
) -> None:
    store, workspace = vendors
    workspace.one("/services")["suspended"] = "suspended"
    assert run_here(capsys, [], "apply", "--yes", "--store", str(store)).code == 3
    assert live.shop.site.requests == []

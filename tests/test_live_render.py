"""Render follows what a store declares, and values that are not to be seen are not."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from support import vercel_api_stand_in as vercel_stand_in
from support.api_stand_in import Fault
from support.checkout import Generate
from support.descriptions import Description
from support.live import ANSWERS, Done, Live, kill_before_the_answer, run_here
from support.render_api_stand_in import OWNER, TOKEN, VALIDATE, Workspace, description, stand_in

from luma.live import commands, engine, transport
from luma.live.render import account
from luma.problems import LumaError

API, DATABASE, CACHE = "luma-store-api", "luma-store-db", "luma-store-cache"
VALUES = {
    "STOREFRONT_ORIGIN": "https://shop.example.com",
    "CLOUDINARY_URL": "cloudinary://123:a-long-secret-of-the-images@lamps",
    "SENTRY_DSN": "https://key@o1.ingest.de.sentry.io/2",
}
GENERATED = "made-for-"
"""How each value begins that the stand-in makes."""
THINGS = 9
WRITES = 6
"""The Blueprint's setting, the mark, each value, the deploy."""


@pytest.fixture(scope="session")
def judge() -> Description:
    return description()


@pytest.fixture
def empty(judge: Description) -> Iterator[Workspace]:
    """Return a workspace without a Blueprint, which only gets right requests."""
    with stand_in(judge) as running:
        yield running
    assert running.wrong == []
    assert not [path for _, path in running.requests if "connection-info" in path]


@pytest.fixture
def store(generate: Generate) -> Path:
    return generate(**ANSWERS)


def environment(workspace: Workspace) -> dict[str, str]:
    address = f"{workspace.address}/v1"
    return {"RENDER_API_KEY": TOKEN, "RENDER_BASE_URL": address, **VALUES}


def form(workspace: Workspace, store: Path, **fields: Any) -> dict[str, Any]:
    """Do what a person does in the Dashboard, who has no value at hand."""
    return workspace.create((store / "render/render.yaml").read_text(), {}, **fields)


@pytest.fixture
def live(
    empty: Workspace,
    store: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Live:
    """Return a function that runs the command here, where no terminal is."""
    for name, value in environment(empty).items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("RENDER_WORKSPACE", raising=False)
    monkeypatch.setattr(engine, "SETTLE_SECONDS", 0)
    monkeypatch.setattr("luma.live.account.POLL_SECONDS", 0)

    def live(command: str, *options: str, only: str = "render", store: Path = store) -> Done:
        arguments = [command, "--only", only, *options, "--store", str(store)]
        secrets = (TOKEN, VALUES["CLOUDINARY_URL"], VALUES["SENTRY_DSN"], GENERATED)
        return run_here(capsys, secrets, *arguments)

    return live


@pytest.fixture
def created(empty: Workspace, store: Path) -> Workspace:
    """Return a workspace in which a person has created the Blueprint, without a value."""
    form(empty, store)
    return empty


@pytest.fixture
def equal(created: Workspace, live: Live) -> Workspace:
    """Return a workspace that has what the store declares, and no requests recorded."""
    assert live("apply", "--yes").code == 0
    created.requests.clear()
    return created


@pytest.fixture(scope="module")
def whole(judge: Description, generate: Generate) -> Any:
    """Return all that is there when everything was done in one go."""
    with stand_in(judge) as running, pytest.MonkeyPatch.context() as patch:
        for name, value in environment(running).items():
            patch.setenv(name, value)
        patch.setattr("luma.live.account.POLL_SECONDS", 0)
        store = generate(**ANSWERS)
        form(running, store)
        arguments = ["apply", "--yes", "--only", "render", "--store", str(store)]
        assert commands.main(arguments) == 0
        return running.holds()


def test_without_a_blueprint_everything_waits_for_a_person(
    empty: Workspace, live: Live, store: Path
) -> None:
    for command in ("plan", "check", "apply"):
        empty.requests.clear()
        done = live(command)
        assert (done.code, empty.writes, len(empty.requests)) == (3, [], 6)
        assert f"{THINGS} to create, 0 to change, 0 unchanged, 0 not declared here\n" in done.out
        [step] = re.findall("^waiting for you: (.+)$", done.out, re.MULTILINE)
        text, _, link = step.rpartition(" ")
        assert text.startswith("Create the Blueprint in the workspace Lamps. Its form asks for ")
        assert "CLOUDINARY_URL: Cloudinary, Settings, API Keys: cloudinary://key" in text
        assert "SENTRY_DSN: Sentry, project luma-store-api, Client Keys (DSN)" in text
        assert f"]({link})" in (store / "README.md").read_text()


def test_what_a_person_has_begun_is_waited_for_and_carried_out(
    empty: Workspace, live: Live, store: Path
) -> None:
    assert live("apply", "--yes").code == 3
    blueprint = form(empty, store, status="syncing")
    assert "waiting for you: Render is syncing the Blueprint:" in live("check").out
    empty.syncs = 2
    done = live("apply", "--yes")
    assert done.code == 0
    assert "waiting for the sync of the Blueprint: syncing, 0 s ...\n" in done.out
    assert "waiting for the deploy of luma-store-api: at work, 0 s ...\n" in done.out
    assert done.out.endswith("\nRender is as declared.\n")
    assert len(empty.writes) == WRITES
    assert (blueprint["autoSync"], blueprint["path"]) == (False, "render/render.yaml")
    for command in ("apply", "plan", "check"):
        empty.requests.clear()
        again = live(command)
        assert (again.code, empty.writes, len(empty.requests)) == (0, [], 9)
        assert f"0 to create, 0 to change, {THINGS} unchanged, 0 not declared" in again.out


def test_render_gets_each_value_alone_and_one_deploy(equal: Workspace) -> None:
    [variables] = equal.variables.values()
    assert {name: variables[name] for name in VALUES} == VALUES
    assert variables["CACHE_URL"] == f"{GENERATED}CACHE_URL"
    [deploys] = equal.deploys.values()
    assert [each["status"] for each in deploys] == ["live", "update_failed"]


def test_where_the_form_was_filled_in_nothing_is_deployed(
    empty: Workspace, live: Live, store: Path
) -> None:
    empty.create((store / "render/render.yaml").read_text(), VALUES)
    assert live("apply", "--yes").code == 0
    assert [method for method, _ in empty.writes] == ["PATCH"]


def test_a_value_that_nobody_has_said_waits_and_so_does_the_deploy(
    created: Workspace, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CLOUDINARY_URL")
    done = live("apply", "--yes")
    assert done.code == 3
    assert "waiting for you: Set CLOUDINARY_URL for this command, or in Render (Cloud" in done.out
    assert "https://dashboard.render.com/web/srv-" in done.out
    assert "POST" not in {method for method, _ in created.writes}
    monkeypatch.setenv("CLOUDINARY_URL", VALUES["CLOUDINARY_URL"])
    assert live("apply", "--yes").code == 0
    assert len(created.writes) == WRITES


@pytest.mark.usefixtures("equal")
def test_a_value_that_a_person_has_set_is_not_for_this_command_to_say(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in VALUES:
        monkeypatch.delenv(name)
    assert live("check").code == 0


@pytest.mark.parametrize("number", range(1, WRITES + 1))
def test_killed_after_each_write_before_its_answer_and_run_again(
    created: Workspace, whole: Any, store: Path, live: Live, number: int
) -> None:
    kill_before_the_answer(number, created, "render", store, environment(created))
    assert live("apply", "--yes").code == 0
    assert len(created.writes) == WRITES
    assert created.holds() == whole


@pytest.mark.parametrize("applied", [True, False], ids=["answer lost", "lost on the way"])
def test_no_write_is_done_twice_when_its_answer_is_lost(
    created: Workspace, whole: Any, live: Live, applied: bool
) -> None:
    lost: list[tuple[str, str]] = []

    def fault(method: str, path: str) -> Fault | None:
        if method == "GET" or path == VALIDATE or (method, path) in lost:
            return None
        lost.append((method, path))
        return Fault(applied=applied)

    created.fault = fault
    assert live("apply", "--yes").code == 0
    assert created.holds() == whole
    assert len(created.writes) == WRITES * (1 if applied else 2)


def test_the_limit_is_waited_for_until_renders_own_time(
    created: Workspace, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(time, "sleep", pauses.append)
    left = [Fault(429, (("Ratelimit-Reset", "30"),))]
    created.fault = lambda method, _: left.pop() if left and method == "POST" else None
    assert live("plan").code == 2
    assert pauses == [30]


def test_every_page_of_a_listing_is_read(
    equal: Workspace, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(account, "PAGE_ITEMS", 1)
    equal.owners.append({**OWNER, "id": "tea-2", "name": "Other"})
    for name in ("tea-1", "Lamps"):
        monkeypatch.setenv("RENDER_WORKSPACE", name)
        assert live("check").code == 0


def other(path: str) -> Callable[[Workspace], Any]:
    """Return a change that makes a second thing of a name."""
    return lambda it: it.made[path].append({**it.made[path][0], "id": "other"})


REFUSED: dict[str, tuple[Callable[[Workspace], Any], str]] = {
    "a file that Render refuses": (
        lambda it: it.problems.append({"line": 12, "path": "services[0].plan", "error": "No."}),
        "render/render.yaml: line 12, services[0].plan: No.",
    ),
    "several workspaces": (
        lambda it: it.owners.append({**OWNER, "id": "tea-2", "name": "Other"}),
        "Set RENDER_WORKSPACE to the workspace that the store belongs to, one of: tea-1 (Lamps), t",
    ),
    "two Blueprints": (
        lambda it: it.blueprints.append({**it.blueprints[0], "id": f"exs-{99:020}"}),
        "There are 2 Blueprints of lamps/shop: disconnect all but one at https://dashboard",
    ),
    "two databases": (other("/postgres"), "There are 2 of the database luma-store-db: rename"),
    "another repository": (
        lambda it: it.one("/services").update(repo="https://github.com/lamps/other.git"),
        "The service luma-store-api is there already, and builds https://github.com/lamps/other",
    ),
    "another region": (
        lambda it: it.one("/postgres").update(region="oregon"),
        "The database luma-store-db is in oregon instead of frankfurt, and can't be moved: follow",
    ),
}


@pytest.mark.parametrize(("prepare", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_must_not_be_touched_is_refused_before_any_write(
    created: Workspace, live: Live, prepare: Callable[[Workspace], Any], sentence: str
) -> None:
    prepare(created)
    done = live("apply", "--yes")
    assert (done.code, created.writes) == (1, [])
    assert done.error.startswith(sentence)


WRONG_SETTINGS: dict[str, tuple[str, str, str]] = {
    "a wrong key": ("RENDER_API_KEY", "rnd_other", "Render does not accept the token in RENDER"),
    "no key": ("RENDER_API_KEY", "", "RENDER_API_KEY is not set: At https://dashboard.render.com/"),
    "no such workspace": ("RENDER_WORKSPACE", "Other", "Set RENDER_WORKSPACE to the workspace"),
    "a strange host": ("RENDER_BASE_URL", "https://example.com/v1", "RENDER_BASE_URL may only"),
}


@pytest.mark.parametrize("setting", WRONG_SETTINGS.values(), ids=WRONG_SETTINGS)
def test_settings_that_cannot_work_are_told(
    created: Workspace,
    live: Live,
    setting: tuple[str, str, str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    name, value, sentence = setting
    monkeypatch.setenv(name, value)
    done = live("apply", "--yes")
    assert (done.code, created.writes) == (1, [])
    assert done.error.startswith(sentence)


def test_a_blueprint_of_the_store_gets_the_right_path_and_another_one_is_left(
    empty: Workspace, live: Live, store: Path
) -> None:
    theirs = {"path": "docs/render.yaml", "repo": "https://github.com/lamps/shop"}
    beside = form(empty, store, **theirs, status="error")
    beside["resources"] = [{"id": "srv-99", "name": "docs", "type": "static_site"}]
    elsewhere = form(empty, store, repo="https://github.com/lamps/other", status="error")
    assert live("check").code == 3
    ours = form(empty, store, path="render.yaml")
    assert "  path: render.yaml -> render/render.yaml\n" in live("check").out
    assert live("apply", "--yes").code == 0
    assert (ours["path"], ours["autoSync"]) == ("render/render.yaml", False)
    assert (beside["autoSync"], elsewhere["autoSync"]) == (True, True)


def suspended(held: dict[str, Any]) -> None:
    held.update(suspended="suspended", suspenders=["billing"])


def newest(it: Workspace) -> dict[str, Any]:
    [deploys] = it.deploys.values()
    return deploys[0]


STEPS: dict[str, tuple[Callable[[Workspace], Any], str, str]] = {
    "a paused Blueprint": (
        lambda it: it.blueprints[0].update(status="paused"),
        "change sync of the Blueprint\n  status: paused -> in_sync\n",
        "The Blueprint is paused. Resume it, and press Manual Sync: https://dashboard.render.com/b",
    ),
    "a failed sync": (
        lambda it: it.blueprints[0].update(status="error"),
        "change sync of the Blueprint\n  status: error -> in_sync\n",
        "The Blueprint's last sync failed. Read why, correct it, and press Manual Sync: https://d",
    ),
    "a sync that has not begun": (
        lambda it: it.blueprints[0].update(status="created"),
        "change sync of the Blueprint\n  status: created -> in_sync\n",
        "Render has not synced the Blueprint yet. If it does not begin, press Manual Sync: https:",
    ),
    "a suspended service": (
        lambda it: suspended(it.one("/services")),
        f"change service {API}\n  suspended: by billing -> off\n",
        f"The service {API} is suspended by billing. Resume it: https://dashboard.render.com/web/",
    ),
    "a suspended database": (
        lambda it: suspended(it.one("/postgres")),
        f"change database {DATABASE}\n  suspended: by billing -> off\n",
        f"The database {DATABASE} is suspended by billing. Resume it: https://dashboard.render",
    ),
    "a suspended cache": (
        lambda it: it.one("/key-value").update(status="suspended"),
        f"change cache {CACHE}\n  suspended: by somebody -> off\n",
        f"The cache {CACHE} is suspended by somebody. Resume it: https://dashboard.render.com/",
    ),
    "a plan that nobody knows": (
        lambda it: it.one("/services")["serviceDetails"].update(plan="9c_99gb"),
        f"change service {API}\n  plan: 9c-99gb -> 0.5c-512mb\n",
        "Press Manual Sync, so that Render follows render/render.yaml: https://dashboard.render",
    ),
    "a health check": (
        lambda it: it.one("/services")["serviceDetails"].update(healthCheckPath="/"),
        f"change service {API}\n  healthCheckPath: / -> /livez\n",
        "Press Manual Sync",
    ),
    "an open database": (
        lambda it: it.one("/postgres").update(
            ipAllowList=[{"cidrBlock": "0.0.0.0/0", "description": "all"}]
        ),
        f"change database {DATABASE}\n  open to: 0.0.0.0/0 -> no address\n",
        "Press Manual Sync",
    ),
    "an open cache": (
        lambda it: it.one("/key-value").update(
            ipAllowList=[{"cidrBlock": "10.0.0.1/32", "description": "me"}]
        ),
        f"change cache {CACHE}\n  open to: 10.0.0.1/32 -> no address\n",
        "Press Manual Sync",
    ),
    "a deleted database": (
        lambda it: it.made["/postgres"].clear(),
        f"create database {DATABASE}\n",
        "Press Manual Sync",
    ),
    "a deploy that failed": (
        lambda it: newest(it).update(status="build_failed"),
        f"change deploy of {API}\n  state: build_failed -> live\n",
        f"The newest deploy of {API} is not live (build_failed). Read why, and deploy again: htt",
    ),
}


@pytest.mark.parametrize(("drift", "shown", "step"), STEPS.values(), ids=STEPS)
def test_what_only_a_person_may_change_is_shown_with_the_place_to_do_it(
    equal: Workspace, live: Live, drift: Callable[[Workspace], Any], shown: str, step: str
) -> None:
    drift(equal)
    for command in ("check", "apply"):
        done = live(command)
        assert (done.code, equal.writes) == (3, [])
        assert shown in done.out
        assert f"waiting for you: {step}" in done.out


def set_value(name: str, value: str) -> Callable[[Workspace], Any]:
    return lambda it: next(iter(it.variables.values())).update({name: value})


DRIFT: dict[str, tuple[Callable[[Workspace], Any], str]] = {
    "Auto Sync": (
        lambda it: it.blueprints[0].update(autoSync=True),
        "change Blueprint render/render.yaml\n  Auto Sync: on -> off\n",
    ),
    "another value": (
        set_value("SENTRY_DSN", "unseen-value"),
        f"change variable SENTRY_DSN of {API}\n  value: another, not shown -> as it is set here",
    ),
    "an empty value": (set_value("CLOUDINARY_URL", ""), f"create variable CLOUDINARY_URL of {API}"),
    "a deploy that is not done": (
        lambda it: newest(it).update(status="build_in_progress", left=3),
        f"change deploy of {API}\n  state: at work -> live\n",
    ),
}


@pytest.mark.parametrize(("drift", "shown"), DRIFT.values(), ids=DRIFT)
def test_drift_is_found_without_a_write_and_repaired(
    equal: Workspace, live: Live, drift: Callable[[Workspace], Any], shown: str
) -> None:
    before = equal.holds()["variables"]
    before = {number: dict(values) for number, values in before.items()}
    drift(equal)
    done = live("check")
    assert (done.code, equal.writes) == (2, [])
    assert shown in done.out
    assert "unseen-value" not in done.out
    assert live("apply", "--yes").code == 0
    assert live("check").code == 0
    for number, values in equal.variables.items():
        assert {name: values[name] for name in VALUES} == {
            name: before[number][name] for name in VALUES
        }


def test_a_deploy_that_fails_is_told_with_its_place(created: Workspace, live: Live) -> None:
    created.ending = "pre_deploy_failed"
    done = live("apply", "--yes")
    assert done.code == 1
    told = f"The deploy of {API} ended with pre_deploy_failed: read why at https://dashboard.render"
    assert done.error.startswith(told)
    assert f"Not confirmed: deploy of {API}." in done.error
    assert live("apply", "--yes").code == 3
    assert len(created.writes) == WRITES


def test_a_deploy_that_waits_in_line_is_waited_for_and_not_begun_twice(
    created: Workspace, live: Live
) -> None:
    created.queues = True
    done = live("apply", "--yes")
    assert done.code == 0
    assert f"waiting for the deploy of {API}: none since the values were set, 0 s" in done.out
    assert len(created.writes) == WRITES


def test_a_deploy_without_an_end_is_told(
    created: Workspace, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    created.reads = 10**6
    monkeypatch.setattr("luma.live.account.PATIENCE_SECONDS", 0)
    done = live("apply", "--yes")
    assert done.error.startswith(f"The deploy of {API} is not done after 0 minutes (at work).")


def test_what_is_not_declared_is_shown_and_left_alone(equal: Workspace, live: Live) -> None:
    set_value("REQUIRE_STOREFRONT_SECRET", "true")(equal)
    set_value("SOMEBODYS_FLAG", "true")(equal)
    gone = {"id": "srv-99", "name": "nightly", "type": "cron_job"}
    equal.blueprints[0]["resources"].append(gone)
    done = live("apply", "--yes")
    assert (done.code, equal.writes) == (0, [])
    for name in ("cron job nightly", f"variable SOMEBODYS_FLAG of {API}"):
        assert f"not declared here, left alone: {name}\n" in done.out
    assert "2 not declared here" in done.out


def test_a_service_of_the_store_gets_its_values_too(
    empty: Workspace, live: Live, store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = shutil.copytree(store, tmp_path / "own")
    text = (own / "render/render.yaml").read_text()
    worker = (
        "          - type: web\n            name: luma-store-bot\n            plan: starter\n"
        "            region: frankfurt\n            healthCheckPath: /\n            envVars:\n"
        "              - {key: BOT_TOKEN, sync: false}\n"
    )
    at = text.index("          - type: keyvalue\n")
    (own / "render/render.yaml").write_text(text[:at] + worker + text[at:])
    form(empty, own)
    assert (
        "Set BOT_TOKEN for this command, or in Render (a value of your own): "
        in live("apply", "--yes", store=own).out
    )
    monkeypatch.setenv("BOT_TOKEN", "a-long-token-of-the-bot")
    done = live("apply", "--yes", store=own)
    assert (done.code, "a-long-token" in done.out) == (0, False)
    assert len(empty.writes) == WRITES + 3


@pytest.mark.usefixtures("equal")
def test_a_carried_secret_is_masked_in_what_vercel_says(
    live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("VERCEL_TOKEN", vercel_stand_in.TOKEN)
    with vercel_stand_in.stand_in(vercel_stand_in.descriptions()) as team:
        team.failing.add("STOREFRONT_SECRET")
        monkeypatch.setenv("VERCEL_BASE_URL", team.address)
        done = live("apply", "--yes", only="render,vercel")
    told = "Vercel did not take STOREFRONT_SECRET: BAD_VALUE: *** is not good."
    assert done.error.startswith(told)


def test_what_only_reads_sends_one_post_and_nothing_that_writes(empty: Workspace) -> None:
    base = f"{empty.address}/v1"
    reading = transport.Transport(account.API, base, TOKEN, read_only=True)
    file = ("render.yaml", b"services: []", "application/yaml")
    assert reading.post_form(account.VALIDATE, {"ownerId": "tea-1"}, file).json() == {"valid": True}
    with pytest.raises(LumaError, match="POST /services may write, so it was not sent"):
        reading.post_form("/services", {}, file)
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        with pytest.raises(LumaError, match="This only reads"):
            reading.send(method, "/services/srv-1/deploys", {})
    assert empty.requests == [("POST", VALIDATE)]


BROKEN: dict[str, tuple[str, Callable[..., tuple[str, str, Any]]]] = {
    "a method": ("PATCH", lambda _, path, body: ("PUT", path, body)),
    "a path": ("env-vars", lambda method, path, body: (method, path.replace("-", "_"), body)),
    "a field of the Blueprint": (
        "PATCH", lambda method, path, body: (method, path, {**body, "auto_sync": False})
    ),
    "a value that is no text": (
        "PUT", lambda method, path, _: (method, path, {"value": 5})
    ),
    "a field of a variable": (
        "PUT", lambda method, path, body: (method, path, {"val": body["value"]})
    ),
    "a field of the deploy": (
        "POST", lambda method, path, _: (method, path, {"clear_cache": "do_not_clear"})
    ),
    "a choice of the deploy": (
        "POST", lambda method, path, _: (method, path, {"clearCache": "no"})
    ),
}  # fmt: skip


@pytest.mark.parametrize(("where", "broken"), BROKEN.values(), ids=BROKEN)
def test_a_wrong_call_turns_red_through_the_description(
    created: Workspace,
    live: Live,
    where: str,
    broken: Callable[..., tuple[str, str, Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    send = account.Account.send

    def sent(self: Any, method: str, path: str, body: Any) -> None:
        if where in f"{method} {path}":
            method, path, body = broken(method, path, body)
        send(self, method, path, body)

    monkeypatch.setattr(account.Account, "send", sent)
    assert live("apply", "--yes").code == 1
    assert len(created.wrong) == 1
    created.wrong.clear()


def test_a_form_with_another_field_turns_red_through_the_description(
    created: Workspace, live: Live, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = transport.Transport.post_form

    def posted(self: Any, path: str, fields: Any, file: Any) -> Any:
        return post(self, path, {"owner": fields["ownerId"]}, file)

    monkeypatch.setattr(transport.Transport, "post_form", posted)
    assert live("check").code == 1
    assert len(created.wrong) == 1
    created.wrong.clear()

"""The Cloudinary account becomes what storage/cloudinary.yml declares, however it is met."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import cloudinary.api
import pytest
from support.checkout import ROOT, Generate
from support.cloudinary_stand_in import SECRET, WRITES, StandIn, stand_in
from support.cloudinary_wire import wrong_calls

from luma.live import commands
from luma.live.cloudinary import Account
from luma.problems import LumaError

COMMAND = (sys.executable, "-B", str(ROOT / "luma"), "storage")
PRESET = "luma-store-product"
CARD = "luma-store-card"
WIDTH_FIRST = "w_640,h_800,c_fill,g_auto/"
NAMES = {f"named transformation luma-store-{name}" for name in ("card", "detail", "social")}
ALL = NAMES | {f"upload preset {PRESET}", "notification of upload"}
OWN = """\
named_transformations:
  luma-store-card: c_fill,g_auto,h_800,w_640/f_auto/q_auto
  luma-store-detail: c_limit,h_1600,w_1600/f_auto/q_auto
  luma-store-social: c_fill,g_auto,h_630,w_1200/f_auto/q_auto
"""
HEADING = "Cloudinary, account demo:\n"
EQUAL = f"{HEADING}0 to create, 0 to change, 5 unchanged, 0 not declared here\n"


@pytest.fixture
def account() -> Iterator[StandIn]:
    """Return an empty account, which only gets right requests."""
    with stand_in() as running:
        yield running
        assert wrong_calls(running) == []


@pytest.fixture(scope="module")
def store(generate: Generate, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a store that declares transformations of its own beside the template's preset."""
    store = tmp_path_factory.mktemp("storage") / "store"
    shutil.copytree(generate(domain="shop.example.com"), store)
    (store / "storage/own.yml").write_text(OWN)
    return store


def environment(**variables: str) -> dict[str, str]:
    inherited = {name: os.environ[name] for name in os.environ if "CLOUDINARY" not in name}
    return {**inherited, **variables}


def sync(store: Path, command: str, url: str, **variables: str) -> subprocess.CompletedProcess[str]:
    result = subprocess.run(
        [*COMMAND, command],
        cwd=store,
        env=environment(CLOUDINARY_URL=url, **variables),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert SECRET not in result.stdout + result.stderr
    assert "Traceback" not in result.stderr
    return result


def written(account: StandIn) -> list[list[str]]:
    return [request for request in account.set()["requests"] if request[0] in WRITES]


def with_declaration(store: Path, folder: Path, old: str, new: str) -> Path:
    """Copy what the tool needs of a store, with something else declared."""
    for name in ("storage", "tools"):
        shutil.copytree(store / name, folder / name)
    for name in (".copier-answers.yml", "env.yml"):
        shutil.copy(store / name, folder)
    files = [folder / "storage/cloudinary.yml", folder / "storage/own.yml"]
    [file] = [file for file in files if old in file.read_text()]
    file.write_text(file.read_text().replace(old, new))
    return folder


@pytest.fixture(scope="module")
def applied(store: Path) -> dict[str, Any]:
    """Return what an empty account holds after an apply."""
    with stand_in() as fresh:
        assert sync(store, "apply", fresh.url).returncode == 0
        return {kind: fresh.set()[kind] for kind in ("presets", "transformations", "triggers")}


@pytest.fixture
def equal(account: StandIn, applied: dict[str, Any]) -> StandIn:
    """Return an account that holds what the store declares, and that has recorded nothing yet."""
    account.set(**applied)
    return account


def test_a_plan_shows_what_is_missing_and_writes_nothing(account: StandIn, store: Path) -> None:
    result = sync(store, "plan", account.url)
    assert (result.returncode, result.stderr) == (2, "")
    assert {f"create {title}" for title in ALL} <= set(result.stdout.splitlines())
    assert "  allowed_formats: avif, jpg, png, webp\n" in result.stdout
    assert result.stdout.endswith("5 to create, 0 to change, 0 unchanged, 0 not declared here\n")
    assert written(account) == []


@pytest.mark.parametrize("typed", [True, False], ids=["as typed values", "as they were sent"])
def test_an_applied_file_is_equal_and_applied_again_writes_nothing(
    account: StandIn, store: Path, typed: bool
) -> None:
    account.set(typed=typed)
    applied = sync(store, "apply", account.url)
    assert (applied.returncode, applied.stderr) == (0, "")
    assert {f"written: {title}" for title in ALL} <= set(applied.stdout.splitlines())
    assert len(written(account)) == 5
    for command in ("apply", "plan"):
        again = sync(store, command, account.url)
        assert (again.returncode, again.stdout, again.stderr) == (0, EQUAL, "")
    assert len(written(account)) == 5


def test_what_the_account_gets_is_what_the_file_says(equal: StandIn) -> None:
    held = equal.set()
    assert held["transformations"][CARD] == "c_fill,g_auto,h_800,w_640/f_auto/q_auto"
    preset = held["presets"][PRESET]
    assert not preset["unsigned"]
    assert (preset["allowed_formats"], preset["tags"]) == ("avif,jpg,png,webp", "product")


def test_drift_is_shown_field_by_field_and_repaired(equal: StandIn, store: Path) -> None:
    equal.by_hand("PUT", f"upload_presets/{PRESET}", unsigned="true", allowed_formats="svg,jpg")
    equal.by_hand("PUT", "transformations", transformation=CARD, unsafe_update="c_scale,w_9/f_auto")
    plan = sync(store, "plan", equal.url)
    assert plan.returncode == 2
    assert plan.stdout.startswith(HEADING)
    assert set(plan.stdout.splitlines()[1:]) == {
        f"change named transformation {CARD}",
        "  (declared in storage/own.yml:2)",
        "  (declared in storage/cloudinary.yml:7)",
        "  definition: c_scale,w_9/f_auto -> c_fill,g_auto,h_800,w_640/f_auto/q_auto",
        f"change upload preset {PRESET}",
        "  unsigned: true -> false",
        "  allowed_formats: jpg, svg -> avif, jpg, png, webp",
        "0 to create, 2 to change, 3 unchanged, 0 not declared here",
    }
    equal.set(requests=[])
    assert sync(store, "apply", equal.url).returncode == 0
    assert written(equal) == [["PUT", "transformations"], ["PUT", f"upload_presets/{PRESET}"]]
    assert sync(store, "plan", equal.url).stdout == EQUAL


def test_another_order_of_the_same_values_is_no_drift(
    equal: StandIn, store: Path, tmp_path: Path
) -> None:
    equal.by_hand("PUT", f"upload_presets/{PRESET}", allowed_formats="webp,png,jpg,avif")
    changed = with_declaration(store, tmp_path, "c_fill,g_auto,h_800,w_640/", WIDTH_FIRST)
    assert sync(changed, "plan", equal.url).stdout == EQUAL


def test_what_the_file_does_not_name_is_listed_and_survives(equal: StandIn, store: Path) -> None:
    for name in ("aaa-other", "luma-store-old", "zzz-other"):
        equal.by_hand("POST", "upload_presets", name=name, unsigned="true")
    equal.by_hand("POST", "transformations", name="other-card", transformation="c_fill,w_1")
    equal.by_hand("PUT", f"upload_presets/{PRESET}", eager="c_fill,w_1|c_fill,w_2")
    before = equal.set(page_max=1, requests=[])
    result = sync(store, "apply", equal.url)
    assert result.returncode == 0
    assert set(result.stdout.splitlines()[1:]) == {
        "not declared here, left alone: upload preset aaa-other",
        "not declared here, left alone: upload preset luma-store-old, named like this store's",
        "not declared here, left alone: upload preset zzz-other",
        "not declared here, left alone: named transformation other-card",
        f"not declared here, left alone: upload preset {PRESET}: eager = c_fill,w_1 | c_fill,w_2",
        "0 to create, 0 to change, 5 unchanged, 5 not declared here",
    }
    after = equal.set()
    assert written(equal) == []
    assert (after["presets"], after["transformations"]) == (
        before["presets"],
        before["transformations"],
    )


@pytest.mark.parametrize("replaces", [True, False])
def test_what_was_added_to_a_declared_preset_survives_its_repair(
    equal: StandIn, store: Path, replaces: bool
) -> None:
    equal.by_hand("PUT", f"upload_presets/{PRESET}", eager="c_fill,w_1|c_fill,w_2", tags="other")
    equal.set(replaces=replaces)
    assert sync(store, "apply", equal.url).returncode == 0
    preset = equal.set()["presets"][PRESET]
    assert (preset["eager"], preset["tags"]) == ("c_fill,w_1|c_fill,w_2", "product")


def test_every_page_of_a_listing_is_read(equal: StandIn, store: Path) -> None:
    equal.set(page_max=1)
    equal.by_hand("POST", "upload_presets", name="aaa-other")
    assert "5 unchanged" in sync(store, "plan", equal.url).stdout
    listings = [path for _, path in equal.set()["requests"] if path == "transformations"]
    assert len(listings) == 3 + 3


def test_an_apply_that_is_killed_goes_on_where_it_was(account: StandIn, store: Path) -> None:
    account.set(hold_write=2)
    with subprocess.Popen(
        [*COMMAND, "apply"],
        cwd=store,
        env=environment(CLOUDINARY_URL=account.url),
        stdout=subprocess.DEVNULL,
    ) as running:
        deadline = time.monotonic() + 30
        while account.set()["writes"] < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
        running.kill()
    held = account.set(hold_write=0, requests=[])
    assert len(held["transformations"]) + len(held["presets"]) == 1
    again = sync(store, "apply", account.url)
    assert again.returncode == 0
    assert "4 to create, 0 to change, 1 unchanged" in again.stdout
    assert len(written(account)) == 4
    assert sync(store, "plan", account.url).stdout == EQUAL


def test_a_write_whose_answer_is_lost_is_named_and_the_next_apply_ends_equal(
    account: StandIn, store: Path
) -> None:
    account.set(lose_write=2)
    result = sync(store, "apply", account.url)
    assert result.returncode == 1
    assert result.stderr == (
        "Cloudinary cannot be reached or gives no usable answer."
        f" Written: named transformation {CARD}."
        " Not confirmed: named transformation luma-store-detail."
        f" Not begun: named transformation luma-store-social, upload preset {PRESET}, "
        "notification of upload."
        " Run this again: it writes only what is missing.\n"
    )
    assert sync(store, "apply", account.url).returncode == 0
    assert sync(store, "plan", account.url).stdout == EQUAL


def test_a_value_that_cloudinary_takes_and_does_not_keep_is_told(
    account: StandIn, store: Path
) -> None:
    account.set(forgotten="overwrite")
    result = sync(store, "apply", account.url)
    assert result.returncode == 2
    _, told = result.stdout.split("Cloudinary accepted the values, but returns others:\n")
    assert told.splitlines()[:2] == [f"change upload preset {PRESET}", "  overwrite: true -> false"]


def test_a_reached_limit_says_when_to_try_again(account: StandIn, store: Path) -> None:
    account.set(limited_until="2026-11-22 18:00:00 UTC")
    result = sync(store, "apply", account.url)
    assert result.returncode == 1
    assert result.stderr == (
        "Cloudinary's limit of requests per hour is reached:"
        " try again on 2026-11-22 18:00:00 UTC. Nothing was written.\n"
    )


@pytest.mark.parametrize("given", ["wrong-horse@demo", f"{SECRET}@another-cloud"])
def test_wrong_credentials_are_told(account: StandIn, store: Path, given: str) -> None:
    result = sync(store, "apply", account.url.replace(f"{SECRET}@demo", given))
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith("Cloudinary does not accept the key and secret")
    assert "wrong-horse" not in result.stderr


def test_a_server_that_is_down_is_told(account: StandIn, store: Path) -> None:
    url = account.url.replace(f":{account.port}", ":9")
    result = sync(store, "plan", url)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr == (
        "Cloudinary cannot be reached or gives no usable answer. Nothing was written.\n"
    )


REFUSED: dict[str, tuple[str, dict[str, str], str]] = {
    "missing": ("", {}, "CLOUDINARY_URL is not set: it must be cloudinary://"),
    "another scheme": ("https://api.cloudinary.com", {}, "CLOUDINARY_URL must be cloudinary://"),
    "no secret": ("cloudinary://key@demo", {}, "CLOUDINARY_URL must be cloudinary://"),
    "no cloud": (f"cloudinary://key:{SECRET}@", {}, "CLOUDINARY_URL must be cloudinary://"),
    "no URL": (f"cloudinary://key:{SECRET}@[demo", {}, "CLOUDINARY_URL must be cloudinary://"),
    "a masked secret": ("cloudinary://key:*********@demo", {}, "CLOUDINARY_URL still holds a"),
    "the console's placeholders": (
        "cloudinary://<your_api_key>:<your_api_secret>@demo",
        {},
        "CLOUDINARY_URL still holds a placeholder",
    ),
    "both kinds of variables": (
        f"cloudinary://key:{SECRET}@demo",
        {"CLOUDINARY_CLOUD_NAME": "demo", "CLOUDINARY_API_SECRET": SECRET},
        "Unset CLOUDINARY_API_SECRET, CLOUDINARY_CLOUD_NAME: beside CLOUDINARY_URL",
    ),
    "an open line": (
        f"cloudinary://key:{SECRET}@demo?upload_prefix=http://example.com",
        {},
        "The upload_prefix in CLOUDINARY_URL must start with https://",
    ),
}


@pytest.mark.parametrize(("url", "variables", "sentence"), REFUSED.values(), ids=REFUSED)
def test_credentials_that_cannot_work_are_refused_before_any_request(
    store: Path, url: str, variables: dict[str, str], sentence: str
) -> None:
    result = sync(store, "plan", url, **variables)
    assert (result.returncode, result.stdout) == (1, "")
    assert result.stderr.startswith(sentence)
    assert result.stderr.count("\n") == 1


NOT_TO_WRITE = {
    "another project's name": ("luma-store-card:", "card:", "card: must start with luma-store-"),
    "an unsigned preset": ("unsigned: false", "unsigned: true", f"{PRESET}: must be signed"),
    "an unknown field": ("overwrite:", "access_mode:", "access_mode is not a parameter"),
    "another structure": ("upload_presets:", "presets:", "does not have the expected structure"),
}


@pytest.mark.parametrize("edit", NOT_TO_WRITE.values(), ids=NOT_TO_WRITE)
def test_a_declaration_that_must_not_reach_the_account_is_refused(
    account: StandIn, store: Path, tmp_path: Path, edit: tuple[str, str, str]
) -> None:
    old, new, sentence = edit
    changed = with_declaration(store, tmp_path, old, new)
    result = sync(changed, "apply", account.url)
    assert (result.returncode, result.stdout) == (1, "")
    assert sentence in result.stderr
    assert account.set()["requests"] == []


def test_an_incoming_transformation_is_sent_as_written(
    account: StandIn, store: Path, tmp_path: Path
) -> None:
    tags = "    tags: [product]\n"
    extra = f"{tags}    transformation: c_limit,h_2500,w_2500\n"
    changed = with_declaration(store, tmp_path, tags, extra)
    assert sync(changed, "apply", account.url).returncode == 0
    stored: dict[str, Any] = account.set()["presets"][PRESET]
    assert stored["transformation"] == "c_limit,h_2500,w_2500"
    assert sync(changed, "plan", account.url).stdout == EQUAL


def test_a_list_that_the_file_empties_is_drift(equal: StandIn, store: Path, tmp_path: Path) -> None:
    changed = with_declaration(store, tmp_path, "tags: [product]", "tags: []")
    result = sync(changed, "plan", equal.url)
    assert result.returncode == 2
    assert "\n  tags: product -> unset\n" in result.stdout


def test_the_help_explains_the_exit_codes_and_a_wrong_command_is_no_difference(
    store: Path,
) -> None:
    helped = sync(store, "--help", "")
    assert helped.returncode == 0
    assert "2  they differ" in helped.stdout
    assert sync(store, "destroy", "").returncode == 1


ADDRESS = "https://shop.example.com/api/webhooks/cloudinary"


def test_uploads_are_told_to_the_api(equal: StandIn) -> None:
    [trigger] = equal.set()["triggers"]
    sent = {name: trigger[name] for name in ("uri", "event_type")}
    assert sent == {"uri": ADDRESS, "event_type": "upload"}


def test_another_address_is_left_alone_and_the_declared_one_added(
    equal: StandIn, store: Path
) -> None:
    [trigger] = equal.set()["triggers"]
    other = "https://elsewhere.example.com/"
    equal.set(triggers=[{**trigger, "uri": other}])
    done = sync(store, "apply", equal.url)
    assert done.returncode == 0
    assert f"not declared here, left alone: notification of upload to {other}\n" in done.stdout
    assert [each["uri"] for each in equal.set()["triggers"]] == [other, ADDRESS]


def test_without_a_known_address_the_notification_waits(
    equal: StandIn, generate: Generate, store: Path, tmp_path: Path
) -> None:
    waiting = Path(shutil.copytree(generate(), tmp_path / "store"))
    shutil.copy(store / "storage/own.yml", waiting / "storage/own.yml")
    done = sync(waiting, "apply", equal.url)
    assert done.returncode == 0
    assert "set NEXT_PUBLIC_SITE_URL to it here" in done.stdout
    known = sync(waiting, "apply", equal.url, NEXT_PUBLIC_SITE_URL="https://lamps.vercel.app/")
    assert known.returncode == 0
    addresses = {each["uri"] for each in equal.set()["triggers"]}
    assert addresses == {ADDRESS, "https://lamps.vercel.app/api/webhooks/cloudinary"}


def test_what_only_reads_sends_nothing_that_writes(account: StandIn) -> None:
    url = urlsplit(account.url)
    reading = Account(url, read_only=True)
    with pytest.raises(LumaError, match="This only reads: create_trigger was not sent"):
        reading.call("create_trigger", ADDRESS, "upload")
    assert account.set()["requests"] == []


BROKEN: dict[str, tuple[str, Callable[..., tuple[str, list[str], Any]]]] = {
    "a method": ("post triggers", lambda _, path, fields: ("put", path, fields)),
    "a path": ("post upload_presets", lambda method, _, fields: (method, ["preset"], fields)),
    "a value": (
        "post upload_presets", lambda method, path, fields: (method, path, fields | {"unsigned": 2})
    ),
    **{
        f"the field {name}": (
            where, lambda method, path, fields, name=name: (method, path, renamed(fields, name))
        )
        for where, name in {
            "post upload_presets": "allowed_formats",
            "post transformations": "transformation",
            "post triggers": "event_type",
            "get triggers": "event_type",
        }.items()
    },
}  # fmt: skip


def renamed(fields: dict[str, Any], name: str) -> dict[str, Any]:
    return {f"{each}X" if each == name else each: value for each, value in fields.items()}


@pytest.mark.parametrize(("where", "broken"), BROKEN.values(), ids=BROKEN)
def test_a_wrong_call_turns_red_through_the_description(
    account: StandIn,
    store: Path,
    where: str,
    broken: Callable[..., tuple[str, list[str], Any]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    send = cloudinary.api.call_json_api

    def sent(method: str, path: list[str], fields: Any, **options: Any) -> Any:
        if where == " ".join([method, *path]):
            method, path, fields = broken(method, path, fields)
        return send(method, path, fields, **options)

    monkeypatch.setattr(cloudinary.api, "call_json_api", sent)
    monkeypatch.setenv("CLOUDINARY_URL", account.url)
    # The stand-in takes one of them, as Cloudinary may.
    with contextlib.suppress(LumaError):
        commands.storage(["apply", "--store", str(store)])
    assert len(wrong_calls(account)) == 1
    account.set(wire=[])

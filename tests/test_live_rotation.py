"""A secret is replaced in the order in which no request fails, wherever that is interrupted."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from support import render_api_stand_in as render_stand_in
from support import vercel_api_stand_in as vercel_stand_in
from support.api_stand_in import Fault
from support.checkout import Generate
from support.descriptions import Description
from support.live import ANSWERS, Done, at_a_terminal, run_here

from luma.live import commands, engine, rotation
from luma.live.transport import Transport

PROJECT = "luma-store"
TOKENS = {"VERCEL_TOKEN": vercel_stand_in.TOKEN, "RENDER_API_KEY": render_stand_in.TOKEN}
ISSUED = {
    "CLOUDINARY_URL": "cloudinary://123:the-earlier-secret@lamps",
    "SENTRY_AUTH_TOKEN": "sntrys_the-earlier-token",
}
VALUES = {
    "STOREFRONT_ORIGIN": "https://shop.example.com",
    "SENTRY_DSN": "https://key@o1.ingest.de.sentry.io/2",
    "NEXT_PUBLIC_SENTRY_DSN": "https://key@o1.ingest.de.sentry.io/1",
    "NEXT_PUBLIC_CLOUDINARY_CLOUD_NAME": "lamps",
    "SENTRY_ORG": "acme",
}
WRITES = {"REVALIDATE_SECRET": 10, "STOREFRONT_SECRET": 8, "ADMIN_TOKEN": 6}
"""At each step at Render the mark, the value and the deploy; at Vercel the value and the deploy."""
each_generated = pytest.mark.parametrize("name", WRITES)
each_write = pytest.mark.parametrize(
    ("name", "number"),
    [(name, number) for name, writes in WRITES.items() for number in range(1, writes + 1)],
)


class Hosts:
    """Both hosts, the values that run there, and whether what is sent is taken at each moment."""

    def __init__(self, workspace: render_stand_in.Workspace, team: vercel_stand_in.Team) -> None:
        self.render, self.vercel = workspace, team
        self.seen: set[str] = set()
        """Every value that was ever set."""
        self.token = ""
        """The admin token that people have."""
        self.refused: list[str] = []
        self._with: dict[str, dict[str, str]] = {}
        """The values that each deploy began with."""
        for each in (workspace, team):
            each.answering = self._see

    @property
    def stored(self) -> tuple[dict[str, str], dict[str, str]]:
        """Return the values that are set at Render, and at Vercel for production."""
        [at_render] = self.render.variables.values()
        held = self.vercel.variables.get(PROJECT, [])
        at_vercel = {e["key"]: e["value"] for e in held if "production" in e["target"]}
        return dict(at_render), at_vercel

    @property
    def running(self) -> tuple[dict[str, str], dict[str, str]]:
        """Return the values that Render and Vercel run with."""
        [deploys] = self.render.deploys.values()
        live = next(each["id"] for each in deploys if each["status"] == "live")
        ready = next(e["uid"] for e in self.vercel.deployments if e["readyState"] == "READY")
        return self._with[live], self._with[ready]

    @property
    def writes(self) -> int:
        """Return how often something was written."""
        return len(self.render.writes) + len(self.vercel.writes)

    def comment(self, name: str) -> str:
        """Return what Vercel says of a variable."""
        return str(self.vercel.variable(PROJECT, name)["comment"])

    def people_take_the_new_one(self) -> None:
        """Copy the admin token from after the comma, as a person does in Render."""
        self.token = self.stored[0]["ADMIN_TOKEN"].split(",")[-1]

    def begin(self) -> None:
        """Look at each request from now on."""
        for each in (self.render, self.vercel):
            each.requests.clear()
        self.token = self.stored[0]["ADMIN_TOKEN"]
        self.refused.clear()
        # Long enough to be at work when a command is run again.
        self.render.reads = self.vercel.reads = 4

    def _see(self, _method: str, _path: str) -> None:
        if not self.render.variables:
            return
        at_render, at_vercel = self.stored
        [deploys] = self.render.deploys.values()
        for each in deploys:
            self._with.setdefault(each["id"], at_render)
        for each in self.vercel.deployments:
            self._with.setdefault(each["uid"], at_vercel)
        for name in WRITES:
            for values in self.stored:
                self.seen |= {*values.get(name, "").split(",")} - {""}
        if self.token:
            self.refused += self._refused()

    def _refused(self) -> Iterator[str]:
        api, storefront = self.running
        pages, proof = "REVALIDATE_SECRET", "STOREFRONT_SECRET"
        if api[pages].split(",")[0] not in storefront[pages].split(","):
            yield pages
        # An older storefront sends all that it has.
        if storefront[proof] not in api[proof].split(","):
            yield proof
        if self.token not in api["ADMIN_TOKEN"].split(","):
            yield "ADMIN_TOKEN"


class Rotating(NamedTuple):
    """The hosts, and what replaces a secret of a store there."""

    hosts: Hosts
    run: Callable[..., Done]
    person: Callable[..., Done]
    """The same, where somebody reads what is shown and says yes."""

    def whole(self, name: str) -> Done:
        """Replace a secret from the first step to the last, the person's among them."""
        done = self.person("rotate", name)
        if name == "ADMIN_TOKEN" and done.code == 3:
            done = self.person("rotate", name)
        return done


@pytest.fixture(scope="session")
def judges() -> tuple[Description, tuple[Description, Description]]:
    return render_stand_in.description(), vercel_stand_in.descriptions()


@pytest.fixture
def store(generate: Generate) -> Path:
    return generate(**ANSWERS)


@pytest.fixture
def rotating(
    judges: tuple[Description, tuple[Description, Description]],
    store: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Iterator[Rotating]:
    """Return hosts that have what the store declares."""
    with (
        render_stand_in.stand_in(judges[0]) as workspace,
        vercel_stand_in.stand_in(judges[1]) as team,
    ):
        addresses = {
            "RENDER_BASE_URL": f"{workspace.address}/v1",
            "VERCEL_BASE_URL": team.address,
        }
        for name, value in {**TOKENS, **ISSUED, **VALUES, **addresses}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setattr(engine, "SETTLE_SECONDS", 0)
        monkeypatch.setattr("luma.live.account.POLL_SECONDS", 0)
        hosts = Hosts(workspace, team)

        def run(*arguments: str, store: Path = store) -> Done:
            secrets = {*TOKENS.values(), *ISSUED.values(), *hosts.seen}
            done = run_here(capsys, secrets, *arguments, "--store", str(store))
            for secret in hosts.seen:
                assert secret not in done.out + done.error
            return done

        def confirm(_yes: bool) -> None:
            shown = capsys.readouterr().out
            if "This takes the earlier ADMIN_TOKEN away: " in shown:
                hosts.people_take_the_new_one()
            print(shown)

        def person(*arguments: str) -> Done:
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(commands, "_confirm", confirm)
                return run(*arguments)

        workspace.create((store / "render/render.yaml").read_text(), {})
        assert run("apply", "--only", "render,vercel", "--yes").code == 0
        for name in ISSUED:
            monkeypatch.delenv(name)
        hosts.begin()
        yield Rotating(hosts, run, person)
        assert [workspace.wrong, team.wrong] == [[], []]


def assert_replaced(hosts: Hosts, name: str, earlier: str) -> None:
    """Fail where a host has not the same new value, stored, and in use, and nothing is noted."""
    new = hosts.stored[0][name]
    assert new != earlier
    assert "," not in new
    assert len(new) >= 43
    for values in (*hosts.stored, *hosts.running):
        assert values.get(name, new) == new
    if name != "ADMIN_TOKEN":
        assert hosts.stored[1][name] == new
        assert hosts.comment(name) == "Render, service luma-store-api, Environment: copy it"


@each_generated
def test_no_request_fails_while_a_secret_is_replaced(rotating: Rotating, name: str) -> None:
    hosts, earlier = rotating.hosts, rotating.hosts.stored[0]
    done = rotating.whole(name)
    assert (done.code, hosts.refused, hosts.writes) == (0, [], WRITES[name])
    assert done.out.endswith(f"\n{name} is replaced, and the earlier one is accepted no more.\n")
    assert_replaced(hosts, name, earlier[name])
    for other in WRITES.keys() - {name}:
        assert hosts.stored[0][other] == earlier[other]
    assert rotating.run("check", "--only", "render,vercel").code == 0


def test_the_order_is_shown_before_anything_is_written(rotating: Rotating) -> None:
    done = rotating.run("rotate", "REVALIDATE_SECRET")
    assert (done.code, rotating.hosts.writes) == (1, 0)
    assert done.error.startswith("Nothing was written: say --yes where there is no terminal")
    assert done.out == (
        "REVALIDATE_SECRET, in Render and Vercel:\n"
        "change step 1, REVALIDATE_SECRET in Render\n"
        "  value: the earlier one -> the earlier one and a new one\n"
        "change step 2, REVALIDATE_SECRET in Vercel\n"
        "  value: the earlier one -> the earlier one and a new one\n"
        "change step 3, REVALIDATE_SECRET in Render\n"
        "  value: the earlier one and a new one -> the new one\n"
        "change step 4, REVALIDATE_SECRET in Vercel\n"
        "  value: the earlier one and a new one -> the new one\n"
        "0 to create, 4 to change, 0 unchanged, 0 not declared here\n"
    )


@each_generated
def test_a_replaced_secret_can_be_replaced_again(rotating: Rotating, name: str) -> None:
    rotating.whole(name)
    earlier = rotating.hosts.stored[0][name]
    assert rotating.whole(name).code == 0
    assert rotating.hosts.refused == []
    assert_replaced(rotating.hosts, name, earlier)


def interrupt(number: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Have a person interrupt what runs, when it has written so often."""
    send, left = Transport.send, [None] * number

    def interrupted(self: Transport, *given: Any, **options: Any) -> Any:
        answer = send(self, *given, **options)
        left.pop()
        if not left:
            monkeypatch.setattr(Transport, "send", send)
            raise KeyboardInterrupt
        return answer

    monkeypatch.setattr(Transport, "send", interrupted)


@each_write
def test_interrupted_after_each_write_it_goes_on(
    rotating: Rotating, name: str, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts, earlier = rotating.hosts, rotating.hosts.stored[0][name]
    interrupt(number, monkeypatch)
    first = rotating.whole(name)
    assert first.code == 1
    assert first.error.startswith("Interrupted. ")
    done = rotating.whole(name)
    if hosts.stored[0][name] == earlier:
        # Only the mark was set: a deploy is missing, and nothing says of which value.
        assert number == 1
        assert rotation.STARTED in done.out
        done = rotating.whole(name)
    assert (done.code, hosts.refused) == (0, [])
    assert_replaced(hosts, name, earlier)
    # It went on with the value that was there, and made no other one.
    assert len(hosts.seen) == len(WRITES) + 1


@each_generated
@pytest.mark.parametrize("applied", [True, False], ids=["answer lost", "lost on the way"])
def test_an_answer_that_is_lost_changes_nothing(
    rotating: Rotating, name: str, *, applied: bool
) -> None:
    hosts, earlier = rotating.hosts, rotating.hosts.stored[0][name]
    asked, every = list[str](), 2 if applied else 3

    def fault(method: str, path: str) -> Fault | None:
        if method == "GET" or path == render_stand_in.VALIDATE:
            return None
        asked.append(path)
        return Fault(applied=applied) if len(asked) % every == 0 else None

    hosts.render.fault = hosts.vercel.fault = fault
    assert rotating.whole(name).code == 0
    assert hosts.refused == []
    assert_replaced(hosts, name, earlier)


@each_write
def test_what_sets_the_vendors_up_breaks_nothing_in_between(
    rotating: Rotating, name: str, number: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts, earlier = rotating.hosts, rotating.hosts.stored[0][name]
    interrupt(number, monkeypatch)
    assert rotating.whole(name).error.startswith("Interrupted. ")
    before = hosts.stored
    # It sets the variable again, because somebody has changed what it can see of it.
    if name != "ADMIN_TOKEN":
        hosts.vercel.variable(PROJECT, name)["target"] = ["production", "preview"]
    assert rotating.run("apply", "--only", "render,vercel", "--yes").code == 0
    assert hosts.refused == []
    assert hosts.stored[0] == before[0]
    assert "," not in hosts.stored[1].get(name, "")
    while hosts.stored[0][name] == earlier or "," in hosts.stored[0][name]:
        assert rotating.whole(name).code == 0
    assert hosts.refused == []
    assert_replaced(hosts, name, earlier)


def older(store: Path, folder: Path, *changes: tuple[str, str, str]) -> Path:
    """Return a store whose own code has something of an earlier release."""
    copy = Path(shutil.copytree(store, folder / "older"))
    for file, new, old in changes:
        text = (copy / file).read_text()
        assert new in text
        (copy / file).write_text(text.replace(new, old))
    return copy


NOW, ONCE = "revalidateSecrets", "revalidateSecret"
OLDER: dict[str, list[tuple[str, str, str]]] = {
    "ADMIN_TOKEN": [("api/app/dependencies.py", "render.api.limits import", "app.mine import")],
    "REVALIDATE_SECRET": [
        ("storefront/src/lib/env.ts", NOW, ONCE),
        ("storefront/src/app/revalidate/route.ts", NOW, ONCE),
    ],
    "STOREFRONT_SECRET": [("api/app/main.py", "import create_service", "import connections")],
}


@pytest.mark.parametrize(("name", "changes"), OLDER.items(), ids=OLDER)
def test_older_code_that_takes_one_value_gets_the_new_one_at_once(
    rotating: Rotating,
    store: Path,
    tmp_path: Path,
    name: str,
    changes: list[tuple[str, str, str]],
) -> None:
    hosts, earlier = rotating.hosts, rotating.hosts.stored[0][name]
    folder = older(store, tmp_path, *changes)
    done = rotating.run("rotate", name, "--yes", store=folder)
    hosts_of_it = 1 if name == "ADMIN_TOKEN" else 2
    assert done.out.count("  value: the earlier one -> the new one\n") == hosts_of_it
    assert rotation.AT_ONCE in done.out
    assert not [value for value in hosts.seen if "," in value]
    assert_replaced(hosts, name, earlier)
    if name != "ADMIN_TOKEN":
        assert done.code == 0
        return
    assert done.code == 3
    told = "waiting for you: Give the new ADMIN_TOKEN to everybody who uses it: https://dashboard.r"
    assert told in done.out
    assert "Run this again" not in done.out


def test_an_older_storefront_sends_one_value_of_what_the_api_takes(
    rotating: Rotating, store: Path, tmp_path: Path
) -> None:
    of_all = (
        "[secret] = parts(process.env.STOREFRONT_SECRET)",
        "secret = process.env.STOREFRONT_SECRET",
    )
    sends_all = ("storefront/src/lib/env.ts", *of_all)
    folder = older(store, tmp_path, sends_all)
    done = rotating.run("rotate", "STOREFRONT_SECRET", "--yes", store=folder)
    assert (done.code, rotating.hosts.refused) == (0, [])
    assert rotation.AT_ONCE not in done.out


def test_what_a_vendor_issues_is_asked_of_a_person_and_set_where_the_earlier_one_is(
    rotating: Rotating, monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts, new = rotating.hosts, "cloudinary://456:another-secret@lamps"
    hosts.seen.add(new)
    done = rotating.run("rotate", "CLOUDINARY_URL", "--yes")
    assert (done.code, hosts.writes) == (3, 0)
    assert (
        "waiting for you: Make a new one (Cloudinary, Settings, API Keys: cloudinary://key:secret"
        "@cloud), and set CLOUDINARY_URL to it for this command: https://console.cloudinary.com/s"
    ) in done.out
    monkeypatch.setenv("CLOUDINARY_URL", ISSUED["CLOUDINARY_URL"])
    done = rotating.run("rotate", "CLOUDINARY_URL", "--yes")
    assert done.error.startswith("Render has this CLOUDINARY_URL already. Make a new one (Cloud")
    monkeypatch.setenv("CLOUDINARY_URL", new)
    done = rotating.run("rotate", "CLOUDINARY_URL", "--yes")
    assert (done.code, hosts.writes) == (3, 3)
    assert hosts.stored[0]["CLOUDINARY_URL"] == hosts.running[0]["CLOUDINARY_URL"] == new
    assert "waiting for you: Revoke the earlier CLOUDINARY_URL where the new one was" in done.out
    assert "Run this again" not in done.out


def test_what_a_vendor_issues_and_vercel_never_shows_is_set_there(
    rotating: Rotating, monkeypatch: pytest.MonkeyPatch
) -> None:
    hosts, new = rotating.hosts, "sntrys_another-token"
    hosts.seen.add(new)
    monkeypatch.setenv("SENTRY_AUTH_TOKEN", new)
    done = rotating.run("rotate", "SENTRY_AUTH_TOKEN", "--yes")
    assert (done.code, hosts.writes) == (3, 2)
    for values in (hosts.stored[1], hosts.running[1]):
        assert values["SENTRY_AUTH_TOKEN"] == new
    assert "waiting for you: Revoke the earlier SENTRY_AUTH_TOKEN where the new" in done.out


def test_a_store_that_ci_deploys_waits_for_it_between_the_steps(
    rotating: Rotating, store: Path, tmp_path: Path
) -> None:
    hosts, earlier = rotating.hosts, rotating.hosts.stored[0]["REVALIDATE_SECRET"]
    by_ci = ('"headers"', '"deployFromCI": true, "headers"')
    folder = older(store, tmp_path, ("vercel/own.json", *by_ci))
    for step in (2, 4):
        done = rotating.run("rotate", "REVALIDATE_SECRET", "--yes", store=folder)
        assert (done.code, hosts.refused) == (3, [])
        assert (
            "A variable is newer than the production deployment. Press Redeploy there:" in done.out
        )
        assert ("Run this again when it is done" in done.out) == (step == 2)
        hosts.vercel.deploy()
    assert rotating.run("plan", "--only", "render,vercel", store=folder).code == 0
    assert_replaced(hosts, "REVALIDATE_SECRET", earlier)


def test_what_somebody_else_sets_meanwhile_is_not_written_over(
    rotating: Rotating, monkeypatch: pytest.MonkeyPatch
) -> None:
    [values] = rotating.hosts.render.variables.values()

    def meanwhile(_yes: bool) -> None:
        values["ADMIN_TOKEN"] += "-of-somebody-else"

    monkeypatch.setattr(commands, "_confirm", meanwhile)
    done = rotating.run("rotate", "ADMIN_TOKEN")
    assert done.error.startswith("Somebody else has changed ADMIN_TOKEN in Render: run this again.")
    assert rotating.hosts.writes == 0


TYPED = {"CLOUDINARY_URL": "cloudinary://456:a-typed-secret@lamps", "REVALIDATE_SECRET": ""}


@pytest.mark.parametrize(("name", "typed"), TYPED.items(), ids=TYPED)
def test_in_a_terminal_no_secret_is_seen_and_none_is_left_behind(
    rotating: Rotating, store: Path, tmp_path: Path, name: str, typed: str
) -> None:
    hosts, seen = rotating.hosts, tmp_path / "seen"
    hosts.render.reads = hosts.vercel.reads = 1
    command = ["rotate", name, "--store", str(store)]
    environment = os.environ | {"TERM": "xterm"}
    before = {path: path.read_bytes() for path in store.rglob("*") if path.is_file()}
    asked = "Make a new one(?s:.*)CLOUDINARY_URL \\(not shown\\)"
    answers = [(asked, typed)] if typed else []
    code, arguments = at_a_terminal(command, environment, seen, *answers)
    assert code == (3 if typed else 0)
    new = hosts.stored[0][name]
    assert new == typed or not typed
    for secret in {*hosts.seen, new, *TOKENS.values()}:
        assert secret.encode() not in seen.read_bytes() + arguments
    assert {path: path.read_bytes() for path in store.rglob("*") if path.is_file()} == before


REFUSED: dict[str, str] = {
    "NOWHERE": "There is no secret NOWHERE.",
    "MEDIA_FOLDER": "MEDIA_FOLDER is no secret.",
    "DATABASE_URL": "DATABASE_URL comes from the Blueprint: at https://dashboard.render.com, make",
    "CACHE_URL": "CACHE_URL comes from the Blueprint: at https://dashboard.render.com, make a new",
    "VERCEL_TOKEN": "VERCEL_TOKEN is not held by Render or Vercel: replace it where it is used (V",
}


@pytest.mark.parametrize(("name", "sentence"), REFUSED.items(), ids=REFUSED)
def test_what_cannot_be_replaced_is_told_with_what_can(
    rotating: Rotating, name: str, sentence: str
) -> None:
    done = rotating.run("rotate", name, "--yes")
    assert (done.code, rotating.hosts.writes) == (1, 0)
    assert done.error.startswith(sentence)
    assert done.error.endswith(
        " This replaces REVALIDATE_SECRET, STOREFRONT_SECRET, ADMIN_TOKEN, CLOUDINARY_URL, "
        "SENTRY_AUTH_TOKEN."
    )


def test_what_is_not_set_yet_is_for_make_live(rotating: Rotating) -> None:
    team = rotating.hosts.vercel
    team.variables[PROJECT].remove(team.variable(PROJECT, "SENTRY_AUTH_TOKEN"))
    done = rotating.run("rotate", "SENTRY_AUTH_TOKEN", "--yes")
    assert done.error == (
        "SENTRY_AUTH_TOKEN is not in Vercel as declared yet: run make live first."
    )
    [values] = rotating.hosts.render.variables.values()
    del values["ADMIN_TOKEN"]
    assert rotating.run("rotate", "ADMIN_TOKEN").error.startswith("Render has no ADMIN_TOKEN yet")


WRONG_WORDS = {
    "rotate": "rotate needs the name of a secret, and only rotate takes one.",
    "plan ADMIN_TOKEN": "rotate needs the name of a secret, and only rotate takes one.",
    "rotate ADMIN_TOKEN --json": "--json is for plan and check, which only read.",
    "rotate ADMIN_TOKEN --only vercel": "--only is for plan, apply and check: rotate knows",
}


@pytest.mark.parametrize(("words", "sentence"), WRONG_WORDS.items(), ids=WRONG_WORDS)
def test_words_that_cannot_be_meant_are_told(
    words: str, sentence: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as ended:
        commands.main(words.split())
    assert ended.value.code == 1
    assert capsys.readouterr().err.startswith(sentence)

"""The weekly update: take the newest release on a branch, and keep one pull request for it."""

from __future__ import annotations

import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from .problems import UpdateError
from .store import Store
from .update import Outcome, Request, update

BRANCH = "template-update"
NAME, EMAIL = "Template update", "template-update@users.noreply.github.com"
BODY_LENGTH = 60_000
"""GitHub takes 65,536 characters."""


def keep_pull_request(store: Store, request: Request, say: Callable[[str], None]) -> Outcome:
    """Update on a branch of its own, and open the pull request or bring it up to date.

    The branch holds no conflict marker: what could not be merged lies beside its file as .rej,
    which CI refuses, and the pull request is a draft. A branch that somebody has worked on is
    left as it is.

    Raises:
        UpdateError: the update, git or GitHub refused.

    """
    if theirs := _commits_of_people(store):
        raise UpdateError(
            f"{BRANCH} holds commits of people, such as {theirs[0]}: it is left alone. Merge it "
            "or delete it, then run this again."
        )
    outcome = update(store, request, say)
    if outcome.state == "current":
        return outcome
    store.git("switch", "--quiet", "--force-create", BRANCH)
    store.git("add", "--all", "--force", "--", *outcome.changed)
    identity = ["-c", f"user.name={NAME}", "-c", f"user.email={EMAIL}"]
    store.git(*identity, "commit", "--quiet", "--no-verify", "--message", title(outcome))
    store.git("push", "--quiet", "--force", "origin", f"HEAD:{BRANCH}")
    _publish(store, outcome)
    say(f"{BRANCH} is pushed, with its pull request.")
    return outcome


def title(outcome: Outcome) -> str:
    """Return the title of pull request and commit."""
    return f"Update the store template from {outcome.before} to {outcome.after}"


def body(outcome: Outcome) -> str:
    """Return the pull request's text: what is left to do, then what the releases bring."""
    text = "\n".join([*_left_to_do(outcome), *_news(outcome)])
    return text if len(text) <= BODY_LENGTH else f"{text[:BODY_LENGTH]}\n\n(shortened)\n"


def _left_to_do(outcome: Outcome) -> Iterator[str]:
    if outcome.conflicts:
        yield "### In conflict\n"
        yield "These files are as they were. The release's change lies beside each as `.rej`: "
        yield "take it over, delete the `.rej` file, and CI passes.\n"
        yield from (f"- [ ] `{conflict.file}`: {conflict.why}" for conflict in outcome.conflicts)
        yield ""
    if outcome.by_hand:
        yield "### By hand\n"
        yield from (f"- [ ] {item}" for item in outcome.by_hand)
        yield ""
    if outcome.new_answers:
        yield "### New questions\n"
        yield from (f"- `{name}` is `{given}`" for name, given in outcome.new_answers.items())
        yield ""


def _news(outcome: Outcome) -> Iterator[str]:
    for tag, text in outcome.news:
        yield f"## {tag}\n\n{text}\n"


def _commits_of_people(store: Store) -> list[str]:
    """Return the commits on the update's branch that this command has not made."""
    if not store.git("ls-remote", "--heads", "origin", BRANCH):
        return []
    store.git("fetch", "--quiet", "origin", BRANCH)
    listed = store.git("log", "--format=%h %ce", "FETCH_HEAD", "^HEAD").splitlines()
    return [line.split()[0] for line in listed if not line.endswith(f" {EMAIL}")]


def _publish(store: Store, outcome: Outcome) -> None:
    draft = ["--draft"] if outcome.conflicts else []
    with tempfile.TemporaryDirectory(prefix="pull-request-") as folder:
        text = Path(folder, "body.md")
        text.write_text(body(outcome), encoding="utf-8")
        described = ["--title", title(outcome), "--body-file", str(text)]
        if (
            _gh(store, "pr", "list", "--head", BRANCH, "--state", "open", "--json", "number")
            == "[]"
        ):
            _gh(store, "pr", "create", "--head", BRANCH, *described, *draft)
            return
        _gh(store, "pr", "edit", BRANCH, *described)
        _gh(store, "pr", "ready", BRANCH, *(["--undo"] if draft else []))


def _gh(store: Store, *arguments: str) -> str:
    try:
        done = subprocess.run(
            ["gh", *arguments], cwd=store.root, capture_output=True, text=True, check=False
        )
    except FileNotFoundError as error:
        raise UpdateError("gh, GitHub's command line, was not found: install it.") from error
    if done.returncode:
        raise UpdateError(f"gh {arguments[0]} {arguments[1]}: {done.stderr.strip()}")
    return done.stdout.strip()

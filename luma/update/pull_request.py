"""The weekly update: a commit on a branch, and the text of its pull request.

Nothing here can write to GitHub: what runs code of the template has no token for that. The
workflow's next job, which has one, pushes the branch and opens the pull request.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from luma.problems import LumaError
from luma.store import Store
from luma.update.update import Outcome, Request, update

BRANCH = "template-update"
NAME, EMAIL = "Template update", "template-update@users.noreply.github.com"
REQUEST = {"title": "title.txt", "body": "body.md", "draft": "draft.txt"}
"""The files for the workflow's next job; `draft.txt` holds true or false."""
BODY_LENGTH = 60_000
"""GitHub takes 65,536 characters."""


def prepare(store: Store, request: Request, folder: Path, say: Callable[[str], None]) -> Outcome:
    """Update on a branch of its own, and write the pull request's title and text into a folder.

    The branch holds no conflict marker: what could not be merged lies beside its file as .rej,
    which CI refuses, and the pull request is a draft. A branch that somebody has worked on is left
    as it is; the clone has to know origin's branches for that.

    Raises:
        LumaError: the update or git refused.

    """
    if theirs := _commits_of_people(store):
        raise LumaError(
            f"{BRANCH} holds commits of people, such as {theirs[0]}, so it is left alone. Merge "
            "or delete it, then run this again."
        )
    outcome = update(store, request, say)
    if outcome.state == "current":
        return outcome
    store.git("switch", "--quiet", "--force-create", BRANCH)
    store.git("add", "--all", "--force", "--", *outcome.changed)
    identity = ["-c", f"user.name={NAME}", "-c", f"user.email={EMAIL}"]
    store.git(*identity, "commit", "--quiet", "--no-verify", "--message", title(outcome))
    folder.mkdir(parents=True, exist_ok=True)
    draft = "true" if outcome.conflicts else "false"
    for name, text in (("title", title(outcome)), ("body", body(outcome)), ("draft", draft)):
        (folder / REQUEST[name]).write_text(text, encoding="utf-8")
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
        yield "These files have not changed. The release's change is in a `.rej` file beside each. "
        yield "Apply it and delete the `.rej` file; CI fails until then.\n"
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
    """Return the commits on origin's branch for updates that this command has not made."""
    theirs = f"refs/remotes/origin/{BRANCH}"
    if not store.git("for-each-ref", theirs):
        return []
    listed = store.git("log", "--format=%h %ce", theirs, "^HEAD").splitlines()
    return [line.split()[0] for line in listed if not line.endswith(f" {EMAIL}")]

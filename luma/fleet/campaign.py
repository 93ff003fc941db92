"""One store and one release: whether the store gets it, how that ended, and the commit."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from tools.checks.__main__ import findings
from tools.luma import for_git
from tools.repository import Repository

from luma import CHECKOUT, steps
from luma.fleet import gate, reports, tool
from luma.fleet.reports import Report
from luma.git import git
from luma.problems import LumaError
from luma.store import Store, find
from luma.versions import by_hand, is_release, version


@dataclass(frozen=True)
class Campaign:
    """What all stores are given, and on which terms."""

    release: str
    trust: list[str]
    reports: Path
    canaries: list[str] = field(default_factory=list)
    waits: bool = True
    commit: bool = False

    @property
    def branch(self) -> str:
        """Return the branch that a store's commit goes to."""
        return f"template/{self.release}"


def give(root: Path, name: str, campaign: Campaign) -> Report:
    """Update a store to the release, unless it has it, has to wait or is not to be touched."""
    try:
        if campaign.commit:
            _resume(root, campaign)
        return _checked(_give(find(root), name, campaign), root)
    except LumaError as error:
        return Report(name, campaign.release, "refused", reason=str(error))


def _checked(report: Report, root: Path) -> Report:
    """Return the report with what the rules of `make check` find in a store that passed so far.

    They are this checkout's: the store's own code is not run.
    """
    if report.state not in reports.PASSED:
        return report
    found = [str(finding) for finding in findings(Repository(root)) if not finding.by_hand]
    return replace(report, state="check" if found else report.state, findings=found)


def _give(store: Store, name: str, campaign: Campaign) -> Report:
    tool.refuse_untrusted(store.source, campaign.trust)
    rejected = store.names("ls-files", "-z", "--", "*.rej")
    if rejected or _has_release(store, campaign.release):
        return _as_it_is(store, name, campaign, [file.removesuffix(".rej") for file in rejected])
    if campaign.waits:
        gate.hold_back(name, campaign.release, campaign.canaries, campaign.reports)
    _refuse_other_template(store, campaign.release)
    return _update(store, name, campaign)


def _resume(root: Path, campaign: Campaign) -> None:
    """Go to the campaign's branch if an earlier run has made it and nothing stands in the way."""
    if _has_branch(root, campaign.branch) and not git("status", "--porcelain", folder=root):
        git("switch", "--quiet", campaign.branch, folder=root)


def _has_branch(root: Path, branch: str) -> bool:
    return bool(git("branch", "--list", branch, folder=root))


def _has_release(store: Store, release: str) -> bool:
    return is_release(store.commit) and version(store.commit) >= version(release)


def _as_it_is(store: Store, name: str, campaign: Campaign, conflicts: list[str]) -> Report:
    """Report a store that nothing is done to as its first run in this campaign did.

    What is left to do by hand stays in the report until the store has done it, and a conflict until
    it is resolved.
    """
    last = reports.read(campaign.reports, name)
    before, left = store.commit, dict[str, list[str]]()
    if last and last.before and last.release == campaign.release:
        before, left = last.before, _still_left(store, last.by_hand)
    if conflicts:
        state = "conflict"
    elif before == store.commit:
        state = "current"
    else:
        state = "by hand" if left else "updated"
    reason = "" if _has_release(store, campaign.release) else "left from an earlier update"
    return Report(name, campaign.release, state, before, reason, conflicts, left)


def _refuse_other_template(store: Store, release: str) -> None:
    """Refuse a store whose template gives the release's name to another commit than this one."""
    tag = f"refs/tags/{release}"
    here = git("rev-parse", "--verify", f"{tag}^{{commit}}", folder=CHECKOUT).strip()
    listed = store.git("ls-remote", for_git(store.source), tag, f"{tag}^{{}}").split()
    if not listed:
        raise LumaError(f"The template at {store.source} has no release {release}.")
    # An annotated tag comes with a second line, which is its commit.
    if listed[-2] != here:
        raise LumaError(
            f"{release} of {store.source} is another commit than {release} of this checkout. It "
            "is another template, or somebody has moved the tag."
        )


def _update(store: Store, name: str, campaign: Campaign) -> Report:
    request = ["update", "--to", campaign.release, "--aside", "--no-check"]
    outcome = tool.run(store, campaign.trust, request)
    if outcome["state"] not in {"updated", "conflict"}:
        return Report(name, campaign.release, outcome["state"], reason=outcome.get("message", ""))
    conflicts = sorted({conflict["file"] for conflict in outcome["conflicts"]})
    rejected = [f"{file}.rej" for file in conflicts]
    _keep(store, campaign, outcome["changed"], rejected)
    left = _left_by_hand(outcome, campaign.release)
    state = "by hand" if left and not conflicts else outcome["state"]
    return Report(name, campaign.release, state, store.commit, conflicts=conflicts, by_hand=left)


def _left_by_hand(outcome: dict[str, Any], release: str) -> dict[str, list[str]]:
    """Return what is left to do, by the release that asks for it, the oldest first."""
    of_this_store, left = list(outcome["by_hand"]), dict[str, list[str]]()
    for name, text in reversed(outcome["news"]):
        left[name] = [item for item in by_hand([text]) if item in of_this_store]
        of_this_store = [item for item in of_this_store if item not in left[name]]
    left[release] = [*left.get(release, []), *of_this_store]
    return {name: items for name, items in left.items() if items}


def _still_left(store: Store, before: dict[str, list[str]]) -> dict[str, list[str]]:
    left = {name: list(steps.left(store, items)) for name, items in before.items()}
    return {name: items for name, items in left.items() if items}


def _keep(store: Store, campaign: Campaign, changed: list[str], rejected: list[str]) -> None:
    """Commit what the update changed, or leave that to whoever runs this.

    An ignore file, somebody's own or the store's, may name *.rej: the release's change would then
    be lost on the way to the pull request.
    """
    if rejected:
        store.git("add", "--force", "--", *rejected)
    if not campaign.commit:
        return
    try:
        if not _has_branch(store.root, campaign.branch):
            store.git("switch", "--quiet", "--create", campaign.branch)
        store.git("add", "--all", "--force", "--", *changed)
        title = f"Update the store template from {store.commit} to {campaign.release}"
        store.git("commit", "--quiet", "--no-verify", "--message", title)
    except LumaError:
        store.restore()
        raise

"""A stand-in for `gh auth setup-git`, `gh pr`, `gh secret list | set` and `gh api` of runs.

It keeps one pull request in a file, with each call and its token, and refuses every other command
and option. The runs of a workflow are read from there, and its secrets kept, with all that each
process got to see.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

STATE = Path(os.environ["GH_STAND_IN"])


def main() -> None:
    """Run one command."""
    parser = argparse.ArgumentParser(prog="gh", allow_abbrev=False)
    groups = parser.add_subparsers(dest="group", required=True)
    groups.add_parser("auth").add_subparsers(required=True).add_parser("setup-git")
    commands = groups.add_parser("pr").add_subparsers(dest="command", required=True)
    listed = commands.add_parser("list")
    listed.add_argument("--head", required=True)
    listed.add_argument("--state", choices=["open"], required=True)
    listed.add_argument("--json", choices=["number"], required=True)
    create = commands.add_parser("create")
    create.add_argument("--head", required=True)
    create.add_argument("--draft", choices=["true", "false"], required=True)
    edit = commands.add_parser("edit")
    ready = commands.add_parser("ready")
    ready.add_argument("--undo", choices=["true", "false"], required=True)
    for command in (create, edit):
        command.add_argument("--title", required=True)
        command.add_argument("--body-file", type=Path, required=True)
    for command in (edit, ready):
        command.add_argument("branch")
    secrets = groups.add_parser("secret").add_subparsers(dest="command", required=True)
    for command in (secrets.add_parser("list"), secrets.add_parser("set")):
        command.add_argument("--repo", choices=["lamps/shop"], required=True)
    command.add_argument("name")
    api = groups.add_parser("api")
    api.add_argument("endpoint")
    api.add_argument("--jq", required=True)
    given = parser.parse_args()
    token = os.environ.get("GH_TOKEN") or sys.exit("gh: set the GH_TOKEN environment variable")
    state = json.loads(STATE.read_text()) if STATE.exists() else {"calls": []}
    if given.group == "secret":
        secret(state, given)
        return
    if given.group == "api":
        answer(state["runs"], given)
        return
    state["calls"].append([getattr(given, "command", "setup-git"), token])
    if given.group == "pr":
        state["request"] = changed(state.get("request"), given)
    STATE.write_text(json.dumps(state))


def secret(state: dict[str, Any], given: argparse.Namespace) -> None:
    """List the names of the secrets, or set one to what is said, as far as no fault is due."""
    forbidden, faults = state.get("forbidden", False), state.get("faults", [])
    if forbidden:
        sys.exit(f"failed to get secrets: HTTP 403: {forbidden} (https://api.github.com)")
    state["processes"].append({"arguments": sys.argv, "environment": dict(os.environ)})
    fault = faults.pop(0) if faults and given.command == "set" else ""
    if given.command == "list":
        sys.stdout.writelines(f"{name}\t2026-11-28\n" for name in state["secrets"])
    elif given.name == state.get("refused"):
        sys.exit(f"failed to set secret: HTTP 422: {sys.stdin.read()} is not good.")
    elif fault != "lost on the way":
        state["secrets"][given.name] = sys.stdin.read()
    STATE.write_text(json.dumps(state))
    if fault == "killed":
        os.kill(os.getppid(), signal.SIGKILL)
    if fault:
        sys.exit("failed to set secret: unexpected EOF")


def answer(runs: list[dict[str, Any]], given: argparse.Namespace) -> None:
    """Print what a filter leaves of a workflow's runs on a branch, the newest first."""
    endpoint = urlsplit(given.endpoint)
    asked = {name: value for name, (value,) in parse_qs(endpoint.query).items()}
    if endpoint.path != "repos/shop/store/actions/workflows/ci.yml/runs":
        sys.exit(f"gh: Not Found (HTTP 404): {endpoint.path}")
    assert asked.pop("per_page") == "100"
    assert (asked.pop("branch"), asked.pop("event")) == ("main", "push")
    status = asked.pop("status", None)
    assert not asked, asked
    left = [run for run in runs if status in {None, run["status"], run["conclusion"]}]
    found = json.dumps({"workflow_runs": sorted(left, key=lambda run: -run["run_number"])})
    subprocess.run(["jq", "-r", given.jq], input=found, text=True, check=True)


def changed(request: dict[str, Any] | None, given: argparse.Namespace) -> dict[str, Any] | None:
    """Return the pull request as GitHub has it after a command."""
    if given.command == "list":
        print("[{}]".format('{"number":1}' if request and request["head"] == given.head else ""))
        return request
    if given.command == "create":
        if request:
            sys.exit(f"a pull request for branch {given.head} already exists")
        request = {"head": given.head, "opened": 0}
    if request is None or getattr(given, "branch", request["head"]) != request["head"]:
        sys.exit("no pull requests found for this branch")
    if given.command in {"create", "edit"}:
        request |= {"title": given.title, "body": given.body_file.read_text()}
    if given.command in {"create", "ready"}:
        request["draft"] = (given.draft if given.command == "create" else given.undo) == "true"
    request["opened"] += given.command == "create"
    return request


main()

"""A stand-in for `gh auth setup-git` and `gh pr list | create | edit | ready`.

It keeps one pull request in a file, with each call and its token, and refuses every other command
and option.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path
from typing import Any

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
    given = parser.parse_args()
    token = os.environ.get("GH_TOKEN") or sys.exit("gh: set the GH_TOKEN environment variable")
    state = json.loads(STATE.read_text()) if STATE.exists() else {"calls": []}
    state["calls"].append([getattr(given, "command", "setup-git"), token])
    if given.group == "pr":
        state["request"] = changed(state.get("request"), given)
    STATE.write_text(json.dumps(state))


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

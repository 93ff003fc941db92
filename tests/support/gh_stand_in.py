"""A stand-in for `gh pr list | create | edit | ready`: one pull request, kept in a file.

It refuses every other command and option.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

STATE = Path(os.environ["GH_STAND_IN"])


def main() -> None:
    """Run one command of `gh pr`."""
    parser = argparse.ArgumentParser(prog="gh")
    request = parser.add_subparsers(required=True).add_parser("pr")
    commands = request.add_subparsers(dest="command", required=True)
    listed = commands.add_parser("list")
    listed.add_argument("--head", required=True)
    listed.add_argument("--state", choices=["open"], required=True)
    listed.add_argument("--json", choices=["number"], required=True)
    create = commands.add_parser("create")
    create.add_argument("--head", required=True)
    create.add_argument("--draft", action="store_true")
    edit = commands.add_parser("edit")
    ready = commands.add_parser("ready")
    ready.add_argument("--undo", action="store_true")
    for command in (create, edit):
        command.add_argument("--title", required=True)
        command.add_argument("--body-file", type=Path, required=True)
    for command in (edit, ready):
        command.add_argument("branch")
    run(parser.parse_args())


def run(given: argparse.Namespace) -> None:
    """Change the pull request as GitHub would."""
    state = json.loads(STATE.read_text()) if STATE.exists() else None
    if given.command == "list":
        print("[{}]".format('{"number":1}' if state and state["head"] == given.head else ""))
        return
    if given.command == "create":
        if state:
            sys.exit(f"a pull request for branch {given.head} already exists")
        state = {"head": given.head, "opened": 0}
    if state is None or getattr(given, "branch", state["head"]) != state["head"]:
        sys.exit("no pull requests found for this branch")
    if given.command in {"create", "edit"}:
        state |= {"title": given.title, "body": given.body_file.read_text()}
    if given.command in {"create", "ready"}:
        state["draft"] = given.draft if given.command == "create" else given.undo
    state["opened"] += given.command == "create"
    STATE.write_text(json.dumps(state))


main()

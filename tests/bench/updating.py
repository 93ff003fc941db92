"""Measure what updating a store costs above the least that Copier can do.

Both contenders take a store of the previous release, with its team's edits, to the working tree.
The floor's template holds the two releases' finished stores and only copies them.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import tempfile
from pathlib import Path

from copier import run_copy
from support.checkout import WORKING_TREE_TAG, git
from support.edits import apply, edits_for
from support.history import RECORDED, build_history
from support.stores import ANSWERS_FILE, answers_of, commit, settings_for_updates, start

from bench.copying import (
    NEVER_RENDERED,
    STORE,
    Contender,
    make_hermetic,
    measure,
    print_ratio,
    print_table,
    read_tree,
    temporary,
    tool,
)

RELEASES = [*RECORDED][-1], WORKING_TREE_TAG


def main() -> None:
    """Measure, and print what was found."""
    parser = argparse.ArgumentParser(description="Measure updating a store against its floor.")
    parser.add_argument("--rounds", type=int, default=9, help="how often each contender runs")
    options = parser.parse_args()
    load, processors = os.getloadavg()[0], os.cpu_count()
    if options.rounds < 1:
        parser.error("--rounds must be at least 1")
    with tempfile.TemporaryDirectory(prefix="bench-update-") as folder:
        work = Path(folder).resolve()
        make_hermetic(work)
        template = build_history(work / "template")
        floor_template = copier_floor(template, work / "floor")
        for repository in (template, floor_template):
            git("gc", "-q", "--prune=now", cwd=repository)  # as a hosted repository is
        update = contender("copier update", template, work / "store")
        floor = contender("copier floor", floor_template, work / "floor-store")
        with temporary(work) as parent:
            update.run(parent)
            tree = read_tree(parent / STORE)
        measure([update, floor], tree, work, options.rounds, apart_from=ANSWERS_FILE)
        print_table([update, floor], floor, tree)
    print(f"\nload average before = {load:.1f} on {processors} processors")
    print_ratio("update", update, floor)


def copier_floor(template: Path, repository: Path) -> Path:
    """Write a Copier template that does nothing but copy the finished stores of both releases."""
    repository.mkdir()
    git("init", "-q", "-b", "main", cwd=repository)
    for tag in RELEASES:
        finished = repository / "template"
        shutil.rmtree(finished, ignore_errors=True)
        copy(template, tag, finished)
        answers = answers_of(finished)
        patterns = settings_for_updates(answers) if tag == RELEASES[-1] else {}
        recorded = {**answers, "_src_path": str(repository)}
        (finished / ANSWERS_FILE).write_text(json.dumps(recorded))
        settings = {"_subdirectory": "template", "_templates_suffix": NEVER_RENDERED, **patterns}
        (repository / "copier.yml").write_text(json.dumps(settings))
        commit(repository, tag, tag)
    return repository


def contender(name: str, template: Path, store: Path) -> Contender:
    """Make a store of the previous release, with its team's edits; return its update."""
    copy(template, RELEASES[0], store)
    start(store)
    apply(store, edits_for(store))
    commit(store, "Make it ours")
    trust = [] if name.endswith("floor") else ["--trust"]
    return Contender(name, (tool("copier"), "update", "--defaults", *trust, STORE), store)


def copy(template: Path, tag: str, store: Path) -> None:
    run_copy(str(template), store, vcs_ref=tag, defaults=True, quiet=True, unsafe=True)


if __name__ == "__main__":
    main()

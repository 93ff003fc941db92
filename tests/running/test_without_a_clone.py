"""`uvx --from git+ADDRESS luma new my-store` makes the store that a clone would make."""

from __future__ import annotations

import filecmp
from pathlib import Path

from support.checkout import WORKING_TREE_TAG, Generate
from support.running_store import Installed, run
from support.stores import answers_of


def test_uvx_makes_a_store_that_records_where_the_template_is(
    template: Path, generate: Generate, installed: Installed, tmp_path: Path
) -> None:
    uv, store = installed() / "tools/.venv/bin/uv", tmp_path / "my-store"
    source = f"git+{template.as_uri()}"

    run([str(uv), "tool", "run", "--quiet", "--from", source, "luma", "new", store.name], tmp_path)

    recorded = answers_of(store)
    assert recorded["_src_path"] == source
    assert recorded["_commit"] == WORKING_TREE_TAG
    compared = filecmp.dircmp(generate(), store)
    assert (compared.left_only, compared.right_only) == ([], [])
    assert compared.diff_files == [".copier-answers.yml"]

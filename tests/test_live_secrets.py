"""Secrets are at the vendors, and are left nowhere else that a run could leave them."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import quote

import psutil
import pytest
from support import cloudinary_stand_in
from support import render_api_stand_in as render_stand_in
from support import sentry_api_stand_in as sentry_stand_in
from support import vercel_api_stand_in as vercel_stand_in
from support.checkout import Generate, git
from support.github import Side
from support.live import ANSWERS, COMMAND
from support.vendors import Vendors, all_vendors

GH_TOKEN = "gho_of-the-stand-in"  # noqa: S105 - it opens nothing
GIVEN = {
    "GH_TOKEN": GH_TOKEN,
    "RENDER_API_KEY": render_stand_in.TOKEN,
    "SENTRY_AUTH_TOKEN": "sntrys_of-the-uploads",
    "SENTRY_LIVE_TOKEN": sentry_stand_in.TOKEN,
    "TEMPLATE_UPDATE_TOKEN": "github_pat_of-the-updates",
    "VERCEL_TOKEN": vercel_stand_in.TOKEN,
}
GENERATED = "made-for-"
"""How each value begins that Render's stand-in makes."""
CARRIED = "luma-store-api@127.0.0.1:"
"""A part of the address that the API reports to."""
SECRETS = (*GIVEN.values(), GENERATED, CARRIED, cloudinary_stand_in.SECRET)
PATIENCE_SECONDS = 120


class Run(NamedTuple):
    """How a command ended, and all that it could have left."""

    code: int
    printed: bytes
    arguments: set[bytes]
    """Those of its process and of those below it, whenever a vendor was asked."""


class Place(NamedTuple):
    """Where a command runs, and what it talks to."""

    store: Path
    home: Path
    side: Side
    environment: dict[str, str]
    vendors: Vendors

    def run(self, command: str, *options: str) -> Run:
        """Run a command over all vendors, and look at its processes meanwhile."""
        started = [*COMMAND, command, "--store", str(self.store), *options]
        started += ["--only", "github,cloudinary,sentry,render,vercel,secrets"]
        seen: set[bytes] = set()
        with subprocess.Popen(
            started,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
        ) as running:

            def look(_method: str, _path: str) -> None:
                process = psutil.Process(running.pid)
                for each in (process, *process.children(recursive=True)):
                    with suppress(psutil.NoSuchProcess):
                        seen.add("\n".join(each.cmdline()).encode())

            for vendor in self.vendors.judged:
                vendor.answering = look
            printed, _ = running.communicate(timeout=PATIENCE_SECONDS)
        return Run(running.returncode, printed, seen)


@pytest.fixture
def place(generate: Generate, tmp_path: Path) -> Iterator[Place]:
    """Return a place where all vendors have nothing, and git and gh tell what they get."""
    side = Side(tmp_path)
    store, home, bin_ = (tmp_path / name for name in ("store", "home", "recording"))
    side.copy(generate(**ANSWERS), store)
    own = store / "vercel/own.json"
    own.write_text(json.dumps(json.loads(own.read_text()) | {"deployFromCI": True}))
    git("commit", "-q", "-a", "-m", "Deploy from CI", cwd=store)
    git("push", "-q", "origin", "main", cwd=store)
    home.mkdir()
    bin_.mkdir()
    for name, program in (("git", shutil.which("git")), ("gh", side.bin / "gh")):
        record = f"cat /proc/$$/cmdline /proc/$$/environ >> {tmp_path / name}.seen"
        (bin_ / name).write_text(f'#!/bin/sh\n{record}\nexec {program} "$@"\n')
        (bin_ / name).chmod(stat.S_IRWXU)
    with all_vendors() as vendors:
        vendors.sentry.environments.append("production")
        vendors.render.reads = 1  # nothing is waited for
        vendors.render.create((store / "render/render.yaml").read_text(), {})
        environment = {
            "PATH": f"{bin_}{os.pathsep}{os.environ['PATH']}",
            "HOME": str(home),
            "TMPDIR": str(home),
            "SENTRY_ORG": "acme",
            **vendors.addresses,
            **vendors.tokens,
            **GIVEN,
        }
        yield Place(store, home, side, environment, vendors)


def forms(secret: str) -> Iterator[bytes]:
    """Return a secret as it is, in an address, and in base64 after any number of other bytes."""
    plain = secret.encode()
    yield from {plain, quote(secret, safe="").encode()}
    for before in range(3):
        encoded = b64encode(b" " * before + plain).rstrip(b"=")
        # The first and last characters hold bits of what is beside it.
        yield encoded[(0, 2, 3)[before] : None if (before + len(plain)) % 3 == 0 else -1]


def found(text: bytes) -> list[str]:
    """Return the secrets that a text holds in any form."""
    return [secret for secret in SECRETS if any(form in text for form in forms(secret))]


def files(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_no_secret_is_printed_stored_or_seen_in_a_process(place: Place, tmp_path: Path) -> None:
    place.vendors.vercel.failing.add("STOREFRONT_SECRET")  # Vercel says it back
    refused = place.run("apply", "--yes")
    place.vendors.vercel.failing.clear()
    done, checked = place.run("apply", "--yes"), place.run("check", "--json")
    # In the end only the deployment is missing, which is CI's.
    assert (refused.code, done.code, checked.code) == (1, 3, 3)
    assert b"BAD_VALUE: *** is not good" in refused.printed

    # Each of them was needed, and went where it belongs.
    of_vercel = {
        each["key"]: each["value"] for each in place.vendors.vercel.variables["luma-store"]
    }
    [of_render] = place.vendors.render.variables.values()
    assert of_vercel["STOREFRONT_SECRET"].startswith(GENERATED)
    assert CARRIED in of_render["SENTRY_DSN"]
    assert cloudinary_stand_in.SECRET in of_render["CLOUDINARY_URL"]
    for name in ("VERCEL_TOKEN", "TEMPLATE_UPDATE_TOKEN"):
        assert place.side.state["secrets"][name] == GIVEN[name]

    for run in (refused, done, checked):
        assert found(run.printed) == []
        assert len(run.arguments) > 0
        assert found(b"\n".join(run.arguments)) == []
    kept = files(place.store) | files(place.home)
    assert [path for path, content in kept.items() if found(content)] == []
    for name in ("git", "gh"):
        # gh's own token: git asks gh for it.
        seen = (
            (tmp_path / f"{name}.seen").read_bytes().replace(f"GH_TOKEN={GH_TOKEN}".encode(), b"")
        )
        assert b"HOME=" in seen
        assert found(seen) == []


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_found_in_each_form(secret: str) -> None:
    text = f"user:{secret}@there"
    for beside in range(3):
        assert found(b64encode(b"x" * beside + text.encode()))
    assert found(text.encode())
    assert found(f"?token={quote(secret + '+', safe='')}".encode())

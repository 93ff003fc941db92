"""The vendors' own clients send what we send, and read the stand-ins' answers as we do.

Cloudinary's own package makes our calls anyway. Sentry has no client for them.
"""

from __future__ import annotations

import json
import re
import subprocess
from collections.abc import Callable
from io import BytesIO
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from render.public_api.api.blueprints import (
    list_blueprints,
    retrieve_blueprint,
    update_blueprint,
    validate_blueprint,
)
from render.public_api.api.deploys import create_deploy, list_deploys
from render.public_api.api.key_value import list_key_value
from render.public_api.api.postgres import list_postgres
from render.public_api.api.services import (
    get_env_vars_for_service,
    list_services,
    update_env_var,
)
from render.public_api.api.workspaces import list_owners
from render.public_api.client import AuthenticatedClient
from render.public_api.models import (
    BlueprintPATCH,
    CreateDeployBody,
    EnvVarValue,
    Error,
    ValidateBlueprintRequest,
)
from render.public_api.types import File
from support import render_api_stand_in as render_stand_in
from support import vercel_api_stand_in as vercel_stand_in
from support.api_stand_in import Asked
from support.checkout import ROOT, Generate
from support.live import ANSWERS

from luma.live import commands

VERCEL_SDK = ROOT / "tests/node/vercel_sdk.mjs"
IDENTIFIER = re.compile(r"(?<=/)(?:(?:prj|env|dpl)_|(?:srv|exs)-)\w+")
VALUES = {
    "API_ORIGIN": "https://luma-store-api.onrender.com",
    "CLOUDINARY_URL": "cloudinary://123:a-long-secret@lamps",
    "NEXT_PUBLIC_CLOUDINARY_CLOUD_NAME": "lamps",
    "NEXT_PUBLIC_SENTRY_DSN": "https://key@o1.ingest.de.sentry.io/1",
    "REVALIDATE_SECRET": "a-long-secret-of-the-pages",
    "SENTRY_AUTH_TOKEN": "sntrys_a-long-token",
    "SENTRY_DSN": "https://key@o1.ingest.de.sentry.io/2",
    "SENTRY_ORG": "acme",
    "STOREFRONT_ORIGIN": "https://shop.example.com",
    "STOREFRONT_SECRET": "a-long-secret-of-the-storefront",
}

Apply = Callable[..., int]


@pytest.fixture
def store(generate: Generate) -> Path:
    return generate(**ANSWERS)


@pytest.fixture
def apply(store: Path, monkeypatch: pytest.MonkeyPatch) -> Apply:
    """Return a function that sets one vendor up."""
    monkeypatch.setattr("luma.live.account.POLL_SECONDS", 0)
    for name, value in VALUES.items():
        monkeypatch.setenv(name, value)
    for name in ("RENDER_WORKSPACE", "VERCEL_TEAM"):
        monkeypatch.delenv(name, raising=False)

    def apply(vendor: str, **variables: str) -> int:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        return commands.main(["apply", "--yes", "--only", vendor, "--store", str(store)])

    return apply


def calls(held: Asked) -> set[tuple[str, str]]:
    """Return each kind of request that a stand-in got, and forget them."""
    asked = {
        (method, re.sub("(?<=/env-vars/).+", "KEY", IDENTIFIER.sub("ID", urlsplit(target).path)))
        for method, target in held.requests
    }
    held.requests.clear()
    return asked


def test_renders_own_client_sends_our_calls_and_reads_the_answers(
    apply: Apply, store: Path
) -> None:
    text = (store / "render/render.yaml").read_text()
    with render_stand_in.stand_in(render_stand_in.description()) as workspace:
        base = f"{workspace.address}/v1"
        workspace.create(text, {})
        code = apply("render", RENDER_API_KEY=render_stand_in.TOKEN, RENDER_BASE_URL=base)
        assert code == 0
        ours = calls(workspace)
        client = AuthenticatedClient(
            base_url=base, token=render_stand_in.TOKEN, raise_on_unexpected_status=True
        )
        owned: dict[str, Any] = {"client": client, "owner_id": [render_stand_in.OWNER["id"]]}
        blueprint, service = workspace.blueprints[0]["id"], workspace.one("/services")["id"]
        form = ValidateBlueprintRequest(
            owner_id=render_stand_in.OWNER["id"],
            file=File(BytesIO(text.encode()), "render.yaml", "application/yaml"),
        )
        read = [
            list_owners.sync(client=client),
            validate_blueprint.sync(client=client, body=form),
            list_blueprints.sync(**owned),
            retrieve_blueprint.sync(blueprint, client=client),
            update_blueprint.sync(blueprint, client=client, body=BlueprintPATCH(auto_sync=False)),
            list_services.sync(**owned),
            list_postgres.sync(**owned),
            list_key_value.sync(**owned),
            get_env_vars_for_service.sync(service, client=client),
            update_env_var.sync(service, "A", client=client, body=EnvVarValue("b")),
            create_deploy.sync(service, client=client, body=CreateDeployBody()),
            list_deploys.sync(service, client=client),
        ]
        assert all(read)
        assert not [each for each in read if isinstance(each, Error)]
        assert calls(workspace) == ours
    assert workspace.wrong == []


def test_vercels_own_client_sends_our_calls_and_reads_the_answers(apply: Apply) -> None:
    with vercel_stand_in.stand_in(vercel_stand_in.descriptions()) as team:
        team.unproven.add(ANSWERS["domain"])
        team.records.add("TXT")
        code = apply("vercel", VERCEL_TOKEN=vercel_stand_in.TOKEN, VERCEL_BASE_URL=team.address)
        assert code == 0
        ours = calls(team)
        about = {
            "team": vercel_stand_in.TEAM["id"],
            "project": "luma-store",
            "variable": team.variables["luma-store"][0]["id"],
            "domain": ANSWERS["domain"],
        }
        client = ["node", str(VERCEL_SDK), team.address, vercel_stand_in.TOKEN, json.dumps(about)]
        done = subprocess.run(client, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stderr) == (0, "")
        # It also changes a variable, and lists domains.
        assert ours < calls(team)
    assert team.wrong == []

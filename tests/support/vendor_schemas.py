"""The vendors' published schemas, as reference data from outside the project."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft7Validator, Draft202012Validator

from support.checkout import ROOT

DOWNLOADED = ROOT / ".cache" / "schemas"
SERVICE_SHAPES = {
    "web": "serverService",
    "worker": "serverService",
    "pserv": "serverService",
    "cron": "cronService",
    "keyvalue": "redisServer",
}


def load_schema(name: str) -> Any:
    """Read a schema from the folder that LUMA_SCHEMAS names, else from `make schemas`."""
    return json.loads(published(name, "LUMA_SCHEMAS", DOWNLOADED))


def published(name: str, variable: str, downloaded: Path) -> str:
    """Return what a vendor has published, from the folder of a variable or of `make schemas`.

    Skips the calling test where there is none; in CI that fails instead.
    """
    folder = Path(os.environ.get(variable) or downloaded)
    path = folder / name
    if not path.exists():
        message = f"{name} is not in {folder}: run `make schemas` or set {variable}."
        if os.environ.get("CI"):
            pytest.fail(message)
        pytest.skip(message)
    return path.read_text(encoding="utf-8")


def blueprint_errors(schema: Any, blueprint: Any) -> Iterator[str]:
    """Return what Render's schema refuses, first by each service's own shape.

    `services` is an anyOf of closed shapes, whose own messages do not name the field.
    """
    definitions = {"$schema": schema["$schema"], "definitions": schema["definitions"]}
    for project in blueprint.get("projects", []):
        for environment in project["environments"]:
            for service in environment["services"]:
                shape = {**definitions, "$ref": f"#/definitions/{SERVICE_SHAPES[service['type']]}"}
                for error in Draft202012Validator(shape).iter_errors(service):
                    yield f"{service['name']}: {error.json_path}: {error.message}"
    for error in Draft202012Validator(schema).iter_errors(blueprint):
        yield f"{error.json_path}: {error.message}"


def vercel_errors(schema: Any, config: Any) -> Iterator[str]:
    """Return what Vercel's strict schema refuses."""
    for error in Draft7Validator(schema).iter_errors(config):
        yield f"{error.json_path}: {error.message}"

"""What Cloudinary's package sends, judged by a description of Cloudinary's Admin API.

The description is derived from another package of Cloudinary's. It has the fields of what is
written, but neither the parameters of what is read nor any answer.
"""

from __future__ import annotations

from copy import deepcopy
from functools import cache
from typing import Any

from support.cloudinary_stand_in import StandIn
from support.descriptions import Description, WrongCallError, load

HOST = "https://api.cloudinary.com"
PRESETS, TRANSFORMATIONS, TRIGGERS = (
    f"/v1_1/{{cloud_name}}/{kind}" for kind in ("upload_presets", "transformations", "triggers")
)
READ_BY = {"event_type", "max_results", "named", "next_cursor", "transformation"}
"""The parameters of what is read, as Cloudinary documents them."""
NAMED_BY = {"post": "name", "put": "transformation"}
"""The field that names a transformation, which the description has in the path."""


@cache
def description() -> Description:
    """Load the description, with what Cloudinary's Python package sends in another form."""
    document = load("cloudinary.admin.subset.openapi.json")
    paths = document["paths"]
    by_path = paths.pop(f"{TRANSFORMATIONS}/{{transformation}}")
    for method, name in NAMED_BY.items():
        operation = deepcopy(by_path[method])
        taken = _body(operation)
        taken["properties"][name] = {"type": "string"}
        taken["required"] = [*taken["properties"].keys() - {"allowed_for_strict"}]
        operation["parameters"] = paths[TRANSFORMATIONS]["get"]["parameters"]
        paths[TRANSFORMATIONS][method] = operation
    for path, method in ((PRESETS, "post"), (f"{PRESETS}/{{name}}", "put")):
        fields = _body(paths[path][method])["properties"]
        for name, field in fields.items():
            if field.get("type") == "boolean":
                fields[name] = {"enum": [False, True, "0", "1"]}
        fields["timestamp"] = {"type": "string"}
    _body(paths[TRIGGERS]["post"])["properties"]["uri_type"] = {"type": "null"}
    return Description(document, HOST)


def wrong_calls(account: StandIn) -> list[str]:
    """Return what the package has sent to a stand-in that is not as described."""
    problems = []
    for method, target, headers, body in account.set()["wire"]:
        try:
            description().judge(method, target, headers, body.encode(), READ_BY)
        except WrongCallError as error:
            problems.append(str(error))
    return problems


def _body(operation: Any) -> Any:
    return operation["requestBody"]["content"]["application/json"]["schema"]

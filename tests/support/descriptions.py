"""Vendors' descriptions of their APIs, as judges of what is sent to a stand-in and of its answers.

They are reference data from outside the project.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml
from openapi_core import Config, OpenAPI
from openapi_core.exceptions import OpenAPIError
from openapi_core.testing import MockRequest, MockResponse

from support.checkout import ROOT
from support.vendor_schemas import published

DOWNLOADED = ROOT / ".cache" / "specs"
NOT_VALIDATED = Config(spec_validator_cls=None)  # type: ignore[arg-type] # takes a minute else


def load(name: str) -> Any:
    """Read a description from the folder that LUMA_SPECS names, else from `make schemas`."""
    text = published(name, "LUMA_SPECS", DOWNLOADED)
    return json.loads(text) if name.endswith(".json") else yaml.load(text, yaml.CSafeLoader)


class WrongCallError(Exception):
    """A request or an answer is not as described."""


class Description:
    """One description, and the address that it is for."""

    def __init__(self, document: Any, host: str) -> None:
        self.document = document
        self._host = host
        self._openapi = OpenAPI.from_dict(document, config=NOT_VALIDATED)
        self._accepted: set[tuple[Any, ...]] = set()

    def operation(self, method: str, path: str) -> Any:
        """Return what is said of a call.

        Raises:
            WrongCallError: there is no such path, or not with this method.

        """
        found = self._item(path)
        if found is None:
            raise WrongCallError(f"no path {path}")
        if method.lower() not in found:
            raise WrongCallError(f"no method {method} at {path}")
        return found[method.lower()] | {"parameters": self._parameters(found, method)}

    def knows(self, path: str) -> bool:
        """Return whether a path is described."""
        return self._item(path) is not None

    def parameters(self, method: str, path: str) -> set[str]:
        """Return the names of what the query of a call may hold."""
        names: set[str] = self.operation(method, path)["parameters"]
        return names

    def judge(
        self, method: str, target: str, headers: Mapping[str, str], body: bytes, also: set[str]
    ) -> None:
        """Accept a request, or say what is wrong with it. `also` are parameters known elsewhere.

        Raises:
            WrongCallError: path, method, parameter, field or value is not as described.

        """
        address = urlsplit(target)
        operation = self.operation(method, address.path)
        query = parse_qs(address.query)
        if unknown := query.keys() - operation["parameters"] - also:
            raise WrongCallError(f"no parameter {', '.join(sorted(unknown))} at {address.path}")
        self._check(method, target, headers, body)
        content = operation.get("requestBody", {}).get("content", {})
        if body and "application/json" in content:
            schema = content["application/json"]["schema"]
            if strays := list(self.strays(json.loads(body), schema)):
                raise WrongCallError(f"no field {', '.join(strays)} at {method} {address.path}")

    def judge_answer(
        self, method: str, target: str, headers: Mapping[str, str], status: int, body: bytes
    ) -> None:
        """Accept an answer of a stand-in, or say what is wrong with it.

        Raises:
            WrongCallError: it is not as described.

        """
        self._check(method, target, headers, b"", (body, status))

    def answer(self, method: str, path: str, *, filled: bool = False) -> Any:
        """Return the smallest good answer, or one in which nothing is null and no list empty."""
        responses = self.operation(method, path)["responses"]
        good = next(each for status, each in responses.items() if status.startswith("2"))
        return self._sample(good["content"]["application/json"]["schema"], filled)

    def _sample(self, schema: Any, filled: bool) -> Any:
        schema = self._resolved(schema)
        if schema.get("nullable") and not filled:
            return None
        for choice in ("oneOf", "anyOf", "allOf"):
            if choice in schema:
                return self._sample(schema[choice][0], filled)
        if schema.get("type") == "object":
            fields = schema.get("properties", {})
            return {name: self._sample(fields[name], filled) for name in schema.get("required", ())}
        if schema.get("type") == "array":
            return [self._sample(schema["items"], filled)] if filled else []
        if "enum" in schema:
            return schema["enum"][0]
        text = "2026-01-01T00:00:00Z" if schema.get("format") == "date-time" else ""
        values = {"boolean": False, "integer": 0, "number": 0, "string": text}
        return values.get(schema.get("type", ""))

    def strays(self, value: Any, schema: Any) -> Iterator[str]:
        """Return the fields of a body that no part of its schema names.

        A description that does not close its objects would let a misspelt field pass.
        """
        known, items = self._fields(schema), self._items(schema)
        if isinstance(value, dict) and known:
            for name, inner in value.items():
                if name not in known:
                    yield name
                else:
                    yield from self.strays(inner, known[name])
        if isinstance(value, list) and items:
            for inner in value:
                yield from self.strays(inner, items)

    def _fields(self, schema: Any) -> dict[str, Any]:
        fields: dict[str, Any] = {}
        for part in self._parts(schema):
            for name, inner in part.get("properties", {}).items():
                fields[name] = {"anyOf": [fields[name], inner]} if name in fields else inner
        return fields

    def _items(self, schema: Any) -> Any:
        items = [part["items"] for part in self._parts(schema) if "items" in part]
        return {"anyOf": items} if items else None

    def _parts(self, schema: Any) -> Iterator[Any]:
        schema = self._resolved(schema)
        yield schema
        for choice in ("oneOf", "anyOf", "allOf"):
            for part in schema.get(choice, ()):
                yield from self._parts(part)

    def _resolved(self, schema: Any) -> Any:
        while "$ref" in schema:
            place = self.document
            for name in schema["$ref"].removeprefix("#/").split("/"):
                place = place[name]
            schema = place
        return schema

    def _item(self, path: str) -> Any:
        prefix = urlsplit(self._host).path
        parts = path.removeprefix(prefix).split("/")
        for template, item in self.document["paths"].items():
            pattern = template.split("/")
            if len(pattern) == len(parts) and all(
                (part and wanted.startswith("{")) or wanted == part
                for wanted, part in zip(pattern, parts, strict=True)
            ):
                return item
        return None

    def _parameters(self, item: Any, method: str) -> set[str]:
        declared = [*item.get("parameters", ()), *item[method.lower()].get("parameters", ())]
        return {each["name"] for each in map(self._resolved, declared) if each["in"] == "query"}

    def _check(
        self,
        method: str,
        target: str,
        headers: Mapping[str, str],
        body: bytes,
        answer: tuple[bytes, int] | None = None,
    ) -> None:
        """Judge a request or its answer, the same one only once: that takes 15 milliseconds."""
        # Node.js sends their names in lower case.
        given = {name.lower(): value for name, value in headers.items()}
        token = {"Authorization": given.get("authorization", "")}
        known = (method, target, token["Authorization"], body, answer)
        if known in self._accepted:
            return
        address, host = urlsplit(target), urlsplit(self._host)
        request = MockRequest(
            f"{host.scheme}://{host.netloc}",
            method,
            address.path,
            args=parse_qs(address.query),
            headers=token,
            data=body or None,
            content_type=given.get("content-type", "application/json"),
        )
        try:
            if answer is None:
                self._openapi.validate_request(request)
            else:
                self._openapi.validate_response(request, MockResponse(*answer))
        except OpenAPIError as error:
            causes = getattr(error.__cause__, "schema_errors", None) or [error.__cause__ or error]
            inner = [each for cause in causes for each in getattr(cause, "context", ()) or [cause]]
            raise WrongCallError("; ".join(str(each).splitlines()[0] for each in inner)) from error
        self._accepted.add(known)

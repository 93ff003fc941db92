"""Compare the Cloudinary account with the declarations in storage/, or apply them.

`luma storage plan` only reads. `luma storage apply` writes what the plan shows, one resource at a
time, so an interrupted run can be started again. Nothing is deleted.
"""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import SplitResult, parse_qs, urlsplit

from tools.checks import media
from tools.repository import ANSWERS, MEDIA, OWN, BrokenFileError, Repository

from luma.live import engine
from luma.live.engine import Fields, Resource, Vendor
from luma.problems import LumaError

VARIABLE = "CLOUDINARY_URL"
SHAPE = "cloudinary://KEY:SECRET@CLOUD, as the console shows it under Settings, API Keys"
PLACEHOLDER = re.compile(
    r"[<>{}]|\*{3}|\.{3}|x{4}|your[_-]|api[_-]?(key|secret)|change[_-]?me|placeholder", re.I
)
LOOPBACK = {"127.0.0.1", "localhost", "::1"}
PAGE_SIZE = 500
TIMEOUT_SECONDS = 30
SEPARATORS = {"allowed_formats": ",", "tags": ",", "eager": "|"}
"""Lists are sent as one string; their order does not matter."""
BOOLEANS = {"1": "true", "0": "false", "True": "true", "False": "false"}
"""Booleans are sent as 1 and 0, and returned in any of these forms."""
ON_BY_DEFAULT = {"overwrite", "unique_filename"}
"""Parameters that are true if a preset does not set them."""
NOT_PARAMETERS = {"unsigned", "disallow_public_id", "live"}
"""Fields of a preset that are not upload parameters."""
PER_UPLOAD = {"timestamp", "upload_preset"}

EXIT_CODES = """\
exit codes:
  0  the account has what the file declares
  1  they could not be compared, or a write failed: the last line says why
  2  they differ
"""


class Collection(Protocol):
    """One kind of resource, as declared in the file and as held by the account."""

    label: str
    declared: Mapping[str, Any]

    def names(self) -> Iterator[str]:
        """Return the names in the account."""

    def wanted(self, name: str) -> Fields:
        """Return the declared fields, as comparable text."""

    def found(self, name: str) -> Fields | None:
        """Return the account's fields, as comparable text; None where it has no such name."""

    def create(self, name: str) -> None:
        """Create the resource in the account."""

    def update(self, name: str) -> None:
        """Overwrite the resource in the account."""


class Account:
    """The account that CLOUDINARY_URL opens, through Cloudinary's own package."""

    def __init__(self, url: SplitResult) -> None:
        self.cloud = url.hostname
        self._credentials = (url.password or "", url.username or "")
        # Only now: it reads CLOUDINARY_URL when it is imported, and would refuse in its own words.
        import cloudinary.api  # noqa: PLC0415

        cloudinary.config(timeout=TIMEOUT_SECONDS)
        self._api: Any = cloudinary.api
        self.utils: Any = cloudinary.utils
        self.already_exists: type[Exception] = self._api.AlreadyExists

    def call(self, operation: str, *arguments: str, **options: Any) -> Any:
        """Send one request and return the answer, None where nothing is there.

        Raises:
            LumaError: Cloudinary refused it, or could not be reached.

        """
        try:
            return getattr(self._api, operation)(*arguments, **options)
        except self.already_exists:
            raise
        except self._api.NotFound:
            return None
        except Exception as error:
            raise LumaError(self._sentence(error)) from error

    def listed(self, operation: str, key: str, **options: Any) -> Iterator[str]:
        """Return the names on all pages of a listing."""
        cursor = None
        while True:
            page = self.call(operation, max_results=PAGE_SIZE, next_cursor=cursor, **options)
            yield from (item["name"] for item in page[key])
            cursor = page.get("next_cursor")
            if not cursor:
                return

    def _sentence(self, error: Exception) -> str:
        answer = str(error).rstrip(".")
        for credential in self._credentials:
            answer = answer.replace(credential, "***")
        kind = type(error).__name__
        if kind == "AuthorizationRequired":
            return f"Cloudinary does not accept the key and secret in {VARIABLE} for {self.cloud}."
        if kind == "NotAllowed":
            return f"The key in {VARIABLE} has no permission for this: {answer}."
        if kind == "RateLimited":
            until = re.search(r"Try again on (.+)", answer)
            when = f"on {until[1]}" if until else "in an hour"
            return f"Cloudinary's limit of requests per hour is reached: try again {when}."
        if kind == "GeneralError" and not answer.startswith("Error "):
            return "Cloudinary cannot be reached or gives no usable answer."
        return f"Cloudinary refused a request: {answer}."


class Presets:
    """Upload presets."""

    label = "upload preset"

    def __init__(self, account: Account, declared: Mapping[str, Mapping[str, Any]]) -> None:
        self.declared = declared
        self._account = account
        known = {*account.utils.upload_params, *NOT_PARAMETERS} - PER_UPLOAD
        for name, preset in declared.items():
            for field in sorted(preset.keys() - known):
                raise LumaError(f"{self.label} {name}: {field} is not a parameter of a preset.")

    def names(self) -> Iterator[str]:
        """Return the name of every preset in the account."""
        return self._account.listed("upload_presets", "presets")

    def wanted(self, name: str) -> Fields:
        """Return the declared parameters, as comparable text."""
        empty = dict.fromkeys(self.declared[name], "")
        return empty | self._text(self.declared[name])

    def found(self, name: str) -> Fields | None:
        """Return the account's parameters, as comparable text; None for no such preset."""
        preset = self._account.call("upload_preset", name)
        if preset is None:
            return None
        return self._text({**preset["settings"], "unsigned": preset.get("unsigned", False)})

    def create(self, name: str) -> None:
        """Create the preset, or overwrite one that has appeared in the meantime."""
        try:
            options = _with_raw_transformation(self.declared[name])
            self._account.call("create_upload_preset", name=name, **options)
        except self._account.already_exists:
            self.update(name)

    def update(self, name: str) -> None:
        """Overwrite the declared parameters of a preset, and keep its others."""
        held = self._account.call("upload_preset", name)["settings"]
        options = _with_raw_transformation({**held, **self.declared[name]})
        self._account.call("update_upload_preset", name, **options)

    def _text(self, settings: Mapping[str, Any]) -> Fields:
        sent = self._account.utils.build_upload_params(**_with_raw_transformation(settings))
        sent |= {field: settings[field] for field in NOT_PARAMETERS & settings.keys()}
        return {
            field: _comparable(field, value)
            for field, value in sent.items()
            if field not in PER_UPLOAD and value not in (None, "", [])
        }


class Transformations:
    """Named transformations."""

    label = "named transformation"

    def __init__(self, account: Account, declared: Mapping[str, str]) -> None:
        self.declared = declared
        self._account = account

    def names(self) -> Iterator[str]:
        """Return the name of every named transformation in the account."""
        for name in self._account.listed("transformations", "transformations", named=True):
            yield name.removeprefix("t_")

    def wanted(self, name: str) -> Fields:
        """Return the declared definition, as comparable text."""
        return {"definition": _sorted_chain(self.declared[name])}

    def found(self, name: str) -> Fields | None:
        """Return the account's definition, as comparable text; None for no such transformation."""
        held = self._account.call("transformation", name)
        if held is None:
            return None
        steps = held["info"]
        chain, _ = self._account.utils.generate_transformation_string(transformation=steps)
        return {"definition": _sorted_chain(chain)}

    def create(self, name: str) -> None:
        """Create the transformation, or overwrite one that has appeared in the meantime."""
        try:
            self._account.call("create_transformation", name, self.declared[name])
        except self._account.already_exists:
            self.update(name)

    def update(self, name: str) -> None:
        """Set the declared definition, for images derived from now on."""
        self._account.call("update_transformation", name, unsafe_update=self.declared[name])


def _with_raw_transformation(settings: Mapping[str, Any]) -> dict[str, Any]:
    """Write an incoming transformation so that the package does not take it for a name."""
    text = settings.get("transformation")
    raw = [{"raw_transformation": text}] if isinstance(text, str) else text
    return {**settings, "transformation": raw} if raw else dict(settings)


def _comparable(field: str, value: object) -> str:
    separator = SEPARATORS.get(field)
    if separator is None:
        return BOOLEANS.get(str(value), str(value))
    parts = sorted(part.strip() for part in str(value).split(separator))
    return (", " if separator == "," else " | ").join(parts)


def _sorted_chain(chain: str) -> str:
    return "/".join(",".join(sorted(step.split(","))) for step in chain.split("/"))


def _unset(field: str, other: str) -> str:
    """Return the value of a field that is not set, in the form of the value to compare."""
    if other not in BOOLEANS.values():
        return ""
    return "true" if field in ON_BY_DEFAULT else "false"


class Named(Resource):
    """One declared resource of a collection."""

    def __init__(self, collection: Collection, name: str) -> None:
        self.title = f"{collection.label} {name}"
        self._collection = collection
        self._name = name
        self._is_there = False

    def wanted(self) -> Fields:
        """Return the declared fields."""
        return self._collection.wanted(self._name)

    def found(self) -> Fields | None:
        """Return the account's fields, without those that have the value of an unset one."""
        found, wanted = self._collection.found(self._name), self.wanted()
        self._is_there = found is not None
        if found is None:
            return None
        unset = {field: _unset(field, new) for field, new in wanted.items()}
        beyond = {
            field: value
            for field, value in found.items()
            if field in wanted or value != _unset(field, value)
        }
        return unset | beyond

    def write(self) -> None:
        """Create the resource, or overwrite what is declared of it."""
        write = self._collection.update if self._is_there else self._collection.create
        write(self._name)


class Cloudinary(Vendor):
    """What a store declares for Cloudinary."""

    name = "Cloudinary"

    def __init__(self, collections: tuple[Collection, ...], prefix: str) -> None:
        self._collections = collections
        self._prefix = prefix
        self.resources = [
            Named(collection, name) for collection in collections for name in collection.declared
        ]

    def undeclared(self) -> Iterator[str]:
        """Return what else is in the account, and which of it has a name of this store's kind."""
        for collection in self._collections:
            for name in sorted(collection.names()):
                if name not in collection.declared:
                    ours = ", named like this store's" if name.startswith(self._prefix) else ""
                    yield f"{collection.label} {name}{ours}"

    def forget(self) -> None:
        """Do nothing: everything is read each time."""


def _url(environment: Mapping[str, str]) -> SplitResult:
    """Return the parsed CLOUDINARY_URL.

    Raises:
        LumaError: it is missing, malformed or a placeholder, or there are other such variables.

    """
    text = environment.get(VARIABLE, "")
    beside = sorted(
        name
        for name, value in environment.items()
        if name.startswith("CLOUDINARY_") and name != VARIABLE and value
    )
    if beside:
        raise LumaError(
            f"Unset {', '.join(beside)}: beside {VARIABLE}, one of them is silently ignored."
        )
    if not text:
        raise LumaError(f"{VARIABLE} is not set: it must be {SHAPE}.")
    try:
        url = urlsplit(text)
        complete = all([url.hostname, url.username, url.password])
        prefix = urlsplit(parse_qs(url.query).get("upload_prefix", ["https://"])[0])
    except ValueError as error:
        raise LumaError(f"{VARIABLE} must be {SHAPE}.") from error
    if url.scheme != "cloudinary" or not complete:
        raise LumaError(f"{VARIABLE} must be {SHAPE}.")
    if any(PLACEHOLDER.search(part or "") for part in (url.hostname, url.username, url.password)):
        raise LumaError(f"{VARIABLE} still holds a placeholder: it must be {SHAPE}.")
    if prefix.scheme != "https" and prefix.hostname not in LOOPBACK:
        raise LumaError(f"The upload_prefix in {VARIABLE} must start with https://.")
    return url


def _declared(repository: Repository) -> tuple[str, Any]:
    """Return the prefix of this store's names, and the declarations.

    Raises:
        LumaError: a file cannot be read, or `make check` would refuse the declarations.

    """
    try:
        prefix = f"{repository.answers['store_slug']}-"
        names = [*repository.media["upload_presets"], *repository.media["named_transformations"]]
        findings = [str(finding) for rule in media.RULES for finding in rule(repository)]
    except BrokenFileError as error:
        raise LumaError(str(error.finding)) from error
    except Exception as error:
        files = f"{MEDIA}, {OWN[MEDIA]} or {ANSWERS}"
        raise LumaError(f"{files} does not have the expected structure.") from error
    findings += [
        f"{name}: must start with {prefix}, so that projects can share an account"
        for name in names
        if not str(name).startswith(prefix)
    ]
    if findings:
        raise LumaError("\n".join(findings))
    return prefix, repository.media


def _run(command: str, root: Path) -> int:
    url = _url(os.environ)
    prefix, declared = _declared(Repository(root))
    account = Account(url)
    collections: tuple[Collection, ...] = (
        Transformations(account, declared["named_transformations"]),
        Presets(account, declared["upload_presets"]),
    )
    vendor = Cloudinary(collections, prefix)
    plan = engine.read(vendor)
    print(f"Cloudinary account {account.cloud}, compared with {MEDIA}:")
    engine.show(plan)
    if command == "apply" and plan.differences:
        plan = engine.apply(vendor, plan)
    return plan.code


def main(arguments: Sequence[str]) -> int:
    """Run one command. Return 0 if account and file are equal, 2 if they differ.

    Raises:
        LumaError: they could not be compared, or a write failed.

    """
    parser = engine.Parser(
        prog="luma storage",
        description=f"Compare the Cloudinary account that {VARIABLE} opens with {MEDIA}.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "command",
        choices=("plan", "apply"),
        help="plan shows the differences, apply writes them too; neither deletes anything",
    )
    parser.add_argument("--store", type=Path, default=Path(), help="the store's folder")
    given = parser.parse_args(arguments)
    try:
        return _run(given.command, given.store.resolve())
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise LumaError("Cloudinary's answer does not match its documentation.") from error
    except KeyboardInterrupt as interrupt:
        raise KeyboardInterrupt("run it again") from interrupt

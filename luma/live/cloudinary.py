"""Cloudinary: upload presets, named transformations, and where it sends its notifications.

The calls are made by Cloudinary's own package.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from typing import Any, Protocol
from urllib.parse import SplitResult, parse_qs, urlsplit

from tools.checks import media
from tools.repository import ANSWERS, MEDIA, OWN, BrokenFileError, Repository

from luma.live import record
from luma.live.account import Held
from luma.live.engine import After, Fields, Known, Resource, Step, Vendor
from luma.live.site import site, wait_for_site
from luma.live.transport import LOOPBACK, ask_secret
from luma.problems import LumaError

VARIABLE = "CLOUDINARY_URL"
CLOUD_NAME = "NEXT_PUBLIC_CLOUDINARY_CLOUD_NAME"
SHAPE = "cloudinary://KEY:SECRET@CLOUD, as the console shows it under Settings, API Keys"
PLACEHOLDER = re.compile(
    r"[<>{}]|\*{3}|\.{3}|x{4}|your[_-]|api[_-]?(key|secret)|change[_-]?me|placeholder", re.I
)
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
READS = {"transformation", "transformations", "triggers", "upload_preset", "upload_presets"}
"""The operations that write nothing."""


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


class Account(Held):
    """The account that CLOUDINARY_URL opens, through Cloudinary's own package."""

    def __init__(self, url: SplitResult, *, read_only: bool) -> None:
        self.cloud = url.hostname or ""
        super().__init__()
        self._read_only = read_only
        self._credentials = (url.password or "", url.username or "")
        for credential in self._credentials:
            record.hide(credential)
        # Only now: it reads CLOUDINARY_URL when it is imported, and would refuse in its own words.
        import cloudinary.api  # noqa: PLC0415

        options = {name: values[0] for name, values in parse_qs(url.query).items()}
        cloudinary.config(
            cloud_name=self.cloud,
            api_key=url.username,
            api_secret=url.password,
            timeout=TIMEOUT_SECONDS,
            upload_prefix=options.get("upload_prefix"),
        )
        self._api: Any = cloudinary.api
        self.utils: Any = cloudinary.utils
        self.already_exists: type[Exception] = self._api.AlreadyExists

    def call(self, operation: str, *arguments: str, **options: Any) -> Any:
        """Return the answer to a request, None where nothing is there; what reads is sent once.

        Raises:
            LumaError: Cloudinary refused it, could not be reached, or this only reads.

        """
        if self._read_only and operation not in READS:
            raise LumaError(f"This only reads: {operation} was not sent to Cloudinary.")
        if operation not in READS:
            return self._send(operation, *arguments, **options)
        asked = repr((operation, arguments, options))
        return self._once(asked, lambda: self._send(operation, *arguments, **options))

    def _send(self, operation: str, *arguments: str, **options: Any) -> Any:
        try:
            answer = getattr(self._api, operation)(*arguments, **options)
            record.exchange(
                "Cloudinary", operation, "/".join(arguments), body=options, answer=answer
            )
            return answer
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
        self.declared_in = (MEDIA, name)
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


class Notification(Resource):
    """Where Cloudinary says that something has happened in the account."""

    def __init__(
        self, account: Account, event: str, path: str, repository: Repository, known: Known
    ) -> None:
        self.title = f"notification of {event}"
        self.declared_in = (MEDIA, "notifications", event)
        self._account = account
        self.event = event
        self._path = path
        self._repository = repository
        self._known = known

    @property
    def address(self) -> str:
        """Return the address that is told."""
        return site(self._repository, self._known) + self._path

    def wanted(self) -> Fields:
        """Return the declared address, where the store's is known."""
        return {"address": self.address} if self.waits_for() is None else {}

    def found(self) -> Fields | None:
        """Return the address, where Cloudinary has it for this event."""
        listed = self._account.call("triggers", event_type=self.event)["triggers"]
        addresses = {each["uri"] for each in listed if each["event_type"] == self.event}
        return self.wanted() if self.address in addresses else None

    def waits_for(self) -> Step | After | None:
        """Wait for the store's address."""
        return wait_for_site(self._repository, self._known)

    def write(self) -> None:
        """Create it: Cloudinary keeps one for each address."""
        self._account.call("create_trigger", self.address, self.event)


class Cloudinary(Vendor):
    """What a store declares for Cloudinary."""

    name = "Cloudinary"
    promises = (CLOUD_NAME,)

    def __init__(self, account: Account, repository: Repository, known: Known) -> None:
        prefix, declared = _declared(repository)
        collections: tuple[Collection, ...] = (
            Transformations(account, declared["named_transformations"]),
            Presets(account, declared["upload_presets"]),
        )
        self.account = f"account {account.cloud}"
        self._account = account
        self._collections = collections
        self._prefix = prefix
        self._notifications = [
            Notification(account, event, path, repository, known)
            for event, path in declared.get("notifications", {}).items()
        ]
        self.resources = [
            *(Named(each, name) for each in collections for name in each.declared),
            *self._notifications,
        ]

    def carries(self) -> dict[str, str]:
        """Return the name under which the storefront asks for images."""
        return {CLOUD_NAME: self._account.cloud}

    def undeclared(self) -> Iterator[str]:
        """Return what else is in the account, and which of it has a name of this store's kind."""
        for collection in self._collections:
            for name in sorted(collection.names()):
                if name not in collection.declared:
                    ours = ", named like this store's" if name.startswith(self._prefix) else ""
                    yield f"{collection.label} {name}{ours}"
        declared = {(each.event, each.address) for each in self._notifications}
        for each in self._account.call("triggers")["triggers"]:
            if (each["event_type"], each["uri"]) not in declared:
                yield f"notification of {each['event_type']} to {each['uri']}"

    def forget(self) -> None:
        """Read everything again from now on."""
        self._account.forget()


def connect(repository: Repository, known: Known, *, read_only: bool) -> Cloudinary:
    """Return what a store declares for Cloudinary, and the account to compare it with.

    Raises:
        LumaError: a declaration can't be carried out, or CLOUDINARY_URL opens no account.

    """
    declared = _url(os.environ)
    return Cloudinary(Account(declared, read_only=read_only), repository, known)


def _url(environment: Mapping[str, str]) -> SplitResult:
    """Return the parsed CLOUDINARY_URL.

    Raises:
        LumaError: it is missing, malformed or a placeholder, or there are other such variables.

    """
    beside = sorted(
        name
        for name, value in environment.items()
        if name.startswith("CLOUDINARY_") and name != VARIABLE and value
    )
    if beside:
        raise LumaError(
            f"Unset {', '.join(beside)}: beside {VARIABLE}, one of them is silently ignored."
        )
    text = ask_secret("Cloudinary", VARIABLE, f"it must be {SHAPE}.")
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

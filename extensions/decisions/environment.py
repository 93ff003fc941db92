"""The environment contract: every variable, who reads it and where its value comes from.

`env.yml`, `.env.example`, the Blueprint, the Vercel manifest and the README's table of a store
are all printed from what `environment_of` gives, so that a name cannot stand in one of them only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

ENVIRONMENTS = ("local", "preview", "production")


@dataclass(frozen=True)
class Source:
    """Where a value comes from.

    `kind` is one of: `value` (the literal in `detail`), `generated` (Render makes it up once),
    `database` and `key_value` (the property in `detail` of the store's own), `platform` (the host
    sets it), `person` (someone types it in; `detail` says where to find it), `dev` (`make dev`
    sets it) and `unset` (not there; `detail` says what that means).
    """

    kind: str
    detail: str = ""


@dataclass(frozen=True)
class Variable:
    """One environment variable.

    `kind` is `public` (ends up in the browser), `config` or `secret`. `preview` and `production`
    map a place (`vercel`, `render`, `operator`) to its one source.
    """

    name: str
    purpose: str
    kind: str
    used_by: tuple[str, ...]
    required_in: tuple[str, ...]
    local: Source
    preview: Mapping[str, Source] = field(default_factory=dict)
    production: Mapping[str, Source] = field(default_factory=dict)

    def sources(self, environment: str) -> Mapping[str, Source]:
        """Return the source by place; a laptop is one place for every process."""
        if environment == "local":
            return {"laptop": self.local}
        return self.preview if environment == "preview" else self.production


@dataclass(frozen=True)
class ManifestEntry:
    """One variable to set in the Vercel project, in the shape of its REST API."""

    key: str
    type: str
    targets: tuple[str, ...]
    value: str | None
    comment: str


@dataclass(frozen=True)
class BlueprintEntry:
    """One entry of the API's `envVars` in the Blueprint."""

    key: str
    source: Source
    preview_value: str | None


@dataclass(frozen=True)
class Environment:
    """The whole contract of one store."""

    variables: tuple[Variable, ...]

    @property
    def blueprint(self) -> tuple[BlueprintEntry, ...]:
        """Return what the Blueprint declares for the API, without what Render sets itself."""
        return tuple(
            BlueprintEntry(variable.name, source, _preview_value(variable, source))
            for variable in self.variables
            if (source := variable.production.get("render"))
            and source.kind not in {"platform", "unset"}
        )

    @property
    def manifest(self) -> tuple[ManifestEntry, ...]:
        """Return what has to be set in the Vercel project."""
        return tuple(entry for variable in self.variables for entry in _manifest(variable))

    def typed_by_person(self, place: str) -> tuple[Variable, ...]:
        """Return the variables whose production value a person types in at a place."""
        return tuple(
            variable
            for variable in self.variables
            if (source := variable.production.get(place)) and source.kind == "person"
        )


def environment_of(
    *,
    slug: str,
    domain: str,
    sentry_url: str,
    traces_sample_rate: float,
    pool_size: int,
    workers: int,
    pooled: bool,
    replay: bool,
) -> Environment:
    """Return every variable of a store."""
    variables = [
        *_platform(),
        *_seam(slug, domain),
        *_data(pool_size, workers, pooled),
        *_media(slug),
        *_sentry(slug, sentry_url, traces_sample_rate),
    ]
    if replay:
        variables.append(_logrocket())
    return Environment(tuple(variables))


def _preview_value(variable: Variable, production: Source) -> str | None:
    preview = variable.preview.get("render")
    if production.kind != "value" or preview is None or preview.detail == production.detail:
        return None
    return preview.detail


def _manifest(variable: Variable) -> Iterator[ManifestEntry]:
    kind = "sensitive" if variable.kind == "secret" else "plain"
    targets: dict[Source, list[str]] = {}
    for target in ("production", "preview"):
        source = variable.sources(target).get("vercel")
        if source and source.kind in {"value", "person"}:
            targets.setdefault(source, []).append(target)
    for source, names in targets.items():
        value = source.detail if source.kind == "value" else None
        comment = variable.purpose if value is not None else source.detail
        yield ManifestEntry(variable.name, kind, tuple(names), value, comment)


def _same(place: str, source: Source) -> dict[str, Any]:
    return {"preview": {place: source}, "production": {place: source}}


def _platform() -> Iterator[Variable]:
    host = Source("platform")
    local = Source("unset", "set by the host only")
    yield Variable(
        "ENVIRONMENT",
        "Name of the environment on logs, events and image folders",
        "config",
        ("api",),
        ENVIRONMENTS,
        Source("value", "local"),
        {"render": Source("value", "preview")},
        {"render": Source("value", "production")},
    )
    yield Variable(
        "NEXT_PUBLIC_VERCEL_ENV",
        "Name of the environment on the storefront's events: production or preview",
        "public",
        ("storefront-build", "storefront-server", "browser"),
        ("preview", "production"),
        local,
        **_same("vercel", host),
    )
    yield Variable(
        "NEXT_PUBLIC_VERCEL_GIT_COMMIT_SHA",
        "Release of the storefront, and of its source maps",
        "public",
        ("storefront-build", "storefront-server", "browser"),
        ("preview", "production"),
        local,
        **_same("vercel", host),
    )
    yield Variable(
        "RENDER_GIT_COMMIT",
        "Release of the API",
        "config",
        ("api",),
        ("preview", "production"),
        local,
        **_same("render", host),
    )
    yield Variable(
        "PORT",
        "Port that the API listens on",
        "config",
        ("api",),
        ENVIRONMENTS,
        Source("dev"),
        **_same("render", host),
    )
    yield Variable(
        "LOG_LEVEL",
        "Least severe level that the API logs",
        "config",
        ("api",),
        (),
        Source("value", "info"),
        **_same("render", Source("value", "info")),
    )


def _seam(slug: str, domain: str) -> Iterator[Variable]:
    site = (
        Source("value", f"https://{domain}")
        if domain
        else Source("person", "Vercel, the project's Domains: https:// and the production domain")
    )
    yield Variable(
        "NEXT_PUBLIC_SITE_URL",
        "Address of the storefront in canonical links and the sitemap",
        "public",
        ("storefront-build", "storefront-server", "browser"),
        ("local", "production"),
        Source("dev"),
        {"vercel": Source("unset", "previews are not indexed")},
        {"vercel": site},
    )
    yield Variable(
        "API_ORIGIN",
        "Address of the API, to which the storefront rewrites /api/*",
        "config",
        ("storefront-build", "storefront-server"),
        ("local", "production"),
        Source("dev"),
        {"vercel": Source("unset", "previews have no API until you give them one of their own")},
        {"vercel": Source("person", f"Render, service {slug}-api: the address under its name")},
    )
    yield Variable(
        "STOREFRONT_ORIGIN",
        "Address of the storefront, whose pages the API refreshes",
        "config",
        ("api",),
        ("local", "production"),
        Source("dev"),
        {"render": Source("unset", "previews refresh nothing")},
        {
            "render": Source(
                "person",
                f"https://{domain}"
                if domain
                else "Vercel, the project's Domains: https:// and the production domain",
            )
        },
    )
    yield Variable(
        "REVALIDATE_SECRET",
        "Signs the API's call that refreshes a page after a product changed",
        "secret",
        ("storefront-build", "storefront-server", "api"),
        ("local", "production"),
        Source("value", "local-only-revalidate-secret"),
        {
            "vercel": Source("unset", "previews accept no refresh"),
            "render": Source("generated"),
        },
        {
            "vercel": Source("person", f"Render, service {slug}-api, Environment: copy it"),
            "render": Source("generated"),
        },
    )
    yield Variable(
        "ADMIN_TOKEN",
        "Bearer token of whoever creates products and uploads images",
        "secret",
        ("api",),
        ENVIRONMENTS,
        Source("value", "local-only-admin-token"),
        **_same("render", Source("generated")),
    )


def _data(pool_size: int, workers: int, pooled: bool) -> Iterator[Variable]:
    app_url = Source("database", "connectionPoolString" if pooled else "connectionString")
    yield Variable(
        "DATABASE_URL",
        "PostgreSQL for requests" + (", through the connection pool" if pooled else ""),
        "secret",
        ("api",),
        ENVIRONMENTS,
        Source("dev"),
        **_same("render", app_url),
    )
    yield Variable(
        "DATABASE_DIRECT_URL",
        "PostgreSQL for migrations, past any connection pool",
        "secret",
        ("release",),
        ENVIRONMENTS,
        Source("dev"),
        **_same("render", Source("database", "connectionString")),
    )
    yield Variable(
        "DATABASE_POOL_SIZE",
        "Connections that each API process may hold",
        "config",
        ("api",),
        (),
        Source("value", "5"),
        {"render": Source("value", "5")},
        {"render": Source("value", str(pool_size))},
    )
    yield Variable(
        "WEB_CONCURRENCY",
        "API processes per instance",
        "config",
        ("api",),
        (),
        Source("value", "1"),
        {"render": Source("value", "1")},
        {"render": Source("value", str(workers))},
    )
    yield Variable(
        "CACHE_URL",
        "Key Value, the catalogue's cache and the rate limits' counters",
        "secret",
        ("api",),
        ENVIRONMENTS,
        Source("dev"),
        **_same("render", Source("key_value", "connectionString")),
    )


def _media(slug: str) -> Iterator[Variable]:
    keys = "Cloudinary, Settings, API Keys: cloudinary://key:secret@cloud"
    yield Variable(
        "NEXT_PUBLIC_CLOUDINARY_CLOUD_NAME",
        "Cloudinary account that delivers the images",
        "public",
        ("storefront-build", "storefront-server", "browser"),
        ("production",),
        Source("unset", "images come from the storefront itself"),
        **_same("vercel", Source("person", "Cloudinary, Settings, API Keys: the cloud name")),
    )
    yield Variable(
        "CLOUDINARY_URL",
        "Cloudinary account that signs uploads and receives the presets",
        "secret",
        ("api", "tools"),
        ("production",),
        Source("unset", "uploads are off"),
        {
            "render": Source("unset", "previews upload nothing"),
            "operator": Source("unset", "presets are shared"),
        },
        {"render": Source("person", keys), "operator": Source("person", keys)},
    )
    yield Variable(
        "MEDIA_FOLDER",
        "Cloudinary folder that uploads of this environment go to",
        "config",
        ("api",),
        ENVIRONMENTS,
        Source("value", f"{slug}/local"),
        {"render": Source("value", f"{slug}/preview")},
        {"render": Source("value", f"{slug}/production")},
    )


def _sentry(slug: str, url: str, rate: float) -> Iterator[Variable]:
    off = Source("unset", "nothing is reported")
    yield Variable(
        "NEXT_PUBLIC_SENTRY_DSN",
        "Where browser and storefront report errors and traces",
        "public",
        ("storefront-build", "storefront-server", "browser"),
        ("production",),
        off,
        **_same(
            "vercel",
            Source("person", f"Sentry, project {slug}-storefront, Client Keys (DSN)"),
        ),
    )
    yield Variable(
        "NEXT_PUBLIC_SENTRY_TRACES_SAMPLE_RATE",
        "Share of page views that are traced, 0 to 1",
        "public",
        ("storefront-build", "storefront-server", "browser"),
        (),
        Source("value", "1.0"),
        {"vercel": Source("value", "1.0")},
        {"vercel": Source("value", str(rate))},
    )
    yield Variable(
        "SENTRY_DSN",
        "Where the API reports errors and traces",
        "config",
        ("api",),
        ("production",),
        off,
        {"render": off},
        {"render": Source("person", f"Sentry, project {slug}-api, Client Keys (DSN)")},
    )
    yield Variable(
        "SENTRY_TRACES_SAMPLE_RATE",
        "Share of requests without a caller's decision that are traced, 0 to 1",
        "config",
        ("api",),
        (),
        Source("value", "1.0"),
        {"render": Source("value", "1.0")},
        {"render": Source("value", str(rate))},
    )
    yield Variable(
        "SENTRY_AUTH_TOKEN",
        "Uploads the storefront's source maps",
        "secret",
        ("storefront-build",),
        (),
        Source("unset", "no upload"),
        {
            "vercel": Source("unset", "previews upload no source maps"),
        },
        {
            "vercel": Source("person", "Sentry, Settings, Auth Tokens: an organization token"),
        },
    )
    yield Variable(
        "SENTRY_ORG",
        "Sentry organization that owns both projects",
        "config",
        ("storefront-build",),
        (),
        Source("unset", "no upload"),
        {
            "vercel": Source("unset", "previews upload no source maps"),
        },
        {
            "vercel": Source("person", "Sentry, Settings, General: the organization slug"),
        },
    )
    yield Variable(
        "SENTRY_URL",
        "Sentry's address in the store's data region",
        "config",
        ("storefront-build",),
        (),
        Source("value", url),
        **_same("vercel", Source("value", url)),
    )


def _logrocket() -> Variable:
    return Variable(
        "NEXT_PUBLIC_LOGROCKET_APP_ID",
        "LogRocket project that replays go to, after consent",
        "public",
        ("storefront-build", "browser"),
        (),
        Source("unset", "nothing is recorded"),
        {"vercel": Source("unset", "previews record nothing")},
        {"vercel": Source("person", "LogRocket, Settings, Project Setup: organisation/app")},
    )

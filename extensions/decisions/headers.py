"""Security headers of the storefront, as far as they follow from the answers."""

from __future__ import annotations

from .catalog import Catalog, SentryLocation


def content_security_policy(catalog: Catalog, sentry: SentryLocation, *, replay: bool) -> str:
    """Return the Content-Security-Policy of the storefront's cached pages.

    No nonce can vary per response there, so Next.js needs `'unsafe-inline'` for its own inline
    scripts; every other host is named. `vercel/config.ts` narrows the vendors' hosts to those of
    the store, and makes the policy with a nonce. Sources: Next.js' guide to content security
    policies; LogRocket's and Sentry's lists of hosts in the catalogue.
    """
    scripts = catalog.logrocket.script_hosts if replay else ()
    connections = catalog.logrocket.connect_hosts if replay else ()
    directives = {
        "default-src": ["'self'"],
        "base-uri": ["'self'"],
        "connect-src": ["'self'", sentry.ingest, *connections],
        "font-src": ["'self'"],
        "form-action": ["'self'"],
        "frame-ancestors": ["'none'"],
        "img-src": ["'self'", "data:", "blob:", catalog.cloudinary.delivery_host],
        "media-src": ["'self'", catalog.cloudinary.delivery_host],
        "object-src": ["'none'"],
        "script-src": ["'self'", "'unsafe-inline'", *scripts],
        "style-src": ["'self'", "'unsafe-inline'"],
    }
    if replay:
        directives["worker-src"] = directives["child-src"] = ["'self'", "blob:"]
    return "; ".join(f"{name} {' '.join(values)}" for name, values in directives.items())

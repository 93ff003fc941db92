"""Pages for those who run the shop: the only ones that browsers get from the API's own origin."""

from collections.abc import Sequence
from decimal import Decimal
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .limits import PROOF

SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "X-Robots-Tag": "noindex, nofollow",
}
HSTS = "max-age=63072000"
# ISO 4217 gives the others two.
WITHOUT_DIGITS = "BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF"
WITH_THREE_DIGITS = "BHD IQD JOD KWD LYD OMR TND"


class OwnPages:
    """ASGI middleware: keeps other sites and the storefront out, and lets nothing else run in.

    Scripts, styles and fonts come from this origin alone; pictures also from `images`, and scripts
    may also send to `connect`. `secure` says that browsers use https, which the host ends.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        secure: bool,
        images: Sequence[str] = (),
        connect: Sequence[str] = (),
    ) -> None:
        self._app, self._secure = app, secure
        policy = {
            "default-src": ["'none'"],
            "base-uri": ["'none'"],
            "connect-src": ["'self'", *connect],
            "font-src": ["'self'"],
            "form-action": ["'self'"],
            "frame-ancestors": ["'none'"],
            "img-src": ["'self'", "data:", *images],
            "script-src": ["'self'"],
            "style-src": ["'self'"],
        }
        self._headers = {
            **HEADERS,
            "Content-Security-Policy": "; ".join(
                " ".join([name, *sources]) for name, sources in policy.items()
            ),
            **({"Strict-Transport-Security": HSTS} if secure else {}),
        }

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request; 404 where it comes through the storefront, 403 from another site."""
        if scope["type"] != "http":
            return
        if self._secure:
            scope["scheme"] = "https"

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.update(self._headers)
                if "etag" not in headers:
                    headers["Cache-Control"] = "no-store"
            await send(message)

        headers = Headers(scope=scope)
        answer: ASGIApp = self._app
        if PROOF.decode() in headers:
            answer = PlainTextResponse("Not Found", 404)
        elif scope["method"] not in SAFE_METHODS and not _is_own(headers):
            answer = PlainTextResponse("This has to be sent from a page of its own.", 403)
        await answer(scope, receive, send_with_headers)


def _is_own(headers: Headers) -> bool:
    """Return whether a browser says that a page of this origin sends the request."""
    # Over http, browsers say the one only to localhost, and the other always.
    if site := headers.get("sec-fetch-site"):
        return site == "same-origin"
    host = headers.get("host", "")
    return bool(host) and urlsplit(headers.get("origin", "")).netloc == host


def digits(currency: str) -> int:
    """Return how many decimal places a currency has."""
    if currency in WITHOUT_DIGITS.split():
        return 0
    return 3 if currency in WITH_THREE_DIGITS.split() else 2


def amount(minor: int, currency: str) -> Decimal:
    """Return an amount that is given in the currency's smallest unit as people read it."""
    return Decimal(minor).scaleb(-digits(currency))

"""A stand-in for Stripe on a laptop: `make dev` runs it where no key of an account is set.

It speaks as much of the documented protocol as the store's checkout uses: it creates, shows and
expires Checkout Sessions, has a page on which nobody pays with real money, and sends signed events.
What it doesn't know, it refuses, as Stripe does. Standard library only.
"""

from __future__ import annotations

import hashlib
import hmac
import html
import json
import os
import re
import secrets
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from string import Template
from typing import Any
from urllib.parse import parse_qsl, urlsplit

API_VERSION = "2026-10-28.endive"
LIFETIME_SECONDS = range(30 * 60, 24 * 3600 + 1)
DELIVERIES = 6
TEXT, URL, AMOUNT, CURRENCY = r"(?s).{1,500}", r"https?://\S{1,2000}", r"\d{1,8}", "[a-z]{3}"
TAX, DAYS = "inclusive|exclusive", "hour|day|business_day|week|month"
EXPAND = {"expand[#]": r"payment_intent(\.latest_charge)?"}
RATE = "shipping_options[#][shipping_rate_data]"
PARAMETERS = {
    "mode": "payment",
    "success_url": URL,
    "cancel_url": URL,
    "expires_at": r"\d{10}",
    "client_reference_id": ".{1,200}",
    "metadata[*]": TEXT,
    "payment_intent_data[metadata][*]": TEXT,
    "payment_intent_data[description]": TEXT,
    "line_items[#][quantity]": r"[1-9]\d{0,5}",
    "line_items[#][price_data][currency]": CURRENCY,
    "line_items[#][price_data][unit_amount]": AMOUNT,
    "line_items[#][price_data][product_data][name]": TEXT,
    "line_items[#][price_data][tax_behavior]": TAX,
    "adaptive_pricing[enabled]": "true|false",
    "shipping_address_collection[allowed_countries][#]": "[A-Z]{2}",
    f"{RATE}[type]": "fixed_amount",
    f"{RATE}[display_name]": ".{1,100}",
    f"{RATE}[fixed_amount][amount]": AMOUNT,
    f"{RATE}[fixed_amount][currency]": CURRENCY,
    f"{RATE}[tax_behavior]": TAX,
    f"{RATE}[delivery_estimate][minimum][unit]": DAYS,
    f"{RATE}[delivery_estimate][minimum][value]": AMOUNT,
    f"{RATE}[delivery_estimate][maximum][unit]": DAYS,
    f"{RATE}[delivery_estimate][maximum][value]": AMOUNT,
    **EXPAND,
}
"""What a session is created with: # stands for a place in a list, * for any name."""
REQUIRED = ("mode", "success_url", "line_items[0][quantity]")
NOT_USED = """
after_expiration allow_promotion_codes billing_address_collection client_secret consent
consent_collection currency_conversion customer customer_account customer_email discounts
integration_identifier invoice invoice_creation locale managed_payments origin_context payment_link
payment_method_configuration_details permissions phone_number_collection recovered_from
saved_payment_method_options setup_intent shipping_cost submit_type subscription wallet_options
customer_details collected_information payment_intent
"""
PERSON = {
    "name": "Test Customer", "email": "test@customer.example", "line1": "Example Street 1",
    "postal_code": "10115", "city": "Example City",
}  # fmt: skip
CHOICES = {
    "open": {
        "pay": "Pay", "later": "Pay later", "decline": "Pay with a card that is declined",
        "leave": "Leave",
    },
    "pending": {"arrive": "Let the money arrive", "fail": "Let the payment fail"},
    "paid": {"refund": "Give the money back"},
}  # fmt: skip
"""What the page of a session offers, by the session's state."""
PAGE = Template("""<!doctype html><html lang="en"><meta charset="utf-8">
<title>Stand-in for Stripe</title>
<meta name="viewport" content="width=device-width"><style>
body { font: 1rem/1.5 system-ui; max-width: 28rem; margin: 3rem auto; padding: 0 1rem }
button, input { font: inherit; width: 100%; box-sizing: border-box; padding: .5rem }
label, button { display: block; margin-bottom: .7rem }</style>
<main><h1>A stand-in for Stripe</h1><p>No money moves here: $amount.</p>
<p role="status">$told</p><form method="post">$fields$buttons</form></main></html>""")


class RefusedError(Exception):
    """An answer of Stripe's that is an error."""

    def __init__(self, status: int, message: str, **more: str) -> None:
        super().__init__(message)
        self.status = status
        self.body = {"error": {"type": "invalid_request_error", "message": message, **more}}


class StandIn:
    """An account: its sessions, and the events that it sends to the address `webhook`."""

    def __init__(self, key: str, webhook_secret: str, webhook: str) -> None:
        self.origin, self.webhook, self.sends = "", webhook, True
        self.sessions: dict[str, dict[str, Any]] = {}
        self.events: list[dict[str, Any]] = []
        self.now: Callable[[], float] = time.time
        self.lock = threading.RLock()
        self._key, self._secret = key, webhook_secret
        self._answers: dict[str, tuple[Any, Any]] = {}

    def serve(self, port: int = 0) -> ThreadingHTTPServer:
        """Listen on a port; return the server, which runs until it is shut down."""
        server = ThreadingHTTPServer(("127.0.0.1", port), type("Of", (_Handler,), {"of": self}))
        self.origin = f"http://127.0.0.1:{server.server_port}"
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server

    def call(self, method: str, path: str, fields: Any, headers: Mapping[str, str]) -> Any:
        """Answer a call of the API.

        Raises:
            RefusedError: Stripe would not carry it out.

        """
        if headers.get("Authorization") != f"Bearer {self._key}":
            raise RefusedError(401, "Invalid API Key provided.")
        found = re.fullmatch(r"/v1/checkout/sessions(?:/(\w+)(/expire)?)?", path)
        name, is_end = found.groups() if found else ("", None)
        if not found or method != ("GET" if name and not is_end else "POST"):
            raise RefusedError(404, f"Unrecognized request URL ({method}: {path}).")
        with self.lock:
            key, asked = headers.get("Idempotency-Key", ""), (path, fields)
            if method == "POST" and key in self._answers:
                before, answer = self._answers[key]
                if before != asked:
                    told = "Keys can only be used with the parameters they were first used with."
                    raise RefusedError(400, told, type="idempotency_error")
                return answer
            given = _checked(fields, EXPAND if name else PARAMETERS)
            session = self.find(name) if name else self._create(given)
            if is_end:
                self._expire(session)
            answer = _shown(session, "".join(given.values()) if name else "")
            if method == "POST" and key:
                self._answers[key] = asked, answer
            return answer

    def find(self, name: str) -> dict[str, Any]:
        """Return a session, which may be over by now."""
        if name not in self.sessions:
            told = f"No such checkout.session: '{name}'"
            raise RefusedError(404, told, code="resource_missing", param="session")
        session = self.sessions[name]
        if session["status"] == "open" and session["expires_at"] <= self.now():
            self._expire(session)
        return session

    def _create(self, given: Mapping[str, str]) -> dict[str, Any]:
        for name in REQUIRED:
            if name not in given:
                told = f"Missing required param: {name.partition('[')[0]}."
                raise RefusedError(400, told, code="parameter_missing", param=name)
        now = int(self.now())
        expires = int(given.get("expires_at", now + LIFETIME_SECONDS[-1]))
        if expires - now not in LIFETIME_SECONDS:
            told = "The `expires_at` timestamp must be from 30 minutes to 24 hours after creation."
            raise RefusedError(400, told, param="expires_at")
        currencies = {value for name, value in given.items() if name.endswith("[currency]")}
        if len(currencies) != 1:
            raise RefusedError(400, "All prices must have the same currency.", param="line_items")
        lines = (f"line_items[{place}]" for place in range(len(given)))
        goods = sum(
            int(given[f"{line}[quantity]"]) * int(given[f"{line}[price_data][unit_amount]"])
            for line in lines
            if f"{line}[quantity]" in given
        )
        rate = RATE.replace("#", "0")
        delivery = int(given.get(f"{rate}[fixed_amount][amount]", 0))
        name = f"cs_test_{secrets.token_hex(24)}"
        texts = ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
        countries = "shipping_address_collection[allowed_countries]"
        self.sessions[name] = {
            **dict.fromkeys(NOT_USED.split()),
            "id": name,
            "object": "checkout.session",
            "adaptive_pricing": {"enabled": given.get("adaptive_pricing[enabled]") == "true"},
            "amount_subtotal": goods,
            "amount_total": goods + delivery,
            "automatic_tax": {
                "enabled": False, "liability": None, "provider": None, "status": None
            },
            "cancel_url": given.get("cancel_url"),
            "client_reference_id": given.get("client_reference_id"),
            "created": now,
            "currency": currencies.pop(),
            "custom_fields": [],
            "custom_text": dict.fromkeys(texts),
            "customer_creation": "if_required",
            "expires_at": expires,
            "livemode": False,
            "metadata": _below("metadata", given),
            "mode": "payment",
            "payment_method_collection": "if_required",
            "payment_method_options": {},
            "payment_method_types": ["card"],
            "payment_status": "unpaid",
            "shipping_address_collection": {
                "allowed_countries": list(_below(countries, given).values())
            },
            "shipping_options": [{"shipping_amount": delivery, "shipping_rate": f"shr_{name[8:]}"}],
            "status": "open",
            "success_url": given["success_url"],
            "total_details": {
                "amount_discount": 0, "amount_shipping": delivery, "amount_tax": 0
            },
            "ui_mode": "hosted_page",
            "url": f"{self.origin}/pay/{name}",
            # Not shown: what the payment will have.
            "_payment": {
                "description": given.get("payment_intent_data[description]"),
                "metadata": _below("payment_intent_data[metadata]", given),
            },
        }  # fmt: skip
        return self.sessions[name]

    def _expire(self, session: dict[str, Any]) -> None:
        if session["status"] != "open":
            raise RefusedError(400, f"A session that is {session['status']} can't be expired.")
        session.update(status="expired", url=None)
        self._send("checkout.session.expired", session)

    def choose(self, name: str, choice: str, person: Mapping[str, str] = PERSON) -> str:
        """Do what a person chooses on a session's page; return where they go from there."""
        with self.lock:
            session = self.find(name)
            if choice not in CHOICES.get(state(session), {}):
                raise RefusedError(400, f"This session is {state(session)}.")
            if choice in {"pay", "later"}:
                self._complete(session, {**PERSON, **person}, is_paid=choice == "pay")
                return str(session["success_url"])
            if choice in {"arrive", "fail"}:
                _settle(session, is_paid=choice == "arrive")
                ending = "succeeded" if choice == "arrive" else "failed"
                self._send(f"checkout.session.async_payment_{ending}", session)
            if choice == "refund":
                self.refund(name)
            declined = "?declined" if choice == "decline" else ""
            return str(session["cancel_url"]) if choice == "leave" else f"/pay/{name}{declined}"

    def refund(self, name: str, amount: int | None = None) -> None:
        """Give back an amount, or all."""
        charge = self.sessions[name]["payment_intent"]["latest_charge"]
        charge["amount_refunded"] += amount or charge["amount"]
        charge["refunded"] = charge["amount_refunded"] >= charge["amount"]
        self._send("charge.refunded", charge)

    def _complete(self, session: dict[str, Any], person: Mapping[str, str], is_paid: bool) -> None:
        [country] = session["shipping_address_collection"]["allowed_countries"]
        address = {"country": country, "line2": None, "state": None}
        address |= {name: person[name] for name in ("line1", "city", "postal_code")}
        whose = {"business_name": None, "individual_name": None}
        details = {"email": person["email"], "phone": None, "tax_exempt": "none", "tax_ids": None}
        named = {"address": address, "name": person["name"]}
        session.update(
            status="complete",
            url=None,
            customer_details={**named, **details, **whose},
            collected_information={"shipping_details": named, **whose},
            payment_intent={
                "id": f"pi_{session['id'][8:32]}",
                "object": "payment_intent",
                "amount": session["amount_total"],
                "currency": session["currency"],
                "latest_charge": None,
                "livemode": False,
                "status": "processing",
                **session["_payment"],
            },
        )
        if is_paid:
            _settle(session, is_paid=True)
        self._send("checkout.session.completed", session)

    def _send(self, kind: str, subject: Mapping[str, Any]) -> None:
        event = {
            "id": f"evt_{secrets.token_hex(12)}",
            "object": "event",
            "api_version": API_VERSION,
            "created": int(self.now()),
            "data": {"object": _shown(subject)},
            "livemode": False,
            "pending_webhooks": 1,
            "request": {"id": None, "idempotency_key": None},
            "type": kind,
        }
        self.events.append(event)
        if self.sends:
            threading.Thread(target=self._deliver, args=(event,), daemon=True).start()

    def _deliver(self, event: Mapping[str, Any]) -> None:
        body = json.dumps(event, indent=2).encode()
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        for attempt in range(DELIVERIES):
            headers = {"Content-Type": "application/json", "Stripe-Signature": self.sign(body)}
            request = urllib.request.Request(self.webhook, body, headers)  # noqa: S310
            try:
                opener.open(request, timeout=10).close()
                return
            except OSError:
                time.sleep(2**attempt)

    def sign(self, body: bytes, at: float | None = None) -> str:
        """Return the header that proves who sends a body, and when."""
        moment = int(time.time() if at is None else at)
        digest = hmac.new(self._secret.encode(), f"{moment}.".encode() + body, hashlib.sha256)
        return f"t={moment},v1={digest.hexdigest()}"


def state(session: Mapping[str, Any]) -> str:
    """Return how far a session is: open, expired, pending, failed or paid."""
    if session["status"] != "complete":
        return str(session["status"])
    states = {"processing": "pending", "succeeded": "paid"}
    return states.get(session["payment_intent"]["status"], "failed")


def _settle(session: dict[str, Any], *, is_paid: bool) -> None:
    payment = session["payment_intent"]
    payment["status"] = "succeeded" if is_paid else "requires_payment_method"
    if is_paid:
        session["payment_status"] = "paid"
        shared = ("amount", "currency", "description", "livemode", "metadata", "status")
        payment["latest_charge"] = {
            "id": f"ch_{payment['id'][3:]}",
            "object": "charge",
            "amount_refunded": 0,
            "paid": True,
            "payment_intent": payment["id"],
            "refunded": False,
            **{name: payment[name] for name in shared},
        }


def _shown(subject: Mapping[str, Any], expand: str = "") -> Any:
    """Return an object as an answer has it: what is not expanded is an id."""
    shown = {name: value for name, value in subject.items() if not name.startswith("_")}
    payment = shown.get("payment_intent")
    if isinstance(payment, dict):
        charge = payment["latest_charge"]
        if charge and "latest_charge" not in expand:
            payment = {**payment, "latest_charge": charge["id"]}
        shown["payment_intent"] = payment if expand else payment["id"]
    return json.loads(json.dumps(shown))


def _checked(fields: Any, known: Mapping[str, str]) -> dict[str, str]:
    for name, value in fields:
        form = re.sub(
            r"\[\d+\]", "[#]", re.sub(r"(metadata\])\[\w+\]$|(^metadata)\[\w+\]$", r"\1\2[*]", name)
        )
        if form not in known:
            told = f"Received unknown parameter: {name}"
            raise RefusedError(400, told, code="parameter_unknown", param=name)
        if not re.fullmatch(known[form], value):
            raise RefusedError(400, f"Invalid {name}.", param=name)
    return dict(fields)


def _below(prefix: str, given: Mapping[str, str]) -> dict[str, str]:
    return {
        name[len(prefix) + 1 : -1]: value
        for name, value in given.items()
        if name.startswith(f"{prefix}[")
    }


class _Handler(BaseHTTPRequestHandler):
    of: StandIn
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        path, _, query = self.path.partition("?")
        body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        fields = parse_qsl(body if self.command == "POST" else query, keep_blank_values=True)
        headers = {name.title(): value for name, value in self.headers.items()}
        try:
            if path.startswith("/pay/"):
                self._page(path.removeprefix("/pay/"), dict(fields))
            else:
                answer = self.of.call(self.command, path, fields, headers)
                self._answer(200, json.dumps(answer))
        except RefusedError as refused:
            self._answer(refused.status, json.dumps(refused.body))

    do_POST = do_GET  # noqa: N815 - the name that the base class calls

    def _page(self, name: str, chosen: Mapping[str, str]) -> None:
        if self.command == "POST":
            person = {field: chosen[field] for field in PERSON if field in chosen}
            place = self.of.choose(name, chosen.get("choice", ""), person)
            self._answer(303, "", Location=place)
            return
        with self.of.lock:
            session = self.of.find(name)
            now = state(session)
        fields = [
            f'<label>{field}<input name="{field}" value="{html.escape(value)}"></label>'
            for field, value in PERSON.items()
        ]
        buttons = [
            f'<button name="choice" value="{choice}">{label}</button>'
            for choice, label in CHOICES.get(now, {}).items()
        ]
        page = PAGE.substitute(
            amount=f"{session['amount_total'] / 100:.2f} {session['currency'].upper()}",
            told="The card was declined." if "declined" in chosen else f"This is {now}.",
            fields="".join(fields if now == "open" else ()),
            buttons="".join(buttons),
        )
        self._answer(200, page, **{"Content-Type": "text/html; charset=utf-8"})

    def _answer(self, status: int, text: str, **headers: str) -> None:
        body = text.encode()
        shared = {"Content-Type": "application/json", "Content-Length": str(len(body))}
        self.send_response(status)
        for name, value in {**shared, "Request-Id": "req_stand_in", **headers}.items():
            self.send_header(name, value)
        # Whoever has given up takes no answer.
        with suppress(OSError):
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Keep the terminal for what matters."""


def main() -> None:
    """Run with the contract's variables: python -m tools.dev.stripe_stand_in WEBHOOK."""
    key, secret, origin = (
        os.environ[f"STRIPE_{name}"] for name in ("SECRET_KEY", "WEBHOOK_SECRET", "ORIGIN")
    )
    StandIn(key, secret, sys.argv[1]).serve(urlsplit(origin).port or 0)
    threading.Event().wait()


if __name__ == "__main__":
    main()

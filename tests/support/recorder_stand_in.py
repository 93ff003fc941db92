"""A stand-in for LogRocket: gives browsers a recorder, and keeps what it sends.

The real recorder is loaded from the vendor's host when the SDK is imported. This one answers under
the same names, to which a browser is led by its resolver. It does as the vendor documents its
options, but takes more than any real one would: all texts, values, attributes and addresses, and
it waits with what it may not send for a moment when it may.
"""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import trustme

SCRIPT_HOST, DATA_HOST = "cdn.logr-in.com", "r.logr-in.com"
SESSION_URL = "https://app.logrocket.com/luma/tests/s/1"

# IGNORED are the options that it takes no notice of.
SCRIPT = """
class Recorder {
  seen = new Set();
  unsent = [];

  init(appId, options) {
    for (const name of IGNORED) delete options[name];
    this.options = options;
    this.take("init", JSON.stringify({ appId, options }));
    this.look();
    new MutationObserver(() => this.look()).observe(document, {
      attributes: true, characterData: true, childList: true, subtree: true,
    });
    addEventListener("input", () => this.look(), { capture: true });
    setInterval(() => this.send(), 50);
    addEventListener("pagehide", () => this.send());
  }

  addEvent(type, getMessage) {
    const group = { core: "console", network: "network" }[type.split(".")[1]];
    const message = getMessage(this.options[group]);
    if (message) this.take(type, JSON.stringify(message));
  }

  getSessionURL(tell) {
    tell("SESSION_URL");
  }

  take(kind, value) {
    const entry = `${kind}: ${value}`;
    if (this.seen.has(entry)) return;
    this.seen.add(entry);
    this.unsent.push(entry);
  }

  look() {
    const { browser, dom } = this.options;
    const address = (text) => browser ? browser.urlSanitizer(text) : text;
    this.take("address", address(location.href));
    this.take("referrer", address(document.referrer));
    if (!dom?.disablePageTitles) this.take("title", document.title);
    const left = dom && ["[data-private]", ...dom.hideSelectors, ...dom.redactSelectors].join();
    this.hidden = new Set(dom?.hiddenAttributes);
    this.element(document.documentElement, dom ?? {}, left ?? ":not(*)");
  }

  element(element, dom, left) {
    if (element.matches(left)) return;
    for (const { name, value } of element.attributes) {
      if (!this.hidden.has(name)) this.take(`attribute ${name}`, value);
    }
    if ("value" in element && !dom.inputSanitizer) this.take("value", element.value);
    for (const node of [...element.childNodes, ...(element.shadowRoot?.childNodes ?? [])]) {
      if (node.nodeType === Node.ELEMENT_NODE) this.element(node, dom, left);
      if (node.nodeType === Node.TEXT_NODE && !dom.textSanitizer) this.take("text", node.data);
    }
  }

  send() {
    if (this.options.shouldSendData?.() === false) return;
    while (this.unsent.length > 0) {
      const part = this.unsent.slice(0, 50);
      if (!navigator.sendBeacon(window.__SDKCONFIG__.serverURL, JSON.stringify(part))) return;
      this.unsent.splice(0, part.length);
    }
  }
}
window._LRLogger = Recorder;
"""


@dataclass
class StandIn:
    """Where the stand-in listens, and what has arrived there."""

    port: int
    loads: int = 0
    taken: list[str] = field(default_factory=list)
    ignored: list[str] = field(default_factory=list)

    def init(self) -> dict[str, Any]:
        """Return what the recorder was started with last."""
        entries = [entry for entry in self.taken if entry.startswith("init: ")]
        started: dict[str, Any] = json.loads(entries[-1].removeprefix("init: "))
        return started

    def script(self) -> bytes:
        """Return the recorder's program."""
        named = SCRIPT.replace("IGNORED", json.dumps(self.ignored))
        return named.replace("SESSION_URL", SESSION_URL).encode()


@contextmanager
def listening() -> Iterator[StandIn]:
    """Serve on loopback, with a certificate for both names."""

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            stand_in.loads += 1
            self.answer(stand_in.script())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            stand_in.taken += json.loads(body)
            self.answer(b"")

        def answer(self, body: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/javascript")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    trustme.CA().issue_cert(SCRIPT_HOST, DATA_HOST).configure_cert(context)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    stand_in = StandIn(server.server_port)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield stand_in
    finally:
        server.shutdown()
        server.server_close()
        thread.join()

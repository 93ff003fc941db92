// A storefront's server that reports everything that it is given: a program for Node.
//
// `careless_storefront.cjs STORE MONITORING DSN VALUES` puts each value into each place from which
// it could leave. With `--asked-for HEADERS` it asks for 100 traces, with `--sizes` it reports errors
// with texts of 16 kB, 160 kB and 1.6 MB, and prints the milliseconds as JSON.

const fs = require("node:fs");
const path = require("node:path");
const { createRequire, Module } = require("node:module");

const [store, monitoring, dsn, what, asked] = process.argv.slice(2);
Object.assign(process.env, {
  NEXT_PUBLIC_SENTRY_DSN: dsn,
  NEXT_PUBLIC_SENTRY_TRACES_SAMPLE_RATE: what === "--asked-for" ? "0.05" : "1",
  NEXT_PUBLIC_VERCEL_ENV: "preview",
  NEXT_PUBLIC_VERCEL_GIT_COMMIT_SHA: "0123456",
});

const ofTheStore = createRequire(path.join(store, "storefront/package.json"));
const typescript = ofTheStore("typescript");
const Sentry = ofTheStore("@sentry/node");
require.extensions[".ts"] = (module, file) => {
  const compilerOptions = { module: "commonjs", target: "es2022", esModuleInterop: true };
  const source = fs.readFileSync(file, "utf8");
  module._compile(typescript.transpileModule(source, { compilerOptions }).outputText, file);
};

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const ATTRIBUTES = [
  "http.route", "url.template", "http.method", "http.request.method", "http.status_code",
  "sentry.op", "sentry.origin", "sentry.segment.name", "sentry.segment.id", "user.email",
  "sentry.segment.name.source", "sentry.release", "exception.message", "url.full", "customer",
  "http.response.status_code", "browser.web_vital.lcp.element", "user_agent.original", "cache.key",
];

const SLOW = ["a", "%40a", "4 ", "a.", "session ", "eyJ"];

const errors = [
  ...[Error, TypeError, RangeError, SyntaxError, ReferenceError, URIError, EvalError].map(
    (Kind) => (value) => new Kind(value),
  ),
  (value) => Object.assign(new Error(value), { name: "AbortError" }),
  (value) => Object.assign(new Error("cannot charge"), { name: value }),
  (value) => new Error("cannot charge", { cause: new Error(value) }),
  (value) => new AggregateError([new Error(value)], value),
  (value) => new DOMException(value, "TimeoutError"),
  (value) => new Error(`The API answered 500 to GET ${value}`),
  (value) => new Error(`Minified React error #31; visit https://react.dev/?args[]=${value}`),
  (value) => new TypeError(`Cannot read properties of undefined (reading '${value}')`),
  (value) => Object.assign(new Error("cannot charge"), { stack: `Error\n    at ${value}` }),
  (value) => Object.assign(new Error("charge"), { stack: `Error\n    at ${value} (${value}:1:2)` }),
  (value) => value,
  (value) => ({ customer: value }),
  (value) => ({ [value]: value, name: value, message: value }),
];

function scope(value) {
  Sentry.withScope((scope) => {
    scope.setTag("customer", value);
    scope.setTag(value, "customer");
    scope.setUser({ id: value, email: value, ip_address: value });
    scope.setExtra("customer", value);
    scope.setFingerprint([value]);
    scope.setAttributes?.({ customer: value });
    scope.setTransactionName(`GET /customers/${value}`);
    for (const name of ["customer", "nextjs", "runtime", "recording", "response", value])
      scope.setContext(name, { name: value, version: value, router_path: `/${value}`, sessionURL: value });
    scope.addBreadcrumb({ message: value, category: value, data: { [value]: value } });
    scope.addAttachment({ data: value, filename: value, contentType: value });
    const request = { url: `https://shop.example/${value}`, query_string: value, cookies: { [value]: value } };
    const names = ["user-agent", "content-type", "referer", "cookie", "x-forwarded-for", "baggage"];
    const headers = Object.fromEntries(names.map((name) => [name, value]));
    scope.setSDKProcessingMetadata({ normalizedRequest: { ...request, method: "POST", headers, data: value } });
    Sentry.captureException(new Error(value), { mechanism: { type: value, handled: false, data: { value } } });
    Sentry.captureMessage(value);
    Sentry.captureFeedback({ message: value, name: value, email: value, url: value });
    Sentry.captureEvent({
      message: value,
      exception: { values: [{ type: value, value, stacktrace: { frames: [{ filename: value, function: value }] } }] },
      debug_meta: { images: [{ type: "sourcemap", code_file: value, debug_id: value }] },
      server_name: value, logger: value, dist: value, release: value, environment: value,
    });
    Sentry.logger?.error(value, { customer: value });
    Sentry.metrics?.count(value, 1, { attributes: { customer: value } });
  });
}

function spans(value) {
  const baggage = `sentry-transaction=${encodeURIComponent(value)},sentry-release=${encodeURIComponent(value)},sentry-trace_id=${TRACE},sentry-public_key=${encodeURIComponent(value)}`;
  Sentry.continueTrace({ sentryTrace: `${TRACE}-b7ad6b7169203331-1`, baggage }, () => {
    for (const name of [value, `/${value}`, `GET /${value}`]) {
      Sentry.startSpan({ name, op: value, attributes: { "sentry.segment.name.source": "route" } }, (span) => {
        for (const attribute of ATTRIBUTES) span.setAttribute(attribute, value);
        for (const attribute of ["http.route", "url.template"]) span.setAttribute(attribute, `/${value}`);
        span.setAttribute(value, value);
        span.addLink?.({ context: span.spanContext(), attributes: { customer: value } });
        Sentry.startSpan({ name, op: `db.${value}` }, (child) => {
          for (const attribute of ATTRIBUTES) child.setAttribute(attribute, value);
          child.setStatus({ code: 2, message: value });
        });
        Sentry.captureException(new Error(value));
      });
    }
  });
}

async function otherItems(value) {
  const client = Sentry.getClient();
  client.captureSession(Sentry.startSession?.({ user: { id: value } }) ?? { toJSON: () => ({ did: value }), did: value });
  Sentry.captureCheckIn({ monitorSlug: value, status: "ok" });
  for (const type of ["attachment", "user_report", "feedback", "replay_event", "profile", "session"])
    await client.sendEnvelope([{ customer: value }, [[{ type, filename: value }, { value }]]]);
}

async function leak(values) {
  for (const value of values) {
    for (const make of errors) Sentry.captureException(make(value));
    scope(value);
    spans(value);
    await otherItems(value);
    await Sentry.flush(5000);
  }
  // As Next.js reports what fails in a route, for which there is a trace.
  Sentry.startSpan(
    {
      name: "POST /orders/[id]",
      op: "http.server",
      attributes: { "http.route": "/orders/[id]", "http.request.method": "POST", "http.response.status_code": 500 },
    },
    () =>
      Sentry.withScope((scope) => {
        scope.setSDKProcessingMetadata({ normalizedRequest: { method: "POST" } });
        scope.setTag("payment.provider", "stripe");
        scope.setContext("nextjs", { router_kind: "App Router", router_path: "/orders/[id]", route_type: "route" });
        Sentry.captureException(new RangeError(values[0]));
      }),
  );
  await Sentry.flush(5000);
}

async function askForTraces(headers) {
  for (let count = 0; count < 100; count += 1)
    Sentry.continueTrace({ sentryTrace: headers["sentry-trace"], baggage: headers.baggage }, () =>
      Sentry.startSpan({ name: "GET", op: "http.server" }, () => {}),
    );
  await Sentry.flush(5000);
}

/** Returns how long the thread is busy with one error whose texts are this long. */
async function millisecondsFor(size) {
  const found = [];
  for (const part of SLOW) found.push(await bestOfTen(part.repeat(size).slice(0, size)));
  return Math.max(...found);
}

async function bestOfTen(text) {
  const transport = Sentry.getClient().getTransport();
  const send = transport.send;
  const found = [];
  // It is past the rest of the SDK, which cuts texts itself.
  transport.send = (envelope) => {
    const start = performance.now();
    const sent = send(envelope);
    found.push(performance.now() - start);
    return sent;
  };
  for (let time = 0; time < 10; time += 1) {
    Sentry.withScope((scope) => {
      scope.setTag("customer", text);
      scope.setContext("customer", { name: text });
      Sentry.captureException(new Error(text));
    });
    await Sentry.flush(5000);
  }
  transport.send = send;
  return Math.min(...found);
}

async function main() {
  const { reportWith } = require(path.join(monitoring, "server/index.ts"));
  await reportWith(async () => Sentry).register();
  if (what === "--asked-for") await askForTraces(JSON.parse(asked));
  else if (what === "--sizes") {
    // Compiled first.
    await millisecondsFor(1000);
    const found = [];
    for (const size of [16_000, 160_000, 1_600_000]) found.push(await millisecondsFor(size));
    console.log(JSON.stringify(found));
  } else await leak(JSON.parse(fs.readFileSync(what, "utf8")));
}

main();

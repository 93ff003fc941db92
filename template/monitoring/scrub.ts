/**
 * What may leave for Sentry. Nothing is searched for or masked: an event is built anew from what is
 * listed here, so its cost does not depend on the texts in it. No text that a visitor can word is
 * on the list.
 */

import additions from "./own.json";

type Check = (value: unknown) => unknown;
type Shape = Check | [Shape] | Shapes;
type Shapes = { [name: string]: Shape };
type Fields = Record<string, unknown>;
type Item = [header: { type?: unknown }, payload: unknown];
type Envelope = [header: unknown, items: Item[]];

/** What this build says of itself. */
export interface Build {
  release: string;
  environment: string;
  publicKey: string | undefined;
  sampleRate: number;
}

interface Client {
  getTransport(): { send(envelope: Envelope): unknown } | undefined;
}

const WITHHELD = "[text withheld]";
const UNMATCHED = "unmatched";
const LONGEST_TEXT = 300;
const LONGEST_LIST = 1000;

const matching =
  (form: RegExp): Check =>
  (value) =>
    typeof value === "string" && value.length <= LONGEST_TEXT && form.test(value)
      ? value
      : undefined;
const oneOf =
  (words: string): Check =>
  (value) =>
    words.split(" ").includes(value as string) ? value : undefined;
const number: Check = (value) =>
  typeof value === "number" || typeof value === "boolean" ? value : undefined;

const id = matching(/^(?:[0-9a-f]{16}|[0-9a-f]{32})$/);
// Any code can set it. Of the ids that we make, one in two thousand has digits only.
const spanId = matching(/^(?=\d*[a-f])[0-9a-f]{16}$/);
const version = matching(/^v?\d[\w.+-]{0,30}$/);
const sdk = { name: matching(/^sentry(?:\.[a-z]+)+$/), version };
// A part with two digits could be someone's number.
const route = matching(
  /^(?:\/|(?:\/(?:[a-z_][a-z_.-]*(?:\d[a-z_.-]*)?|\([a-z-]+\)|\[{1,2}(?:\.{3})?\w+\]{1,2}|:\w+\*?\??))+)$/,
);
const method = oneOf("GET HEAD POST PUT PATCH DELETE OPTIONS");
// Sentry's own words, none of which has a digit.
const operation = matching(
  /^(?:browser|cache|db|function|http|mark|measure|middleware|navigation|paint|pageload|resource|ui)(?:\.[a-z_-]+)*$/,
);
const ofPage = oneOf("http.server navigation pageload");
const origin = matching(/^(?:manual|auto(?:\.[a-z_]+)+)$/);
const status = oneOf(
  "ok error cancelled invalid_argument deadline_exceeded not_found already_exists aborted " +
    "permission_denied resource_exhausted failed_precondition unimplemented internal_error " +
    "unavailable unauthenticated unknown_error",
);
const code = matching(/^(?:[\w@%.:/+~()[\]\\ -]+\.[cm]?[jt]sx?|node:[\w/]+)$/);
// A deployment's name follows the address of a script.
const file: Check = (value) =>
  typeof value === "string" ? code(value.slice(0, LONGEST_TEXT).split("?")[0]) : undefined;
const identifier = matching(/^(?:async |new |get |set )?[A-Za-z_$?<[][\w$.<>[\]#/-]*$/);
const kindOfError = matching(/^[A-Za-z_$]*(?:Error|Event|Exception|Rejection)$/);
const named: Check = (value) => kindOfError(value) ?? "Error";
// The part that code words and that is always the same.
const WORDED =
  /^(?:Minified React error #\d{1,4}|Hydration failed|The API answered \d{3} to [A-Z]{3,7}|Cannot read properties of (?:null|undefined)|Failed to fetch|Load failed|Maximum call stack size exceeded)/;
const message: Check = (value) => WORDED.exec(String(value).slice(0, 100))?.[0] ?? WITHHELD;

const word = matching(/^[\w.-]{1,64}$/);
const short: Check = (value) => number(value) ?? word(value);
const declared = (additions as { fields?: string[] }).fields ?? [];
const ownFields = Object.fromEntries(declared.map((name) => [name, short]));

const frame: Shapes = {
  filename: file,
  abs_path: file,
  function: identifier,
  module: matching(/^[\w@.:/[\]-]+$/),
  lineno: number,
  colno: number,
  in_app: number,
};
// Without a file, the other names in it need not be code's.
const ofFile: Check = (value) => {
  const found = kept(frame, value);
  return found.filename ? found : undefined;
};
const mechanism: Shapes = {
  type: matching(/^[a-z_]+(?:\.[a-z_]+)*$/),
  handled: number,
  synthetic: number,
  exception_id: number,
  parent_id: number,
  is_exception_group: number,
};
const event: Shapes = {
  event_id: id,
  timestamp: number,
  platform: oneOf("javascript node"),
  level: oneOf("fatal error warning info log debug"),
  sdk,
  request: { method },
  tags: ownFields,
  contexts: {
    trace: { trace_id: id, span_id: id, parent_span_id: id, op: operation, origin, status },
    runtime: { name: oneOf("node vercel-edge"), version },
    nextjs: {
      router_kind: matching(/^(?:App|Pages) Router$/),
      router_path: route,
      route_type: oneOf("render route action middleware proxy"),
    },
    recording: { sessionURL: matching(/^https:\/\/app\.[a-z]+\.com\/[\w./?=&-]+$/) },
  },
  exception: {
    values: [{ type: named, value: message, mechanism, stacktrace: { frames: [ofFile] } }],
  },
  debug_meta: {
    images: [
      { type: oneOf("sourcemap"), code_file: file, debug_id: matching(/^[0-9a-f-]{32,36}$/) },
    ],
  },
};
const header: Shapes = {
  event_id: id,
  sent_at: matching(/^[\d:.TZ-]+$/),
  sdk,
  trace: { trace_id: id },
};
const report: Shapes = {
  timestamp: number,
  discarded_events: [
    { reason: matching(/^[a-z_]+$/), category: matching(/^[a-z_]+$/), quantity: number },
  ],
};
const span: Shapes = {
  trace_id: id,
  span_id: id,
  parent_span_id: id,
  start_timestamp: number,
  end_timestamp: number,
  is_segment: number,
  status,
};
const attributes: Record<string, Check> = {
  ...ownFields,
  "browser.web_vital.cls.value": number,
  "browser.web_vital.fcp.value": number,
  "browser.web_vital.inp.value": number,
  "browser.web_vital.lcp.load_time": number,
  "browser.web_vital.lcp.render_time": number,
  "browser.web_vital.lcp.size": number,
  "browser.web_vital.lcp.value": number,
  "browser.web_vital.ttfb.value": number,
  "cache.hit": number,
  "http.decoded_response_content_length": number,
  "http.method": method,
  "http.request.method": method,
  "http.response.status_code": number,
  "http.response_content_length": number,
  "http.response_transfer_size": number,
  "http.route": route,
  "http.status_code": number,
  "sentry.exclusive_time": number,
  "sentry.op": operation,
  "sentry.origin": origin,
  "sentry.pageload.span_id": spanId,
  "sentry.sdk.name": sdk.name,
  "sentry.sdk.version": version,
  "sentry.segment.id": spanId,
  "sentry.segment.name.source": oneOf("component custom route task url"),
  "sentry.status.message": status,
  "sentry.trace_lifecycle": oneOf("stream"),
  "url.template": route,
};
// Which browser, without the rest of its User-Agent. The order matters: they name each other.
const BROWSERS = { Edg: "Edge", Firefox: "Firefox", Chrome: "Chrome", Version: "Safari" };

/** Returns an integration of the SDK, past which nothing leaves that is not listed. */
export function listedOnly(build: Build) {
  return {
    name: "ListedOnly",
    setup(client: Client): void {
      const transport = client.getTransport();
      if (!transport) return;
      const send = transport.send.bind(transport);
      transport.send = (envelope) => send(listed(envelope, build));
    },
  };
}

/** Returns an envelope with what is listed of another one. Without an item, it is not sent. */
export function listed([given, items]: Envelope, build: Build): Envelope {
  const { trace, ...rest } = kept(header, given);
  // The SDK copies the rest of the trace from the caller's `baggage`.
  const sampled = { public_key: build.publicKey, sample_rate: String(build.sampleRate) };
  const head = trace ? { ...rest, trace: { ...fields(trace), ...own(build), ...sampled } } : rest;
  return [head, items.flatMap((item) => itemOf(item, build))];
}

function itemOf([{ type }, payload]: Item, build: Build): Item[] {
  if (type === "client_report") return [[{ type }, kept(report, payload)]];
  if (type === "event" && fields(payload).exception) return [[{ type }, eventOf(payload, build)]];
  const spans = type === "span" && fields(payload).items;
  if (!Array.isArray(spans)) return [];
  const never = { infer_ip: "never", infer_user_agent: "never" };
  const content = { version: 2, ingest_settings: never, items: spansOf(spans, build) };
  const content_type = "application/vnd.sentry.items.span.v2+json";
  return [[{ type, item_count: spans.length, content_type } as Item[0], content]];
}

function eventOf(given: unknown, build: Build): Fields {
  const found = kept(event, given);
  const contexts = fields(found.contexts);
  const { router_path } = fields(contexts.nextjs);
  const verb = fields(found.request).method;
  const known = router_path ? endpoint(verb, router_path) : undefined;
  return {
    ...found,
    ...own(build),
    // Otherwise Sentry takes the address from the connection.
    sdk: { ...fields(found.sdk), settings: { infer_ip: "never" } },
    contexts: { ...contexts, browser: browser() },
    transaction: known ?? template(fields(given).transaction) ?? UNMATCHED,
  };
}

function spansOf(spans: unknown[], build: Build): Fields[] {
  const agent = browser();
  const names = new Map(spans.map((each) => [fields(each).span_id, nameOf(fields(each))]));
  return spans.map((each) => {
    const given = fields(fields(each).attributes);
    const segment = names.get(valueIn(given["sentry.segment.id"]));
    const values: Fields = {
      "browser.name": agent?.name,
      // A part of a page may be sent before the page.
      "sentry.segment.name": segment ?? template(valueIn(given["sentry.segment.name"])),
    };
    for (const [name, value] of Object.entries(own(build))) values[`sentry.${name}`] = value;
    for (const [name, check] of Object.entries(attributes))
      values[name] = check(valueIn(given[name]));
    return {
      ...kept(span, each),
      name: names.get(fields(each).span_id),
      attributes: typed(values),
    };
  });
}

/** Returns a span's name: its route, or else what kind of operation it is. */
function nameOf(given: Fields): unknown {
  const value = (name: string) => attributes[name]?.(valueIn(fields(given.attributes)[name]));
  const path = value("http.route") ?? value("url.template");
  const kind = value("sentry.op");
  if (!path || !given.is_segment) return ofPage(kind) ? UNMATCHED : (kind ?? UNMATCHED);
  return endpoint(value("http.request.method") ?? value("http.method"), path);
}

/** Returns a transaction's name if it is a route: one of the browser's list, or with a parameter. */
function template(name: unknown): unknown {
  const [path, verb] = String(name).slice(0, LONGEST_TEXT).split(" ").reverse();
  if (verb && !method(verb)) return undefined;
  const { _sentryRouteManifest: manifest } = globalThis as Fields;
  const isRoute = manifest ? String(manifest).includes(`"path":"${path}"`) : path?.includes("[");
  return isRoute && route(path) ? endpoint(verb, path) : undefined;
}

function endpoint(verb: unknown, path: unknown): unknown {
  return verb ? `${verb} ${path}` : path;
}

function browser(): { name: string; version: string } | undefined {
  const agent = globalThis.navigator?.userAgent ?? "";
  for (const [mark, name] of Object.entries(BROWSERS)) {
    const at = agent.indexOf(`${mark}/`);
    const major = Number.parseInt(agent.slice(at + mark.length + 1, at + mark.length + 5), 10);
    if (at >= 0) return { name, version: String(major) };
  }
  return undefined;
}

function kept(shape: Shapes, value: unknown): Fields {
  const found: Fields = {};
  for (const [name, part] of Object.entries(shape)) {
    const copy = copied(part, fields(value)[name]);
    if (copy !== undefined) found[name] = copy;
  }
  return found;
}

function copied(shape: Shape, value: unknown): unknown {
  if (typeof shape === "function") return shape(value);
  if (Array.isArray(shape)) {
    // Of a stack, the last frames are the ones that failed.
    const parts = Array.isArray(value) ? value.slice(-LONGEST_LIST) : [];
    const copies = parts.map((part) => copied(shape[0], part)).filter(Boolean);
    return copies.length ? copies : undefined;
  }
  const copy = kept(shape, value);
  return Object.keys(copy).length ? copy : undefined;
}

function typed(values: Fields): Fields {
  const present = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present.map(([name, value]) => [name, { value, type: typeOf(value) }]));
}

function typeOf(value: unknown): string {
  if (typeof value !== "number") return typeof value;
  return Number.isInteger(value) ? "integer" : "double";
}

function own({ release, environment }: Build): Fields {
  return { release, environment };
}

function valueIn(attribute: unknown): unknown {
  return fields(attribute).value;
}

function fields(value: unknown): Fields {
  return typeof value === "object" && value !== null ? (value as Fields) : {};
}

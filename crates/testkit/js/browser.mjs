// A browser's environment for client code that runs in Node: the page's
// address, its storage, one cookie jar for scripts and requests, and a fetch
// that applies the rules of browsers about cookies and other origins. Requests
// are sent by Node's own fetch. Nothing here depends on the session protocol.

import { CookieJar } from "tough-cookie";

const nodeFetch = globalThis.fetch;

/** Headers of a response that any page may read (Fetch standard, "CORS-safelisted"). */
const ALWAYS_READABLE = new Set([
  "cache-control",
  "content-language",
  "content-length",
  "content-type",
  "expires",
  "last-modified",
  "pragma",
]);

/** Headers of a request that a page may send without a preflight. */
const ALWAYS_SENT = new Set(["accept", "accept-language", "content-language", "range"]);
const SIMPLE_TYPES = /^(application\/x-www-form-urlencoded|multipart\/form-data|text\/plain)\b/;
const SIMPLE_METHODS = new Set(["GET", "HEAD", "POST"]);
const NO_BODY = new Set([204, 205, 304]);

/**
 * Defines a page's globals at `address`. Returns the cookie jar, the requests
 * that were sent so far, and Node's fetch for requests outside the page.
 */
export function openPage(address) {
  const page = new URL(address);
  const jar = new CookieJar();
  const sent = [];
  const events = new EventTarget();

  const globals = {
    window: globalThis,
    location: page,
    history: { state: null, replaceState() {} },
    document: {
      get cookie() {
        return jar.getCookieStringSync(page.href, { http: false });
      },
      set cookie(text) {
        jar.setCookieSync(text, page.href, { http: false });
      },
    },
    localStorage: storage(),
    sessionStorage: storage(),
    addEventListener: events.addEventListener.bind(events),
    removeEventListener: events.removeEventListener.bind(events),
    dispatchEvent: events.dispatchEvent.bind(events),
    fetch: (input, init) => browserFetch(page, jar, sent, new Request(input, init)),
  };
  for (const [name, value] of Object.entries(globals)) {
    Object.defineProperty(globalThis, name, { value, configurable: true, writable: true });
  }
  return { page, jar, sent, nodeFetch };
}

async function browserFetch(page, jar, sent, request) {
  const elsewhere = new URL(request.url).origin !== page.origin;
  const credentials =
    request.credentials === "include" || (request.credentials === "same-origin" && !elsewhere);

  if (elsewhere) {
    await preflight(page, request);
    request.headers.set("origin", page.origin);
  }
  if (credentials) {
    // Cookies ignore ports, so pages of one host are one site here.
    const cookies = await jar.getCookieString(request.url, { sameSiteContext: "strict" });
    if (cookies !== "") request.headers.set("cookie", cookies);
  }
  sent.push({ method: request.method, path: new URL(request.url).pathname });
  const response = await nodeFetch(request);
  if (credentials) {
    for (const line of response.headers.getSetCookie()) {
      await jar.setCookie(line, request.url, { sameSiteContext: "strict" });
    }
  }
  if (elsewhere) allow(response.headers, page, credentials);
  return readable(response, elsewhere);
}

/** Sends the preflight of a request that is not simple; throws if the server does not allow it. */
async function preflight(page, request) {
  const unusual = [...request.headers]
    .filter(([name, value]) => {
      if (name === "content-type") return !SIMPLE_TYPES.test(value);
      return !ALWAYS_SENT.has(name);
    })
    .map(([name]) => name);
  if (unusual.length === 0 && SIMPLE_METHODS.has(request.method)) return;
  const response = await nodeFetch(request.url, {
    method: "OPTIONS",
    headers: {
      origin: page.origin,
      "access-control-request-method": request.method,
      ...(unusual.length > 0 && { "access-control-request-headers": unusual.join(",") }),
    },
  });
  await response.arrayBuffer();
  if (!response.ok) throw new TypeError(`the preflight was answered with ${response.status}`);
  allow(response.headers, page, request.credentials === "include");
  const methods = listed(response.headers, "access-control-allow-methods");
  if (!SIMPLE_METHODS.has(request.method) && !methods.has(request.method.toLowerCase())) {
    throw new TypeError(`${page.origin} may not ${request.method} ${request.url}`);
  }
  const headers = listed(response.headers, "access-control-allow-headers");
  for (const name of unusual) {
    if (!headers.has(name)) throw new TypeError(`${page.origin} may not send the header ${name}`);
  }
}

function allow(headers, page, credentials) {
  const origin = headers.get("access-control-allow-origin");
  if (origin !== page.origin && (credentials || origin !== "*")) {
    throw new TypeError(`the response is for ${origin}, not for ${page.origin}`);
  }
  if (credentials && headers.get("access-control-allow-credentials") !== "true") {
    throw new TypeError("the response is not for requests with cookies");
  }
}

/** The response without the headers that a page may not read. */
async function readable(response, elsewhere) {
  const exposed = listed(response.headers, "access-control-expose-headers");
  const headers = [...response.headers].filter(
    ([name]) =>
      name !== "set-cookie" && (!elsewhere || ALWAYS_READABLE.has(name) || exposed.has(name)),
  );
  const body = NO_BODY.has(response.status) ? null : await response.arrayBuffer();
  return new Response(body, { status: response.status, statusText: response.statusText, headers });
}

function listed(headers, name) {
  const words = (headers.get(name) ?? "").split(",").map((word) => word.trim().toLowerCase());
  return new Set(words.filter((word) => word !== ""));
}

function storage() {
  const items = new Map();
  return {
    key: (index) => [...items.keys()][index] ?? null,
    getItem: (key) => items.get(key) ?? null,
    setItem: (key, value) => void items.set(key, String(value)),
    removeItem: (key) => void items.delete(key),
    clear: () => items.clear(),
    get length() {
      return items.size;
    },
  };
}

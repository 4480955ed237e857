// Runs the published browser client against a running server, as a page does:
//
//     node client.mjs http://localhost:8000 header|cookie [http://page.example]
//
// The server's access tokens have to last 2 or 3 seconds, because the scenario
// waits for them to expire. The third argument is the page's origin; without
// it, the page has the server's own. Exits with 0 if every step succeeded;
// otherwise prints the step that failed.

import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { setTimeout as sleep } from "node:timers/promises";

import { openPage } from "./browser.mjs";

const require = createRequire(import.meta.url);
const SuperTokens = require("supertokens-web-js").default;
const EmailPassword = require("supertokens-web-js/recipe/emailpassword");
const Session = require("supertokens-web-js/recipe/session");

const [server, mode, pageAddress = server] = process.argv.slice(2);
assert.ok(server && ["header", "cookie"].includes(mode), "usage: client.mjs URL header|cookie [PAGE]");

const API = `${server}/api`;
const REFRESH = "/api/auth/session/refresh";
const PASSWORD = "Correct-horse-9";
const EMAIL = `ada.${mode}.${new URL(pageAddress).port}@example.com`;

const { jar, sent, nodeFetch } = openPage(`${pageAddress}/`);
const events = [];

SuperTokens.init({
  appInfo: { appName: "Freehold", apiDomain: server, apiBasePath: "/api/auth" },
  recipeList: [
    Session.init({
      tokenTransferMethod: mode,
      onHandleEvent: ({ action }) => void events.push(action),
      // Node has no XMLHttpRequest to intercept; its fetch is intercepted.
      override: {
        functions: (original) => ({ ...original, addXMLHttpRequestInterceptor() {} }),
      },
    }),
    EmailPassword.init(),
  ],
});

/** The tokens from where this mode stores them. A page in cookie mode cannot read the refresh token. */
function tokens() {
  const names =
    mode === "header"
      ? { access: "st-access-token", refresh: "st-refresh-token" }
      : { access: "sAccessToken", refresh: "sRefreshToken" };
  const cookies = jar.getCookiesSync(`${server}${REFRESH}`);
  const value = (name) => cookies.find((cookie) => cookie.key === name)?.value;
  return { access: value(names.access), refresh: value(names.refresh) };
}

function form(fields) {
  return { formFields: Object.entries(fields).map(([id, value]) => ({ id, value })) };
}

function claims(access) {
  return JSON.parse(Buffer.from(access.split(".")[1], "base64url").toString());
}

function expired(access) {
  return Date.now() >= claims(access).exp * 1000;
}

async function untilExpired(access) {
  while (!expired(access)) await sleep(50);
}

/** The status of a request with only this access token, without the client. */
async function statusWith(access) {
  const authorization = `Bearer ${access}`;
  const response = await nodeFetch(`${API}/organizations/`, { headers: { authorization } });
  await response.arrayBuffer();
  return response.status;
}

/** The status and message of a refresh with this token, without the client. */
async function refreshWith(token) {
  const response = await nodeFetch(`${server}${REFRESH}`, {
    method: "POST",
    headers: { authorization: `Bearer ${token}` },
  });
  return [response.status, (await response.json()).message];
}

async function organizations() {
  const response = await fetch(`${API}/organizations/`);
  const body = await response.json();
  assert.equal(response.status, 200, JSON.stringify(body));
  return body;
}

/** The number of the client's refresh requests during `work`. */
async function refreshesDuring(work) {
  const before = sent.length;
  await work();
  return sent.slice(before).filter(({ path }) => path === REFRESH).length;
}

const scenario = {
  async "an anonymous caller has no session and is refused"() {
    assert.equal(await Session.doesSessionExist(), false);
    const response = await fetch(`${API}/organizations/`);
    assert.equal(response.status, 401);
  },

  async "the email address is not in use"() {
    const response = await EmailPassword.doesEmailExist({ email: EMAIL });
    assert.deepEqual([response.status, response.doesExist], ["OK", false]);
  },

  async "a weak password is explained at its field"() {
    const response = await EmailPassword.signUp(form({ email: EMAIL, password: "short" }));
    assert.equal(response.status, "FIELD_ERROR");
    assert.deepEqual(response.formFields, [
      { id: "password", error: "Password must be at least 8 characters long." },
    ]);
    assert.equal(await Session.doesSessionExist(), false);
  },

  async "signing up creates a session"() {
    const response = await EmailPassword.signUp(form({ email: EMAIL, password: PASSWORD }));
    assert.equal(response.status, "OK", JSON.stringify(response));
    assert.deepEqual(response.user.emails, [EMAIL]);
    assert.equal(response.user.loginMethods[0].recipeId, "emailpassword");
    assert.equal(await Session.doesSessionExist(), true);
    assert.equal(await Session.getUserId(), response.user.id);
    assert.equal(events.at(-1), "SESSION_CREATED");
    assert.ok(tokens().access && tokens().refresh);
  },

  async "the tokens are where this mode stores them"() {
    const forScripts = document.cookie;
    assert.equal(forScripts.includes("st-refresh-token="), mode === "header");
    assert.equal(forScripts.includes("sRefreshToken="), false);
    assert.equal(forScripts.includes("sAccessToken="), false);
    const everywhere = jar.getCookiesSync(`${API}/organizations/`).map(({ key }) => key);
    assert.equal(everywhere.includes("sRefreshToken"), false, "sent to the refresh endpoint only");
    assert.equal(everywhere.includes("sAccessToken"), mode === "cookie");
  },

  async "the page can read the session's claims"() {
    const payload = await Session.getAccessTokenPayloadSecurely();
    assert.deepEqual(payload.user_identities, ["email:password"]);
    assert.deepEqual(payload.session_identities, ["email:password"]);
    assert.equal(payload.is_new_user, true);
    assert.deepEqual(payload, claims(tokens().access), "the same in the token");
    assert.equal(claims(tokens().access).sub, await Session.getUserId());
  },

  async "a request through the client carries the session"() {
    const mine = await organizations();
    assert.deepEqual(mine.map(({ name }) => name), [EMAIL.split("@")[0]]);
  },

  async "an expired access token is refreshed during the request"() {
    const old = tokens();
    await untilExpired(old.access);
    assert.equal(await statusWith(old.access), 401);
    const times = await refreshesDuring(organizations);
    assert.equal(times, 1);
    assert.notEqual(tokens().access, old.access);
    assert.notEqual(tokens().refresh, old.refresh);
    assert.equal(events.at(-1), "REFRESH_SESSION");
    assert.equal(claims(tokens().access).sessionHandle, claims(old.access).sessionHandle);
  },

  async "two requests after expiry share one refresh and one session"() {
    const old = tokens();
    await untilExpired(old.access);
    const times = await refreshesDuring(() => Promise.all([organizations(), organizations()]));
    assert.equal(times, 1);
    assert.notEqual(tokens().refresh, old.refresh);
    assert.equal(claims(tokens().access).sessionHandle, claims(old.access).sessionHandle);
  },

  async "checking whether there is a session refreshes too"() {
    const old = tokens();
    await untilExpired(old.access);
    // Tokens state their issue time in whole seconds, and the client's clock
    // is set by it, so for the client this one may last a second longer.
    await sleep(1000);
    assert.equal(await Session.doesSessionExist(), true);
    assert.notEqual(tokens().refresh, old.refresh);
  },

  async "signing out ends the session on the server too"() {
    // The token has to be refused because its session ended, before it
    // expires. On a slow machine this is tried again.
    for (let attempt = 0; ; attempt += 1) {
      await Session.attemptRefreshingSession();
      const old = tokens();
      assert.equal(await statusWith(old.access), 200);
      await Session.signOut();
      const status = await statusWith(old.access);
      const inTime = !expired(old.access);
      assert.equal(status, 401);
      assert.equal(events.at(-1), "SIGN_OUT");
      assert.equal(await Session.doesSessionExist(), false);
      assert.deepEqual(tokens(), { access: undefined, refresh: undefined });
      assert.deepEqual(await refreshWith(old.refresh), [401, "unauthorised"]);
      assert.equal((await fetch(`${API}/organizations/`)).status, 401);
      if (inTime) return;
      assert.ok(attempt < 4, "the token expired in every attempt: the machine is too slow");
      await EmailPassword.signIn(form({ email: EMAIL, password: PASSWORD }));
    }
  },

  async "the email address is in use"() {
    const response = await EmailPassword.doesEmailExist({ email: EMAIL });
    assert.deepEqual([response.status, response.doesExist], ["OK", true]);
  },

  async "a wrong password creates no session by sign-in or sign-up"() {
    const wrong = form({ email: EMAIL, password: "Wrong-horse-9" });
    const response = await EmailPassword.signIn(wrong);
    assert.equal(response.status, "WRONG_CREDENTIALS_ERROR", JSON.stringify(response));
    // The reference API's response to this sign-up is one that the client's own
    // method does not expect, so the form is posted without it.
    const signUp = await fetch(`${API}/auth/signup`, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(wrong),
    });
    assert.deepEqual(await signUp.json(), { status: "WRONG_CREDENTIALS_ERROR" });
    assert.equal(await Session.doesSessionExist(), false);
  },

  async "signing up again signs in"() {
    const response = await EmailPassword.signUp(form({ email: EMAIL, password: PASSWORD }));
    assert.equal(response.status, "OK");
    assert.equal((await Session.getAccessTokenPayloadSecurely()).is_new_user, false);
    assert.equal((await organizations()).length, 1);
    await Session.signOut();
  },

  async "signing in, and signing out after the token expired"() {
    const response = await EmailPassword.signIn(form({ email: EMAIL, password: PASSWORD }));
    assert.equal(response.status, "OK");
    assert.equal(await Session.getUserId(), response.user.id);
    await organizations();
    const old = tokens();
    await untilExpired(old.access);
    await Session.signOut();
    assert.equal(await Session.doesSessionExist(), false);
    assert.deepEqual(tokens(), { access: undefined, refresh: undefined });
    assert.deepEqual(await refreshWith(old.refresh), [401, "unauthorised"]);
  },

  async "a session that ended elsewhere ends here"() {
    await EmailPassword.signIn(form({ email: EMAIL, password: PASSWORD }));
    const { access } = tokens();
    const response = await nodeFetch(`${API}/auth/signout`, {
      method: "POST",
      headers: { authorization: `Bearer ${access}` },
    });
    assert.equal(response.status, 200);
    assert.equal((await fetch(`${API}/organizations/`)).status, 401);
    assert.equal(events.at(-1), "UNAUTHORISED");
    assert.equal(await Session.doesSessionExist(), false);
    assert.deepEqual(tokens(), { access: undefined, refresh: undefined });
  },

  async "a reset link is promised for any email address"() {
    for (const email of [EMAIL, "nobody@example.com"]) {
      const response = await EmailPassword.sendPasswordResetEmail(form({ email }));
      assert.equal(response.status, "OK");
    }
  },

  async "an invalid reset token sets no password"() {
    location.search = "?token=made-up";
    const response = await EmailPassword.submitNewPassword(form({ password: "Another-horse-9" }));
    assert.equal(response.status, "RESET_PASSWORD_INVALID_TOKEN_ERROR");
  },
};

for (const [step, run] of Object.entries(scenario)) {
  try {
    await run();
  } catch (error) {
    console.error(`failed (${mode} mode): ${step}\n`, error, "\nlast requests:", sent.slice(-6));
    process.exit(1);
  }
  console.log(`${mode} mode: ${step}`);
}

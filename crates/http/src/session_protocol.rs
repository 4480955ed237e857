//! How session tokens are sent and received: the front-end protocol of `supertokens-web-js`
//! (`docs/COMPATIBILITY.md#sign-in-and-sessions`), in headers or in cookies.
//!
//! Not here: issuing and verifying tokens (`freehold-app`).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{HeaderMap, HeaderName, HeaderValue, header};
use serde_json::{Value, json};

use crate::settings::HttpSettings;

static ACCESS_TOKEN: HeaderName = HeaderName::from_static("st-access-token");
static REFRESH_TOKEN: HeaderName = HeaderName::from_static("st-refresh-token");
static FRONT_TOKEN: HeaderName = HeaderName::from_static("front-token");
static AUTH_MODE: HeaderName = HeaderName::from_static("st-auth-mode");

const ACCESS_COOKIE: &str = "sAccessToken";
const REFRESH_COOKIE: &str = "sRefreshToken";

/// The headers of this protocol that a page on another origin must be able to read.
pub(crate) fn exposed_response_headers() -> [HeaderName; 4] {
    [
        ACCESS_TOKEN.clone(),
        REFRESH_TOKEN.clone(),
        FRONT_TOKEN.clone(),
        HeaderName::from_static("anti-csrf"),
    ]
}

/// The headers of this protocol that a page on another origin may send.
pub(crate) fn allowed_request_headers() -> [HeaderName; 4] {
    [
        AUTH_MODE.clone(),
        HeaderName::from_static("rid"),
        HeaderName::from_static("fdi-version"),
        HeaderName::from_static("anti-csrf"),
    ]
}

/// How tokens are sent to a client and where it stores them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TokenTransport {
    /// Response headers; the client stores the tokens itself.
    Header,
    /// `HttpOnly` cookies, which scripts cannot read.
    Cookie,
}

impl TokenTransport {
    /// Returns the transport that the client requested with `st-auth-mode`; headers by default.
    pub(crate) fn requested(headers: &HeaderMap) -> Self {
        match headers.get(&AUTH_MODE) {
            Some(mode) if mode.as_bytes().eq_ignore_ascii_case(b"cookie") => Self::Cookie,
            _ => Self::Header,
        }
    }
}

/// The tokens of a session that was just created or refreshed.
#[derive(Clone, Copy)]
pub(crate) struct IssuedTokens<'a> {
    /// The user id of the session protocol.
    pub(crate) uid: &'a str,
    /// The signed access token.
    pub(crate) access: &'a str,
    /// When the access token expires, in milliseconds since 1970.
    pub(crate) access_expires_at_millis: i64,
    /// The one-time refresh token.
    pub(crate) refresh: &'a str,
    /// The lifetime of the refresh token, in seconds.
    pub(crate) refresh_lifetime_seconds: u64,
    /// The claims that the client may read.
    pub(crate) claims: &'a Value,
}

/// Adds the tokens to the response headers `to`.
pub(crate) fn set_tokens(
    to: &mut HeaderMap,
    mode: TokenTransport,
    tokens: IssuedTokens<'_>,
    settings: &HttpSettings,
) {
    let IssuedTokens {
        uid,
        access,
        access_expires_at_millis,
        refresh,
        refresh_lifetime_seconds,
        claims,
    } = tokens;
    let front = json!({"uid": uid, "ate": access_expires_at_millis, "up": claims}).to_string();
    insert_header(to, &FRONT_TOKEN, &STANDARD.encode(front));
    insert_header(to, &ACCESS_TOKEN, access);
    match mode {
        TokenTransport::Header => insert_header(to, &REFRESH_TOKEN, refresh),
        TokenTransport::Cookie => {
            // The access cookie outlives its token: the client then gets `session_expired` and
            // refreshes. Without the cookie it would look signed out.
            set_cookie(
                to,
                ACCESS_COOKIE,
                access,
                "/",
                refresh_lifetime_seconds,
                settings,
            );
            let path = refresh_path(settings);
            set_cookie(
                to,
                REFRESH_COOKIE,
                refresh,
                &path,
                refresh_lifetime_seconds,
                settings,
            );
        }
    }
}

/// Adds headers that make the client delete its tokens.
pub(crate) fn clear_tokens(to: &mut HeaderMap, mode: TokenTransport, settings: &HttpSettings) {
    insert_header(to, &FRONT_TOKEN, "remove");
    match mode {
        TokenTransport::Header => {
            insert_header(to, &ACCESS_TOKEN, "");
            insert_header(to, &REFRESH_TOKEN, "");
        }
        TokenTransport::Cookie => {
            set_cookie(to, ACCESS_COOKIE, "", "/", 0, settings);
            set_cookie(to, REFRESH_COOKIE, "", &refresh_path(settings), 0, settings);
        }
    }
}

/// Returns the access token in a cookie, if there is one.
pub(crate) fn access_cookie(headers: &HeaderMap) -> Option<&str> {
    cookie(headers, ACCESS_COOKIE)
}

/// Returns the access token and its transport.
pub(crate) fn access_token(headers: &HeaderMap) -> Option<(&str, TokenTransport)> {
    token(headers, ACCESS_COOKIE)
}

/// Returns the refresh token and its transport.
pub(crate) fn refresh_token(headers: &HeaderMap) -> Option<(&str, TokenTransport)> {
    token(headers, REFRESH_COOKIE)
}

/// Prefers the requested transport: a client in cookie mode may still send an outdated header.
fn token<'a>(headers: &'a HeaderMap, name: &str) -> Option<(&'a str, TokenTransport)> {
    let in_header = || Some((bearer(headers)?, TokenTransport::Header));
    let in_cookie = || Some((cookie(headers, name)?, TokenTransport::Cookie));
    match TokenTransport::requested(headers) {
        TokenTransport::Header => in_header().or_else(in_cookie),
        TokenTransport::Cookie => in_cookie().or_else(in_header),
    }
}

fn bearer(headers: &HeaderMap) -> Option<&str> {
    let (scheme, token) = headers
        .get(header::AUTHORIZATION)?
        .to_str()
        .ok()?
        .trim()
        .split_once(' ')?;
    scheme
        .eq_ignore_ascii_case("bearer")
        .then_some(token.trim())
        .filter(|token| !token.is_empty())
}

fn cookie<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(|line| line.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(key, value)| *key == name && !value.is_empty())
        .map(|(_, value)| value)
}

fn refresh_path(settings: &HttpSettings) -> String {
    format!(
        "{}/auth/session/refresh",
        settings.api_path.trim_end_matches('/')
    )
}

fn set_cookie(
    to: &mut HeaderMap,
    name: &str,
    value: &str,
    path: &str,
    seconds: u64,
    settings: &HttpSettings,
) {
    // Browsers ignore `SameSite=None` without `Secure`.
    let (same_site, secure) = match (settings.cross_site, settings.secure_cookies) {
        (true, _) => ("None", "; Secure"),
        (false, true) => ("Lax", "; Secure"),
        (false, false) => ("Lax", ""),
    };
    let text = format!(
        "{name}={value}; Path={path}; Max-Age={seconds}; HttpOnly; SameSite={same_site}{secure}"
    );
    to.extend(HeaderValue::try_from(text).map(|value| (header::SET_COOKIE, value)));
}

fn insert_header(to: &mut HeaderMap, name: &HeaderName, value: &str) {
    // Never fails: tokens are base64 and dots.
    if let Ok(value) = HeaderValue::try_from(value) {
        to.insert(name, value);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(pairs: &[(HeaderName, &str)]) -> HeaderMap {
        pairs
            .iter()
            .map(|(name, value)| (name.clone(), value.parse().unwrap()))
            .collect()
    }

    fn settings() -> HttpSettings {
        HttpSettings {
            api_path: "/api".into(),
            secure_cookies: true,
            ..HttpSettings::default()
        }
    }

    fn cookies(of: &HeaderMap) -> Vec<&str> {
        of.get_all(header::SET_COOKIE)
            .iter()
            .map(|value| value.to_str().unwrap())
            .collect()
    }

    const ISSUED_TOKENS: IssuedTokens<'_> = IssuedTokens {
        uid: "u",
        access: "a.b.c",
        access_expires_at_millis: 7,
        refresh: "r",
        refresh_lifetime_seconds: 60,
        claims: &Value::Null,
    };

    #[test]
    fn header_transport_sets_headers_only() {
        let mut to = HeaderMap::new();
        set_tokens(&mut to, TokenTransport::Header, ISSUED_TOKENS, &settings());
        assert_eq!(to[&ACCESS_TOKEN], "a.b.c");
        assert_eq!(to[&REFRESH_TOKEN], "r");
        assert!(cookies(&to).is_empty());
        let front: Value =
            serde_json::from_slice(&STANDARD.decode(&to[&FRONT_TOKEN]).unwrap()).unwrap();
        assert_eq!(front, json!({"uid": "u", "ate": 7, "up": null}));
    }

    #[test]
    fn cookie_transport_protects_the_refresh_token() {
        let mut to = HeaderMap::new();
        set_tokens(&mut to, TokenTransport::Cookie, ISSUED_TOKENS, &settings());
        assert!(!to.contains_key(&REFRESH_TOKEN));
        assert_eq!(
            cookies(&to),
            [
                "sAccessToken=a.b.c; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure",
                "sRefreshToken=r; Path=/api/auth/session/refresh; Max-Age=60; HttpOnly; SameSite=Lax; Secure",
            ]
        );
        let mut cleared = HeaderMap::new();
        clear_tokens(&mut cleared, TokenTransport::Cookie, &settings());
        assert_eq!(cleared[&FRONT_TOKEN], "remove");
        assert!(
            cookies(&cleared)
                .iter()
                .all(|cookie| cookie.contains("=; ") && cookie.contains("Max-Age=0"))
        );
    }

    #[test]
    fn cross_site_cookies_are_same_site_none() {
        let attributes = |cross_site, secure_cookies| {
            let settings = HttpSettings {
                cross_site,
                secure_cookies,
                ..settings()
            };
            let mut to = HeaderMap::new();
            set_tokens(&mut to, TokenTransport::Cookie, ISSUED_TOKENS, &settings);
            let attributes = cookies(&to)
                .iter()
                .map(|cookie| cookie.split_once("HttpOnly; ").unwrap().1.to_owned())
                .collect::<Vec<_>>();
            assert_eq!(attributes[0], attributes[1]);
            attributes[0].clone()
        };
        assert_eq!(attributes(false, false), "SameSite=Lax");
        assert_eq!(attributes(false, true), "SameSite=Lax; Secure");
        assert_eq!(attributes(true, false), "SameSite=None; Secure");
        assert_eq!(attributes(true, true), "SameSite=None; Secure");
    }

    #[test]
    fn transport_selects_between_header_and_cookie() {
        let both = [
            (header::AUTHORIZATION, "Bearer h"),
            (header::COOKIE, "x=1; sRefreshToken=c; sAccessToken="),
        ];
        assert_eq!(
            refresh_token(&headers(&both)),
            Some(("h", TokenTransport::Header))
        );
        assert_eq!(access_cookie(&headers(&both)), None);
        let cookie_mode = [
            both[0].clone(),
            both[1].clone(),
            (AUTH_MODE.clone(), "Cookie"),
        ];
        assert_eq!(
            refresh_token(&headers(&cookie_mode)),
            Some(("c", TokenTransport::Cookie))
        );
        assert_eq!(refresh_token(&headers(&[])), None);
    }
}

//! How a session travels: the front-end protocol that the browser clients of the contract speak
//! (`contract/signup-and-auth.md` §4.4). Tokens come and go either in headers or in cookies; what
//! they mean is `app`'s business.

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
pub(crate) fn readable_headers() -> [HeaderName; 4] {
    [
        ACCESS_TOKEN.clone(),
        REFRESH_TOKEN.clone(),
        FRONT_TOKEN.clone(),
        HeaderName::from_static("anti-csrf"),
    ]
}

/// The headers of this protocol that a page on another origin may send.
pub(crate) fn sent_headers() -> [HeaderName; 4] {
    [
        AUTH_MODE.clone(),
        HeaderName::from_static("rid"),
        HeaderName::from_static("fdi-version"),
        HeaderName::from_static("anti-csrf"),
    ]
}

/// Where a client keeps its tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// It stores what it finds in the response's headers.
    Header,
    /// Its browser stores them out of reach of scripts.
    Cookie,
}

impl Mode {
    /// What the client asked for; programs that say nothing get headers.
    pub(crate) fn of(headers: &HeaderMap) -> Self {
        match headers.get(&AUTH_MODE) {
            Some(mode) if mode.as_bytes().eq_ignore_ascii_case(b"cookie") => Self::Cookie,
            _ => Self::Header,
        }
    }
}

/// The tokens of a session that was just opened or renewed.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fresh<'a> {
    /// The id under which the session knows its user.
    pub(crate) uid: &'a str,
    /// The signed access token.
    pub(crate) access: &'a str,
    /// When it ends, in milliseconds since 1970.
    pub(crate) access_until_millis: i64,
    /// The one-time refresh token.
    pub(crate) refresh: &'a str,
    /// For how long it can be used, in seconds.
    pub(crate) refresh_seconds: u64,
    /// The claims that the client may look at.
    pub(crate) claims: &'a Value,
}

/// Hands the tokens to the client in its mode.
pub(crate) fn give(to: &mut HeaderMap, mode: Mode, fresh: Fresh<'_>, settings: &HttpSettings) {
    let Fresh {
        uid,
        access,
        access_until_millis,
        refresh,
        refresh_seconds,
        claims,
    } = fresh;
    let front = json!({"uid": uid, "ate": access_until_millis, "up": claims}).to_string();
    put(to, &FRONT_TOKEN, &STANDARD.encode(front));
    put(to, &ACCESS_TOKEN, access);
    match mode {
        Mode::Header => put(to, &REFRESH_TOKEN, refresh),
        Mode::Cookie => {
            // The access cookie outlives its token, so that the client hears that it expired and
            // refreshes, rather than looking signed out.
            set_cookie(to, ACCESS_COOKIE, access, "/", refresh_seconds, settings);
            let path = refresh_path(settings);
            set_cookie(
                to,
                REFRESH_COOKIE,
                refresh,
                &path,
                refresh_seconds,
                settings,
            );
        }
    }
}

/// Makes the client forget its tokens.
pub(crate) fn take_back(to: &mut HeaderMap, mode: Mode, settings: &HttpSettings) {
    put(to, &FRONT_TOKEN, "remove");
    match mode {
        Mode::Header => {
            put(to, &ACCESS_TOKEN, "");
            put(to, &REFRESH_TOKEN, "");
        }
        Mode::Cookie => {
            set_cookie(to, ACCESS_COOKIE, "", "/", 0, settings);
            set_cookie(to, REFRESH_COOKIE, "", &refresh_path(settings), 0, settings);
        }
    }
}

/// The session's access token in a cookie, when there is one.
pub(crate) fn access_cookie(headers: &HeaderMap) -> Option<&str> {
    cookie(headers, ACCESS_COOKIE)
}

/// The access token, and the way by which it came.
pub(crate) fn access_token(headers: &HeaderMap) -> Option<(&str, Mode)> {
    token(headers, ACCESS_COOKIE)
}

/// The refresh token, and the way by which it came.
pub(crate) fn refresh_token(headers: &HeaderMap) -> Option<(&str, Mode)> {
    token(headers, REFRESH_COOKIE)
}

/// A client in cookie mode may still send an old header; its cookie is the newer one.
fn token<'a>(headers: &'a HeaderMap, name: &str) -> Option<(&'a str, Mode)> {
    let in_header = || Some((bearer(headers)?, Mode::Header));
    let in_cookie = || Some((cookie(headers, name)?, Mode::Cookie));
    match Mode::of(headers) {
        Mode::Header => in_header().or_else(in_cookie),
        Mode::Cookie => in_cookie().or_else(in_header),
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
    // Browsers drop a cookie for other sites that may travel over http.
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

fn put(to: &mut HeaderMap, name: &HeaderName, value: &str) {
    // Tokens are base64 and dots, so this holds for all of them.
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

    const FRESH: Fresh<'_> = Fresh {
        uid: "u",
        access: "a.b.c",
        access_until_millis: 7,
        refresh: "r",
        refresh_seconds: 60,
        claims: &Value::Null,
    };

    #[test]
    fn header_mode_answers_in_headers_only() {
        let mut to = HeaderMap::new();
        give(&mut to, Mode::Header, FRESH, &settings());
        assert_eq!(to[&ACCESS_TOKEN], "a.b.c");
        assert_eq!(to[&REFRESH_TOKEN], "r");
        assert!(cookies(&to).is_empty());
        let front: Value =
            serde_json::from_slice(&STANDARD.decode(&to[&FRONT_TOKEN]).unwrap()).unwrap();
        assert_eq!(front, json!({"uid": "u", "ate": 7, "up": null}));
    }

    #[test]
    fn cookie_mode_keeps_the_refresh_token_from_scripts_and_from_other_paths() {
        let mut to = HeaderMap::new();
        give(&mut to, Mode::Cookie, FRESH, &settings());
        assert!(!to.contains_key(&REFRESH_TOKEN));
        assert_eq!(
            cookies(&to),
            [
                "sAccessToken=a.b.c; Path=/; Max-Age=60; HttpOnly; SameSite=Lax; Secure",
                "sRefreshToken=r; Path=/api/auth/session/refresh; Max-Age=60; HttpOnly; SameSite=Lax; Secure",
            ]
        );
        let mut gone = HeaderMap::new();
        take_back(&mut gone, Mode::Cookie, &settings());
        assert_eq!(gone[&FRONT_TOKEN], "remove");
        assert!(
            cookies(&gone)
                .iter()
                .all(|cookie| cookie.contains("=; ") && cookie.contains("Max-Age=0"))
        );
    }

    #[test]
    fn cookies_for_pages_of_another_site_say_so() {
        let told = |cross_site, secure_cookies| {
            let settings = HttpSettings {
                cross_site,
                secure_cookies,
                ..settings()
            };
            let mut to = HeaderMap::new();
            give(&mut to, Mode::Cookie, FRESH, &settings);
            let told = cookies(&to)
                .iter()
                .map(|cookie| cookie.split_once("HttpOnly; ").unwrap().1.to_owned())
                .collect::<Vec<_>>();
            assert_eq!(told[0], told[1]);
            told[0].clone()
        };
        assert_eq!(told(false, false), "SameSite=Lax");
        assert_eq!(told(false, true), "SameSite=Lax; Secure");
        assert_eq!(told(true, false), "SameSite=None; Secure");
        assert_eq!(told(true, true), "SameSite=None; Secure");
    }

    #[test]
    fn the_mode_says_which_of_two_tokens_counts() {
        let both = [
            (header::AUTHORIZATION, "Bearer h"),
            (header::COOKIE, "x=1; sRefreshToken=c; sAccessToken="),
        ];
        assert_eq!(refresh_token(&headers(&both)), Some(("h", Mode::Header)));
        assert_eq!(access_cookie(&headers(&both)), None);
        let asked = [
            both[0].clone(),
            both[1].clone(),
            (AUTH_MODE.clone(), "Cookie"),
        ];
        assert_eq!(refresh_token(&headers(&asked)), Some(("c", Mode::Cookie)));
        assert_eq!(refresh_token(&headers(&[])), None);
    }
}

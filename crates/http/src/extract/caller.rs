//! Who is asking: finds the credential of a request and the scope it asks for, and lets `app` say
//! whose they are. `contract/README.md` §3 and §4.

use axum::extract::FromRequestParts;
use freehold_app::{Caller, Credential, Failure, Wanted};
use freehold_domain::{ApiKeyText, Refusal};
use http::request::Parts;
use http::{HeaderMap, Method, Uri, header};
use uuid::Uuid;

use crate::error::Problem;
use crate::extract::query::query;
use crate::session_protocol;
use crate::settings::HttpSettings;
use crate::state::AppState;

/// What a request brings along, before anybody has looked whether it opens anything. Handlers
/// whose verb recognises the caller in the same trip to the database take this.
#[derive(Debug)]
pub(crate) struct Presented {
    pub(crate) credential: Credential,
    pub(crate) wanted: Wanted,
}

impl FromRequestParts<AppState> for Presented {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, house: &AppState) -> Result<Self, Problem> {
        let credential = credential(parts, house.settings())?;
        // A key and a service's token have their scope; a query that names another is passed over.
        let wanted = match credential {
            Credential::ApiKey(_) | Credential::Service(_) => Wanted::default(),
            Credential::Session(_) => wanted(&parts.uri)?,
        };
        Ok(Self { credential, wanted })
    }
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, house: &AppState) -> Result<Self, Problem> {
        let Presented { credential, wanted } = Presented::from_request_parts(parts, house).await?;
        authenticate(house, &credential, &wanted).await
    }
}

/// The caller of an operation inside a project: a session that names none works in the default
/// project of its user's oldest workspace. Whether there is any project is for `app` to say.
#[derive(Debug)]
pub(crate) struct Scoped(pub(crate) Caller);

impl FromRequestParts<AppState> for Scoped {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, house: &AppState) -> Result<Self, Problem> {
        let Presented { credential, wanted } = Presented::from_request_parts(parts, house).await?;
        let wanted = Wanted {
            needed: true,
            ..wanted
        };
        authenticate(house, &credential, &wanted).await.map(Self)
    }
}

/// The caller of an operation that looks at no scope: whoever accepts an invitation is not yet in
/// what the query may name.
#[derive(Debug)]
pub(crate) struct Unplaced(pub(crate) Caller);

impl FromRequestParts<AppState> for Unplaced {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, house: &AppState) -> Result<Self, Problem> {
        let credential = credential(parts, house.settings())?;
        authenticate(house, &credential, &Wanted::default())
            .await
            .map(Self)
    }
}

async fn authenticate(
    house: &AppState,
    credential: &Credential,
    wanted: &Wanted,
) -> Result<Caller, Problem> {
    let known = house.app().authenticate(credential, wanted).await;
    known.map_err(|failure| unknown(wanted, failure))
}

/// Why nobody was recognised who asked for `wanted`. The contract tells a bad scope from a bad
/// credential by the shape of the body.
pub(crate) fn unknown(wanted: &Wanted, failure: Failure) -> Problem {
    let named = wanted.project.is_some() || wanted.workspace.is_some();
    match failure {
        Failure::Refused(Refusal::Unauthenticated) if named => Problem::out_of_scope(),
        other => other.into(),
    }
}

/// The one credential that counts. Anything else than a session's token or a key opens nothing
/// here: the operator's key belongs to the admin routes, which read it themselves.
fn credential(parts: &Parts, settings: &HttpSettings) -> Result<Credential, Problem> {
    let Some(given) = parts.headers.get(header::AUTHORIZATION) else {
        return session_protocol::access_cookie(&parts.headers)
            .filter(|_| {
                matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS)
                    || comes_from_a_page_of_ours(&parts.headers, settings)
            })
            .map(|token| Credential::Session(token.to_owned()))
            .ok_or_else(Problem::unauthenticated);
    };
    let given = given
        .to_str()
        .map_err(|_| Problem::unauthenticated())?
        .trim();
    let (scheme, rest) = given
        .split_once(' ')
        .map_or(("", given), |(scheme, rest)| (scheme, rest.trim()));
    if scheme.eq_ignore_ascii_case("bearer") {
        return Ok(Credential::Session(rest.to_owned()));
    }
    if scheme.eq_ignore_ascii_case("access") {
        return Err(Problem::unauthenticated());
    }
    if scheme.eq_ignore_ascii_case("secret") {
        return Ok(Credential::Service(rest.to_owned()));
    }
    ApiKeyText::parse(rest)
        .map(Credential::ApiKey)
        .ok_or_else(Problem::unauthenticated)
}

/// Browsers add cookies by themselves, so for what changes something they count only when the page
/// that sent the request is one that may use the API. Programs send no `Origin`.
pub(crate) fn comes_from_a_page_of_ours(headers: &HeaderMap, settings: &HttpSettings) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return true;
    };
    let Ok(origin) = origin.to_str() else {
        return false;
    };
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let own = origin.split_once("://").map(|(_, host)| host);
    (own.is_some() && own == host)
        || settings
            .allowed_origins
            .iter()
            .any(|allowed| allowed == origin)
}

/// The scope that a session asks for. A text that is no id asks for one that nobody is in.
fn wanted(uri: &Uri) -> Result<Wanted, Problem> {
    let mut wanted = Wanted::default();
    for (key, value) in query(uri) {
        let place = match &*key {
            "project_id" => &mut wanted.project,
            "workspace_id" => &mut wanted.workspace,
            _ => continue,
        };
        if !value.is_empty() {
            let id = Uuid::try_parse(&value).ok().filter(|id| !id.is_nil());
            *place = Some(id.ok_or_else(Problem::out_of_scope)?);
        }
    }
    Ok(wanted)
}

#[cfg(test)]
mod tests {
    use http::HeaderName;

    use super::*;

    fn parts(method: Method, uri: &str, headers: &[(HeaderName, &str)]) -> Parts {
        let mut request = http::Request::builder().method(method).uri(uri);
        for (name, value) in headers {
            request = request.header(name, *value);
        }
        request.body(()).unwrap().into_parts().0
    }

    fn settings() -> HttpSettings {
        HttpSettings {
            allowed_origins: vec!["https://web.example".into()],
            ..HttpSettings::default()
        }
    }

    fn found(headers: &[(HeaderName, &str)]) -> &'static str {
        match credential(&parts(Method::POST, "/", headers), &settings()) {
            Ok(Credential::Session(token)) if token == "t" => "session",
            Ok(Credential::Session(_)) => "another session",
            Ok(Credential::Service(token)) if token == "t" => "service",
            Ok(Credential::Service(_)) => "another service",
            Ok(Credential::ApiKey(_)) => "key",
            Err(_) => "nothing",
        }
    }

    #[test]
    fn the_scheme_says_what_the_credential_is() {
        let key = format!("Ab3dEf6h.{}", "0".repeat(64));
        let with = |text: &str| found(&[(header::AUTHORIZATION, text)]);
        assert_eq!(with("Bearer t"), "session");
        assert_eq!(with("bearer   t "), "session");
        assert_eq!(with("Secret t"), "service");
        assert_eq!(with("secret  t "), "service");
        assert_eq!(with(&key), "key");
        assert_eq!(with(&format!("ApiKey {key}")), "key");
        assert_eq!(with(&format!("Whatever {key}")), "key");
        for nothing in ["", "ApiKey", "ApiKey x", "x.y", &format!("Access {key}")] {
            assert_eq!(with(nothing), "nothing", "{nothing:?}");
        }
        assert_eq!(found(&[]), "nothing");
    }

    #[test]
    fn a_cookie_counts_only_from_pages_of_ours() {
        let cookie = (header::COOKIE, "sAccessToken=t");
        let from = |origin| {
            found(&[
                cookie.clone(),
                (header::HOST, "api.example"),
                (header::ORIGIN, origin),
            ])
        };
        assert_eq!(found(std::slice::from_ref(&cookie)), "session");
        assert_eq!(from("https://web.example"), "session");
        assert_eq!(from("https://api.example"), "session");
        assert_eq!(from("https://evil.example"), "nothing");
        assert_eq!(from("null"), "nothing");
        assert_eq!(
            found(&[cookie, (header::AUTHORIZATION, "Bearer other")]),
            "another session"
        );
    }

    #[test]
    fn a_scope_is_an_id_or_refused() {
        let asked = |query: &str| wanted(&format!("/x?{query}").parse().unwrap()).ok();
        let id = "01a2082d-5df6-7a31-8c44-0123456789ab";
        assert_eq!(
            asked(&format!("project_id={id}"))
                .unwrap()
                .project
                .unwrap()
                .to_string(),
            id
        );
        assert!(
            asked("organization_id=null&workspace_id=")
                .unwrap()
                .workspace
                .is_none()
        );
        for refused in [
            "project_id=null",
            "workspace_id=00000000-0000-0000-0000-000000000000",
            "project_id=%ff",
        ] {
            assert!(asked(refused).is_none(), "{refused}");
        }
    }
}

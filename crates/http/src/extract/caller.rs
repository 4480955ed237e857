//! The caller: reads the credential and the requested scope of a request, and lets `app`
//! authenticate them (`docs/COMPATIBILITY.md#credentials-and-scope`).

use axum::extract::FromRequestParts;
use freehold_app::{Caller, Credential, Failure, RequestedScope};
use freehold_domain::{ApiKeyText, Refusal};
use http::request::Parts;
use http::{HeaderMap, Method, Uri, header};
use uuid::Uuid;

use crate::error::Problem;
use crate::extract::query::query_pairs;
use crate::session_protocol;
use crate::settings::HttpSettings;
use crate::state::AppState;

/// The credential of a request, not verified yet. For handlers whose query authenticates the
/// caller in the same round trip to the database.
#[derive(Debug)]
pub(crate) struct RequestCredential {
    pub(crate) credential: Credential,
    pub(crate) requested_scope: RequestedScope,
}

impl FromRequestParts<AppState> for RequestCredential {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let credential = credential(parts, state.settings())?;
        // An API key and a service token have a scope of their own; the query is ignored.
        let requested_scope = match credential {
            Credential::ApiKey(_) | Credential::Service(_) => RequestedScope::default(),
            Credential::Session(_) => requested_scope(&parts.uri)?,
        };
        Ok(Self {
            credential,
            requested_scope,
        })
    }
}

impl FromRequestParts<AppState> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let RequestCredential {
            credential,
            requested_scope,
        } = RequestCredential::from_request_parts(parts, state).await?;
        authenticate(state, &credential, &requested_scope).await
    }
}

/// The caller of an operation inside a project. A session that names no project works in the
/// default project of its user's oldest workspace; `app` refuses a user without any project.
#[derive(Debug)]
pub(crate) struct ProjectCaller(pub(crate) Caller);

impl FromRequestParts<AppState> for ProjectCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let RequestCredential {
            credential,
            requested_scope,
        } = RequestCredential::from_request_parts(parts, state).await?;
        let requested_scope = RequestedScope {
            needed: true,
            ..requested_scope
        };
        authenticate(state, &credential, &requested_scope)
            .await
            .map(Self)
    }
}

/// The caller of an operation that ignores the scope in the query: an invitee is not a member yet
/// of the project that the query may name.
#[derive(Debug)]
pub(crate) struct UnscopedCaller(pub(crate) Caller);

impl FromRequestParts<AppState> for UnscopedCaller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let credential = credential(parts, state.settings())?;
        authenticate(state, &credential, &RequestedScope::default())
            .await
            .map(Self)
    }
}

async fn authenticate(
    state: &AppState,
    credential: &Credential,
    requested_scope: &RequestedScope,
) -> Result<Caller, Problem> {
    let caller = state.app().authenticate(credential, requested_scope).await;
    caller.map_err(|failure| authentication_problem(requested_scope, failure))
}

/// Returns the problem for a `failure` to authenticate. As in the reference API, a refused scope
/// and a bad credential have bodies of different shape.
pub(crate) fn authentication_problem(
    requested_scope: &RequestedScope,
    failure: Failure,
) -> Problem {
    let scope_was_named = requested_scope.project.is_some() || requested_scope.workspace.is_some();
    match failure {
        Failure::Refused(Refusal::Unauthenticated) if scope_was_named => Problem::out_of_scope(),
        failure => failure.into(),
    }
}

/// Returns the credential of the request: a session token, a service token or an API key. An
/// operator key is refused: only admin routes accept it, and read it themselves.
fn credential(parts: &Parts, settings: &HttpSettings) -> Result<Credential, Problem> {
    let Some(authorization) = parts.headers.get(header::AUTHORIZATION) else {
        return session_protocol::access_cookie(&parts.headers)
            .filter(|_| {
                matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS)
                    || has_trusted_origin(&parts.headers, settings)
            })
            .map(|token| Credential::Session(token.into()))
            .ok_or_else(Problem::unauthenticated);
    };
    let authorization = authorization
        .to_str()
        .map_err(|_| Problem::unauthenticated())?
        .trim();
    let (scheme, rest) = authorization
        .split_once(' ')
        .map_or(("", authorization), |(scheme, rest)| (scheme, rest.trim()));
    if scheme.eq_ignore_ascii_case("bearer") {
        return Ok(Credential::Session(rest.into()));
    }
    if scheme.eq_ignore_ascii_case("access") {
        return Err(Problem::unauthenticated());
    }
    if scheme.eq_ignore_ascii_case("secret") {
        return Ok(Credential::Service(rest.into()));
    }
    ApiKeyText::parse(rest)
        .map(Credential::ApiKey)
        .ok_or_else(Problem::unauthenticated)
}

/// Whether the page that sent the request may use the API. Browsers add cookies to every request,
/// so a write with a cookie needs a trusted origin. Programs send no `Origin`.
pub(crate) fn has_trusted_origin(headers: &HeaderMap, settings: &HttpSettings) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else {
        return true;
    };
    let Ok(origin) = origin.to_str() else {
        return false;
    };
    let host = headers
        .get(header::HOST)
        .and_then(|host| host.to_str().ok());
    let origin_host = origin.split_once("://").map(|(_, host)| host);
    (origin_host.is_some() && origin_host == host)
        || settings
            .allowed_origins
            .iter()
            .any(|allowed| allowed == origin)
}

/// Returns the scope in the query. A text that is not an id is refused like a scope that the user
/// is not a member of.
fn requested_scope(uri: &Uri) -> Result<RequestedScope, Problem> {
    let mut requested_scope = RequestedScope::default();
    for (key, value) in query_pairs(uri) {
        let target = match &*key {
            "project_id" => &mut requested_scope.project,
            "workspace_id" => &mut requested_scope.workspace,
            _ => continue,
        };
        if !value.is_empty() {
            let id = Uuid::try_parse(&value).ok().filter(|id| !id.is_nil());
            *target = Some(id.ok_or_else(Problem::out_of_scope)?);
        }
    }
    Ok(requested_scope)
}

#[cfg(test)]
mod tests {
    use http::HeaderName;
    use secrecy::ExposeSecret as _;

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

    fn credential_kind(headers: &[(HeaderName, &str)]) -> &'static str {
        match credential(&parts(Method::POST, "/", headers), &settings()) {
            Ok(Credential::Session(token)) if token.expose_secret() == "t" => "session",
            Ok(Credential::Session(_)) => "another session",
            Ok(Credential::Service(token)) if token.expose_secret() == "t" => "service",
            Ok(Credential::Service(_)) => "another service",
            Ok(Credential::ApiKey(_)) => "key",
            Err(_) => "nothing",
        }
    }

    #[test]
    fn authorization_scheme_selects_the_credential() {
        let key = format!("Ab3dEf6h.{}", "0".repeat(64));
        let with = |text: &str| credential_kind(&[(header::AUTHORIZATION, text)]);
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
        assert_eq!(credential_kind(&[]), "nothing");
    }

    #[test]
    fn cookie_is_accepted_only_from_trusted_origins() {
        let cookie = (header::COOKIE, "sAccessToken=t");
        let from = |origin| {
            credential_kind(&[
                cookie.clone(),
                (header::HOST, "api.example"),
                (header::ORIGIN, origin),
            ])
        };
        assert_eq!(credential_kind(std::slice::from_ref(&cookie)), "session");
        assert_eq!(from("https://web.example"), "session");
        assert_eq!(from("https://api.example"), "session");
        assert_eq!(from("https://evil.example"), "nothing");
        assert_eq!(from("null"), "nothing");
        assert_eq!(
            credential_kind(&[cookie, (header::AUTHORIZATION, "Bearer other")]),
            "another session"
        );
    }

    #[test]
    fn scope_must_be_a_uuid() {
        let parse = |query: &str| requested_scope(&format!("/x?{query}").parse().unwrap()).ok();
        let id = "01a2082d-5df6-7a31-8c44-0123456789ab";
        assert_eq!(
            parse(&format!("project_id={id}"))
                .unwrap()
                .project
                .unwrap()
                .to_string(),
            id
        );
        assert!(
            parse("organization_id=null&workspace_id=")
                .unwrap()
                .workspace
                .is_none()
        );
        for refused in [
            "project_id=null",
            "workspace_id=00000000-0000-0000-0000-000000000000",
            "project_id=%ff",
        ] {
            assert!(parse(refused).is_none(), "{refused}");
        }
    }
}

//! Commands: the request context with its idempotency key and `dry_run`, and the body.

use aws_lc_rs::digest::{Context, SHA256};
use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request};
use bytes::Bytes;
use freehold_app::{IdempotencyKey, RequestContext};
use freehold_domain::Refusal;
use http::request::Parts;
use http::{HeaderName, header};
use serde_json::Value;
use url::form_urlencoded;

use crate::error::Problem;
use crate::extract::body;
use crate::extract::body::{FieldReader, RequestBody};
use crate::extract::client_address::client_address;
use crate::extract::query::query_pairs;
use crate::middleware::request_id::RequestId;
use crate::state::AppState;

static IDEMPOTENCY_KEY: HeaderName = HeaderName::from_static("idempotency-key");

/// The headers of commands that a page on another origin may send.
pub(crate) fn allowed_request_headers() -> [HeaderName; 1] {
    [IDEMPOTENCY_KEY.clone()]
}

/// The request context of a command and its body.
#[derive(Debug)]
pub(crate) struct Command<T> {
    pub(crate) context: RequestContext,
    pub(crate) body: T,
}

impl<T: RequestBody> FromRequest<AppState> for Command<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let (context, bytes) = read(&parts, body, T::MAX_BODY_BYTES, state).await?;
        let body = T::from_bytes(&parts.headers, &bytes)?;
        Ok(Self { context, body })
    }
}

/// Returns the context and the body of a command.
async fn read(
    parts: &Parts,
    body: Body,
    limit: usize,
    state: &AppState,
) -> Result<(RequestContext, Bytes), Problem> {
    let dry_run = dry_run(parts)?.unwrap_or(false);
    let key = idempotency_key(parts)?;
    let bytes = body::read_body(body, limit).await?;
    let idempotency = key.map(|key| IdempotencyKey {
        key,
        fingerprint: fingerprint(parts, &bytes),
    });
    let context = RequestContext {
        idempotency,
        dry_run,
        ..request_context(parts, state)
    };
    Ok((context, bytes))
}

/// The request context of a read.
#[derive(Debug)]
pub(crate) struct ReadContext(pub(crate) RequestContext);

impl FromRequestParts<AppState> for ReadContext {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        Ok(Self(request_context(parts, state)))
    }
}

pub(crate) fn request_context(parts: &Parts, state: &AppState) -> RequestContext {
    let id = parts.extensions.get::<RequestId>();
    let user_agent_header = parts
        .headers
        .get(header::USER_AGENT)
        .and_then(|user_agent_header| user_agent_header.to_str().ok());
    RequestContext {
        request_id: id.map(|id| id.as_str().to_owned()).unwrap_or_default(),
        address: client_address(parts, state.settings()),
        user_agent: user_agent_header.map(str::to_owned),
        idempotency: None,
        dry_run: false,
        reason: None,
    }
}

pub(crate) fn idempotency_key(parts: &Parts) -> Result<Option<String>, Problem> {
    let mut values = parts.headers.get_all(&IDEMPOTENCY_KEY).iter();
    let Some(key) = values.next() else {
        return Ok(None);
    };
    match key.to_str() {
        Ok(key) if is_valid_idempotency_key(key) && values.next().is_none() => {
            Ok(Some(key.to_owned()))
        }
        _ => Err(Refusal::IdempotencyKeyInvalid.into()),
    }
}

/// 1 to 255 visible ASCII characters.
pub(crate) fn is_valid_idempotency_key(key: &str) -> bool {
    (1..=255).contains(&key.len()) && key.bytes().all(|byte| byte.is_ascii_graphic())
}

/// Returns the value of `dry_run` in the query, if it is there.
pub(crate) fn dry_run(parts: &Parts) -> Result<Option<bool>, Problem> {
    let Some((_, value)) = query_pairs(&parts.uri).find(|(key, _)| key == "dry_run") else {
        return Ok(None);
    };
    match &*value {
        "true" => Ok(Some(true)),
        "false" => Ok(Some(false)),
        _ => {
            let mut reader = FieldReader::at("query");
            reader.nested("dry_run", |reader| {
                reader.report(
                    "bool_parsing",
                    "Input should be a valid boolean, unable to interpret input",
                    &Value::from(&*value),
                );
                None::<()>
            });
            Err(Problem::unprocessable(reader.into_problems()))
        }
    }
}

/// Returns a hash of the request. Requests with one idempotency key and different fingerprints
/// conflict.
///
/// The length of each part precedes it, so that parts cannot be confused. `dry_run` is left out:
/// `app` stores no idempotency record of a dry run.
pub(crate) fn fingerprint(parts: &Parts, body: &[u8]) -> [u8; 32] {
    let query: String = form_urlencoded::Serializer::new(String::new())
        .extend_pairs(query_pairs(&parts.uri).filter(|(key, _)| key != "dry_run"))
        .finish();
    let mut digest = Context::new(&SHA256);
    for part in [
        parts.method.as_str().as_bytes(),
        parts.uri.path().as_bytes(),
        query.as_bytes(),
        body,
    ] {
        digest.update(&(part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    let mut fingerprint = [0; 32];
    fingerprint.copy_from_slice(digest.finish().as_ref());
    fingerprint
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(uri: &str, keys: &[&str]) -> Parts {
        let mut request = http::Request::post(uri);
        for key in keys {
            request = request.header(&IDEMPOTENCY_KEY, *key);
        }
        request.body(()).unwrap().into_parts().0
    }

    #[test]
    fn fingerprint_covers_the_request_but_not_dry_run() {
        let of = |uri: &str, body: &[u8]| fingerprint(&parts(uri, &[]), body);
        let one = of("/a?x=1", b"{}");
        assert_eq!(one, of("/a?x=1&dry_run=false", b"{}"));
        for other in [
            of("/b?x=1", b"{}"),
            of("/a?x=2", b"{}"),
            of("/a?x=1", b"{ }"),
            of("/a", b"x=1{}"),
        ] {
            assert_ne!(one, other);
        }
    }

    #[test]
    fn idempotency_key_is_single_and_visible_ascii() {
        let read = |keys: &[&str]| idempotency_key(&parts("/", keys)).ok();
        assert_eq!(read(&[]), Some(None));
        assert_eq!(read(&["k-1"]), Some(Some("k-1".into())));
        assert_eq!(read(&[&"k".repeat(255)]), Some(Some("k".repeat(255))));
        for refused in [&[""][..], &["a b"], &[&"k".repeat(256)], &["a", "a"]] {
            assert_eq!(read(refused), None, "{refused:?}");
        }
    }

    #[test]
    fn dry_run_is_true_or_false() {
        let read = |uri: &str| dry_run(&parts(uri, &[])).ok();
        assert_eq!(read("/"), Some(None));
        assert_eq!(read("/?a=1&dry_run=true"), Some(Some(true)));
        assert_eq!(read("/?dry_run=false"), Some(Some(false)));
        assert_eq!(read("/?dry_run="), None);
        assert_eq!(read("/?dry_run=1"), None);
    }
}

//! What an operator's request says of itself, in its query, its headers or its body: whether it is
//! a rehearsal, under which key its answer is remembered, and why it is made.

use axum::extract::{FromRequest, FromRequestParts, Request};
use freehold_app::{Call, IdempotencyKey};
use freehold_domain::{FreeText, Refusal};
use http::request::Parts;

use crate::House;
use crate::body::{self, RequestBody};
use crate::call::{circumstances, dry_run, fingerprint, idempotency_key, is_usable_key};
use crate::caller::query;
use crate::problem::Problem;

/// What a body says of its request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sayings {
    /// Nothing is kept.
    pub(crate) dry_run: Option<bool>,
    /// Ask twice, do once.
    pub(crate) idempotency_key: Option<String>,
    /// For the audit trail.
    pub(crate) reason: Option<String>,
}

/// A body that may say something of its request.
pub(crate) trait AboutItself {
    /// What it says.
    fn sayings(&self) -> Sayings {
        Sayings::default()
    }
}

impl AboutItself for body::NoBody {}

/// A command of an operator: its circumstances and its body.
#[derive(Debug)]
pub(crate) struct Order<T> {
    pub(crate) call: Call,
    pub(crate) body: T,
}

impl<T: RequestBody + AboutItself> FromRequest<House> for Order<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, house: &House) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let rehearsed = dry_run(&parts)?;
        let key = idempotency_key(&parts)?;
        let asked = reason(&parts)?;
        let bytes = body::collect::<T>(body).await?;
        let body = T::from_bytes(&parts.headers, &bytes)?;
        let said = body.sayings();
        let key = one_key(key, said.idempotency_key)?;
        let call = Call {
            idempotency: key.map(|key| IdempotencyKey {
                key,
                fingerprint: fingerprint(&parts, &bytes),
            }),
            dry_run: rehearsed || said.dry_run.unwrap_or(false),
            reason: said.reason.or(asked),
            ..circumstances(&parts, house)
        };
        Ok(Self { call, body })
    }
}

/// The header and the body may both name a key, if it is the same.
fn one_key(header: Option<String>, body: Option<String>) -> Result<Option<String>, Problem> {
    let usable = body.as_deref().is_none_or(is_usable_key);
    let agree = header.is_none() || body.is_none() || header == body;
    if usable && agree {
        Ok(header.or(body))
    } else {
        Err(Refusal::IdempotencyKeyInvalid.into())
    }
}

/// An operator's question.
#[derive(Debug)]
pub(crate) struct Looking(pub(crate) Call);

impl FromRequestParts<House> for Looking {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, house: &House) -> Result<Self, Problem> {
        let reason = reason(parts)?;
        Ok(Self(Call {
            reason,
            ..circumstances(parts, house)
        }))
    }
}

/// `?reason=`, for requests whose body has no place for it.
fn reason(parts: &Parts) -> Result<Option<String>, Problem> {
    let given = query(&parts.uri).find(|(key, _)| key == "reason");
    let Some((_, text)) = given.filter(|(_, text)| !text.is_empty()) else {
        return Ok(None);
    };
    let text = FreeText::parse(&text).map_err(|error| Refusal::InvalidField {
        location: "query",
        field: "reason".to_owned(),
        problem: error.to_string(),
    })?;
    Ok(Some(text.into_string()))
}

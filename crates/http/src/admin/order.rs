//! What an operator's request says of itself, in its query, its headers or its body: whether it is
//! a rehearsal, under which key its answer is remembered, and why it is made.

use axum::extract::{FromRequest, FromRequestParts, Request};
use freehold_app::{Call, IdempotencyKey};
use freehold_domain::{FreeText, Refusal};
use http::request::Parts;
use serde_json::Value;

use crate::House;
use crate::body::{self, RequestBody};
use crate::call::{circumstances, dry_run, fingerprint, idempotency_key, is_usable_key};
use crate::caller::query;
use crate::problem::Problem;

/// In characters.
const MOST_OF_A_REASON: usize = 500;

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
        if let Some(text) = &said.reason {
            check_reason("body", text)?;
        }
        let beside = said_anywhere(&bytes)?;
        let key = one_key([key, said.idempotency_key, beside.idempotency_key])?;
        let call = Call {
            idempotency: key.map(|key| IdempotencyKey {
                key,
                fingerprint: fingerprint(&parts, &bytes),
            }),
            dry_run: rehearsed || said.dry_run.unwrap_or(false) || beside.dry_run.unwrap_or(false),
            reason: said.reason.or(asked),
            ..circumstances(&parts, house)
        };
        Ok(Self { call, body })
    }
}

/// What is said at the top of a body, or in its `options`, whichever of the two its endpoint
/// documents: a rehearsal that was asked for in the other place must not become the real thing.
fn said_anywhere(bytes: &[u8]) -> Result<Sayings, Problem> {
    let mentions = |name: &[u8]| bytes.windows(name.len()).any(|window| window == name);
    if !mentions(b"\"dry_run\"") && !mentions(b"\"idempotency_key\"") {
        return Ok(Sayings::default());
    }
    let body: Value = serde_json::from_slice(bytes).unwrap_or_default();
    let mut said = Sayings::default();
    for place in [&body, &body["options"]] {
        match &place["dry_run"] {
            Value::Null => {}
            Value::Bool(dry_run) => {
                said.dry_run = Some(*dry_run || said.dry_run.unwrap_or(false));
            }
            _ => return Err(misread("dry_run", "has to be true or false")),
        }
        match &place["idempotency_key"] {
            Value::Null => {}
            Value::String(key) => {
                said.idempotency_key = one_key([said.idempotency_key, Some(key.clone()), None])?;
            }
            _ => return Err(misread("idempotency_key", "has to be a text")),
        }
    }
    Ok(said)
}

fn misread(field: &str, problem: &str) -> Problem {
    Refusal::InvalidField {
        location: "body",
        field: field.to_owned(),
        problem: problem.to_owned(),
    }
    .into()
}

/// The header and the body may both name a key, if it is the same.
fn one_key(named: [Option<String>; 3]) -> Result<Option<String>, Problem> {
    let mut named = named.into_iter().flatten();
    let Some(key) = named.next() else {
        return Ok(None);
    };
    if !is_usable_key(&key) {
        return Err(Refusal::IdempotencyKeyInvalid.into());
    }
    if named.any(|other| other != key) {
        let problem = "is another one than the request names elsewhere";
        return Err(misread("idempotency_key", problem));
    }
    Ok(Some(key))
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
    check_reason("query", &text)?;
    Ok(Some(text.into_owned()))
}

/// Each event of a request keeps the reason, so it is a sentence and not a book.
fn check_reason(location: &'static str, text: &str) -> Result<(), Problem> {
    let problem = match FreeText::parse(text) {
        Err(error) => error.to_string(),
        Ok(_) if text.chars().count() > MOST_OF_A_REASON => {
            format!("a reason has at most {MOST_OF_A_REASON} characters")
        }
        Ok(_) => return Ok(()),
    };
    let field = "reason".to_owned();
    Err(Refusal::InvalidField {
        location,
        field,
        problem,
    }
    .into())
}

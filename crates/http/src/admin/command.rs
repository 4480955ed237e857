//! What an operator's request says of itself, in its query, its headers or its body: whether it is
//! a rehearsal, under which key its answer is remembered, and why it is made.

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request};
use freehold_app::{IdempotencyKey, RequestContext};
use freehold_domain::{Reason, Refusal};
use http::request::Parts;
use serde_json::Value;

use super::audit;
use crate::error::Problem;
use crate::extract::body;
use crate::extract::body::{Field, Reader, RequestBody};
use crate::extract::command::{
    circumstances, dry_run, fingerprint, idempotency_key, is_usable_key,
};
use crate::extract::query::query;
use crate::state::AppState;

/// What a body says of its request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Sayings {
    /// Nothing is kept.
    pub(crate) dry_run: Option<bool>,
    /// Ask twice, do once.
    pub(crate) idempotency_key: Option<String>,
    /// For the audit trail.
    pub(crate) reason: Option<Reason>,
}

/// A body that may say something of its request.
pub(crate) trait AboutItself {
    /// Whether nothing is kept if nothing is said of it.
    const REHEARSED: bool = false;

    /// What it says.
    fn sayings(&self) -> Sayings {
        Sayings::default()
    }
}

impl AboutItself for body::NoBody {}

impl Field for Reason {
    fn read(value: &Value, reader: &mut Reader) -> Option<Self> {
        let Value::String(text) = value else {
            reader.complain("string_type", "Input should be a valid string", value);
            return None;
        };
        Self::parse(text)
            .map_err(|error| reader.refuse(&error.to_string(), value))
            .ok()
    }
}

/// A command of an operator: its circumstances and its body.
#[derive(Debug)]
pub(crate) struct Order<T> {
    pub(crate) call: RequestContext,
    pub(crate) body: T,
}

impl<T: RequestBody + AboutItself> FromRequest<AppState> for Order<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, house: &AppState) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let mut call = circumstances(&parts, house);
        let body = read(&parts, body, &mut call).await;
        audit::asked(&parts, &call);
        Ok(Self { call, body: body? })
    }
}

/// The body; `call` learns what is said of it, as far as it can be read.
async fn read<T: RequestBody + AboutItself>(
    parts: &Parts,
    body: Body,
    call: &mut RequestContext,
) -> Result<T, Problem> {
    call.reason = reason(parts)?;
    let by_query = dry_run(parts)?;
    call.dry_run = by_query.unwrap_or(T::REHEARSED);
    let header = idempotency_key(parts)?;
    let bytes = body::collect::<T>(body).await?;
    let mut reader = Reader::at("body");
    let said = said_anywhere(&bytes, header, &mut reader);
    let rehearsed = |known: Option<bool>| {
        let asked = [by_query, said.dry_run, known].into_iter().flatten();
        asked
            .reduce(|one, other| one || other)
            .unwrap_or(T::REHEARSED)
    };
    call.dry_run = rehearsed(None);
    call.reason = said.reason.or(call.reason.take());
    let body = T::from_bytes(&parts.headers, &bytes)?;
    let problems = reader.into_problems();
    if !problems.is_empty() {
        return Err(Problem::unprocessable(problems));
    }
    let known = body.sayings();
    call.dry_run = rehearsed(known.dry_run);
    call.reason = known.reason.or(call.reason.take());
    if let Some(key) = said.idempotency_key.or(known.idempotency_key) {
        if !is_usable_key(&key) {
            return Err(Refusal::IdempotencyKeyInvalid.into());
        }
        let fingerprint = fingerprint(parts, &bytes);
        call.idempotency = Some(IdempotencyKey { key, fingerprint });
    }
    Ok(body)
}

/// What is said at the top of a body, or in its `options`, whichever of the two its endpoint
/// documents: a rehearsal that was asked for in the other place must not become the real thing.
fn said_anywhere(bytes: &[u8], header: Option<String>, reader: &mut Reader) -> Sayings {
    let mut said = Sayings {
        idempotency_key: header,
        ..Sayings::default()
    };
    let mentions = |name: &[u8]| bytes.windows(name.len()).any(|window| window == name);
    let names: [&[u8]; 4] = [
        b"\"dry_run\"",
        b"\"idempotency_key\"",
        b"\"reason\"",
        b"\\u",
    ];
    if !names.into_iter().any(mentions) {
        return said;
    }
    let body: Value = serde_json::from_slice(bytes).unwrap_or_default();
    said.listen(&body, reader);
    reader.inside("options", |reader| {
        said.listen(&body["options"], reader);
        Some(())
    });
    said
}

impl Sayings {
    /// Adds what one place says. All places may name a key, if it is the same.
    fn listen(&mut self, place: &Value, reader: &mut Reader) {
        let Value::Object(place) = place else {
            return;
        };
        if let Some(Some(dry_run)) = reader.member::<Option<bool>>(place, "dry_run") {
            self.dry_run = Some(dry_run || self.dry_run.unwrap_or(false));
        }
        if let Some(Some(key)) = reader.member::<Option<String>>(place, "idempotency_key") {
            match &self.idempotency_key {
                Some(known) if *known != key => {
                    let problem = "is another one than the request names elsewhere";
                    reader.inside("idempotency_key", |reader| {
                        reader.refuse(problem, &key.into());
                        None::<()>
                    });
                }
                _ => self.idempotency_key = Some(key),
            }
        }
        // What is none is complained of where an endpoint has a place for one.
        if let Some(Value::String(text)) = place.get("reason")
            && let Ok(reason) = Reason::parse(text)
        {
            self.reason.get_or_insert(reason);
        }
    }
}

/// An operator's question.
#[derive(Debug)]
pub(crate) struct Looking(pub(crate) RequestContext);

impl FromRequestParts<AppState> for Looking {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, house: &AppState) -> Result<Self, Problem> {
        let reason = reason(parts)?;
        Ok(Self(RequestContext {
            reason,
            ..circumstances(parts, house)
        }))
    }
}

/// `?reason=`, for requests whose body has no place for it.
fn reason(parts: &Parts) -> Result<Option<Reason>, Problem> {
    let given = query(&parts.uri).find(|(key, _)| key == "reason");
    let Some((_, text)) = given.filter(|(_, text)| !text.is_empty()) else {
        return Ok(None);
    };
    let mut reader = Reader::at("query");
    let reason = reader.inside("reason", |reader| {
        Reason::read(&Value::from(&*text), reader)
    });
    match reason {
        Some(reason) => Ok(Some(reason)),
        None => Err(Problem::unprocessable(reader.into_problems())),
    }
}

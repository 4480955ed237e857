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
use crate::extract::body::{Field, FieldReader, RequestBody};
use crate::extract::command::{
    dry_run, fingerprint, idempotency_key, is_valid_idempotency_key, request_context,
};
use crate::extract::query::query_pairs;
use crate::state::AppState;

/// What a body says of its request.
#[derive(Clone, Debug, Default)]
pub(crate) struct CommandOptions {
    /// Nothing is kept.
    pub(crate) dry_run: Option<bool>,
    /// Ask twice, do once.
    pub(crate) idempotency_key: Option<String>,
    /// For the audit trail.
    pub(crate) reason: Option<Reason>,
}

/// A body that may say something of its request.
pub(crate) trait HasCommandOptions {
    /// Whether nothing is kept if nothing is said of it.
    const DRY_RUN_BY_DEFAULT: bool = false;

    /// What it says.
    fn command_options(&self) -> CommandOptions {
        CommandOptions::default()
    }
}

impl HasCommandOptions for body::NoBody {}

impl Field for Reason {
    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        let Value::String(text) = value else {
            reader.report("string_type", "Input should be a valid string", value);
            return None;
        };
        Self::parse(text)
            .map_err(|error| reader.report_value_error(&error.to_string(), value))
            .ok()
    }
}

/// A command of an operator: its circumstances and its body.
#[derive(Debug)]
pub(crate) struct OperatorCommand<T> {
    pub(crate) context: RequestContext,
    pub(crate) body: T,
}

impl<T: RequestBody + HasCommandOptions> FromRequest<AppState> for OperatorCommand<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        let mut context = request_context(&parts, state);
        let body = read(&parts, body, &mut context).await;
        audit::record_context(&parts, &context);
        Ok(Self {
            context,
            body: body?,
        })
    }
}

/// The body; `context` learns what is said of it, as far as it can be read.
async fn read<T: RequestBody + HasCommandOptions>(
    parts: &Parts,
    body: Body,
    context: &mut RequestContext,
) -> Result<T, Problem> {
    context.reason = reason(parts)?;
    let query_dry_run = dry_run(parts)?;
    context.dry_run = query_dry_run.unwrap_or(T::DRY_RUN_BY_DEFAULT);
    let header = idempotency_key(parts)?;
    let bytes = body::read_body::<T>(body).await?;
    let mut reader = FieldReader::at("body");
    let options = options_in_body(&bytes, header, &mut reader);
    let effective_dry_run = |known: Option<bool>| {
        let asked = [query_dry_run, options.dry_run, known]
            .into_iter()
            .flatten();
        asked
            .reduce(|one, other| one || other)
            .unwrap_or(T::DRY_RUN_BY_DEFAULT)
    };
    context.dry_run = effective_dry_run(None);
    context.reason = options.reason.or(context.reason.take());
    let body = T::from_bytes(&parts.headers, &bytes)?;
    let problems = reader.into_problems();
    if !problems.is_empty() {
        return Err(Problem::unprocessable(problems));
    }
    let known = body.command_options();
    context.dry_run = effective_dry_run(known.dry_run);
    context.reason = known.reason.or(context.reason.take());
    if let Some(key) = options.idempotency_key.or(known.idempotency_key) {
        if !is_valid_idempotency_key(&key) {
            return Err(Refusal::IdempotencyKeyInvalid.into());
        }
        let fingerprint = fingerprint(parts, &bytes);
        context.idempotency = Some(IdempotencyKey { key, fingerprint });
    }
    Ok(body)
}

/// What is said at the top of a body, or in its `options`, whichever of the two its endpoint
/// documents: a rehearsal that was asked for in the other place must not become the real thing.
fn options_in_body(
    bytes: &[u8],
    header: Option<String>,
    reader: &mut FieldReader,
) -> CommandOptions {
    let mut options = CommandOptions {
        idempotency_key: header,
        ..CommandOptions::default()
    };
    let contains = |name: &[u8]| bytes.windows(name.len()).any(|window| window == name);
    let names: [&[u8]; 4] = [
        b"\"dry_run\"",
        b"\"idempotency_key\"",
        b"\"reason\"",
        b"\\u",
    ];
    if !names.into_iter().any(contains) {
        return options;
    }
    let body: Value = serde_json::from_slice(bytes).unwrap_or_default();
    options.merge_from(&body, reader);
    reader.nested("options", |reader| {
        options.merge_from(&body["options"], reader);
        Some(())
    });
    options
}

impl CommandOptions {
    /// Adds what one place says. All places may name a key, if it is the same.
    fn merge_from(&mut self, object: &Value, reader: &mut FieldReader) {
        let Value::Object(object) = object else {
            return;
        };
        if let Some(Some(dry_run)) = reader.field::<Option<bool>>(object, "dry_run") {
            self.dry_run = Some(dry_run || self.dry_run.unwrap_or(false));
        }
        if let Some(Some(key)) = reader.field::<Option<String>>(object, "idempotency_key") {
            match &self.idempotency_key {
                Some(known) if *known != key => {
                    let problem = "is another one than the request names elsewhere";
                    reader.nested("idempotency_key", |reader| {
                        reader.report_value_error(problem, &key.into());
                        None::<()>
                    });
                }
                _ => self.idempotency_key = Some(key),
            }
        }
        // What is none is complained of where an endpoint has a place for one.
        if let Some(Value::String(text)) = object.get("reason")
            && let Ok(reason) = Reason::parse(text)
        {
            self.reason.get_or_insert(reason);
        }
    }
}

/// An operator's question.
#[derive(Debug)]
pub(crate) struct OperatorReadContext(pub(crate) RequestContext);

impl FromRequestParts<AppState> for OperatorReadContext {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &AppState) -> Result<Self, Problem> {
        let reason = reason(parts)?;
        Ok(Self(RequestContext {
            reason,
            ..request_context(parts, state)
        }))
    }
}

/// `?reason=`, for requests whose body has no place for it.
fn reason(parts: &Parts) -> Result<Option<Reason>, Problem> {
    let given = query_pairs(&parts.uri).find(|(key, _)| key == "reason");
    let Some((_, text)) = given.filter(|(_, text)| !text.is_empty()) else {
        return Ok(None);
    };
    let mut reader = FieldReader::at("query");
    let reason = reader.nested("reason", |reader| {
        Reason::read(&Value::from(&*text), reader)
    });
    match reason {
        Some(reason) => Ok(Some(reason)),
        None => Err(Problem::unprocessable(reader.into_problems())),
    }
}

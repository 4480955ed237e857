//! Options of an operator's command: dry run, idempotency key and reason. They are read from the
//! query, the headers and the body.

use std::marker::PhantomData;

use axum::body::Body;
use axum::extract::{FromRequest, FromRequestParts, Request};
use bytes::Bytes;
use freehold_app::{IdempotencyKey, Operator, RequestContext};
use freehold_domain::{Reason, Refusal};
use http::request::Parts;
use serde_json::Value;

use super::audit;
use super::operator::{AuthorizedOperator, RequiredScope};
use crate::error::Problem;
use crate::extract::PathParams;
use crate::extract::body;
use crate::extract::body::{Field, FieldReader, NoBody, RequestBody};
use crate::extract::command::{
    dry_run, fingerprint, idempotency_key, is_valid_idempotency_key, request_context,
};
use crate::extract::query::query_pairs;
use crate::state::AppState;

/// The command options in a body.
#[derive(Clone, Debug, Default)]
pub(crate) struct CommandOptions {
    /// Whether the command is rolled back.
    pub(crate) dry_run: Option<bool>,
    /// The idempotency key, not yet validated.
    pub(crate) idempotency_key: Option<String>,
    /// The reason, for the audit log.
    pub(crate) reason: Option<Reason>,
}

/// A body that may contain command options.
pub(crate) trait HasCommandOptions {
    /// Whether a request without `dry_run` is a dry run.
    const DRY_RUN_BY_DEFAULT: bool = false;

    /// Returns the options in this body.
    fn command_options(&self) -> CommandOptions {
        CommandOptions::default()
    }
}

impl HasCommandOptions for NoBody {}

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

/// Extracts an operator's command: its context and its body.
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

/// Extracts an operator's command without a body: the operator, the context and the `N` path
/// parameters. `S` is the required scope.
#[derive(Debug)]
pub(crate) struct OperatorPathCommand<S, const N: usize> {
    pub(crate) operator: Operator,
    pub(crate) context: RequestContext,
    pub(crate) path: [String; N],
    scope: PhantomData<S>,
}

impl<S: RequiredScope, const N: usize> FromRequest<AppState> for OperatorPathCommand<S, N> {
    type Rejection = Problem;

    async fn from_request(request: Request, state: &AppState) -> Result<Self, Problem> {
        let (mut parts, body) = request.into_parts();
        let AuthorizedOperator { operator, .. } =
            AuthorizedOperator::<S>::from_request_parts(&mut parts, state).await?;
        let PathParams(path) = PathParams::from_request_parts(&mut parts, state).await?;
        let request = Request::from_parts(parts, body);
        let OperatorCommand {
            context,
            body: NoBody,
        } = OperatorCommand::from_request(request, state).await?;
        Ok(Self {
            operator,
            context,
            path,
            scope: PhantomData,
        })
    }
}

/// Returns the body, and stores the command options in `context`. If the body is invalid, `context`
/// has the options that could be read before, so that the refusal is recorded with them.
async fn read<T: RequestBody + HasCommandOptions>(
    parts: &Parts,
    body: Body,
    context: &mut RequestContext,
) -> Result<T, Problem> {
    let raw = RawCommand::read(
        parts,
        body,
        T::MAX_BODY_BYTES,
        T::DRY_RUN_BY_DEFAULT,
        context,
    )
    .await?;
    let body = T::from_bytes(&parts.headers, &raw.bytes)?;
    raw.add_options(body.command_options(), parts, context)?;
    Ok(body)
}

/// A command whose body is not parsed yet.
struct RawCommand {
    bytes: Bytes,
    /// `dry_run` of the query or of the body.
    dry_run: Option<bool>,
    idempotency_key: Option<String>,
    /// Reports errors in the options.
    reader: FieldReader,
}

impl RawCommand {
    /// Reads the body and the options in the query, the headers and the body.
    async fn read(
        parts: &Parts,
        body: Body,
        limit: usize,
        dry_run_by_default: bool,
        context: &mut RequestContext,
    ) -> Result<Self, Problem> {
        // Until they are read, the request is no dry run: refusals of dry runs are
        // not audited.
        context.reason = reason(parts)?;
        let query_dry_run = dry_run(parts)?;
        context.dry_run = query_dry_run.unwrap_or(dry_run_by_default);
        let header_key = idempotency_key(parts)?;
        let bytes = body::read_body(body, limit).await?;
        let mut reader = FieldReader::at("body");
        let options = options_in_body(&bytes, header_key, &mut reader);
        let dry_run = either(query_dry_run, options.dry_run);
        context.dry_run = dry_run.unwrap_or(context.dry_run);
        context.reason = options.reason.or(context.reason.take());
        Ok(Self {
            bytes,
            dry_run,
            idempotency_key: options.idempotency_key,
            reader,
        })
    }

    /// Adds the options that the parsed body has.
    fn add_options(
        self,
        parsed: CommandOptions,
        parts: &Parts,
        context: &mut RequestContext,
    ) -> Result<(), Problem> {
        let problems = self.reader.into_problems();
        if !problems.is_empty() {
            return Err(Problem::unprocessable(problems));
        }
        context.dry_run = either(self.dry_run, parsed.dry_run).unwrap_or(context.dry_run);
        context.reason = parsed.reason.or(context.reason.take());
        if let Some(key) = self.idempotency_key.or(parsed.idempotency_key) {
            if !is_valid_idempotency_key(&key) {
                return Err(Refusal::IdempotencyKeyInvalid.into());
            }
            let fingerprint = fingerprint(parts, &self.bytes);
            context.idempotency = Some(IdempotencyKey { key, fingerprint });
        }
        Ok(())
    }
}

/// Combines `dry_run` of two parts of a request: either requests a dry run.
fn either(one: Option<bool>, other: Option<bool>) -> Option<bool> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one || other),
        (one, other) => one.or(other),
    }
}

/// Returns the options at the top level of a body and in its `options`. Both are read at every
/// endpoint, so that a dry run that was requested in the wrong one of the two is still a dry run.
fn options_in_body(
    bytes: &[u8],
    header_key: Option<String>,
    reader: &mut FieldReader,
) -> CommandOptions {
    let mut options = CommandOptions {
        idempotency_key: header_key,
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
    /// Adds the options in `object`. An idempotency key has to be the same everywhere. A dry run
    /// that is requested anywhere counts.
    fn merge_from(&mut self, object: &Value, reader: &mut FieldReader) {
        let Value::Object(object) = object else {
            return;
        };
        if let Some(Some(dry_run)) = reader.field::<Option<bool>>(object, "dry_run") {
            self.dry_run = Some(dry_run || self.dry_run.unwrap_or(false));
        }
        if let Some(Some(key)) = reader.field::<Option<String>>(object, "idempotency_key") {
            match &self.idempotency_key {
                Some(other_key) if *other_key != key => {
                    let problem = "differs from the idempotency key elsewhere in the request";
                    reader.nested("idempotency_key", |reader| {
                        reader.report_value_error(problem, &key.into());
                        None::<()>
                    });
                }
                _ => self.idempotency_key = Some(key),
            }
        }
        // An invalid reason is reported by the body's own reader, if the body declares the field.
        if let Some(Value::String(text)) = object.get("reason")
            && let Ok(reason) = Reason::parse(text)
        {
            self.reason.get_or_insert(reason);
        }
    }
}

/// Extracts the context of an operator's read.
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

/// Returns `?reason=`, for requests without a body that contains one.
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

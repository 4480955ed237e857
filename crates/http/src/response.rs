//! Responses to commands, with headers that mark dry runs and replayed responses; and to reads.

use axum::response::{IntoResponse, Response};
use freehold_app::{CommandOutput, Fault};
use http::{HeaderName, HeaderValue, StatusCode, header};
use secrecy::{ExposeSecret as _, SecretString};
use serde::{Serialize, Serializer};
use serde_json::{Value, json};

use crate::error::Problem;

static IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
static X_DRY_RUN: HeaderName = HeaderName::from_static("x-dry-run");

/// The headers of commands that a page on another origin must be able to read.
pub(crate) fn exposed_response_headers() -> [HeaderName; 2] {
    [IDEMPOTENCY_REPLAYED.clone(), X_DRY_RUN.clone()]
}

/// A secret in a response. It is serialized, but its `Debug` output does not contain it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SecretView<'a>(pub(crate) &'a SecretString);

impl Serialize for SecretView<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0.expose_secret())
    }
}

/// Returns the response to a command, with the body `view`. A dry run adds `would_change`.
pub(crate) fn command_response<'a, T, V: Serialize>(
    status: StatusCode,
    output: &'a CommandOutput<T>,
    view: impl FnOnce(&'a T) -> V,
) -> Result<Response, Problem> {
    let CommandOutput {
        answer,
        replayed,
        dry_run_events,
    } = output;
    let body = view(answer);
    let mut json = to_json(&body)?;
    if let Some(changes) = dry_run_events {
        json = add_would_change(&json, changes)?;
    }
    Ok(with_command_headers(
        json_response(status, json),
        dry_run_events.is_some(),
        *replayed,
    ))
}

/// As [`command_response`], for operators. A dry run has the same body as the real command, so that
/// operators can compare them; only a header marks it.
pub(crate) fn operator_command_response<'a, T, V: Serialize>(
    status: StatusCode,
    output: &'a CommandOutput<T>,
    view: impl FnOnce(&'a T) -> V,
) -> Result<Response, Problem> {
    let json = to_json(&view(&output.answer))?;
    Ok(with_command_headers(
        json_response(status, json),
        output.dry_run_events.is_some(),
        output.replayed,
    ))
}

/// As [`operator_command_response`], with status 204 and no body.
pub(crate) fn no_content_response<T>(output: &CommandOutput<T>) -> Response {
    let response = StatusCode::NO_CONTENT.into_response();
    with_command_headers(response, output.dry_run_events.is_some(), output.replayed)
}

fn with_command_headers(mut response: Response, dry_run: bool, replayed: bool) -> Response {
    let header_true = HeaderValue::from_static("true");
    if dry_run {
        response
            .headers_mut()
            .insert(X_DRY_RUN.clone(), header_true.clone());
    }
    if replayed {
        response
            .headers_mut()
            .insert(IDEMPOTENCY_REPLAYED.clone(), header_true);
    }
    response
}

/// Returns the response to a read.
pub(crate) fn ok_json<V: Serialize>(body: &V) -> Result<Response, Problem> {
    Ok(json_response(StatusCode::OK, to_json(body)?))
}

fn to_json<V: Serialize>(body: &V) -> Result<Vec<u8>, Problem> {
    serde_json::to_vec(body).map_err(serialization_fault)
}

fn json_response(status: StatusCode, json: Vec<u8>) -> Response {
    let content_type = HeaderValue::from_static("application/json");
    (status, [(header::CONTENT_TYPE, content_type)], json).into_response()
}

/// Adds the events of a dry run to a body, if it is an object.
fn add_would_change(json: &[u8], changes: &[String]) -> Result<Vec<u8>, Problem> {
    let mut body: Value = serde_json::from_slice(json).map_err(serialization_fault)?;
    if let Value::Object(object) = &mut body {
        object.insert("would_change".into(), json!(changes));
    }
    to_json(&body)
}

#[expect(clippy::needless_pass_by_value, reason = "map_err passes it by value")]
fn serialization_fault(error: serde_json::Error) -> Problem {
    Fault::Internal(format!("a response could not be written as JSON: {error}")).into()
}

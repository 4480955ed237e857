//! The answer to a command, which says of itself whether it is a rehearsal or was given before; and
//! to a read.

use axum::response::{IntoResponse, Response};
use freehold_app::{CommandOutput, Fault};
use http::{HeaderName, HeaderValue, StatusCode, header};
use serde::Serialize;
use serde_json::{Value, json};

use crate::error::Problem;

static IDEMPOTENCY_REPLAYED: HeaderName = HeaderName::from_static("idempotency-replayed");
static X_DRY_RUN: HeaderName = HeaderName::from_static("x-dry-run");

/// The headers of commands that a page on another origin must be able to read.
pub(crate) fn readable_headers() -> [HeaderName; 2] {
    [IDEMPOTENCY_REPLAYED.clone(), X_DRY_RUN.clone()]
}

/// Answers a command: `view` shows what it did. A rehearsal adds what would have changed.
pub(crate) fn done<'a, T, V: Serialize>(
    status: StatusCode,
    done: &'a CommandOutput<T>,
    view: impl FnOnce(&'a T) -> V,
) -> Result<Response, Problem> {
    let CommandOutput {
        answer,
        replayed,
        rehearsal,
    } = done;
    let shown = view(answer);
    let response = match rehearsal {
        None => json_response(status, &shown)?,
        Some(changes) => {
            let mut value = serde_json::to_value(&shown).map_err(unshowable)?;
            if let Value::Object(object) = &mut value {
                object.insert("would_change".into(), json!(changes));
            }
            json_response(status, &value)?
        }
    };
    Ok(marked(response, rehearsal.is_some(), *replayed))
}

/// As [`done`] for operators, who compare the answer of a rehearsal with the real one: it is the
/// same to the letter, and only the header tells them apart.
pub(crate) fn done_alike<'a, T, V: Serialize>(
    status: StatusCode,
    done: &'a CommandOutput<T>,
    view: impl FnOnce(&'a T) -> V,
) -> Result<Response, Problem> {
    let response = json_response(status, &view(&done.answer))?;
    Ok(marked(response, done.rehearsal.is_some(), done.replayed))
}

/// As [`done_alike`], where there is nothing to say: 204.
pub(crate) fn done_silently<T>(done: &CommandOutput<T>) -> Response {
    let response = StatusCode::NO_CONTENT.into_response();
    marked(response, done.rehearsal.is_some(), done.replayed)
}

fn marked(mut response: Response, rehearsed: bool, replayed: bool) -> Response {
    let yes = HeaderValue::from_static("true");
    if rehearsed {
        response
            .headers_mut()
            .insert(X_DRY_RUN.clone(), yes.clone());
    }
    if replayed {
        response
            .headers_mut()
            .insert(IDEMPOTENCY_REPLAYED.clone(), yes);
    }
    response
}

/// Shows the result of a read.
pub(crate) fn show<V: Serialize>(shown: &V) -> Result<Response, Problem> {
    json_response(StatusCode::OK, shown)
}

fn json_response<V: Serialize>(status: StatusCode, shown: &V) -> Result<Response, Problem> {
    let text = serde_json::to_vec(shown).map_err(unshowable)?;
    let json = HeaderValue::from_static("application/json");
    Ok((status, [(header::CONTENT_TYPE, json)], text).into_response())
}

#[expect(clippy::needless_pass_by_value, reason = "map_err hands it over")]
fn unshowable(error: serde_json::Error) -> Problem {
    Fault::Internal(format!("an answer could not be written as JSON: {error}")).into()
}

//! The variable parts of a path, as text. Whether a text is an id is each endpoint's own question:
//! the contract answers a bad one with 400, 403, 404 or 422, depending on where it stands.

use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;
use serde_json::Value;
use uuid::Uuid;

use crate::error::Problem;
use crate::extract::body::{Field, FieldReader};

/// The `N` variable parts of the matched path, in order.
///
/// A part that is not UTF-8 arrives as a text that names nothing, so that it meets the same answer
/// as any other unknown name.
#[derive(Debug)]
pub(crate) struct PathParams<const N: usize>(pub(crate) [String; N]);

impl<S: Send + Sync, const N: usize> FromRequestParts<S> for PathParams<N> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let mut values = [const { String::new() }; N];
        match RawPathParams::from_request_parts(parts, state).await {
            Ok(given) => {
                for (slot, (_, text)) in values.iter_mut().zip(&given) {
                    text.clone_into(slot);
                }
            }
            Err(_) => values.fill(char::REPLACEMENT_CHARACTER.to_string()),
        }
        Ok(Self(values))
    }
}

/// The id that `text` is, or the 422 that names `parameter`.
pub(crate) fn parse_uuid(parameter: &'static str, text: &str) -> Result<Uuid, Problem> {
    let mut reader = FieldReader::at("path");
    let values = reader.nested(parameter, |reader| Uuid::read(&Value::from(text), reader));
    values.ok_or_else(|| Problem::unprocessable(reader.into_problems()))
}

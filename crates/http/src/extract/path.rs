//! The parameters of a path, as text. Each endpoint parses its ids itself: the reference API
//! answers a malformed one with 400, 403, 404 or 422, depending on the endpoint
//! (`docs/COMPATIBILITY.md#KD-56`).

use axum::extract::{FromRequestParts, RawPathParams};
use http::request::Parts;
use serde_json::Value;
use uuid::Uuid;

use crate::error::Problem;
use crate::extract::body::{Field, FieldReader};

/// The `N` parameters of the matched path, in order.
///
/// If one of them is not UTF-8, all become a replacement character, which no object is named. So
/// the response is that of any unknown id.
#[derive(Debug)]
pub(crate) struct PathParams<const N: usize>(pub(crate) [String; N]);

impl<S: Send + Sync, const N: usize> FromRequestParts<S> for PathParams<N> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let mut values = [const { String::new() }; N];
        match RawPathParams::from_request_parts(parts, state).await {
            Ok(params) => {
                for (slot, (_, text)) in values.iter_mut().zip(&params) {
                    text.clone_into(slot);
                }
            }
            Err(_) => values.fill(char::REPLACEMENT_CHARACTER.to_string()),
        }
        Ok(Self(values))
    }
}

/// Parses `text`, the value of `parameter`. The error is a 422 that names the parameter.
pub(crate) fn parse_uuid(parameter: &'static str, text: &str) -> Result<Uuid, Problem> {
    let mut reader = FieldReader::at("path");
    let values = reader.nested(parameter, |reader| Uuid::read(&Value::from(text), reader));
    values.ok_or_else(|| Problem::unprocessable(reader.into_problems()))
}

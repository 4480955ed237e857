//! The parameters of a query. They are read like the members of a body: one response reports all
//! mistakes. Not here: the scope that a query names, which belongs to the caller
//! ([`super::caller`]).

use axum::extract::FromRequestParts;
use http::Uri;
use http::request::Parts;
use serde_json::{Map, Value};
use url::form_urlencoded;

use crate::error::Problem;
use crate::extract::body::{Field, FieldReader};

/// Returns the decoded pairs of the query.
pub(crate) fn query_pairs(uri: &Uri) -> form_urlencoded::Parse<'_> {
    form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
}

/// The query as a `T`. If a parameter is repeated, the last value is used. Unknown parameters are
/// ignored.
#[derive(Debug)]
pub(crate) struct QueryParams<T>(pub(crate) T);

impl<S: Send + Sync, T: Field> FromRequestParts<S> for QueryParams<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let given: Map<String, Value> = query_pairs(&parts.uri)
            .map(|(name, value)| (name.into_owned(), Value::from(value.into_owned())))
            .collect();
        let mut reader = FieldReader::at("query");
        match T::read(&Value::Object(given), &mut reader) {
            Some(read) => Ok(Self(read)),
            None => Err(Problem::unprocessable(reader.into_problems())),
        }
    }
}

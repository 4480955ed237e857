//! The parameters of a query, read as the members of a body are: with everything that is wrong told
//! at once. Not here: the scope that a query names, which is part of who is asking ([`super::caller`]).

use axum::extract::FromRequestParts;
use http::Uri;
use http::request::Parts;
use serde_json::{Map, Value};
use url::form_urlencoded;

use crate::error::Problem;
use crate::extract::body::{Field, FieldReader};

/// The pairs of the query, decoded.
pub(crate) fn query_pairs(uri: &Uri) -> form_urlencoded::Parse<'_> {
    form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes())
}

/// The query as a `T`. Of a parameter that is given twice the last one counts; one that nobody asked
/// for is passed over.
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

//! Lists that come in pages: what is asked for, `limit`, an opaque `cursor`, and a `Link` to the
//! next page. Which filters a list has is said where it is declared.

use axum::extract::FromRequestParts;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use http::request::Parts;
use http::{HeaderValue, header};
use serde::Serialize;
use serde_json::{Map, Value};
use url::form_urlencoded;
use uuid::Uuid;

use crate::error::Problem;
use crate::extract::body::{Field, FieldReader};
use crate::extract::query::query_pairs;
use crate::response::ok_json;

/// How many on a page when nothing is said.
const DEFAULT_LIMIT: i64 = 50;

/// How many at the most.
const MAX_LIMIT: i64 = 200;

/// A part of a list, as the query asks for it: with the filters `F`, behind the mark `M`.
#[derive(Debug)]
pub(crate) struct PageRequest<F, M> {
    pub(crate) filter: F,
    pub(crate) limit: i64,
    pub(crate) after: Option<M>,
    /// What was asked for, for the link to the next page.
    query_params: Vec<(String, String)>,
}

/// Behind what a page begins, as a cursor holds it.
pub(crate) trait CursorKey: Sized {
    fn from_bytes(bytes: Vec<u8>) -> Option<Self>;
    fn bytes(&self) -> &[u8];
}

impl CursorKey for Uuid {
    fn from_bytes(bytes: Vec<u8>) -> Option<Self> {
        Self::from_slice(&bytes).ok()
    }

    fn bytes(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl CursorKey for String {
    fn from_bytes(bytes: Vec<u8>) -> Option<Self> {
        let text = Self::from_utf8(bytes).ok()?;
        // No text that is kept has any, and one engine cannot even compare with them.
        (!text.chars().any(char::is_control)).then_some(text)
    }

    fn bytes(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl<S: Send + Sync, F: Field, M: CursorKey> FromRequestParts<S> for PageRequest<F, M> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let pairs: Vec<(String, String)> = query_pairs(&parts.uri)
            .filter(|(_, value)| !value.is_empty())
            .map(|(key, value)| (key.into_owned(), value.into_owned()))
            .collect();
        let params = pairs.iter().cloned();
        let params: Map<String, Value> = params.map(|(key, value)| (key, value.into())).collect();
        let mut reader = FieldReader::at("query");
        let limit: Option<Option<LimitField>> = reader.field(&params, "limit");
        let cursor: Option<Option<CursorField<M>>> = reader.field(&params, "cursor");
        // Whoever misspells a filter and goes on with what is found would go on with everybody.
        if parts.uri.path().starts_with("/admin/") {
            for (name, value) in &params {
                let known = F::FIELD_NAMES.iter().chain(&["limit", "cursor", "reason"]);
                if !known.into_iter().any(|known| known == name) {
                    reader.nested(name.as_str(), |reader| {
                        reader.report_value_error("there is no such filter", value);
                        None::<()>
                    });
                }
            }
        }
        let filter = F::read(&Value::Object(params), &mut reader);
        let problems = reader.into_problems();
        match (filter, limit, cursor) {
            (Some(filter), Some(limit), Some(cursor)) if problems.is_empty() => Ok(Self {
                filter,
                limit: limit.map_or(DEFAULT_LIMIT, |LimitField(limit)| limit),
                after: cursor.map(|CursorField(key)| key),
                query_params: pairs
                    .into_iter()
                    .filter(|(key, _)| key != "limit" && key != "cursor")
                    .collect(),
            }),
            _ => Err(Problem::unprocessable(problems)),
        }
    }
}

impl<F, M: CursorKey> PageRequest<F, M> {
    /// A page, with a link to the one that begins behind `next`.
    pub(crate) fn response<V: Serialize>(
        &self,
        next: Option<M>,
        view: impl FnOnce(Option<String>) -> V,
    ) -> Result<Response, Problem> {
        let cursor = next.map(|key| URL_SAFE_NO_PAD.encode(key.bytes()));
        let link = cursor.as_ref().map(|cursor| {
            let query = form_urlencoded::Serializer::new(String::new())
                .extend_pairs(&self.query_params)
                .append_pair("limit", &self.limit.to_string())
                .append_pair("cursor", cursor)
                .finish();
            // Relative: whoever stands in front of us may have changed the path.
            format!("<?{query}>; rel=\"next\"")
        });
        let mut response = ok_json(&view(cursor))?;
        if let Some(link) = link.and_then(|link| HeaderValue::try_from(link).ok()) {
            response.headers_mut().insert(header::LINK, link);
        }
        Ok(response)
    }
}

#[derive(Debug)]
struct LimitField(i64);

impl Field for LimitField {
    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        let limit = value.as_str().and_then(|text| text.parse().ok());
        let limit = limit.filter(|limit| (1..=MAX_LIMIT).contains(limit));
        if limit.is_none() {
            reader.report_value_error(&format!("a page has 1 to {MAX_LIMIT} items"), value);
        }
        limit.map(Self)
    }
}

#[derive(Debug)]
struct CursorField<M>(M);

impl<M: CursorKey> Field for CursorField<M> {
    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        let bytes = value
            .as_str()
            .and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
        let key = bytes.and_then(M::from_bytes);
        if key.is_none() {
            reader.report_value_error("not the `next` of a page", value);
        }
        key.map(Self)
    }
}

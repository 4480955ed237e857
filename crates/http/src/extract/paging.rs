//! Paged lists: filters, `limit`, an opaque `cursor`, and a `Link` to the next page. The filters
//! of a list are declared beside its handler.

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

/// Items on a page by default.
const DEFAULT_LIMIT: i64 = 50;

/// The most items on a page.
const MAX_LIMIT: i64 = 200;

/// The query of a paged list: the filters `F`, and the key `M` after which the page begins.
#[derive(Debug)]
pub(crate) struct PageRequest<F, M> {
    pub(crate) filter: F,
    pub(crate) limit: i64,
    pub(crate) after: Option<M>,
    /// The other parameters of the query, for the link to the next page.
    query_params: Vec<(String, String)>,
}

/// The key of the last item of a page. A cursor is its base64.
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
        // Stored texts have no control characters, and PostgreSQL cannot compare with U+0000.
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
        // An operator who misspells a filter and acts on the list would act on all rows.
        if parts.uri.path().starts_with("/admin/") {
            for (name, value) in &params {
                let mut known = F::FIELD_NAMES.iter().chain(&["limit", "cursor", "reason"]);
                if !known.any(|known| known == name) {
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
    /// Returns the response with a page, and a link to the page that begins after `next`.
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
            // Relative, because a proxy may have changed the path.
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
            reader.report_value_error("should be the `next` of a page", value);
        }
        key.map(Self)
    }
}

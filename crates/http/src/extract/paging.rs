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
use crate::extract::body::{Field, Reader};
use crate::extract::query::query;
use crate::response::show;

/// How many on a page when nothing is said.
const USUAL: i64 = 50;

/// How many at the most.
const MOST: i64 = 200;

/// A part of a list, as the query asks for it: with the filters `F`, behind the mark `M`.
#[derive(Debug)]
pub(crate) struct Paged<F, M> {
    pub(crate) filter: F,
    pub(crate) limit: i64,
    pub(crate) after: Option<M>,
    /// What was asked for, for the link to the next page.
    asked: Vec<(String, String)>,
}

/// Behind what a page begins, as a cursor holds it.
pub(crate) trait Mark: Sized {
    fn from_bytes(bytes: Vec<u8>) -> Option<Self>;
    fn bytes(&self) -> &[u8];
}

impl Mark for Uuid {
    fn from_bytes(bytes: Vec<u8>) -> Option<Self> {
        Self::from_slice(&bytes).ok()
    }

    fn bytes(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl Mark for String {
    fn from_bytes(bytes: Vec<u8>) -> Option<Self> {
        let text = Self::from_utf8(bytes).ok()?;
        // No text that is kept has any, and one engine cannot even compare with them.
        (!text.chars().any(char::is_control)).then_some(text)
    }

    fn bytes(&self) -> &[u8] {
        self.as_bytes()
    }
}

impl<S: Send + Sync, F: Field, M: Mark> FromRequestParts<S> for Paged<F, M> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let given: Vec<(String, String)> = query(&parts.uri)
            .filter(|(_, value)| !value.is_empty())
            .map(|(key, value)| (key.into_owned(), value.into_owned()))
            .collect();
        let members = given.iter().cloned();
        let members: Map<String, Value> = members.map(|(key, value)| (key, value.into())).collect();
        let mut reader = Reader::at("query");
        let limit: Option<Option<Limit>> = reader.member(&members, "limit");
        let cursor: Option<Option<Cursor<M>>> = reader.member(&members, "cursor");
        // Whoever misspells a filter and goes on with what is found would go on with everybody.
        if parts.uri.path().starts_with("/admin/") {
            for (name, value) in &members {
                let known = F::NAMES.iter().chain(&["limit", "cursor", "reason"]);
                if !known.into_iter().any(|known| known == name) {
                    reader.inside(name.as_str(), |reader| {
                        reader.refuse("there is no such filter", value);
                        None::<()>
                    });
                }
            }
        }
        let filter = F::read(&Value::Object(members), &mut reader);
        let problems = reader.into_problems();
        match (filter, limit, cursor) {
            (Some(filter), Some(limit), Some(cursor)) if problems.is_empty() => Ok(Self {
                filter,
                limit: limit.map_or(USUAL, |Limit(limit)| limit),
                after: cursor.map(|Cursor(mark)| mark),
                asked: given
                    .into_iter()
                    .filter(|(key, _)| key != "limit" && key != "cursor")
                    .collect(),
            }),
            _ => Err(Problem::unprocessable(problems)),
        }
    }
}

impl<F, M: Mark> Paged<F, M> {
    /// A page, with a link to the one that begins behind `next`.
    pub(crate) fn show<V: Serialize>(
        &self,
        next: Option<M>,
        view: impl FnOnce(Option<String>) -> V,
    ) -> Result<Response, Problem> {
        let cursor = next.map(|mark| URL_SAFE_NO_PAD.encode(mark.bytes()));
        let link = cursor.as_ref().map(|cursor| {
            let query = form_urlencoded::Serializer::new(String::new())
                .extend_pairs(&self.asked)
                .append_pair("limit", &self.limit.to_string())
                .append_pair("cursor", cursor)
                .finish();
            // Relative: whoever stands in front of us may have changed the path.
            format!("<?{query}>; rel=\"next\"")
        });
        let mut response = show(&view(cursor))?;
        if let Some(link) = link.and_then(|link| HeaderValue::try_from(link).ok()) {
            response.headers_mut().insert(header::LINK, link);
        }
        Ok(response)
    }
}

#[derive(Debug)]
struct Limit(i64);

impl Field for Limit {
    fn read(value: &Value, reader: &mut Reader) -> Option<Self> {
        let limit = value.as_str().and_then(|text| text.parse().ok());
        let limit = limit.filter(|limit| (1..=MOST).contains(limit));
        if limit.is_none() {
            reader.refuse(&format!("a page has 1 to {MOST} items"), value);
        }
        limit.map(Self)
    }
}

#[derive(Debug)]
struct Cursor<M>(M);

impl<M: Mark> Field for Cursor<M> {
    fn read(value: &Value, reader: &mut Reader) -> Option<Self> {
        let bytes = value
            .as_str()
            .and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
        let mark = bytes.and_then(M::from_bytes);
        if mark.is_none() {
            reader.refuse("not the `next` of a page", value);
        }
        mark.map(Self)
    }
}

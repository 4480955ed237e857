//! What a list of invitations can be asked for, and how its pages hang together: `limit`, an opaque
//! `cursor`, and a `Link` to the next page.

use axum::extract::FromRequestParts;
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use freehold_app::InvitationQuery;
use freehold_domain::{Id, Invitation, InvitationStatus};
use http::request::Parts;
use http::{HeaderValue, header};
use serde::Serialize;
use serde_json::{Value, json};
use url::form_urlencoded;
use uuid::Uuid;

use crate::House;
use crate::body::{Field, Reader};
use crate::call::show;
use crate::caller::query;
use crate::problem::Problem;

/// How many on a page when nothing is said.
const USUAL: i64 = 50;

/// How many at the most.
const MOST: i64 = 200;

/// A part of a list, as the query asks for it.
#[derive(Debug)]
pub(super) struct Paging {
    status: Option<Status>,
    limit: Option<Limit>,
    cursor: Option<Cursor>,
}

impl FromRequestParts<House> for Paging {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &House) -> Result<Self, Problem> {
        let mut given = serde_json::Map::new();
        for (key, value) in query(&parts.uri).filter(|(_, value)| !value.is_empty()) {
            given.insert(key.into_owned(), value.into_owned().into());
        }
        let mut reader = Reader::at("query");
        let status = reader.member(&given, "status");
        let limit = reader.member(&given, "limit");
        let cursor = reader.member(&given, "cursor");
        match (status, limit, cursor) {
            (Some(status), Some(limit), Some(cursor)) => Ok(Self {
                status,
                limit,
                cursor,
            }),
            _ => Err(Problem::unprocessable(reader.into_problems())),
        }
    }
}

impl Paging {
    pub(super) fn query(&self) -> InvitationQuery {
        InvitationQuery {
            status: self.status.as_ref().map(|Status(status)| *status),
            after: self.cursor.as_ref().map(|Cursor(id)| *id),
            limit: Some(self.limit()),
        }
    }

    fn limit(&self) -> i64 {
        self.limit.as_ref().map_or(USUAL, |Limit(limit)| *limit)
    }

    /// A page, with a link to the one that begins after `next`.
    pub(super) fn show<V: Serialize>(
        &self,
        next: Option<Id<Invitation>>,
        view: impl FnOnce(Option<String>) -> V,
    ) -> Result<Response, Problem> {
        let cursor = next.map(|id| URL_SAFE_NO_PAD.encode(id.uuid().as_bytes()));
        let link = cursor.as_ref().map(|cursor| {
            let mut query = form_urlencoded::Serializer::new(String::new());
            if let Some(Status(status)) = &self.status {
                query.append_pair("status", status.as_str());
            }
            query.append_pair("limit", &self.limit().to_string());
            query.append_pair("cursor", cursor);
            // Relative: whoever stands in front of us may have changed the path.
            format!("<?{}>; rel=\"next\"", query.finish())
        });
        let mut response = show(&view(cursor))?;
        if let Some(link) = link.and_then(|link| HeaderValue::try_from(link).ok()) {
            response.headers_mut().insert(header::LINK, link);
        }
        Ok(response)
    }
}

#[derive(Debug)]
struct Status(InvitationStatus);

impl Field for Status {
    fn read(value: &Value, reader: &mut Reader) -> Option<Self> {
        let status = value.as_str().and_then(InvitationStatus::parse);
        if status.is_none() {
            let names = InvitationStatus::ALL.map(|it| format!("'{}'", it.as_str()));
            let expected = names.join(", ");
            reader.complain_because(
                "enum",
                &format!("Input should be one of {expected}"),
                value,
                &json!({"expected": expected}),
            );
        }
        status.map(Self)
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
struct Cursor(Id<Invitation>);

impl Field for Cursor {
    fn read(value: &Value, reader: &mut Reader) -> Option<Self> {
        let bytes = value
            .as_str()
            .and_then(|text| URL_SAFE_NO_PAD.decode(text).ok());
        let id = bytes.and_then(|bytes| Uuid::from_slice(&bytes).ok());
        if id.is_none() {
            reader.refuse("not the `next` of a page", value);
        }
        id.map(|id| Self(Id::new(id)))
    }
}

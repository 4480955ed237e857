//! Inviting many at once: the request in JSON or CSV, the handler, the view of what became of each
//! row. How a table is read is in [`super::bulk_csv`].

use axum::extract::{FromRequestParts, State};
use axum::response::Response;
use bytes::Bytes;
use freehold_app::{BulkInvitation, BulkRow, Caller, Delivery, RowOutcome, RowStatus};
use freehold_domain::{Id, Invitation, Refusal};
use http::request::Parts;
use http::{HeaderMap, StatusCode, header};
use serde::Serialize;
use serde_json::{Map, Value, json};
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::bulk_csv;
use crate::error::Problem;
use crate::extract::body::{BULK, Field, Reader, RequestBody, request_body};
use crate::extract::query::query;
use crate::extract::{Command, InPath};
use crate::response::done;
use crate::state::AppState;

/// How many can be invited at once.
pub(super) const MOST: usize = 1_000;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(invite_many))
}

request_body! {
    /// People to be invited, and what holds for those of whom nothing else is said.
    struct InviteMany {
        #[schema(value_type = Vec<InviteOne>, min_items = 1, max_items = 1000)]
        invitations: Rows,
        /// `viewer` if nothing is said.
        role: Option<String>,
        /// The organization's default workspace if nothing is said.
        workspace_id: Option<Uuid>,
        /// `email`, `link` or `none`; `email` where the server sends mail, else `link`.
        #[schema(value_type = Option<String>)]
        delivery: Option<Way>,
    }

    /// Somebody to be invited.
    struct InviteOne {
        #[schema(value_type = String)]
        email: Cell,
        #[schema(value_type = Option<String>)]
        role: Option<Cell>,
        #[schema(value_type = Option<String>)]
        workspace_id: Option<Cell>,
    }
}

/// A text of a row, whatever it is: a bad one is that row's affair alone.
#[derive(Debug)]
struct Cell(String);

impl Field for Cell {
    fn read(value: &Value, reader: &mut Reader) -> Option<Self> {
        if let Value::String(text) = value {
            return Some(Self(text.clone()));
        }
        reader.complain("string_type", "Input should be a valid string", value);
        None
    }
}

/// One row and at most [`MOST`].
#[derive(Debug)]
struct Rows(Vec<BulkRow>);

impl Field for Rows {
    fn read(value: &Value, reader: &mut Reader) -> Option<Self> {
        if let Value::Array(items) = value
            && let Some(problem) = miscounted(items.len())
        {
            let Miscounted { kind, text, bound } = problem;
            let (name, length) = bound;
            let context = json!({"field_type": "List", name: length, "actual_length": items.len()});
            reader.complain_because(kind, &text, &Value::Null, &context);
            return None;
        }
        let rows = Vec::<InviteOne>::read(value, reader)?;
        let text = |cell: Option<Cell>| cell.map(|Cell(text)| text);
        let rows = rows.into_iter().map(|row| BulkRow {
            email: row.email.0,
            role: text(row.role),
            workspace: text(row.workspace_id),
        });
        Some(Self(rows.collect()))
    }
}

/// What is wrong with a number of rows.
pub(super) struct Miscounted {
    kind: &'static str,
    text: String,
    bound: (&'static str, usize),
}

pub(super) fn miscounted(rows: usize) -> Option<Miscounted> {
    match rows {
        0 => Some(Miscounted {
            kind: "too_short",
            text: "List should have at least 1 item after validation, not 0".to_owned(),
            bound: ("min_length", 1),
        }),
        1..=MOST => None,
        _ => Some(Miscounted {
            kind: "too_long",
            text: format!("List should have at most {MOST} items after validation, not {rows}"),
            bound: ("max_length", MOST),
        }),
    }
}

#[derive(Debug)]
struct Way(Delivery);

impl Field for Way {
    fn read(value: &Value, reader: &mut Reader) -> Option<Self> {
        let way = match value.as_str() {
            Some("email") => Delivery::Email,
            Some("link") => Delivery::Link,
            Some("none") => Delivery::None,
            _ => {
                let expected = "'email', 'link' or 'none'";
                reader.complain_because(
                    "literal_error",
                    &format!("Input should be {expected}"),
                    value,
                    &json!({"expected": expected}),
                );
                return None;
            }
        };
        Some(Self(way))
    }
}

/// The body, in whichever form it came.
#[derive(Debug)]
enum Many {
    /// With its own defaults.
    Told(InviteMany),
    /// Only rows.
    Listed(Vec<BulkRow>),
}

impl RequestBody for Many {
    const SIZE: usize = BULK;

    fn from_bytes(headers: &HeaderMap, bytes: &Bytes) -> Result<Self, Problem> {
        if says_csv(headers) {
            return bulk_csv::read(bytes).map(Self::Listed);
        }
        Listing::from_bytes(headers, bytes).map(|Listing(many)| many)
    }
}

/// The body in JSON: a bare list will do.
struct Listing(Many);

impl Field for Listing {
    const SIZE: usize = BULK;

    fn read(value: &Value, reader: &mut Reader) -> Option<Self> {
        let many = match value {
            Value::Array(_) => Rows::read(value, reader).map(|Rows(rows)| Many::Listed(rows)),
            _ => InviteMany::read(value, reader).map(Many::Told),
        };
        many.map(Self)
    }
}

fn says_csv(headers: &HeaderMap) -> bool {
    let given = headers.get(header::CONTENT_TYPE);
    let given = given.and_then(|value| value.to_str().ok());
    let essence = given.and_then(|text| text.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case("text/csv"))
}

/// What the query says of rows that say nothing themselves: a table has no other place for it.
#[derive(Debug)]
struct Defaults {
    role: Option<String>,
    workspace_id: Option<Uuid>,
    delivery: Option<Way>,
}

impl FromRequestParts<AppState> for Defaults {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Problem> {
        let mut given = Map::new();
        for (key, value) in query(&parts.uri).filter(|(_, value)| !value.is_empty()) {
            given.insert(key.into_owned(), value.into_owned().into());
        }
        let mut reader = Reader::at("query");
        let role = reader.member(&given, "role");
        let workspace_id = reader.member(&given, "workspace_id");
        let delivery = reader.member(&given, "delivery");
        match (role, workspace_id, delivery) {
            (Some(role), Some(workspace_id), Some(delivery)) => Ok(Self {
                role,
                workspace_id,
                delivery,
            }),
            _ => Err(Problem::unprocessable(reader.into_problems())),
        }
    }
}

impl Many {
    /// What the body says comes before what the query says.
    fn with(self, defaults: Defaults) -> BulkInvitation {
        let (rows, told) = match self {
            Self::Listed(rows) => (rows, None),
            Self::Told(InviteMany {
                invitations: Rows(rows),
                role,
                workspace_id,
                delivery,
            }) => (rows, Some((role, workspace_id, delivery))),
        };
        let (role, workspace_id, delivery) = told.unwrap_or_default();
        let said_in = if delivery.is_some() { "body" } else { "query" };
        let delivery = delivery.or(defaults.delivery);
        BulkInvitation {
            rows,
            role: role.or(defaults.role),
            workspace: workspace_id.or(defaults.workspace_id).map(Id::new),
            delivery: delivery.map(|Way(delivery)| delivery),
            said_in,
        }
    }
}

/// What became of one row.
#[derive(Debug, Serialize, ToSchema)]
struct RowView<'a> {
    /// From 1, without the header of a table.
    row: usize,
    /// In its normal form, if it is an address.
    email: &'a str,
    /// `invited`, `already_member`, `already_invited`, `invalid_email`, `invalid_role`,
    /// `forbidden_role`, `yourself`, `duplicate`, `workspace_not_found` or `insufficient_role`.
    status: &'static str,
    /// The invitation.
    #[schema(value_type = Option<String>, format = "uuid")]
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Id<Invitation>>,
    /// The link to pass on, with `delivery` `link`.
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a str>,
    /// Why not, in a sentence.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
}

/// What became of all rows. In a rehearsal there are neither ids nor links.
#[derive(Debug, Serialize, ToSchema)]
struct OutcomesView<'a> {
    /// In the order of the request.
    invitations: Vec<RowView<'a>>,
    /// How many rows have each status.
    #[schema(value_type = Object)]
    counts: Map<String, Value>,
}

impl<'a> From<&'a Vec<RowOutcome>> for OutcomesView<'a> {
    fn from(outcomes: &'a Vec<RowOutcome>) -> Self {
        let rows = outcomes.iter().enumerate().map(|(index, outcome)| {
            let RowOutcome {
                email,
                status,
                id,
                url,
                detail,
            } = outcome;
            RowView {
                row: index + 1,
                email,
                status: status.as_str(),
                id: *id,
                url: url.as_deref(),
                detail: detail.as_deref(),
            }
        });
        let counts = RowStatus::ALL.map(|status| {
            let of_it = outcomes.iter().filter(|it| it.status == status);
            (status.as_str().to_owned(), Value::from(of_it.count()))
        });
        Self {
            invitations: rows.collect(),
            counts: counts.into_iter().collect(),
        }
    }
}

/// Invites up to 1,000 people at once, by a JSON list or a CSV table.
///
/// A table begins with a line that names its columns: `email`, and, if wanted, `role` and
/// `workspace_id`. Rows that cannot be invited are told why and stand in nobody's way.
#[utoipa::path(
    post, path = "/organizations/{organization_id}/invitations", tag = "Invitations",
    params(
        ("organization_id" = String, Path, description = "The organization's id"),
        ("role" = Option<String>, Query, description = "For rows that name none, unless the body says it"),
        ("workspace_id" = Option<String>, Query, description = "For rows that name none, unless the body says it"),
        ("delivery" = Option<String>, Query, description = "`email`, `link` or `none`, unless the body says it"),
    ),
    request_body(content((InviteMany = "application/json"), (String = "text/csv"))),
    responses(
        (status = 200, description = "What became of each row", body = OutcomesView<'_>),
        (status = 403, description = "The caller may not invite to any workspace of it"),
        (status = 404, description = "No such organization, or none that the caller may know of"),
    ),
    extensions(("x-scope" = json!("organization")), ("x-permission" = json!("add_new_user_to_workspace"))),
)]
async fn invite_many(
    State(house): State<AppState>,
    caller: Caller,
    defaults: Defaults,
    path: InPath<1>,
    Command { call, body }: Command<Many>,
) -> Result<Response, Problem> {
    let InPath([organization]) = path;
    let organization = organization
        .parse()
        .map_err(|_| Refusal::WorkspaceNotInOrganization)?;
    let wanted = body.with(defaults);
    let invited = house
        .app()
        .invite_many(&caller, &call, organization, &wanted)
        .await?;
    done(StatusCode::OK, &invited, |outcomes| {
        OutcomesView::from(outcomes)
    })
}

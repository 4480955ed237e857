//! Bulk invitations: the request in JSON or CSV, the handler, and the view of the results. Reading
//! CSV is in [`super::bulk_csv`].

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
use uuid::Uuid;

use super::bulk_csv;
use crate::api_routes::{ApiRoutes, routes};
use crate::error::Problem;
use crate::extract::body::{Field, FieldReader, MAX_BULK_BODY_BYTES, RequestBody, request_body};
use crate::extract::query::query_pairs;
use crate::extract::{Command, PathParams};
use crate::response::{SecretView, command_response};
use crate::state::AppState;

/// The most invitees of one request.
pub(super) const MAX_ROWS: usize = 1_000;

pub(crate) fn routes() -> ApiRoutes {
    ApiRoutes::new().routes(routes!(create_invitations))
}

request_body! {
    /// Invitees, and defaults for them.
    struct BulkInviteRequest {
        /// The invitees.
        #[schema(value_type = Vec<BulkInviteRow>, min_items = 1, max_items = 1000)]
        invitations: RowsField,
        /// The role of invitees without one; `viewer` by default.
        role: Option<String>,
        /// The workspace of invitees without one; the organization's default workspace by default.
        workspace_id: Option<Uuid>,
        /// How the links reach the invitees: `email` sends them, `link` returns them, `none` only
        /// creates the invitations. By default `email` if the server sends mail, else `link`.
        #[schema(value_type = Option<String>)]
        delivery: Option<DeliveryField>,
    }

    /// An invitee.
    struct BulkInviteRow {
        /// The invitee's address.
        #[schema(value_type = String)]
        email: TextField,
        /// The role that the invitee gets.
        #[schema(value_type = Option<String>)]
        role: Option<TextField>,
        /// The workspace to which the invitee is invited.
        #[schema(value_type = Option<String>)]
        workspace_id: Option<TextField>,
    }
}

/// Any text in a row. A wrong value is an error of its row only, so it is not checked here.
#[derive(Debug)]
struct TextField(String);

impl Field for TextField {
    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        if let Value::String(text) = value {
            return Some(Self(text.clone()));
        }
        reader.report("string_type", "Input should be a valid string", value);
        None
    }
}

/// 1 to [`MAX_ROWS`] rows.
#[derive(Debug)]
struct RowsField(Vec<BulkRow>);

impl Field for RowsField {
    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        if let Value::Array(items) = value
            && let Some(problem) = check_row_count(items.len())
        {
            let RowCountError { kind, text, bound } = problem;
            let (name, length) = bound;
            let context = json!({"field_type": "List", name: length, "actual_length": items.len()});
            reader.report_with_context(kind, &text, &Value::Null, &context);
            return None;
        }
        let rows = Vec::<BulkInviteRow>::read(value, reader)?;
        let text = |cell: Option<TextField>| cell.map(|TextField(text)| text);
        let rows = rows.into_iter().map(|row| BulkRow {
            email: row.email.0,
            role: text(row.role),
            workspace: text(row.workspace_id),
        });
        Some(Self(rows.collect()))
    }
}

/// The problem with a wrong number of rows.
pub(super) struct RowCountError {
    kind: &'static str,
    text: String,
    bound: (&'static str, usize),
}

pub(super) fn check_row_count(rows: usize) -> Option<RowCountError> {
    match rows {
        0 => Some(RowCountError {
            kind: "too_short",
            text: "List should have at least 1 item after validation, not 0".to_owned(),
            bound: ("min_length", 1),
        }),
        1..=MAX_ROWS => None,
        _ => Some(RowCountError {
            kind: "too_long",
            text: format!("List should have at most {MAX_ROWS} items after validation, not {rows}"),
            bound: ("max_length", MAX_ROWS),
        }),
    }
}

#[derive(Debug)]
struct DeliveryField(Delivery);

impl Field for DeliveryField {
    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        let delivery = match value.as_str() {
            Some("email") => Delivery::Email,
            Some("link") => Delivery::Link,
            Some("none") => Delivery::None,
            _ => {
                let expected = "'email', 'link' or 'none'";
                reader.report_with_context(
                    "literal_error",
                    &format!("Input should be {expected}"),
                    value,
                    &json!({"expected": expected}),
                );
                return None;
            }
        };
        Some(Self(delivery))
    }
}

/// The body of the request.
#[derive(Debug)]
enum BulkInviteBody {
    /// An object with rows and defaults.
    WithDefaults(BulkInviteRequest),
    /// A list of rows.
    RowsOnly(Vec<BulkRow>),
}

impl RequestBody for BulkInviteBody {
    const MAX_BODY_BYTES: usize = MAX_BULK_BODY_BYTES;

    fn from_bytes(headers: &HeaderMap, bytes: &Bytes) -> Result<Self, Problem> {
        if is_csv(headers) {
            return bulk_csv::read(bytes).map(Self::RowsOnly);
        }
        JsonBody::from_bytes(headers, bytes).map(|JsonBody(body)| body)
    }
}

/// The body in JSON: an object, or a list of rows.
struct JsonBody(BulkInviteBody);

impl Field for JsonBody {
    const MAX_BODY_BYTES: usize = MAX_BULK_BODY_BYTES;

    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        let body = match value {
            Value::Array(_) => {
                RowsField::read(value, reader).map(|RowsField(rows)| BulkInviteBody::RowsOnly(rows))
            }
            _ => BulkInviteRequest::read(value, reader).map(BulkInviteBody::WithDefaults),
        };
        body.map(Self)
    }
}

fn is_csv(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE);
    let content_type = content_type.and_then(|value| value.to_str().ok());
    let essence = content_type.and_then(|text| text.split(';').next());
    essence.is_some_and(|essence| essence.trim().eq_ignore_ascii_case("text/csv"))
}

/// Defaults for rows in the query, because a table has no other place for them.
#[derive(Debug)]
struct BulkInviteQuery {
    role: Option<String>,
    workspace_id: Option<Uuid>,
    delivery: Option<DeliveryField>,
}

impl FromRequestParts<AppState> for BulkInviteQuery {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &AppState) -> Result<Self, Problem> {
        let mut params = Map::new();
        for (key, value) in query_pairs(&parts.uri).filter(|(_, value)| !value.is_empty()) {
            params.insert(key.into_owned(), value.into_owned().into());
        }
        let mut reader = FieldReader::at("query");
        let role = reader.field(&params, "role");
        let workspace_id = reader.field(&params, "workspace_id");
        let delivery = reader.field(&params, "delivery");
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

impl BulkInviteBody {
    /// Adds the defaults of the query. Those of the body take precedence.
    fn merge_defaults(self, defaults: BulkInviteQuery) -> BulkInvitation {
        let (rows, body_defaults) = match self {
            Self::RowsOnly(rows) => (rows, None),
            Self::WithDefaults(BulkInviteRequest {
                invitations: RowsField(rows),
                role,
                workspace_id,
                delivery,
            }) => (rows, Some((role, workspace_id, delivery))),
        };
        let (role, workspace_id, delivery) = body_defaults.unwrap_or_default();
        let error_location = if delivery.is_some() { "body" } else { "query" };
        let delivery = delivery.or(defaults.delivery);
        BulkInvitation {
            rows,
            role: role.or(defaults.role),
            workspace: workspace_id.or(defaults.workspace_id).map(Id::new),
            delivery: delivery.map(|DeliveryField(delivery)| delivery),
            error_location,
        }
    }
}

/// The result of one row.
#[derive(Debug, Serialize, ToSchema)]
struct BulkInviteRowView<'a> {
    /// The number of the row, from 1; the header of a table does not count.
    row: usize,
    /// The invitee's address, normalized if it is valid.
    email: &'a str,
    /// `invited`, `already_member`, `already_invited`, `invalid_email`, `invalid_role`,
    /// `forbidden_role`, `yourself`, `duplicate`, `workspace_not_found` or `insufficient_role`.
    status: &'static str,
    /// The invitation's id.
    #[schema(value_type = Option<String>, format = "uuid")]
    #[serde(skip_serializing_if = "Option::is_none")]
    id: Option<Id<Invitation>>,
    /// With `delivery` `link`: the link for the invitee.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    url: Option<SecretView<'a>>,
    /// Why the row was refused.
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
}

/// The results of all rows. A dry run has neither ids nor links.
#[derive(Debug, Serialize, ToSchema)]
struct BulkInviteResultsView<'a> {
    /// The results, in the order of the request.
    invitations: Vec<BulkInviteRowView<'a>>,
    /// How many rows have each status.
    #[schema(value_type = Object)]
    counts: Map<String, Value>,
}

impl<'a> From<&'a Vec<RowOutcome>> for BulkInviteResultsView<'a> {
    fn from(outcomes: &'a Vec<RowOutcome>) -> Self {
        let rows = outcomes.iter().enumerate().map(|(index, outcome)| {
            let RowOutcome {
                email,
                status,
                id,
                url,
                detail,
            } = outcome;
            BulkInviteRowView {
                row: index + 1,
                email,
                status: status.as_str(),
                id: *id,
                url: url.as_ref().map(SecretView),
                detail: detail.as_deref(),
            }
        });
        let counts = RowStatus::ALL.map(|status| {
            let matching = outcomes.iter().filter(|outcome| outcome.status == status);
            (status.as_str().to_owned(), Value::from(matching.count()))
        });
        Self {
            invitations: rows.collect(),
            counts: counts.into_iter().collect(),
        }
    }
}

/// Invites up to 1,000 users with a JSON list or a CSV table.
///
/// The first line of a table names its columns: `email`, and optionally `role` and
/// `workspace_id`. A row that is refused has its reason in the response; the other rows are
/// invited.
#[utoipa::path(
    post, path = "/organizations/{organization_id}/invitations", tag = "Invitations",
    params(
        ("organization_id" = String, Path, description = "The organization's id"),
        ("role" = Option<String>, Query, description = "The role of rows without one, if the body has no default"),
        ("workspace_id" = Option<String>, Query, description = "The workspace of rows without one, if the body has no default"),
        ("delivery" = Option<String>, Query, description = "`email`, `link` or `none`, if the body has no `delivery`"),
    ),
    request_body(content((BulkInviteRequest = "application/json"), (String = "text/csv"))),
    responses(
        (status = 200, description = "The result of each row", body = BulkInviteResultsView<'_>),
        (status = 403, description = "The caller may not invite to any workspace of the organization"),
        (status = 404, description = "The organization does not exist, or the caller has no access to it"),
    ),
    extensions(("x-scope" = json!("organization")), ("x-permission" = json!("add_new_user_to_workspace"))),
)]
async fn create_invitations(
    State(state): State<AppState>,
    caller: Caller,
    defaults: BulkInviteQuery,
    path: PathParams<1>,
    Command { context, body }: Command<BulkInviteBody>,
) -> Result<Response, Problem> {
    let PathParams([organization]) = path;
    let organization = organization
        .parse()
        .map_err(|_| Refusal::WorkspaceNotInOrganization)?;
    let request = body.merge_defaults(defaults);
    let invited = state
        .app()
        .invite_many(&caller, &context, organization, &request)
        .await?;
    command_response(StatusCode::OK, &invited, |outcomes| {
        BulkInviteResultsView::from(outcomes)
    })
}

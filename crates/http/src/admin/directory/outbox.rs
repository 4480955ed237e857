//! `GET /admin/outbox`: undelivered events and email jobs.

use axum::extract::State;
use axum::response::Response;
use freehold_app::{EmailJobDetails, EmailJobState, OutboxDetails, OutboxTopic};
use freehold_domain::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::admin::{AuditRead, AuthorizedOperator, OperatorReadContext};
use crate::api_routes::{ApiRoutes, routes};
use crate::error::Problem;
use crate::extract::QueryParams;
use crate::extract::body::{Field, FieldReader, request_body};
use crate::response::ok_json;
use crate::state::AppState;

pub(super) fn routes() -> ApiRoutes {
    ApiRoutes::new().routes(routes!(read_outbox))
}

/// The maximum number of email jobs in a response, and the default.
const MAX_EMAIL_JOBS: u32 = 200;

request_body! {
    /// Query parameters of `GET /admin/outbox`.
    struct OutboxQuery {
        #[schema(value_type = Option<i64>)]
        limit: Option<EmailJobLimit>,
    }
}

/// A `limit` from 1 to [`MAX_EMAIL_JOBS`].
#[derive(Debug)]
struct EmailJobLimit(u32);

impl Field for EmailJobLimit {
    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        let limit = value.as_str().and_then(|text| text.parse().ok());
        let limit = limit.filter(|limit| (1..=MAX_EMAIL_JOBS).contains(limit));
        if limit.is_none() {
            reader.report_value_error(
                &format!("`limit` must be from 1 to {MAX_EMAIL_JOBS}"),
                value,
            );
        }
        limit.map(Self)
    }
}

/// The number of undelivered rows of a topic.
#[derive(Debug, Serialize, ToSchema)]
struct TopicView<'a> {
    /// `event` or `email`.
    topic: &'a str,
    /// Rows that are not delivered yet; counted up to 10000.
    queued: i64,
    /// Rows that are no longer retried; counted up to 10000.
    dead: i64,
    /// When the oldest queued row was added.
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest_queued: Option<String>,
}

impl<'a> From<&'a OutboxTopic> for TopicView<'a> {
    fn from(topic: &'a OutboxTopic) -> Self {
        let OutboxTopic {
            topic,
            queued,
            failed,
            oldest_queued,
        } = topic;
        Self {
            topic,
            queued: *queued,
            dead: *failed,
            oldest_queued: oldest_queued.map(Timestamp::iso_offset),
        }
    }
}

/// An undelivered email job. It does not contain the recipient, who is read when the email is sent.
#[derive(Debug, Serialize, ToSchema)]
struct EmailJobView<'a> {
    id: Uuid,
    /// `invitation`, `member_joined` or `password_reset`.
    kind: &'a str,
    /// When the email job was queued.
    queued_at: String,
    attempts: i64,
    /// `queued` or `dead`.
    state: &'static str,
    /// Time of the next attempt, or when the job became dead.
    at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<&'a str>,
}

impl<'a> From<&'a EmailJobDetails> for EmailJobView<'a> {
    fn from(email_job: &'a EmailJobDetails) -> Self {
        let EmailJobDetails {
            id,
            kind,
            queued_at,
            attempts,
            state,
            last_error,
        } = email_job;
        let (state, at) = match state {
            EmailJobState::Queued(at) => ("queued", at),
            EmailJobState::Dead(at) => ("dead", at),
        };
        Self {
            id: *id,
            kind,
            queued_at: queued_at.iso_offset(),
            attempts: *attempts,
            state,
            at: at.iso_offset(),
            last_error: last_error.as_deref(),
        }
    }
}

/// The state of the outbox.
#[derive(Debug, Serialize, ToSchema)]
struct OutboxView<'a> {
    topics: Vec<TopicView<'a>>,
    /// The undelivered email jobs, oldest first.
    email_jobs: Vec<EmailJobView<'a>>,
}

/// Returns the number of undelivered rows of the outbox by topic, and the undelivered email jobs.
#[utoipa::path(
    get, path = "/admin/outbox", tag = "Operators", security(("operator" = [])),
    params(
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 200, description = "Maximum number of email jobs; default 200"),
        ("reason" = Option<String>, Query, description = "Reason, recorded in the audit log"),
    ),
    responses((status = 200, description = "Counts by topic, and email jobs", body = OutboxView<'_>)),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:audit:read"))),
)]
async fn read_outbox(
    State(state): State<AppState>,
    AuthorizedOperator { operator, .. }: AuthorizedOperator<AuditRead>,
    OperatorReadContext(context): OperatorReadContext,
    QueryParams(OutboxQuery { limit }): QueryParams<OutboxQuery>,
) -> Result<Response, Problem> {
    let limit = limit.map_or(MAX_EMAIL_JOBS, |EmailJobLimit(limit)| limit);
    let OutboxDetails { topics, email_jobs } =
        state.app().outbox(&operator, &context, limit).await?;
    ok_json(&OutboxView {
        topics: topics.iter().map(TopicView::from).collect(),
        email_jobs: email_jobs.iter().map(EmailJobView::from).collect(),
    })
}

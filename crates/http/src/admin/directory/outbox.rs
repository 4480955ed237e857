//! What waits to be told to the outside.

use axum::extract::State;
use axum::response::Response;
use freehold_app::{EmailJobDetails, EmailJobState, OutboxDetails, OutboxTopic};
use freehold_domain::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::admin::{AuditRead, AuthorizedOperator, OperatorReadContext};
use crate::error::Problem;
use crate::extract::QueryParams;
use crate::extract::body::{Field, FieldReader, request_body};
use crate::response::ok_json;
use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(read_outbox))
}

/// How many letters are shown at the most.
const MAX_EMAIL_JOBS: u32 = 200;

request_body! {
    /// How much of the outbox.
    struct OutboxQuery {
        #[schema(value_type = Option<i64>)]
        limit: Option<EmailJobLimit>,
    }
}

/// How many letters.
#[derive(Debug)]
struct EmailJobLimit(u32);

impl Field for EmailJobLimit {
    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        let email_jobs = value.as_str().and_then(|text| text.parse().ok());
        let email_jobs = email_jobs.filter(|email_jobs| (1..=MAX_EMAIL_JOBS).contains(email_jobs));
        if email_jobs.is_none() {
            reader.report_value_error(
                &format!("`limit` must be from 1 to {MAX_EMAIL_JOBS}"),
                value,
            );
        }
        email_jobs.map(Self)
    }
}

/// The rows of one topic that are not through.
#[derive(Debug, Serialize, ToSchema)]
struct TopicView<'a> {
    /// `event` or `email_job`.
    topic: &'a str,
    /// Not fetched or sent yet; 10000 stands for so many or more.
    waiting: i64,
    /// Given up; 10000 stands for so many or more.
    failed: i64,
    /// Since when the oldest of the waiting ones waits.
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest_queued: Option<String>,
}

impl<'a> From<&'a OutboxTopic> for TopicView<'a> {
    fn from(topic: &'a OutboxTopic) -> Self {
        let OutboxTopic {
            topic,
            queued: waiting,
            failed,
            oldest_queued,
        } = topic;
        Self {
            topic,
            waiting: *waiting,
            failed: *failed,
            oldest_queued: oldest_queued.map(Timestamp::iso_offset),
        }
    }
}

/// A letter that was not sent. Whom it is for stands nowhere: that is looked up when it is sent.
#[derive(Debug, Serialize, ToSchema)]
struct EmailJobView<'a> {
    id: Uuid,
    /// `invitation`, `member_joined` or `password_reset`.
    kind: &'a str,
    /// Since when it is due.
    since: String,
    attempts: i64,
    /// `waiting` or `failed`.
    state: &'static str,
    /// When it is tried next, or was given up.
    at: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    last_error: Option<&'a str>,
}

impl<'a> From<&'a EmailJobDetails> for EmailJobView<'a> {
    fn from(email_job: &'a EmailJobDetails) -> Self {
        let EmailJobDetails {
            id,
            kind,
            queued_at: since,
            attempts,
            state,
            last_error,
        } = email_job;
        let (state, at) = match state {
            EmailJobState::Queued(at) => ("queued", at),
            EmailJobState::Dead(at) => ("failed", at),
        };
        Self {
            id: *id,
            kind,
            since: since.iso_offset(),
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
    /// Those that were not sent, the oldest first.
    email_jobs: Vec<EmailJobView<'a>>,
}

/// How much waits to be told to the outside, and which letters were not sent.
#[utoipa::path(
    get, path = "/admin/outbox", tag = "Operators", security(("operator" = [])),
    params(
        ("limit" = Option<i64>, Query, minimum = 1, maximum = 200, description = "How many letters are shown; 200 if nothing is said"),
        ("reason" = Option<String>, Query, description = "For the audit trail"),
    ),
    responses((status = 200, description = "Counts by topic, and letters", body = OutboxView<'_>)),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:audit:read"))),
)]
async fn read_outbox(
    State(state): State<AppState>,
    AuthorizedOperator { operator, .. }: AuthorizedOperator<AuditRead>,
    OperatorReadContext(context): OperatorReadContext,
    QueryParams(OutboxQuery { limit }): QueryParams<OutboxQuery>,
) -> Result<Response, Problem> {
    let email_jobs = limit.map_or(MAX_EMAIL_JOBS, |EmailJobLimit(email_jobs)| email_jobs);
    let OutboxDetails { topics, email_jobs } =
        state.app().outbox(&operator, &context, email_jobs).await?;
    ok_json(&OutboxView {
        topics: topics.iter().map(TopicView::from).collect(),
        email_jobs: email_jobs.iter().map(EmailJobView::from).collect(),
    })
}

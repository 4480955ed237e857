//! `GET /admin/explain`: whether a user may perform an action, with the trace of the decision.

use axum::extract::State;
use axum::response::Response;
use freehold_app::{
    ExplainRequest, ExplainedAction, Explanation, ResolvedId, TargetReference, UserReference,
};
use freehold_domain::{Email, Id, Organization, Project, Refusal, TraceStep, User, Workspace};
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::{AccountsRead, AuthorizedOperator, OperatorReadContext};
use crate::api_routes::{ApiRoutes, routes};
use crate::error::Problem;
use crate::extract::QueryParams;
use crate::extract::body::request_body;
use crate::response::ok_json;
use crate::state::AppState;

pub(super) fn routes() -> ApiRoutes {
    ApiRoutes::new().routes(routes!(explain))
}

request_body! {
    /// Query parameters of `GET /admin/explain`.
    struct ExplainQuery {
        #[schema(value_type = String)]
        user: UserReference,
        action: String,
        #[schema(value_type = Option<String>)]
        on: Option<TargetReference>,
        role: Option<String>,
        #[schema(value_type = Option<String>)]
        email: Option<Email>,
    }
}

/// The user of a decision.
#[derive(Debug, Serialize, ToSchema)]
struct ExplainedUserView<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: Id<User>,
    email: &'a str,
}

/// The target of a decision, from the parameter `on`.
#[derive(Debug, Serialize, ToSchema)]
struct ExplainTargetView {
    /// `organization`, `workspace`, `project` or `invitation`.
    kind: &'static str,
    id: Uuid,
    #[schema(value_type = String, format = "uuid")]
    organization_id: Id<Organization>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid")]
    workspace_id: Option<Id<Workspace>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = "uuid")]
    project_id: Option<Id<Project>>,
}

impl From<&ResolvedId> for ExplainTargetView {
    fn from(target: &ResolvedId) -> Self {
        let (kind, id, organization_id, workspace_id, project_id) = match *target {
            ResolvedId::Organization(id) => ("organization", id.uuid(), id, None, None),
            ResolvedId::Workspace(id, organization) => {
                ("workspace", id.uuid(), organization, Some(id), None)
            }
            ResolvedId::Project(id, workspace, organization) => (
                "project",
                id.uuid(),
                organization,
                Some(workspace),
                Some(id),
            ),
            ResolvedId::Invitation(id, workspace, organization) => {
                ("invitation", id.uuid(), organization, Some(workspace), None)
            }
        };
        Self {
            kind,
            id,
            organization_id,
            workspace_id,
            project_id,
        }
    }
}

/// A rule that was evaluated.
#[derive(Debug, Serialize, ToSchema)]
struct TraceStepView<'a> {
    rule: &'static str,
    input: &'a str,
    passed: bool,
}

impl<'a> From<&'a TraceStep> for TraceStepView<'a> {
    fn from(step: &'a TraceStep) -> Self {
        let TraceStep {
            rule,
            input,
            passed,
        } = step;
        Self {
            rule,
            input,
            passed: *passed,
        }
    }
}

/// A decision with its trace.
#[derive(Debug, Serialize, ToSchema)]
struct ExplanationView<'a> {
    allowed: bool,
    /// The code of the refusal; absent if the action is allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// The message of the refusal; absent if the action is allowed.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// The rules, in the order of their evaluation.
    trace: Vec<TraceStepView<'a>>,
    /// Absent if no user has the email address.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<ExplainedUserView<'a>>,
    action: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    on: Option<ExplainTargetView>,
}

impl<'a> ExplanationView<'a> {
    fn of(explanation: &'a Explanation, action: ExplainedAction<'a>) -> Self {
        let Explanation { user, decision, on } = explanation;
        let refusal = decision.refusal.as_ref();
        let user = user.as_ref();
        Self {
            allowed: refusal.is_none(),
            code: refusal.map(Refusal::code),
            message: refusal.map(Refusal::message),
            trace: decision
                .trace
                .steps()
                .iter()
                .map(TraceStepView::from)
                .collect(),
            user: user.map(|user| ExplainedUserView {
                id: user.id,
                email: &user.email,
            }),
            action: action.as_str(),
            on: on.as_ref().map(ExplainTargetView::from),
        }
    }
}

/// Shows whether a user may perform an action, and why. The decision is made by the access rules of
/// the action itself.
#[utoipa::path(
    get, path = "/admin/explain", tag = "Operators", security(("operator" = [])),
    params(
        ("user" = String, Query, description = "The user, by id or email address. For `sign_in` and `sign_up` also an address without an account"),
        ("action" = String, Query, description = "The action: `sign_in`, `sign_up`, `create_organization`, `invite`, `accept_invitation` (or `accept`), or a permission"),
        ("on" = Option<String>, Query, description = "The target, by id: a workspace for `invite`, an invitation for `accept_invitation`; for a permission a project, a workspace or an organization (also by slug)"),
        ("role" = Option<String>, Query, description = "For `invite`: the role of the invitation; default `viewer`"),
        ("email" = Option<String>, Query, description = "For `invite`: the email address of the invitee; without it, rules about the address are not evaluated"),
        ("reason" = Option<String>, Query, description = "Reason, recorded in the audit log"),
    ),
    responses(
        (status = 200, description = "The decision with its trace", body = ExplanationView<'_>),
        (status = 404, description = "The user or the target does not exist"),
    ),
    extensions(("x-scope" = json!("none")), ("x-permission" = json!("operator:accounts:read"))),
)]
async fn explain(
    State(state): State<AppState>,
    AuthorizedOperator { operator, .. }: AuthorizedOperator<AccountsRead>,
    OperatorReadContext(context): OperatorReadContext,
    QueryParams(query): QueryParams<ExplainQuery>,
) -> Result<Response, Problem> {
    let ExplainQuery {
        user,
        action,
        on,
        role,
        email,
    } = query;
    let action =
        ExplainedAction::parse(&action, state.app().permissions()).ok_or_else(unknown_action)?;
    let request = ExplainRequest {
        user,
        action,
        on,
        role,
        email,
    };
    let explanation = state.app().explain(&operator, &context, &request).await?;
    ok_json(&ExplanationView::of(&explanation, action))
}

fn unknown_action() -> Refusal {
    Refusal::InvalidField {
        location: "query",
        field: "action".to_owned(),
        problem: format!("must be one of: {}", ExplainedAction::all()),
    }
}

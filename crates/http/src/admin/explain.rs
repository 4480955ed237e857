//! Why somebody may do something, or may not.

use axum::extract::State;
use axum::response::Response;
use freehold_app::{
    ExplainRequest, ExplainedAction, Explanation, ResolvedId, TargetReference, UserReference,
};
use freehold_domain::{Email, Id, Organization, Project, Refusal, TraceStep, User, Workspace};
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use super::{AccountsRead, AuthorizedOperator, OperatorReadContext};
use crate::error::Problem;
use crate::extract::QueryParams;
use crate::extract::body::{Field, FieldReader, request_body};
use crate::response::ok_json;
use crate::state::AppState;

pub(super) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new().routes(routes!(explain))
}

request_body! {
    /// A question about a decision.
    struct ExplainQuery {
        #[schema(value_type = String)]
        user: UserReference,
        #[schema(value_type = String)]
        action: ExplainedAction,
        #[schema(value_type = Option<String>)]
        on: Option<TargetReference>,
        role: Option<String>,
        #[schema(value_type = Option<String>)]
        email: Option<Email>,
    }
}

impl Field for ExplainedAction {
    fn read(value: &Value, reader: &mut FieldReader) -> Option<Self> {
        let text = String::read(value, reader)?;
        let action = Self::parse(&text);
        if action.is_none() {
            let reason = format!("what can be explained: {}", Self::all());
            reader.report_value_error(&reason, value);
        }
        action
    }
}

/// Who is asked about.
#[derive(Debug, Serialize, ToSchema)]
struct ExplainedUserView<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: Id<User>,
    email: &'a str,
}

/// What the `on` of a question names.
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
    fn from(named: &ResolvedId) -> Self {
        let (kind, id, organization_id, workspace_id, project_id) = match *named {
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

/// One rule that was asked.
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

/// A decision, and how it comes about.
#[derive(Debug, Serialize, ToSchema)]
struct ExplanationView<'a> {
    allowed: bool,
    /// What the refusal is called.
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<&'static str>,
    /// What whoever is refused is told.
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<String>,
    /// The rules, in the order in which they were asked.
    trace: Vec<TraceStepView<'a>>,
    /// Nobody, while they have no account.
    #[serde(skip_serializing_if = "Option::is_none")]
    user: Option<ExplainedUserView<'a>>,
    action: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    on: Option<ExplainTargetView>,
}

impl<'a> ExplanationView<'a> {
    fn of(explanation: &'a Explanation, action: ExplainedAction) -> Self {
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

/// Why somebody may do something, or may not: decided by what decides when they do it.
#[utoipa::path(
    get, path = "/admin/explain", tag = "Operators", security(("operator" = [])),
    params(
        ("user" = String, Query, description = "Who: an id or an address. To sign in or up nobody needs an account to be asked about"),
        ("action" = String, Query, description = "`sign_in`, `sign_up`, `create_organization`, `invite`, `accept_invitation` (or `accept`), or a permission"),
        ("on" = Option<String>, Query, description = "Where, by its id: for `invite` a workspace, for `accept_invitation` an invitation, for a permission a project, a workspace or an organization, which may also be named by its slug"),
        ("role" = Option<String>, Query, description = "For `invite`: as what; `viewer` if nothing is said"),
        ("email" = Option<String>, Query, description = "For `invite`: whom; without it that is not looked at"),
        ("reason" = Option<String>, Query, description = "For the audit trail"),
    ),
    responses(
        (status = 200, description = "The decision with its ordered trace", body = ExplanationView<'_>),
        (status = 404, description = "Nobody, or nothing, of this name"),
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
    let why = ExplainRequest {
        user,
        action,
        on,
        role,
        email,
    };
    let explanation = state.app().explain(&operator, &context, &why).await?;
    ok_json(&ExplanationView::of(&explanation, action))
}

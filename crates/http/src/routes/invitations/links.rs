//! Links that let several people into a workspace: requests, handlers, views.

use axum::extract::State;
use axum::response::Response;
use freehold_app::{
    Caller, CreatedInvitationLink, InvitationLinkDetails, InvitationLinkExpiry,
    InvitationLinkRecord, InvitationLinkState, JoinedWorkspace, NewInvitationLink,
};
use freehold_domain::{
    Id, InvitationLink, Organization, Project, Refusal, Timestamp, User, Workspace,
};
use http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use uuid::Uuid;

use crate::error::Problem;
use crate::extract::body::{FieldReader, NoBody, request_body};
use crate::extract::{Command, PathParams, UnscopedCaller};
use crate::response::{SecretView, command_response, ok_json};
use crate::state::AppState;

pub(crate) fn routes() -> OpenApiRouter<AppState> {
    OpenApiRouter::new()
        .routes(routes!(list_invitation_links, create_invitation_link))
        .routes(routes!(revoke_invitation_link))
        .routes(routes!(accept_invitation_link))
}

request_body! {
    /// A link to be made. Every member can be left out.
    struct CreateInvitationLink {
        /// What people become by it; `viewer` if nothing is said.
        role: Option<String>,
        /// Where to; the organization's default workspace if nothing is said.
        workspace_id: Option<Uuid>,
        /// How many it lets in; as many as come if nothing is said.
        max_uses: Option<i64>,
        /// Only people whose proven address is in one of these domains, or in a domain below it.
        allowed_domains: Option<Vec<String>>,
        /// Until when it is good, at most a year from now. Instead of `expires_in_days`.
        #[schema(value_type = Option<String>, format = "date-time")]
        expires_at: Option<Timestamp>,
        /// For how many days it is good, 1 to 365; 7 if nothing is said.
        expires_in_days: Option<i64>,
    }

    /// What a link holds.
    struct AcceptInvitationLink {
        /// The value of `invitation_link` in its query.
        token: String,
    }
}

/// Who made a link.
#[derive(Debug, Serialize, ToSchema)]
struct LinkIssuerView<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: Id<User>,
    email: &'a str,
    username: Option<&'a str>,
}

/// A link as those see it who may invite to its workspace. Its secret is told only once.
#[derive(Debug, Serialize, ToSchema)]
struct InvitationLinkView<'a> {
    #[schema(value_type = String, format = "uuid")]
    id: Id<InvitationLink>,
    #[schema(value_type = String, format = "uuid")]
    organization_id: Id<Organization>,
    #[schema(value_type = String, format = "uuid")]
    workspace_id: Id<Workspace>,
    role: &'a str,
    /// `active`, `expired`, `revoked` or `used_up`.
    state: &'static str,
    /// Whether it lets anybody in now.
    valid: bool,
    /// Why not, of one that is active: `issuer_gone`, `issuer_demoted` or `role_invalid`.
    invalid_reason: Option<&'static str>,
    /// How many it has let in.
    uses: i64,
    /// Without, it lets in as many as come.
    max_uses: Option<i64>,
    /// How many more it lets in, as far as that is limited.
    remaining: Option<i64>,
    /// Without, addresses of all domains will do.
    allowed_domains: Option<&'a [String]>,
    expires_at: Option<String>,
    revoked_at: Option<String>,
    created_at: Option<String>,
    /// Nobody whose account is gone.
    issuer: Option<LinkIssuerView<'a>>,
}

impl<'a> From<&'a InvitationLinkDetails> for InvitationLinkView<'a> {
    fn from(file: &'a InvitationLinkDetails) -> Self {
        let InvitationLinkDetails {
            link,
            state,
            invalid,
        } = file;
        let InvitationLinkRecord {
            id,
            organization,
            workspace,
            role,
            max_uses,
            uses,
            allowed_domains,
            expires_at,
            revoked_at,
            issuer,
            issuer_email,
            issuer_username,
            created_at,
        } = link;
        let issuer = issuer.zip(issuer_email.as_deref());
        Self {
            id: *id,
            organization_id: *organization,
            workspace_id: *workspace,
            role,
            state: state.as_str(),
            valid: *state == InvitationLinkState::Active && invalid.is_none(),
            invalid_reason: invalid.as_ref().map(invalid_reason_code),
            uses: *uses,
            max_uses: *max_uses,
            remaining: max_uses.map(|limit| (limit - uses).max(0)),
            allowed_domains: allowed_domains.as_deref(),
            expires_at: expires_at.map(Timestamp::iso_z),
            revoked_at: revoked_at.map(Timestamp::iso_z),
            created_at: created_at.map(Timestamp::iso_z),
            issuer: issuer.map(|(id, email)| LinkIssuerView {
                id,
                email,
                username: issuer_username.as_deref(),
            }),
        }
    }
}

/// The code of the refusal that whoever uses it would meet, in the list's words.
fn invalid_reason_code(refusal: &Refusal) -> &'static str {
    let code = refusal.code();
    code.strip_prefix("link_").unwrap_or(code)
}

/// A link that was just made.
#[derive(Debug, Serialize, ToSchema)]
struct CreatedInvitationLinkView<'a> {
    #[serde(flatten)]
    link: InvitationLinkView<'a>,
    /// What to hand out; it is not shown again. In a rehearsal there is none.
    #[schema(value_type = Option<String>)]
    url: Option<SecretView<'a>>,
}

impl<'a> From<&'a CreatedInvitationLink> for CreatedInvitationLinkView<'a> {
    fn from(created: &'a CreatedInvitationLink) -> Self {
        let CreatedInvitationLink { details: file, url } = created;
        Self {
            link: file.into(),
            url: url.as_ref().map(SecretView),
        }
    }
}

/// Where somebody is now, and as what.
#[derive(Debug, Serialize, ToSchema)]
struct JoinedByLinkView<'a> {
    #[schema(value_type = String, format = "uuid")]
    organization_id: Id<Organization>,
    #[schema(value_type = String, format = "uuid")]
    workspace_id: Id<Workspace>,
    /// The workspace's default project.
    #[schema(value_type = Option<String>, format = "uuid")]
    project_id: Option<Id<Project>>,
    role: &'a str,
}

impl<'a> From<&'a JoinedWorkspace> for JoinedByLinkView<'a> {
    fn from(joined: &'a JoinedWorkspace) -> Self {
        let JoinedWorkspace {
            organization,
            workspace,
            project,
            role,
        } = joined;
        Self {
            organization_id: *organization,
            workspace_id: *workspace,
            project_id: *project,
            role,
        }
    }
}

/// A text that is no id is an organization that nobody is in.
fn parse_organization_id(text: &str) -> Result<Id<Organization>, Refusal> {
    text.parse()
        .map_err(|_| Refusal::WorkspaceNotInOrganization)
}

/// Makes a link that lets several people into a workspace.
#[utoipa::path(
    post, path = "/organizations/{organization_id}/invitation-links", tag = "Invitations",
    params(("organization_id" = String, Path, description = "The organization's id")),
    request_body = CreateInvitationLink,
    responses(
        (status = 201, description = "Made; only this answer holds the link itself", body = CreatedInvitationLinkView<'_>),
        (status = 400, description = "No such role"),
        (status = 403, description = "The caller may not invite there, or not give that role"),
        (status = 404, description = "No such workspace, or none that the caller may know of"),
    ),
    extensions(("x-scope" = json!("organization")), ("x-permission" = json!("add_new_user_to_workspace"))),
)]
async fn create_invitation_link(
    State(state): State<AppState>,
    caller: Caller,
    path: PathParams<1>,
    Command { context, body }: Command<CreateInvitationLink>,
) -> Result<Response, Problem> {
    let PathParams([id]) = path;
    let CreateInvitationLink {
        role,
        workspace_id,
        max_uses,
        allowed_domains,
        expires_at,
        expires_in_days,
    } = body;
    let ends = match (expires_at, expires_in_days) {
        (None, None) => InvitationLinkExpiry::Default,
        (Some(moment), None) => InvitationLinkExpiry::At(moment),
        (None, Some(days)) => InvitationLinkExpiry::InDays(days),
        (Some(_), Some(days)) => return Err(conflicting_expiry(days)),
    };
    let new = NewInvitationLink {
        role,
        workspace: workspace_id.map(Id::new),
        max_uses,
        allowed_domains,
        expiry: ends,
    };
    let created = state
        .app()
        .create_invitation_link(&caller, &context, parse_organization_id(&id)?, &new)
        .await?;
    command_response(StatusCode::CREATED, &created, |created| {
        CreatedInvitationLinkView::from(created)
    })
}

fn conflicting_expiry(days: i64) -> Problem {
    let mut reader = FieldReader::at("body");
    reader.nested("expires_in_days", |reader| {
        reader.report_value_error("expires_at says it already", &Value::from(days));
        None::<()>
    });
    Problem::unprocessable(reader.into_problems())
}

/// The links of an organization to the workspaces that the caller may invite to.
#[utoipa::path(
    get, path = "/organizations/{organization_id}/invitation-links", tag = "Invitations",
    params(("organization_id" = String, Path, description = "The organization's id")),
    responses(
        (status = 200, description = "The newest first, at most 1,000", body = Vec<InvitationLinkView<'_>>),
        (status = 403, description = "The caller may not invite to any workspace of it"),
        (status = 404, description = "No such organization, or none that the caller may know of"),
    ),
    extensions(("x-scope" = json!("organization")), ("x-permission" = json!("add_new_user_to_workspace"))),
)]
async fn list_invitation_links(
    State(state): State<AppState>,
    caller: Caller,
    path: PathParams<1>,
) -> Result<Response, Problem> {
    let PathParams([id]) = path;
    let links = state
        .app()
        .invitation_links(&caller, parse_organization_id(&id)?)
        .await?;
    ok_json(
        &links
            .iter()
            .map(InvitationLinkView::from)
            .collect::<Vec<_>>(),
    )
}

/// Makes a link void: nobody joins by it any more, and those who did stay.
#[utoipa::path(
    delete, path = "/organizations/{organization_id}/invitation-links/{link_id}", tag = "Invitations",
    params(
        ("organization_id" = String, Path, description = "The organization's id"),
        ("link_id" = String, Path, description = "The link's id"),
    ),
    responses(
        (status = 200, description = "Void, perhaps since earlier", body = InvitationLinkView<'_>),
        (status = 403, description = "The caller may not invite to its workspace"),
        (status = 404, description = "No such link, or none that the caller may know of"),
    ),
    extensions(("x-scope" = json!("organization")), ("x-permission" = json!("add_new_user_to_workspace"))),
)]
async fn revoke_invitation_link(
    State(state): State<AppState>,
    caller: Caller,
    path: PathParams<2>,
    Command {
        context,
        body: NoBody,
    }: Command<NoBody>,
) -> Result<Response, Problem> {
    let PathParams([organization, link]) = path;
    let not_found = Refusal::InvitationLinkNotFound;
    let (Ok(organization), Ok(link)) = (organization.parse(), link.parse()) else {
        return Err(not_found.into());
    };
    let revoked = state
        .app()
        .revoke_invitation_link(&caller, &context, organization, link)
        .await?;
    command_response(StatusCode::OK, &revoked, InvitationLinkView::from)
}

/// Joins a workspace by a link. Only this uses the link up; to open it changes nothing.
#[utoipa::path(
    post, path = "/invitation-links/accept", tag = "Invitations",
    request_body = AcceptInvitationLink,
    responses(
        (status = 200, description = "Joined", body = JoinedByLinkView<'_>),
        (status = 403, description = "The link is for addresses of other domains, or for proven ones"),
        (status = 404, description = "No such link"),
        (status = 409, description = "The caller is a member already; no use was counted"),
        (status = 410, description = "Revoked, expired, used up, used by the caller before, or its maker could not make it any more"),
    ),
    extensions(("x-scope" = json!("user")), ("x-permission" = json!("none"))),
)]
async fn accept_invitation_link(
    State(state): State<AppState>,
    UnscopedCaller(caller): UnscopedCaller,
    Command { context, body }: Command<AcceptInvitationLink>,
) -> Result<Response, Problem> {
    let AcceptInvitationLink { token } = body;
    let joined = state
        .app()
        .use_invitation_link(&caller, &context, &token)
        .await?;
    command_response(StatusCode::OK, &joined, JoinedByLinkView::from)
}

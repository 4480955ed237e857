//! Invitation links, with which several users can join a workspace: requests, handlers, views.

use axum::extract::State;
use axum::response::Response;
use freehold_app::{
    Caller, CreatedInvitationLink, InvitationLinkDetails, InvitationLinkExpiry,
    InvitationLinkRecord, InvitationLinkStatus, JoinedWorkspace, NewInvitationLink,
};
use freehold_domain::{
    Id, InvitationLink, Organization, Project, Refusal, Timestamp, User, Workspace,
};
use http::StatusCode;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::api_routes::{ApiRoutes, routes};
use crate::error::Problem;
use crate::extract::body::{FieldReader, NoBody, request_body};
use crate::extract::{Command, PathParams, UnscopedCaller};
use crate::response::{SecretView, command_response, ok_json};
use crate::state::AppState;

pub(crate) fn routes() -> ApiRoutes {
    ApiRoutes::new()
        .routes(routes!(list_invitation_links, create_invitation_link))
        .routes(routes!(revoke_invitation_link))
        .routes(routes!(accept_invitation_link))
}

request_body! {
    /// A new invitation link.
    struct CreateInvitationLink {
        /// The role of users who join; `viewer` by default.
        role: Option<String>,
        /// The workspace that users join; the organization's default workspace by default.
        workspace_id: Option<Uuid>,
        /// How many users can join; unlimited by default.
        max_uses: Option<i64>,
        /// Only users with a verified address in one of these domains, or in a domain below one of
        /// them, can join. By default users of all domains.
        allowed_domains: Option<Vec<String>>,
        /// When the link expires: at most a year from now. Instead of `expires_in_days`.
        #[schema(value_type = Option<String>, format = "date-time")]
        expires_at: Option<Timestamp>,
        /// After how many days the link expires: 1 to 365; 7 by default.
        expires_in_days: Option<i64>,
    }

    /// The token of an invitation link.
    struct AcceptInvitationLink {
        /// The value of `invitation_link` in the query of the link.
        token: String,
    }
}

/// The issuer of a link.
#[derive(Debug, Serialize, ToSchema)]
struct LinkIssuerView<'a> {
    /// The issuer's user id.
    #[schema(value_type = String, format = "uuid")]
    id: Id<User>,
    /// The issuer's email address.
    email: &'a str,
    /// The issuer's name.
    username: Option<&'a str>,
}

/// An invitation link as members who may invite to its workspace see it. The token is not in it.
#[derive(Debug, Serialize, ToSchema)]
struct InvitationLinkView<'a> {
    /// The link's id.
    #[schema(value_type = String, format = "uuid")]
    id: Id<InvitationLink>,
    /// The organization's id.
    #[schema(value_type = String, format = "uuid")]
    organization_id: Id<Organization>,
    /// The id of the workspace that users join.
    #[schema(value_type = String, format = "uuid")]
    workspace_id: Id<Workspace>,
    /// The role of users who join.
    role: &'a str,
    /// `active`, `expired`, `revoked` or `used_up`.
    state: &'static str,
    /// Whether a user can join with the link now.
    valid: bool,
    /// Why an active link is not valid: `issuer_not_member`, `issuer_demoted` or `role_invalid`.
    invalid_reason: Option<&'static str>,
    /// How many users have joined.
    uses: i64,
    /// How many users can join; null if that is not limited.
    max_uses: Option<i64>,
    /// How many more users can join; null if that is not limited.
    remaining: Option<i64>,
    /// The domains whose users can join; null for all.
    allowed_domains: Option<&'a [String]>,
    /// When the link expires.
    expires_at: Option<String>,
    /// When the link was revoked.
    revoked_at: Option<String>,
    /// When the link was created.
    created_at: Option<String>,
    /// The creator; null if the account was deleted.
    issuer: Option<LinkIssuerView<'a>>,
}

impl<'a> From<&'a InvitationLinkDetails> for InvitationLinkView<'a> {
    fn from(details: &'a InvitationLinkDetails) -> Self {
        let InvitationLinkDetails {
            link,
            state,
            invalid,
        } = details;
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
            valid: *state == InvitationLinkStatus::Active && invalid.is_none(),
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

/// Returns the code of the refusal with which using the link would fail, without its prefix.
fn invalid_reason_code(refusal: &Refusal) -> &'static str {
    let code = refusal.code();
    code.strip_prefix("link_").unwrap_or(code)
}

/// A link that was just created.
#[derive(Debug, Serialize, ToSchema)]
struct CreatedInvitationLinkView<'a> {
    #[serde(flatten)]
    link: InvitationLinkView<'a>,
    /// The link for the invitees. It cannot be read again. Null in a dry run.
    #[schema(value_type = Option<String>)]
    url: Option<SecretView<'a>>,
}

impl<'a> From<&'a CreatedInvitationLink> for CreatedInvitationLinkView<'a> {
    fn from(created: &'a CreatedInvitationLink) -> Self {
        let CreatedInvitationLink { details, url } = created;
        Self {
            link: details.into(),
            url: url.as_ref().map(SecretView),
        }
    }
}

/// The membership that a link created.
#[derive(Debug, Serialize, ToSchema)]
struct JoinedByLinkView<'a> {
    /// The organization's id.
    #[schema(value_type = String, format = "uuid")]
    organization_id: Id<Organization>,
    /// The workspace's id.
    #[schema(value_type = String, format = "uuid")]
    workspace_id: Id<Workspace>,
    /// The id of the workspace's default project.
    #[schema(value_type = Option<String>, format = "uuid")]
    project_id: Option<Id<Project>>,
    /// The role of the new member.
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

/// Parses an organization's id. A text that is not an id is refused like an unknown organization.
fn parse_organization_id(text: &str) -> Result<Id<Organization>, Refusal> {
    text.parse()
        .map_err(|_| Refusal::WorkspaceNotInOrganization)
}

/// Creates an invitation link, with which several users can join a workspace.
#[utoipa::path(
    post, path = "/organizations/{organization_id}/invitation-links", tag = "Invitations",
    params(("organization_id" = String, Path, description = "The organization's id")),
    request_body = CreateInvitationLink,
    responses(
        (status = 201, description = "The new link. Only this response has its `url`", body = CreatedInvitationLinkView<'_>),
        (status = 400, description = "The role does not exist"),
        (status = 403, description = "The caller may not invite to the workspace, or not with this role"),
        (status = 404, description = "The workspace does not exist, or the caller has no access to it"),
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
    let expiry = match (expires_at, expires_in_days) {
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
        expiry,
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
        reader.report_value_error(
            "should be left out, because expires_at is set",
            &Value::from(days),
        );
        None::<()>
    });
    Problem::unprocessable(reader.into_problems())
}

/// Returns the links to those workspaces of an organization to which the caller may invite.
#[utoipa::path(
    get, path = "/organizations/{organization_id}/invitation-links", tag = "Invitations",
    params(("organization_id" = String, Path, description = "The organization's id")),
    responses(
        (status = 200, description = "The links, newest first, at most 1,000", body = Vec<InvitationLinkView<'_>>),
        (status = 403, description = "The caller may not invite to any workspace of the organization"),
        (status = 404, description = "The organization does not exist, or the caller has no access to it"),
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

/// Revokes a link: no user can join with it any more. Users who joined stay members.
#[utoipa::path(
    delete, path = "/organizations/{organization_id}/invitation-links/{link_id}", tag = "Invitations",
    params(
        ("organization_id" = String, Path, description = "The organization's id"),
        ("link_id" = String, Path, description = "The link's id"),
    ),
    responses(
        (status = 200, description = "The link is revoked, now or since earlier", body = InvitationLinkView<'_>),
        (status = 403, description = "The caller may not invite to the workspace of the link"),
        (status = 404, description = "The link does not exist, or the caller has no access to it"),
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

/// Joins a workspace with an invitation link. Each join counts as one use; opening the link does
/// not.
#[utoipa::path(
    post, path = "/invitation-links/accept", tag = "Invitations",
    request_body = AcceptInvitationLink,
    responses(
        (status = 200, description = "The caller has joined", body = JoinedByLinkView<'_>),
        (status = 403, description = "The link is for addresses of other domains, or for verified addresses"),
        (status = 404, description = "The link does not exist"),
        (status = 409, description = "The caller is a member already. The use was not counted"),
        (status = 410, description = "The link was revoked, has expired, is used up, was used by the caller before, or its creator may not create it any more"),
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

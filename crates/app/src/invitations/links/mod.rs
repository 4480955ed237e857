//! Links by which several users can join a workspace: their types and their
//! list. Creating one is in [`create`], revoking in [`revoke`], joining in
//! [`join`], the limits of a link in [`terms`].
//!
//! A member who may invite to a workspace may create links for it, list them
//! all and revoke any of them, also one for a role that the member could not
//! give: a revoked link admits no user.
//!
//! Not here: invitations for one address (`invitations`).

mod create;
mod join;
mod limits;
mod revoke;

use std::collections::HashMap;

use freehold_domain::{
    Decision, Id, Organization, Permission, Refusal, Timestamp, Trace, Workspace,
};
use freehold_store::{InvitationLinkRecord, MemberContext};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::access::{
    Caller, authority, check_link_valid, check_workspace_permission, into_refusal,
};
use crate::command::{Outcome, sealed_secret};
use crate::runtime::App;

/// The role of an invitation that names none.
pub(crate) const DEFAULT_ROLE: &str = "viewer";

/// The largest number of links in a list; the newest are listed.
const MAX_LISTED: i64 = 1_000;

/// A request to create a link. Absent fields have a default.
#[derive(Clone, Debug, Default)]
pub struct NewInvitationLink {
    /// The role that users get; default: `viewer`.
    pub role: Option<String>,
    /// The workspace; default: the organization's default workspace.
    pub workspace: Option<Id<Workspace>>,
    /// How many users can join by the link; default: no limit.
    pub max_uses: Option<i64>,
    /// The email domains, with their subdomains, whose users can join; default:
    /// all.
    pub allowed_domains: Option<Vec<String>>,
    /// When the link expires; default: after a week.
    pub expiry: InvitationLinkExpiry,
}

/// When a link expires; at most a year from now.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InvitationLinkExpiry {
    /// After a week.
    #[default]
    Default,
    /// After this number of days.
    InDays(i64),
    /// At this time.
    At(Timestamp),
}

/// Whether a link can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvitationLinkStatus {
    /// It can be used.
    Active,
    /// It has expired.
    Expired,
    /// It was revoked.
    Revoked,
    /// It has reached its limit of uses.
    UsedUp,
}

impl InvitationLinkStatus {
    /// The name in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::UsedUp => "used_up",
        }
    }

    fn of(link: &InvitationLinkRecord, now: Timestamp) -> Self {
        if link.revoked_at.is_some() {
            Self::Revoked
        } else if link.max_uses.is_some_and(|max| link.uses >= max) {
            Self::UsedUp
        } else if link.expires_at.is_some_and(|end| end <= now) {
            Self::Expired
        } else {
            Self::Active
        }
    }
}

/// A link as members who may invite see it. It has no secret.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InvitationLinkDetails {
    /// The row.
    pub link: InvitationLinkRecord,
    /// The state at this moment.
    pub state: InvitationLinkStatus,
    /// Why an active link cannot be used. Only a list has it: the issuer of a
    /// link just created is still entitled, and a revoked one is not active.
    #[serde(skip)]
    pub invalid: Option<Refusal>,
}

impl InvitationLinkDetails {
    fn of(link: InvitationLinkRecord, now: Timestamp) -> Self {
        Self {
            state: InvitationLinkStatus::of(&link, now),
            link,
            invalid: None,
        }
    }
}

/// A link that was just created.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CreatedInvitationLink {
    /// The link without its secret.
    pub details: InvitationLinkDetails,
    /// The link's URL. It is returned once, and never in a dry run, because
    /// that link does not exist.
    #[serde(with = "sealed_secret::optional")]
    pub url: Option<SecretString>,
}

impl App {
    /// The newest links of an organization to the workspaces that the caller
    /// may invite to.
    ///
    /// # Errors
    /// [`Refusal::WorkspaceNotInOrganization`] if the caller is not in the
    /// organization; [`Refusal::InsufficientRole`] if the caller may not invite
    /// to any of its workspaces.
    pub async fn invitation_links(
        &self,
        caller: &Caller,
        organization: Id<Organization>,
    ) -> Outcome<Vec<InvitationLinkDetails>> {
        let store = self.store();
        let contexts = store
            .member_contexts_in(organization, caller.user.id)
            .await?;
        let workspaces = self.invitable_workspaces(contexts).map_err(into_refusal)?;
        let links = store.invitation_links(organization, MAX_LISTED).await?;
        let issuers = store.link_issuers(organization).await?.into_iter();
        let issuers: HashMap<_, _> = issuers
            .map(|issuer| {
                (
                    (issuer.workspace, issuer.user.id),
                    authority(self.roles(), issuer),
                )
            })
            .collect();
        let now = self.now();
        let visible = links
            .into_iter()
            .filter(|link| workspaces.contains(&link.workspace));
        let details = |link: InvitationLinkRecord| {
            let issuer = link
                .issuer
                .and_then(|id| issuers.get(&(link.workspace, id)));
            let decision = check_link_valid(&link, issuer, self.roles(), Trace::new());
            let mut details = InvitationLinkDetails::of(link, now);
            let active = details.state == InvitationLinkStatus::Active;
            details.invalid = decision.refusal.filter(|_| active);
            details
        };
        Ok(visible.map(details).collect())
    }

    /// The workspaces of an organization that a member may invite to. If there
    /// are none, the decision says why.
    pub(crate) fn invitable_workspaces(
        &self,
        contexts: Vec<MemberContext>,
    ) -> Result<Vec<Id<Workspace>>, Decision> {
        let permission = Permission::AddNewUserToWorkspace;
        let mut decision =
            check_workspace_permission(None, permission, Refusal::WorkspaceNotInOrganization);
        let mut invitable_workspaces = Vec::new();
        for context in contexts_if_member(contexts) {
            let workspace = context.workspace;
            let authority = authority(self.roles(), context);
            decision =
                check_workspace_permission(Some(&authority), permission, Refusal::InsufficientRole);
            if decision.refusal.is_none() {
                invitable_workspaces.push(workspace);
            }
        }
        if invitable_workspaces.is_empty() {
            return Err(decision);
        }
        Ok(invitable_workspaces)
    }
}

/// The contexts of a user in an organization's workspaces; none if the user is
/// not in the organization, which is then refused as if it did not exist.
pub(crate) fn contexts_if_member(contexts: Vec<MemberContext>) -> Vec<MemberContext> {
    let is_member = contexts
        .iter()
        .any(|context| context.owner == context.user.id || context.is_member());
    if is_member { contexts } else { Vec::new() }
}

//! Links that let several people into a workspace: making, listing and
//! revoking them. What a link may say is in [`terms`], joining by one in
//! [`join`].
//!
//! Whoever may invite to a workspace makes its links, sees them all, and
//! revokes any of them, also one for a role that they could not give: taking a
//! link away lets nobody in.
//!
//! Not here: invitations that are for one address (`invitations`).

mod join;
mod terms;

use std::collections::HashMap;

use freehold_domain::{
    AuditAction, Decision, Id, InvitationLink, Level, Organization, Permission, PlainToken,
    Refusal, Role, Timestamp, Trace, Workspace,
};
use freehold_store::{InvitationLinkRecord, MemberContext, Rule};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::access::{
    Authority, Caller, authority, check_link_valid, check_may_assign, check_workspace_permission,
    into_refusal,
};
use crate::command::{Command, CommandOutput, Event, Outcome, RequestContext, sealed_secret};
use crate::invitations::JoinedWorkspace;
use crate::runtime::App;
use terms::{domains, end, parse_max_uses};

/// What people become who are invited to nothing else.
pub(crate) const DEFAULT_ROLE: &str = "viewer";

/// A list shows the newest so many.
const MAX_LISTED: i64 = 1_000;

/// A link to be made. What is left out has a default.
#[derive(Clone, Debug, Default)]
pub struct NewInvitationLink {
    /// What people become by it: `viewer`.
    pub role: Option<String>,
    /// Where: the organization's default workspace.
    pub workspace: Option<Id<Workspace>>,
    /// How many it lets in: as many as come.
    pub max_uses: Option<i64>,
    /// Whose addresses it is for, with their subdomains: anybody's.
    pub allowed_domains: Option<Vec<String>>,
    /// How long it is good: for a week.
    pub expiry: InvitationLinkExpiry,
}

/// Until when a link is good; at most a year.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum InvitationLinkExpiry {
    /// For a week.
    #[default]
    Default,
    /// For so many days.
    InDays(i64),
    /// Until then.
    At(Timestamp),
}

/// Whether a link lets anybody in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum InvitationLinkState {
    /// It does.
    Active,
    /// Its time is over.
    Expired,
    /// Somebody made it void.
    Revoked,
    /// It has let in as many as it may.
    UsedUp,
}

impl InvitationLinkState {
    /// As clients read it.
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
        } else if link.max_uses.is_some_and(|most| link.uses >= most) {
            Self::UsedUp
        } else if link.expires_at.is_some_and(|end| end <= now) {
            Self::Expired
        } else {
            Self::Active
        }
    }
}

/// A link as those see it who manage members. What it holds is not among it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct InvitationLinkDetails {
    /// The row.
    pub link: InvitationLinkRecord,
    /// What becomes of it at this moment.
    pub state: InvitationLinkState,
    /// Why an active one lets nobody in. Only a list says so: whoever has just
    /// made a link stands behind it, and one that was revoked is not active.
    #[serde(skip)]
    pub invalid: Option<Refusal>,
}

impl InvitationLinkDetails {
    fn of(link: InvitationLinkRecord, now: Timestamp) -> Self {
        Self {
            state: InvitationLinkState::of(&link, now),
            link,
            invalid: None,
        }
    }
}

/// A link that was just made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CreatedInvitationLink {
    /// All but its secret.
    pub details: InvitationLinkDetails,
    /// What to hand out. It is told once, and not in a rehearsal, whose link
    /// would open nothing.
    #[serde(with = "sealed_secret::optional")]
    pub url: Option<SecretString>,
}

impl App {
    /// Makes a link. Only here is its secret told.
    ///
    /// # Errors
    /// [`Refusal::WorkspaceNotInOrganization`], also for those who are not in
    /// the organization; [`Refusal::InsufficientRole`]; [`Refusal::RoleNameInvalid`];
    /// [`Refusal::InvalidField`].
    pub async fn create_invitation_link(
        &self,
        caller: &Caller,
        context: &RequestContext,
        organization: Id<Organization>,
        new: &NewInvitationLink,
    ) -> Outcome<CommandOutput<CreatedInvitationLink>> {
        let command = self.command(caller.actor(), context, AuditAction::InvitationLinkCreated);
        let attempt = || self.create_link_once(&command, caller, organization, new);
        command.run(attempt, |_| None).await
    }

    async fn create_link_once(
        &self,
        command: &Command<'_>,
        caller: &Caller,
        organization: Id<Organization>,
        new: &NewInvitationLink,
    ) -> Outcome<CommandOutput<CreatedInvitationLink>> {
        let mut work = command.begin();
        work.tx.lock_organization(organization);
        let contexts = work
            .tx
            .member_contexts_in(organization, caller.user.id)
            .await?;
        let role = new.role.as_deref().unwrap_or(DEFAULT_ROLE);
        let (place, decision) = self.check_create_link(contexts, new.workspace, role);
        let Some(place) = place.filter(|_| decision.refusal.is_none()) else {
            return Err(command.refuse(Some(organization), Some(organization.uuid()), decision));
        };
        let token = PlainToken::generate(self.random());
        let link = InvitationLinkRecord {
            id: Id::generate(self.random(), work.now),
            organization,
            workspace: place.member_context().workspace,
            role: role.to_owned(),
            max_uses: parse_max_uses(new.max_uses)?,
            uses: 0,
            allowed_domains: domains(new.allowed_domains.as_deref())?,
            expires_at: Some(end(new.expiry, work.now)?),
            revoked_at: None,
            issuer: Some(caller.user.id),
            issuer_email: Some(caller.user.email.clone()),
            issuer_username: caller.user.username.clone(),
            created_at: Some(work.now),
        };
        work.tx.insert_invitation_link(&link, token.hashed().hex());
        let event = Event::new(AuditAction::InvitationLinkCreated, link.id.uuid());
        work.record(event.in_organization(organization).with_details(json!({
            "workspace": link.workspace,
            "role": link.role,
            "max_uses": link.max_uses,
            "allowed_domains": link.allowed_domains,
        })));
        let url = (!command.context.dry_run).then(|| self.link_url(&link, &token));
        let details = InvitationLinkDetails::of(link, work.now);
        work.commit(CreatedInvitationLink { details, url }).await
    }

    /// Where the link would lead, and whether it may be made.
    fn check_create_link(
        &self,
        contexts: Vec<MemberContext>,
        workspace: Option<Id<Workspace>>,
        role: &str,
    ) -> (Option<Authority>, Decision) {
        let roles = self.roles();
        let mut workspaces = contexts_if_member(contexts).into_iter();
        let place = match workspace {
            Some(id) => workspaces.find(|it| it.workspace == id),
            None => workspaces.next(),
        };
        let place = place.map(|context| authority(roles, context));
        let Some(authority) = place else {
            let mut trace = Trace::new();
            trace.step("has_workspace", "no such workspace", false);
            let refusal = Refusal::WorkspaceNotInOrganization;
            return (None, Decision::refused(refusal, trace));
        };
        let permission = Permission::AddNewUserToWorkspace;
        let decision =
            check_workspace_permission(Some(&authority), permission, Refusal::InsufficientRole);
        if decision.refusal.is_some() {
            return (None, decision);
        }
        let mut trace = decision.trace;
        // Ownership changes hands by transfer alone.
        let found = roles
            .find(Level::Workspace, role)
            .filter(|found| found.slug() != Role::Owner.as_str());
        trace.step("role_exists", role, found.is_some());
        let Some(role) = found else {
            let refusal = Refusal::RoleNameInvalid(role.to_owned());
            return (None, Decision::refused(refusal, trace));
        };
        let decision = check_may_assign(&authority, role, trace);
        (Some(authority), decision)
    }

    fn link_url(&self, link: &InvitationLinkRecord, token: &PlainToken) -> SecretString {
        // Neither ids nor tokens hold a character that a URL would not.
        let url = format!(
            "{}/auth?invitation_link={}&organization_id={}&workspace_id={}",
            self.settings().public_url,
            token.expose_secret(),
            link.organization,
            link.workspace,
        );
        url.into()
    }

    /// The newest links of an organization to the workspaces that the caller
    /// may invite to.
    ///
    /// # Errors
    /// [`Refusal::WorkspaceNotInOrganization`] for those who are not in the
    /// organization; [`Refusal::InsufficientRole`] for those who may invite nowhere.
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
            .map(|it| ((it.workspace, it.user.id), authority(self.roles(), it)))
            .collect();
        let now = self.now();
        let visible = links
            .into_iter()
            .filter(|it| workspaces.contains(&it.workspace));
        let file = |link: InvitationLinkRecord| {
            let issuer = link
                .issuer
                .and_then(|id| issuers.get(&(link.workspace, id)));
            let decision = check_link_valid(&link, issuer, self.roles(), Trace::new());
            let mut file = InvitationLinkDetails::of(link, now);
            let active = file.state == InvitationLinkState::Active;
            file.invalid = decision.refusal.filter(|_| active);
            file
        };
        Ok(visible.map(file).collect())
    }

    /// The workspaces of an organization that somebody may invite to.
    pub(crate) fn invitable_workspaces(
        &self,
        contexts: Vec<MemberContext>,
    ) -> Result<Vec<Id<Workspace>>, Decision> {
        let permission = Permission::AddNewUserToWorkspace;
        let mut last =
            check_workspace_permission(None, permission, Refusal::WorkspaceNotInOrganization);
        let mut invitable_workspaces = Vec::new();
        for context in contexts_if_member(contexts) {
            let workspace = context.workspace;
            let authority = authority(self.roles(), context);
            last =
                check_workspace_permission(Some(&authority), permission, Refusal::InsufficientRole);
            if last.refusal.is_none() {
                invitable_workspaces.push(workspace);
            }
        }
        if invitable_workspaces.is_empty() {
            return Err(last);
        }
        Ok(invitable_workspaces)
    }

    /// Makes a link void: nobody joins by it any more. To revoke it again
    /// changes nothing.
    ///
    /// # Errors
    /// [`Refusal::InvitationLinkNotFound`], also for links of others;
    /// [`Refusal::InsufficientRole`].
    pub async fn revoke_invitation_link(
        &self,
        caller: &Caller,
        context: &RequestContext,
        organization: Id<Organization>,
        link: Id<InvitationLink>,
    ) -> Outcome<CommandOutput<InvitationLinkDetails>> {
        let command = self.command(caller.actor(), context, AuditAction::InvitationLinkRevoked);
        let attempt = || self.revoke_link_once(&command, caller, organization, link);
        command.run(attempt, |_| None).await
    }

    async fn revoke_link_once(
        &self,
        command: &Command<'_>,
        caller: &Caller,
        organization: Id<Organization>,
        id: Id<InvitationLink>,
    ) -> Outcome<CommandOutput<InvitationLinkDetails>> {
        let mut work = command.begin();
        work.tx.lock_organization(organization);
        let found = work.tx.invitation_link(id, organization).await?;
        let contexts = work
            .tx
            .member_contexts_in(organization, caller.user.id)
            .await?;
        let mut link = match found {
            Some(link) if !contexts_if_member(contexts.clone()).is_empty() => link,
            _ => return Err(Refusal::InvitationLinkNotFound.into()),
        };
        let acting_member = contexts
            .into_iter()
            .find(|it| it.workspace == link.workspace)
            .map(|context| authority(self.roles(), context));
        let permission = Permission::AddNewUserToWorkspace;
        let decision = check_workspace_permission(
            acting_member.as_ref(),
            permission,
            Refusal::InsufficientRole,
        );
        if decision.refusal.is_some() {
            return Err(command.refuse(Some(organization), Some(id.uuid()), decision));
        }
        let now = work.now;
        if link.revoked_at.is_none() {
            work.tx.revoke_invitation_link(id, caller.user.id, now);
            link.revoked_at = Some(now);
            let event = Event::new(AuditAction::InvitationLinkRevoked, id.uuid());
            let details = json!({ "workspace": link.workspace, "uses": link.uses });
            work.record(event.in_organization(organization).with_details(details));
        }
        work.commit(InvitationLinkDetails::of(link, now)).await
    }

    /// Lets the caller into a workspace by the secret of a link. Somebody who
    /// is in no organization yet may ask as well.
    ///
    /// # Errors
    /// [`Refusal::InvitationLinkNotFound`], and whatever else is said of links;
    /// [`Refusal::AlreadyWorkspaceMember`], which counts no use;
    /// [`Refusal::InvitationLinkAlreadyUsed`] for whoever came by it once and is
    /// no member any more.
    pub async fn use_invitation_link(
        &self,
        caller: &Caller,
        context: &RequestContext,
        token: &str,
    ) -> Outcome<CommandOutput<JoinedWorkspace>> {
        let command = self.command(caller.actor(), context, AuditAction::InvitationLinkUsed);
        let refusal_of_rule = |rule| match rule {
            Rule::InvitationLinkUses => Some(Refusal::InvitationLinkUsedUp),
            Rule::InvitationLinkUser => Some(Refusal::InvitationLinkAlreadyUsed),
            _ => None,
        };
        let attempt = || self.use_link_once(&command, caller, token);
        command.run(attempt, refusal_of_rule).await
    }
}

/// What somebody is in an organization's workspaces: nothing, for those who
/// are not in it. They see it as if it were not there.
pub(crate) fn contexts_if_member(contexts: Vec<MemberContext>) -> Vec<MemberContext> {
    let inside = contexts.iter().any(|it| {
        it.owner == it.user.id || it.organization_role.is_some() || it.workspace_role.is_some()
    });
    if inside { contexts } else { Vec::new() }
}

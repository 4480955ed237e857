//! Creating an invitation link.

use freehold_domain::{
    AuditAction, Decision, Id, Level, Organization, Permission, PlainToken, Refusal, Role, Trace,
    Workspace,
};
use freehold_store::{InvitationLinkRecord, MemberContext};
use secrecy::SecretString;
use serde_json::json;

use super::limits::{domains, end, parse_max_uses};
use super::{
    CreatedInvitationLink, DEFAULT_ROLE, InvitationLinkDetails, NewInvitationLink,
    contexts_if_member,
};
use crate::access::{Authority, Caller, authority, check_may_assign, check_workspace_permission};
use crate::command::{Command, CommandOutput, Event, Outcome, RequestContext};
use crate::runtime::App;

impl App {
    /// Creates a link. Its secret is returned only here.
    ///
    /// # Errors
    /// [`Refusal::WorkspaceNotInOrganization`], also if the caller is not in
    /// the organization; [`Refusal::InsufficientRole`];
    /// [`Refusal::RoleNameInvalid`]; [`Refusal::InvalidField`].
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
        let (target, decision) = self.check_create_link(contexts, new.workspace, role);
        let Some(target) = target.filter(|_| decision.refusal.is_none()) else {
            return Err(command.refuse(Some(organization), Some(organization.uuid()), decision));
        };
        let token = PlainToken::generate(self.random());
        let link = InvitationLinkRecord {
            id: Id::generate(self.random(), work.now),
            organization,
            workspace: target.member_context().workspace,
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

    /// The workspace of the new link, and whether the caller may create the
    /// link.
    fn check_create_link(
        &self,
        contexts: Vec<MemberContext>,
        workspace: Option<Id<Workspace>>,
        role: &str,
    ) -> (Option<Authority>, Decision) {
        let roles = self.roles();
        let mut workspaces = contexts_if_member(contexts).into_iter();
        let context = match workspace {
            Some(id) => workspaces.find(|context| context.workspace == id),
            None => workspaces.next(),
        };
        let context = context.map(|context| authority(roles, context));
        let Some(authority) = context else {
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
        // Only an ownership transfer makes an owner.
        let definition = roles
            .find(Level::Workspace, role)
            .filter(|definition| definition.slug() != Role::Owner.as_str());
        trace.step("role_exists", role, definition.is_some());
        let Some(role) = definition else {
            let refusal = Refusal::RoleNameInvalid(role.to_owned());
            return (None, Decision::refused(refusal, trace));
        };
        let decision = check_may_assign(&authority, role, trace);
        (Some(authority), decision)
    }

    fn link_url(&self, link: &InvitationLinkRecord, token: &PlainToken) -> SecretString {
        // Ids and tokens have no character that a URL would have to escape.
        let url = format!(
            "{}/auth?invitation_link={}&organization_id={}&workspace_id={}",
            self.settings().public_url,
            token.expose_secret(),
            link.organization,
            link.workspace,
        );
        url.into()
    }
}

//! Issuing an invitation, and sending it again.

use freehold_domain::{
    AuditAction, Decision, Email, Id, Invitation, Level, Organization, Project, Refusal, Role,
    Timestamp, Trace, Workspace,
};
use freehold_store::{
    InvitationRecord, InvitationRenewal, InvitationRow, Rule, Target, Tx, UserRecord,
};
use serde_json::json;

use super::{
    INVITATION_LIFETIME, InvitationLinkData, InvitationReference, InvitationTokens, SentInvitation,
    invitation_link,
};
use crate::access::{Authority, Caller, authority, check_invite_permission, check_may_assign};
use crate::command::{Command, CommandOutput, Event, Outcome, RequestContext, UnitOfWork};
use crate::email::EmailJob;
use crate::runtime::App;

/// A request to invite an address to a workspace.
#[derive(Clone, Debug)]
pub struct NewInvitation {
    /// The organization of the workspace; `None` if it is not an id.
    pub organization: Option<Id<Organization>>,
    /// The workspace; `None` if it is not an id.
    pub workspace: Option<Id<Workspace>>,
    /// The invitee.
    pub email: Email,
    /// The role that the invitee gets.
    pub role: String,
}

/// A workspace that the caller may invite to, with the trace of that decision.
pub(super) struct InvitableWorkspace {
    acting_member: Authority,
    pub(super) organization: Id<Organization>,
    pub(super) workspace: Id<Workspace>,
    project: Id<Project>,
    trace: Trace,
}

impl App {
    /// Invites an address to a workspace. If the server sends email, the link
    /// is sent to the address only; otherwise the link is returned.
    ///
    /// # Errors
    /// In this order: [`Refusal::WorkspaceNotInOrganization`],
    /// [`Refusal::InsufficientRole`], [`Refusal::SelfInvitation`],
    /// [`Refusal::AlreadyInWorkspace`], [`Refusal::RoleNameInvalid`],
    /// [`Refusal::InsufficientRole`] for a role that is not below the caller,
    /// [`Refusal::TooManyAttempts`].
    pub async fn invite(
        &self,
        caller: &Caller,
        context: &RequestContext,
        new: &NewInvitation,
    ) -> Outcome<CommandOutput<SentInvitation>> {
        let command = self.command(caller.actor(), context, AuditAction::InvitationIssued);
        let tokens = self.invitation_tokens().await?;
        let refusal_of_rule =
            |rule| (rule == Rule::OneOpenInvitation).then_some(Refusal::AlreadyInWorkspace);
        command
            .run(
                || self.invite_once(&command, caller, new, tokens),
                refusal_of_rule,
            )
            .await
    }

    async fn invite_once(
        &self,
        command: &Command<'_>,
        caller: &Caller,
        new: &NewInvitation,
        tokens: &InvitationTokens,
    ) -> Outcome<CommandOutput<SentInvitation>> {
        let at = path_ids(new.organization, new.workspace);
        let (organization, workspace) = at;
        let email = new.email.as_str();
        let mut work = command.begin();
        work.tx.lock_organization(organization);
        let refuse =
            |decision| command.refuse(Some(organization), Some(workspace.uuid()), decision);
        let invitee = (Some(email), new.role.as_str());
        let (user, now) = (&caller.user, work.now);
        let target_workspace = self
            .check_invite(&mut work.tx, user, at, invitee, now)
            .await?;
        let target_workspace = target_workspace.map_err(refuse)?;
        work.check_quota(organization, 1).await?;
        self.count_invitations(&mut work.tx, organization, 1, work.now)
            .await?;

        let id = Id::generate(self.random(), work.now);
        let token = tokens.of(id.uuid(), 1);
        let mailed = self.settings().sends_email;
        let row = InvitationRow {
            id,
            token: token.hashed().hex(),
            email: email.to_owned(),
            role: new.role.clone(),
            workspace,
            organization,
            project: Some(target_workspace.project),
            expires_at: work.now + INVITATION_LIFETIME,
            issuer: Some(caller.user.id),
            mailed,
            now: work.now,
        };
        work.tx
            .expire_overdue_invitations(workspace, &[email], work.now);
        work.tx.insert_invitations(vec![row]);
        let event =
            Event::new(AuditAction::InvitationIssued, id.uuid()).in_organization(organization);
        work.record(event.with_details(json!({
            "workspace": workspace, "role": new.role, "mailed": mailed, "trace": target_workspace.trace,
        })));
        self.commit_and_send(work, &target_workspace, id, 1, email, tokens)
            .await
    }

    /// Sends an invitation again, with a new link and a new expiry; the earlier
    /// link stops working. The caller becomes the issuer. An expired invitation
    /// can be sent again.
    ///
    /// # Errors
    /// As [`App::invite`]; [`Refusal::NoOpenInvitation`] if no invitation is
    /// open; for an id also [`Refusal::InvitationNotFound`], the only answer
    /// for callers outside of the organization.
    pub async fn resend_invitation(
        &self,
        caller: &Caller,
        context: &RequestContext,
        reference: &InvitationReference,
    ) -> Outcome<CommandOutput<SentInvitation>> {
        let command = self.command(caller.actor(), context, AuditAction::InvitationResent);
        let tokens = self.invitation_tokens().await?;
        command
            .run(
                || self.resend_invitation_once(&command, caller, reference, tokens),
                |_| None,
            )
            .await
    }

    async fn resend_invitation_once(
        &self,
        command: &Command<'_>,
        caller: &Caller,
        reference: &InvitationReference,
        tokens: &InvitationTokens,
    ) -> Outcome<CommandOutput<SentInvitation>> {
        let mut work = command.begin();
        let (target_workspace, invitation) = self
            .find_invitation(command, &mut work, caller, reference)
            .await?;
        let InvitationRecord {
            id,
            email,
            role,
            generation,
            ..
        } = invitation;
        let (organization, target) = (target_workspace.organization, Some(id.uuid()));
        let refuse = |decision| command.refuse(Some(organization), target, decision);
        let target_workspace = self.check_role(target_workspace, &role).map_err(refuse)?;
        self.count_invitations(&mut work.tx, organization, 1, work.now)
            .await?;
        let mailed = self.settings().sends_email;
        work.tx.renew_invitation(InvitationRenewal {
            id,
            generation,
            token: tokens.of(id.uuid(), generation + 1).hashed().hex(),
            project: Some(target_workspace.project),
            expires_at: work.now + INVITATION_LIFETIME,
            issuer: caller.user.id,
            mailed,
            now: work.now,
        });
        let event =
            Event::new(AuditAction::InvitationResent, id.uuid()).in_organization(organization);
        work.record(event.with_details(json!({
            "workspace": target_workspace.workspace, "role": role, "mailed": mailed,
            "generation": generation + 1, "trace": target_workspace.trace,
        })));
        self.commit_and_send(work, &target_workspace, id, generation + 1, &email, tokens)
            .await
    }

    /// Whether `user` may invite an address to a workspace with this role.
    /// Without an address, the checks of the invitee are skipped. Writes
    /// nothing.
    async fn check_invite(
        &self,
        tx: &mut Tx,
        user: &UserRecord,
        at: (Id<Organization>, Id<Workspace>),
        (email, role): (Option<&str>, &str),
        now: Timestamp,
    ) -> Outcome<Result<InvitableWorkspace, Decision>> {
        let (_, workspace) = at;
        let target = email.map_or(Target::None, Target::Email);
        let (acting_member, other) = tx.member_contexts(workspace, user.id, target).await?;
        let acting_member =
            acting_member.map(|acting_member| authority(self.roles(), acting_member));
        let mut target_workspace = InvitableWorkspace::check(tx, user, acting_member, at).await?;
        if let Some(email) = email {
            let is_member = other.is_some_and(|other| other.workspace_role.is_some());
            let is_candidate = target_workspace.is_ok() && user.email != email && !is_member;
            let open = match is_candidate {
                true => tx.pending_invitation(workspace, email).await?,
                false => None,
            };
            let open = open.is_some_and(|open| !open.has_expired(now));
            target_workspace = target_workspace
                .and_then(|target_workspace| target_workspace.check_not_self(user, email))
                .and_then(|target_workspace| target_workspace.check_not_member(is_member, open));
        }
        Ok(target_workspace.and_then(|target_workspace| self.check_role(target_workspace, role)))
    }

    /// The decision that `user` would get on inviting to a workspace.
    pub(crate) async fn explain_invite(
        &self,
        user: &UserRecord,
        at: (Id<Organization>, Id<Workspace>),
        (email, role): (Option<&Email>, Option<&str>),
    ) -> Outcome<Decision> {
        let role = role.unwrap_or(Role::Viewer.as_str());
        let invitee = (email.map(Email::as_str), role);
        let mut tx = self.store().begin();
        let target_workspace = self
            .check_invite(&mut tx, user, at, invitee, self.now())
            .await?;
        tx.roll_back().await?;
        Ok(match target_workspace {
            Ok(target_workspace) => Decision::allowed(target_workspace.trace),
            Err(decision) => decision,
        })
    }

    /// Checks that the role exists and is below the caller's.
    fn check_role(
        &self,
        target_workspace: InvitableWorkspace,
        role: &str,
    ) -> Result<InvitableWorkspace, Decision> {
        let mut trace = target_workspace.trace;
        let definition = self.roles().find(Level::Workspace, role);
        // Only an ownership transfer makes an owner.
        let definition = definition.filter(|_| role != Role::Owner.as_str());
        trace.step("role_exists", role, definition.is_some());
        let Some(definition) = definition else {
            let refusal = Refusal::RoleNameInvalid(role.to_owned());
            return Err(Decision::refused(refusal, trace));
        };
        let decision = check_may_assign(&target_workspace.acting_member, definition, trace);
        match decision.refusal {
            Some(_) => Err(decision),
            None => Ok(InvitableWorkspace {
                trace: decision.trace,
                ..target_workspace
            }),
        }
    }

    /// Commits, and sends the link by email or returns it.
    async fn commit_and_send(
        &self,
        mut work: UnitOfWork<'_>,
        target_workspace: &InvitableWorkspace,
        id: Id<Invitation>,
        generation: i64,
        email: &str,
        tokens: &InvitationTokens,
    ) -> Outcome<CommandOutput<SentInvitation>> {
        work.queue_emails([EmailJob::Invitation {
            invitation: id.uuid(),
            generation,
        }]);
        let at = InvitationLinkData {
            email,
            organization: target_workspace.organization,
            workspace: target_workspace.workspace,
            project: Some(target_workspace.project),
        };
        let token = tokens.of(id.uuid(), generation);
        let url = invitation_link(&self.settings().public_url, &token, &at);
        let expires_at = work.now + INVITATION_LIFETIME;
        let mailed = self.settings().sends_email;
        // The token follows from the generation, so a link shown by a dry run
        // would work once the invitation is really sent.
        let show_link = !mailed && !work.is_dry_run();
        work.commit(SentInvitation {
            id,
            expires_at,
            mailed,
            url: Some(url).filter(|_| show_link),
        })
        .await
    }
}

/// The ids of a path; a malformed id becomes the nil id, which matches nothing.
pub(super) fn path_ids(
    organization: Option<Id<Organization>>,
    workspace: Option<Id<Workspace>>,
) -> (Id<Organization>, Id<Workspace>) {
    (
        organization.unwrap_or(Id::new(uuid::Uuid::nil())),
        workspace.unwrap_or(Id::new(uuid::Uuid::nil())),
    )
}

impl InvitableWorkspace {
    /// [`InvitableWorkspace::check`] for a command, which also records the
    /// refusal.
    pub(super) async fn check_for_command(
        command: &Command<'_>,
        work: &mut UnitOfWork<'_>,
        caller: &Caller,
        acting_member: Option<Authority>,
        at: (Id<Organization>, Id<Workspace>),
    ) -> Outcome<Self> {
        let target_workspace = Self::check(&mut work.tx, &caller.user, acting_member, at).await?;
        let (organization, workspace) = at;
        target_workspace.map_err(|decision| {
            command.refuse(Some(organization), Some(workspace.uuid()), decision)
        })
    }

    /// The workspace, if `acting_member` may invite to it. Only a member of the
    /// organization or of the workspace learns that the organization has no
    /// such workspace; any other caller is refused for the missing permission.
    async fn check(
        tx: &mut Tx,
        user: &UserRecord,
        acting_member: Option<Authority>,
        (organization, workspace): (Id<Organization>, Id<Workspace>),
    ) -> Outcome<Result<Self, Decision>> {
        let mut decision = check_invite_permission(acting_member.as_ref(), organization);
        let is_organization_member = acting_member
            .as_ref()
            .is_some_and(|acting_member| acting_member.member_context().is_member());
        if decision.refusal == Some(Refusal::WorkspaceNotInOrganization) && !is_organization_member
        {
            let role = tx.organization_role(organization, user.id).await?;
            if role.is_none() {
                decision.refusal = Some(Refusal::InsufficientRole);
            }
        }
        let Some(acting_member) = acting_member.filter(|_| decision.refusal.is_none()) else {
            return Ok(Err(decision));
        };
        // An invitation belongs to a project; only an operator can leave a
        // workspace without one.
        let Some(project) = acting_member.member_context().project else {
            let mut trace = decision.trace;
            trace.step("has_project", "", false);
            return Ok(Err(Decision::refused(Refusal::ProjectNotFound, trace)));
        };
        Ok(Ok(Self {
            acting_member,
            organization,
            workspace,
            project,
            trace: decision.trace,
        }))
    }

    /// The reference API's refusal for a caller who invites their own address.
    pub(super) fn check_not_self(
        mut self,
        user: &UserRecord,
        email: &str,
    ) -> Result<Self, Decision> {
        let other = user.email != email;
        match self.trace.step("not_own_address", "", other) {
            true => Ok(self),
            false => Err(Decision::refused(Refusal::SelfInvitation, self.trace)),
        }
    }

    fn check_not_member(mut self, is_member: bool, is_invited: bool) -> Result<Self, Decision> {
        let passed = self.trace.step("not_a_member", "", !is_member)
            && self.trace.step("not_invited_yet", "", !is_invited);
        match passed {
            true => Ok(self),
            false => Err(Decision::refused(Refusal::AlreadyInWorkspace, self.trace)),
        }
    }
}

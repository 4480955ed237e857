//! Issuing an invitation, and sending it again.

use freehold_domain::{
    AuditAction, Decision, Email, Id, Invitation, Level, Organization, Project, Refusal, Role,
    Timestamp, Trace, Workspace,
};
use freehold_store::{
    InvitationRecord, InvitationRenewal, InvitationRow, Rule, Target, Tx, UserRecord,
};
use serde_json::json;

use super::{Asked, InvitationPlace, InvitationTokens, LASTS, SentInvitation, invitation_link};
use crate::access::{Authority, Caller, authority, may_give, may_invite};
use crate::command::{Command, CommandOutput, Event, Outcome, RequestContext, UnitOfWork};
use crate::email::EmailJob;
use crate::runtime::App;

/// Somebody who is to be asked, and where to.
#[derive(Clone, Debug)]
pub struct NewInvitation {
    /// Where the workspace is said to be; nothing when what was sent is no id.
    pub organization: Option<Id<Organization>>,
    /// Where to; nothing when what was sent is no id.
    pub workspace: Option<Id<Workspace>>,
    /// Whom.
    pub email: Email,
    /// As what.
    pub role: String,
}

/// A workspace that somebody may ask people into, and how that was decided.
pub(super) struct Place {
    own: Authority,
    pub(super) organization: Id<Organization>,
    pub(super) workspace: Id<Workspace>,
    project: Id<Project>,
    trace: Trace,
}

impl App {
    /// Asks somebody to join a workspace. Where a mailer sends letters, the link
    /// goes to the address and nowhere else; else it is the answer.
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
        call: &RequestContext,
        new: &NewInvitation,
    ) -> Outcome<CommandOutput<SentInvitation>> {
        let command = self.command(caller.actor(), call, AuditAction::InvitationIssued);
        let tokens = self.invitation_tokens().await?;
        let taken = |rule| (rule == Rule::OneOpenInvitation).then_some(Refusal::AlreadyInWorkspace);
        command
            .run(|| self.invite_once(&command, caller, new, tokens), taken)
            .await
    }

    async fn invite_once(
        &self,
        command: &Command<'_>,
        caller: &Caller,
        new: &NewInvitation,
        tokens: &InvitationTokens,
    ) -> Outcome<CommandOutput<SentInvitation>> {
        let at = named(new.organization, new.workspace);
        let (organization, workspace) = at;
        let email = new.email.as_str();
        let mut work = command.begin();
        work.tx.lock_organization(organization);
        let no = |decision| command.refuse(Some(organization), Some(workspace.uuid()), decision);
        let asked = (Some(email), new.role.as_str());
        let (user, now) = (&caller.user, work.now);
        let place = self.may_ask(&mut work.tx, user, at, asked, now).await?;
        let place = place.map_err(no)?;
        self.count_invited(&mut work.tx, organization, 1, work.now)
            .await?;

        let id = Id::draw(self.chance(), work.now);
        let token = tokens.of(id.uuid(), 1);
        let mailed = self.settings().mailer;
        let row = InvitationRow {
            id,
            token: token.hashed(),
            email: email.to_owned(),
            role: new.role.clone(),
            workspace,
            organization,
            project: Some(place.project),
            expires_at: work.now + LASTS,
            issuer: Some(caller.user.id),
            mailed,
            now: work.now,
        };
        work.tx
            .expire_overdue_invitations(workspace, &[email], work.now);
        work.tx.insert_invitations(vec![row]);
        let event = Event::on(AuditAction::InvitationIssued, id.uuid()).within(organization);
        work.record(event.with(json!({
            "workspace": workspace, "role": new.role, "mailed": mailed, "trace": place.trace,
        })));
        self.send(work, &place, id, 1, email, tokens).await
    }

    /// Sends an invitation again, with a new link that is good for the whole
    /// time; the link before it is void. Whoever does so answers for it from
    /// then on. One whose time ran out is good again.
    ///
    /// # Errors
    /// As [`App::invite`]; [`Refusal::NoOpenInvitation`] without one that nobody has
    /// answered; for an id also [`Refusal::InvitationNotFound`], which is all
    /// that those outside of the organization hear.
    pub async fn resend_invitation(
        &self,
        caller: &Caller,
        call: &RequestContext,
        asked: &Asked,
    ) -> Outcome<CommandOutput<SentInvitation>> {
        let command = self.command(caller.actor(), call, AuditAction::InvitationResent);
        let tokens = self.invitation_tokens().await?;
        command
            .run(
                || self.resend_once(&command, caller, asked, tokens),
                |_| None,
            )
            .await
    }

    async fn resend_once(
        &self,
        command: &Command<'_>,
        caller: &Caller,
        asked: &Asked,
        tokens: &InvitationTokens,
    ) -> Outcome<CommandOutput<SentInvitation>> {
        let mut work = command.begin();
        let (place, invitation) = self.look_up(command, &mut work, caller, asked).await?;
        let InvitationRecord {
            id,
            email,
            role,
            generation,
            ..
        } = invitation;
        let (organization, target) = (place.organization, Some(id.uuid()));
        let no = |decision| command.refuse(Some(organization), target, decision);
        let place = self.may_send(place, &role).map_err(no)?;
        self.count_invited(&mut work.tx, organization, 1, work.now)
            .await?;
        let mailed = self.settings().mailer;
        work.tx.renew_invitation(InvitationRenewal {
            id,
            generation: generation,
            token: tokens.of(id.uuid(), generation + 1).hashed(),
            project: Some(place.project),
            expires_at: work.now + LASTS,
            issuer: caller.user.id,
            mailed,
            now: work.now,
        });
        let event = Event::on(AuditAction::InvitationResent, id.uuid()).within(organization);
        work.record(event.with(json!({
            "workspace": place.workspace, "role": role, "mailed": mailed,
            "generation": generation + 1, "trace": place.trace,
        })));
        self.send(work, &place, id, generation + 1, &email, tokens)
            .await
    }

    /// Whether `user` may ask somebody into a workspace as `role`. Without an
    /// address it is not looked at who that is. Writes nothing.
    async fn may_ask(
        &self,
        tx: &mut Tx,
        user: &UserRecord,
        at: (Id<Organization>, Id<Workspace>),
        (email, role): (Option<&str>, &str),
        now: Timestamp,
    ) -> Outcome<Result<Place, Decision>> {
        let (_, workspace) = at;
        let target = email.map_or(Target::None, Target::Email);
        let (own, other) = tx.standings(workspace, user.id, target).await?;
        let own = own.map(|own| authority(self.roles(), own));
        let mut place = Place::find(tx, user, own, at).await?;
        if let Some(email) = email {
            let is_member = other.is_some_and(|other| other.workspace_role.is_some());
            let to_ask = place.is_ok() && user.email != email && !is_member;
            let open = match to_ask {
                true => tx.pending_invitation(workspace, email).await?,
                false => None,
            };
            let open = open.is_some_and(|open| !open.has_expired(now));
            place = place
                .and_then(|place| place.not_for(user, email))
                .and_then(|place| place.still_outside(is_member, open));
        }
        Ok(place.and_then(|place| self.may_send(place, role)))
    }

    /// What whoever is `user` would meet who asks somebody into a workspace.
    pub(crate) async fn why_invite(
        &self,
        user: &UserRecord,
        at: (Id<Organization>, Id<Workspace>),
        (email, role): (Option<&Email>, Option<&str>),
    ) -> Outcome<Decision> {
        let role = role.unwrap_or(Role::Viewer.as_str());
        let asked = (email.map(Email::as_str), role);
        let mut tx = self.store().begin();
        let place = self.may_ask(&mut tx, user, at, asked, self.now()).await?;
        tx.roll_back().await?;
        Ok(match place {
            Ok(place) => Decision::allowed(place.trace),
            Err(decision) => decision,
        })
    }

    /// Whether the role is one that can be given, and below who gives it.
    fn may_send(&self, place: Place, role: &str) -> Result<Place, Decision> {
        let mut trace = place.trace;
        let known = self.roles().find(Level::Workspace, role);
        // Ownership changes hands by transfer alone.
        let known = known.filter(|_| role != Role::Owner.as_str());
        trace.step("role_known", role, known.is_some());
        let Some(known) = known else {
            let refusal = Refusal::RoleNameInvalid(role.to_owned());
            return Err(Decision::refused(refusal, trace));
        };
        let decision = may_give(&place.own, known, trace);
        match decision.refusal {
            Some(_) => Err(decision),
            None => Ok(Place {
                trace: decision.trace,
                ..place
            }),
        }
    }

    /// Commits, and lets the link go: by a letter, or as the answer.
    async fn send(
        &self,
        mut work: UnitOfWork<'_>,
        place: &Place,
        id: Id<Invitation>,
        generation: i64,
        email: &str,
        tokens: &InvitationTokens,
    ) -> Outcome<CommandOutput<SentInvitation>> {
        work.post([EmailJob::Invitation {
            invitation: id.uuid(),
            generation,
        }]);
        let at = InvitationPlace {
            email,
            organization: place.organization,
            workspace: place.workspace,
            project: Some(place.project),
        };
        let token = tokens.of(id.uuid(), generation);
        let url = invitation_link(&self.settings().public_url, &token, &at);
        let expires_at = work.now + LASTS;
        let mailed = self.settings().mailer;
        // The token of the next generation is known beforehand: what a rehearsal
        // showed would open something as soon as somebody means it.
        let shown = !mailed && !work.is_rehearsal();
        work.commit(SentInvitation {
            id,
            expires_at,
            mailed,
            url: Some(url).filter(|_| shown),
        })
        .await
    }
}

/// The ids of a path; what is no id is the id of nothing.
pub(super) fn named(
    organization: Option<Id<Organization>>,
    workspace: Option<Id<Workspace>>,
) -> (Id<Organization>, Id<Workspace>) {
    (
        organization.unwrap_or(Id::new(uuid::Uuid::nil())),
        workspace.unwrap_or(Id::new(uuid::Uuid::nil())),
    )
}

impl Place {
    /// [`Place::find`] for a command, which keeps the refusal.
    pub(super) async fn of(
        command: &Command<'_>,
        work: &mut UnitOfWork<'_>,
        caller: &Caller,
        own: Option<Authority>,
        at: (Id<Organization>, Id<Workspace>),
    ) -> Outcome<Self> {
        let place = Self::find(&mut work.tx, &caller.user, own, at).await?;
        let (organization, workspace) = at;
        place.map_err(|no| command.refuse(Some(organization), Some(workspace.uuid()), no))
    }

    /// The workspace, if whoever is `own` may ask people into it. That an
    /// organization has no such workspace is for those to know who are in one
    /// or the other; whoever is in neither has no right, whatever there is.
    async fn find(
        tx: &mut Tx,
        user: &UserRecord,
        own: Option<Authority>,
        (organization, workspace): (Id<Organization>, Id<Workspace>),
    ) -> Outcome<Result<Self, Decision>> {
        let mut decision = may_invite(own.as_ref(), organization);
        let inside = own
            .as_ref()
            .is_some_and(|own| own.standing().organization_role.is_some());
        if decision.refusal == Some(Refusal::WorkspaceNotInOrganization) && !inside {
            let role = tx.organization_role(organization, user.id).await?;
            if role.is_none() {
                decision.refusal = Some(Refusal::InsufficientRole);
            }
        }
        let Some(own) = own.filter(|_| decision.refusal.is_none()) else {
            return Ok(Err(decision));
        };
        // An invitation is tied to a project; only an operator leaves a
        // workspace without one.
        let Some(project) = own.standing().project else {
            let mut trace = decision.trace;
            trace.step("has_project", "", false);
            return Ok(Err(Decision::refused(Refusal::ProjectNotFound, trace)));
        };
        Ok(Ok(Self {
            own,
            organization,
            workspace,
            project,
            trace: decision.trace,
        }))
    }

    /// The contract's word for those who ask themselves.
    pub(super) fn not_for(mut self, user: &UserRecord, email: &str) -> Result<Self, Decision> {
        let other = user.email != email;
        match self.trace.step("is_somebody_else", "", other) {
            true => Ok(self),
            false => Err(Decision::refused(Refusal::SelfInvitation, self.trace)),
        }
    }

    fn still_outside(mut self, is_member: bool, is_invited: bool) -> Result<Self, Decision> {
        let passed = self.trace.step("not_a_member", "", !is_member)
            && self.trace.step("not_invited_yet", "", !is_invited);
        match passed {
            true => Ok(self),
            false => Err(Decision::refused(Refusal::AlreadyInWorkspace, self.trace)),
        }
    }
}

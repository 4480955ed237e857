//! Inviting many at once: every row gets an outcome of its own, those that can
//! be invited are, and all of it is one transaction with the same few
//! statements for one as for a thousand.
//!
//! What is decided about a row is in [`decide`]. Not here: what a single
//! invitation is, and what becomes of it (`invitations`).

mod decide;

use std::collections::HashSet;

use freehold_domain::{AuditAction, Email, Id, Invitation, Organization, Refusal, Workspace};
use freehold_store::InvitationRow;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::access::{Caller, authority};
use crate::command::{Command, CommandOutput, Event, Outcome, RequestContext, sealed_secret};
use crate::email::EmailJob;
use crate::invitations::links::contexts_if_member;
use crate::invitations::{
    INVITATION_LIFETIME, InvitationLinkData, InvitationTokens, invitation_link,
};
use crate::runtime::App;
use decide::{AddressStates, RowChecker, TargetWorkspace};

/// How an invitation reaches the one it is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// A letter is sent to the address.
    Email,
    /// Whoever invites gets the link and passes it on.
    Link,
    /// Not now: it can be sent later.
    None,
}

/// Many people to be invited.
#[derive(Clone, Debug)]
pub struct BulkInvitation {
    /// One each, in order.
    pub rows: Vec<BulkRow>,
    /// The role where a row names none: `viewer`.
    pub role: Option<String>,
    /// The workspace where a row names none: the organization's default one.
    pub workspace: Option<Id<Workspace>>,
    /// By e-mail if letters can be sent, else as links.
    pub delivery: Option<Delivery>,
    /// Where these three stand in the request, for complaints about them.
    pub error_location: &'static str,
}

/// Somebody to be invited, as it was written down.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BulkRow {
    /// What should be an address.
    pub email: String,
    /// What should be a role.
    pub role: Option<String>,
    /// What should be a workspace's id.
    pub workspace: Option<String>,
}

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowStatus {
    /// There is an invitation now.
    Invited,
    /// The person is in the workspace.
    AlreadyMember,
    /// There was an invitation already.
    AlreadyInvited,
    /// Not an address.
    InvalidEmail,
    /// No role has the name.
    InvalidRole,
    /// A role that the caller may not give.
    ForbiddenRole,
    /// The caller's own address.
    Yourself,
    /// A row before this one invites them there.
    Duplicate,
    /// The organization has no such workspace.
    WorkspaceNotFound,
    /// The caller may not invite to this workspace.
    InsufficientRole,
}

impl RowStatus {
    /// All of them, in the order in which they are counted.
    pub const ALL: [Self; 10] = [
        Self::Invited,
        Self::AlreadyMember,
        Self::AlreadyInvited,
        Self::InvalidEmail,
        Self::InvalidRole,
        Self::ForbiddenRole,
        Self::Yourself,
        Self::Duplicate,
        Self::WorkspaceNotFound,
        Self::InsufficientRole,
    ];

    /// As clients read it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Invited => "invited",
            Self::AlreadyMember => "already_member",
            Self::AlreadyInvited => "already_invited",
            Self::InvalidEmail => "invalid_email",
            Self::InvalidRole => "invalid_role",
            Self::ForbiddenRole => "forbidden_role",
            Self::Yourself => "yourself",
            Self::Duplicate => "duplicate",
            Self::WorkspaceNotFound => "workspace_not_found",
            Self::InsufficientRole => "insufficient_role",
        }
    }
}

/// A row and what became of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RowOutcome {
    /// The address in its normal form, or what was there instead.
    pub email: String,
    /// What became of it.
    pub status: RowStatus,
    /// The invitation. In a rehearsal there is none.
    pub id: Option<Id<Invitation>>,
    /// Its link, if the caller is to pass it on.
    #[serde(with = "sealed_secret::optional")]
    pub url: Option<SecretString>,
    /// Why there is none, in a sentence.
    pub detail: Option<String>,
}

impl App {
    /// Invites many. Those that cannot be invited are told why, and are in
    /// nobody's way.
    ///
    /// # Errors
    /// [`Refusal::WorkspaceNotInOrganization`] for those who are not in the
    /// organization; [`Refusal::InsufficientRole`] for those who may invite nowhere in
    /// it; [`Refusal::InvalidField`]; [`Refusal::TooManyAttempts`].
    pub async fn invite_many(
        &self,
        caller: &Caller,
        context: &RequestContext,
        organization: Id<Organization>,
        request: &BulkInvitation,
    ) -> Outcome<CommandOutput<Vec<RowOutcome>>> {
        let command = self.command(caller.actor(), context, AuditAction::InvitationIssued);
        let attempt = || self.invite_many_once(&command, caller, organization, request);
        command.run(attempt, |_| None).await
    }

    async fn invite_many_once(
        &self,
        command: &Command<'_>,
        caller: &Caller,
        organization: Id<Organization>,
        request: &BulkInvitation,
    ) -> Outcome<CommandOutput<Vec<RowOutcome>>> {
        let delivery = self.delivery(request)?;
        let tokens = self.invitation_tokens().await?;
        let mut work = command.begin();
        let now = work.now;
        work.tx.lock_organization(organization);
        let contexts = work
            .tx
            .member_contexts_in(organization, caller.user.id)
            .await?;
        if let Err(decision) = self.invitable_workspaces(contexts.clone()) {
            return Err(command.refuse(Some(organization), Some(organization.uuid()), decision));
        }
        let target_workspaces = contexts_if_member(contexts).into_iter();
        let target_workspaces: Vec<TargetWorkspace> = target_workspaces
            .map(|context| TargetWorkspace::of(authority(self.roles(), context)))
            .collect();
        let emails: Vec<Result<Email, String>> = request.rows.iter().map(parse_address).collect();
        let addresses: HashSet<&str> = emails.iter().flatten().map(Email::as_str).collect();
        let addresses: Vec<&str> = addresses.into_iter().collect();
        let states = work.tx.addresses_in_use(organization, &addresses).await?;
        let states = AddressStates::of(states, now);

        let mut checker = RowChecker::new(self, caller, &target_workspaces, &states);
        let mut outcomes = Vec::with_capacity(request.rows.len());
        let mut invitations = Vec::new();
        for (row, email) in request.rows.iter().zip(emails) {
            let number = outcomes.len() + 1;
            outcomes.push(match checker.check_row(request, row, email, number) {
                Ok((email, target_workspace, role)) => {
                    let id = Id::generate(self.random(), now);
                    let context = target_workspace.authority.member_context();
                    invitations.push(InvitationRow {
                        id,
                        token: tokens.of(id.uuid(), 1).hashed().hex(),
                        email: email.as_str().to_owned(),
                        role: role.slug().to_owned(),
                        workspace: context.workspace,
                        organization,
                        project: context.project,
                        expires_at: now + INVITATION_LIFETIME,
                        issuer: Some(caller.user.id),
                        mailed: delivery == Delivery::Email,
                        now,
                    });
                    RowOutcome {
                        email: email.as_str().to_owned(),
                        status: RowStatus::Invited,
                        id: Some(id),
                        url: None,
                        detail: None,
                    }
                }
                Err(refused) => refused,
            });
        }
        if !invitations.is_empty() {
            let count = invitations.len();
            self.count_invitations(&mut work.tx, organization, count, now)
                .await?;
        }
        for (workspace, emails) in states.overdue_of(&invitations) {
            work.tx.expire_overdue_invitations(workspace, &emails, now);
        }
        let links = (delivery == Delivery::Link && !command.context.dry_run).then_some(tokens);
        let mut created = invitations.iter();
        for outcome in &mut outcomes {
            let invitation = match outcome.status {
                RowStatus::Invited => created.next(),
                _ => None,
            };
            if let Some(invitation) = invitation {
                let event = Event::new(AuditAction::InvitationIssued, invitation.id.uuid());
                work.record(event.in_organization(organization).with_details(json!({
                    "email": invitation.email,
                    "workspace": invitation.workspace,
                    "role": invitation.role,
                })));
                outcome.url = links.map(|tokens| self.invitation_url(tokens, invitation));
                // What a rehearsal draws is never seen again.
                outcome.id = outcome.id.filter(|_| !command.context.dry_run);
            }
        }
        if delivery == Delivery::Email {
            work.queue_emails(invitations.iter().map(|it| EmailJob::Invitation {
                invitation: it.id.uuid(),
                generation: 1,
            }));
        }
        work.tx.insert_invitations(invitations);
        work.commit(outcomes).await
    }

    fn delivery(&self, request: &BulkInvitation) -> Result<Delivery, Refusal> {
        let mailer = self.settings().sends_email;
        match request.delivery {
            Some(Delivery::Email) if !mailer => Err(Refusal::InvalidField {
                location: request.error_location,
                field: "delivery".to_owned(),
                problem: "this server sends no e-mail; choose link or none".to_owned(),
            }),
            Some(delivery) => Ok(delivery),
            None if mailer => Ok(Delivery::Email),
            None => Ok(Delivery::Link),
        }
    }

    fn invitation_url(
        &self,
        tokens: &InvitationTokens,
        invitation: &InvitationRow,
    ) -> SecretString {
        let target_workspace = InvitationLinkData {
            email: &invitation.email,
            organization: invitation.organization,
            workspace: invitation.workspace,
            project: invitation.project,
        };
        let token = tokens.of(invitation.id.uuid(), 1);
        invitation_link(&self.settings().public_url, &token, &target_workspace)
    }
}

fn parse_address(row: &BulkRow) -> Result<Email, String> {
    Email::parse(&row.email).map_err(|error| error.to_string())
}

//! Inviting many addresses at once. Every row has its own outcome, and all rows
//! share one transaction, with the same number of statements for one row as for
//! a thousand.
//!
//! The decision about a row is in [`decide`]. Not here: single invitations and
//! their life cycle (`invitations`).

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

/// How an invitation reaches the invitee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    /// An email is sent to the address.
    Email,
    /// The caller gets the link and passes it on.
    Link,
    /// Not at all; it can be sent later.
    None,
}

/// A request to invite many addresses.
#[derive(Clone, Debug)]
pub struct BulkInvitation {
    /// The invitees, in order.
    pub rows: Vec<BulkRow>,
    /// The role for rows without one; default: `viewer`.
    pub role: Option<String>,
    /// The workspace for rows without one; default: the organization's default
    /// workspace.
    pub workspace: Option<Id<Workspace>>,
    /// Default: by email if the server sends email, else as links.
    pub delivery: Option<Delivery>,
    /// The part of the request that these fields are in, for error texts.
    pub error_location: &'static str,
}

/// An invitee, as sent by the client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BulkRow {
    /// The address.
    pub email: String,
    /// The role.
    pub role: Option<String>,
    /// The id of the workspace.
    pub workspace: Option<String>,
}

/// The outcome of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RowStatus {
    /// An invitation was created.
    Invited,
    /// The user is a member of the workspace.
    AlreadyMember,
    /// There was an open invitation already.
    AlreadyInvited,
    /// The text is not an email address.
    InvalidEmail,
    /// No role has the name.
    InvalidRole,
    /// The caller may not give the role.
    ForbiddenRole,
    /// It is the caller's own address.
    Yourself,
    /// An earlier row invites the address to the same workspace.
    Duplicate,
    /// The organization has no workspace with this id.
    WorkspaceNotFound,
    /// The caller may not invite to this workspace.
    InsufficientRole,
}

impl RowStatus {
    /// All values, in the order of the summary.
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

    /// The name in the API.
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

/// A row and its outcome.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RowOutcome {
    /// The normalized address, or the text that was sent instead of one.
    pub email: String,
    /// The outcome.
    pub status: RowStatus,
    /// The invitation; absent in a dry run.
    pub id: Option<Id<Invitation>>,
    /// The link, if the caller has to pass it on.
    #[serde(with = "sealed_secret::optional")]
    pub url: Option<SecretString>,
    /// Why no invitation was created, in a sentence.
    pub detail: Option<String>,
}

impl App {
    /// Invites many addresses. A row that cannot be invited gets a reason and
    /// does not affect the others.
    ///
    /// # Errors
    /// [`Refusal::WorkspaceNotInOrganization`] if the caller is not in the
    /// organization; [`Refusal::InsufficientRole`] if the caller may not invite
    /// to any of its workspaces; [`Refusal::InvalidField`];
    /// [`Refusal::TooManyAttempts`].
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
            work.check_quota(organization, count).await?;
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
                // The id of a dry run is never stored.
                outcome.id = outcome.id.filter(|_| !command.context.dry_run);
            }
        }
        if delivery == Delivery::Email {
            work.queue_emails(invitations.iter().map(|invitation| EmailJob::Invitation {
                invitation: invitation.id.uuid(),
                generation: 1,
            }));
        }
        work.tx.insert_invitations(invitations);
        work.commit(outcomes).await
    }

    fn delivery(&self, request: &BulkInvitation) -> Result<Delivery, Refusal> {
        let sends_email = self.settings().sends_email;
        match request.delivery {
            Some(Delivery::Email) if !sends_email => Err(Refusal::InvalidField {
                location: request.error_location,
                field: "delivery".to_owned(),
                problem: "this server sends no email; choose link or none".to_owned(),
            }),
            Some(delivery) => Ok(delivery),
            None if sends_email => Ok(Delivery::Email),
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

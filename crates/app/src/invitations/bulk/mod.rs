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
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::access::{Caller, authority};
use crate::command::{Command, CommandOutput, Event, Outcome, RequestContext};
use crate::email::EmailJob;
use crate::invitations::links::members_only;
use crate::invitations::{InvitationPlace, InvitationTokens, LASTS, invitation_link};
use crate::runtime::App;
use decide::{Known, Place, Sorting};

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
    pub said_in: &'static str,
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
#[derive(Clone, Serialize, Deserialize)]
pub struct RowOutcome {
    /// The address in its normal form, or what was there instead.
    pub email: String,
    /// What became of it.
    pub status: RowStatus,
    /// The invitation. In a rehearsal there is none.
    pub id: Option<Id<Invitation>>,
    /// Its link, if the caller is to pass it on.
    pub url: Option<String>,
    /// Why there is none, in a sentence.
    pub detail: Option<String>,
}

impl std::fmt::Debug for RowOutcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "RowOutcome({}, {})", self.email, self.status.as_str())
    }
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
        call: &RequestContext,
        organization: Id<Organization>,
        wanted: &BulkInvitation,
    ) -> Outcome<CommandOutput<Vec<RowOutcome>>> {
        let command = self.command(caller.actor(), call, AuditAction::InvitationIssued);
        let attempt = || self.invite_many_once(&command, caller, organization, wanted);
        command.run(attempt, |_| None).await
    }

    async fn invite_many_once(
        &self,
        command: &Command<'_>,
        caller: &Caller,
        organization: Id<Organization>,
        wanted: &BulkInvitation,
    ) -> Outcome<CommandOutput<Vec<RowOutcome>>> {
        let delivery = self.delivery(wanted)?;
        let tokens = self.invitation_tokens().await?;
        let mut work = command.begin();
        let now = work.now;
        work.tx.lock_organization(organization);
        let standings = work
            .tx
            .member_contexts_in(organization, caller.user.id)
            .await?;
        if let Err(decision) = self.managed(standings.clone()) {
            return Err(command.refuse(Some(organization), Some(organization.uuid()), decision));
        }
        let places = members_only(standings).into_iter();
        let places: Vec<Place> = places
            .map(|standing| Place::of(authority(self.roles(), standing)))
            .collect();
        let emails: Vec<Result<Email, String>> = wanted.rows.iter().map(address).collect();
        let asked: HashSet<&str> = emails.iter().flatten().map(Email::as_str).collect();
        let asked: Vec<&str> = asked.into_iter().collect();
        let known = work.tx.addresses_in_use(organization, &asked).await?;
        let known = Known::of(known, now);

        let mut sorting = Sorting::new(self, caller, &places, &known);
        let mut outcomes = Vec::with_capacity(wanted.rows.len());
        let mut invitations = Vec::new();
        for (row, email) in wanted.rows.iter().zip(emails) {
            let number = outcomes.len() + 1;
            outcomes.push(match sorting.look_at(wanted, row, email, number) {
                Ok((email, place, role)) => {
                    let id = Id::draw(self.chance(), now);
                    let standing = place.authority.standing();
                    invitations.push(InvitationRow {
                        id,
                        token: tokens.of(id.uuid(), 1).hashed(),
                        email: email.as_str().to_owned(),
                        role: role.slug().to_owned(),
                        workspace: standing.workspace,
                        organization,
                        project: standing.project,
                        expires_at: now + LASTS,
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
            self.count_invited(&mut work.tx, organization, count, now)
                .await?;
        }
        for (workspace, emails) in known.stale_of(&invitations) {
            work.tx.expire_overdue_invitations(workspace, &emails, now);
        }
        let links = (delivery == Delivery::Link && !command.call.dry_run).then_some(tokens);
        let mut made = invitations.iter();
        for outcome in &mut outcomes {
            let invitation = match outcome.status {
                RowStatus::Invited => made.next(),
                _ => None,
            };
            if let Some(invitation) = invitation {
                let event = Event::on(AuditAction::InvitationIssued, invitation.id.uuid());
                work.record(event.within(organization).with(json!({
                    "email": invitation.email,
                    "workspace": invitation.workspace,
                    "role": invitation.role,
                })));
                outcome.url = links.map(|tokens| self.link_of(tokens, invitation));
                // What a rehearsal draws is never seen again.
                outcome.id = outcome.id.filter(|_| !command.call.dry_run);
            }
        }
        if delivery == Delivery::Email {
            work.post(invitations.iter().map(|it| EmailJob::Invitation {
                invitation: it.id.uuid(),
                generation: 1,
            }));
        }
        work.tx.insert_invitations(invitations);
        work.commit(outcomes).await
    }

    fn delivery(&self, wanted: &BulkInvitation) -> Result<Delivery, Refusal> {
        let mailer = self.settings().mailer;
        match wanted.delivery {
            Some(Delivery::Email) if !mailer => Err(Refusal::InvalidField {
                location: wanted.said_in,
                field: "delivery".to_owned(),
                problem: "this server sends no e-mail; choose link or none".to_owned(),
            }),
            Some(delivery) => Ok(delivery),
            None if mailer => Ok(Delivery::Email),
            None => Ok(Delivery::Link),
        }
    }

    fn link_of(&self, tokens: &InvitationTokens, invitation: &InvitationRow) -> String {
        let place = InvitationPlace {
            email: &invitation.email,
            organization: invitation.organization,
            workspace: invitation.workspace,
            project: invitation.project,
        };
        let token = tokens.of(invitation.id.uuid(), 1);
        invitation_link(&self.settings().public_url, &token, &place)
    }
}

fn address(row: &BulkRow) -> Result<Email, String> {
    Email::parse(&row.email).map_err(|error| error.to_string())
}

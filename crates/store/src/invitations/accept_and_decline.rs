//! Accepting an invitation, by one guarded statement, and declining it.
//!
//! Not here: the memberships of the invitee (`members::join`).

use freehold_domain::{Email, Id, Invitation, Organization, Timestamp, User};

use crate::engine::row::FromRow;
use crate::engine::statement::statements;
use crate::engine::value::values;
use crate::engine::{Result, Store, Tx};
use crate::invitations::issue::InvitationRecord;
use crate::members::context::MemberContext;

/// An invitation, and the member contexts of its issuer and its invitee.
#[derive(Clone, Debug)]
pub struct InvitationWithContexts {
    /// The invitation.
    pub invitation: InvitationRecord,
    /// The member contexts of those who have an account.
    pub member_contexts: Vec<MemberContext>,
}

impl InvitationWithContexts {
    fn from_rows(rows: Vec<(InvitationRecord, MemberContext)>) -> Option<Self> {
        let mut rows = rows.into_iter();
        let (invitation, first) = rows.next()?;
        let member_contexts = std::iter::once(first).chain(rows.map(|(_, context)| context));
        Some(Self {
            invitation,
            member_contexts: member_contexts.collect(),
        })
    }

    /// Returns the member context of `user`.
    #[must_use]
    pub fn member_context(&self, user: Id<User>) -> Option<&MemberContext> {
        self.member_contexts
            .iter()
            .find(|context| context.user.id == user)
    }
}

statements! {
    rows InvitationRecord, MemberContext;

    // Accepts an invitation for the user `$2` with the email address `$3` at `$4`.
    {ACCEPT} = "
        UPDATE project_invitations
           SET status = 'accepted', used = TRUE, user_id = $2, answered_at = $4,
               updated_at = $4, updated_by_id = $2";
    {IS_OPEN} = "
        email = $3 AND status = 'pending'
            AND (expiration_date IS NULL OR expiration_date > $4)";
    // An invitation with its issuer and the user `$2`, one row each.
    {CONTEXTS} = "
        SELECT {InvitationRecord}, {MemberContext}
          FROM project_invitations i
          JOIN workspaces w ON w.id = i.workspace_id
          JOIN organizations o ON o.id = w.organization_id
          LEFT JOIN projects p ON p.workspace_id = w.id AND p.is_default
          JOIN users u ON u.id IN (i.issuer_id, $2)";

    ACCEPT_BY_TOKEN = "{ACCEPT} WHERE token = $1 AND organization_id = $5 AND {IS_OPEN}";
    CONTEXTS_BY_TOKEN = "{CONTEXTS} WHERE i.token = $1";
    // Without the token, only a user with a verified email address may accept.
    ACCEPT_BY_ID = "
        {ACCEPT} WHERE id = $1 AND {IS_OPEN}
            AND EXISTS (SELECT 1 FROM users u
                         WHERE u.id = $2 AND u.email_verified_at IS NOT NULL)";
    CONTEXTS_BY_ID = "{CONTEXTS} WHERE i.id = $1";
    DECLINE = "
        UPDATE project_invitations
           SET status = 'declined', answered_at = $2, updated_at = $2, updated_by_id = $3
         WHERE id = $1 AND email = $4 AND status = 'pending'
           AND (expiration_date IS NULL OR expiration_date > $2)
     RETURNING organization_id";
    INVITATION_EXISTS = "
        SELECT id FROM project_invitations
         WHERE token = $1 AND organization_id = $2 AND email = $3
           AND status IN ('pending', 'accepted')";
}

impl Store {
    /// Whether there is an invitation with this token hash, to this organization
    /// and email address.
    pub async fn invitation_exists(
        &self,
        token: &str,
        organization: Id<Organization>,
        email: &Email,
    ) -> Result<bool> {
        let values = values![token.to_owned(), organization, email];
        let invitation = self.read_one(&INVITATION_EXISTS, values, |row| {
            row.get::<Id<Invitation>>(0)
        });
        Ok(invitation.await?.is_some())
    }
}

impl Tx {
    /// Accepts the invitation with this token hash, if it is open and to this
    /// organization and email address. Returns whether it was accepted, and the
    /// invitation with this hash; in one round trip.
    pub async fn accept_by_token(
        &mut self,
        token: &str,
        organization: Id<Organization>,
        user: Id<User>,
        email: &str,
        now: Timestamp,
    ) -> Result<(bool, Option<InvitationWithContexts>)> {
        let token = || token.to_owned();
        let accept = values![token(), user, email.to_owned(), now, organization];
        let contexts = values![token(), user];
        let (changed, rows) = self
            .claim_and_read(
                (&ACCEPT_BY_TOKEN, accept),
                (&CONTEXTS_BY_TOKEN, contexts),
                FromRow::read,
            )
            .await?;
        Ok((changed == 1, InvitationWithContexts::from_rows(rows)))
    }

    /// [`Tx::accept_by_token`] for a user who has not followed the link: the
    /// invitation is accepted only if their email address is verified.
    pub async fn accept_by_id(
        &mut self,
        id: Id<Invitation>,
        user: Id<User>,
        email: &str,
        now: Timestamp,
    ) -> Result<(bool, Option<InvitationWithContexts>)> {
        let accept = values![id, user, email.to_owned(), now];
        let (changed, rows) = self
            .claim_and_read(
                (&ACCEPT_BY_ID, accept),
                (&CONTEXTS_BY_ID, values![id, user]),
                FromRow::read,
            )
            .await?;
        Ok((changed == 1, InvitationWithContexts::from_rows(rows)))
    }

    /// Declines an invitation to this email address, if it is open. Returns its
    /// organization.
    pub async fn decline_invitation(
        &mut self,
        id: Id<Invitation>,
        user: Id<User>,
        email: &str,
        now: Timestamp,
    ) -> Result<Option<Id<Organization>>> {
        let values = values![id, now, user, email.to_owned()];
        self.read_one(&DECLINE, values, |row| row.get(0)).await
    }
}

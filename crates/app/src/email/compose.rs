//! From what is due to a letter: what is true now is looked up, and links are
//! made. A letter whose cause is gone is not written.

use std::time::Duration;

use freehold_domain::{Email, Id, User, Workspace};
use freehold_store::ClaimedEmailJob;
use uuid::Uuid;

use super::{Content, EmailJob, EmailMessage};
use crate::command::{Outcome, with_retries};
use crate::invitations::{InvitationPlace, invitation_link};
use crate::runtime::App;

/// A reset letter that comes later than this surprises more than it helps:
/// whoever still wants one has asked again.
const RESET_WAITS: Duration = Duration::from_secs(60 * 60);

/// What became of what was due.
pub(super) enum Written {
    /// It can be sent.
    EmailMessage(EmailMessage),
    /// There is no reason any more to send it.
    Moot(&'static str),
    /// It was for several, and is now one letter for each.
    FannedOut,
    /// It cannot be made sense of here and now.
    Unreadable(String),
}

impl App {
    pub(super) async fn write_letter(&self, claimed: &ClaimedEmailJob) -> Outcome<Written> {
        let Ok(due) = serde_json::from_value::<EmailJob>(claimed.payload.clone()) else {
            let why = "no letter that this version knows";
            return Ok(Written::Unreadable(why.to_owned()));
        };
        let written = match due {
            EmailJob::PasswordReset { user } => self.write_reset(claimed, user).await?,
            EmailJob::Invitation {
                invitation,
                generation,
            } => self.write_invitation(invitation, generation).await?,
            EmailJob::MemberJoined {
                workspace,
                user,
                to: None,
            } => return self.fan_out(claimed, workspace, user).await,
            EmailJob::MemberJoined {
                workspace,
                user,
                to: Some(to),
            } => self.write_joined(workspace, user, to).await?,
        };
        let (to, content) = match written {
            Ok(written) => written,
            Err(why) => return Ok(Written::Moot(why)),
        };
        Ok(match Email::parse(&to) {
            Ok(to) => Written::EmailMessage(EmailMessage {
                id: claimed.id,
                to,
                at: self.now(),
                content,
            }),
            Err(why) => Written::Unreadable(format!("the address on record: {why}")),
        })
    }

    async fn write_reset(&self, claimed: &ClaimedEmailJob, user: Id<User>) -> Outcome<Ready> {
        if self.now().since(claimed.created_at) >= RESET_WAITS {
            return Ok(Err("asked for too long ago"));
        }
        let Some(user) = self.store().user(user).await? else {
            return Ok(Err("the account is gone"));
        };
        let (link, expires) = self.mailed_reset_link(user.id).await?;
        Ok(Ok((user.email, Content::PasswordReset { link, expires })))
    }

    async fn write_invitation(&self, invitation: Uuid, generation: i64) -> Outcome<Ready> {
        let found = self
            .store()
            .invitation_email_data(invitation, generation, self.now())
            .await?;
        let Some(found) = found else {
            return Ok(Err("the invitation is answered, replaced or over"));
        };
        let token = self.invitation_token(invitation, generation).await?;
        let place = InvitationPlace {
            email: &found.email,
            organization: found.organization,
            workspace: found.workspace,
            project: found.project,
        };
        let link = invitation_link(&self.settings().public_url, &token, &place);
        let named = found.inviter.filter(|name| !name.trim().is_empty());
        let content = Content::Invitation {
            inviter: named.or(found.inviter_email),
            organization: found.organization_name,
            link,
            expires: found.expires,
        };
        Ok(Ok((found.email, content)))
    }

    async fn write_joined(
        &self,
        workspace: Id<Workspace>,
        user: Id<User>,
        to: Id<User>,
    ) -> Outcome<Ready> {
        let Some(found) = self
            .store()
            .member_joined_email_data(workspace, user, to)
            .await?
        else {
            return Ok(Err("one of them is no member any more"));
        };
        let web = &self.settings().public_url;
        let link = match found.project {
            Some(project) => format!("{web}/w/{workspace}/p/{project}/settings?tab=workspace"),
            None => format!("{web}/w/{workspace}"),
        };
        let content = Content::MemberJoined {
            member: found.member.unwrap_or_else(|| found.member_email.clone()),
            email: found.member_email,
            organization: found.organization_name,
            link,
        };
        Ok(Ok((found.email, content)))
    }

    /// One letter for each who manages the workspace, and this one is done
    /// with: both or neither, so that nobody is told twice.
    async fn fan_out(
        &self,
        claimed: &ClaimedEmailJob,
        workspace: Id<Workspace>,
        user: Id<User>,
    ) -> Outcome<Written> {
        with_retries(&|| async {
            let now = self.now();
            let mut tx = self.store().begin();
            if !tx.finish_email_job(claimed, now, None).await? {
                // Somebody else has done it.
                return Ok(Written::FannedOut);
            }
            let managers = tx.managers(workspace, user).await?;
            let rows = managers.into_iter().map(|to| {
                let due = EmailJob::MemberJoined {
                    workspace,
                    user,
                    to: Some(to),
                };
                due.row(self.chance().uuid(now), now)
            });
            tx.insert_outbox(rows.collect());
            tx.commit().await?;
            Ok(Written::FannedOut)
        })
        .await
    }
}

/// An address and what to say to it, or why there is nothing to say.
type Ready = Result<(String, Content), &'static str>;

//! Composes an email from an email job: reads the current data and creates
//! links. A job whose reason is gone is cancelled.

use std::time::Duration;

use freehold_domain::{Email, Id, User, Workspace};
use freehold_store::ClaimedEmailJob;
use secrecy::ExposeSecret as _;
use uuid::Uuid;

use super::{EmailJob, EmailMessage, EmailTemplate};
use crate::command::Outcome;
use crate::invitations::{InvitationLinkData, invitation_link};
use crate::runtime::App;

/// The age after which a password reset email is not sent any more: a user who
/// still needs it has asked again.
const RESET_EMAIL_MAX_AGE: Duration = Duration::from_secs(60 * 60);

/// The result of composing an email job.
pub(super) enum Composed {
    /// The message can be sent.
    EmailMessage(EmailMessage),
    /// The email is not needed any more, for this reason.
    Cancelled(&'static str),
    /// The job was for several recipients and has been replaced by one job
    /// each.
    FannedOut,
    /// The job cannot be composed by this version or with the present data.
    Unreadable(String),
}

impl App {
    pub(super) async fn compose(&self, claimed: &ClaimedEmailJob) -> Outcome<Composed> {
        let Ok(job) = serde_json::from_value::<EmailJob>(claimed.payload.clone()) else {
            let why = "this version does not know the kind of the email job";
            return Ok(Composed::Unreadable(why.to_owned()));
        };
        let composed = match job {
            EmailJob::PasswordReset { user } => self.compose_password_reset(claimed, user).await?,
            EmailJob::Invitation {
                invitation,
                generation,
            } => self.compose_invitation(invitation, generation).await?,
            EmailJob::MemberJoined {
                workspace,
                user,
                to: None,
            } => return self.fan_out(claimed, workspace, user).await,
            EmailJob::MemberJoined {
                workspace,
                user,
                to: Some(to),
            } => self.compose_member_joined(workspace, user, to).await?,
        };
        let (to, template) = match composed {
            Ok(composed) => composed,
            Err(why) => return Ok(Composed::Cancelled(why)),
        };
        Ok(match Email::parse(&to) {
            Ok(to) => Composed::EmailMessage(EmailMessage {
                id: claimed.id,
                to,
                at: self.now(),
                template,
            }),
            Err(why) => Composed::Unreadable(format!("the stored address is not valid: {why}")),
        })
    }

    async fn compose_password_reset(
        &self,
        claimed: &ClaimedEmailJob,
        user: Id<User>,
    ) -> Outcome<AddressedTemplate> {
        if self.now().since(claimed.created_at) >= RESET_EMAIL_MAX_AGE {
            return Ok(Err("the password reset was requested too long ago"));
        }
        let Some(user) = self.store().user(user).await? else {
            return Ok(Err("the account was deleted"));
        };
        let (link, expires) = self.create_mailed_reset_link(user.id).await?;
        Ok(Ok((
            user.email,
            EmailTemplate::PasswordReset {
                link: link.expose_secret().to_owned(),
                expires,
            },
        )))
    }

    async fn compose_invitation(
        &self,
        invitation: Uuid,
        generation: i64,
    ) -> Outcome<AddressedTemplate> {
        let data = self
            .store()
            .invitation_email_data(invitation, generation, self.now())
            .await?;
        let Some(data) = data else {
            return Ok(Err("the invitation was answered, replaced or has expired"));
        };
        let token = self.invitation_token(invitation, generation).await?;
        let link_data = InvitationLinkData {
            email: &data.email,
            organization: data.organization,
            workspace: data.workspace,
            project: data.project,
        };
        let link = invitation_link(&self.settings().public_url, &token, &link_data);
        let inviter_name = data.inviter.filter(|name| !name.trim().is_empty());
        let template = EmailTemplate::Invitation {
            inviter: inviter_name.or(data.inviter_email),
            organization: data.organization_name,
            link: link.expose_secret().to_owned(),
            expires: data.expires,
        };
        Ok(Ok((data.email, template)))
    }

    async fn compose_member_joined(
        &self,
        workspace: Id<Workspace>,
        user: Id<User>,
        to: Id<User>,
    ) -> Outcome<AddressedTemplate> {
        let Some(data) = self
            .store()
            .member_joined_email_data(workspace, user, to)
            .await?
        else {
            return Ok(Err("the new member or the recipient is no longer a member"));
        };
        let public_url = &self.settings().public_url;
        let link = match data.project {
            Some(project) => {
                format!("{public_url}/w/{workspace}/p/{project}/settings?tab=workspace")
            }
            None => format!("{public_url}/w/{workspace}"),
        };
        let template = EmailTemplate::MemberJoined {
            member: data.member.unwrap_or_else(|| data.member_email.clone()),
            email: data.member_email,
            organization: data.organization_name,
            link,
        };
        Ok(Ok((data.email, template)))
    }

    /// Replaces the job by one job for each member who manages the workspace,
    /// in one transaction, so that no member gets the email twice.
    async fn fan_out(
        &self,
        claimed: &ClaimedEmailJob,
        workspace: Id<Workspace>,
        user: Id<User>,
    ) -> Outcome<Composed> {
        self.with_retries(&|| async {
            let now = self.now();
            let mut tx = self.store().begin();
            if !tx.finish_email_job(claimed, now, None).await? {
                // Another node has done it.
                return Ok(Composed::FannedOut);
            }
            let managers = tx.managers(workspace, user).await?;
            let rows = managers.into_iter().map(|to| {
                let job = EmailJob::MemberJoined {
                    workspace,
                    user,
                    to: Some(to),
                };
                job.row(self.random().uuid(now), now)
            });
            tx.insert_outbox(rows.collect());
            tx.commit().await?;
            Ok(Composed::FannedOut)
        })
        .await
    }
}

/// A recipient with the email to send, or the reason why none is needed.
type AddressedTemplate = Result<(String, EmailTemplate), &'static str>;

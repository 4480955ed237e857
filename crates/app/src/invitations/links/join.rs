//! Joining a workspace by an invitation link.

use freehold_domain::{
    AuditAction, Decision, Email, Level, PlainToken, Refusal, RoleCatalog, Timestamp, Trace,
};
use freehold_store::{InvitationLinkRecord, Rule, Target, WorkspaceJoining};
use serde_json::json;

use super::InvitationLinkStatus;
use crate::access::{Authority, Caller, Entry, WayIn, authority, check_link_valid};
use crate::command::{Command, CommandOutput, Event, Outcome, RequestContext};
use crate::email::EmailJob;
use crate::extension::TypedEvent;
use crate::invitations::JoinedWorkspace;
use crate::runtime::App;

impl App {
    /// Adds the caller to a workspace by the secret of a link. The caller need
    /// not be in any organization.
    ///
    /// # Errors
    /// [`Refusal::InvitationLinkNotFound`]; the other refusals of links;
    /// [`Refusal::AlreadyWorkspaceMember`], which does not count as a use;
    /// [`Refusal::InvitationLinkAlreadyUsed`] if the user joined by this link
    /// before and is no member any more.
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

    /// The link's immutable fields are read before the transaction, so that the
    /// organization is locked by its first statement.
    async fn use_link_once(
        &self,
        command: &Command<'_>,
        caller: &Caller,
        token: &str,
    ) -> Outcome<CommandOutput<JoinedWorkspace>> {
        let token = PlainToken::parse(token).ok_or(Refusal::InvitationLinkNotFound)?;
        let link = self.store().invitation_link(token.hashed().hex()).await?;
        let link = link.ok_or(Refusal::InvitationLinkNotFound)?;
        let entry = Entry::new(WayIn::UseInvitationLink, &caller.user.email);
        let entry = entry.to(link.organization);
        let decision = self.check_entry(entry).await?;
        if decision.refusal.is_some() {
            let (organization, target) = (link.organization, link.id.uuid());
            return Err(command.refuse(Some(organization), Some(target), decision));
        }
        let user = caller.user.id;
        let email_verified = match &link.allowed_domains {
            Some(_) => self.store().is_email_verified(user).await?,
            None => false,
        };
        let mut work = command.begin();
        let now = work.now;
        work.tx.lock_organization(link.organization);
        let issuer = link.issuer.map_or(Target::None, Target::User);
        let (acting_member, issuer) = work
            .tx
            .member_contexts(link.workspace, user, issuer)
            .await?;
        let acting_member = acting_member.ok_or(Refusal::InvitationLinkNotFound)?;
        let project = acting_member.project;
        let roles = self.roles();
        let issuer = issuer.map(|issuer| authority(roles, issuer));
        let request = JoinRequest {
            acting_member: &authority(roles, acting_member),
            issuer: issuer.as_ref(),
            email_verified,
            now,
        };
        let decision = check_link_use(&link, &request, roles);
        if decision.refusal.is_some() {
            let (organization, target) = (link.organization, link.id.uuid());
            return Err(command.refuse(Some(organization), Some(target), decision));
        }
        // The guard of this statement decides, whatever was read before.
        if !work.tx.claim_link_use(link.id, user, now).await? {
            let link = work.tx.invitation_link(link.id, link.organization).await?;
            let link = link.ok_or(Refusal::InvitationLinkNotFound)?;
            let mut trace = Trace::new();
            let state = InvitationLinkStatus::of(&link, now);
            trace.step("link_is_active", state.as_str(), false);
            let refusal = refusal_of_state(state).unwrap_or(Refusal::InvitationLinkUsedUp);
            let decision = Decision::refused(refusal, trace);
            return Err(command.refuse(Some(link.organization), Some(link.id.uuid()), decision));
        }
        work.check_quota(link.organization, 1).await?;
        work.tx.insert_link_use(link.id, user, now);
        let joining = WorkspaceJoining {
            user,
            workspace: link.workspace,
            role: &link.role,
            weaker_roles: &self.roles().weaker_roles(Level::Project, &link.role),
            now,
            actor: link.issuer,
        };
        let seeds = std::array::from_fn(|_| self.random().uuid(now));
        work.tx.join_workspace(&joining, seeds);
        let event = Event::new(AuditAction::InvitationLinkUsed, link.id.uuid());
        work.record(
            event
                .in_organization(link.organization)
                .heard_as(TypedEvent::MemberAdded {
                    organization: link.organization,
                    user,
                })
                .with_details(json!({
                    "user": user,
                    "workspace": link.workspace,
                    "role": link.role,
                    "issuer": link.issuer,
                })),
        );
        work.queue_emails([EmailJob::MemberJoined {
            workspace: link.workspace,
            user,
            to: None,
        }]);
        work.commit(JoinedWorkspace {
            organization: link.organization,
            workspace: link.workspace,
            project,
            role: link.role,
        })
        .await
    }
}

/// The user who wants to join, and the issuer of the link.
struct JoinRequest<'a> {
    acting_member: &'a Authority,
    issuer: Option<&'a Authority>,
    /// Whether the user's address is verified.
    email_verified: bool,
    now: Timestamp,
}

fn check_link_use(
    link: &InvitationLinkRecord,
    request: &JoinRequest<'_>,
    roles: &RoleCatalog,
) -> Decision {
    let mut trace = Trace::new();
    let is_outside = !request.acting_member.is_member() && !request.acting_member.is_owner();
    if !trace.step("not_a_member", link.workspace.to_string(), is_outside) {
        return Decision::refused(Refusal::AlreadyWorkspaceMember, trace);
    }
    let state = InvitationLinkStatus::of(link, request.now);
    let refusal_of_state = refusal_of_state(state);
    trace.step("link_is_active", state.as_str(), refusal_of_state.is_none());
    if let Some(refusal) = refusal_of_state {
        return Decision::refused(refusal, trace);
    }
    if let Some(domains) = &link.allowed_domains {
        let email = &request.acting_member.member_context().user.email;
        let matches_domain = is_in_domains(email, domains);
        if !trace.step("domain_is_allowed", domains.join(" "), matches_domain) {
            return Decision::refused(Refusal::LinkDomainNotAllowed, trace);
        }
        if !trace.step("email_is_verified", "", request.email_verified) {
            return Decision::refused(Refusal::EmailNotVerified, trace);
        }
    }
    check_link_valid(link, request.issuer, roles, trace)
}

fn refusal_of_state(state: InvitationLinkStatus) -> Option<Refusal> {
    match state {
        InvitationLinkStatus::Active => None,
        InvitationLinkStatus::Expired => Some(Refusal::InvitationLinkExpired),
        InvitationLinkStatus::Revoked => Some(Refusal::InvitationLinkRevoked),
        InvitationLinkStatus::UsedUp => Some(Refusal::InvitationLinkUsedUp),
    }
}

/// Whether an address is in one of these domains or in a subdomain of one.
/// Compares whole labels.
fn is_in_domains(email: &str, domains: &[String]) -> bool {
    let Ok(email) = Email::parse(email) else {
        return false;
    };
    let email_domain = email.domain();
    domains.iter().any(|domain| {
        email_domain
            .strip_suffix(domain.as_str())
            .is_some_and(|prefix| prefix.is_empty() || prefix.ends_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn domain_includes_its_subdomains() {
        let domains = ["acme.test".to_owned(), "other.test".to_owned()];
        for inside in [
            "a@acme.test",
            "a@mail.acme.test",
            "a@x.y.acme.test",
            "a@other.test",
        ] {
            assert!(is_in_domains(inside, &domains), "{inside}");
        }
        for outside in [
            "a@notacme.test",
            "a@acme.test.evil",
            "a@test",
            "acme.test@x.test",
            "x",
        ] {
            assert!(!is_in_domains(outside, &domains), "{outside}");
        }
        assert!(!is_in_domains("a@acme.test", &[]));
    }
}

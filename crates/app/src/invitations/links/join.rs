//! Joining by a link.

use freehold_domain::{
    AuditAction, Decision, Email, PlainToken, Refusal, RoleCatalog, Timestamp, Trace,
};
use freehold_store::{InvitationLinkRecord, Target, WorkspaceJoining};
use serde_json::json;

use super::LinkState;
use crate::access::{Authority, Caller, authority, link_stands};
use crate::command::{Command, CommandOutput, Event, Outcome};
use crate::email::EmailJob;
use crate::invitations::Joined;
use crate::runtime::App;

impl App {
    /// What can never change about a link is read before the transaction, so
    /// that it can hold the organization from its first statement on.
    pub(super) async fn use_link_once(
        &self,
        command: &Command<'_>,
        caller: &Caller,
        token: &str,
    ) -> Outcome<CommandOutput<Joined>> {
        let token = PlainToken::parse(token).ok_or(Refusal::InvitationLinkNotFound)?;
        let found = self.store().invitation_link(token.hashed().hex()).await?;
        let link = found.ok_or(Refusal::InvitationLinkNotFound)?;
        let user = caller.user.id;
        let proven = match &link.allowed_domains {
            Some(_) => self.store().is_email_verified(user).await?,
            None => false,
        };
        let mut work = command.begin();
        let now = work.now;
        work.tx.lock_organization(link.organization);
        let issuer = link.issuer.map_or(Target::None, Target::User);
        let (own, issuer) = work.tx.standings(link.workspace, user, issuer).await?;
        let own = own.ok_or(Refusal::InvitationLinkNotFound)?;
        let project = own.project;
        let roles = self.roles();
        let issuer = issuer.map(|issuer| authority(roles, issuer));
        let asking = Asking {
            own: &authority(roles, own),
            issuer: issuer.as_ref(),
            proven,
            now,
        };
        let decision = may_use(&link, &asking, roles);
        if decision.refusal.is_some() {
            let (organization, target) = (link.organization, link.id.uuid());
            return Err(command.refuse(Some(organization), Some(target), decision));
        }
        // The guard of this statement decides, whatever was read before it.
        if !work.tx.claim_link_use(link.id, user, now).await? {
            let link = work.tx.invitation_link(link.id, link.organization).await?;
            let link = link.ok_or(Refusal::InvitationLinkNotFound)?;
            let mut trace = Trace::new();
            let state = LinkState::of(&link, now);
            trace.step("link_is_active", state.as_str(), false);
            let no = closed(state).unwrap_or(Refusal::InvitationLinkUsedUp);
            let decision = Decision::refused(no, trace);
            return Err(command.refuse(Some(link.organization), Some(link.id.uuid()), decision));
        }
        work.tx.insert_link_use(link.id, user, now);
        let joining = WorkspaceJoining {
            user,
            workspace: link.workspace,
            role: &link.role,
            now,
            actor: link.issuer,
        };
        let seeds = std::array::from_fn(|_| self.chance().uuid(now));
        work.tx.join_workspace(&joining, seeds);
        let event = Event::on(AuditAction::InvitationLinkUsed, link.id.uuid());
        work.record(event.within(link.organization).with(json!({
            "user": user,
            "workspace": link.workspace,
            "role": link.role,
            "issuer": link.issuer,
        })));
        work.post([EmailJob::MemberJoined {
            workspace: link.workspace,
            user,
            to: None,
        }]);
        work.commit(Joined {
            organization: link.organization,
            workspace: link.workspace,
            project,
            role: link.role,
        })
        .await
    }
}

/// Who wants to join, and who once asked them to.
struct Asking<'a> {
    own: &'a Authority,
    issuer: Option<&'a Authority>,
    /// Whether it is known that their address is theirs.
    proven: bool,
    now: Timestamp,
}

fn may_use(link: &InvitationLinkRecord, asking: &Asking<'_>, roles: &RoleCatalog) -> Decision {
    let mut trace = Trace::new();
    let outside = !asking.own.is_member() && !asking.own.owns();
    if !trace.step("not_a_member", link.workspace.to_string(), outside) {
        return Decision::refused(Refusal::AlreadyWorkspaceMember, trace);
    }
    let state = LinkState::of(link, asking.now);
    let closed = closed(state);
    trace.step("link_is_active", state.as_str(), closed.is_none());
    if let Some(refusal) = closed {
        return Decision::refused(refusal, trace);
    }
    if let Some(domains) = &link.allowed_domains {
        let email = &asking.own.standing().user.email;
        let inside = is_under(email, domains);
        if !trace.step("domain_is_allowed", domains.join(" "), inside) {
            return Decision::refused(Refusal::LinkDomainNotAllowed, trace);
        }
        if !trace.step("email_is_proven", "", asking.proven) {
            return Decision::refused(Refusal::EmailNotVerified, trace);
        }
    }
    link_stands(link, asking.issuer, roles, trace)
}

fn closed(state: LinkState) -> Option<Refusal> {
    match state {
        LinkState::Active => None,
        LinkState::Expired => Some(Refusal::InvitationLinkExpired),
        LinkState::Revoked => Some(Refusal::InvitationLinkRevoked),
        LinkState::UsedUp => Some(Refusal::InvitationLinkUsedUp),
    }
}

/// Whether an address is under one of these domains, or a subdomain of one:
/// whole labels only.
fn is_under(email: &str, domains: &[String]) -> bool {
    let Ok(email) = Email::parse(email) else {
        return false;
    };
    let own = email.domain();
    domains.iter().any(|domain| {
        own.strip_suffix(domain.as_str())
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_domain_covers_itself_and_what_is_below_it() {
        let domains = ["acme.test".to_owned(), "other.test".to_owned()];
        for inside in [
            "a@acme.test",
            "a@mail.acme.test",
            "a@x.y.acme.test",
            "a@other.test",
        ] {
            assert!(is_under(inside, &domains), "{inside}");
        }
        for outside in [
            "a@notacme.test",
            "a@acme.test.evil",
            "a@test",
            "acme.test@x.test",
            "x",
        ] {
            assert!(!is_under(outside, &domains), "{outside}");
        }
        assert!(!is_under("a@acme.test", &[]));
    }
}

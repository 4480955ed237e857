//! Handing an organization over to another member.

use freehold_domain::{
    AuditAction, Decision, Id, Level, Organization, OrganizationRole, Refusal, Role, RoleCatalog,
    Trace, User,
};
use freehold_store::RoleExchange;
use serde_json::json;

use crate::access::owns;
use crate::app::App;
use crate::call::{Call, Done};
use crate::caller::Caller;
use crate::command::{Command, Event};
use crate::failure::Outcome;

/// Who owns it now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Transferred {
    /// The organization.
    pub organization: Id<Organization>,
    /// Its owner.
    pub owner: Id<User>,
}

impl App {
    /// Makes `to`, a member, the owner of the caller's organization. Roles are
    /// exchanged in the organization, its workspaces and its projects, and the
    /// old owner is `owner` nowhere. To oneself it changes nothing.
    ///
    /// `to` is nothing when what was sent is no id.
    ///
    /// # Errors
    /// [`Refusal::OnlyOwnerTransfers`], [`Refusal::InvalidNewOwner`].
    pub async fn transfer_organization(
        &self,
        caller: &Caller,
        call: &Call,
        id: Id<Organization>,
        to: Option<Id<User>>,
    ) -> Outcome<Done<Transferred>> {
        let action = AuditAction::OrganizationTransferred;
        let command = self.command(caller.actor(), call, action);
        command
            .run(|| self.transfer_once(&command, caller, id, to), |_| None)
            .await
    }

    async fn transfer_once(
        &self,
        command: &Command<'_>,
        caller: &Caller,
        id: Id<Organization>,
        to: Option<Id<User>>,
    ) -> Outcome<Done<Transferred>> {
        let action = AuditAction::OrganizationTransferred;
        let mut work = command.begin();
        let found = work.tx.lock_organization(id).await?;
        let decision = owns(caller.user.id, found.as_ref(), Refusal::OnlyOwnerTransfers);
        let Some(organization) = found.filter(|_| decision.refusal.is_none()) else {
            return Err(command.refuse(None, Some(id.uuid()), decision));
        };
        let (from, now) = (organization.owner, work.now);
        let former = match to {
            Some(to) => work
                .tx
                .organization_role(id, to)
                .await?
                .map(|role| (to, role)),
            None => None,
        };
        let Some((to, former)) = former else {
            let mut trace = Trace::new();
            let input = to.map_or_else(|| "not an id".to_owned(), |to| to.to_string());
            trace.step("new_owner_is_member", input, false);
            let decision = Decision::refused(Refusal::InvalidNewOwner, trace);
            return Err(command.refuse(Some(id), Some(id.uuid()), decision));
        };
        if to != from {
            work.tx.exchange_roles(&RoleExchange {
                organization: id,
                from,
                to,
                former: known_role(self.roles(), former),
                fallback: Role::Viewer.as_str().to_owned(),
                now,
            });
            work.tx.set_owner(id, to, now, from);
            let event = Event::on(action, id.uuid()).within(id);
            work.record(event.with(json!({ "from": from, "to": to })));
        }
        work.commit(Transferred {
            organization: id,
            owner: to,
        })
        .await
    }
}

/// The role that the old owner takes over: the new one's, unless that is one
/// that grants nothing any more or would be a second owner.
fn known_role(roles: &RoleCatalog, stored: String) -> String {
    let known = roles.find(Level::Organization, &stored).is_some();
    if known && stored != OrganizationRole::Owner.as_str() {
        stored
    } else {
        OrganizationRole::Viewer.as_str().to_owned()
    }
}

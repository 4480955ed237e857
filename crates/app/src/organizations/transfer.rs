//! Handing an organization over to another member, by its owner. Handing many
//! over to anybody, by an operator, is in `operators::transfer`.

use freehold_domain::{
    AuditAction, Decision, Id, Level, Organization, OrganizationRole, Refusal, Role, Timestamp,
    Trace, User,
};
use freehold_store::OwnershipTransfer;
use serde_json::json;

use crate::access::{Caller, check_owner};
use crate::command::{Command, CommandOutput, Event, Outcome, RequestContext, UnitOfWork};
use crate::runtime::App;

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
    /// exchanged in the organization, its workspaces and its projects; the new
    /// owner is `owner` in all of them, and the old one nowhere. To oneself it changes nothing.
    ///
    /// `to` is nothing when what was sent is no id.
    ///
    /// # Errors
    /// [`Refusal::OnlyOwnerCanTransfer`], [`Refusal::InvalidNewOwner`].
    pub async fn transfer_organization(
        &self,
        caller: &Caller,
        context: &RequestContext,
        id: Id<Organization>,
        to: Option<Id<User>>,
    ) -> Outcome<CommandOutput<Transferred>> {
        let action = AuditAction::OrganizationTransferred;
        let command = self.command(caller.actor(), context, action);
        command
            .run(
                || self.transfer_organization_once(&command, caller, id, to),
                |_| None,
            )
            .await
    }

    async fn transfer_organization_once(
        &self,
        command: &Command<'_>,
        caller: &Caller,
        id: Id<Organization>,
        to: Option<Id<User>>,
    ) -> Outcome<CommandOutput<Transferred>> {
        let action = AuditAction::OrganizationTransferred;
        let mut work = command.begin();
        // Users before organizations, as everywhere.
        let users: Vec<_> = std::iter::once(caller.user.id).chain(to).collect();
        work.tx.lock_users(std::iter::empty(), &users);
        let found = work.tx.lock_and_read_organization(id).await?;
        let decision = check_owner(
            caller.user.id,
            found.as_ref(),
            Refusal::OnlyOwnerCanTransfer,
        );
        let Some(organization) = found.filter(|_| decision.refusal.is_none()) else {
            return Err(command.refuse(None, Some(id.uuid()), decision));
        };
        let (from, now) = (organization.owner, work.now);
        let member = match to {
            Some(to) => work.tx.organization_role(id, to).await?.map(|_| to),
            None => None,
        };
        let Some(to) = member else {
            let mut trace = Trace::new();
            let input = to.map_or_else(|| "not an id".to_owned(), |to| to.to_string());
            trace.step("new_owner_is_member", input, false);
            let decision = Decision::refused(Refusal::InvalidNewOwner, trace);
            return Err(command.refuse(Some(id), Some(id.uuid()), decision));
        };
        if to != from {
            let ownership_transfer = self.ownership_transfer(vec![id], from, to, now);
            self.transfer_ownership(&mut work, &ownership_transfer);
            let event = Event::new(action, id.uuid()).in_organization(id);
            work.record(event.with_details(json!({ "from": from, "to": to })));
        }
        work.commit(Transferred {
            organization: id,
            owner: to,
        })
        .await
    }

    /// From one owner to another, with all roles exchanged.
    pub(crate) fn ownership_transfer(
        &self,
        organizations: Vec<Id<Organization>>,
        from: Id<User>,
        to: Id<User>,
        now: Timestamp,
    ) -> OwnershipTransfer {
        // The old owner takes over the new one's role, unless that is one that
        // grants nothing any more or would be a second owner.
        let roles = self.roles().roles(Level::Organization).iter();
        let known = roles
            .map(|role| role.slug().to_owned())
            .filter(|slug| slug != OrganizationRole::Owner.as_str());
        OwnershipTransfer {
            organizations,
            from,
            to,
            transferable_roles: known.collect(),
            fallback_role: Role::Viewer.as_str().to_owned(),
            workspaces: None,
            projects: None,
            new_creator: None,
            actor: from,
            now,
        }
    }

    pub(crate) fn transfer_ownership(
        &self,
        work: &mut UnitOfWork<'_>,
        ownership_transfer: &OwnershipTransfer,
    ) {
        let seeds = std::array::from_fn(|_| self.random().uuid(ownership_transfer.now));
        work.tx.transfer_ownership(ownership_transfer, seeds);
    }
}

//! Transferring the ownership of an organization to another member, by its owner.
//! Transfers by operators are in `operators::transfer`.

use freehold_domain::{
    AuditAction, Decision, Id, Level, Organization, OrganizationRole, Refusal, Role, Timestamp,
    Trace, User,
};
use freehold_store::OwnershipTransfer;
use serde_json::json;

use crate::access::{Caller, check_owner};
use crate::command::{Command, CommandOutput, Event, Outcome, RequestContext, UnitOfWork};
use crate::extension::TypedEvent;
use crate::runtime::App;

/// The output of a transfer of ownership.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct Transferred {
    /// The organization.
    pub organization: Id<Organization>,
    /// The new owner.
    pub owner: Id<User>,
}

impl App {
    /// Transfers the ownership of the caller's organization to the member `to`.
    /// The two exchange their roles in the organization, its workspaces and its
    /// projects: the new owner has the role `owner` in all of them, the former
    /// owner in none. A transfer to the current owner changes nothing.
    ///
    /// `to` is `None` if the request contains an invalid id.
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
        // Users are locked before organizations.
        let users: Vec<_> = std::iter::once(caller.user.id).chain(to).collect();
        work.tx.lock_users(std::iter::empty(), &users);
        let organization = work.tx.lock_and_read_organization(id).await?;
        let decision = check_owner(
            caller.user.id,
            organization.as_ref(),
            Refusal::OnlyOwnerCanTransfer,
        );
        let Some(organization) = organization.filter(|_| decision.refusal.is_none()) else {
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
            work.record(
                event
                    .with_details(json!({ "from": from, "to": to }))
                    .heard_as(TypedEvent::OrganizationTransferred {
                        organization: id,
                        from,
                        to,
                    }),
            );
        }
        work.commit(Transferred {
            organization: id,
            owner: to,
        })
        .await
    }

    /// Returns a transfer of all workspaces and projects, with roles exchanged.
    pub(crate) fn ownership_transfer(
        &self,
        organizations: Vec<Id<Organization>>,
        from: Id<User>,
        to: Id<User>,
        now: Timestamp,
    ) -> OwnershipTransfer {
        // The former owner gets the new owner's role, unless that role was
        // deleted or is `owner`.
        let roles = self.roles().roles(Level::Organization).iter();
        let transferable_roles = roles
            .map(|role| role.slug().to_owned())
            .filter(|slug| slug != OrganizationRole::Owner.as_str());
        OwnershipTransfer {
            organizations,
            from,
            to,
            transferable_roles: transferable_roles.collect(),
            fallback_role: Role::Viewer.as_str().to_owned(),
            workspaces: None,
            projects: None,
            new_creator: None,
            actor: from,
            now,
        }
    }

    /// Queues the statements of a transfer.
    pub(crate) fn transfer_ownership(
        &self,
        work: &mut UnitOfWork<'_>,
        ownership_transfer: &OwnershipTransfer,
    ) {
        let seeds = std::array::from_fn(|_| self.random().uuid(ownership_transfer.now));
        work.tx.transfer_ownership(ownership_transfer, seeds);
    }
}

//! Deleting an organization and its contents.

use freehold_domain::{AuditAction, Decision, Id, Organization, Refusal, Trace, User};
use freehold_store::{OrganizationRecord, Tx};

use crate::access::{Caller, check_owner};
use crate::command::{Command, CommandOutput, Event, Outcome, RequestContext};
use crate::extension::TypedEvent;
use crate::runtime::App;

impl App {
    /// Deletes an organization that the caller owns, unless they own no other.
    ///
    /// # Errors
    /// [`Refusal::Forbidden`], [`Refusal::LastOrganization`].
    pub async fn delete_organization(
        &self,
        caller: &Caller,
        context: &RequestContext,
        id: Id<Organization>,
    ) -> Outcome<CommandOutput<()>> {
        let command = self.command(caller.actor(), context, AuditAction::OrganizationDeleted);
        command
            .run(
                || self.delete_organization_once(&command, caller, id),
                |_| None,
            )
            .await
    }

    async fn delete_organization_once(
        &self,
        command: &Command<'_>,
        caller: &Caller,
        id: Id<Organization>,
    ) -> Outcome<CommandOutput<()>> {
        let action = AuditAction::OrganizationDeleted;
        let mut work = command.begin();
        // Users are locked before organizations. Two parallel deletions by one
        // user run one after the other, so the second counts correctly.
        work.tx.lock_user(caller.user.id).await?;
        let organization = work.tx.lock_and_read_organization(id).await?;
        let decision = check_delete(&mut work.tx, caller.user.id, organization.as_ref()).await?;
        if decision.refusal.is_some() {
            let organization = organization.map(|organization| organization.id);
            return Err(command.refuse(organization, Some(id.uuid()), decision));
        }
        work.tx.delete_organization(id).await?;
        let event = Event::new(action, id.uuid()).in_organization(id);
        let deleted = TypedEvent::OrganizationDeleted { organization: id };
        work.record(event.heard_as(deleted));
        work.commit(()).await
    }
}

/// Returns whether `user` may delete an organization and its contents.
pub(crate) async fn check_delete(
    tx: &mut Tx,
    user: Id<User>,
    organization: Option<&OrganizationRecord>,
) -> Outcome<Decision> {
    let decision = check_owner(user, organization, Refusal::Forbidden);
    if decision.refusal.is_some() {
        return Ok(decision);
    }
    let owned = tx.count_owned_organizations(user).await?;
    Ok(check_owns_another(decision.trace, owned))
}

fn check_owns_another(mut trace: Trace, owned: i64) -> Decision {
    if trace.step("owns_another", format!("owns {owned}"), owned > 1) {
        Decision::allowed(trace)
    } else {
        Decision::refused(Refusal::LastOrganization, trace)
    }
}

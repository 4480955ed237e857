//! Who may do what. Every decision of the application is made here and carries
//! the ordered trace of rules that led to it.

mod api_keys;
mod caller;
mod entry;
mod invitations;
mod organization;
mod permission_check;
mod project;
mod rank;
mod workspace;

use freehold_domain::{AuditAction, Decision, Refusal, Trace};

use crate::command::Actor;

pub use api_keys::CreatedApiKey;
pub(crate) use api_keys::{MAX_KEY_ATTEMPTS, no_free_prefix};
pub(crate) use caller::check_scope_access;
pub use caller::{AuthenticatedBy, Caller, Credential, RequestedScope, Scope};
pub(crate) use entry::{Entry, WayIn};
pub(crate) use invitations::{check_invitation_valid, check_invite_permission, check_link_valid};
pub(crate) use organization::{check_owner, is_organization_administrator};
pub use permission_check::PermissionCheck;
pub use project::Grant;
pub(crate) use project::{check_project_permission, check_project_permission_in};
pub(crate) use rank::{check_may_assign, check_may_manage, check_rank};
pub(crate) use workspace::{Authority, authority, check_administrator, check_workspace_permission};

/// Returns whether `actor` may perform `action` at all. The token of a service
/// is valid for minutes; what it did beyond content, such as creating an API
/// key, would outlast it.
pub(crate) fn check_service_action(actor: &Actor, action: AuditAction) -> Result<(), Decision> {
    if !matches!(actor, Actor::Service(_)) || action.is_content() {
        return Ok(());
    }
    let mut trace = Trace::new();
    trace.step("service_may_do_action", action.as_str(), false);
    Err(Decision::refused(Refusal::NotPermitted, trace))
}

/// Returns the refusal of a decision without its trace: reads are not audited.
pub(crate) fn into_refusal(decision: Decision) -> Refusal {
    decision.refusal.unwrap_or(Refusal::Forbidden)
}

#[cfg(test)]
mod tests;

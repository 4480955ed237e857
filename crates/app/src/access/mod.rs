//! Who may do what. The one place that decides; every decision carries the
//! ordered rules that it came from, so that "why was I refused?" has an answer.

mod api_keys;
mod caller;
mod check;
mod entry;
mod invitations;
mod organization;
mod project;
mod rank;
mod workspace;

use freehold_domain::{AuditAction, Decision, Refusal, Trace};

use crate::command::Actor;

pub(crate) use caller::may_stand;
pub use caller::{Caller, Credential, Scope, Via, Wanted};
pub use check::PermissionQuestion;
pub(crate) use invitations::{invitation_stands, link_stands, may_invite};
pub(crate) use organization::{administers_organization, owns};
pub use project::Grant;
pub(crate) use project::{in_project, in_scope};
pub(crate) use rank::{may_give, may_touch, outranks};
pub(crate) use workspace::{Authority, administers, authority, in_workspace};

/// Whether `actor` may ask for `action` at all. A service's token is good for
/// minutes; what it did beyond content, such as issuing a key, would outlast it.
pub(crate) fn open_to(actor: &Actor, action: AuditAction) -> Result<(), Decision> {
    if !matches!(actor, Actor::Service(_)) || action.is_content() {
        return Ok(());
    }
    let mut trace = Trace::new();
    trace.step("service_may", action.as_str(), false);
    Err(Decision::refused(Refusal::NotPermitted, trace))
}

/// A decision's refusal without its trace: reads are not audited.
pub(crate) fn refusal(decision: Decision) -> Refusal {
    decision.refusal.unwrap_or(Refusal::Forbidden)
}

#[cfg(test)]
mod tests;

//! Who may do what. The one place that decides; every decision carries the
//! ordered rules that it came from, so that "why was I refused?" has an answer.

use freehold_domain::{
    Decision, Email, Id, Organization, Permission, Project, Refusal, Trace, User, Workspace,
};
use freehold_store::OrganizationRecord;

use crate::app::App;
use crate::caller::{Caller, Scope};

/// Proof that the caller may do something in a project. Made only by
/// `in_project`; the ids that reach the SQL come from here, not from the
/// request.
#[derive(Clone, Copy, Debug)]
pub struct Grant {
    project: Id<Project>,
    workspace: Id<Workspace>,
    organization: Id<Organization>,
    user: Id<User>,
    permission: Permission,
}

impl Grant {
    /// Where.
    #[must_use]
    pub fn project(&self) -> Id<Project> {
        self.project
    }

    /// The workspace around it.
    #[must_use]
    pub fn workspace(&self) -> Id<Workspace> {
        self.workspace
    }

    /// The organization around that.
    #[must_use]
    pub fn organization(&self) -> Id<Organization> {
        self.organization
    }

    /// Who.
    #[must_use]
    pub fn user(&self) -> Id<User> {
        self.user
    }

    /// What.
    #[must_use]
    pub fn permission(&self) -> Permission {
        self.permission
    }
}

/// Whether `caller` may do `permission` in the project of their scope.
pub(crate) fn in_project(caller: &Caller, permission: Permission) -> Result<Grant, Decision> {
    let mut trace = Trace::new();
    let Some(scope) = &caller.scope else {
        trace.step("has_project", "no membership of any project", false);
        return Err(Decision::refused(Refusal::NoScope, trace));
    };
    trace.step("has_project", scope.record().project.to_string(), true);
    let role = scope.role();
    let input = format!(
        "{} as {}",
        permission.as_str(),
        role.map_or("nobody", |role| role.as_str())
    );
    if !trace.step(
        "role_allows",
        input,
        role.is_some_and(|role| role.allows(permission)),
    ) {
        return Err(Decision::refused(Refusal::ForbiddenInProject, trace));
    }
    Ok(grant(caller.user.id, scope, permission))
}

fn grant(user: Id<User>, scope: &Scope, permission: Permission) -> Grant {
    let record = scope.record();
    Grant {
        project: record.project,
        workspace: record.workspace,
        organization: record.organization,
        user,
        permission,
    }
}

/// Whether `user` owns `organization`. A missing one belongs to nobody, and is
/// refused in the same words.
pub(crate) fn owns(
    user: Id<User>,
    organization: Option<&OrganizationRecord>,
    refusal: Refusal,
) -> Decision {
    let mut trace = Trace::new();
    let owner = organization.map(|it| it.owner);
    let input = owner.map_or_else(
        || "no such organization".to_owned(),
        |it| format!("owner {it}"),
    );
    if trace.step("is_owner", input, owner == Some(user)) {
        Decision::allowed(trace)
    } else {
        Decision::refused(refusal, trace)
    }
}

impl App {
    /// Whether somebody with this address may sign in or up at all.
    pub(crate) fn may_enter(&self, email: &Email) -> Decision {
        let mut trace = Trace::new();
        if !trace.step("email_sign_in_enabled", "", self.settings().email_enabled) {
            return Decision::refused(Refusal::AccessDenied, trace);
        }
        match self.settings().access.admits(email) {
            Ok(()) => {
                trace.step("access_policy", email.domain(), true);
                Decision::allowed(trace)
            }
            Err(rule) => {
                trace.step("access_policy", rule.as_str(), false);
                Decision::refused(Refusal::AccessDenied, trace)
            }
        }
    }

    /// Whether somebody with this address may own an organization, at sign-up
    /// or later.
    pub(crate) fn may_create_organizations(&self, email: Option<&Email>) -> Decision {
        let mut trace = Trace::new();
        let owners = &self.settings().owners;
        let permitted = owners.is_open() || email.is_some_and(|email| owners.permits(email));
        let input = if owners.is_open() {
            "everyone may"
        } else {
            "only those listed may"
        };
        if trace.step("allowed_owner", input, permitted) {
            Decision::allowed(trace)
        } else {
            Decision::refused(Refusal::NotAllowedToCreateOrganizations, trace)
        }
    }
}

/// A decision's refusal without its trace: reads are not audited.
pub(crate) fn refusal(decision: Decision) -> Refusal {
    decision.refusal.unwrap_or(Refusal::Forbidden)
}

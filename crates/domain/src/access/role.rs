//! Roles, and the one table that joins them to permissions.
//!
//! Not here: whose role counts where, and who may give which (`app::access`).

use std::fmt;

use crate::Permission;

use Permission as P;

/// What a member of a workspace or a project is. Ordered by rank: each role
/// may do all that the ones below it may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Looks.
    Viewer,
    /// Also judges results.
    Annotator,
    /// Also changes content.
    Editor,
    /// Also deploys and holds keys.
    Developer,
    /// Also manages members.
    Admin,
    /// May do everything.
    Owner,
}

/// Each role with what it adds to the role below it, from the lowest up, in
/// the order in which the contract lists a role's permissions.
const PERMISSIONS_ADDED: [(Role, &[Permission]); 6] = [
    (
        Role::Viewer,
        &[
            P::ViewApplications,
            P::ViewSecret,
            P::ViewWebhooks,
            P::RunService,
            P::ViewBilling,
            P::ViewWorkflows,
            P::ViewSessions,
            P::ViewEvaluators,
            P::ViewQueries,
            P::ViewTestsets,
            P::ViewAnnotations,
            P::ViewInvocations,
            P::ViewSpans,
            P::ViewFolders,
            P::ViewEnvironments,
            P::ViewEvaluationRuns,
            P::ViewEvaluationScenarios,
            P::ViewEvaluationResults,
            P::ViewEvaluationMetrics,
            P::ViewEvaluationQueues,
            P::ViewTools,
            P::ViewTriggers,
            P::ViewMounts,
        ],
    ),
    (
        Role::Annotator,
        &[
            P::EditAnnotations,
            P::EditEvaluationRuns,
            P::EditEvaluationScenarios,
            P::EditEvaluationResults,
            P::EditEvaluationMetrics,
            P::EditEvaluationQueues,
            P::EditSpans,
            P::RunTools,
            P::RunTriggers,
        ],
    ),
    (
        Role::Editor,
        &[
            P::EditApplication,
            P::EditWebhooks,
            P::EditSecret,
            P::EditFolders,
            P::EditWorkflows,
            P::RunWorkflows,
            P::EditSessions,
            P::RunSessions,
            P::EditMounts,
            P::UseMounts,
            P::EditEvaluators,
            P::EditQueries,
            P::EditTestsets,
            P::EditInvocations,
            P::EditTools,
            P::EditTriggers,
        ],
    ),
    (
        Role::Developer,
        &[
            P::ViewApiKeys,
            P::EditApiKeys,
            P::DeployEnvironments,
            P::EditEnvironments,
            P::ViewEvents,
        ],
    ),
    (
        Role::Admin,
        &[
            P::EditWorkspace,
            P::CreateWorkspace,
            P::ModifyUserRoles,
            P::AddNewUserToWorkspace,
            P::ResetPassword,
            P::ViewWorkspace,
        ],
    ),
    (
        Role::Owner,
        &[
            P::DeleteWorkspace,
            P::EditOrganization,
            P::DeleteOrganization,
            P::AddNewUserToOrganization,
            P::EditBilling,
        ],
    ),
];

/// The ladder laid flat: a role's permissions are the front of it.
const PERMISSIONS_BY_RANK: [Permission; 64] = {
    let mut flat = [P::ViewApplications; 64];
    let mut at = 0;
    let mut index = 0;
    while index < PERMISSIONS_ADDED.len() {
        let added = PERMISSIONS_ADDED[index].1;
        let mut i = 0;
        while i < added.len() {
            flat[at] = added[i];
            at += 1;
            i += 1;
        }
        index += 1;
    }
    assert!(at == 64, "the ladder holds each permission once");
    flat
};

impl Role {
    /// In the order in which catalogues show them.
    pub const ALL: [Self; 6] = [
        Self::Owner,
        Self::Admin,
        Self::Viewer,
        Self::Developer,
        Self::Editor,
        Self::Annotator,
    ];

    /// As databases and clients spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Annotator => "annotator",
            Self::Editor => "editor",
            Self::Developer => "developer",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// What catalogues and member lists say about it.
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::Viewer => "Can view the workspace content but cannot make changes.",
            Self::Annotator => "Can run evaluations and annotate traces.",
            Self::Editor => "Can edit prompts, testsets, evaluators, and workflows.",
            Self::Developer => "Can deploy, export, and manage API keys and environments.",
            Self::Admin => {
                "Can manage workspace settings and members but cannot delete the workspace."
            }
            Self::Owner => "Full access (wildcard permissions).",
        }
    }

    /// All it may do: in the order of the ladder, or for the owner, who has
    /// the wildcard, in canonical order.
    #[must_use]
    pub fn permissions(self) -> &'static [Permission] {
        static CANONICAL: [Permission; 64] = Permission::ALL;
        static BY_RANK: [Permission; 64] = PERMISSIONS_BY_RANK;
        if self == Self::Owner {
            return &CANONICAL;
        }
        let count = PERMISSIONS_ADDED
            .iter()
            .filter(|(role, _)| *role <= self)
            .map(|(_, added)| added.len())
            .sum();
        &BY_RANK[..count]
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// What a member of an organization is. Only a mark of belonging: rights come
/// from the project's role and from owning the organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OrganizationRole {
    /// Belongs to it.
    Viewer,
    /// Belongs to it, and was named an admin.
    Admin,
    /// The one owner.
    Owner,
}

impl OrganizationRole {
    /// In the order in which catalogues show them.
    pub const ALL: [Self; 3] = [Self::Owner, Self::Admin, Self::Viewer];

    /// As databases and clients spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// What catalogues say about it.
    #[must_use]
    pub const fn description(self) -> &'static str {
        match self {
            Self::Viewer | Self::Admin => "Membership marker (no permissions).",
            Self::Owner => Role::Owner.description(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::PermissionSet;

    #[test]
    fn each_permission_is_added_by_one_role() {
        let all: PermissionSet = PERMISSIONS_BY_RANK.into_iter().collect();
        assert_eq!(all, PermissionSet::ALL);
    }
}

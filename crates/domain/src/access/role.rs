//! The built-in roles, and the table of their permissions.
//!
//! Not here: which membership decides, and who may give which role
//! (`app::access`).

use std::fmt;

use crate::Permission;

use Permission as P;

/// A built-in role in a workspace or a project. Ordered by rank: each role has
/// all permissions of the lower ones.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// May view content.
    Viewer,
    /// May also annotate and evaluate.
    Annotator,
    /// May also edit content.
    Editor,
    /// May also deploy and manage API keys.
    Developer,
    /// May also manage members.
    Admin,
    /// Has every permission.
    Owner,
}

/// The role of a row that is there only because a membership below it needs one: a member of a
/// project needs rows in its workspace and organization. It grants nothing, no user can be given it,
/// and the schema deletes such a row with the last membership below it.
pub const NO_ROLE: &str = "none";

/// Each role, from the lowest, with the permissions that it adds to the role
/// below it, in the order in which the reference API lists them.
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

/// The added permissions of all roles in a row: those of a role are its first ones.
const PERMISSIONS_BY_RANK: [Permission; Permission::COUNT] = {
    let mut flat = Permission::ALL;
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
    assert!(
        at == Permission::COUNT,
        "each permission is added by one role"
    );
    flat
};

impl Role {
    /// Every role, in the order in which catalogs list them.
    pub const ALL: [Self; 6] = [
        Self::Owner,
        Self::Admin,
        Self::Viewer,
        Self::Developer,
        Self::Editor,
        Self::Annotator,
    ];

    /// The name in databases and in the API.
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

    /// The description in catalogs and member lists. The text is the reference
    /// API's.
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

    /// The permissions of the role: in the order of `PERMISSIONS_ADDED`, or, for
    /// the owner, in canonical order.
    #[must_use]
    pub fn permissions(self) -> &'static [Permission] {
        static CANONICAL: [Permission; Permission::COUNT] = Permission::ALL;
        static BY_RANK: [Permission; Permission::COUNT] = PERMISSIONS_BY_RANK;
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

/// A role in an organization. Only `owner` has permissions; those of other
/// members come from their roles in projects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum OrganizationRole {
    /// A member.
    Viewer,
    /// A member who was named an admin.
    Admin,
    /// The one owner.
    Owner,
}

impl OrganizationRole {
    /// Every role, in the order in which catalogs list them.
    pub const ALL: [Self; 3] = [Self::Owner, Self::Admin, Self::Viewer];

    /// The name in databases and in the API.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Admin => "admin",
            Self::Owner => "owner",
        }
    }

    /// The description in catalogs. The text is the reference API's.
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
        assert_eq!(all, Permission::ALL.into_iter().collect());
    }
}

//! The role catalogue: which roles there are at each level, and what each of
//! them may do. The built-in one is the contract's; an operator's configuration
//! may change it.
//!
//! Not here: who may give which role to whom (`app::access`).

mod configured;

use crate::{OrganizationRole, Permission, PermissionSet, Role};

pub use configured::{NotARoleCatalog, RolesPart};

/// Where a role is held.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Level {
    /// A mark of belonging; only `owner` means more.
    Organization,
    /// A workspace; mirrors the role in its projects.
    Workspace,
    /// A project: the role that counts.
    Project,
}

impl Level {
    /// All of them, from the outside in.
    pub const ALL: [Self; 3] = [Self::Organization, Self::Workspace, Self::Project];

    /// As configurations and catalogues spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Organization => "organization",
            Self::Workspace => "workspace",
            Self::Project => "project",
        }
    }
}

/// A role that somebody can have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleDefinition {
    slug: String,
    description: String,
    permissions: PermissionSet,
    reach: PermissionSet,
    listed: Vec<Permission>,
}

impl RoleDefinition {
    fn built_in(role: Role) -> Self {
        Self::new(
            role.as_str(),
            role.description(),
            role.permissions().to_vec(),
        )
    }

    fn marker(role: OrganizationRole) -> Self {
        let listed = match role {
            OrganizationRole::Owner => Permission::ALL.to_vec(),
            OrganizationRole::Admin | OrganizationRole::Viewer => Vec::new(),
        };
        Self::new(role.as_str(), role.description(), listed)
    }

    fn new(slug: &str, description: &str, listed: Vec<Permission>) -> Self {
        let permissions: PermissionSet = listed.iter().copied().collect();
        Self {
            slug: slug.to_owned(),
            description: description.to_owned(),
            permissions,
            reach: permissions,
            listed,
        }
    }

    /// As databases and clients spell it.
    #[must_use]
    pub fn slug(&self) -> &str {
        &self.slug
    }

    /// What catalogues and member lists say about it.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// What it may do on its level.
    #[must_use]
    pub fn permissions(&self) -> PermissionSet {
        self.permissions
    }

    /// All that comes with it: somebody has a role of this name in a workspace
    /// and in its projects at once, and a configuration may say different
    /// things of the two.
    #[must_use]
    pub fn reach(&self) -> PermissionSet {
        self.reach
    }

    /// The same, in the order in which catalogues show them.
    #[must_use]
    pub fn listed(&self) -> &[Permission] {
        &self.listed
    }
}

/// Every role of each level, in the order in which they are shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleCatalog {
    organization: Vec<RoleDefinition>,
    workspace: Vec<RoleDefinition>,
    project: Vec<RoleDefinition>,
}

impl Default for RoleCatalog {
    fn default() -> Self {
        Self::built_in()
    }
}

impl RoleCatalog {
    /// The contract's.
    #[must_use]
    pub fn built_in() -> Self {
        let ladder: Vec<_> = Role::LISTED.map(RoleDefinition::built_in).into();
        Self {
            organization: OrganizationRole::LISTED.map(RoleDefinition::marker).into(),
            workspace: ladder.clone(),
            project: ladder,
        }
    }

    /// The roles of a level, in the order in which they are shown.
    #[must_use]
    pub fn listed(&self, level: Level) -> &[RoleDefinition] {
        match level {
            Level::Organization => &self.organization,
            Level::Workspace => &self.workspace,
            Level::Project => &self.project,
        }
    }

    /// The role with this name.
    #[must_use]
    pub fn find(&self, level: Level, slug: &str) -> Option<&RoleDefinition> {
        self.listed(level).iter().find(|role| role.slug == slug)
    }

    /// What somebody with this stored text may do: nothing, if no role has
    /// that name any more.
    #[must_use]
    pub fn permissions(&self, level: Level, slug: &str) -> PermissionSet {
        self.find(level, slug)
            .map_or(PermissionSet::EMPTY, RoleDefinition::permissions)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_no_role_has_grants_nothing() {
        let roles = RoleCatalog::built_in();
        let of = |text| roles.permissions(Level::Project, text);
        assert_eq!(of("workspace_admin"), PermissionSet::EMPTY);
        assert_eq!(of(""), PermissionSet::EMPTY);
        assert_eq!(of("owner"), PermissionSet::ALL);
        assert!(of("admin").contains(Permission::ModifyUserRoles));
    }

    #[test]
    fn at_the_outer_level_roles_are_marks() {
        let roles = RoleCatalog::built_in();
        let of = |text| roles.permissions(Level::Organization, text);
        assert_eq!(of("admin"), PermissionSet::EMPTY);
        assert_eq!(of("owner"), PermissionSet::ALL);
    }
}

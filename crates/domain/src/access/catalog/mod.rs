//! The role catalogue: which roles there are at each level, and what each of
//! them may do. The built-in one is the contract's; an operator's configuration
//! may change it.
//!
//! Not here: who may give which role to whom (`app::access`).

mod configured;

use crate::{OrganizationRole, Permission, PermissionSet, Role};

pub use configured::{NotARoleCatalog, RoleCatalogSetting};

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
    combined_permissions: PermissionSet,
    permissions_in_order: Vec<Permission>,
}

impl RoleDefinition {
    fn built_in(role: Role) -> Self {
        Self::new(
            role.as_str(),
            role.description(),
            role.permissions().to_vec(),
        )
    }

    fn organization_role(role: OrganizationRole) -> Self {
        let listed = match role {
            OrganizationRole::Owner => Permission::ALL.to_vec(),
            OrganizationRole::Admin | OrganizationRole::Viewer => Vec::new(),
        };
        Self::new(role.as_str(), role.description(), listed)
    }

    fn new(slug: &str, description: &str, permissions_in_order: Vec<Permission>) -> Self {
        let permissions: PermissionSet = permissions_in_order.iter().copied().collect();
        Self {
            slug: slug.to_owned(),
            description: description.to_owned(),
            permissions,
            combined_permissions: permissions,
            permissions_in_order,
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
    pub fn combined_permissions(&self) -> PermissionSet {
        self.combined_permissions
    }

    /// The same, in the order in which catalogues show them.
    #[must_use]
    pub fn permissions_in_order(&self) -> &[Permission] {
        &self.permissions_in_order
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
        let roles: Vec<_> = Role::ALL.map(RoleDefinition::built_in).into();
        Self {
            organization: OrganizationRole::ALL
                .map(RoleDefinition::organization_role)
                .into(),
            workspace: roles.clone(),
            project: roles,
        }
    }

    /// The roles of a level, in the order in which they are shown.
    #[must_use]
    pub fn roles(&self, level: Level) -> &[RoleDefinition] {
        match level {
            Level::Organization => &self.organization,
            Level::Workspace => &self.workspace,
            Level::Project => &self.project,
        }
    }

    /// The role with this name.
    #[must_use]
    pub fn find(&self, level: Level, slug: &str) -> Option<&RoleDefinition> {
        self.roles(level).iter().find(|role| role.slug == slug)
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
    fn an_unknown_role_grants_nothing() {
        let roles = RoleCatalog::built_in();
        let of = |text| roles.permissions(Level::Project, text);
        assert_eq!(of("workspace_admin"), PermissionSet::EMPTY);
        assert_eq!(of(""), PermissionSet::EMPTY);
        assert_eq!(of("owner"), PermissionSet::ALL);
        assert!(of("admin").contains(Permission::ModifyUserRoles));
    }

    #[test]
    fn organization_roles_other_than_owner_grant_nothing() {
        let roles = RoleCatalog::built_in();
        let of = |text| roles.permissions(Level::Organization, text);
        assert_eq!(of("admin"), PermissionSet::EMPTY);
        assert_eq!(of("owner"), PermissionSet::ALL);
    }
}

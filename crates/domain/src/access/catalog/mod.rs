//! The role catalog: the roles of each level and their permissions. The
//! built-in catalog is the reference API's; the operator's configuration can
//! change it.
//!
//! Not here: who may assign which role to which member (`app::access`).

mod configured;

use crate::{OrganizationRole, Permission, PermissionSet, Role};

pub use configured::{NotARoleCatalog, RoleCatalogSetting};

/// The level on which a member has a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Level {
    /// An organization. Only its `owner` has permissions.
    Organization,
    /// A workspace. Its roles are copied to its projects.
    Workspace,
    /// A project. Its role decides about requests in it.
    Project,
}

impl Level {
    /// Every level, from the outermost.
    pub const ALL: [Self; 3] = [Self::Organization, Self::Workspace, Self::Project];

    /// The name in configurations and catalogs.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Organization => "organization",
            Self::Workspace => "workspace",
            Self::Project => "project",
        }
    }
}

/// A role that a member can have.
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

    /// The name in databases and in the API.
    #[must_use]
    pub fn slug(&self) -> &str {
        &self.slug
    }

    /// The description in catalogs and member lists.
    #[must_use]
    pub fn description(&self) -> &str {
        &self.description
    }

    /// The permissions on its level.
    #[must_use]
    pub fn permissions(&self) -> PermissionSet {
        self.permissions
    }

    /// The permissions of this role in a workspace and in its projects together: a
    /// member has both at once, and a configuration can define them differently.
    #[must_use]
    pub fn combined_permissions(&self) -> PermissionSet {
        self.combined_permissions
    }

    /// The permissions on its level, in the order in which catalogs list them.
    #[must_use]
    pub fn permissions_in_order(&self) -> &[Permission] {
        &self.permissions_in_order
    }
}

/// The roles of each level, in the order in which they are listed.
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
    /// The reference API's catalog.
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

    /// The names of the roles of a level that have fewer permissions than `role` and none beside
    /// them.
    #[must_use]
    pub fn weaker_roles(&self, level: Level, role: &str) -> Vec<String> {
        let permissions = self.permissions(level, role);
        let roles = self.roles(level).iter();
        roles
            .filter(|other| other.permissions.is_proper_subset(permissions))
            .map(|other| other.slug.clone())
            .collect()
    }

    /// The roles of a level, in the order in which they are listed.
    #[must_use]
    pub fn roles(&self, level: Level) -> &[RoleDefinition] {
        match level {
            Level::Organization => &self.organization,
            Level::Workspace => &self.workspace,
            Level::Project => &self.project,
        }
    }

    /// Returns the role with this name.
    #[must_use]
    pub fn find(&self, level: Level, slug: &str) -> Option<&RoleDefinition> {
        self.roles(level).iter().find(|role| role.slug == slug)
    }

    /// The permissions of a stored role. Returns none if the catalog no longer
    /// has a role of that name.
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

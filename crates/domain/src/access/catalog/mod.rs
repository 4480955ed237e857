//! The role catalog: the roles of each level and their permissions. The
//! built-in catalog is the reference API's; the operator's configuration can
//! change it.
//!
//! Not here: who may assign which role to which member (`app::access`).

mod configured;
mod permissions;

use std::sync::Arc;

use crate::{OrganizationRole, PermissionIndex, PermissionSet, Role};

pub use configured::{NotARoleCatalog, RoleCatalogSetting};
pub use permissions::{
    NotAPermissionCatalog, PermissionCatalog, PermissionDeclaration, PermissionRef,
};

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
    catalog: Arc<PermissionCatalog>,
    permissions: PermissionSet,
    combined_permissions: PermissionSet,
    permissions_in_order: Vec<PermissionIndex>,
}

impl RoleDefinition {
    /// A built-in role. The owner and the admin also have all added permissions: what
    /// an admin lacks concerns the organization and its billing, not an application.
    fn built_in(role: Role, catalog: &Arc<PermissionCatalog>) -> Self {
        let built_in = role.permissions().iter().copied();
        let mut listed: Vec<_> = built_in.map(PermissionIndex::from).collect();
        if role >= Role::Admin {
            let added = catalog.iter().filter(|added| added.built_in().is_none());
            listed.extend(added.map(PermissionRef::index));
        }
        Self::new(role.as_str(), role.description(), catalog, listed)
    }

    fn organization_role(role: OrganizationRole, catalog: &Arc<PermissionCatalog>) -> Self {
        let listed = match role {
            OrganizationRole::Owner => catalog.iter().map(PermissionRef::index).collect(),
            OrganizationRole::Admin | OrganizationRole::Viewer => Vec::new(),
        };
        Self::new(role.as_str(), role.description(), catalog, listed)
    }

    fn new(
        slug: &str,
        description: &str,
        catalog: &Arc<PermissionCatalog>,
        permissions_in_order: Vec<PermissionIndex>,
    ) -> Self {
        let permissions: PermissionSet = permissions_in_order.iter().copied().collect();
        Self {
            slug: slug.to_owned(),
            description: description.to_owned(),
            catalog: catalog.clone(),
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
    pub fn permissions_in_order(&self) -> impl Iterator<Item = PermissionRef<'_>> {
        let indices = self.permissions_in_order.iter();
        indices.filter_map(|index| self.catalog.get(*index))
    }

    /// Whether it has every permission of the catalog on its level.
    #[must_use]
    pub fn has_every_permission(&self) -> bool {
        self.permissions == self.catalog.all()
    }
}

/// The roles of each level, in the order in which they are listed, and the catalog
/// of permissions that they have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleCatalog {
    permissions: Arc<PermissionCatalog>,
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
        Self::over(PermissionCatalog::built_in())
    }

    /// The built-in roles, with these permissions. The added ones are the owner's and
    /// the admin's.
    #[must_use]
    pub fn over(permissions: impl Into<Arc<PermissionCatalog>>) -> Self {
        let permissions = permissions.into();
        let roles = Role::ALL.map(|role| RoleDefinition::built_in(role, &permissions));
        let organization =
            OrganizationRole::ALL.map(|role| RoleDefinition::organization_role(role, &permissions));
        Self {
            organization: organization.into(),
            workspace: roles.clone().into(),
            project: roles.into(),
            permissions,
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

    /// The permissions that roles can have.
    #[must_use]
    pub fn permission_catalog(&self) -> &Arc<PermissionCatalog> {
        &self.permissions
    }

    /// All permissions, which an owner has.
    #[must_use]
    pub fn all_permissions(&self) -> PermissionSet {
        self.permissions.all()
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
    use crate::Permission;

    #[test]
    fn an_unknown_role_grants_nothing() {
        let roles = RoleCatalog::built_in();
        let of = |text| roles.permissions(Level::Project, text);
        assert_eq!(of("workspace_admin"), PermissionSet::EMPTY);
        assert_eq!(of(""), PermissionSet::EMPTY);
        assert_eq!(of("owner"), roles.all_permissions());
        assert!(of("admin").contains(Permission::ModifyUserRoles));
    }

    #[test]
    fn organization_roles_other_than_owner_grant_nothing() {
        let roles = RoleCatalog::built_in();
        let of = |text| roles.permissions(Level::Organization, text);
        assert_eq!(of("admin"), PermissionSet::EMPTY);
        assert_eq!(of("owner"), roles.all_permissions());
    }
}

//! Permissions, roles and the catalogs of both, API keys, and the operator's policy for sign-in
//! and for creating organizations.
//!
//! Not here: decisions about a caller (`app::access`).

mod api_key;
mod catalog;
mod permission;
mod permission_set;
mod policy;
mod role;

pub use api_key::{ApiKeyText, HashedApiKey};
pub use catalog::{
    Level, NotAPermissionCatalog, NotARoleCatalog, PermissionCatalog, PermissionDeclaration,
    PermissionRef, RoleCatalog, RoleCatalogSetting, RoleDefinition,
};
pub use permission::{NotAPermission, Permission};
pub use permission_set::{PermissionIndex, PermissionSet};
pub use policy::{AccessPolicy, AllowedOwners, NotAPolicy, PolicyRule};
pub use role::{NO_ROLE, OrganizationRole, Role};

//! The values that Freehold works with: ids, email addresses, names, secrets,
//! roles, permissions, policies, audit actions, refusals.
//!
//! Values are valid by construction: a text is parsed once into a type that can
//! only hold a valid one. This crate has no async code, no SQL and no HTTP, and
//! it reads no clock or random source by itself; both are arguments ([`Clock`],
//! [`RandomSource`]).
//!
//! Not here: storage (`store`), and commands and decisions (`app`).

mod access;
mod audit;
mod closest_name;
mod content;
mod id;
mod identity;
mod invitations;
mod operators;
mod organizations;
mod random;
mod refusal;
#[cfg(test)]
mod test_support;
mod text;
mod time;

pub use access::{
    AccessPolicy, AllowedOwners, ApiKeyText, HashedApiKey, Level, NO_ROLE, NotAPermission,
    NotAPermissionCatalog, NotAPolicy, NotARoleCatalog, OrganizationRole, Permission,
    PermissionCatalog, PermissionDeclaration, PermissionIndex, PermissionRef, PermissionSet,
    PolicyRule, Role, RoleCatalog, RoleCatalogSetting, RoleDefinition,
};
pub use audit::{AuditAction, Decision, Trace, TraceStep};
pub use closest_name::closest_name;
pub use content::{
    EVALUATOR_FLAGS, IS_GUARDED, NotAResourceSlug, NotASeed, ResourceKind, ResourceSlug,
    SERVICES_URL_PLACEHOLDER, SeedCatalog, SeedContent, SeedItem, SeedSlug, SeedTrigger,
    TestcaseStamp, TestsetData, contains_no_nul, evaluator_flags, is_guarded,
};
pub use id::{
    ApiKey, AuditEvent, Id, Identity, Import, Invitation, InvitationLink, Membership, NotAnId,
    OperatorKey, Organization, OutboxEntry, Project, Resource, Session, User, Workspace,
};
pub use identity::{
    Email, InvitationToken, NotAUsername, NotAnEmail, PasswordLevel, PasswordPattern,
    PasswordPolicy, PlainToken, SecretToken, TokenHash, Username,
};
pub use invitations::InvitationStatus;
pub use operators::{
    NotAReason, NotAScope, NotAnOperatorName, OperatorKeyText, OperatorName, OperatorScope,
    OperatorScopes, Reason,
};
pub use organizations::{InvalidFlags, NotASlug, OrganizationFlags, OrganizationSlug};
pub use random::{RandomSource, uuid_v7};
pub use refusal::{EntityKind, Refusal};
pub use text::{FreeText, NotText, is_deceptive};
pub use time::{Clock, Timestamp};

//! What things are: accounts, organizations, memberships, roles, secrets.
//!
//! Values of this crate are right by construction: what parsed once is never
//! checked again. Nothing here waits, reads a database, knows HTTP, or asks
//! the clock or chance by itself; both are arguments ([`Clock`], [`Chance`]).
//!
//! Not here: where things are kept (`store`) and what may be done with them
//! (`app`).

mod catalog;
mod chance;
mod content;
mod email;
mod entity_kind;
mod event;
mod flags;
mod hex;
mod id;
mod invitation;
mod operator;
mod operator_key;
mod password;
mod permission;
mod permission_set;
mod policy;
mod reason;
mod refusal;
mod role;
mod secret;
mod seed;
mod slug;
#[cfg(test)]
mod test_support;
mod text;
mod time;
mod trace;

pub use catalog::{Level, NotARoleCatalog, RoleCatalog, RoleDefinition, RolesPart};
pub use chance::{Chance, Clock, uuid_of};
pub use content::{
    EVALUATOR_FLAGS, IS_GUARDED, NotAResourceSlug, ResourceKind, ResourceSlug, TestsetData,
    TestsetOwner, evaluator_flags, is_guarded, is_storable,
};
pub use email::{Email, NotAnEmail};
pub use entity_kind::EntityKind;
pub use event::AuditAction;
pub use flags::{FlagRefusal, OrganizationFlags};
pub use id::{
    ApiKey, AuditEvent, Id, Identity, Import, Invitation, InvitationLink, Membership, NotAnId,
    OperatorKey, Organization, OutboxEntry, Project, Resource, Session, User, Workspace,
};
pub use invitation::InvitationStatus;
pub use operator::{NotAScope, OperatorScope, OperatorScopes};
pub use operator_key::{NotAnOperatorName, OperatorKeyText, OperatorName};
pub use password::{PasswordLevel, PasswordPattern, PasswordPolicy};
pub use permission::{NotAPermission, Permission};
pub use permission_set::PermissionSet;
pub use policy::{AccessPolicy, AllowedOwners, NotAPolicy, PolicyRule};
pub use reason::{NotAReason, Reason};
pub use refusal::Refusal;
pub use role::{OrganizationRole, Role};
pub use secret::{ApiKeyText, HashedApiKey, InvitationToken, PlainToken, TokenHash};
pub use seed::{
    NotASeed, SERVICES_URL, SeedCatalog, SeedContent, SeedItem, SeedOccasion, SeedSlug,
};
pub use slug::{NotASlug, OrganizationSlug};
pub use text::{FreeText, NotAUsername, NotText, Username, is_deceptive};
pub use time::Timestamp;
pub use trace::{Decision, Trace, TraceStep};

//! Where things are kept: SQLite or PostgreSQL, behind one interface.
//!
//! `engine` is where the two databases meet; `schema` is the schema's history
//! and what `doctor` looks for; the other folders are subjects, and each file in
//! them is one table or one question, with its SQL. What may be done, and by
//! whom, is decided above (`freehold-app`); here is only what the schema itself
//! refuses.

mod access;
mod accounts;
mod audit;
mod auth;
mod content;
mod email;
pub mod engine;
mod idempotency;
mod invitations;
mod locks;
mod members;
mod operators;
mod organizations;
mod outbox;
mod schema;
mod server_keys;
mod statement_list;

/// The name that `engine` had before.
pub use engine as seam;
pub use schema::{doctor, migrations};

pub use access::api_keys::{ApiKeyRow, KeyRecord, PlacedKey};
pub use access::callers::{
    FoundCaller, KeyCaller, KnownKey, ScopeRecord, SessionCaller, WantedScope,
};
pub use accounts::identities::{IdentityRecord, IdentityRow};
pub use accounts::users::UserRecord;
pub use audit::read::{AuditEvent, AuditFilter};
pub use audit::write::AuditRow;
pub use auth::sessions::SessionRecord;
pub use auth::sign_in::Login;
pub use content::resources::{ResourceRecord, ResourceRow, ResourceScan};
pub use email::data::{InvitationLetter, JoinedLetter};
pub use email::jobs::{ClaimedLetter, LetterCounts, WaitingLetter};
pub use engine::{Database, Engine, Rule, Store, StoreError, Tx};
pub use idempotency::RememberedAnswer;
pub use invitations::answer::InvitationCase;
pub use invitations::issue::{InvitationRecord, InvitationRow, Renewal};
pub use invitations::known_addresses::KnownAddress;
pub use invitations::links::InvitationLinkRecord;
pub use invitations::list::{InboxItem, InvitationFilter, ListedInvitation};
pub use locks::{HeldOrganization, HeldUser, OrganizationsOf};
pub use members::context::{StandingRecord, Target};
pub use members::insert::MemberRow;
pub use members::join::WorkspaceJoining;
pub use members::read::{Belonging, MemberRecord};
pub use members::remove::{Belongings, MembershipRecord};
pub use operators::deprovisioning::{NewDefault, Placed};
pub use operators::details::{
    AccountRecord, KeyFile, LoginFile, MemberName, OrganizationPart, ProjectFile, ProjectPart,
    WorkspaceFile, WorkspacePart,
};
pub use operators::directory::{OrganizationMember, OrganizationMembership, OrganizationSummary};
pub use operators::explain::{InvitationProof, Named};
pub use operators::imports::{ImportRecord, ImportedAccount};
pub use operators::keys::{KnownOperatorKey, OperatorKeyRecord};
pub use operators::provisioning::{KnownMember, KnownPlace, KnownUser, PlaceNames};
pub use operators::search::{Found, FoundUser, NameMark, UserSearch};
pub use organizations::create::{Ground, OrganizationRow, ProjectRow, WorkspaceRow};
pub use organizations::projects::{NewProjectRecord, ProjectRecord};
pub use organizations::read::{ListedOrganization, OrganizationRecord};
pub use organizations::transfer::Handover;
pub use organizations::workspaces::{NewWorkspaceRecord, WorkspaceRecord};
pub use outbox::{OutboxRow, OutboxTopic};
pub use statement_list::{doctor_statements, inserts, schema_fingerprint, statements};

//! The store: SQLite or PostgreSQL behind one interface.
//!
//! `engine` runs statements on either database; `schema` has the migrations and
//! the checks of `doctor`; every other folder is a subject, and each file in it
//! is one table or one question, with its SQL. What a caller may do is decided
//! in `freehold-app`; only the rules of the schema are enforced here.

mod access;
mod accounts;
mod audit;
mod auth;
mod content;
mod email;
pub mod engine;
mod idempotency;
mod invitations;
mod jobs;
mod locks;
mod members;
mod operators;
mod organizations;
mod outbox;
mod retention;
mod schema;
mod server_keys;
mod statement_list;

pub use schema::{doctor, migrations};

pub use access::api_keys::{ApiKeyRecord, ApiKeyRow, DeletedApiKey};
pub use access::callers::{
    ApiKeyCaller, ApiKeyCredential, ScopeQuery, ScopeRecord, SessionCaller, UserInProject,
};
pub use accounts::identities::{IdentityRecord, IdentityRow};
pub use accounts::users::{UserRecord, UserRow};
pub use audit::read::{AuditEvent, AuditFilter};
pub use audit::write::AuditRow;
pub use auth::sessions::SessionRecord;
pub use auth::sign_in::LoginRecord;
pub use content::resources::{ResourceRecord, ResourceRow, ResourceScan};
pub use email::data::{InvitationEmailData, MemberJoinedEmailData};
pub use email::jobs::{ClaimedEmailJob, EmailJobCounts, EmailJobRecord};
pub use engine::{Database, Engine, Rule, Store, StoreError, Tx};
pub use idempotency::IdempotencyRecord;
pub use invitations::accept_and_decline::InvitationWithContexts;
pub use invitations::addresses_in_use::AddressInUse;
pub use invitations::issue::{InvitationRecord, InvitationRenewal, InvitationRow};
pub use invitations::links::InvitationLinkRecord;
pub use invitations::list::{InboxItem, InvitationFilter, ListedInvitation};
pub use jobs::JobRecord;
pub use locks::{LockedOrganization, LockedUser, OrganizationSelector};
pub use members::context::{MemberContext, Target};
pub use members::insert::MemberRow;
pub use members::join::WorkspaceJoining;
pub use members::read::{MemberRecord, MembershipState};
pub use members::remove::{MembershipRecord, RemovalCounts};
pub use operators::deprovisioning::{EntityLocation, NewDefaultProject};
pub use operators::details::{
    KeyDetails, LoginDetails, MemberDisplayName, ProjectSummary, UserOrganization, UserProject,
    UserWithCounts, UserWorkspace, WorkspaceSummary,
};
pub use operators::explain::{InvitationTokenRecord, ResolvedId};
pub use operators::imports::{ImportRecord, ImportedAccount};
pub use operators::keys::{OperatorKeyCredential, OperatorKeyRecord};
pub use operators::lookup::{OrganizationMember, OrganizationMembership, OrganizationSummary};
pub use operators::provisioning::{
    EntityReferences, ExistingEntity, ExistingMembership, ExistingUser,
};
pub use operators::search::{NameCursor, RowPage, UserSearch, UserSummary};
pub use organizations::create::{CreationRows, OrganizationRow, ProjectRow, WorkspaceRow};
pub use organizations::projects::ProjectRecord;
pub use organizations::read::{ListedOrganization, OrganizationRecord};
pub use organizations::transfer::OwnershipTransfer;
pub use organizations::workspaces::WorkspaceRecord;
pub use outbox::{OutboxRow, OutboxTopic};
pub use retention::{ExpiringRows, TimeOrderedRows};
pub use statement_list::{doctor_statements, inserts, schema_fingerprint, statements};

//! Where things are kept: SQLite or PostgreSQL, behind one seam.
//!
//! `seam` is where the two engines meet; `migrations` is the schema's history;
//! every other file is one table or one question, with its SQL. What may be
//! done, and by whom, is decided above (`freehold-app`); here is only what the
//! schema itself refuses.

mod account_file;
mod api_keys;
mod audit_log;
mod bulk_accounts;
mod bulk_invitations;
mod bulk_lookups;
mod bulk_members;
mod bulk_passwords;
mod callers;
mod catalogue;
mod deprovisioning;
mod directory;
pub mod doctor;
mod explaining;
mod founding;
mod handover;
mod holding;
mod imports;
mod invitation_answers;
mod invitation_links;
mod invitation_lists;
mod invitations;
mod joining;
mod letters;
mod lists;
mod members;
pub mod migrations;
mod operator_keys;
mod organizations;
mod outbox_state;
mod projects;
mod records;
mod removal;
mod resources;
pub mod seam;
mod search;
mod sessions;
mod standing;
mod users;
mod withdrawal;
mod workspaces;

pub use account_file::{
    AccountRecord, KeyFile, LoginFile, MemberName, OrganizationPart, ProjectFile, ProjectPart,
    WorkspaceFile, WorkspacePart,
};
pub use api_keys::KeyRecord;
pub use audit_log::{AuditEvent, AuditFilter};
pub use bulk_accounts::{ApiKeyRow, IdentityRow};
pub use bulk_invitations::KnownAddress;
pub use bulk_lookups::{KnownMember, KnownPlace, KnownUser, PlaceNames};
pub use bulk_members::MemberRow;
pub use callers::{FoundCaller, KeyCaller, KnownKey, ScopeRecord, SessionCaller, WantedScope};
pub use catalogue::{doctor_statements, inserts, schema_fingerprint, statements};
pub use deprovisioning::{NewDefault, Placed};
pub use directory::{OrganizationMember, OrganizationMembership, OrganizationSummary};
pub use explaining::{InvitationProof, Named};
pub use founding::{Ground, OrganizationRow, ProjectRow, ResourceRow, WorkspaceRow};
pub use handover::Handover;
pub use holding::{HeldOrganization, HeldUser, OrganizationsOf};
pub use imports::{ImportRecord, ImportedAccount};
pub use invitation_answers::InvitationCase;
pub use invitation_links::InvitationLinkRecord;
pub use invitation_lists::{InboxItem, InvitationFilter, ListedInvitation};
pub use invitations::{InvitationRecord, InvitationRow, Renewal};
pub use joining::WorkspaceJoining;
pub use letters::{ClaimedLetter, InvitationLetter, JoinedLetter, LetterCounts, WaitingLetter};
pub use members::{Belonging, MemberRecord};
pub use operator_keys::{KnownOperatorKey, OperatorKeyRecord};
pub use organizations::{ListedOrganization, OrganizationRecord};
pub use outbox_state::OutboxTopic;
pub use projects::{NewProjectRecord, ProjectRecord};
pub use records::{AuditRow, OutboxRow, RememberedAnswer};
pub use removal::Belongings;
pub use resources::{ResourceRecord, ResourceScan};
pub use seam::{Database, Engine, Rule, Store, StoreError, Tx};
pub use search::{Found, FoundUser, NameMark, UserSearch};
pub use sessions::SessionRecord;
pub use standing::{StandingRecord, Target};
pub use users::{Login, UserRecord};
pub use withdrawal::{IdentityRecord, MembershipRecord, PlacedKey};
pub use workspaces::{NewWorkspaceRecord, WorkspaceRecord};

//! Where things are kept: SQLite or PostgreSQL, behind one seam.
//!
//! `seam` is where the two engines meet; `migrations` is the schema's history;
//! every other file is one table or one question, with its SQL. What may be
//! done, and by whom, is decided above (`freehold-app`); here is only what the
//! schema itself refuses.

mod api_keys;
mod bulk_invitations;
mod callers;
mod catalogue;
mod directory;
pub mod doctor;
mod founding;
mod invitation_answers;
mod invitation_links;
mod invitation_lists;
mod invitations;
mod joining;
mod letters;
mod members;
pub mod migrations;
mod organizations;
mod projects;
mod records;
mod removal;
mod resources;
pub mod seam;
mod sessions;
mod standing;
mod users;
mod workspaces;

pub use api_keys::KeyRecord;
pub use bulk_invitations::KnownAddress;
pub use callers::{FoundCaller, KeyCaller, KnownKey, ScopeRecord, SessionCaller, WantedScope};
pub use catalogue::{doctor_statements, schema_fingerprint, statements};
pub use directory::{OrganizationMember, OrganizationMembership, OrganizationSummary};
pub use founding::{FoundingRecord, ResourceRow};
pub use invitation_answers::InvitationCase;
pub use invitation_links::InvitationLinkRecord;
pub use invitation_lists::{InboxItem, InvitationFilter, ListedInvitation};
pub use invitations::{InvitationRecord, InvitationRow, Renewal};
pub use joining::WorkspaceJoining;
pub use letters::{ClaimedLetter, InvitationLetter, JoinedLetter, LetterCounts, WaitingLetter};
pub use members::{Belonging, MemberRecord, RoleExchange};
pub use organizations::{ListedOrganization, OrganizationRecord};
pub use projects::{NewProjectRecord, ProjectRecord};
pub use records::{AuditRow, OutboxRow, RememberedAnswer};
pub use removal::Belongings;
pub use resources::{ResourceRecord, ResourceScan};
pub use seam::{Database, Engine, Rule, Store, StoreError, Tx};
pub use sessions::SessionRecord;
pub use standing::{StandingRecord, Target};
pub use users::{Login, UserRecord};
pub use workspaces::{NewWorkspaceRecord, WorkspaceRecord};

//! Where things are kept: SQLite or PostgreSQL, behind one seam.
//!
//! `seam` is where the two engines meet; `migrations` is the schema's history;
//! every other file is one table or one question, with its SQL. What may be
//! done, and by whom, is decided above (`freehold-app`); here is only what the
//! schema itself refuses.

mod api_keys;
mod callers;
mod catalogue;
mod directory;
pub mod doctor;
mod founding;
mod joining;
mod members;
pub mod migrations;
mod organizations;
mod records;
mod resources;
pub mod seam;
mod sessions;
mod standing;
mod users;

pub use api_keys::KeyRecord;
pub use callers::{KeyCaller, KnownKey, ScopeRecord, SessionCaller, WantedScope};
pub use catalogue::{doctor_statements, schema_fingerprint, statements};
pub use directory::{OrganizationMember, OrganizationMembership, OrganizationSummary};
pub use founding::{FoundingRecord, ResourceRow};
pub use joining::JoiningRecord;
pub use members::{MemberRecord, ProjectRecord, RoleExchange, WorkspaceRecord};
pub use organizations::{ListedOrganization, OrganizationRecord};
pub use records::{AuditRow, OutboxRow, RememberedAnswer};
pub use resources::ResourceRecord;
pub use seam::{Database, Engine, Rule, Store, StoreError, Tx};
pub use sessions::SessionRecord;
pub use standing::{StandingRecord, Target};
pub use users::{Login, UserRecord};

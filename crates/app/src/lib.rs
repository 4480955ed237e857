//! What can be done: every command and every read of Freehold, for whichever
//! door asks.
//!
//! Each write is one function: read, decide, write, commit (`command` has the
//! frame, `access` the decisions). Nothing here knows HTTP, and there is no SQL.

mod access;
mod api_keys;
mod app;
mod attempts;
mod call;
mod caller;
mod command;
mod deletion;
mod directory;
pub mod doctor;
pub mod extension;
mod failure;
mod founding;
mod hashing;
mod idempotency;
mod members;
mod organizations;
mod password_reset;
mod profile;
mod projects;
mod resources;
mod sessions;
mod sign_in;
mod sign_up;
mod tokens;
mod transfer;
mod worker;

pub use access::Grant;
pub use app::{App, Limits, Settings};
pub use call::{Actor, Call, Done, IdempotencyKey};
pub use caller::{Caller, Credential, Scope, Via, Wanted};
pub use command::Event;
pub use directory::{
    OrganizationFile, OrganizationPage, SHOWN_MEMBERS, UserFile, WhichOrganization, WhichUser,
};
pub use extension::{Extension, Extensions};
pub use failure::{Failure, Fault, Outcome};
pub use founding::{Founding, NewOrganization};
pub use organizations::{Change, CreatedOrganization, OrganizationDetails, OrganizationUpdate};
pub use password_reset::ResetLink;
pub use resources::{ResourceFilter, ResourceOrder, ResourcePage, ResourceRef};
pub use sessions::SessionProblem;
pub use sign_in::{SignIn, SignedIn};
pub use sign_up::NewUser;
pub use tokens::Tokens;
pub use transfer::Transferred;

// Records are shown by the doors, which see the store only through here.
pub use freehold_store::{
    Database, Engine, KeyRecord, ListedOrganization, MemberRecord, OrganizationMember,
    OrganizationMembership, OrganizationRecord, OrganizationSummary, ProjectRecord, ResourceRecord,
    Store, StoreError, UserRecord, WorkspaceRecord,
};

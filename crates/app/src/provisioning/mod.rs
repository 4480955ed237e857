//! Making accounts for others: whole graphs of people, organizations and what
//! is in them, one or thousands at once, in one transaction.
//!
//! Everything is looked up and decided before the first row is written.

mod account;
mod graph;

pub use account::{
    Account, ApiKeyView, IdentityView, InBandError, MembershipView, OrganizationView, ProjectView,
    WorkspaceView,
};
pub use graph::{
    ApiKeyDraft, Existing, Graph, IdentityDraft, MembershipDraft, Named, OrganizationDraft, Parts,
    ProjectDraft, UserDraft, Wanted, WorkspaceDraft,
};

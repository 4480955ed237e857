//! Organizations with their workspaces and projects: reading, creating, updating
//! and deleting them, and transferring ownership.

mod create;
mod delete;
mod projects;
mod read;
mod transfer;
mod update;
mod workspaces;

pub use create::{CreatedOrganization, NewOrganization, OrganizationCreation};
pub(crate) use create::{
    CreationBatch, DEFAULT_TYPE, InitialContentChoice, OrganizationToCreate, ProjectToCreate,
    WorkspaceToCreate,
};
pub(crate) use delete::check_delete;
pub use projects::{NewProject, ProjectUpdate};
pub use read::OrganizationDetails;
pub use transfer::Transferred;
pub use update::OrganizationUpdate;
pub use workspaces::{NewWorkspace, WorkspaceDetails, WorkspaceUpdate};

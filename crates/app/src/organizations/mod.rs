//! Organizations with their workspaces and projects: reading, creating, updating
//! and deleting them, and transferring ownership.

mod create;
mod delete;
mod projects;
mod read;
mod transfer;
mod update;
mod workspaces;

pub(crate) use create::{
    Content, DEFAULT_TYPE, NewOrganizationPlace, NewPlaces, NewProjectPlace, NewWorkspacePlace,
};
pub use create::{CreatedOrganization, Founding, NewOrganization};
pub(crate) use delete::may_delete;
pub use projects::{NewProject, ProjectUpdate};
pub use read::OrganizationDetails;
pub use transfer::Transferred;
pub use update::OrganizationUpdate;
pub use workspaces::{NewWorkspace, WorkspaceDetails, WorkspaceUpdate};

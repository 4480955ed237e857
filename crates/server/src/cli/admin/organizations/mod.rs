//! `freehold admin organization`, `workspace` and `project`: resources and their
//! members.

mod kind;
mod member;
mod organization;
mod project;
mod workspace;

pub(super) use organization::OrganizationCommand;
pub(super) use project::ProjectCommand;
pub(super) use workspace::WorkspaceCommand;

//! `freehold admin organization`, `workspace` and `project`, with their members.

mod level;
mod member;
mod organization;
mod project;
mod workspace;

pub(super) use organization::OrganizationCommand;
pub(super) use project::ProjectCommand;
pub(super) use workspace::WorkspaceCommand;

//! `freehold admin organization`, `workspace` and `project`: resources and their
//! members.

mod kind;
mod member;
mod organization;
mod project;
mod workspace;

pub(super) use organization::Organization;
pub(super) use project::Project;
pub(super) use workspace::Workspace;

//! Organizations, and the workspaces and projects in them.

pub(crate) mod create;
pub(crate) mod delete;
pub(crate) mod projects;
pub(crate) mod read;
pub(crate) mod transfer;
pub(crate) mod update;
pub(crate) mod workspaces;

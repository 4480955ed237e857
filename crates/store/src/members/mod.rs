//! Members of organizations, workspaces and projects.

pub(crate) mod context;
pub(crate) mod insert;
pub(crate) mod join;
pub(crate) mod read;
pub(crate) mod remove;
pub(crate) mod roles;

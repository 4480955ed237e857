//! The endpoints for users and their programs, one folder or file per subject. The endpoints for
//! operators are in `admin`.

pub(crate) mod access;
pub(crate) mod accounts;
pub(crate) mod audit;
pub(crate) mod auth;
pub(crate) mod content;
pub(crate) mod fallback;
pub(crate) mod invitations;
pub(crate) mod members;
pub(crate) mod operations;
pub(crate) mod organizations;

//! What operators do with other people's accounts, and their keys.

pub(crate) mod deprovisioning;
pub(crate) mod details;
pub(crate) mod directory;
pub(crate) mod explain;
pub(crate) mod imports;
pub(crate) mod keys;
pub(crate) mod provisioning;
pub(crate) mod search;

//! Operators: their keys, and what they read and change across organizations.

pub(crate) mod deprovisioning;
pub(crate) mod details;
pub(crate) mod explain;
pub(crate) mod imports;
pub(crate) mod keys;
pub(crate) mod lookup;
pub(crate) mod provisioning;
pub(crate) mod search;

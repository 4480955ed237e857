//! What this machine can do without the server: the limits that figures are
//! compared with.

pub(crate) mod argon2;
pub(crate) mod plain_http;
pub(crate) mod raw_postgres;
pub(crate) mod raw_sqlite;

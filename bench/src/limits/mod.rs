//! The limits of this machine without the server, with which figures are compared.

pub(crate) mod argon2;
pub(crate) mod plain_http;
pub(crate) mod raw_postgres;
pub(crate) mod raw_sqlite;

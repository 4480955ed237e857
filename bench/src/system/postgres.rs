//! The PostgreSQL that `cargo xtask bench` has started, and the fresh database in
//! which everything about it is measured.

use url::Url;

use crate::{
    error::{BenchError, Result},
    load::client::Client,
};

/// Where PostgreSQL is, as `cargo xtask bench` tells.
#[derive(Debug, Clone)]
pub(crate) struct Cluster {
    admin: Url,
    /// Everything measured happens in this database.
    pub(crate) database: Url,
    /// The postmaster, for accounting.
    pub(crate) pid: u32,
    /// The program `pgbench`.
    pub(crate) pgbench: String,
}

impl Cluster {
    /// Reads the environment.
    pub(crate) fn from_env() -> Result<Self> {
        let var = |name: &'static str| std::env::var(name).map_err(|_| BenchError::Missing(name));
        let admin = Url::parse(&var("FREEHOLD_BENCH_POSTGRES")?)?;
        let mut database = admin.clone();
        database.set_path("/freehold_bench");
        let pid = var("FREEHOLD_BENCH_POSTGRES_PID")?;
        let pid = pid
            .trim()
            .parse()
            .map_err(|_| BenchError::Missing("FREEHOLD_BENCH_POSTGRES_PID"))?;
        let pgbench = std::env::var("FREEHOLD_BENCH_PGBENCH").unwrap_or_else(|_| "pgbench".into());
        Ok(Self {
            admin,
            database,
            pid,
            pgbench,
        })
    }

    /// Makes the database anew.
    pub(crate) fn fresh_database(&self, client: &Client) -> Result<()> {
        client.sql(
            &self.admin,
            &[
                "DROP DATABASE IF EXISTS freehold_bench WITH (FORCE)",
                "CREATE DATABASE freehold_bench",
            ],
        )
    }
}

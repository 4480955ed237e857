//! The PostgreSQL server that `cargo xtask bench` started, and the database for
//! measurements.

use url::Url;

use crate::{
    error::{BenchError, Result},
    load::client::Client,
    system::process::CpuScope,
};

/// The variable with the process id of the postmaster.
const PID: &str = "FREEHOLD_BENCH_POSTGRES_PID";

/// The PostgreSQL server, from the environment that `cargo xtask bench` sets.
#[derive(Debug, Clone)]
pub(crate) struct Cluster {
    admin: Url,
    /// The database for measurements.
    pub(crate) database: Url,
    /// The process id of the postmaster.
    pid: Option<u32>,
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
        let pid = var(PID).ok().and_then(|pid| pid.trim().parse().ok());
        let pgbench = std::env::var("FREEHOLD_BENCH_PGBENCH").unwrap_or_else(|_| "pgbench".into());
        Ok(Self {
            admin,
            database,
            pid,
            pgbench,
        })
    }

    /// The processes of the server, for measuring their processor time.
    pub(crate) fn processes(&self) -> Result<CpuScope> {
        let pid = self.pid.ok_or(BenchError::Missing(PID))?;
        Ok(CpuScope::ProcessTree(pid))
    }

    /// Drops and creates the database.
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

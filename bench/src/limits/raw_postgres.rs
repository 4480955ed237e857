//! How fast PostgreSQL takes the rows of a new organization from `pgbench`:
//! the limit that `create organization` is compared with. And the fresh
//! database in which everything about PostgreSQL is measured.

use std::{path::Path, process::Command};

use serde::Serialize;
use url::Url;

use crate::{
    client::Client,
    error::{BenchError, Result, io},
    measure::{Whose, cpu_us},
};

const SCHEMA: &str = include_str!("../sql/postgres.sql");
const ROWS: &str = include_str!("../sql/pgbench_rows.sql");
// Ids are made of two numbers of sixteen hexadecimal digits each (hence the
// 2^60), rising within a run as UUIDv7 do, because pgbench has no uuids.
const VARIABLES: &str = "\
\\set n :n + 1
\\set hi 1152921504606846976 + :n * 4096 + :client_id
\\set lo 1152921504606846976 + :run
\\set person 1152921504606846976 + random(0, 63)
";

/// Where PostgreSQL is, as `cargo xtask bench` tells.
#[derive(Debug, Clone)]
pub(crate) struct Cluster {
    admin: Url,
    /// Everything measured happens in this database.
    pub(crate) database: Url,
    /// The postmaster, for accounting.
    pub(crate) pid: u32,
    pgbench: String,
}

/// What one way of sending the statements reached.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Pgbench {
    /// Transactions per second.
    pub(crate) rate: f64,
    /// Mean latency in milliseconds.
    pub(crate) mean_ms: f64,
    /// Processor time of PostgreSQL per transaction.
    pub(crate) database_us: f64,
}

/// Both ways.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct RawPostgres {
    /// `BEGIN`, eight inserts, `COMMIT`, each waited for.
    pub(crate) ten_round_trips: Pgbench,
    /// The same ten in one pipeline.
    pub(crate) one_round_trip: Pgbench,
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

    /// Runs both ways for `seconds` each, with sixteen clients.
    pub(crate) fn measure(
        &self,
        client: &Client,
        folder: &Path,
        seconds: u32,
    ) -> Result<RawPostgres> {
        client.sql(&self.database, &[SCHEMA])?;
        let ten = format!("{VARIABLES}BEGIN;\n{ROWS}COMMIT;\n");
        let one = format!("{VARIABLES}\\startpipeline\nBEGIN;\n{ROWS}COMMIT;\n\\endpipeline\n");
        let raw = RawPostgres {
            ten_round_trips: self.pgbench(&folder.join("ten.sql"), &ten, seconds, 1)?,
            one_round_trip: self.pgbench(&folder.join("one.sql"), &one, seconds, 2)?,
        };
        // Neither the rows nor their write-back is left to the server's runs.
        client.sql(&self.database, &["DROP SCHEMA raw CASCADE", "CHECKPOINT"])?;
        Ok(raw)
    }

    fn pgbench(&self, file: &Path, script: &str, seconds: u32, run: u32) -> Result<Pgbench> {
        io("pgbench script", std::fs::write(file, script))?;
        let before = cpu_us(Whose::Family(self.pid))?;
        let output = io(
            "pgbench",
            Command::new(&self.pgbench)
                .args(["-n", "-M", "prepared", "-c", "16", "-j", "2", "-D", "n=0"])
                .args([
                    "-D",
                    &format!("run={run}"),
                    "-T",
                    &seconds.to_string(),
                    "-f",
                ])
                .arg(file)
                .arg(self.database.as_str())
                .output(),
        )?;
        let text = String::from_utf8_lossy(&output.stdout);
        let complaint = || BenchError::Program {
            program: "pgbench",
            said: format!("{text}{}", String::from_utf8_lossy(&output.stderr)),
        };
        if !output.status.success() {
            return Err(complaint());
        }
        let after = |label: &str| {
            let line = text.lines().find_map(|l| l.strip_prefix(label))?;
            line.split([' ', '/']).next()?.parse::<f64>().ok()
        };
        let figure = |label| after(label).ok_or_else(complaint);
        if after("number of failed transactions: ").is_some_and(|failed| failed > 0.0) {
            return Err(complaint());
        }
        let done = figure("number of transactions actually processed: ")?;
        // Read after the clients left: their backends are then counted among
        // the children that the postmaster has waited for.
        let used = cpu_us(Whose::Family(self.pid))?.saturating_sub(before);
        Ok(Pgbench {
            rate: figure("tps = ")?,
            mean_ms: figure("latency average = ")?,
            database_us: used as f64 / done.max(1.0),
        })
    }
}

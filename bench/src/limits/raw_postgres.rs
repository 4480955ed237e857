//! The rate at which PostgreSQL inserts the rows of new organizations with
//! `pgbench`: the limit that `create organization` is compared with.

use std::{path::Path, process::Command};

use serde::Serialize;

use crate::{
    error::{BenchError, Result, io},
    load::client::Client,
    system::{postgres::Cluster, process::cpu_us},
};

const SCHEMA: &str = include_str!("../../sql/raw_postgres.sql");
const ROWS: &str = include_str!("../../sql/pgbench_rows.sql");
// pgbench has no UUIDs: ids consist of two numbers of sixteen hexadecimal digits
// each (hence the 2^60), and grow within a run like UUIDs of version 7.
const VARIABLES: &str = "\
\\set n :n + 1
\\set hi 1152921504606846976 + :n * 4096 + :client_id
\\set lo 1152921504606846976 + :run
\\set user 1152921504606846976 + random(0, 63)
";

/// The figures of one way to send the statements.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Pgbench {
    /// Transactions per second.
    pub(crate) rate: f64,
    /// Mean latency in milliseconds.
    pub(crate) mean_ms: f64,
    /// Processor time of PostgreSQL per transaction.
    pub(crate) database_us: f64,
}

/// The figures of both ways.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct RawPostgres {
    /// `BEGIN`, eight inserts and `COMMIT`, each as one round trip.
    pub(crate) ten_round_trips: Pgbench,
    /// The same ten in one pipeline.
    pub(crate) one_round_trip: Pgbench,
}

/// Runs both ways for `seconds` each, with sixteen clients.
pub(crate) fn measure(
    cluster: &Cluster,
    client: &Client,
    folder: &Path,
    seconds: u32,
) -> Result<RawPostgres> {
    client.sql(&cluster.database, &[SCHEMA])?;
    let ten = format!("{VARIABLES}BEGIN;\n{ROWS}COMMIT;\n");
    let one = format!("{VARIABLES}\\startpipeline\nBEGIN;\n{ROWS}COMMIT;\n\\endpipeline\n");
    let raw = RawPostgres {
        ten_round_trips: pgbench(cluster, &folder.join("ten.sql"), &ten, seconds, 1)?,
        one_round_trip: pgbench(cluster, &folder.join("one.sql"), &one, seconds, 2)?,
    };
    // The following runs must not pay for the rows or their write-back.
    client.sql(
        &cluster.database,
        &["DROP SCHEMA raw CASCADE", "CHECKPOINT"],
    )?;
    Ok(raw)
}

fn pgbench(
    cluster: &Cluster,
    file: &Path,
    script: &str,
    seconds: u32,
    run: u32,
) -> Result<Pgbench> {
    io("pgbench script", std::fs::write(file, script))?;
    let before = cpu_us(cluster.processes()?)?;
    let output = io(
        "pgbench",
        Command::new(&cluster.pgbench)
            .args(["-n", "-M", "prepared", "-c", "16", "-j", "2", "-D", "n=0"])
            .args([
                "-D",
                &format!("run={run}"),
                "-T",
                &seconds.to_string(),
                "-f",
            ])
            .arg(file)
            .arg(cluster.database.as_str())
            .output(),
    )?;
    let text = String::from_utf8_lossy(&output.stdout);
    let program_error = || BenchError::Program {
        program: "pgbench",
        output: format!("{text}{}", String::from_utf8_lossy(&output.stderr)),
    };
    if !output.status.success() {
        return Err(program_error());
    }
    let after = |label: &str| {
        let line = text.lines().find_map(|l| l.strip_prefix(label))?;
        line.split([' ', '/']).next()?.parse::<f64>().ok()
    };
    let figure = |label| after(label).ok_or_else(program_error);
    if after("number of failed transactions: ").is_some_and(|failed| failed > 0.0) {
        return Err(program_error());
    }
    let transactions = figure("number of transactions actually processed: ")?;
    // The clients have ended, so their backends are among the children that the
    // postmaster has waited for.
    let used = cpu_us(cluster.processes()?)?.saturating_sub(before);
    Ok(Pgbench {
        rate: figure("tps = ")?,
        mean_ms: figure("latency average = ")?,
        database_us: used as f64 / transactions.max(1.0),
    })
}

//! `freehold-bench`: measures the server and the limits of the machine. This file
//! has the command line; `README.md` describes each figure.
//!
//! `plan` has the requested parts, `scenarios` measures them on one database with
//! the load generators in `load` and the processes in `system`, `limits` measures
//! the machine, `results` has all figures, and `report` prints them.
#![expect(clippy::print_stdout, reason = "this program prints figures")]

mod error;
mod limits;
mod load;
mod plan;
mod report;
mod results;
mod scenarios;
mod system;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand, ValueEnum};
use serde::Serialize;

use crate::{
    error::{Result, io},
    limits::plain_http,
    load::client::Client,
    plan::{Bench, Engine, Part},
    results::Measured,
    system::postgres::Cluster,
};

/// Measures the server and the raw limits of the machine.
#[derive(Debug, Parser)]
#[command(name = "freehold-bench", version)]
struct Cli {
    #[command(subcommand)]
    internal: Option<InternalCommand>,
    /// Measure only these parts, and the limits that they are compared with.
    #[arg(long, value_enum, num_args = 1..)]
    only: Vec<Part>,
    /// The databases to measure.
    #[arg(long, value_enum, default_value = "both")]
    engine: Engines,
    /// Seconds for each load; loads that hash passwords take twice as long.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=600))]
    seconds: u32,
    /// Connections of each load.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=1024))]
    connections: u32,
    /// Accounts to import, for the import and the parts after it.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1_000..=10_000_000))]
    accounts: u32,
    /// Write all figures to this file as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Run each load for one second, only to check that it runs.
    #[arg(long)]
    quick: bool,
    /// The server binary.
    #[arg(long, env = "FREEHOLD_BIN", default_value = "target/release/freehold")]
    server: PathBuf,
}

#[derive(Debug, Subcommand)]
enum InternalCommand {
    /// Serve the plain response (started by the benchmark itself).
    #[command(hide = true)]
    Plain {
        #[arg(long, default_value_t = 330)]
        bytes: usize,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Engines {
    Sqlite,
    Postgres,
    Both,
}

#[derive(Serialize)]
struct Results<'r> {
    seconds: u32,
    connections: u32,
    engines: &'r [Measured],
    table: &'r [report::Row],
}

fn main() -> ExitCode {
    match run(Cli::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            println!("{error}");
            ExitCode::from(2)
        }
    }
}

/// Returns whether every requested part was measured. A missed target is a result,
/// not a failure.
fn run(cli: Cli) -> Result<bool> {
    if let Some(InternalCommand::Plain { bytes }) = cli.internal {
        plain_http::serve(bytes, |port| println!("{port}"))?;
        return Ok(true);
    }
    let bench = Bench {
        only: cli.only,
        seconds: if cli.quick { 1 } else { cli.seconds },
        connections: cli.connections,
        accounts: if cli.quick { 2_000 } else { cli.accounts },
        binary: cli.server,
    };
    let client = Client::new()?;
    let mut measured = Vec::new();
    if cli.engine != Engines::Postgres {
        measured.push(scenarios::run(&bench, Engine::Sqlite, None, &client)?);
    }
    if cli.engine != Engines::Sqlite {
        let cluster = Cluster::from_env()?;
        measured.push(scenarios::run(
            &bench,
            Engine::Postgres,
            Some(&cluster),
            &client,
        )?);
    }
    let rows = report::rows(&measured);
    report::table(&rows);
    if let Some(path) = &cli.json {
        let results = Results {
            seconds: bench.seconds,
            connections: bench.connections,
            engines: &measured,
            table: &rows,
        };
        io(
            path.display().to_string(),
            std::fs::write(path, serde_json::to_vec_pretty(&results)?),
        )?;
    }
    let mut complete = true;
    for engine in &measured {
        for problem in &engine.problems {
            println!("not measured on {}: {problem}", engine.engine.name());
            complete = false;
        }
    }
    Ok(complete)
}

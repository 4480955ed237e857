//! `freehold-bench`: measures the server and the limits of the machine. This file
//! has the command line; `README.md` describes each figure.
//!
//! `plan` has the requested parts, `scenarios` measures them on one database with
//! the load generators in `load` and the processes in `system`, `limits` measures
//! the machine, `results` has all figures, and `report` prints them.
#![expect(clippy::print_stdout, reason = "this program prints figures")]

mod costs;
mod error;
mod limits;
mod load;
mod plan;
mod report;
mod results;
mod scenarios;
mod system;

use std::{panic::resume_unwind, path::PathBuf, process::ExitCode, thread};

use clap::{Parser, Subcommand, ValueEnum};
use serde::Serialize;

use crate::{
    costs::Snapshot,
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
    /// The largest number of organizations in the part `growth`.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1_000..=10_000_000))]
    organizations: u32,
    /// Write all figures to this file as JSON.
    #[arg(long)]
    json: Option<PathBuf>,
    /// Run each load for one second, only to check that it runs.
    #[arg(long)]
    quick: bool,
    /// Measure only the costs of commands, without instructions, and compare them
    /// with `bench/costs.snapshot`.
    #[arg(long, conflicts_with = "bless")]
    check: bool,
    /// The same, and write them to `bench/costs.snapshot`.
    #[arg(long)]
    bless: bool,
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

/// Compares the costs of commands with the snapshot, or writes it. Returns whether
/// they are the same.
fn compare_costs(cli: &Cli) -> Result<bool> {
    let options = costs::Options {
        binary: cli.server.clone(),
        instructions: false,
    };
    let on = |engine: Engine, cluster: Option<Cluster>| -> Result<_> {
        let costs = costs::measure(&options, engine, cluster.as_ref(), &Client::new()?)?;
        Ok((engine, costs))
    };
    // At the same time: costs are not times.
    let measured = thread::scope(|scope| {
        let sqlite =
            (cli.engine != Engines::Postgres).then(|| scope.spawn(|| on(Engine::Sqlite, None)));
        let postgres = (cli.engine != Engines::Sqlite)
            .then(|| on(Engine::Postgres, Some(Cluster::from_env()?)));
        let sqlite =
            sqlite.map(|thread| thread.join().unwrap_or_else(|panic| resume_unwind(panic)));
        sqlite
            .into_iter()
            .chain(postgres)
            .collect::<Result<Vec<_>>>()
    })?;
    let mut snapshot = Snapshot::load()?;
    let mut differences = Vec::new();
    for (engine, costs) in measured {
        report::costs(engine, &costs);
        differences.extend(snapshot.differences(engine, &costs));
        snapshot.replace(engine, &costs);
    }
    if cli.bless {
        snapshot.save()?;
        return Ok(true);
    }
    for difference in &differences {
        println!("differs from bench/costs.snapshot: {difference}");
    }
    Ok(differences.is_empty())
}

/// Returns whether every requested part was measured. A missed target is a result,
/// not a failure.
fn run(cli: Cli) -> Result<bool> {
    if let Some(InternalCommand::Plain { bytes }) = cli.internal {
        plain_http::serve(bytes, |port| println!("{port}"))?;
        return Ok(true);
    }
    if cli.check || cli.bless {
        return compare_costs(&cli);
    }
    let bench = Bench {
        only: cli.only,
        seconds: if cli.quick { 1 } else { cli.seconds },
        connections: cli.connections,
        accounts: if cli.quick { 2_000 } else { cli.accounts },
        organizations: if cli.quick { 1_000 } else { cli.organizations },
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

//! `freehold-bench`: what the server costs, beside what the machine can do.
//! This file holds the command line and the order of things; `README.md` says
//! what each figure means.
#![expect(
    clippy::print_stdout,
    reason = "printing figures is what this program is for"
)]

mod client;
mod crowd;
mod crowd_figures;
mod error;
mod measure;
mod password;
mod people;
mod plain;
mod provisioning;
mod provisioning_figures;
mod raw_postgres;
mod raw_sqlite;
mod report;
mod results;
mod round_trips;
mod scenarios;
mod server;
mod wrk;

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand, ValueEnum};
use serde::Serialize;

use crate::{
    client::Client,
    error::{Result, io},
    raw_postgres::Cluster,
    results::Measured,
};

/// Measures the server beside the raw limits of the machine.
#[derive(Debug, Parser)]
#[command(name = "freehold-bench", version)]
struct Cli {
    #[command(subcommand)]
    hidden: Option<Hidden>,
    /// Only these parts, and the limits they are compared with.
    #[arg(long, value_enum, num_args = 1..)]
    only: Vec<Part>,
    /// Which databases.
    #[arg(long, value_enum, default_value = "both")]
    engine: Engines,
    /// Length of each load; loads that hash passwords take twice as long.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=600))]
    seconds: u32,
    /// Connections of each load.
    #[arg(long, default_value_t = 64, value_parser = clap::value_parser!(u32).range(1..=1024))]
    connections: u32,
    /// Accounts of the import, and with them of what is measured beside them.
    #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1_000..=10_000_000))]
    accounts: u32,
    /// Write everything measured to this file.
    #[arg(long)]
    json: Option<PathBuf>,
    /// One second each: shows that it runs, not how fast.
    #[arg(long)]
    quick: bool,
    /// The server.
    #[arg(long, env = "FREEHOLD_BIN", default_value = "target/release/freehold")]
    server: PathBuf,
}

#[derive(Debug, Subcommand)]
enum Hidden {
    /// Serve the plain reply (started by the benchmark itself).
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

/// A database under the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Engine {
    Sqlite,
    Postgres,
}

impl Engine {
    fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
        }
    }
}

/// What can be asked for with `--only`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    Plain,
    Argon2,
    RawInserts,
    SignUp,
    SignIn,
    Create,
    CreateSeeded,
    ListKey,
    ListSession,
    VerifyKey,
    BusyReads,
    RoundTrips,
    People,
    AdminSingle,
    AdminBatch,
    Import,
    AdminMillion,
    Search,
}

impl Part {
    fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Argon2 => "argon2",
            Self::RawInserts => "raw-inserts",
            Self::SignUp => "sign-up",
            Self::SignIn => "sign-in",
            Self::Create => "create",
            Self::CreateSeeded => "create-seeded",
            Self::ListKey => "list-key",
            Self::ListSession => "list-session",
            Self::VerifyKey => "verify-key",
            Self::BusyReads => "busy-reads",
            Self::RoundTrips => "round-trips",
            Self::People => "people",
            Self::AdminSingle => "admin-single",
            Self::AdminBatch => "admin-batch",
            Self::Import => "import",
            Self::AdminMillion => "admin-million",
            Self::Search => "search",
        }
    }

    /// Whether it is asked by people who have signed up.
    fn needs_people(self) -> bool {
        !matches!(self, Self::Plain | Self::Argon2 | Self::RawInserts) && !self.is_operators()
    }

    /// Whether it is asked by an operator.
    fn is_operators(self) -> bool {
        matches!(
            self,
            Self::AdminSingle | Self::AdminBatch | Self::Import | Self::AdminMillion | Self::Search
        )
    }

    /// Parts whose figure is compared with this one.
    fn serves(self) -> &'static [Self] {
        match self {
            Self::Plain => &[Self::ListKey, Self::ListSession, Self::VerifyKey],
            Self::Argon2 => &[Self::SignUp, Self::SignIn],
            Self::RawInserts => &[Self::Create, Self::CreateSeeded],
            Self::Create => &[Self::CreateSeeded],
            Self::AdminSingle => &[Self::AdminMillion],
            Self::Import => &[Self::AdminMillion, Self::Search],
            _ => &[],
        }
    }
}

/// What was asked for.
#[derive(Debug)]
struct Bench {
    only: Vec<Part>,
    seconds: u32,
    connections: u32,
    accounts: u32,
    binary: PathBuf,
}

impl Bench {
    fn wants(&self, part: Part) -> bool {
        self.only.is_empty()
            || self
                .only
                .iter()
                .any(|asked| *asked == part || part.serves().contains(asked))
    }

    fn wants_people(&self) -> bool {
        self.only.is_empty() || self.only.iter().any(|part| part.needs_people())
    }

    fn wants_operators(&self) -> bool {
        self.only.is_empty() || self.only.iter().any(|part| part.is_operators())
    }
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

/// Whether everything asked for was measured; a missed target is a result and
/// not a failure of the benchmark.
fn run(cli: Cli) -> Result<bool> {
    if let Some(Hidden::Plain { bytes }) = cli.hidden {
        plain::serve(bytes, |port| println!("{port}"))?;
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

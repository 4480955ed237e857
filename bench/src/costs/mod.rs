//! The cost of single commands: statements, round trips, rows, index entries,
//! bytes and instructions. Each command is sent to the real server, one request at
//! a time, in a fresh database with a fixed population, so that the figures are
//! the same on every machine. `README.md` describes each figure.
//!
//! `population` creates the users, `commands` has the requests, `meter` reads what
//! a request wrote, `instructions` counts instructions, and `snapshot` compares the
//! figures with those that are kept in the repository.

mod commands;
mod instructions;
mod meter;
mod population;
mod snapshot;

use std::path::PathBuf;

use reqwest::Method;
use serde::Serialize;

use crate::{
    error::{BenchError, Result, io},
    load::client::Client,
    plan::Engine,
    scenarios::round_trips::{ROUND_TRIPS, STATEMENTS, total},
    system::{
        postgres::Cluster,
        server::{Server, Settings},
    },
};

use commands::{COMMANDS, Command, Scene};
use meter::{Meter, PostgresMeter, Written};
use population::Population;

pub(crate) use snapshot::Snapshot;

/// How often each command is measured.
const REPETITIONS: usize = 15;
/// Requests before the measured ones: each connection to PostgreSQL prepares its
/// statements once.
const WARM_UP: usize = 5;
// Ownership is transferred back and forth, and ends where it began.
const _: () = assert!((REPETITIONS + WARM_UP).is_multiple_of(2));

/// The cost of one command.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Cost {
    /// The name of the command.
    pub(crate) command: String,
    /// Statements without those that begin and end transactions.
    pub(crate) statements: u64,
    /// Round trips to PostgreSQL.
    pub(crate) round_trips: u64,
    /// Rows inserted, updated and deleted.
    pub(crate) rows: u64,
    /// Index entries written.
    pub(crate) index_entries: u64,
    /// Bytes in the write-ahead log.
    pub(crate) bytes: u64,
    /// Instructions of the server in user mode; `None` if they were not counted.
    pub(crate) instructions: Option<u64>,
}

/// What to measure.
#[derive(Debug)]
pub(crate) struct Options {
    /// The server binary.
    pub(crate) binary: PathBuf,
    /// Whether to count instructions, which takes minutes.
    pub(crate) instructions: bool,
}

/// Measures all commands on one engine.
pub(crate) fn measure(
    options: &Options,
    engine: Engine,
    cluster: Option<&Cluster>,
    client: &Client,
) -> Result<Vec<Cost>> {
    let mut costs = Vec::new();
    for seeds in [false, true] {
        // Not in the folder for loads: nothing here depends on the speed of a disk.
        let folder = io("a temporary folder", tempfile::tempdir())?;
        if let Some(cluster) = cluster {
            cluster.fresh_database(client)?;
            PostgresMeter::flush_commits(client, &cluster.database)?;
        }
        let settings = Settings {
            binary: options.binary.clone(),
            folder: folder.path().to_owned(),
            database: cluster.map(|c| c.database.clone()),
            seeds,
            limits: true,
            callgrind: false,
        };
        let server = Server::start(&settings, client)?;
        let population = Population::create(client, &server)?;
        let mut meter = Meter::new(engine, &settings, client)?;
        let scene = Scene {
            client,
            server: &server,
            population: &population,
        };
        let own = own_counters(&scene)?;
        for command in COMMANDS.iter().filter(|command| command.seeds == seeds) {
            costs.push(measure_command(command, &scene, &mut meter, own)?);
        }
        server.stop()?;
        if options.instructions {
            let mine = COMMANDS.iter().filter(|command| command.seeds == seeds);
            instructions::measure(&settings, client, &population, mine, &mut costs)?;
        }
    }
    // In the order of the list, not of the servers that measured them.
    costs.sort_by_key(|cost| COMMANDS.iter().position(|c| c.name == cost.command));
    Ok(costs)
}

/// The counters of the server.
#[derive(Debug, Clone, Copy)]
struct Counters {
    statements: u64,
    round_trips: u64,
}

impl Counters {
    fn read(scene: &Scene<'_>) -> Result<Self> {
        let url = scene.server.url("/metrics");
        let reply = scene.client.expect(200, Method::GET, &url, None, None)?;
        let counter = |name: &'static str| {
            let value = total(&reply.body, name).ok_or_else(|| BenchError::Program {
                program: "freehold",
                output: format!("/metrics has no {name}"),
            })?;
            Ok::<_, BenchError>(value as u64)
        };
        Ok(Self {
            statements: counter(STATEMENTS)?,
            round_trips: counter(ROUND_TRIPS)?,
        })
    }

    fn since(self, before: Self) -> Self {
        Self {
            statements: self.statements.saturating_sub(before.statements),
            round_trips: self.round_trips.saturating_sub(before.round_trips),
        }
    }
}

/// Returns what reading the counters adds to them.
fn own_counters(scene: &Scene<'_>) -> Result<Counters> {
    for _ in 0..WARM_UP {
        Counters::read(scene)?;
    }
    let before = Counters::read(scene)?;
    Ok(Counters::read(scene)?.since(before))
}

fn measure_command(
    command: &Command,
    scene: &Scene<'_>,
    meter: &mut Meter,
    own: Counters,
) -> Result<Cost> {
    let mut all: Vec<(Counters, Written)> = Vec::with_capacity(REPETITIONS);
    for n in 0..WARM_UP + REPETITIONS {
        let request = (command.request)(scene, n)?;
        let counters = Counters::read(scene)?;
        let before = meter.before(scene.client)?;
        request.send(scene)?;
        let written = meter.after(scene.client, before)?;
        let counters = Counters::read(scene)?.since(counters).since(own);
        if n >= WARM_UP {
            all.push((counters, written));
        }
    }
    let median_of = |figure: fn(&(Counters, Written)) -> u64| median(all.iter().map(figure));
    Ok(Cost {
        command: command.name.to_owned(),
        statements: median_of(|(counters, _)| counters.statements),
        round_trips: median_of(|(counters, _)| counters.round_trips),
        rows: median_of(|(_, written)| written.rows),
        index_entries: median_of(|(_, written)| written.index_entries),
        bytes: middle_mean(all.iter().map(|(_, written)| written.bytes)),
        instructions: None,
    })
}

/// Returns the median, or zero if there are no figures.
fn median(figures: impl Iterator<Item = u64>) -> u64 {
    let mut sorted: Vec<u64> = figures.collect();
    sorted.sort_unstable();
    sorted.get(sorted.len() / 2).copied().unwrap_or(0)
}

/// Returns the mean of the middle half. Background jobs do not change it, as they do
/// a mean; and unlike a median it does not jump when pages are split more often.
fn middle_mean(figures: impl Iterator<Item = u64>) -> u64 {
    let mut sorted: Vec<u64> = figures.collect();
    sorted.sort_unstable();
    let quarter = sorted.len() / 4;
    let middle = &sorted[quarter..sorted.len() - quarter];
    middle.iter().sum::<u64>() / (middle.len() as u64).max(1)
}

#[cfg(test)]
mod tests {
    use super::{median, middle_mean};

    #[test]
    fn background_work_in_one_repetition_changes_no_figure() {
        let figures = [4, 4, 4, 900, 4, 4, 4, 4];
        assert_eq!(median(figures.into_iter()), 4);
        assert_eq!(middle_mean(figures.into_iter()), 4);
    }

    #[test]
    fn bytes_are_the_mean_of_the_middle_half() {
        assert_eq!(
            middle_mean([0, 0, 10, 20, 30, 40, 999, 999].into_iter()),
            25
        );
    }
}

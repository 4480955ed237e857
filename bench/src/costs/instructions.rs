//! Counts the instructions of the server with `valgrind`, which executes them all:
//! processors differ, and virtual machines often have no counters.
//!
//! Not counted: PostgreSQL, whose processes are not children of this one.

use std::{
    fs,
    path::PathBuf,
    process::{Command as Program, Stdio},
};

use super::{
    Cost,
    commands::{Command, Scene},
    median,
    population::Population,
};
use crate::{
    error::{BenchError, Result, io},
    load::client::Client,
    system::server::{Server, Settings},
};

/// How often each command is measured: a hash takes seconds.
const REPETITIONS: usize = 3;
/// Requests before the measured ones, which fill caches.
const WARM_UP: usize = 3;
/// The number of the first request, after those that were measured without
/// `valgrind`. Even, like theirs: ownership is transferred back and forth.
const FIRST: usize = 500;

/// Adds the instructions to the costs of these commands. Without `valgrind` they
/// stay unknown.
pub(super) fn measure<'c>(
    settings: &Settings,
    client: &Client,
    population: &Population,
    commands: impl Iterator<Item = &'c Command>,
    costs: &mut [Cost],
) -> Result<()> {
    if Program::new("valgrind").arg("--version").output().is_err() {
        return Ok(());
    }
    let settings = Settings {
        callgrind: true,
        ..settings.clone()
    };
    let server = Server::start(&settings, client)?;
    let counter = Callgrind {
        folder: settings.folder.clone(),
        pid: server.pid(),
    };
    let scene = Scene {
        client,
        server: &server,
        population,
    };
    for command in commands {
        let mut all = Vec::new();
        for n in 0..WARM_UP + REPETITIONS {
            let request = (command.request)(&scene, FIRST + n)?;
            counter.send("zero")?;
            request.send(&scene)?;
            let count = counter.count()?;
            if n >= WARM_UP {
                all.push(count);
            }
        }
        if let Some(cost) = costs.iter_mut().find(|cost| cost.command == command.name) {
            cost.instructions = Some(median(all.into_iter()));
        }
    }
    server.stop()
}

/// A server that runs under `valgrind --tool=callgrind`.
struct Callgrind {
    folder: PathBuf,
    pid: u32,
}

impl Callgrind {
    fn send(&self, command: &str) -> Result<()> {
        let sent = Program::new("vgdb")
            .arg(format!("--pid={}", self.pid))
            .arg(command)
            .stdin(Stdio::null())
            .output();
        let sent = io("vgdb (Debian package `valgrind`)", sent)?;
        if sent.status.success() {
            return Ok(());
        }
        Err(program_error(&String::from_utf8_lossy(&sent.stderr)))
    }

    /// Returns the instructions since the counter was set to zero.
    fn count(&self) -> Result<u64> {
        self.send("dump")?;
        let mut count = None;
        for entry in io("callgrind's folder", fs::read_dir(&self.folder))?.flatten() {
            let name = entry.file_name();
            if name.to_string_lossy().starts_with("callgrind.out.") {
                let text = io("callgrind's file", fs::read_to_string(entry.path()))?;
                count = instructions(&text).or(count);
                io("callgrind's file", fs::remove_file(entry.path()))?;
            }
        }
        count.ok_or_else(|| program_error("no file with a summary"))
    }
}

fn instructions(dump: &str) -> Option<u64> {
    let mut lines = dump.lines();
    lines.find_map(|line| line.strip_prefix("summary: ")?.trim().parse().ok())
}

fn program_error(output: &str) -> BenchError {
    BenchError::Program {
        program: "valgrind",
        output: output.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::instructions;

    #[test]
    fn the_summary_is_the_number_of_instructions() {
        let dump =
            "version: 1\nevents: Ir\nsummary: 122204900\n\nfn=(1) main\n16 400\n\ntotals: 7\n";
        assert_eq!(instructions(dump), Some(122_204_900));
        assert_eq!(instructions("events: Ir\n"), None);
    }
}

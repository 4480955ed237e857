//! `bench/costs.snapshot`: the costs that were accepted. A change of a cost is a
//! change of that file, so that it is seen in review.

use std::{
    fmt::Write as _,
    path::{Path, PathBuf},
};

use super::Cost;
use crate::{
    error::{BenchError, Result, io},
    plan::Engine,
};

const HEADER: &str = "\
# What each command costs: statements, round trips, rows and index entries exactly,
# bytes within 10 %. After a change that is meant:
#     FREEHOLD_TEST_BLESS=1 cargo xtask test -- --test costs
# `README.md` describes the figures.
";
/// How much bytes may differ, in percent.
const BYTES_TOLERANCE: u64 = 10;

/// The accepted costs of both engines.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Snapshot {
    lines: Vec<(Engine, Cost)>,
}

impl Snapshot {
    /// The file in the repository.
    pub(crate) fn path() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("costs.snapshot")
    }

    /// Reads the file; empty if there is none.
    pub(crate) fn load() -> Result<Self> {
        match std::fs::read_to_string(Self::path()) {
            Ok(text) => Self::parse(&text),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(Self::default()),
            Err(error) => io("costs.snapshot", Err(error)),
        }
    }

    /// Writes the file.
    pub(crate) fn save(&self) -> Result<()> {
        io("costs.snapshot", std::fs::write(Self::path(), self.text()))
    }

    /// Replaces the costs of one engine.
    pub(crate) fn replace(&mut self, engine: Engine, costs: &[Cost]) {
        self.lines.retain(|(other, _)| *other != engine);
        self.lines
            .extend(costs.iter().map(|cost| (engine, cost.clone())));
        self.lines.sort_by_key(|(engine, _)| engine.name());
    }

    /// Returns a line for each figure that differs.
    pub(crate) fn differences(&self, engine: Engine, costs: &[Cost]) -> Vec<String> {
        let accepted = |command: &str| {
            let mut lines = self.lines.iter();
            lines.find(|(other, cost)| *other == engine && cost.command == command)
        };
        let name = engine.name();
        let mut differences = Vec::new();
        for cost in costs {
            let command = &cost.command;
            let Some((_, accepted)) = accepted(command) else {
                differences.push(format!("{name} {command}: not in the snapshot"));
                continue;
            };
            for ((label, is), (_, was)) in figures(cost).into_iter().zip(figures(accepted)) {
                let same = if label == "bytes" {
                    is.abs_diff(was) * 100 <= was * BYTES_TOLERANCE
                } else {
                    is == was
                };
                if !same {
                    differences.push(format!("{name} {command}: {is} {label}, {was} accepted"));
                }
            }
        }
        for (other, accepted) in &self.lines {
            let command = &accepted.command;
            if *other == engine && !costs.iter().any(|cost| cost.command == *command) {
                differences.push(format!("{name} {command}: not measured"));
            }
        }
        differences
    }

    fn text(&self) -> String {
        let mut text = format!(
            "{HEADER}\n{:<10} {:<32} {:>10} {:>11} {:>5} {:>13} {:>7}\n",
            "engine", "command", "statements", "round-trips", "rows", "index-entries", "bytes"
        );
        for (engine, cost) in &self.lines {
            // Writing to a string does not fail.
            let _ = writeln!(
                text,
                "{:<10} {:<32} {:>10} {:>11} {:>5} {:>13} {:>7}",
                engine.name(),
                cost.command,
                cost.statements,
                cost.round_trips,
                cost.rows,
                cost.index_entries,
                cost.bytes
            );
        }
        text
    }

    fn parse(text: &str) -> Result<Self> {
        let lines = text
            .lines()
            .filter(|line| !line.is_empty() && !line.starts_with('#'))
            .skip(1)
            .map(|line| {
                parse_line(line).ok_or_else(|| BenchError::Program {
                    program: "costs.snapshot",
                    output: format!("cannot read `{line}`"),
                })
            });
        Ok(Self {
            lines: lines.collect::<Result<_>>()?,
        })
    }
}

fn figures(cost: &Cost) -> [(&'static str, u64); 5] {
    [
        ("statements", cost.statements),
        ("round trips", cost.round_trips),
        ("rows", cost.rows),
        ("index entries", cost.index_entries),
        ("bytes", cost.bytes),
    ]
}

fn parse_line(line: &str) -> Option<(Engine, Cost)> {
    let mut words = line.split_whitespace();
    let engine = words.next()?;
    let engine = [Engine::Sqlite, Engine::Postgres]
        .into_iter()
        .find(|known| known.name() == engine)?;
    let command = words.next()?.to_owned();
    let mut number = || words.next()?.parse().ok();
    let cost = Cost {
        command,
        statements: number()?,
        round_trips: number()?,
        rows: number()?,
        index_entries: number()?,
        bytes: number()?,
        instructions: None,
    };
    words.next().is_none().then_some((engine, cost))
}

#[cfg(test)]
mod tests {
    use super::{Cost, Snapshot};
    use crate::plan::Engine;

    fn cost(command: &str, statements: u64, bytes: u64) -> Cost {
        Cost {
            command: command.to_owned(),
            statements,
            round_trips: 2,
            rows: 8,
            index_entries: 30,
            bytes,
            instructions: None,
        }
    }

    fn accepted() -> Snapshot {
        let mut snapshot = Snapshot::default();
        snapshot.replace(Engine::Sqlite, &[cost("invite", 4, 1_000)]);
        snapshot
    }

    #[test]
    fn a_snapshot_can_be_read_again() {
        let mut snapshot = accepted();
        snapshot.replace(Engine::Postgres, &[cost("invite", 4, 500)]);
        assert_eq!(Snapshot::parse(&snapshot.text()).ok(), Some(snapshot));
    }

    #[test]
    fn one_statement_more_is_a_difference() {
        let differences = accepted().differences(Engine::Sqlite, &[cost("invite", 5, 1_000)]);
        assert_eq!(differences, ["SQLite invite: 5 statements, 4 accepted"]);
    }

    #[test]
    fn bytes_may_differ_by_ten_percent() {
        let differences = |bytes| {
            let costs = [cost("invite", 4, bytes)];
            accepted().differences(Engine::Sqlite, &costs).len()
        };
        assert_eq!([900, 1_100].map(differences), [0, 0]);
        assert_eq!([899, 1_101].map(differences), [1, 1]);
    }

    #[test]
    fn a_new_command_and_a_missing_one_are_differences() {
        let differences = accepted().differences(Engine::Sqlite, &[cost("leave", 4, 1_000)]);
        let expected = [
            "SQLite leave: not in the snapshot",
            "SQLite invite: not measured",
        ];
        assert_eq!(differences, expected);
    }

    #[test]
    fn a_damaged_line_is_refused() {
        let text = accepted().text().replace("1000", "many");
        assert!(Snapshot::parse(&text).is_err());
    }
}

//! The table at the end, which compares figures with their targets.

use serde::Serialize;

use super::targets::{Derivation, figures};
use crate::{plan::Engine, results::Measured};

/// One row of the final table.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    figure: &'static str,
    unit: &'static str,
    at_least: bool,
    /// Targets on SQLite and PostgreSQL.
    targets: [Option<f64>; 2],
    /// Values on SQLite and PostgreSQL.
    values: [Option<f64>; 2],
}

impl Row {
    fn met(&self, i: usize) -> Option<bool> {
        let (target, value) = (self.targets[i]?, self.values[i]?);
        // Compare the printed value, so that the verdict agrees with it.
        let value: f64 = self.number(value).parse().ok()?;
        Some(if self.at_least {
            value >= target
        } else {
            value <= target
        })
    }

    fn number(&self, value: f64) -> String {
        match self.unit {
            "" | "ms" | "times" => format!("{value:.2}"),
            "trips" | "x" | "MiB" | "KB" => format!("{value:.1}"),
            _ => format!("{value:.0}"),
        }
    }

    fn cells(&self) -> [String; 5] {
        let sign = if self.at_least { ">=" } else { "<=" };
        let targets = match self.targets {
            [Some(a), Some(b)] if (a - b).abs() < 1e-9 => format!("{sign} {a} {}", self.unit),
            [Some(a), Some(b)] => format!("{sign} {a} / {b} {}", self.unit),
            [None, Some(b)] => format!("{sign} - / {b} {}", self.unit),
            [Some(a), None] => format!("{sign} {a} / - {}", self.unit),
            [None, None] => String::new(),
        };
        let value = |i: usize| {
            self.values[i].map_or("-".into(), |v| format!("{} {}", self.number(v), self.unit))
        };
        let met = |i: usize| match self.met(i) {
            Some(true) => "yes",
            Some(false) => "NO",
            None => "-",
        };
        [
            self.figure.into(),
            targets.trim_end().into(),
            value(0),
            value(1),
            format!("{} / {}", met(0), met(1)),
        ]
    }
}

/// Derives the rows of the table.
pub(crate) fn rows(all: &[Measured]) -> Vec<Row> {
    let on = |engine: Engine, derive: Derivation| {
        all.iter().find(|m| m.engine == engine).and_then(derive)
    };
    figures()
        .map(|f| Row {
            figure: f.name,
            unit: f.unit,
            at_least: f.at_least,
            targets: f.targets,
            values: [on(Engine::Sqlite, f.derive), on(Engine::Postgres, f.derive)],
        })
        .collect()
}

/// Prints the table.
pub(crate) fn table(rows: &[Row]) {
    let head = ["figure", "target", "SQLite", "PostgreSQL", "met"].map(str::to_owned);
    let lines: Vec<[String; 5]> = std::iter::once(head)
        .chain(rows.iter().map(Row::cells))
        .collect();
    let width = |i: usize| {
        lines
            .iter()
            .map(|l| l[i].chars().count())
            .max()
            .unwrap_or(0)
    };
    let widths: [usize; 5] = std::array::from_fn(width);
    println!();
    for (n, cells) in lines.iter().enumerate() {
        let padded: Vec<String> = cells
            .iter()
            .zip(widths)
            .map(|(c, w)| format!("{c:<w$}"))
            .collect();
        println!("| {} |", padded.join(" | "));
        if n == 0 {
            let rules: Vec<String> = widths.iter().map(|w| "-".repeat(*w)).collect();
            println!("| {} |", rules.join(" | "));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Row;

    fn row(unit: &'static str, at_least: bool, target: f64, value: f64) -> Option<bool> {
        Row {
            figure: "f",
            unit,
            at_least,
            targets: [Some(target), None],
            values: [Some(value), None],
        }
        .met(0)
    }

    #[test]
    fn targets_are_lower_or_upper_bounds() {
        assert_eq!(row("", true, 0.5, 0.51), Some(true));
        assert_eq!(row("", true, 0.5, 0.49), Some(false));
        assert_eq!(row("µs", false, 60.0, 61.0), Some(false));
        assert_eq!(row("µs", false, 60.0, 59.0), Some(true));
    }

    #[test]
    fn round_trip_targets_are_compared_as_printed() {
        assert_eq!(row("trips", false, 3.0, 3.01), Some(true));
        assert_eq!(row("trips", false, 3.0, 3.2), Some(false));
    }

    #[test]
    fn an_unmeasured_figure_has_no_verdict() {
        let row = Row {
            figure: "f",
            unit: "",
            at_least: true,
            targets: [Some(1.0), None],
            values: [None, Some(1.0)],
        };
        assert_eq!((row.met(0), row.met(1)), (None, None));
    }
}

//! Printing: a line after each measurement, and at the end the table that
//! holds the figures against their targets.

use serde::Serialize;

use crate::{
    Engine, Part, crowd_figures,
    password::Argon,
    provisioning_figures,
    raw_postgres::RawPostgres,
    raw_sqlite::RawSqlite,
    results::{Load, Measured},
    wrk::Figures,
};

/// One line of progress.
pub(crate) fn line(engine: Engine, what: &str, text: &str) {
    println!("{:<10} {what:<20} {text}", engine.name());
}

/// The line of a load, with its limit beside it when that is known.
pub(crate) fn load(part: Part, measured: &Measured) {
    let Some(load) = measured.loads.get(part.name()) else {
        return;
    };
    let beside = limit(part, measured)
        .map(|(name, rate)| format!("  | {name} {rate:.0}/s: {:.2}", load.figures.rate() / rate))
        .unwrap_or_default();
    let mib = |kib: u64| kib as f64 / 1024.0;
    let text = format!(
        "{:>8.0} req/s  p50 {:>7.2} ms  p99 {:>7.2} ms  cpu {:.0} + {:.0} µs  rss {:.1} -> {:.1} MiB (peak {:.1}){beside}",
        load.figures.rate(),
        load.figures.p50_us as f64 / 1e3,
        load.figures.p99_us as f64 / 1e3,
        load.server_us,
        load.database_us,
        mib(load.rss_before_kib),
        mib(load.rss_most_kib),
        mib(load.hwm_kib),
    );
    line(measured.engine, part.name(), &text);
}

/// The raw limit that belongs to a part: its name and its rate per second.
fn limit(part: Part, measured: &Measured) -> Option<(&'static str, f64)> {
    match part {
        Part::Create | Part::CreateSeeded => write_limit(measured),
        Part::ListKey | Part::ListSession | Part::VerifyKey => Some((
            "plain axum",
            measured.loads.get(Part::Plain.name())?.figures.rate(),
        )),
        Part::SignUp | Part::SignIn => {
            let processors = std::thread::available_parallelism().map_or(1, usize::from) as f64;
            Some((
                "Argon2id alone",
                processors * 1e6 / measured.argon?.cpu_us_memory_kept,
            ))
        }
        _ => None,
    }
}

fn write_limit(measured: &Measured) -> Option<(&'static str, f64)> {
    match measured.engine {
        Engine::Sqlite => Some((
            "raw SQLite, 16 per fsync",
            measured.raw_sqlite?.sixteen_per_fsync,
        )),
        Engine::Postgres => Some((
            "pgbench, one round trip",
            measured.raw_postgres?.one_round_trip.rate,
        )),
    }
}

/// The raw inserts of SQLite.
pub(crate) fn raw_sqlite(raw: &RawSqlite) {
    let text = format!(
        "{:.0}/s with an fsync each, {:.0}/s with 16 per fsync",
        raw.one_per_fsync, raw.sixteen_per_fsync
    );
    line(Engine::Sqlite, Part::RawInserts.name(), &text);
}

/// The two runs of pgbench.
pub(crate) fn raw_postgres(raw: &RawPostgres) {
    for (name, way) in [
        ("ten round trips", raw.ten_round_trips),
        ("one round trip", raw.one_round_trip),
    ] {
        let text = format!(
            "pgbench, {name}: {:.0}/s, mean {:.2} ms, cpu {:.0} µs of PostgreSQL",
            way.rate, way.mean_ms, way.database_us
        );
        line(Engine::Postgres, Part::RawInserts.name(), &text);
    }
}

/// Argon2id alone.
pub(crate) fn argon(engine: Engine, argon: Argon) {
    let text = format!(
        "{:.2} ms of processor a hash ({:.2} ms with fresh memory for each)",
        argon.cpu_us_memory_kept / 1e3,
        argon.cpu_us_fresh_memory / 1e3
    );
    line(engine, Part::Argon2.name(), &text);
}

/// Reads alone and beside sign-ups.
pub(crate) fn busy(engine: Engine, calm: &Figures, busy: &Figures, sign_ups: &Figures) {
    let text = format!(
        "reads alone {:.0}/s p99 {:.2} ms; beside {:.0} sign-ups/s {:.0}/s p99 {:.2} ms: {:.1} times",
        calm.rate(),
        calm.p99_us as f64 / 1e3,
        sign_ups.rate(),
        busy.rate(),
        busy.p99_us as f64 / 1e3,
        busy.p99_us as f64 / calm.p99_us.max(1) as f64
    );
    line(engine, Part::BusyReads.name(), &text);
}

/// One row of the final table.
#[derive(Debug, Serialize)]
pub(crate) struct Row {
    figure: &'static str,
    unit: &'static str,
    at_least: bool,
    /// Targets and values on SQLite and PostgreSQL.
    targets: [Option<f64>; 2],
    values: [Option<f64>; 2],
}

impl Row {
    fn met(&self, i: usize) -> Option<bool> {
        let (target, value) = (self.targets[i]?, self.values[i]?);
        // As printed: a figure must not miss by what rounding hides.
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
            "trips" | "x" | "MiB" => format!("{value:.1}"),
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

type Derive = fn(&Measured) -> Option<f64>;

/// The load of a part, if it was measured.
pub(crate) fn get(measured: &Measured, part: Part) -> Option<&Load> {
    measured.loads.get(part.name())
}

/// The hash itself is the one with its memory kept: what fresh memory costs
/// depends on the allocator, swings with the machine, and can be avoided.
fn beyond_argon(measured: &Measured, part: Part) -> Option<f64> {
    Some((get(measured, part)?.cpu_us() - measured.argon?.cpu_us_memory_kept) / 1e3)
}

/// A figure of the table, and how it is derived.
pub(crate) struct Figure {
    name: &'static str,
    unit: &'static str,
    at_least: bool,
    targets: [Option<f64>; 2],
    derive: Derive,
}

/// Met by what is not below its target.
pub(crate) const fn at_least(
    name: &'static str,
    unit: &'static str,
    targets: [f64; 2],
    derive: Derive,
) -> Figure {
    Figure {
        name,
        unit,
        at_least: true,
        targets: [Some(targets[0]), Some(targets[1])],
        derive,
    }
}

/// Met by what is not above its target.
pub(crate) const fn at_most(
    name: &'static str,
    unit: &'static str,
    targets: [f64; 2],
    derive: Derive,
) -> Figure {
    Figure {
        name,
        unit,
        at_least: false,
        targets: [Some(targets[0]), Some(targets[1])],
        derive,
    }
}

/// As [`at_most`], for what only PostgreSQL has.
pub(crate) const fn at_most_on_postgres(
    name: &'static str,
    unit: &'static str,
    target: f64,
    derive: Derive,
) -> Figure {
    Figure {
        name,
        unit,
        at_least: false,
        targets: [None, Some(target)],
        derive,
    }
}

/// Shown, and held against nothing.
pub(crate) const fn untold(name: &'static str, unit: &'static str, derive: Derive) -> Figure {
    Figure {
        name,
        unit,
        at_least: false,
        targets: [None, None],
        derive,
    }
}

const FIGURES: [Figure; 12] = [
    at_least(
        "create organization, share of the raw limit",
        "",
        [0.5, 0.7],
        |m| Some(get(m, Part::Create)?.figures.rate() / write_limit(m)?.1),
    ),
    at_most(
        "create organization, CPU per request",
        "µs",
        [300.0, 900.0],
        |m| Some(get(m, Part::Create)?.cpu_us()),
    ),
    at_most("seeds on, extra CPU per creation", "%", [60.0, 60.0], |m| {
        Some((get(m, Part::CreateSeeded)?.cpu_us() / get(m, Part::Create)?.cpu_us() - 1.0) * 100.0)
    }),
    at_least(
        "list by API key, share of plain axum",
        "",
        [0.3, 0.16],
        |m| Some(get(m, Part::ListKey)?.figures.rate() / get(m, Part::Plain)?.figures.rate()),
    ),
    at_most(
        "list by API key, CPU per request",
        "µs",
        [60.0, 110.0],
        |m| Some(get(m, Part::ListKey)?.cpu_us()),
    ),
    at_most_on_postgres("round trips, create organization", "trips", 3.0, |m| {
        m.trips_create
    }),
    at_most_on_postgres("round trips, authenticated read", "trips", 1.0, |m| {
        m.trips_read
    }),
    at_most("sign-up, CPU beyond Argon2id", "ms", [1.0, 1.5], |m| {
        beyond_argon(m, Part::SignUp)
    }),
    at_most("sign-in, CPU beyond Argon2id", "ms", [1.0, 1.5], |m| {
        beyond_argon(m, Part::SignIn)
    }),
    at_most("p99 of reads beside 64 sign-ups", "x", [5.0, 5.0], |m| {
        Some(m.busy_p99_us? as f64 / m.calm_p99_us?.max(1) as f64)
    }),
    at_most("resident memory, idle", "MiB", [25.0, 25.0], |m| {
        Some(m.idle_kib? as f64 / 1024.0)
    }),
    at_most("resident memory, under load", "MiB", [60.0, 60.0], |m| {
        Some(m.loaded_kib? as f64 / 1024.0)
    }),
];

/// Derives the table.
pub(crate) fn rows(all: &[Measured]) -> Vec<Row> {
    let on =
        |engine: Engine, derive: Derive| all.iter().find(|m| m.engine == engine).and_then(derive);
    FIGURES
        .into_iter()
        .chain(crowd_figures::FIGURES)
        .chain(provisioning_figures::FIGURES)
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
    fn a_target_is_met_on_its_own_side_only() {
        assert_eq!(row("", true, 0.5, 0.51), Some(true));
        assert_eq!(row("", true, 0.5, 0.49), Some(false));
        assert_eq!(row("µs", false, 60.0, 61.0), Some(false));
        assert_eq!(row("µs", false, 60.0, 59.0), Some(true));
    }

    #[test]
    fn a_clock_tick_of_the_server_does_not_miss_a_round_trip_target() {
        assert_eq!(row("trips", false, 3.0, 3.01), Some(true));
        assert_eq!(row("trips", false, 3.0, 3.2), Some(false));
    }

    #[test]
    fn what_was_not_measured_is_neither_met_nor_missed() {
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

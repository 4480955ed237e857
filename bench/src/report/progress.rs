//! The line after each measurement.

use crate::{
    limits::{argon2::Argon, raw_postgres::RawPostgres, raw_sqlite::RawSqlite},
    load::wrk::Figures,
    plan::{Engine, Part},
    results::{Measured, write_limit},
};

/// Prints one line.
pub(crate) fn line(engine: Engine, what: &str, text: &str) {
    println!("{:<10} {what:<20} {text}", engine.name());
}

/// Prints the figures of a load, with its limit if that was measured.
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
        mib(load.rss_max_kib),
        mib(load.hwm_kib),
    );
    line(measured.engine, part.name(), &text);
}

/// Returns the limit for a part: its name and its rate per second.
fn limit(part: Part, measured: &Measured) -> Option<(&'static str, f64)> {
    match part {
        Part::Create | Part::CreateSeeded | Part::Growth => write_limit(measured),
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

/// Prints the raw inserts of SQLite.
pub(crate) fn raw_sqlite(raw: &RawSqlite) {
    let text = format!(
        "{:.0}/s with an fsync each, {:.0}/s with 16 per fsync",
        raw.one_per_fsync, raw.sixteen_per_fsync
    );
    line(Engine::Sqlite, Part::RawInserts.name(), &text);
}

/// Prints the two runs of pgbench.
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

/// Prints the cost of Argon2id alone.
pub(crate) fn argon(engine: Engine, argon: Argon) {
    let text = format!(
        "{:.2} ms of processor a hash ({:.2} ms with fresh memory for each)",
        argon.cpu_us_memory_kept / 1e3,
        argon.cpu_us_fresh_memory / 1e3
    );
    line(engine, Part::Argon2.name(), &text);
}

/// Prints reads alone and during sign-ups.
pub(crate) fn busy(engine: Engine, alone: &Figures, busy: &Figures, sign_ups: &Figures) {
    let text = format!(
        "reads alone {:.0}/s p99 {:.2} ms; beside {:.0} sign-ups/s {:.0}/s p99 {:.2} ms: {:.1} times",
        alone.rate(),
        alone.p99_us as f64 / 1e3,
        sign_ups.rate(),
        busy.rate(),
        busy.p99_us as f64 / 1e3,
        busy.p99_us as f64 / alone.p99_us.max(1) as f64
    );
    line(engine, Part::BusyReads.name(), &text);
}

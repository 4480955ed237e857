//! The figures that were measured, as they are written to the JSON file. Not here:
//! targets and shares, which `report` derives.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::{
    costs::Cost,
    limits::{argon2::Argon, raw_postgres::RawPostgres, raw_sqlite::RawSqlite},
    load::wrk::Figures,
    plan::{Engine, Part},
    scenarios::growth::GrowthBySize,
};

/// The figures of a load.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Load {
    /// The figures of the load generator.
    #[serde(flatten)]
    pub(crate) figures: Figures,
    /// Processor time of the server per request.
    pub(crate) server_us: f64,
    /// Processor time of PostgreSQL per request; zero on SQLite, which runs in the
    /// server.
    pub(crate) database_us: f64,
    /// Resident memory of the server before the load.
    pub(crate) rss_before_kib: u64,
    /// The maximum of its resident memory during the load.
    pub(crate) rss_max_kib: u64,
    /// The maximum since the server started.
    pub(crate) hwm_kib: u64,
}

impl Load {
    /// Processor time of server and database per request.
    pub(crate) fn cpu_us(&self) -> f64 {
        self.server_us + self.database_us
    }
}

/// All figures of one engine.
#[derive(Debug, Serialize)]
pub(crate) struct Measured {
    /// The engine.
    pub(crate) engine: Engine,
    /// Loads by the name of their part.
    pub(crate) loads: BTreeMap<&'static str, Load>,
    /// Argon2id alone.
    pub(crate) argon: Option<Argon>,
    /// The limit of writes on SQLite.
    pub(crate) raw_sqlite: Option<RawSqlite>,
    /// The limit of writes on PostgreSQL.
    pub(crate) raw_postgres: Option<RawPostgres>,
    /// Resident memory of a server that has just started.
    pub(crate) idle_kib: Option<u64>,
    /// The maximum resident memory of that server after reads and creations.
    pub(crate) loaded_kib: Option<u64>,
    /// Round trips to PostgreSQL per creation.
    pub(crate) trips_create: Option<f64>,
    /// Round trips to PostgreSQL per list by key.
    pub(crate) trips_read: Option<f64>,
    /// 99th percentile of reads without another load.
    pub(crate) reads_alone_p99_us: Option<u64>,
    /// 99th percentile of reads during sign-ups.
    pub(crate) reads_beside_sign_ups_p99_us: Option<u64>,
    /// Medians of requests to the large organization, by name.
    pub(crate) large_organization: BTreeMap<&'static str, f64>,
    /// Figures of operators' commands that are not loads, by name.
    pub(crate) operators: BTreeMap<&'static str, f64>,
    /// What commands cost by the number of organizations in the database.
    pub(crate) growth: GrowthBySize,
    /// Bytes in the write-ahead log per creation under load, among 100,000
    /// organizations.
    pub(crate) bytes_per_creation: Option<f64>,
    /// What single commands cost.
    pub(crate) costs: Vec<Cost>,
    /// Milliseconds from process start to ready: empty, then existing database.
    pub(crate) ready_ms: Vec<f64>,
    /// The parts that could not be measured, with the reasons.
    pub(crate) problems: Vec<String>,
}

impl Measured {
    /// Creates a value without figures.
    pub(crate) fn new(engine: Engine) -> Self {
        Self {
            engine,
            loads: BTreeMap::new(),
            argon: None,
            raw_sqlite: None,
            raw_postgres: None,
            idle_kib: None,
            loaded_kib: None,
            trips_create: None,
            trips_read: None,
            reads_alone_p99_us: None,
            reads_beside_sign_ups_p99_us: None,
            large_organization: BTreeMap::new(),
            operators: BTreeMap::new(),
            growth: BTreeMap::new(),
            bytes_per_creation: None,
            costs: vec![],
            ready_ms: vec![],
            problems: vec![],
        }
    }
}

/// The load of a part, if it was measured.
pub(crate) fn get(measured: &Measured, part: Part) -> Option<&Load> {
    measured.loads.get(part.name())
}

/// The raw limit of creating organizations: its name and its rate per second.
pub(crate) fn write_limit(measured: &Measured) -> Option<(&'static str, f64)> {
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

/// Returns the median and the maximum.
pub(crate) fn median_and_max(mut all: Vec<f64>) -> (f64, f64) {
    all.sort_by(f64::total_cmp);
    let at = |i: usize| all.get(i).copied().unwrap_or(f64::NAN);
    (at(all.len() / 2), at(all.len().saturating_sub(1)))
}

#[cfg(test)]
mod tests {
    use super::median_and_max;

    #[test]
    fn the_median_is_the_middle_one() {
        assert_eq!(median_and_max(vec![9.0, 1.0, 2.0]), (2.0, 9.0));
    }
}

//! `doctor`: is everything in this database as it was promised?
//!
//! Reads from one snapshot, beside traffic, and changes nothing. What is
//! looked for is data in the store; here it becomes a report.

use std::time::Instant;

use freehold_domain::RoleCatalog;
use freehold_store::doctor::{CHECKS, Check, Finding, SchemaState};
use freehold_store::{Store, StoreError};
use serde::Serialize;

/// How bad something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Worth knowing; everything works.
    Warning,
    /// A promise is broken.
    Error,
}

/// What one check found.
#[derive(Clone, Debug, Serialize)]
pub struct CheckResult {
    /// The check's stable name.
    pub name: &'static str,
    /// How bad it is when `count` is not 0.
    pub severity: Severity,
    /// What is wrong when `count` is not 0.
    pub meaning: &'static str,
    /// How many things are wrong.
    pub count: u64,
    /// Some of them: ids, or a few words.
    pub samples: Vec<String>,
    /// How long it took to look.
    pub milliseconds: u64,
}

/// What was found. Empty of findings when all is well.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// `sqlite` or `postgres`.
    pub engine: &'static str,
    /// Every check that was made. Only `schema_current` when the schema is not
    /// the one that this program knows: the others would ask in vain.
    pub checks: Vec<CheckResult>,
}

impl Report {
    /// The worst that was found; nothing when all is well.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.findings().map(|check| check.severity).max()
    }

    /// The checks that found something.
    pub fn findings(&self) -> impl Iterator<Item = &CheckResult> {
        self.checks.iter().filter(|check| check.count > 0)
    }
}

/// Looks the whole database over, where `roles` are the roles that there are.
///
/// # Errors
/// When it cannot be read, or was altered so far that a question makes no
/// sense to it.
pub async fn examine(store: &Store, roles: &RoleCatalog) -> Result<Report, StoreError> {
    let mut snapshot = store.snapshot().await?;
    let engine = store.engine();
    let started = Instant::now();
    let schema = snapshot.schema_state().await?;
    let mut checks = vec![schema_result(&schema, started)];
    if schema == SchemaState::Current {
        for check in CHECKS.iter().filter(|check| check.applies(engine)) {
            let started = Instant::now();
            let finding = snapshot.run_check(check, roles).await?;
            checks.push(result(check, finding, started));
        }
    }
    Ok(Report {
        engine: engine.as_str(),
        checks,
    })
}

fn schema_result(schema: &SchemaState, started: Instant) -> CheckResult {
    let samples = match schema {
        SchemaState::Current => Vec::new(),
        SchemaState::Behind(1) => vec!["1 step is missing: run `freehold migrate`".to_owned()],
        SchemaState::Behind(steps) => {
            vec![format!("{steps} steps are missing: run `freehold migrate`")]
        }
        SchemaState::DifferentHistory(why) => vec![why.clone()],
    };
    CheckResult {
        name: "schema_current",
        severity: Severity::Error,
        meaning: "the schema is not the one that this version works with",
        count: samples.len() as u64,
        samples,
        milliseconds: milliseconds(started),
    }
}

fn result(check: &Check, finding: Finding, started: Instant) -> CheckResult {
    CheckResult {
        name: check.name,
        severity: match check.severity {
            freehold_store::doctor::Severity::Warning => Severity::Warning,
            freehold_store::doctor::Severity::Error => Severity::Error,
        },
        meaning: check.meaning,
        count: finding.count,
        samples: finding.samples,
        milliseconds: milliseconds(started),
    }
}

fn milliseconds(since: Instant) -> u64 {
    u64::try_from(since.elapsed().as_millis()).unwrap_or(u64::MAX)
}

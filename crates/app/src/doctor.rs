//! `doctor`: checks that the data in the database is consistent.
//!
//! It reads from one snapshot, during normal operation, and changes nothing. The
//! checks are in the store; this module builds the report.

use std::time::Instant;

use freehold_domain::RoleCatalog;
use freehold_store::doctor::{CHECKS, Check, Finding, SchemaState};
use freehold_store::{Store, StoreError};
use serde::Serialize;

use crate::extension::Extensions;

/// The severity of a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Everything works, but an operator should know.
    Warning,
    /// A guarantee is broken.
    Error,
}

/// The result of one check.
#[derive(Clone, Debug, Serialize)]
pub struct CheckResult {
    /// The check's stable name.
    pub name: &'static str,
    /// The severity if `count` is not 0.
    pub severity: Severity,
    /// What is wrong if `count` is not 0.
    pub meaning: &'static str,
    /// The number of findings.
    pub count: u64,
    /// Some of the findings: ids or short descriptions.
    pub samples: Vec<String>,
    /// The duration of the check.
    pub milliseconds: u64,
}

/// The results of all checks.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// `sqlite` or `postgres`.
    pub engine: &'static str,
    /// Every check that ran. If the schema is not the one of this version, only
    /// `schema_current`, because the others need that schema.
    pub checks: Vec<CheckResult>,
}

impl Report {
    /// Returns the highest severity of all findings; `None` without findings.
    #[must_use]
    pub fn worst(&self) -> Option<Severity> {
        self.findings().map(|check| check.severity).max()
    }

    /// Returns the checks with findings.
    pub fn findings(&self) -> impl Iterator<Item = &CheckResult> {
        self.checks.iter().filter(|check| check.count > 0)
    }
}

/// Runs all checks, those of `extensions` included; `roles` are the roles of the server.
///
/// # Errors
/// If the database cannot be read, or was altered so that a query fails.
pub async fn examine(
    store: &Store,
    roles: &RoleCatalog,
    extensions: &Extensions,
) -> Result<Report, StoreError> {
    let mut snapshot = store.snapshot().await?;
    let engine = store.engine();
    let started = Instant::now();
    let schema = snapshot.schema_state(&extensions.histories()).await?;
    let mut checks = vec![schema_result(&schema, started)];
    if schema == SchemaState::Current {
        let checks_to_run = CHECKS.iter().chain(extensions.doctor_checks());
        for check in checks_to_run.filter(|check| check.applies(engine)) {
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

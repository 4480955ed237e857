//! The result of an import, and its output.

use freehold_app::{ImportStatus, ImportedRow};
use freehold_http::rename_simple_account_paths;
use serde::Serialize;

use crate::{cli::shared::table, terminal};

/// Number of refusals that are printed if no report is written.
const MAX_PRINTED_REFUSALS: usize = 10;

/// The result of an import.
#[derive(Debug, Serialize)]
pub(super) struct Summary {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) import: Option<String>,
    pub(super) dry_run: bool,
    pub(super) rows: u64,
    pub(super) created: u64,
    pub(super) existing: u64,
    pub(super) refused: u64,
    /// Rows that an earlier run imported.
    pub(super) rows_imported_before: u64,
    pub(super) seconds: f64,
    pub(super) rows_per_second: f64,
}

/// Numbers of rows by outcome.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Counts {
    pub(super) created: u64,
    pub(super) existing: u64,
    pub(super) refused: u64,
}

impl Counts {
    pub(super) fn add(&mut self, rows: &[ImportedRow]) {
        for row in rows {
            match row.status {
                ImportStatus::Created => self.created += 1,
                ImportStatus::Existing => self.existing += 1,
                ImportStatus::Refused => self.refused += 1,
            }
        }
    }

    pub(super) const fn rows(self) -> u64 {
        self.created + self.existing + self.refused
    }
}

/// Prints why rows were refused, up to [`MAX_PRINTED_REFUSALS`]. Takes and returns
/// the number of refused rows so far.
pub(super) fn print_refused_rows(rows: &[ImportedRow], mut count: usize) -> usize {
    for row in rows
        .iter()
        .filter(|row| row.status == ImportStatus::Refused)
    {
        count += 1;
        if count <= MAX_PRINTED_REFUSALS {
            let reason = rename_simple_account_paths(row.reason.as_deref().unwrap_or_default());
            terminal::print_note(format!("row {}: {reason}", row.number));
        } else if count == MAX_PRINTED_REFUSALS + 1 {
            terminal::print_note(
                "more rows were refused; pass --report FILE to record all of them",
            );
        }
    }
    count
}

pub(super) fn human_readable(summary: &Summary) -> String {
    let mut pairs = vec![
        ("rows", summary.rows.to_string()),
        ("created", summary.created.to_string()),
        ("existing", summary.existing.to_string()),
        ("refused", summary.refused.to_string()),
    ];
    if summary.rows_imported_before > 0 {
        pairs.push(("imported before", summary.rows_imported_before.to_string()));
    }
    pairs.push(("seconds", format!("{:.1}", summary.seconds)));
    pairs.push(("rows per second", format!("{:.0}", summary.rows_per_second)));
    if summary.dry_run {
        pairs.push(("dry run", "nothing was written".to_owned()));
    }
    if let Some(import) = &summary.import {
        pairs.push(("import", import.clone()));
    }
    table::pairs(&pairs)
}

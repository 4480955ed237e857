//! What became of rows that were dealt with before, by another run of the same
//! import: told again from what is there.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use freehold_store::ImportedAccount;
use serde_json::Value;
use uuid::Uuid;

use super::{Import, ImportBatch, ImportStatus, ImportedRow};
use crate::command::Outcome;

const USER_GONE: &str = "This row was dealt with before, and nobody has its address now.";

/// What is known of the batches that were.
#[derive(Debug, Default)]
pub(super) struct EarlierResults {
    /// Why rows were refused that were fine by themselves.
    conflicts: HashMap<u64, String>,
    /// The last row of the batch that was told of last, and the addresses of
    /// which its accounts were made: who comes second was there already.
    batch: u64,
    results: HashSet<String>,
}

impl EarlierResults {
    /// From what the audit trail keeps of each batch.
    fn of(progress_events: &[Value]) -> Self {
        let conflicts = progress_events
            .iter()
            .filter_map(|details| details["conflicts"].as_array())
            .flatten()
            .filter_map(|conflict| {
                let row = conflict["row"].as_u64()?;
                Some((row, conflict["reason"].as_str()?.to_owned()))
            });
        Self {
            conflicts: conflicts.collect(),
            ..Self::default()
        }
    }
}

impl Import {
    /// Reads why rows were refused so far.
    pub(super) async fn load_conflicts(&mut self) -> Outcome<()> {
        if let Some(record) = &self.record {
            let progress_events = self.app.store().import_progress_events(record.id).await?;
            self.earlier_results = EarlierResults::of(&progress_events);
        }
        Ok(())
    }

    /// What became of a batch that was dealt with before. Batches come in
    /// their order, whichever sizes they had then.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn earlier_results(&mut self, batch: &ImportBatch) -> Outcome<Vec<ImportedRow>> {
        self.earlier_results_of(batch, batch.rows()).await
    }

    pub(super) async fn earlier_results_of(
        &mut self,
        batch: &ImportBatch,
        rows: Range<usize>,
    ) -> Outcome<Vec<ImportedRow>> {
        let checked_rows = &batch.rows[rows.clone()];
        let emails: Vec<&str> = checked_rows
            .iter()
            .filter(|row| row.place.is_ok())
            .filter_map(|row| row.email.as_deref())
            .collect();
        let found = self.app.store().imported_accounts(&emails).await?;
        let found: HashMap<&str, &ImportedAccount> = found
            .iter()
            .map(|account| (account.email.as_str(), account))
            .collect();
        let mut results = Vec::with_capacity(checked_rows.len());
        for (place, row) in rows.zip(checked_rows) {
            let number = batch.number(place);
            if let Err(why) = &row.place {
                results.push(batch.refused(place, why.clone()));
            } else if let Some(why) = self.earlier_results.conflicts.get(&number) {
                results.push(batch.refused(place, why.clone()));
            } else if let Some(account) = row.email.as_deref().and_then(|email| found.get(email)) {
                let made = self.made(number, account);
                results.push(ImportedRow {
                    number,
                    email: row.email.clone(),
                    status: if made {
                        ImportStatus::Created
                    } else {
                        ImportStatus::Existing
                    },
                    user: made.then_some(account.user),
                    organization: account.organization.filter(|_| made),
                    reason: None,
                });
            } else {
                results.push(batch.refused(place, USER_GONE.to_owned()));
            }
        }
        Ok(results)
    }

    /// Whether it was this row that made the account.
    fn made(&mut self, number: u64, account: &ImportedAccount) -> bool {
        let Some(record) = &self.record else {
            return false;
        };
        let request = account.request_id.as_deref().unwrap_or_default();
        let Some((first, last)) = rows_of_request(record.id, request) else {
            return false;
        };
        if !(first..=last).contains(&number) {
            return false;
        }
        if self.earlier_results.batch != last {
            self.earlier_results.batch = last;
            self.earlier_results.results.clear();
        }
        self.earlier_results.results.insert(account.email.clone())
    }
}

/// The first and the last row of the batch that a request stands for.
fn rows_of_request(import: Uuid, request: &str) -> Option<(u64, u64)> {
    let rest = request.strip_prefix(&format!("import-{import}-"))?;
    let (first, last) = rest.split_once('-')?;
    Some((first.parse().ok()?, last.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::super::batch_request_id;
    use super::*;

    #[test]
    fn batch_is_found_by_its_request_id() {
        let (ours, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let request = batch_request_id(ours, 1001, 2000);
        assert_eq!(rows_of_request(ours, &request), Some((1001, 2000)));
        assert_eq!(rows_of_request(other, &request), None);
        assert_eq!(rows_of_request(ours, "cli-17"), None);
    }
}

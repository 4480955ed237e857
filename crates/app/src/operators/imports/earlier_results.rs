//! The results of rows that an earlier run of the same import processed,
//! determined from the database.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use freehold_store::ImportedAccount;
use serde_json::Value;
use uuid::Uuid;

use super::{Import, ImportBatch, ImportStatus, ImportedRow};
use crate::command::Outcome;

const USER_GONE: &str = "An earlier run processed this row, and no user has its address now.";

/// What is known about the batches of earlier runs.
#[derive(Debug, Default)]
pub(super) struct EarlierResults {
    /// The reasons why rows were refused that were valid by themselves.
    conflicts: HashMap<u64, String>,
    /// The last row of the batch that was read last, and the addresses of its
    /// created accounts: a second row with the same address found the account.
    batch: u64,
    results: HashSet<String>,
}

impl EarlierResults {
    /// Reads the audit events of the batches.
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
    /// Reads why earlier rows were refused.
    pub(super) async fn load_conflicts(&mut self) -> Outcome<()> {
        if let Some(record) = &self.record {
            let progress_events = self.app.store().import_progress_events(record.id).await?;
            self.earlier_results = EarlierResults::of(&progress_events);
        }
        Ok(())
    }

    /// The results of a batch that an earlier run processed. Batches have to be
    /// read in order; their sizes may differ from those of the earlier run.
    ///
    /// # Errors
    /// Only database errors.
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
            .filter(|row| row.prepared.is_ok())
            .filter_map(|row| row.email.as_deref())
            .collect();
        let accounts = self.app.store().imported_accounts(&emails).await?;
        let accounts: HashMap<&str, &ImportedAccount> = accounts
            .iter()
            .map(|account| (account.email.as_str(), account))
            .collect();
        let mut results = Vec::with_capacity(checked_rows.len());
        for (index, row) in rows.zip(checked_rows) {
            let number = batch.number(index);
            if let Err(why) = &row.prepared {
                results.push(batch.refused(index, why.clone()));
            } else if let Some(why) = self.earlier_results.conflicts.get(&number) {
                results.push(batch.refused(index, why.clone()));
            } else if let Some(account) = row.email.as_deref().and_then(|email| accounts.get(email))
            {
                let was_created = self.is_created_by_row(number, account);
                results.push(ImportedRow {
                    number,
                    email: row.email.clone(),
                    status: if was_created {
                        ImportStatus::Created
                    } else {
                        ImportStatus::Existing
                    },
                    user: was_created.then_some(account.user),
                    organization: account.organization.filter(|_| was_created),
                    reason: None,
                });
            } else {
                results.push(batch.refused(index, USER_GONE.to_owned()));
            }
        }
        Ok(results)
    }

    /// Whether this row created the account.
    fn is_created_by_row(&mut self, number: u64, account: &ImportedAccount) -> bool {
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

/// The first and the last row of the batch with this request id.
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
        let (import, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let request = batch_request_id(import, 1001, 2000);
        assert_eq!(rows_of_request(import, &request), Some((1001, 2000)));
        assert_eq!(rows_of_request(other, &request), None);
        assert_eq!(rows_of_request(import, "cli-17"), None);
    }
}

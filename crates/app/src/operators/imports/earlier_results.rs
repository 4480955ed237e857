//! What became of rows that were dealt with before, by another run of the same
//! import: told again from what is there.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use freehold_store::ImportedAccount;
use serde_json::Value;
use uuid::Uuid;

use super::{Import, ImportBatch, ImportStatus, ImportedRow};
use crate::command::Outcome;

const GONE: &str = "This row was dealt with before, and nobody has its address now.";

/// What is known of the batches that were.
#[derive(Debug, Default)]
pub(super) struct Retelling {
    /// Why rows were refused that were fine by themselves.
    conflicts: HashMap<u64, String>,
    /// The last row of the batch that was told of last, and the addresses of
    /// which its accounts were made: who comes second was there already.
    batch: u64,
    told: HashSet<String>,
}

impl Retelling {
    /// From what the audit trail keeps of each batch.
    fn of(advances: &[Value]) -> Self {
        let conflicts = advances
            .iter()
            .filter_map(|details| details["conflicts"].as_array())
            .flatten()
            .filter_map(|conflict| {
                let row = conflict["row"].as_u64()?;
                Some((row, conflict["why"].as_str()?.to_owned()))
            });
        Self {
            conflicts: conflicts.collect(),
            ..Self::default()
        }
    }
}

impl Import {
    /// Reads why rows were refused so far.
    pub(super) async fn remember_conflicts(&mut self) -> Outcome<()> {
        if let Some(record) = &self.record {
            let advances = self.app.store().import_progress_events(record.id).await?;
            self.retelling = Retelling::of(&advances);
        }
        Ok(())
    }

    /// What became of a batch that was dealt with before. Batches come in
    /// their order, whichever sizes they had then.
    ///
    /// # Errors
    /// When the database cannot be reached.
    pub async fn retell(&mut self, batch: &ImportBatch) -> Outcome<Vec<ImportedRow>> {
        self.retell_rows(batch, batch.rows()).await
    }

    pub(super) async fn retell_rows(
        &mut self,
        batch: &ImportBatch,
        rows: Range<usize>,
    ) -> Outcome<Vec<ImportedRow>> {
        let judged = &batch.rows[rows.clone()];
        let emails: Vec<&str> = judged
            .iter()
            .filter(|row| row.place.is_ok())
            .filter_map(|row| row.email.as_deref())
            .collect();
        let found = self.app.store().imported_accounts(&emails).await?;
        let found: HashMap<&str, &ImportedAccount> = found
            .iter()
            .map(|account| (account.email.as_str(), account))
            .collect();
        let mut told = Vec::with_capacity(judged.len());
        for (place, row) in rows.zip(judged) {
            let number = batch.number(place);
            if let Err(why) = &row.place {
                told.push(batch.refused(place, why.clone()));
            } else if let Some(why) = self.retelling.conflicts.get(&number) {
                told.push(batch.refused(place, why.clone()));
            } else if let Some(account) = row.email.as_deref().and_then(|email| found.get(email)) {
                let made = self.made(number, account);
                told.push(ImportedRow {
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
                told.push(batch.refused(place, GONE.to_owned()));
            }
        }
        Ok(told)
    }

    /// Whether it was this row that made the account.
    fn made(&mut self, number: u64, account: &ImportedAccount) -> bool {
        let Some(record) = &self.record else {
            return false;
        };
        let request = account.request_id.as_deref().unwrap_or_default();
        let Some((first, last)) = batch_of(record.id, request) else {
            return false;
        };
        if !(first..=last).contains(&number) {
            return false;
        }
        if self.retelling.batch != last {
            self.retelling.batch = last;
            self.retelling.told.clear();
        }
        self.retelling.told.insert(account.email.clone())
    }
}

/// The first and the last row of the batch that a request stands for.
fn batch_of(import: Uuid, request: &str) -> Option<(u64, u64)> {
    let rest = request.strip_prefix(&format!("import-{import}-"))?;
    let (first, last) = rest.split_once('-')?;
    Some((first.parse().ok()?, last.parse().ok()?))
}

#[cfg(test)]
mod tests {
    use super::super::request_of;
    use super::*;

    #[test]
    fn a_batch_is_found_again_by_its_request() {
        let (ours, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let request = request_of(ours, 1001, 2000);
        assert_eq!(batch_of(ours, &request), Some((1001, 2000)));
        assert_eq!(batch_of(other, &request), None);
        assert_eq!(batch_of(ours, "cli-17"), None);
    }
}

//! One batch of an import: creates the accounts of its rows in one transaction.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};
use std::ops::Range;
use std::sync::LazyLock;

use freehold_domain::AuditAction;
use serde_json::{Value, json};

use super::{
    Import, ImportBatch, ImportStatus, ImportedRow, batch_request_id, other_run_is_active,
};
use crate::command::{Event, Failure, Fault, Outcome, RequestContext, UnitOfWork};
use crate::operators::provisioning::{PreparedGraph, is_conflict};

/// How often a batch is tried if it conflicts with other requests.
const MAX_ATTEMPTS: u32 = 5;

/// Rows of a batch that share a transaction. `refused` is the reason if the
/// part is a single row that made its transaction fail.
struct BatchPart<'a> {
    batch: &'a ImportBatch,
    rows: Range<usize>,
    refused: Option<String>,
}

impl BatchPart<'_> {
    /// The number of the import's rows before the part.
    fn before(&self) -> u64 {
        self.batch.first + self.rows.start as u64
    }

    /// The number of the import's rows up to the end of the part.
    fn after(&self) -> u64 {
        self.batch.first + self.rows.end as u64
    }

    fn request(&self, import: uuid::Uuid) -> String {
        batch_request_id(import, self.before() + 1, self.after())
    }
}

/// The result of a part.
enum BatchResult {
    Processed(Vec<ImportedRow>),
    /// The import's progress is not at the beginning of the part, but at this
    /// row.
    WrongPosition(u64),
}

impl Import {
    /// Creates the accounts of a batch, and moves the import's progress forward
    /// by it.
    ///
    /// # Errors
    /// [`Refusal::AccountsConflict`](freehold_domain::Refusal::AccountsConflict)
    /// if another process runs the same import; faults. A problem of one row is
    /// reported in its [`ImportedRow`].
    pub async fn process_batch(&mut self, batch: &ImportBatch) -> Outcome<Vec<ImportedRow>> {
        self.app.hash_import_passwords(batch).await?;
        let mut results = Vec::with_capacity(batch.len());
        let mut pending = vec![batch.rows()];
        while let Some(rows) = pending.pop() {
            let mut part = BatchPart {
                batch,
                rows: rows.clone(),
                refused: None,
            };
            match self.process_part(&part).await {
                Ok(Some(rows)) => {
                    self.remember_created(batch, &rows);
                    results.extend(rows);
                }
                Ok(None) => return Err(other_run_is_active().into()),
                // One row makes the transaction fail: the halves are tried
                // separately.
                Err(Failure::Refused(_)) if rows.len() > 1 => {
                    let middle = rows.start + rows.len() / 2;
                    pending.push(middle..rows.end);
                    pending.push(rows.start..middle);
                }
                Err(Failure::Refused(refusal)) => {
                    part.refused = Some(refusal.message());
                    let rows = self.process_part(&part).await?;
                    results.extend(rows.ok_or_else(other_run_is_active)?);
                }
                Err(failure) => return Err(failure),
            }
        }
        Ok(results)
    }

    /// Stores the addresses and slugs of a dry run's accounts, because later
    /// rows do not find them in the database.
    fn remember_created(&mut self, batch: &ImportBatch, rows: &[ImportedRow]) {
        if self.record.is_some() {
            return;
        }
        for row in rows {
            if row.status != ImportStatus::Created {
                continue;
            }
            let index = usize::try_from(row.number - batch.first - 1).unwrap_or_default();
            let prepared = batch.rows[index].prepared.as_ref();
            let slugs = prepared
                .into_iter()
                .flat_map(|at| batch.prepared[*at].slugs());
            self.seen
                .extend(slugs.chain(row.email.as_deref()).map(hash_key));
        }
    }

    /// Processes a part. `None` if the import's progress is elsewhere.
    async fn process_part(&mut self, part: &BatchPart<'_>) -> Outcome<Option<Vec<ImportedRow>>> {
        let mut attempts = 0;
        let mut commit_unknown = false;
        loop {
            attempts += 1;
            match self
                .app
                .with_retries(&|| self.process_part_once(part))
                .await
            {
                Ok(BatchResult::Processed(rows)) => return Ok(Some(rows)),
                // The response to an earlier COMMIT was lost, but it succeeded.
                Ok(BatchResult::WrongPosition(at)) if commit_unknown && at == part.after() => {
                    self.load_conflicts().await?;
                    let rows = self
                        .earlier_results_of(part.batch, part.rows.clone())
                        .await?;
                    return Ok(Some(rows));
                }
                Ok(BatchResult::WrongPosition(_)) => return Ok(None),
                Err(Failure::Fault(Fault::Unknown)) if attempts < MAX_ATTEMPTS => {
                    commit_unknown = true;
                }
                Err(failure) if is_conflict(&failure) && attempts < MAX_ATTEMPTS => {}
                Err(failure) => return Err(failure),
            }
        }
    }

    async fn process_part_once(&self, part: &BatchPart<'_>) -> Outcome<BatchResult> {
        let id = self.record.as_ref().map(|record| record.id);
        let context = RequestContext {
            request_id: id.map_or_else(|| self.context.request_id.clone(), |id| part.request(id)),
            ..self.context.clone()
        };
        let actor = self.operator.actor();
        let command = self
            .app
            .command(actor, &context, AuditAction::ProvisioningRequested);
        let mut work = command.begin();
        if let Some(id) = id {
            let record = work.tx.lock_and_read_import(id).await?;
            let at = record.map(|record| record.rows_done);
            if at != Some(part.before()) {
                return Ok(BatchResult::WrongPosition(at.unwrap_or_default()));
            }
        }
        let rows = self.classify_rows(&mut work, part).await?;
        if let Some(id) = id {
            let count = |status| rows.iter().filter(|row| row.status == status).count() as u64;
            let (created, existing, refused) = (
                count(ImportStatus::Created),
                count(ImportStatus::Existing),
                count(ImportStatus::Refused),
            );
            let now = work.now;
            work.tx
                .add_import_progress(id, created, existing, refused, now);
            let mut details = json!({
                "from": part.before() + 1, "to": part.after(),
                "created": created, "existing": existing, "refused": refused,
            });
            let conflicts = conflicts(part, &rows);
            if !conflicts.is_empty() {
                details["conflicts"] = Value::Array(conflicts);
            }
            work.record(Event::new(AuditAction::ImportBatchCommitted, id).with_details(details));
        }
        work.commit(()).await?;
        Ok(BatchResult::Processed(rows))
    }

    /// Separates rows whose address has an account from those that get one.
    async fn classify_rows(
        &self,
        work: &mut UnitOfWork<'_>,
        part: &BatchPart<'_>,
    ) -> Outcome<Vec<ImportedRow>> {
        let batch = part.batch;
        let checked_rows = &batch.rows[part.rows.clone()];
        let indexes: Vec<usize> = checked_rows
            .iter()
            .filter_map(|row| row.prepared.as_ref().ok().copied())
            .collect();
        // The indexes are in the order of the rows.
        let prepared = match (indexes.first(), indexes.last()) {
            (Some(first), Some(last)) => &batch.prepared[*first..=*last],
            _ => &[],
        };
        let existing = self.app.look_up_existing(work, prepared).await?;
        let mut seen = HashSet::new();
        let mut rows = Vec::with_capacity(checked_rows.len());
        let mut new: Vec<(usize, &PreparedGraph)> = Vec::with_capacity(prepared.len());
        for (index, row) in part.rows.clone().zip(checked_rows) {
            let graph = match (&part.refused, &row.prepared) {
                (Some(why), _) | (None, Err(why)) => {
                    rows.push(batch.refused(index, why.clone()));
                    continue;
                }
                (None, Ok(at)) => &batch.prepared[*at],
            };
            let email = row.email.as_deref().unwrap_or_default();
            let was_seen = |text: &str| self.seen.contains(&hash_key(text));
            let has_account = existing.has_email(email) || seen.contains(email) || was_seen(email);
            let taken_slug = graph
                .slugs()
                .find(|slug| existing.has_slug(slug) || seen.contains(slug) || was_seen(slug));
            if let Some(slug) = taken_slug.filter(|_| !has_account) {
                rows.push(batch.refused(index, slug_taken(slug)));
                continue;
            }
            if !has_account {
                seen.insert(email);
                seen.extend(graph.slugs());
                new.push((rows.len(), graph));
            }
            rows.push(ImportedRow {
                number: batch.number(index),
                email: row.email.clone(),
                status: if has_account {
                    ImportStatus::Existing
                } else {
                    ImportStatus::Created
                },
                user: None,
                organization: None,
                reason: None,
            });
        }
        if new.is_empty() {
            return Ok(rows);
        }
        let cloned: Vec<PreparedGraph>;
        let new_graphs = if new.len() == prepared.len() {
            prepared
        } else {
            cloned = new.iter().map(|(_, graph)| (*graph).clone()).collect();
            &cloned
        };
        let accounts = self
            .app
            .provision_in(work, &self.operator, new_graphs, &existing)
            .await?;
        // The ids of a dry run are never stored.
        if self.record.is_some() {
            for ((row, _), account) in new.iter().zip(accounts) {
                rows[*row].user = account.users.first().map(|(_, user)| user.id);
                let first = account.organizations.first();
                rows[*row].organization = first.map(|(_, organization)| organization.id);
            }
        }
        Ok(rows)
    }
}

/// The refused rows that were valid by themselves, with the reasons, which a
/// later run could not determine.
fn conflicts(part: &BatchPart<'_>, rows: &[ImportedRow]) -> Vec<Value> {
    let checked_rows = &part.batch.rows[part.rows.clone()];
    rows.iter()
        .zip(checked_rows)
        .filter(|(row, checked)| row.status == ImportStatus::Refused && checked.prepared.is_ok())
        .map(|(row, _)| json!({ "row": row.number, "reason": row.reason }))
        .collect()
}

fn slug_taken(slug: &str) -> String {
    format!("organizations.org.slug: Organization with slug '{slug}' already exists.")
}

fn hash_key(text: &str) -> u64 {
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    KEY.hash_one(text)
}

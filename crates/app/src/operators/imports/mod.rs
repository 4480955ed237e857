//! Importing accounts by the million: row by row, one transaction per batch,
//! resumable after any interruption.
//!
//! An import is identified by the digest of its input. Each batch locks the
//! import's row and moves its progress forward in the transaction that creates
//! the accounts. So a batch was committed exactly if the progress says so, two
//! processes with the same file never process a row twice, and the accounts of
//! a batch are known by the request id in their audit events.
//!
//! Not here: what an account consists of (`provisioning`), and how a file is
//! read (the command line).

mod batch;
mod earlier_results;

use std::collections::HashSet;
use std::ops::Range;

use freehold_domain::{AuditAction, Id, Organization, Refusal, User};
use freehold_store::ImportRecord;
use serde_json::json;
use uuid::Uuid;

use crate::command::{Event, Fault, Outcome, RequestContext};
use crate::operators::Operator;
use crate::operators::provisioning::{Graph, PreparedGraph};
use crate::runtime::App;
use earlier_results::EarlierResults;

const API_KEYS_NOT_IMPORTED: &str =
    "An import creates no API keys, because no user would see them. Leave create_api_keys out.";

/// A row as it was read: an account, or why it cannot be parsed.
#[derive(Clone, Debug)]
pub struct ImportRow {
    /// The address in the row, as written, if it has one.
    pub email: Option<String>,
    /// The account.
    pub account: Result<Graph, String>,
}

/// A row with its result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedRow {
    /// The row number; the first is 1.
    pub number: u64,
    /// The address in the row, normalized if it is valid.
    pub email: Option<String>,
    /// The result.
    pub status: ImportStatus,
    /// The user that this row created, in this run or an earlier one; `None` if
    /// the address had an account.
    pub user: Option<Id<User>>,
    /// The organization that this row created.
    pub organization: Option<Id<Organization>>,
    /// Why the row was refused.
    pub reason: Option<String>,
}

/// The result of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportStatus {
    /// An account was created.
    Created,
    /// The address has an account already.
    Existing,
    /// The row cannot be imported.
    Refused,
}

impl ImportStatus {
    /// The name in output.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Existing => "existing",
            Self::Refused => "refused",
        }
    }
}

/// Rows that were checked separately.
pub struct ImportBatch {
    /// The number of rows before the batch.
    first: u64,
    rows: Vec<CheckedRow>,
    prepared: Vec<PreparedGraph>,
}

struct CheckedRow {
    email: Option<String>,
    /// The index in `ImportBatch::prepared`, or why the row is refused.
    prepared: Result<usize, String>,
}

impl std::fmt::Debug for ImportBatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ImportBatch({}+{})", self.first, self.rows.len())
    }
}

impl ImportBatch {
    /// The number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn number(&self, index: usize) -> u64 {
        self.first + index as u64 + 1
    }

    fn rows(&self) -> Range<usize> {
        0..self.rows.len()
    }

    fn refused(&self, index: usize, reason: String) -> ImportedRow {
        ImportedRow {
            number: self.number(index),
            email: self.rows[index].email.clone(),
            status: ImportStatus::Refused,
            user: None,
            organization: None,
            reason: Some(reason),
        }
    }
}

/// Where an import starts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportStart {
    /// After the last committed batch, or at the first row.
    Resume,
    /// At the first row, even if it was committed before. Accounts that exist
    /// are skipped.
    Restart,
    /// At the first row, without committing anything.
    DryRun,
}

/// A running import.
#[derive(Debug)]
pub struct Import {
    app: App,
    operator: Operator,
    context: RequestContext,
    /// `None` in a dry run.
    record: Option<ImportRecord>,
    /// Hashes of the addresses and slugs that a dry run would have taken,
    /// because its batches do not see each other's accounts.
    seen: HashSet<u64>,
    earlier_results: EarlierResults,
}

impl App {
    /// Starts an import of the input with this digest (hex SHA-256), or
    /// continues it.
    ///
    /// # Errors
    /// Only database errors.
    pub async fn find_or_create_import(
        &self,
        operator: &Operator,
        context: &RequestContext,
        digest: &str,
        start: ImportStart,
    ) -> Outcome<Import> {
        let context = RequestContext {
            dry_run: start == ImportStart::DryRun,
            ..context.clone()
        };
        let record = match start {
            ImportStart::DryRun => None,
            ImportStart::Resume | ImportStart::Restart => {
                let attempt = || self.start_import_once(operator, &context, digest, start);
                Some(self.with_retries(&attempt).await?)
            }
        };
        let has_progress = record.as_ref().is_some_and(|record| record.rows_done > 0);
        let mut import = Import {
            app: self.clone(),
            operator: operator.clone(),
            context,
            record,
            seen: HashSet::new(),
            earlier_results: EarlierResults::default(),
        };
        if has_progress {
            import.load_conflicts().await?;
        }
        Ok(import)
    }

    async fn start_import_once(
        &self,
        operator: &Operator,
        context: &RequestContext,
        digest: &str,
        start: ImportStart,
    ) -> Outcome<ImportRecord> {
        let command = self.command(operator.actor(), context, AuditAction::ImportBatchCommitted);
        let mut work = command.begin();
        let (id, now) = (self.random().uuid(work.now), work.now);
        let record = work.tx.find_or_create_import(id, digest, now).await?;
        let mut record = record.ok_or_else(import_missing)?;
        if start == ImportStart::Restart && record.id != id {
            work.tx.restart_import(record.id, id, now);
            record = ImportRecord {
                id,
                rows_done: 0,
                created: 0,
                existing: 0,
                refused: 0,
                started_at: now,
                finished_at: None,
            };
        }
        if record.id == id {
            let event = Event::new(AuditAction::ImportBatchCommitted, id);
            work.record(event.with_details(json!({ "digest": digest })));
        }
        work.commit(()).await?;
        Ok(record)
    }

    /// Checks rows, each by itself, without writing anything. Problems are
    /// reported when the batch is processed.
    #[must_use]
    pub fn check_import_rows(&self, first: u64, rows: Vec<ImportRow>) -> ImportBatch {
        let mut graphs = Vec::with_capacity(rows.len());
        let check = |row: ImportRow| {
            let ImportRow { mut email, account } = row;
            let index = account.and_then(|graph| {
                if graph.options.api_keys {
                    return Err(API_KEYS_NOT_IMPORTED.to_owned());
                }
                let checked = self.prepare(graph);
                let checked = checked.map_err(|refusal| refusal.message())?;
                if let Some(normal) = checked.emails().next() {
                    email = Some(normal.to_owned());
                }
                graphs.push(checked);
                Ok(graphs.len() - 1)
            });
            CheckedRow {
                email,
                prepared: index,
            }
        };
        let rows = rows.into_iter().map(check).collect();
        ImportBatch {
            first,
            rows,
            prepared: graphs,
        }
    }

    /// Hashes the passwords of a batch; this can run while the batch before is
    /// processed. [`Import::process_batch`] hashes what is missing. Rows of an
    /// earlier run need no hashes.
    ///
    /// # Errors
    /// If hashing fails.
    pub async fn hash_import_passwords(&self, batch: &ImportBatch) -> Outcome<()> {
        self.hash_logins(&batch.prepared).await
    }
}

impl Import {
    /// The import's progress; `None` in a dry run.
    #[must_use]
    pub fn record(&self) -> Option<&ImportRecord> {
        self.record.as_ref()
    }

    /// The number of rows that earlier runs committed.
    #[must_use]
    pub fn rows_done(&self) -> u64 {
        self.record.as_ref().map_or(0, |record| record.rows_done)
    }

    /// Marks the import as finished, and returns its final counts.
    ///
    /// # Errors
    /// Database errors, or if another process has restarted the import.
    pub async fn finish(self) -> Outcome<Option<ImportRecord>> {
        let Some(record) = &self.record else {
            return Ok(None);
        };
        let store = self.app.store();
        self.app
            .with_retries(&|| async {
                let mut tx = store.begin();
                tx.finish_import(record.id, self.app.now());
                Ok(tx.commit().await?)
            })
            .await?;
        let record = store.import(record.id).await?;
        record.map(Some).ok_or_else(|| other_run_is_active().into())
    }
}

/// The request id of a batch, for the audit events of its accounts.
fn batch_request_id(import: Uuid, first: u64, last: u64) -> String {
    format!("import-{import}-{first}-{last}")
}

fn other_run_is_active() -> Refusal {
    Refusal::AccountsConflict(
        "Another process is running this import. Wait until it has finished.".to_owned(),
    )
}

fn import_missing() -> crate::command::Failure {
    Fault::Internal("the row of a started import is missing".to_owned()).into()
}

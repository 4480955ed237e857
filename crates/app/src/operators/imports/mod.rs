//! Bringing accounts along by the million: row by row, a batch to a
//! transaction, resumable at whatever instant it ended.
//!
//! What was read is known by its digest. Each batch holds the import's row, and
//! moves it forward in the transaction that makes its accounts: so a batch has
//! taken place exactly when the row says so, two processes with one file take
//! no row twice, and the accounts of a batch can be told from all others by the
//! request in their audit events.
//!
//! Not here: what an account is made of (`provisioning`), and how a file is
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
    "An import makes no API keys: nobody would see them. Leave create_api_keys out.";

/// A row as it was read: what it asks for, or why it cannot be read.
#[derive(Clone, Debug)]
pub struct ImportRow {
    /// The address in it, as it is written there, if it has one.
    pub email: Option<String>,
    /// One account.
    pub account: Result<Graph, String>,
}

/// What became of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImportedRow {
    /// Its number; the first is 1.
    pub number: u64,
    /// The address in it; the normalised one, if it is an address.
    pub email: Option<String>,
    /// What became of it.
    pub status: ImportStatus,
    /// Whose account it is, if it was made with this row, by this run or an earlier one; nothing
    /// for an address that had one.
    pub user: Option<Id<User>>,
    /// The organization that was made with it.
    pub organization: Option<Id<Organization>>,
    /// Why not.
    pub reason: Option<String>,
}

/// What became of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportStatus {
    /// It is an account now.
    Created,
    /// Its address had one.
    Existing,
    /// It cannot be one.
    Refused,
}

impl ImportStatus {
    /// As it is written.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::Existing => "existing",
            Self::Refused => "refused",
        }
    }
}

/// Rows that were judged, each by itself, and whose passwords are hashed.
pub struct ImportBatch {
    /// How many rows come before them.
    first: u64,
    rows: Vec<CheckedRow>,
    prepared: Vec<PreparedGraph>,
}

struct CheckedRow {
    email: Option<String>,
    /// Where it stands among the prepared, or why it does not.
    place: Result<usize, String>,
}

impl std::fmt::Debug for ImportBatch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "ImportBatch({}+{})", self.first, self.rows.len())
    }
}

impl ImportBatch {
    /// How many rows they are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    fn number(&self, place: usize) -> u64 {
        self.first + place as u64 + 1
    }

    fn rows(&self) -> Range<usize> {
        0..self.rows.len()
    }

    fn refused(&self, place: usize, reason: String) -> ImportedRow {
        ImportedRow {
            number: self.number(place),
            email: self.rows[place].email.clone(),
            status: ImportStatus::Refused,
            user: None,
            organization: None,
            reason: Some(reason),
        }
    }
}

/// Whether an import goes on where it ended, or goes through its rows again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImportStart {
    /// Where it ended, if it ever began.
    Resume,
    /// From the first row, whatever was done before. Who was made then is there.
    Restart,
    /// From the first row, and nothing is kept.
    DryRun,
}

/// An import that is under way.
#[derive(Debug)]
pub struct Import {
    app: App,
    operator: Operator,
    context: RequestContext,
    /// Of a rehearsal nothing is kept.
    record: Option<ImportRecord>,
    /// Addresses and slugs that a rehearsal would have given away, hashed: a
    /// batch of it does not see what the batch before has not kept.
    seen: HashSet<u64>,
    earlier_results: EarlierResults,
}

impl App {
    /// Begins to import what has this digest (hex SHA-256), or goes on with it.
    ///
    /// # Errors
    /// When the database cannot be reached.
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
        let found = work.tx.find_or_create_import(id, digest, now).await?;
        let mut record = found.ok_or_else(import_missing)?;
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

    /// Judges rows, each by itself. Nothing is written. What is wrong with a row
    /// is told with the batch.
    #[must_use]
    pub fn check_import_rows(&self, first: u64, rows: Vec<ImportRow>) -> ImportBatch {
        let mut prepared = Vec::with_capacity(rows.len());
        let check = |row: ImportRow| {
            let ImportRow { mut email, account } = row;
            let place = account.and_then(|graph| {
                if graph.options.api_keys {
                    return Err(API_KEYS_NOT_IMPORTED.to_owned());
                }
                let checked = self.prepare(graph);
                let checked = checked.map_err(|refusal| refusal.message())?;
                if let Some(normal) = checked.emails().next() {
                    email = Some(normal.to_owned());
                }
                prepared.push(checked);
                Ok(prepared.len() - 1)
            });
            CheckedRow { email, place }
        };
        let rows = rows.into_iter().map(check).collect();
        ImportBatch {
            first,
            rows,
            prepared,
        }
    }

    /// Hashes the passwords in a batch, beside the batch before: most of the
    /// work. [`Import::process_batch`] does it where it was not done; rows that are
    /// only told of again need none.
    ///
    /// # Errors
    /// When hashing breaks.
    pub async fn hash_import_passwords(&self, batch: &ImportBatch) -> Outcome<()> {
        self.hash_logins(&batch.prepared).await
    }
}

impl Import {
    /// How far it has come; of a rehearsal nothing is kept.
    #[must_use]
    pub fn record(&self) -> Option<&ImportRecord> {
        self.record.as_ref()
    }

    /// How many rows were dealt with before.
    #[must_use]
    pub fn rows_done(&self) -> u64 {
        self.record.as_ref().map_or(0, |record| record.rows_done)
    }

    /// All rows have been dealt with; how it came out.
    ///
    /// # Errors
    /// When the database cannot be reached, or somebody else has restarted it.
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

/// Names a batch in the audit events of what it makes.
fn batch_request_id(import: Uuid, first: u64, last: u64) -> String {
    format!("import-{import}-{first}-{last}")
}

fn other_run_is_active() -> Refusal {
    Refusal::AccountsConflict(
        "Somebody else goes on with this import. Wait until they are done.".to_owned(),
    )
}

fn import_missing() -> crate::command::Failure {
    Fault::Internal("an import that was begun is not there".to_owned()).into()
}

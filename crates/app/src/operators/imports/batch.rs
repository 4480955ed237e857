//! One batch of an import: what becomes of its rows, in one transaction.

use std::collections::HashSet;
use std::hash::{BuildHasher as _, RandomState};
use std::ops::Range;
use std::sync::LazyLock;

use freehold_domain::AuditAction;
use serde_json::{Value, json};

use super::{Import, ImportBatch, ImportStatus, ImportedRow, moved, request_of};
use crate::command::{Event, Failure, Fault, Outcome, RequestContext, UnitOfWork, with_retries};
use crate::operators::provisioning::{Prepared, may_be_tried_again};

/// How often a batch is tried that others were in the way of.
const TRIES: u32 = 5;

/// Which rows of a batch go together, and of which one it is known that it
/// stands in the way of all others.
struct Part<'a> {
    batch: &'a ImportBatch,
    rows: Range<usize>,
    refused: Option<String>,
}

impl Part<'_> {
    /// How many rows of the import come before it.
    fn before(&self) -> u64 {
        self.batch.first + self.rows.start as u64
    }

    /// How many rows of the import have been dealt with after it.
    fn after(&self) -> u64 {
        self.batch.first + self.rows.end as u64
    }

    fn request(&self, import: uuid::Uuid) -> String {
        request_of(import, self.before() + 1, self.after())
    }
}

/// What came of a part.
enum Advance {
    CommandOutput(Vec<ImportedRow>),
    /// The import is not where the part begins, but here.
    Elsewhere(u64),
}

impl Import {
    /// Makes the accounts of a batch, and moves the import forward by it.
    ///
    /// # Errors
    /// [`Refusal::AccountsConflict`](freehold_domain::Refusal::AccountsConflict)
    /// when somebody else goes on with the same import; what is our fault. What
    /// is wrong with a row is told of the row.
    pub async fn advance(&mut self, batch: &ImportBatch) -> Outcome<Vec<ImportedRow>> {
        self.app.hash_import(batch).await?;
        let mut done = Vec::with_capacity(batch.len());
        let mut waiting = vec![batch.rows()];
        while let Some(rows) = waiting.pop() {
            let mut part = Part {
                batch,
                rows: rows.clone(),
                refused: None,
            };
            match self.advance_by(&part).await {
                Ok(Some(rows)) => {
                    self.meet(batch, &rows);
                    done.extend(rows);
                }
                Ok(None) => return Err(moved().into()),
                // One row is in the way of all: it is looked for by halves.
                Err(Failure::Refused(_)) if rows.len() > 1 => {
                    let middle = rows.start + rows.len() / 2;
                    waiting.push(middle..rows.end);
                    waiting.push(rows.start..middle);
                }
                Err(Failure::Refused(refusal)) => {
                    part.refused = Some(refusal.message());
                    let rows = self.advance_by(&part).await?;
                    done.extend(rows.ok_or_else(moved)?);
                }
                Err(failure) => return Err(failure),
            }
        }
        Ok(done)
    }

    /// Remembers whom a rehearsal has made: the rows after them do not find
    /// them in the database.
    fn meet(&mut self, batch: &ImportBatch, rows: &[ImportedRow]) {
        if self.record.is_some() {
            return;
        }
        for row in rows {
            if row.status != ImportStatus::Created {
                continue;
            }
            let place = usize::try_from(row.number - batch.first - 1).unwrap_or_default();
            let at = batch.rows[place].place.as_ref();
            let slugs = at.into_iter().flat_map(|at| batch.prepared[*at].slugs());
            self.met
                .extend(slugs.chain(row.email.as_deref()).map(hashed));
        }
    }

    /// What became of the part's rows; nothing if the import is elsewhere.
    async fn advance_by(&mut self, part: &Part<'_>) -> Outcome<Option<Vec<ImportedRow>>> {
        let mut tries = 0;
        let mut doubtful = false;
        loop {
            tries += 1;
            match with_retries(&|| self.advance_once(part)).await {
                Ok(Advance::CommandOutput(rows)) => return Ok(Some(rows)),
                // The answer to a commit was lost; it was kept.
                Ok(Advance::Elsewhere(at)) if doubtful && at == part.after() => {
                    self.remember_conflicts().await?;
                    let rows = self.retell_rows(part.batch, part.rows.clone()).await?;
                    return Ok(Some(rows));
                }
                Ok(Advance::Elsewhere(_)) => return Ok(None),
                Err(Failure::Fault(Fault::Unknown)) if tries < TRIES => doubtful = true,
                Err(failure) if may_be_tried_again(&failure) && tries < TRIES => {}
                Err(failure) => return Err(failure),
            }
        }
    }

    async fn advance_once(&self, part: &Part<'_>) -> Outcome<Advance> {
        let id = self.record.as_ref().map(|record| record.id);
        let call = RequestContext {
            request_id: id.map_or_else(|| self.call.request_id.clone(), |id| part.request(id)),
            ..self.call.clone()
        };
        let actor = self.operator.actor();
        let command = self
            .app
            .command(actor, &call, AuditAction::AccountsProvisioned);
        let mut work = command.begin();
        if let Some(id) = id {
            let held = work.tx.lock_and_read_import(id).await?;
            let at = held.map(|record| record.rows_done);
            if at != Some(part.before()) {
                return Ok(Advance::Elsewhere(at.unwrap_or_default()));
            }
        }
        let rows = self.sort(&mut work, part).await?;
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
            work.record(Event::on(AuditAction::ImportBatchCommitted, id).with(details));
        }
        work.commit(()).await?;
        Ok(Advance::CommandOutput(rows))
    }

    /// Tells rows whose address has an account from those that are made one.
    async fn sort(&self, work: &mut UnitOfWork<'_>, part: &Part<'_>) -> Outcome<Vec<ImportedRow>> {
        let batch = part.batch;
        let judged = &batch.rows[part.rows.clone()];
        let places: Vec<usize> = judged
            .iter()
            .filter_map(|row| row.place.as_ref().ok().copied())
            .collect();
        // They stand in the order of the rows.
        let prepared = match (places.first(), places.last()) {
            (Some(first), Some(last)) => &batch.prepared[*first..=*last],
            _ => &[],
        };
        let known = self.app.look_up_accounts(work, prepared).await?;
        let mut met = HashSet::new();
        let mut rows = Vec::with_capacity(judged.len());
        let mut new: Vec<(usize, &Prepared)> = Vec::with_capacity(prepared.len());
        for (place, row) in part.rows.clone().zip(judged) {
            let at = match (&part.refused, &row.place) {
                (Some(why), _) | (None, Err(why)) => {
                    rows.push(batch.refused(place, why.clone()));
                    continue;
                }
                (None, Ok(at)) => &batch.prepared[*at],
            };
            let email = row.email.as_deref().unwrap_or_default();
            let was_met = |text: &str| self.met.contains(&hashed(text));
            let there = known.has_email(email) || met.contains(email) || was_met(email);
            let taken = at
                .slugs()
                .find(|slug| known.has_slug(slug) || met.contains(slug) || was_met(slug));
            if let Some(slug) = taken.filter(|_| !there) {
                rows.push(batch.refused(place, slug_taken(slug)));
                continue;
            }
            if !there {
                met.insert(email);
                met.extend(at.slugs());
                new.push((rows.len(), at));
            }
            rows.push(ImportedRow {
                number: batch.number(place),
                email: row.email.clone(),
                status: if there {
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
        let some: Vec<Prepared>;
        let new_ones = if new.len() == prepared.len() {
            prepared
        } else {
            some = new.iter().map(|(_, it)| (*it).clone()).collect();
            &some
        };
        let made = self
            .app
            .provision_in(work, &self.operator, new_ones, &known)?;
        // What a rehearsal draws is never seen again.
        if self.record.is_some() {
            for ((row, _), account) in new.iter().zip(made) {
                rows[*row].user = account.users.first().map(|(_, user)| user.id);
                let first = account.organizations.first();
                rows[*row].organization = first.map(|(_, organization)| organization.id);
            }
        }
        Ok(rows)
    }
}

/// Rows that were fine by themselves: why they were refused can be told again
/// only from here.
fn conflicts(part: &Part<'_>, rows: &[ImportedRow]) -> Vec<Value> {
    let judged = &part.batch.rows[part.rows.clone()];
    rows.iter()
        .zip(judged)
        .filter(|(row, judged)| row.status == ImportStatus::Refused && judged.place.is_ok())
        .map(|(row, _)| json!({ "row": row.number, "why": row.reason }))
        .collect()
}

fn slug_taken(slug: &str) -> String {
    format!("organizations.org.slug: Organization with slug '{slug}' already exists.")
}

fn hashed(text: &str) -> u64 {
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    KEY.hash_one(text)
}

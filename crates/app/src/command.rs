//! The frame of every write: one transaction that also holds its audit events,
//! its outbox rows, what extensions add, and the remembered answer.
//!
//! An operation reads, decides and writes between [`Command::begin`] and
//! [`Work::commit`]; both stand visibly in its function. [`Command::run`] puts
//! the repeated answer before it and the repeated attempt around it.

use std::time::Duration;

use freehold_domain::{AuditAction, Decision, Id, Organization, Refusal, Timestamp};
use freehold_store::{AuditRow, Rule, Tx};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::app::App;
use crate::call::{Actor, Call, Done, IdempotencyKey};
use crate::failure::{Failure, Outcome};

/// How often a transaction is run again when others were in its way.
const TRIES: u32 = 5;

/// Something that happens in a command: what audit keeps, what extensions hear
/// inside the transaction, and what is told to the outside after it.
#[derive(Clone, Debug)]
pub struct Event {
    /// What.
    pub action: AuditAction,
    /// Whose affair it is.
    pub organization: Option<Id<Organization>>,
    /// What it happens to.
    pub target: Option<Uuid>,
    /// What else there is to know; never a secret.
    pub details: Value,
}

impl Event {
    pub(crate) fn on(action: AuditAction, target: Uuid) -> Self {
        Self {
            action,
            organization: None,
            target: Some(target),
            details: Value::Null,
        }
    }

    pub(crate) fn within(self, organization: Id<Organization>) -> Self {
        Self {
            organization: Some(organization),
            ..self
        }
    }

    pub(crate) fn with(self, details: Value) -> Self {
        Self { details, ..self }
    }
}

/// A write that somebody asks for.
pub(crate) struct Command<'a> {
    pub(crate) app: &'a App,
    pub(crate) actor: Actor,
    pub(crate) call: &'a Call,
    /// Under which its answer is remembered.
    pub(crate) idempotency: Option<&'a IdempotencyKey>,
}

impl App {
    pub(crate) fn command<'a>(&'a self, actor: Actor, call: &'a Call) -> Command<'a> {
        // Rehearsals leave nothing, so there is nothing to repeat.
        let idempotency = call.idempotency.as_ref().filter(|_| !call.dry_run);
        Command {
            app: self,
            actor,
            call,
            idempotency,
        }
    }

    /// A command of the session protocol. It may be repeated by rules of its
    /// own, and its answers, which open sessions, are never kept.
    pub(crate) fn session_command<'a>(&'a self, actor: Actor, call: &'a Call) -> Command<'a> {
        Command {
            idempotency: None,
            ..self.command(actor, call)
        }
    }
}

impl<'a> Command<'a> {
    /// Runs `attempt` until it is through: gives a remembered answer instead,
    /// if there is one, and repeats the whole when others were in its way.
    pub(crate) async fn run<T, F, Fut>(&self, attempt: F) -> Outcome<Done<T>>
    where
        T: Serialize + DeserializeOwned,
        F: Fn() -> Fut,
        Fut: Future<Output = Outcome<Done<T>>>,
    {
        if let Some(done) = self.replay().await? {
            return Ok(done);
        }
        match retried(&attempt).await {
            // Somebody with the same key was faster, and all of ours is undone.
            Err(failure) if failure.broke(Rule::IdempotencyKey) => {
                self.replay().await?.ok_or(failure)
            }
            done => done,
        }
    }

    /// Opens the transaction.
    pub(crate) fn begin(&'a self) -> Work<'a> {
        Work {
            command: self,
            tx: self.app.store().begin(),
            now: self.app.now(),
            events: Vec::new(),
        }
    }

    /// Says no, and keeps the decision's trace where operators can look it up.
    pub(crate) async fn refuse(
        &self,
        action: AuditAction,
        organization: Option<Id<Organization>>,
        target: Option<Uuid>,
        decision: Decision,
    ) -> Failure {
        let Decision { refusal, trace } = decision;
        let refusal = refusal.unwrap_or(Refusal::Forbidden);
        if !self.call.dry_run {
            let now = self.app.now();
            let mut row = self.audit_row(action, now);
            row.organization = organization;
            row.target = target;
            row.refused = Some(refusal.code());
            row.details = Some(json!({ "trace": trace }));
            let mut tx = self.app.store().begin();
            tx.insert_audit(vec![row]);
            if let Err(error) = tx.commit().await {
                return error.into();
            }
        }
        refusal.into()
    }

    fn audit_row(&self, action: AuditAction, now: Timestamp) -> AuditRow {
        AuditRow {
            id: self.app.chance().uuid(now),
            at: now,
            action,
            actor_kind: self.actor.kind(),
            actor: self.actor.id(),
            organization: None,
            target: None,
            refused: None,
            request_id: Some(self.call.request_id.clone()).filter(|id| !id.is_empty()),
            address: self.call.address.map(|address| address.to_string()),
            details: None,
        }
    }
}

/// A command's open transaction.
pub(crate) struct Work<'a> {
    command: &'a Command<'a>,
    pub(crate) tx: Tx,
    /// The one moment at which all of it happens.
    pub(crate) now: Timestamp,
    events: Vec<Event>,
}

impl Work<'_> {
    /// Notes that something happens.
    pub(crate) fn record(&mut self, event: Event) {
        self.events.push(event);
    }

    /// Writes what every command leaves behind and makes all of it true, or,
    /// for a rehearsal, lets every rule have its say and undoes it.
    pub(crate) async fn commit<T: Serialize>(mut self, answer: T) -> Outcome<Done<T>> {
        let command = self.command;
        for event in &self.events {
            command.app.extensions().hear(&mut self.tx, event).await?;
        }
        self.leave_traces();
        if command.call.dry_run {
            self.tx.roll_back().await?;
            let names = self
                .events
                .iter()
                .map(|event| event.action.as_str().to_owned());
            return Ok(Done {
                answer,
                replayed: false,
                rehearsal: Some(names.collect()),
            });
        }
        command.remember(&mut self.tx, &answer, self.now)?;
        self.tx.commit().await?;
        Ok(Done {
            answer,
            replayed: false,
            rehearsal: None,
        })
    }

    fn leave_traces(&mut self) {
        if self.events.is_empty() {
            return;
        }
        let (command, now) = (self.command, self.now);
        let rows = self.events.iter().map(|event| {
            let Event {
                action,
                organization,
                target,
                details,
            } = event.clone();
            let mut row = command.audit_row(action, now);
            row.organization = organization;
            row.target = target;
            row.details = Some(details).filter(|details| !details.is_null());
            if let Actor::Operator(reason) = &command.actor {
                row.details = Some(json!({ "reason": reason, "details": row.details }));
            }
            row
        });
        let rows: Vec<AuditRow> = rows.collect();
        for row in &rows {
            let payload = json!({
                "action": row.action.as_str(),
                "audit_event": row.id,
                "organization": row.organization,
                "target": row.target,
            });
            let id = command.app.chance().uuid(now);
            self.tx.insert_outbox(id, "event", &payload, now, now);
        }
        self.tx.insert_audit(rows);
    }
}

/// Repeats an attempt that others were in the way of.
pub(crate) async fn retried<T, F, Fut>(attempt: &F) -> Outcome<T>
where
    F: Fn() -> Fut,
    Fut: Future<Output = Outcome<T>>,
{
    let mut tries = 1;
    loop {
        match attempt().await {
            Err(failure) if failure.is_transient() && tries < TRIES => {
                // Long enough for whoever was in the way, different for each.
                let spread = u64::from(uuid_byte());
                let pause = Duration::from_micros((2_000 << tries) + 20 * spread);
                tokio::time::sleep(pause).await;
                tries += 1;
            }
            done => return done,
        }
    }
}

/// A little unevenness; nothing secret or repeatable hangs on it.
fn uuid_byte() -> u8 {
    let mut byte = [0];
    // Without chance all wait equally long, which is only slower.
    let _ = aws_lc_rs::rand::fill(&mut byte);
    byte[0]
}

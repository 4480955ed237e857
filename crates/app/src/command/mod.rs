//! The frame of every write: one transaction that also holds its audit events,
//! its outbox rows, what extensions add, and the remembered answer.
//!
//! An operation reads, decides and writes between [`Command::begin`] and
//! [`UnitOfWork::commit`]; both stand visibly in its function. [`Command::run`] puts
//! the repeated answer before it and the repeated attempt around it.

mod context;
mod event;
mod failure;
mod field_change;
mod idempotency;
mod retry;
mod unit_of_work;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use freehold_domain::{
    AuditAction, Decision, Id, Organization, Project, Refusal, Timestamp, Trace,
};
use freehold_store::{AuditRow, Rule};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::access::check_service_action;
use crate::runtime::App;

pub use context::{Actor, CommandOutput, IdempotencyKey, RequestContext};
pub use event::Event;
pub use failure::{Failure, Fault, Outcome};
pub use field_change::FieldChange;
pub(crate) use unit_of_work::UnitOfWork;

/// A write that somebody asks for.
pub(crate) struct Command<'a> {
    pub(crate) app: &'a App,
    pub(crate) actor: Actor,
    pub(crate) context: &'a RequestContext,
    /// What is asked for, if it is refused.
    action: AuditAction,
    /// Under which its answer is remembered.
    pub(crate) idempotency: Option<&'a IdempotencyKey>,
    /// Where it is done. The same key in another place is another command.
    pub(crate) project: Option<Id<Project>>,
    /// Whether a refused rehearsal is kept too: where somebody proves who they
    /// are, a rehearsal is a guess like any other.
    audits_dry_runs: bool,
    /// Why the answer is no, until it is given.
    refusal_context: Mutex<Option<RefusalContext>>,
    /// Whether the same no was kept a moment ago, and this one is not.
    is_repeated_refusal: AtomicBool,
}

/// A refusal's place and trace.
#[derive(Default)]
struct RefusalContext {
    organization: Option<Id<Organization>>,
    target: Option<Uuid>,
    trace: Trace,
}

impl App {
    pub(crate) fn command<'a>(
        &'a self,
        actor: Actor,
        context: &'a RequestContext,
        action: AuditAction,
    ) -> Command<'a> {
        // Rehearsals leave nothing, so there is nothing to repeat.
        let idempotency = context.idempotency.as_ref().filter(|_| !context.dry_run);
        Command {
            app: self,
            actor,
            context,
            action,
            idempotency,
            project: None,
            audits_dry_runs: false,
            refusal_context: Mutex::default(),
            is_repeated_refusal: AtomicBool::new(false),
        }
    }

    /// A command of the session protocol. It may be repeated by rules of its
    /// own, and its answers, which open sessions, are never kept.
    pub(crate) fn session_command<'a>(
        &'a self,
        actor: Actor,
        context: &'a RequestContext,
        action: AuditAction,
    ) -> Command<'a> {
        Command {
            idempotency: None,
            audits_dry_runs: true,
            ..self.command(actor, context, action)
        }
    }
}

impl<'a> Command<'a> {
    /// The same command, in one project.
    pub(crate) fn in_project(self, project: Id<Project>) -> Self {
        Self {
            project: Some(project),
            ..self
        }
    }

    /// Runs `attempt` until it is through: gives a remembered answer instead,
    /// if there is one, and repeats the whole when others were in its way. A
    /// rule of the schema that `attempt` runs into is the refusal that
    /// `refusal_of_rule` says. Every refusal is kept with its trace.
    ///
    /// A service gets no further than the content of its project: neither by an
    /// attempt, nor to what its person was answered before.
    pub(crate) async fn run<T, F, Fut>(
        &self,
        attempt: F,
        refusal_of_rule: fn(Rule) -> Option<Refusal>,
    ) -> Outcome<CommandOutput<T>>
    where
        T: Serialize + DeserializeOwned,
        F: Fn() -> Fut,
        Fut: Future<Output = Outcome<CommandOutput<T>>>,
    {
        if let Err(decision) = check_service_action(&self.actor, self.action) {
            let failure = self.refuse(None, None, decision);
            return self.audit_refusal(Err(failure)).await;
        }
        let output = match self.replay().await {
            Ok(Some(output)) => return self.return_replayed(output).await,
            Ok(None) => self.app.with_retries(&attempt).await,
            Err(failure) => Err(failure),
        };
        let failure = match output {
            Ok(output) => return Ok(output),
            Err(failure) => failure,
        };
        // Somebody with the same key may have been faster: then this one was
        // undone, or found nothing left to do, and their answer is the answer.
        if self.idempotency.is_some() {
            self.app.store().wait_until_durable().await;
            if let Ok(Some(output)) = self.replay().await {
                return self.return_replayed(output).await;
            }
        }
        let failure = match failure.violated_rule().and_then(refusal_of_rule) {
            Some(refusal) => refusal.into(),
            None => failure,
        };
        self.audit_refusal(Err(failure)).await
    }

    /// Hands out a remembered answer. It may hold secrets, so it is on record
    /// that an operator has seen it once more.
    async fn return_replayed<T>(&self, output: CommandOutput<T>) -> Outcome<CommandOutput<T>> {
        if let Actor::Operator(_) = self.actor {
            let mut row = self.audit_row(AuditAction::OperatorRead, self.app.now());
            row.details = Some(json!({ "read": "replay", "action": self.action.as_str() }));
            let mut tx = self.app.store().begin();
            tx.insert_audit_events(vec![row]);
            tx.commit().await?;
        }
        Ok(output)
    }

    /// Opens the transaction.
    pub(crate) fn begin(&'a self) -> UnitOfWork<'a> {
        UnitOfWork {
            command: self,
            tx: self.app.store().begin(),
            now: self.app.now(),
            events: Vec::new(),
            without_effect: Vec::new(),
            has_emails: false,
        }
    }

    /// Says no, by a decision whose trace is kept with the answer.
    pub(crate) fn refuse(
        &self,
        organization: Option<Id<Organization>>,
        target: Option<Uuid>,
        decision: Decision,
    ) -> Failure {
        let Decision { refusal, trace } = decision;
        *self
            .refusal_context
            .lock()
            .unwrap_or_else(PoisonError::into_inner) = Some(RefusalContext {
            organization,
            target,
            trace,
        });
        refusal.unwrap_or(Refusal::Forbidden).into()
    }

    /// The refusal to come only repeats one that was kept: whoever is slowed
    /// down and goes on anyway does not fill the audit trail.
    pub(crate) fn skip_audit_of_refusal(&self) {
        self.is_repeated_refusal.store(true, Ordering::Relaxed);
    }

    /// Keeps a refusal with its trace, where operators can look it up.
    pub(crate) async fn audit_refusal<T>(&self, outcome: Outcome<T>) -> Outcome<T> {
        let Err(Failure::Refused(refusal)) = &outcome else {
            return outcome;
        };
        // When there is too much to do already, nothing is added to it.
        if self.is_repeated_refusal.load(Ordering::Relaxed)
            || *refusal == Refusal::Busy
            || (self.context.dry_run && !self.audits_dry_runs)
        {
            return outcome;
        }
        let refusal_context = self
            .refusal_context
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        let RefusalContext {
            organization,
            target,
            mut trace,
        } = refusal_context.unwrap_or_default();
        if trace.steps().is_empty() {
            trace.step(refusal.code(), "", false);
        }
        let mut row = self.audit_row(self.action, self.app.now());
        row.organization = organization;
        row.target = target;
        row.refused = Some(refusal.code());
        row.details = Some(json!({ "trace": trace }));
        let mut tx = self.app.store().begin();
        tx.insert_audit_events(vec![row]);
        tx.commit().await?;
        outcome
    }

    /// Notes that something was refused before it could be tried.
    pub(crate) async fn record_refusal(&self, code: &'static str, what: &str) -> Outcome<()> {
        if self.context.dry_run {
            return Ok(());
        }
        let mut trace = Trace::new();
        trace.step(code, what, false);
        let mut row = self.audit_row(self.action, self.app.now());
        row.refused = Some(code);
        row.details = Some(json!({ "trace": trace }));
        let mut tx = self.app.store().begin();
        tx.insert_audit_events(vec![row]);
        Ok(tx.commit().await?)
    }

    /// Notes something that happened although nothing was done.
    pub(crate) async fn note(&self, action: AuditAction, target: Uuid) -> Outcome<()> {
        let mut row = self.audit_row(action, self.app.now());
        row.target = Some(target);
        let mut tx = self.app.store().begin();
        tx.insert_audit_events(vec![row]);
        Ok(tx.commit().await?)
    }

    /// Notes that somebody looks at something.
    pub(crate) async fn record_read(&self, what: Value) -> Outcome<()> {
        if self.context.dry_run {
            return Ok(());
        }
        let mut row = self.audit_row(self.action, self.app.now());
        row.details = Some(what);
        let mut tx = self.app.store().begin();
        tx.insert_audit_events(vec![row]);
        Ok(tx.commit().await?)
    }

    fn audit_row(&self, action: AuditAction, now: Timestamp) -> AuditRow {
        AuditRow {
            id: self.app.random().uuid(now),
            at: now,
            action,
            actor_kind: self.actor.kind(),
            actor: self.actor.id(),
            actor_name: self.actor.name().map(str::to_owned),
            reason: self
                .context
                .reason
                .as_ref()
                .map(|it| it.as_str().to_owned()),
            organization: None,
            target: None,
            refused: None,
            request_id: Some(self.context.request_id.clone()).filter(|id| !id.is_empty()),
            address: self.context.address.map(|address| address.to_string()),
            details: None,
        }
    }
}

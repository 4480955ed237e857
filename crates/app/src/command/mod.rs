//! What every write shares: one transaction that also contains its audit
//! events, its outbox rows, the rows of extensions and the idempotency record.
//!
//! A command reads, decides and writes between [`Command::begin`] and
//! [`UnitOfWork::commit`]; both are visible in its function. [`Command::run`]
//! returns a replayed response instead of running it, and repeats it after
//! transient failures.

mod context;
mod event;
mod failure;
mod field_change;
mod idempotency;
mod retry;
pub(crate) mod sealed_secret;
mod unit_of_work;

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, PoisonError};

use freehold_domain::{
    AuditAction, Decision, Id, Organization, Project, Refusal, Timestamp, Trace,
};
use freehold_store::{AuditRow, Rule};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use uuid::Uuid;

use crate::access::check_service_action;
use crate::runtime::App;

pub use context::{Actor, CommandOutput, IdempotencyKey, RequestContext};
pub use event::Event;
pub use failure::{Failure, Fault, Outcome};
pub use field_change::FieldChange;
pub(crate) use retry::with_retries;
pub(crate) use unit_of_work::UnitOfWork;

/// A write that an actor requests.
pub(crate) struct Command<'a> {
    pub(crate) app: &'a App,
    pub(crate) actor: Actor,
    pub(crate) context: &'a RequestContext,
    /// The audit action that a refusal is recorded under.
    action: AuditAction,
    /// The key under which the response is stored for replays.
    pub(crate) idempotency: Option<&'a IdempotencyKey>,
    /// The project of the command. The same idempotency key in another project
    /// is a conflict.
    pub(crate) project: Option<Id<Project>>,
    /// Whether refusals are audited in a dry run too: a dry run of a sign-in is
    /// an attempt at the password like any other.
    audits_dry_runs: bool,
    /// The context of a refusal, until it is audited.
    refusal_context: Mutex<Option<RefusalContext>>,
    /// Whether the same refusal was audited shortly before, so that this one is
    /// not.
    is_repeated_refusal: AtomicBool,
}

/// The organization, target and trace of a refusal.
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
        // A dry run stores nothing, so there is nothing to replay.
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

    /// Returns a command of the session protocol, which has rules of its own for
    /// repeated requests. Its responses contain tokens and are never stored.
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
    /// Returns the command with a project.
    pub(crate) fn in_project(self, project: Id<Project>) -> Self {
        Self {
            project: Some(project),
            ..self
        }
    }

    /// Runs `attempt`, again after every transient failure; returns the stored
    /// response instead if the request was processed before. A violated rule of
    /// the schema becomes the refusal that `refusal_of_rule` returns. Every
    /// refusal is audited with its trace.
    ///
    /// A service may only change the content of its project. It cannot replay
    /// responses to its user's other commands either.
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
            return Err(self.audit_failure(failure).await);
        }
        let output = match self.stored_response().await {
            Ok(Some(response)) => return self.replay(&response).await,
            Ok(None) => self.app.with_retries(&attempt).await,
            Err(failure) => Err(failure),
        };
        let failure = match output {
            Ok(output) => return Ok(output),
            Err(failure) => failure,
        };
        // A parallel request with the same key may have been faster. Then this
        // one was rolled back or had nothing left to do, and the stored response
        // is the right one.
        if self.idempotency.is_some() {
            self.app.store().wait_until_durable().await;
            if let Ok(Some(response)) = self.stored_response().await {
                return self.replay(&response).await;
            }
        }
        let failure = match failure.violated_rule().and_then(refusal_of_rule) {
            Some(refusal) => refusal.into(),
            None => failure,
        };
        Err(self.audit_failure(failure).await)
    }

    /// Returns a stored response again.
    async fn replay<T: DeserializeOwned>(&self, response: &[u8]) -> Outcome<CommandOutput<T>> {
        let answer = idempotency::parse_response(response)?;
        self.audit_replay().await?;
        Ok(CommandOutput {
            answer,
            replayed: true,
            dry_run_events: None,
        })
    }

    /// Audits a replay for an operator as a read: the response may contain secrets.
    async fn audit_replay(&self) -> Outcome<()> {
        if let Actor::Operator(_) = self.actor {
            let mut row = self.audit_row(AuditAction::OperatorRead, self.app.now());
            row.details = Some(json!({ "read": "replay", "action": self.action.as_str() }));
            let mut tx = self.app.store().begin();
            tx.insert_audit_events(vec![row]);
            tx.commit().await?;
        }
        Ok(())
    }

    /// Begins the transaction.
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

    /// Returns the refusal of a decision, whose trace is audited with it.
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

    /// Does not audit the refusal that follows, because it repeats an earlier one:
    /// a rate-limited client cannot fill the audit log.
    pub(crate) fn skip_audit_of_refusal(&self) {
        self.is_repeated_refusal.store(true, Ordering::Relaxed);
    }

    /// Records a refusal with its trace in the audit log.
    pub(crate) async fn audit_refusal<T>(&self, outcome: Outcome<T>) -> Outcome<T> {
        match outcome {
            Ok(value) => Ok(value),
            Err(failure) => Err(self.audit_failure(failure).await),
        }
    }

    /// [`Command::audit_refusal`] of a failure. Returns the failure, or the one of
    /// recording it.
    async fn audit_failure(&self, failure: Failure) -> Failure {
        let Failure::Refused(refusal) = &failure else {
            return failure;
        };
        // An overloaded server writes no audit events for refusals.
        if self.is_repeated_refusal.load(Ordering::Relaxed)
            || *refusal == Refusal::Busy
            || (self.context.dry_run && !self.audits_dry_runs)
        {
            return failure;
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
        match tx.commit().await {
            Ok(()) => failure,
            Err(error) => error.into(),
        }
    }

    /// Audits a request that was refused before the command ran.
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

    /// Audits a read, which has no unit of work, in a transaction of its own. A dry
    /// run leaves nothing.
    pub(crate) async fn record_read(&self, event: Event) -> Outcome<()> {
        match self.context.dry_run {
            true => Ok(()),
            false => self.record_alone(event).await,
        }
    }

    /// Audits a dry run: that of a sign-in, which tells whether the password is
    /// right.
    pub(crate) async fn record_dry_run(&self, event: Event) -> Outcome<()> {
        self.record_alone(event).await
    }

    async fn record_alone(&self, event: Event) -> Outcome<()> {
        let row = self.event_row(event, self.app.now());
        let mut tx = self.app.store().begin();
        tx.insert_audit_events(vec![row]);
        Ok(tx.commit().await?)
    }

    fn event_row(&self, event: Event, now: Timestamp) -> AuditRow {
        let Event {
            action,
            organization,
            target,
            details,
            typed: _,
        } = event;
        AuditRow {
            organization,
            target,
            details: Some(details).filter(|details| !details.is_null()),
            ..self.audit_row(action, now)
        }
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
                .map(|reason| reason.as_str().to_owned()),
            organization: None,
            target: None,
            refused: None,
            request_id: Some(self.context.request_id.clone()).filter(|id| !id.is_empty()),
            address: self.context.address.map(|address| address.to_string()),
            details: None,
        }
    }
}

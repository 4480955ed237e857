//! The open transaction of a command: its writes, its events, and its commit.

use freehold_domain::{Decision, Id, Organization, Timestamp, Trace};
use freehold_store::{AuditRow, OutboxRow, Tx};
use serde::Serialize;
use serde_json::json;

use super::idempotency::response_json;
use super::{Command, CommandOutput, Event, Failure, IdempotencyKey, Outcome};
use crate::email::EmailJob;

/// The open transaction of a command.
pub(crate) struct UnitOfWork<'a> {
    pub(super) command: &'a Command<'a>,
    pub(crate) tx: Tx,
    /// The time of all writes of this transaction.
    pub(crate) now: Timestamp,
    pub(super) events: Vec<Event>,
    /// Requested changes that did not happen, with the code of the refusal if
    /// they were refused.
    pub(super) without_effect: Vec<(Event, Option<&'static str>)>,
    /// Whether emails were queued, so that the sender is woken after the commit.
    pub(super) has_emails: bool,
}

impl UnitOfWork<'_> {
    /// Returns whether the transaction will be rolled back.
    pub(crate) fn is_dry_run(&self) -> bool {
        self.command.context.dry_run
    }

    /// Returns whether no event was recorded so far.
    pub(crate) fn has_no_events(&self) -> bool {
        self.events.is_empty()
    }

    /// Refuses as [`Command::refuse`], without organization and target.
    pub(crate) fn refuse(&self, decision: Decision) -> Failure {
        self.command.refuse(None, None, decision)
    }

    /// Asks the extensions whether an organization may have `count` more members.
    ///
    /// # Errors
    /// The refusal of an extension.
    pub(crate) async fn check_quota(
        &mut self,
        organization: Id<Organization>,
        count: usize,
    ) -> Outcome<()> {
        let extensions = self.command.app.extensions();
        let new_members = u32::try_from(count).unwrap_or(u32::MAX);
        let refusal = extensions
            .may_add_members(&mut self.tx, organization, new_members)
            .await?;
        let Some(refusal) = refusal else {
            return Ok(());
        };
        let mut trace = Trace::new();
        trace.step("may_add_members", count.to_string(), false);
        let decision = Decision::refused(refusal, trace);
        let target = Some(organization.uuid());
        Err(self.command.refuse(Some(organization), target, decision))
    }

    /// Records an event.
    pub(crate) fn record(&mut self, event: Event) {
        self.events.push(event);
    }

    /// Records a requested change that does not happen although the rest of the
    /// command does: because of `refused`, or because it has no effect. It is
    /// written to the audit log only, not to extensions and the outbox.
    pub(crate) fn record_without_effect(&mut self, event: Event, refused: Option<&'static str>) {
        self.without_effect.push((event, refused));
    }

    /// Queues emails, with one statement. Does nothing if no mailer is
    /// configured.
    pub(crate) fn queue_emails(&mut self, jobs: impl IntoIterator<Item = EmailJob>) {
        let app = self.command.app;
        if !app.settings().sends_email {
            return;
        }
        let rows = jobs
            .into_iter()
            .map(|job| job.row(app.random().uuid(self.now), self.now));
        let rows: Vec<OutboxRow> = rows.collect();
        self.has_emails |= !rows.is_empty();
        self.tx.insert_outbox(rows);
    }

    /// Writes the audit events, the outbox rows and the idempotency record, and
    /// commits. A dry run checks all rules of the schema and rolls back.
    pub(crate) async fn commit<T: Serialize>(self, answer: T) -> Outcome<CommandOutput<T>> {
        let response = match self.command.idempotency {
            Some(key) => Some((key, response_json(&answer)?)),
            None => None,
        };
        Ok(CommandOutput {
            answer,
            replayed: false,
            dry_run_events: self.finish(response).await?,
        })
    }

    /// Commits with the response to store. Returns the events of a dry run.
    async fn finish(
        mut self,
        response: Option<(&IdempotencyKey, Vec<u8>)>,
    ) -> Outcome<Option<Vec<String>>> {
        let command = self.command;
        for event in &self.events {
            command
                .app
                .extensions()
                .dispatch_event(&mut self.tx, event)
                .await?;
        }
        self.insert_audit_and_outbox();
        if command.context.dry_run {
            self.tx.roll_back().await?;
            let names = self
                .events
                .iter()
                .map(|event| event.action.as_str().to_owned());
            return Ok(Some(names.collect()));
        }
        if let Some((key, response)) = response {
            command.store_response(&mut self.tx, key, response, self.now)?;
        }
        self.tx.commit().await?;
        if self.has_emails {
            command.app.email_queued().notify_one();
        }
        Ok(None)
    }

    fn insert_audit_and_outbox(&mut self) {
        let (command, now) = (self.command, self.now);
        if !self.without_effect.is_empty() {
            let without_effect = self.without_effect.drain(..);
            let rows = without_effect
                .map(|(event, refused)| AuditRow {
                    refused,
                    ..command.event_row(event, now)
                })
                .collect();
            self.tx.insert_audit_events(rows);
        }
        if self.events.is_empty() {
            return;
        }
        let rows = self
            .events
            .iter()
            .map(|event| command.event_row(event.clone(), now));
        let rows: Vec<AuditRow> = rows.collect();
        let outbox_events = rows.iter().map(|row| OutboxRow {
            id: command.app.random().uuid(now),
            topic: "event",
            payload: json!({
                "action": row.action.as_str(),
                "audit_event": row.id,
                "organization": row.organization,
                "target": row.target,
            }),
            now,
        });
        self.tx.insert_outbox(outbox_events.collect());
        self.tx.insert_audit_events(rows);
    }
}

//! A command's open transaction: its writes, its events, and its commit.

use freehold_domain::{Decision, Timestamp};
use freehold_store::{AuditRow, OutboxRow, Tx};
use serde::Serialize;
use serde_json::json;

use super::{Command, CommandOutput, Event, Failure, Outcome};
use crate::email::EmailJob;

/// A command's open transaction.
pub(crate) struct UnitOfWork<'a> {
    pub(super) command: &'a Command<'a>,
    pub(crate) tx: Tx,
    /// The one moment at which all of it happens.
    pub(crate) now: Timestamp,
    pub(super) events: Vec<Event>,
    /// What was asked for and did not happen, with the code of why not.
    pub(super) without_effect: Vec<(Event, Option<&'static str>)>,
    /// Whether there is a letter to send once this is true.
    pub(super) has_emails: bool,
}

impl UnitOfWork<'_> {
    /// Whether all of it will be undone.
    pub(crate) fn is_dry_run(&self) -> bool {
        self.command.context.dry_run
    }

    /// Whether nothing was noted so far.
    pub(crate) fn has_no_events(&self) -> bool {
        self.events.is_empty()
    }

    /// [`Command::refuse`], for something that is nowhere in particular.
    pub(crate) fn refuse(&self, decision: Decision) -> Failure {
        self.command.refuse(None, None, decision)
    }

    /// Notes that something happens.
    pub(crate) fn record(&mut self, event: Event) {
        self.events.push(event);
    }

    /// Notes that something was asked for and does not happen although the rest
    /// does: because of `refused`, or because there is nothing to do. It is kept
    /// in the audit trail; nobody else hears of it.
    pub(crate) fn record_without_effect(&mut self, event: Event, refused: Option<&'static str>) {
        self.without_effect.push((event, refused));
    }

    /// Leaves letters to be sent: one statement, however many. Nothing happens
    /// where no mailer is configured.
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

    /// Writes what every command leaves behind and makes all of it true, or,
    /// for a rehearsal, lets every rule have its say and undoes it.
    pub(crate) async fn commit<T: Serialize>(mut self, answer: T) -> Outcome<CommandOutput<T>> {
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
            return Ok(CommandOutput {
                answer,
                replayed: false,
                rehearsal: Some(names.collect()),
            });
        }
        command.remember(&mut self.tx, &answer, self.now)?;
        self.tx.commit().await?;
        if self.has_emails {
            command.app.email_sender().wake();
        }
        Ok(CommandOutput {
            answer,
            replayed: false,
            rehearsal: None,
        })
    }

    fn insert_audit_and_outbox(&mut self) {
        let (command, now) = (self.command, self.now);
        let row = |event: Event, refused| {
            let Event {
                action,
                organization,
                target,
                details,
            } = event;
            let mut row = command.audit_row(action, now);
            row.organization = organization;
            row.target = target;
            row.refused = refused;
            row.details = Some(details).filter(|details| !details.is_null());
            row
        };
        if !self.without_effect.is_empty() {
            let without_effect = self.without_effect.drain(..);
            let rows = without_effect
                .map(|(event, refused)| row(event, refused))
                .collect();
            self.tx.insert_audit_events(rows);
        }
        if self.events.is_empty() {
            return;
        }
        let rows = self.events.iter().map(|event| row(event.clone(), None));
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

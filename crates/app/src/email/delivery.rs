//! The email sender: sends the email jobs that commands leave in the outbox,
//! outside of any request.
//!
//! A node claims a job with a lease, composes the message from the current data
//! (`compose`), passes it to the mailer, and marks the job as sent, postponed
//! or dead. If the node stops in between, the lease ends and another node sends
//! the email; it can then arrive twice, with the same `Message-ID`. Operators
//! can list dead jobs and retry them (`queue`).

use std::sync::Arc;
use std::time::Duration;

use freehold_domain::{RandomSource, Timestamp};
use freehold_store::ClaimedEmailJob;
use tokio::task::JoinSet;

use super::compose::Composed;
use super::{DeliveryError, EmailMessage, EmailTemplate, Mailer};
use crate::command::Outcome;
use crate::jobs::{Job, JobContext, sanitize_error};
use crate::runtime::App;

/// How many emails a node sends at the same time.
const CONCURRENT_SENDS: usize = 8;
/// How long a node's claim of a job lasts.
const LEASE: Duration = Duration::from_secs(5 * 60);
/// How long the mailer may take; well below the lease, so that no other node
/// sends the same email meanwhile.
const SEND_TIMEOUT: Duration = Duration::from_secs(2 * 60);
/// How long a shutdown waits for emails that are being sent.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);
/// The delays between attempts. After the last attempt the job is dead.
const RETRY_DELAYS: [Duration; 7] = [
    Duration::from_secs(30),
    Duration::from_secs(2 * 60),
    Duration::from_secs(10 * 60),
    Duration::from_secs(60 * 60),
    Duration::from_secs(6 * 60 * 60),
    Duration::from_secs(12 * 60 * 60),
    Duration::from_secs(24 * 60 * 60),
];
/// The window of the limit on emails to one address.
const RATE_LIMIT_WINDOW: Duration = Duration::from_secs(60 * 60);

impl App {
    /// Starts to send email jobs through `mailer`, old ones included, until
    /// [`App::close`]. For a server; a local command leaves its jobs to one.
    pub fn start_email_delivery(&self, mailer: Arc<dyn Mailer>) {
        let app = self.clone();
        let run = move |context| run(app.clone(), mailer.clone(), context);
        let job = Job::on_every_node("email_delivery", self.settings().email_poll_interval, run);
        self.jobs().start(job.woken_by(self.email_queued().clone()));
    }

    /// Claims as many jobs as there is capacity for.
    async fn claim_email_jobs(&self, capacity: usize) -> Outcome<Vec<ClaimedEmailJob>> {
        let due = |next: Timestamp| next <= self.now();
        // Reads first: usually there is no job, and then nothing is written.
        if capacity == 0 || !self.store().next_email_job().await?.is_some_and(due) {
            return Ok(Vec::new());
        }
        let now = self.now();
        let limit = i64::try_from(capacity).unwrap_or(i64::MAX);
        let mut tx = self.store().begin();
        let claimed = tx.claim_email_jobs(now, now + LEASE, limit).await?;
        tx.commit().await?;
        Ok(claimed)
    }
}

/// Sends the queued emails, those included that are queued meanwhile. Returns when
/// no email is to be sent now.
async fn run(app: App, mailer: Arc<dyn Mailer>, context: JobContext) -> Outcome<()> {
    let mut sending = JoinSet::new();
    loop {
        let capacity = CONCURRENT_SENDS - sending.len();
        let claimed = app.claim_email_jobs(capacity).await;
        let result = claimed.map(|claimed| {
            for job in claimed {
                sending.spawn(deliver(app.clone(), mailer.clone(), job));
            }
        });
        if sending.is_empty() {
            return result;
        }
        if let Err(error) = result {
            tracing::warn!(%error, "email jobs could not be claimed");
        }
        let poll = app.settings().email_poll_interval;
        tokio::select! {
            biased;
            () = context.stopping() => break,
            Some(_) = sending.join_next() => while sending.try_join_next().is_some() {},
            () = app.email_queued().notified() => {}
            () = tokio::time::sleep(poll) => {}
        }
    }
    let remaining = async { while sending.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(SHUTDOWN_TIMEOUT, remaining).await;
    // Another node sends the remaining jobs when their leases end.
    Ok(())
}

async fn deliver(app: App, mailer: Arc<dyn Mailer>, claimed: ClaimedEmailJob) {
    if let Err(error) = app.deliver(&*mailer, &claimed).await {
        tracing::warn!(%error, email_job = %claimed.id, "an email job could not be processed");
    }
}

impl App {
    async fn deliver(&self, mailer: &dyn Mailer, claimed: &ClaimedEmailJob) -> Outcome<()> {
        let message = match self.compose(claimed).await? {
            Composed::EmailMessage(message) => message,
            Composed::Cancelled(why) => {
                return self
                    .finish_job(claimed, Some(format!("cancelled: {why}")))
                    .await;
            }
            Composed::FannedOut => {
                self.email_queued().notify_one();
                return Ok(());
            }
            Composed::Unreadable(why) => {
                return self
                    .postpone_or_mark_dead(claimed, DeliveryError::Transient(why))
                    .await;
            }
        };
        let rate_limit = self.rate_limit_subject(&message);
        if let Some(subject) = &rate_limit
            && let Some(until) = self.count_against_rate_limit(subject).await?
        {
            return self.postpone_for_rate_limit(claimed, until).await;
        }
        let sent = tokio::time::timeout(SEND_TIMEOUT, mailer.send(message)).await;
        let timed_out =
            |_| DeliveryError::Transient("the mail server did not answer in time".to_owned());
        match sent.map_err(timed_out).flatten() {
            Ok(()) => self.finish_job(claimed, None).await,
            Err(why) => {
                if let Some(subject) = rate_limit {
                    let mut tx = self.store().begin();
                    tx.decrement_attempts(subject);
                    tx.commit().await?;
                }
                self.postpone_or_mark_dead(claimed, why).await
            }
        }
    }

    /// Marks a job as finished.
    async fn finish_job(&self, claimed: &ClaimedEmailJob, reason: Option<String>) -> Outcome<()> {
        let still_claimed = self
            .with_retries(&|| async {
                let mut tx = self.store().begin();
                let still_claimed = tx
                    .finish_email_job(claimed, self.now(), reason.clone())
                    .await?;
                tx.commit().await?;
                Ok(still_claimed)
            })
            .await?;
        if !still_claimed {
            tracing::warn!(email_job = %claimed.id, "an email job took longer than its lease");
        }
        Ok(())
    }

    async fn postpone_or_mark_dead(
        &self,
        claimed: &ClaimedEmailJob,
        why: DeliveryError,
    ) -> Outcome<()> {
        let error_text = sanitize_error(&why.to_string());
        let attempts = usize::try_from(claimed.attempts).unwrap_or(usize::MAX);
        let delay = match why {
            DeliveryError::Permanent(_) => None,
            DeliveryError::Transient(_) => RETRY_DELAYS.get(attempts.saturating_sub(1)),
        };
        let now = self.now();
        match delay {
            Some(_) => {
                tracing::info!(email_job = %claimed.id, attempts, error = error_text, "an email job is postponed");
            }
            None => {
                tracing::warn!(email_job = %claimed.id, attempts, error = error_text, "an email job is dead");
            }
        }
        self.with_retries(&|| async {
            let mut tx = self.store().begin();
            match delay {
                Some(delay) => {
                    let at = now + with_jitter(*delay, self.random());
                    tx.postpone_email_job(claimed, at, error_text.clone(), true);
                }
                None => tx.mark_email_job_dead(claimed, now, error_text.clone()),
            }
            Ok(tx.commit().await?)
        })
        .await
    }

    /// The rate limit that a message counts against. A password reset is
    /// limited where it is requested, and must not be delayed by other emails.
    fn rate_limit_subject(&self, message: &EmailMessage) -> Option<String> {
        let is_rate_limited = match message.template {
            EmailTemplate::Invitation { .. } | EmailTemplate::MemberJoined { .. } => true,
            EmailTemplate::PasswordReset { .. } | EmailTemplate::Test { .. } => false,
        };
        (is_rate_limited && self.settings().mail_limit_recipient > 0)
            .then(|| format!("email recipient {}", message.to))
    }

    /// Counts a message to an address. If it exceeds the limit, returns when
    /// the next one may be sent.
    async fn count_against_rate_limit(&self, subject: &str) -> Outcome<Option<Timestamp>> {
        let limit = i64::from(self.settings().mail_limit_recipient);
        self.with_retries(&|| async {
            let now = self.now();
            let mut tx = self.store().begin();
            let (count, until) = tx
                .count_attempts(subject.to_owned(), 1, now, now + RATE_LIMIT_WINDOW)
                .await?;
            if count > limit {
                // The email is not sent, so it does not count.
                tx.roll_back().await?;
                return Ok(Some(until));
            }
            tx.commit().await?;
            Ok(None)
        })
        .await
    }

    async fn postpone_for_rate_limit(
        &self,
        claimed: &ClaimedEmailJob,
        until: Timestamp,
    ) -> Outcome<()> {
        let error_text = "postponed: too many emails to this address within an hour".to_owned();
        let at = until + with_jitter(Duration::from_secs(4), self.random());
        self.with_retries(&|| async {
            let mut tx = self.store().begin();
            tx.postpone_email_job(claimed, at, error_text.clone(), false);
            Ok(tx.commit().await?)
        })
        .await
    }
}

/// Adds up to a quarter at random, so that jobs that failed together are not
/// retried together.
fn with_jitter(delay: Duration, random: &dyn RandomSource) -> Duration {
    let mut byte = [0];
    random.fill(&mut byte);
    delay + delay / 4 * u32::from(byte[0]) / 256
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn retry_delays_grow_and_have_jitter() {
        struct Always(u8);
        impl RandomSource for Always {
            fn fill(&self, bytes: &mut [u8]) {
                bytes.fill(self.0);
            }
        }
        assert!(RETRY_DELAYS.is_sorted());
        let delay = Duration::from_secs(100);
        assert_eq!(with_jitter(delay, &Always(0)), delay);
        let longest = with_jitter(delay, &Always(255));
        assert!(
            longest > delay && longest < Duration::from_secs(125),
            "{longest:?}"
        );
    }
}

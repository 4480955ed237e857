//! The post: sends the letters that commands have left in the outbox, beside
//! all requests.
//!
//! A letter is claimed for a while by one node, written from what is true at
//! that moment (`compose`), handed to the mailer, and then marked as sent,
//! put off, or given up. A node that dies in between loses its lease, and
//! another one sends the letter; if it had left already, it comes twice with
//! the same `Message-ID`. What was given up stays for operators to look at and
//! to send after all (`queue`).

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use freehold_domain::{RandomSource, Timestamp};
use freehold_store::ClaimedEmailJob;
use tokio::sync::Notify;
use tokio::task::{JoinHandle, JoinSet};

use super::compose::Composed;
use super::{DeliveryError, EmailMessage, EmailTemplate, Mailer};
use crate::command::Outcome;
use crate::runtime::App;

/// How many letters one node sends at a time.
const CONCURRENT_SENDS: usize = 8;
/// How long a claimed letter is this node's.
const LEASE: Duration = Duration::from_secs(5 * 60);
/// How long the mailer may take; well within the lease, so that no other node
/// sends what is just being sent.
const SEND_TIMEOUT: Duration = Duration::from_secs(2 * 60);
/// How long a stop waits for letters that are being handed over.
const SHUTDOWN_TIMEOUT: Duration = Duration::from_secs(10);
/// How long after each attempt the next one is made. After the last, none is.
const RETRY_DELAYS: [Duration; 7] = [
    Duration::from_secs(30),
    Duration::from_secs(2 * 60),
    Duration::from_secs(10 * 60),
    Duration::from_secs(60 * 60),
    Duration::from_secs(6 * 60 * 60),
    Duration::from_secs(12 * 60 * 60),
    Duration::from_secs(24 * 60 * 60),
];
/// The window in which letters to one address are counted.
const RATE_LIMIT_WINDOW: Duration = Duration::from_secs(60 * 60);
/// How much of what a mail server said is kept.
const MAX_ERROR_LENGTH: usize = 300;

/// Whoever sends letters here, and how to wake them.
#[derive(Default)]
pub(crate) struct EmailSender {
    wake: Notify,
    stop: Notify,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl EmailSender {
    /// There is a letter now.
    pub(crate) fn wake(&self) {
        self.wake.notify_one();
    }

    /// Finishes what is being sent, if that does not take long.
    pub(crate) async fn stop(&self) {
        let task = self
            .task
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(task) = task {
            self.stop.notify_one();
            let _ = task.await;
        }
    }
}

impl App {
    /// Sends letters through `mailer` from now on, until [`App::close`]: those
    /// that commands leave, and those that wait from before. For a server; an
    /// operator's command leaves its letters to one.
    pub fn start_email_delivery(&self, mailer: Arc<dyn Mailer>) {
        let mut task = self
            .email_sender()
            .task
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if task.is_none() {
            *task = Some(tokio::spawn(run(self.clone(), mailer)));
        }
    }

    /// Claims what is due, as far as there is room.
    async fn claim_email_jobs(&self, capacity: usize) -> Outcome<Vec<ClaimedEmailJob>> {
        let due = |next: Timestamp| next <= self.now();
        // A look first: most of the time there is nothing, and nothing to write.
        if capacity == 0 || !self.store().next_email_job().await?.is_some_and(due) {
            return Ok(Vec::new());
        }
        let now = self.now();
        let most = i64::try_from(capacity).unwrap_or(i64::MAX);
        let mut tx = self.store().begin();
        let claimed = tx.claim_email_jobs(now, now + LEASE, most).await?;
        tx.commit().await?;
        Ok(claimed)
    }
}

async fn run(app: App, mailer: Arc<dyn Mailer>) {
    let post = app.email_sender();
    let mut sending = JoinSet::new();
    loop {
        let capacity = CONCURRENT_SENDS - sending.len();
        match app.claim_email_jobs(capacity).await {
            Ok(claimed) => {
                for job in claimed {
                    sending.spawn(deliver(app.clone(), mailer.clone(), job));
                }
            }
            Err(error) => tracing::warn!(%error, "letters could not be fetched"),
        }
        let poll = app.settings().email_poll_interval;
        tokio::select! {
            biased;
            () = post.stop.notified() => break,
            Some(_) = sending.join_next() => while sending.try_join_next().is_some() {},
            () = post.wake.notified() => {}
            () = tokio::time::sleep(poll) => {}
        }
    }
    let remaining = async { while sending.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(SHUTDOWN_TIMEOUT, remaining).await;
    // Whatever is cut off here is sent by somebody else when its lease is over.
}

async fn deliver(app: App, mailer: Arc<dyn Mailer>, claimed: ClaimedEmailJob) {
    if let Err(error) = app.deliver(&*mailer, &claimed).await {
        tracing::warn!(%error, email_job = %claimed.id, "a letter could not be dealt with");
    }
}

impl App {
    async fn deliver(&self, mailer: &dyn Mailer, claimed: &ClaimedEmailJob) -> Outcome<()> {
        let message = match self.compose(claimed).await? {
            Composed::EmailMessage(letter) => letter,
            Composed::Cancelled(why) => {
                return self
                    .finish_job(claimed, Some(format!("cancelled: {why}")))
                    .await;
            }
            Composed::FannedOut => {
                self.email_sender().wake();
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
        let took_too_long =
            |_| DeliveryError::Transient("the mail server took too long".to_owned());
        match sent.map_err(took_too_long).flatten() {
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

    /// Notes that nothing is left to do.
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
            tracing::warn!(email_job = %claimed.id, "a letter took longer than its lease");
        }
        Ok(())
    }

    async fn postpone_or_mark_dead(
        &self,
        claimed: &ClaimedEmailJob,
        why: DeliveryError,
    ) -> Outcome<()> {
        let words = sanitize_error(&why.to_string());
        let attempts = usize::try_from(claimed.attempts).unwrap_or(usize::MAX);
        let delay = match why {
            DeliveryError::Permanent(_) => None,
            DeliveryError::Transient(_) => RETRY_DELAYS.get(attempts.saturating_sub(1)),
        };
        let now = self.now();
        match delay {
            Some(_) => {
                tracing::info!(email_job = %claimed.id, attempts, error = words, "a letter is put off");
            }
            None => {
                tracing::warn!(email_job = %claimed.id, attempts, error = words, "a letter is given up");
            }
        }
        self.with_retries(&|| async {
            let mut tx = self.store().begin();
            match delay {
                Some(delay) => {
                    let at = now + with_jitter(*delay, self.random());
                    tx.postpone_email_job(claimed, at, words.clone(), true);
                }
                None => tx.mark_email_job_dead(claimed, now, words.clone()),
            }
            Ok(tx.commit().await?)
        })
        .await
    }

    /// Under what a letter counts for its recipient. Those that their owner
    /// asked for are limited where they are asked for, and must not be held up
    /// by what others send.
    fn rate_limit_subject(&self, message: &EmailMessage) -> Option<String> {
        let is_rate_limited = match message.template {
            EmailTemplate::Invitation { .. } | EmailTemplate::MemberJoined { .. } => true,
            EmailTemplate::PasswordReset { .. } | EmailTemplate::Test { .. } => false,
        };
        (is_rate_limited && self.settings().emails_per_recipient > 0)
            .then(|| format!("email recipient {}", message.to))
    }

    /// Counts a letter to one address; says when the next may go if this one
    /// is too many.
    async fn count_against_rate_limit(&self, subject: &str) -> Outcome<Option<Timestamp>> {
        let most = i64::from(self.settings().emails_per_recipient);
        self.with_retries(&|| async {
            let now = self.now();
            let mut tx = self.store().begin();
            let (count, until) = tx
                .count_attempts(subject.to_owned(), 1, now, now + RATE_LIMIT_WINDOW)
                .await?;
            if count > most {
                // Nothing goes, so nothing counts.
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
        let words = "put off: many letters to this address within an hour".to_owned();
        let at = until + with_jitter(Duration::from_secs(4), self.random());
        self.with_retries(&|| async {
            let mut tx = self.store().begin();
            tx.postpone_email_job(claimed, at, words.clone(), false);
            Ok(tx.commit().await?)
        })
        .await
    }
}

/// Up to a quarter longer, different each time: what failed together need not
/// come again together.
fn with_jitter(delay: Duration, random: &dyn RandomSource) -> Duration {
    let mut byte = [0];
    random.fill(&mut byte);
    delay + delay / 4 * u32::from(byte[0]) / 256
}

/// What a mail server said, fit to be kept: one line, not too long, and without
/// the links that some of them quote, which may open something.
fn sanitize_error(said: &str) -> String {
    let kept = said.split(|c: char| c.is_whitespace() || c.is_control());
    let kept = kept.filter(|word| !word.is_empty()).map(|word| {
        if word.contains("://") || word.contains("token=") {
            "(link)"
        } else {
            word
        }
    });
    let line: Vec<&str> = kept.collect();
    line.join(" ").chars().take(MAX_ERROR_LENGTH).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn error_text_is_one_line_without_links() {
        assert_eq!(
            sanitize_error(
                "550\r\n5.7.1  blocked: <https://web.test/auth?token=secret>,\u{7} sorry"
            ),
            "550 5.7.1 blocked: (link) sorry"
        );
        assert_eq!(sanitize_error("auth?token=secret"), "(link)");
        assert_eq!(
            sanitize_error(&"ä".repeat(1000)).chars().count(),
            MAX_ERROR_LENGTH
        );
    }

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
        let most = with_jitter(delay, &Always(255));
        assert!(most > delay && most < Duration::from_secs(125), "{most:?}");
    }
}

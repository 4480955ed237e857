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

use super::compose::Written;
use super::{Content, DeliveryError, EmailMessage, Mailer};
use crate::command::{Outcome, with_retries};
use crate::runtime::App;

/// How many letters one node sends at a time.
const AT_ONCE: usize = 8;
/// How long a claimed letter is this node's.
const LEASE: Duration = Duration::from_secs(5 * 60);
/// How long the mailer may take; well within the lease, so that no other node
/// sends what is just being sent.
const PATIENCE: Duration = Duration::from_secs(2 * 60);
/// How long a stop waits for letters that are being handed over.
const STOPPING: Duration = Duration::from_secs(10);
/// How long after each attempt the next one is made. After the last, none is.
const PAUSES: [Duration; 7] = [
    Duration::from_secs(30),
    Duration::from_secs(2 * 60),
    Duration::from_secs(10 * 60),
    Duration::from_secs(60 * 60),
    Duration::from_secs(6 * 60 * 60),
    Duration::from_secs(12 * 60 * 60),
    Duration::from_secs(24 * 60 * 60),
];
/// The window in which letters to one address are counted.
const HOUR: Duration = Duration::from_secs(60 * 60);
/// How much of what a mail server said is kept.
const WORDS: usize = 300;

/// Whoever sends letters here, and how to wake them.
#[derive(Default)]
pub(crate) struct Post {
    wake: Notify,
    stop: Notify,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl Post {
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
    pub fn send_letters(&self, mailer: Arc<dyn Mailer>) {
        let mut task = self
            .post()
            .task
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        if task.is_none() {
            *task = Some(tokio::spawn(run(self.clone(), mailer)));
        }
    }

    /// Claims what is due, as far as there is room.
    async fn claim_email_jobs(&self, room: usize) -> Outcome<Vec<ClaimedEmailJob>> {
        let due = |next: Timestamp| next <= self.now();
        // A look first: most of the time there is nothing, and nothing to write.
        if room == 0 || !self.store().next_email_job().await?.is_some_and(due) {
            return Ok(Vec::new());
        }
        let now = self.now();
        let most = i64::try_from(room).unwrap_or(i64::MAX);
        let mut tx = self.store().begin();
        let claimed = tx.claim_email_jobs(now, now + LEASE, most).await?;
        tx.commit().await?;
        Ok(claimed)
    }
}

async fn run(app: App, mailer: Arc<dyn Mailer>) {
    let post = app.post();
    let mut sending = JoinSet::new();
    loop {
        let room = AT_ONCE - sending.len();
        match app.claim_email_jobs(room).await {
            Ok(claimed) => {
                for letter in claimed {
                    sending.spawn(deliver(app.clone(), mailer.clone(), letter));
                }
            }
            Err(error) => tracing::warn!(%error, "letters could not be fetched"),
        }
        let poll = app.settings().letter_poll;
        tokio::select! {
            biased;
            () = post.stop.notified() => break,
            Some(_) = sending.join_next() => while sending.try_join_next().is_some() {},
            () = post.wake.notified() => {}
            () = tokio::time::sleep(poll) => {}
        }
    }
    let rest = async { while sending.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(STOPPING, rest).await;
    // Whatever is cut off here is sent by somebody else when its lease is over.
}

async fn deliver(app: App, mailer: Arc<dyn Mailer>, claimed: ClaimedEmailJob) {
    if let Err(error) = app.deliver(&*mailer, &claimed).await {
        tracing::warn!(%error, letter = %claimed.id, "a letter could not be dealt with");
    }
}

impl App {
    async fn deliver(&self, mailer: &dyn Mailer, claimed: &ClaimedEmailJob) -> Outcome<()> {
        let letter = match self.write_letter(claimed).await? {
            Written::EmailMessage(letter) => letter,
            Written::Moot(why) => return self.finish(claimed, Some(format!("moot: {why}"))).await,
            Written::FannedOut => {
                self.post().wake();
                return Ok(());
            }
            Written::Unreadable(why) => {
                return self
                    .put_off_or_give_up(claimed, DeliveryError::Transient(why))
                    .await;
            }
        };
        let pace = self.pace_of(&letter);
        if let Some(subject) = &pace
            && let Some(until) = self.count_paced(subject).await?
        {
            return self.put_off_for_pace(claimed, until).await;
        }
        let sent = tokio::time::timeout(PATIENCE, mailer.send(letter)).await;
        let took_too_long =
            |_| DeliveryError::Transient("the mail server took too long".to_owned());
        match sent.map_err(took_too_long).flatten() {
            Ok(()) => self.finish(claimed, None).await,
            Err(why) => {
                if let Some(subject) = pace {
                    let mut tx = self.store().begin();
                    tx.decrement_attempts(subject);
                    tx.commit().await?;
                }
                self.put_off_or_give_up(claimed, why).await
            }
        }
    }

    /// Notes that nothing is left to do.
    async fn finish(&self, claimed: &ClaimedEmailJob, reason: Option<String>) -> Outcome<()> {
        let ours = with_retries(&|| async {
            let mut tx = self.store().begin();
            let ours = tx
                .finish_email_job(claimed, self.now(), reason.clone())
                .await?;
            tx.commit().await?;
            Ok(ours)
        })
        .await?;
        if !ours {
            tracing::warn!(letter = %claimed.id, "a letter took longer than its lease");
        }
        Ok(())
    }

    async fn put_off_or_give_up(
        &self,
        claimed: &ClaimedEmailJob,
        why: DeliveryError,
    ) -> Outcome<()> {
        let words = for_the_record(&why.to_string());
        let tries = usize::try_from(claimed.attempts).unwrap_or(usize::MAX);
        let pause = match why {
            DeliveryError::Permanent(_) => None,
            DeliveryError::Transient(_) => PAUSES.get(tries.saturating_sub(1)),
        };
        let now = self.now();
        match pause {
            Some(_) => {
                tracing::info!(letter = %claimed.id, tries, why = words, "a letter is put off");
            }
            None => {
                tracing::warn!(letter = %claimed.id, tries, why = words, "a letter is given up");
            }
        }
        with_retries(&|| async {
            let mut tx = self.store().begin();
            match pause {
                Some(pause) => {
                    let at = now + spread(*pause, self.chance());
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
    fn pace_of(&self, letter: &EmailMessage) -> Option<String> {
        let paced = match letter.content {
            Content::Invitation { .. } | Content::MemberJoined { .. } => true,
            Content::PasswordReset { .. } | Content::Test { .. } => false,
        };
        (paced && self.settings().letters_per_recipient > 0).then(|| format!("mail {}", letter.to))
    }

    /// Counts a letter to one address; says when the next may go if this one
    /// is too many.
    async fn count_paced(&self, subject: &str) -> Outcome<Option<Timestamp>> {
        let most = i64::from(self.settings().letters_per_recipient);
        with_retries(&|| async {
            let now = self.now();
            let mut tx = self.store().begin();
            let (count, until) = tx
                .count_attempts(subject.to_owned(), 1, now, now + HOUR)
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

    async fn put_off_for_pace(&self, claimed: &ClaimedEmailJob, until: Timestamp) -> Outcome<()> {
        let words = "put off: many letters to this address within an hour".to_owned();
        let at = until + spread(Duration::from_secs(4), self.chance());
        with_retries(&|| async {
            let mut tx = self.store().begin();
            tx.postpone_email_job(claimed, at, words.clone(), false);
            Ok(tx.commit().await?)
        })
        .await
    }
}

/// Up to a quarter longer, different each time: what failed together need not
/// come again together.
fn spread(pause: Duration, chance: &dyn RandomSource) -> Duration {
    let mut byte = [0];
    chance.fill(&mut byte);
    pause + pause / 4 * u32::from(byte[0]) / 256
}

/// What a mail server said, fit to be kept: one line, not too long, and without
/// the links that some of them quote, which may open something.
fn for_the_record(said: &str) -> String {
    let kept = said.split(|c: char| c.is_whitespace() || c.is_control());
    let kept = kept.filter(|word| !word.is_empty()).map(|word| {
        if word.contains("://") || word.contains("token=") {
            "(link)"
        } else {
            word
        }
    });
    let line: Vec<&str> = kept.collect();
    line.join(" ").chars().take(WORDS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_kept_of_an_error_is_a_line_without_links() {
        assert_eq!(
            for_the_record(
                "550\r\n5.7.1  blocked: <https://web.test/auth?token=secret>,\u{7} sorry"
            ),
            "550 5.7.1 blocked: (link) sorry"
        );
        assert_eq!(for_the_record("auth?token=secret"), "(link)");
        assert_eq!(for_the_record(&"ä".repeat(1000)).chars().count(), WORDS);
    }

    #[test]
    fn pauses_grow_and_are_spread() {
        struct Always(u8);
        impl RandomSource for Always {
            fn fill(&self, bytes: &mut [u8]) {
                bytes.fill(self.0);
            }
        }
        assert!(PAUSES.is_sorted());
        let pause = Duration::from_secs(100);
        assert_eq!(spread(pause, &Always(0)), pause);
        let most = spread(pause, &Always(255));
        assert!(most > pause && most < Duration::from_secs(125), "{most:?}");
    }
}

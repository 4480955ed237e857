//! Password hashing: Argon2id on threads of its own, so that a storm of
//! sign-ins never starves other requests.
//!
//! A hash takes some 20 ms and 19 MiB, a hundred times the rest of a request.
//! The threads run at a lower priority than those that answer; the queue before
//! them is bounded, and when it is full a request is refused at once rather
//! than kept for a minute.
//!
//! Here are the threads; what they compute is in `argon`, and in `formats` for
//! hashes that other servers made.

mod argon;
pub(crate) mod formats;

use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use argon2::Block;
use freehold_domain::{RandomSource, Refusal};
use tokio::sync::oneshot;

use crate::command::{Fault, Outcome};

/// How many may wait. At 25 ms and two threads the last one waits three seconds.
const QUEUE_LENGTH: usize = 256;
/// Threads give their memory back after so long without work.
const IDLE_MEMORY_TIMEOUT: Duration = Duration::from_secs(2);
/// How far behind everything else the threads stand, in steps of `nice`.
const NICENESS: i32 = 10;

type Job = Box<dyn FnOnce(&mut Vec<Block>) + Send>;

/// The threads.
pub(crate) struct Hasher {
    // Dropped before the threads, which end when there is nobody to ask them.
    jobs: mpsc::SyncSender<Job>,
    _threads: Vec<JoinOnDrop>,
    random: Arc<dyn RandomSource>,
}

/// A thread that is waited for when it is let go: none may outlive the process's
/// `main`.
struct JoinOnDrop(Option<JoinHandle<()>>);

impl Drop for JoinOnDrop {
    fn drop(&mut self) {
        if self.0.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("a hashing thread panicked");
        }
    }
}

/// What a password was found to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PasswordMatch {
    /// Another one.
    No,
    /// The right one.
    Current,
    /// The right one, kept in another form or at another cost than today's.
    Outdated,
}

impl Hasher {
    pub(crate) fn start(threads: usize, random: Arc<dyn RandomSource>) -> Self {
        let (jobs, queue) = mpsc::sync_channel::<Job>(QUEUE_LENGTH);
        let queue = Arc::new(Mutex::new(queue));
        let start = |number: usize| {
            let queue = queue.clone();
            let spawned = std::thread::Builder::new()
                .name(format!("hash-{number}"))
                .spawn(move || {
                    // On Linux this is a property of the thread. Elsewhere, or
                    // if it is not permitted, hashing is only less polite.
                    let _ = rustix::process::nice(NICENESS);
                    run_worker(&queue);
                });
            match spawned {
                Ok(thread) => Some(JoinOnDrop(Some(thread))),
                Err(error) => {
                    tracing::error!(%error, "a hashing thread could not be started");
                    None
                }
            }
        };
        Self {
            jobs,
            _threads: (0..threads.max(1)).filter_map(start).collect(),
            random,
        }
    }

    /// Runs `job` on one of the threads.
    async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Vec<Block>) -> T + Send + 'static,
    ) -> Outcome<T> {
        let (result_sender, result_receiver) = oneshot::channel();
        let job: Job = Box::new(move |memory| {
            // Whoever asked may be gone; then nobody needs the answer.
            if !result_sender.is_closed() {
                let _ = result_sender.send(job(memory));
            }
        });
        self.jobs.try_send(job).map_err(|_| Refusal::Busy)?;
        let thread_ended = |_| Fault::Internal("a hashing thread ended".to_owned());
        Ok(result_receiver.await.map_err(thread_ended)?)
    }

    /// The PHC string to keep for a new password.
    pub(crate) async fn hash(&self, password: String) -> Outcome<String> {
        let mut salt = [0; 16];
        self.random.fill(&mut salt);
        self.run(move |memory| argon::hash(&password, &salt, memory))
            .await?
    }

    /// Compares a password with what is kept. Without anything kept it does
    /// the same work, and says no.
    pub(crate) async fn verify(
        &self,
        password: String,
        stored: Option<String>,
    ) -> Outcome<PasswordMatch> {
        self.run(move |memory| match stored {
            Some(stored) => {
                let stored =
                    formats::StoredHash::parse(&stored).map_err(|error| internal(&error))?;
                stored.verify(&password, memory)
            }
            None => argon::hash(&password, &[0; 16], memory).map(|_| PasswordMatch::No),
        })
        .await?
    }
}

fn run_worker(queue: &Mutex<mpsc::Receiver<Job>>) {
    let mut memory = Vec::new();
    loop {
        let next = queue
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .recv_timeout(IDLE_MEMORY_TIMEOUT);
        match next {
            Ok(job) => job(&mut memory),
            Err(mpsc::RecvTimeoutError::Timeout) => memory = Vec::new(),
            Err(mpsc::RecvTimeoutError::Disconnected) => return,
        }
    }
}

fn internal(error: &impl std::fmt::Display) -> Fault {
    Fault::Internal(format!("password hashing: {error}"))
}

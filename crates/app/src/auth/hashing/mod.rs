//! Password hashing: Argon2id on threads of its own, so that many sign-ins at
//! once do not delay other requests.
//!
//! A hash takes about 20 ms and 19 MiB, a hundred times the rest of a request.
//! The threads have a lower priority than those that serve requests. Their queue
//! is bounded; if it is full, a request is refused at once.
//!
//! The algorithm is in `argon`; hashes that other servers created are in
//! `formats`.

mod argon;
pub(crate) mod formats;

use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use argon2::Block;
use freehold_domain::{RandomSource, Refusal};
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::oneshot;

use crate::command::{Fault, Outcome};

/// The length of the queue. At 25 ms a hash and two threads, the last job waits
/// three seconds.
const QUEUE_LENGTH: usize = 256;
/// How long an idle thread keeps its memory.
const IDLE_MEMORY_TIMEOUT: Duration = Duration::from_secs(2);
/// The `nice` value of the threads.
const NICENESS: i32 = 10;

type Job = Box<dyn FnOnce(&mut Vec<Block>) + Send>;

/// The hashing threads and their queue.
pub(crate) struct Hasher {
    // Dropped before the threads, which end when the channel is closed.
    jobs: mpsc::SyncSender<Job>,
    _threads: Vec<JoinOnDrop>,
    random: Arc<dyn RandomSource>,
}

/// A thread that is joined when it is dropped, so that it does not outlive
/// `main`.
struct JoinOnDrop(Option<JoinHandle<()>>);

impl Drop for JoinOnDrop {
    fn drop(&mut self) {
        if self.0.take().is_some_and(|thread| thread.join().is_err()) {
            tracing::error!("a hashing thread panicked");
        }
    }
}

/// The result of the comparison of a password with a stored hash.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum PasswordMatch {
    /// The password is wrong.
    Mismatch,
    /// The password is right.
    Current,
    /// The password is right, but its hash has another format or cost than new
    /// hashes.
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
                    // if it is not permitted, the priority stays the same.
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

    /// Runs `job` on one of the threads, or refuses if the queue is full.
    async fn run<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Vec<Block>) -> T + Send + 'static,
    ) -> Outcome<T> {
        let (result_sender, result_receiver) = oneshot::channel();
        let job: Job = Box::new(move |memory| {
            // Skipped if the request was cancelled.
            if !result_sender.is_closed() {
                let _ = result_sender.send(job(memory));
            }
        });
        self.jobs.try_send(job).map_err(|_| Refusal::Busy)?;
        let thread_ended = |_| Fault::Internal("a hashing thread ended".to_owned());
        Ok(result_receiver.await.map_err(thread_ended)?)
    }

    /// Returns the PHC string to store for a new password.
    pub(crate) async fn hash(&self, password: &SecretString) -> Outcome<String> {
        let mut salt = [0; 16];
        self.random.fill(&mut salt);
        let password = password.clone();
        self.run(move |memory| argon::hash(password.expose_secret(), &salt, memory))
            .await?
    }

    /// Compares a password with a stored hash. Without a hash it does the same
    /// work and returns [`PasswordMatch::Mismatch`].
    pub(crate) async fn verify(
        &self,
        password: &SecretString,
        stored: Option<String>,
    ) -> Outcome<PasswordMatch> {
        let password = password.clone();
        self.run(move |memory| match stored {
            Some(stored) => {
                let stored =
                    formats::StoredHash::parse(&stored).map_err(|error| internal(&error))?;
                stored.verify(password.expose_secret(), memory)
            }
            None => argon::hash(password.expose_secret(), &[0; 16], memory)
                .map(|_| PasswordMatch::Mismatch),
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

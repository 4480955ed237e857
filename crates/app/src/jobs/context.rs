//! What a run of a job works with.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use freehold_domain::{Clock, RandomSource, Timestamp};
use freehold_store::Store;
use tokio::sync::{Notify, watch};

/// What a run of a job works with: the database, the clock, the random source,
/// and the signal to stop. Cheap to clone.
#[derive(Clone)]
pub struct JobContext {
    pub(super) store: Store,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) random: Arc<dyn RandomSource>,
    pub(super) stop: watch::Receiver<bool>,
}

impl fmt::Debug for JobContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("JobContext")
            .field("store", &self.store)
            .field("stopping", &self.is_stopping())
            .finish_non_exhaustive()
    }
}

impl JobContext {
    /// Returns the database.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// Returns the current time.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Returns the source of ids and of all other random bytes.
    #[must_use]
    pub fn random(&self) -> &dyn RandomSource {
        &*self.random
    }

    /// Whether the server is stopping. A run that was interrupted by it returns
    /// `Ok`, and does not count as finished if one node at a time runs the job.
    #[must_use]
    pub fn is_stopping(&self) -> bool {
        *self.stop.borrow()
    }

    /// Waits until the server is stopping.
    pub async fn stopping(&self) {
        let mut stop = self.stop.clone();
        // An error means that the sender is gone, which is also the end.
        let _ = stop.wait_for(|stopping| *stopping).await;
    }

    /// Waits for this time. Returns `false` as soon as the server is stopping.
    pub async fn pause(&self, time: Duration) -> bool {
        tokio::select! {
            biased;
            () = self.stopping() => false,
            () = tokio::time::sleep(time) => true,
        }
    }

    /// As [`JobContext::pause`], and at most until `wake` is notified.
    pub(super) async fn pause_until_woken(&self, time: Duration, wake: Option<&Notify>) -> bool {
        let Some(wake) = wake else {
            return self.pause(time).await;
        };
        tokio::select! {
            biased;
            () = wake.notified() => !self.is_stopping(),
            not_stopping = self.pause(time) => not_stopping,
        }
    }
}

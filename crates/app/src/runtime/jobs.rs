//! Background jobs: writing when keys were last used, and deleting expired rows.
//! A crash loses at most a minute of "last used".

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use freehold_domain::{ApiKey, Clock, Id, OperatorKey, Timestamp};
use freehold_store::{Store, StoreError};
use tokio::sync::Notify;
use tokio::task::JoinHandle;

/// The resolution of "last used": a finer one would cost a write for every read.
const LAST_USED_RESOLUTION: Duration = Duration::from_secs(60);
/// How often the uses of keys are written to the database.
const FLUSH_INTERVAL: Duration = Duration::from_secs(5);
/// After how many flushes expired rows are deleted.
const FLUSHES_PER_PURGE: u32 = 60;
/// How long undelivered events stay in the outbox.
const OUTBOX_RETENTION: Duration = Duration::from_secs(30 * 24 * 60 * 60);
/// How long sent email jobs are kept.
const SENT_EMAIL_RETENTION: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// An API key or operator key that was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum UsedKey {
    /// An API key of a user.
    User(Id<ApiKey>),
    /// The key of an operator.
    Operator(Id<OperatorKey>),
}

type KeyUses = Mutex<HashMap<UsedKey, Timestamp>>;

pub(crate) struct BackgroundJobs {
    key_uses: Arc<KeyUses>,
    stop: Arc<Notify>,
    task: Mutex<Option<JoinHandle<()>>>,
}

impl BackgroundJobs {
    pub(crate) fn start(store: Store, clock: Arc<dyn Clock>) -> Self {
        let key_uses = Arc::new(Mutex::new(HashMap::new()));
        let stop = Arc::new(Notify::new());
        let task = tokio::spawn(run(store, clock, key_uses.clone(), stop.clone()));
        Self {
            key_uses,
            stop,
            task: Mutex::new(Some(task)),
        }
    }

    /// Records that a key was used, unless it was recorded within the last minute.
    pub(crate) fn record_use(&self, key: UsedKey, last: Option<Timestamp>, now: Timestamp) {
        if last.is_some_and(|last| now.since(last) < LAST_USED_RESOLUTION) {
            return;
        }
        self.key_uses
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key, now);
    }

    pub(crate) async fn stop(&self) {
        self.stop.notify_one();
        let task = self
            .task
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take();
        if let Some(task) = task {
            let _ = task.await;
        }
    }
}

async fn run(store: Store, clock: Arc<dyn Clock>, key_uses: Arc<KeyUses>, stop: Arc<Notify>) {
    let mut flush_count = 0_u32;
    loop {
        let stopping = tokio::select! {
            () = tokio::time::sleep(FLUSH_INTERVAL) => false,
            () = stop.notified() => true,
        };
        if let Err(error) = flush_key_uses(&store, &key_uses).await {
            tracing::warn!(%error, "the last use of keys could not be written");
        }
        if flush_count % FLUSHES_PER_PURGE == FLUSHES_PER_PURGE - 1
            && let Err(error) = purge(&store, clock.now()).await
        {
            tracing::warn!(%error, "expired rows could not be deleted");
        }
        flush_count = flush_count.wrapping_add(1);
        if stopping {
            return;
        }
    }
}

async fn flush_key_uses(store: &Store, key_uses: &KeyUses) -> Result<(), StoreError> {
    let key_uses = std::mem::take(&mut *key_uses.lock().unwrap_or_else(PoisonError::into_inner));
    if key_uses.is_empty() {
        return Ok(());
    }
    // In one order, so that two nodes do not deadlock.
    let mut key_uses: Vec<_> = key_uses.into_iter().collect();
    key_uses.sort_unstable();
    let mut tx = store.begin();
    for (key, at) in key_uses {
        match key {
            UsedKey::User(key) => tx.record_api_key_use(key, at),
            UsedKey::Operator(key) => tx.record_operator_key_use(key, at),
        }
    }
    tx.commit().await
}

async fn purge(store: &Store, now: Timestamp) -> Result<(), StoreError> {
    let mut tx = store.begin();
    tx.purge_expired_auth_rows(now);
    tx.purge_idempotency_records(now);
    tx.purge_undelivered_events(now - OUTBOX_RETENTION);
    tx.purge_email_jobs(now - SENT_EMAIL_RETENTION);
    tx.commit().await
}

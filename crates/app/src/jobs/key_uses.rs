//! When keys were last used: noted in memory, and written to the database every
//! few seconds and at the stop. A crash loses at most these seconds.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use freehold_domain::{ApiKey, Id, OperatorKey, Timestamp};
use freehold_store::{Store, StoreError};

/// The resolution of "last used": a finer one would cost a write for every read.
const LAST_USED_RESOLUTION: Duration = Duration::from_secs(60);

/// An API key or operator key that was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum UsedKey {
    /// An API key of a user.
    User(Id<ApiKey>),
    /// The key of an operator.
    Operator(Id<OperatorKey>),
}

/// The uses of keys on this node that are not in the database yet.
#[derive(Default)]
pub(crate) struct KeyUses(Mutex<HashMap<UsedKey, Timestamp>>);

impl KeyUses {
    /// Records that a key was used, unless it was recorded within the last minute.
    pub(crate) fn record(&self, key: UsedKey, last: Option<Timestamp>, now: Timestamp) {
        if last.is_some_and(|last| now.since(last) < LAST_USED_RESOLUTION) {
            return;
        }
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert(key, now);
    }

    /// Writes the uses to the database.
    pub(crate) async fn flush(&self, store: &Store) -> Result<(), StoreError> {
        let uses = std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner));
        if uses.is_empty() {
            return Ok(());
        }
        // In one order, so that two nodes do not deadlock.
        let mut uses: Vec<_> = uses.into_iter().collect();
        uses.sort_unstable();
        let mut tx = store.begin();
        for (key, at) in uses {
            match key {
                UsedKey::User(key) => tx.record_api_key_use(key, at),
                UsedKey::Operator(key) => tx.record_operator_key_use(key, at),
            }
        }
        tx.commit().await
    }
}

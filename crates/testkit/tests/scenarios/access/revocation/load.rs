//! Many connections that repeat a request while access is revoked.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use freehold_testkit::Client;
use serde_json::json;

const CONNECTIONS: usize = 32;
/// How many requests each connection starts after the revocation's response.
const REQUESTS_AFTER_REVOCATION: usize = 3;

/// A client with its credential, a method and a path.
pub(super) type ProbeRequest = (Client, &'static str, String);

/// How many requests succeeded that started before and after the revocation's
/// response.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) before: usize,
    pub(super) after: usize,
}

/// Repeats a request on one connection. For `cache_for` after a success, the
/// request is not sent and counts as a success, as with a faulty cache.
async fn repeat_request(
    (client, method, path): ProbeRequest,
    cache_for: Duration,
    succeeded_once: Arc<AtomicUsize>,
    revoked: Arc<AtomicBool>,
) -> Tally {
    let client = client.with_own_connections();
    let (mut tally, mut requests_after, mut last_success) = (Tally::default(), 0, None::<Instant>);
    while requests_after < REQUESTS_AFTER_REVOCATION {
        let is_after = revoked.load(Ordering::SeqCst);
        let succeeded = if last_success.is_some_and(|at| at.elapsed() < cache_for) {
            tokio::time::sleep(Duration::from_millis(1)).await;
            true
        } else {
            let response = client.request(method, &path).json(&json!({})).await;
            assert!(response.status() < 500, "{response}");
            let succeeded = response.status() < 300;
            last_success = succeeded.then(Instant::now);
            succeeded
        };
        if is_after {
            requests_after += 1;
            tally.after += usize::from(succeeded);
        } else {
            if succeeded && tally.before == 0 {
                succeeded_once.fetch_add(1, Ordering::SeqCst);
            }
            tally.before += usize::from(succeeded);
        }
    }
    tally
}

/// Awaits `revocation` while all connections repeat these requests.
pub(super) async fn run_under_load(
    requests: &[ProbeRequest],
    cache_for: Duration,
    revocation: impl Future<Output = ()>,
) -> Tally {
    let (succeeded_once, revoked) = (
        Arc::new(AtomicUsize::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    let connections: Vec<_> = requests
        .iter()
        .cycle()
        .take(CONNECTIONS)
        .map(|request| {
            repeat_request(
                request.clone(),
                cache_for,
                succeeded_once.clone(),
                revoked.clone(),
            )
        })
        .map(tokio::spawn)
        .collect();
    let started = Instant::now();
    while succeeded_once.load(Ordering::SeqCst) < CONNECTIONS {
        assert!(
            started.elapsed() < Duration::from_secs(120),
            "not every connection has succeeded once: {requests:?}"
        );
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    revocation.await;
    revoked.store(true, Ordering::SeqCst);
    let mut all = Tally::default();
    for connection in connections {
        let one = connection.await.unwrap();
        all.before += one.before;
        all.after += one.after;
    }
    all
}

/// As [`run_under_load`], without a cache; panics if a request succeeds
/// afterwards.
pub(super) async fn expect_refused_after(
    requests: &[ProbeRequest],
    revocation: impl Future<Output = ()>,
) {
    let tally = run_under_load(requests, Duration::ZERO, revocation).await;
    assert!(tally.before >= CONNECTIONS, "{tally:?}");
    assert_eq!(
        tally.after,
        0,
        "{tally:?}, of {}",
        CONNECTIONS * REQUESTS_AFTER_REVOCATION
    );
}

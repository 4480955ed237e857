//! Many connections that ask again and again while something is taken away.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use freehold_testkit::Client;
use serde_json::json;

const CONNECTIONS: usize = 32;
/// How many requests each connection starts after the answer.
const LATE: usize = 3;

/// Somebody at a door: with what they have, method and path.
pub(super) type Door = (Client, &'static str, String);

/// How many requests succeeded that started before the answer, and after it.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) before: usize,
    pub(super) after: usize,
}

/// One connection that asks again and again. `remembers` is for how long an
/// answer that let it in is taken for the next one too: a cache that nobody
/// should have.
async fn goes_on_asking(
    (client, method, path): Door,
    remembers: Duration,
    inside: Arc<AtomicUsize>,
    taken: Arc<AtomicBool>,
) -> Tally {
    let client = client.apart();
    let (mut tally, mut late, mut let_in) = (Tally::default(), 0, None::<Instant>);
    while late < LATE {
        let is_late = taken.load(Ordering::SeqCst);
        let succeeded = if let_in.is_some_and(|at| at.elapsed() < remembers) {
            tokio::time::sleep(Duration::from_millis(1)).await;
            true
        } else {
            let answer = client.ask(method, &path).json(&json!({})).await;
            assert!(answer.status() < 500, "{answer}");
            let succeeded = answer.status() < 300;
            let_in = succeeded.then(Instant::now);
            succeeded
        };
        if is_late {
            late += 1;
            tally.after += usize::from(succeeded);
        } else {
            if succeeded && tally.before == 0 {
                inside.fetch_add(1, Ordering::SeqCst);
            }
            tally.before += usize::from(succeeded);
        }
    }
    tally
}

/// Takes something away while all connections are busy at these doors.
pub(super) async fn while_busy(
    doors: &[Door],
    remembers: Duration,
    takes_away: impl Future<Output = ()>,
) -> Tally {
    let (inside, taken) = (
        Arc::new(AtomicUsize::new(0)),
        Arc::new(AtomicBool::new(false)),
    );
    let busy: Vec<_> = doors
        .iter()
        .cycle()
        .take(CONNECTIONS)
        .map(|door| goes_on_asking(door.clone(), remembers, inside.clone(), taken.clone()))
        .map(tokio::spawn)
        .collect();
    let patience = Instant::now();
    while inside.load(Ordering::SeqCst) < CONNECTIONS {
        assert!(
            patience.elapsed() < Duration::from_secs(120),
            "not all get in: {doors:?}"
        );
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    takes_away.await;
    taken.store(true, Ordering::SeqCst);
    let mut all = Tally::default();
    for connection in busy {
        let one = connection.await.unwrap();
        all.before += one.before;
        all.after += one.after;
    }
    all
}

/// The same, without a cache: nobody gets in afterwards.
pub(super) async fn nobody_gets_in_after(doors: &[Door], takes_away: impl Future<Output = ()>) {
    let tally = while_busy(doors, Duration::ZERO, takes_away).await;
    assert!(tally.before >= CONNECTIONS, "{tally:?}");
    assert_eq!(tally.after, 0, "{tally:?}, of {}", CONNECTIONS * LATE);
}

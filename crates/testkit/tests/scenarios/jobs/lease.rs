//! A job of one node at a time runs once per interval on all nodes together, and
//! again if the node that runs it is gone.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use freehold_app::Extensions;
use freehold_domain::{Clock, RandomSource};
use freehold_server::system::SystemRandomSource;
use freehold_testkit::{Engine, TestApp, on_each_engine};

use super::{HOUR, LONG_ENOUGH, SHORT, Sample, status, wait_until};

const REPORT: &str = "sample_report";
/// The lease of a job that nodes run one at a time.
const LEASE: Duration = Duration::from_secs(2 * 60);

async fn start(engine: Engine, sample: &Sample, poll: Duration) -> TestApp {
    let extensions = Extensions::none().with(sample.clone());
    TestApp::start(
        engine,
        |settings| settings.job_poll_interval = poll,
        extensions,
    )
    .await
}

async fn runs_once_per_interval(engine: Engine) {
    let sample = Sample::default();
    let app = start(engine, &sample, SHORT).await;
    let other = app.start_node().await;
    for round in 1..=3 {
        sample.wait_for_started(round).await;
        tokio::time::sleep(LONG_ENOUGH).await;
        app.clock().advance(HOUR - Duration::from_secs(60));
        tokio::time::sleep(LONG_ENOUGH).await;
        assert_eq!(sample.started(), round, "before the interval has passed");
        app.clock().advance(Duration::from_secs(61));
    }
    sample.wait_for_started(4).await;
    let statuses = async || {
        [
            status(app.app(), REPORT).await,
            status(&other, REPORT).await,
        ]
    };
    wait_until("the last run has ended", async || {
        let [one, two] = statuses().await;
        one.succeeded + two.succeeded == 4
    })
    .await;
    let [one, two] = statuses().await;
    assert_eq!(one.failed + two.failed, 0);
    // Both nodes know the last run, whichever of them it was.
    assert!(one.last_run.is_some());
    assert_eq!(one.last_run, two.last_run);
    assert_eq!(sample.0.most_running.load(Ordering::SeqCst), 1);
    // A job of every node does overlap: the nodes do look at the same time.
    wait_until("both nodes run their own job", async || {
        sample.0.most_ticks_running.load(Ordering::SeqCst) == 2
    })
    .await;
    other.close().await;
    app.finish().await;
}

async fn is_taken_over(engine: Engine) {
    let sample = Sample::default();
    // The server itself does not look within this scenario's first part.
    let mut app = start(engine, &sample, HOUR).await;
    let (dead, third) = {
        let id = || SystemRandomSource.uuid(app.clock().now());
        (id(), id())
    };
    let take = async |runner| {
        let now = app.clock().now();
        let mut tx = app.db().store().begin();
        let taken = tx
            .start_job(REPORT, runner, now + LEASE, now, now - HOUR, now + 4 * HOUR)
            .await
            .unwrap();
        tx.commit().await.unwrap();
        taken
    };
    assert!(take(dead).await, "a job that never ran");
    assert!(!take(third).await, "another node has it");
    assert!(take(dead).await, "its own lease");

    app.restart(|settings| settings.job_poll_interval = SHORT)
        .await;
    tokio::time::sleep(LONG_ENOUGH).await;
    assert_eq!(sample.started(), 0, "the lease has not ended");
    app.clock().advance(LEASE);
    sample.wait_for_started(1).await;
    let finished = async || status(app.app(), REPORT).await.last_run.is_some();
    wait_until("it has run", finished).await;

    // If the first node returns, its lease is no longer valid.
    let now = app.clock().now();
    let mut tx = app.db().store().begin();
    let renewed = tx.move_job_lease(REPORT, dead, now + HOUR).await.unwrap();
    let error = Some("late".to_owned());
    let late = tx.finish_job(REPORT, dead, now, error, now).await.unwrap();
    tx.commit().await.unwrap();
    assert!(!renewed && !late);
    assert_eq!(status(app.app(), REPORT).await.succeeded, 1);
    app.finish().await;
}

async fn is_renewed(engine: Engine) {
    let sample = Sample::default();
    sample.0.waits.store(true, Ordering::SeqCst);
    let app = start(engine, &sample, SHORT).await;
    let other = app.start_node().await;
    sample.wait_for_started(1).await;
    // Much longer than a lease; after each step there is time to renew it.
    for _ in 0..5 {
        app.clock().advance(LEASE - Duration::from_secs(10));
        tokio::time::sleep(LONG_ENOUGH).await;
    }
    assert_eq!(sample.started(), 1);
    // Another process has taken the job, although it should not: the run is aborted.
    app.db()
        .execute(&format!(
            "UPDATE jobs SET runner_id = {}, lease_until = {} WHERE name = '{REPORT}'",
            app.db().sql_uuid(uuid::Uuid::nil()),
            app.db().sql_time(app.clock().now() + HOUR)
        ))
        .await
        .unwrap();
    wait_until("the run is aborted", async || {
        sample.0.running.load(Ordering::SeqCst) == 0
    })
    .await;
    for node in [app.app(), &other] {
        let status = status(node, REPORT).await;
        assert_eq!((status.succeeded, status.failed), (0, 0));
        assert_eq!(status.last_run, None);
    }
    other.close().await;
    app.finish().await;
}

async fn interrupted_run_is_started_again(engine: Engine) {
    let sample = Sample::default();
    sample.0.waits.store(true, Ordering::SeqCst);
    let mut app = start(engine, &sample, SHORT).await;
    sample.wait_for_started(1).await;
    let stopping = Instant::now();
    app.restart(|_| ()).await;
    assert!(stopping.elapsed() < Duration::from_secs(10));
    // At once, without waiting for the lease or the interval.
    sample.wait_for_started(2).await;
    sample.0.proceed.notify_one();
    wait_until("it has run", async || {
        status(app.app(), REPORT).await.succeeded == 1
    })
    .await;
    tokio::time::sleep(LONG_ENOUGH).await;
    assert_eq!(sample.started(), 2);
    app.finish().await;
}

on_each_engine!(
    job_runs_once_per_interval_on_two_nodes,
    runs_once_per_interval
);
on_each_engine!(
    job_of_a_dead_node_is_taken_over_when_its_lease_ends,
    is_taken_over
);
on_each_engine!(lease_of_a_long_job_is_renewed, is_renewed);
on_each_engine!(
    interrupted_job_is_started_again_at_once,
    interrupted_run_is_started_again
);

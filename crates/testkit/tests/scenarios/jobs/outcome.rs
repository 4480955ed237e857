//! What operators see of a background job that fails.

use std::sync::atomic::Ordering;

use freehold_app::{Extensions, doctor::examine};
use freehold_domain::RoleCatalog;
use freehold_testkit::{Engine, TestApp, on_each_engine};

use super::{HOUR, SHORT, Sample, wait_for_run};

const REPORT: &str = "sample_report";

/// Runs the job once more, which must be due after an hour.
async fn run_again(app: &TestApp) {
    app.clock().advance(HOUR + HOUR / 60);
    wait_for_run(app, REPORT).await;
}

/// The value of a metric of the job.
async fn metric(app: &TestApp, name: &str) -> String {
    let text = app.anonymous().get("/metrics").await.text();
    assert!(!text.contains("secret"), "{text}");
    let line = text.lines().find(|line| line.starts_with(name));
    let line = line.unwrap_or_else(|| panic!("{name} in {text}"));
    line.rsplit_once(' ').unwrap().1.to_owned()
}

async fn findings(app: &TestApp) -> Vec<(&'static str, Vec<String>)> {
    let roles = RoleCatalog::built_in();
    let report = examine(app.db().store(), &roles, &freehold_app::Extensions::none())
        .await
        .unwrap();
    let findings = report.findings();
    findings
        .map(|finding| (finding.name, finding.samples.clone()))
        .collect()
}

async fn is_reported(engine: Engine) {
    let sample = Sample::default();
    let extensions = Extensions::none().with(sample.clone());
    let poll = |settings: &mut freehold_app::Settings| settings.job_poll_interval = SHORT;
    let app = TestApp::start(engine, poll, extensions).await;
    wait_for_run(&app, REPORT).await;
    let succeeded = format!("freehold_job_runs_total{{job=\"{REPORT}\",outcome=\"success\"}}");
    let failed = format!("freehold_job_runs_total{{job=\"{REPORT}\",outcome=\"failure\"}}");
    let last_failed = format!("freehold_job_last_run_failed{{job=\"{REPORT}\"}}");
    let last_run = format!("freehold_job_last_run_timestamp_seconds{{job=\"{REPORT}\"}}");
    let seconds = format!("freehold_job_run_seconds_total{{job=\"{REPORT}\"}}");
    assert_eq!(metric(&app, &succeeded).await, "1");
    assert_eq!(metric(&app, &failed).await, "0");
    assert_eq!(metric(&app, &last_failed).await, "0");
    let at: i64 = metric(&app, &last_run).await.parse().unwrap();
    assert!((app.clock().seconds() - at) < 60, "{at}");
    let took: f64 = metric(&app, &seconds).await.parse().unwrap();
    assert!(took > SHORT.as_secs_f64(), "{took}");
    // A job of every node has its own last run, and those of the core are there.
    assert_eq!(
        metric(&app, "freehold_job_last_run_failed{job=\"sample_tick\"}").await,
        "0"
    );
    metric(
        &app,
        "freehold_job_run_seconds_total{job=\"flush_key_uses\"}",
    )
    .await;
    metric(
        &app,
        "freehold_job_run_seconds_total{job=\"purge_sessions\"}",
    )
    .await;
    assert_eq!(findings(&app).await, []);

    sample.0.fails.store(true, Ordering::SeqCst);
    run_again(&app).await;
    assert_eq!(metric(&app, &succeeded).await, "1");
    assert_eq!(metric(&app, &failed).await, "1");
    assert_eq!(metric(&app, &last_failed).await, "1");
    let found = vec!["sample_report: refused by (link)".to_owned()];
    assert_eq!(findings(&app).await, [("job_failed", found)]);

    sample.0.panics.store(true, Ordering::SeqCst);
    run_again(&app).await;
    assert_eq!(metric(&app, &failed).await, "2");
    let found = vec!["sample_report: the job panicked".to_owned()];
    assert_eq!(findings(&app).await, [("job_failed", found)]);

    sample.0.panics.store(false, Ordering::SeqCst);
    sample.0.fails.store(false, Ordering::SeqCst);
    run_again(&app).await;
    assert_eq!(metric(&app, &succeeded).await, "2");
    assert_eq!(metric(&app, &last_failed).await, "0");
    assert_eq!(findings(&app).await, []);
    app.finish().await;
}

on_each_engine!(failure_of_a_job_is_in_metrics_and_doctor, is_reported);

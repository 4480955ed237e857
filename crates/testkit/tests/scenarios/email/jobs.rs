//! Email jobs: transient and permanent rejections, limits per recipient, cancelled and
//! purged jobs.

use std::time::{Duration, Instant};

use freehold_app::{EmailJobState, RequestContext, doctor::examine};
use freehold_domain::{Clock, RandomSource, RoleCatalog};
use freehold_server::system::SystemRandomSource;
use freehold_testkit::{TestApp, scenario_with_mail};
use serde_json::Value;

use crate::jobs::wait_for_run;

use super::{HOUR, insert_invitation, invitation_job, request_password_reset};

/// Queues an email job, as a command does.
pub(super) async fn queue_email_job(app: &TestApp, job: &Value) {
    let now = app.clock().now();
    let (id, at) = (
        app.db().sql_uuid(SystemRandomSource.uuid(now)),
        app.db().sql_time(now),
    );
    let sql = format!(
        "INSERT INTO outbox (id, topic, payload, created_at, available_at)
         VALUES ({id}, 'email', '{job}', {at}, {at})"
    );
    app.db().execute(&sql).await.unwrap();
}

/// The state of each email job with its last error, oldest first.
pub(super) async fn email_job_states(app: &TestApp) -> Vec<String> {
    let sql =
        "SELECT CASE WHEN done_at IS NOT NULL THEN 'sent' WHEN failed_at IS NOT NULL THEN 'dead'
                           ELSE 'waiting' END || coalesce(', ' || last_error, '')
                 FROM outbox WHERE topic = 'email' ORDER BY created_at, id";
    app.db().query_texts(sql).await
}

/// Waits until `count` email jobs are sent or dead.
pub(super) async fn wait_for_finished(app: &TestApp, count: usize) {
    wait_for_states(app, |states| {
        let finished = states.iter().filter(|state| !state.starts_with("waiting"));
        finished.count() == count
    })
    .await;
}

/// Waits until the states of the email jobs are as expected.
pub(super) async fn wait_for_states(app: &TestApp, ready: impl Fn(&[String]) -> bool) {
    let started = Instant::now();
    loop {
        let states = email_job_states(app).await;
        if ready(&states) {
            return;
        }
        assert!(started.elapsed() < Duration::from_secs(20), "{states:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn attempts(app: &TestApp) -> i64 {
    let sql = "SELECT CAST(max(attempts) AS bigint) FROM outbox WHERE topic = 'email'";
    app.db().query_number(sql).await
}

scenario_with_mail!(transient_rejection_is_retried, async |app, mailbox| {
    let ada = app.sign_up("ada").await;
    mailbox.refuse_next(&ada.email, "451 4.3.0 Later", 2).await;
    request_password_reset(app, &ada.email).await;
    let refused = |states: &[String]| states[0].contains("4.3.0 Later");
    wait_for_states(app, refused).await;
    assert_eq!(attempts(app).await, 1);
    // Retried after 30 seconds, then after two minutes, each with some jitter.
    app.clock().advance(Duration::from_secs(29));
    mailbox.expect_none_to(&ada.email).await;
    assert_eq!(attempts(app).await, 1);
    app.db()
        .execute("UPDATE outbox SET last_error = NULL")
        .await
        .unwrap();
    app.clock().advance(Duration::from_secs(10));
    wait_for_states(app, refused).await;
    assert_eq!(attempts(app).await, 2);
    app.clock().advance(Duration::from_secs(151));
    mailbox.next_to(&ada.email).await;
    wait_for_finished(app, 1).await;
    assert_eq!(mailbox.count_to(&ada.email).await, 1);
    assert_eq!(attempts(app).await, 3);
});

scenario_with_mail!(
    permanent_rejection_is_dead_until_an_operator_retries,
    async |app, mailbox| {
        let ada = app.sign_up("ada").await;
        let reply = "550 5.7.1 No: http://localhost/auth?token=secret";
        mailbox.refuse_next(&ada.email, reply, 1).await;
        request_password_reset(app, &ada.email).await;
        wait_for_finished(app, 1).await;
        let [state] = &email_job_states(app).await[..] else {
            panic!("not exactly one email job")
        };
        assert!(
            state.starts_with("dead, ") && state.contains("5.7.1 No:"),
            "{state}"
        );
        assert!(!state.contains("secret"), "{state}");

        // Operators see it in the list, in the metrics and in `doctor`.
        let dead = app.app().email_jobs(true, 10).await.unwrap();
        assert_eq!(dead.len(), 1);
        assert_eq!(dead[0].kind, "password_reset");
        assert!(matches!(dead[0].state, EmailJobState::Dead(_)));
        let metrics = app.anonymous().get("/metrics").await.text();
        assert!(
            metrics.contains("freehold_email_jobs{state=\"dead\"} 1"),
            "{metrics}"
        );
        assert!(
            metrics.contains("freehold_email_jobs{state=\"queued\"} 0"),
            "{metrics}"
        );
        let roles = RoleCatalog::built_in();
        let report = examine(app.db().store(), &roles, &freehold_app::Extensions::none())
            .await
            .unwrap();
        let findings: Vec<_> = report.findings().map(|finding| finding.name).collect();
        assert_eq!(findings, ["email_job_dead"]);

        let context = RequestContext::default();
        let unknown = app
            .app()
            .retry_email_jobs("a scenario", &context, Some(uuid::Uuid::nil()));
        assert_eq!(unknown.await.unwrap().answer, 0);
        let retried = app
            .app()
            .retry_email_jobs("a scenario", &context, Some(dead[0].id));
        assert_eq!(retried.await.unwrap().answer, 1);
        mailbox.next_to(&ada.email).await;
        wait_for_states(app, |states| states == ["sent"]).await;
        let recorded = "SELECT count(*) FROM audit_events WHERE action = 'email_jobs.retried'";
        assert_eq!(app.db().query_number(recorded).await, 1);
    }
);

scenario_with_mail!(
    email_job_is_dead_after_eight_attempts,
    async |app, mailbox| {
        let ada = app.sign_up("ada").await;
        let home = ada.only_organization_id().await;
        let id = insert_invitation(app, &ada, &home, "bob@acme.test").await;
        app.db()
            .execute("UPDATE project_invitations SET expiration_date = NULL")
            .await
            .unwrap();
        mailbox
            .refuse_next("bob@acme.test", "421 4.7.0 Busy", 100)
            .await;
        queue_email_job(app, &invitation_job(&id, 1)).await;
        for attempt in 1..=8 {
            let refused = |states: &[String]| states[0].contains("4.7.0 Busy");
            wait_for_states(app, refused).await;
            assert_eq!(attempts(app).await, attempt);
            if attempt < 8 {
                assert!(email_job_states(app).await[0].starts_with("waiting, "));
                app.db()
                    .execute("UPDATE outbox SET last_error = NULL")
                    .await
                    .unwrap();
                app.clock().advance(31 * HOUR);
            }
        }
        assert!(email_job_states(app).await[0].starts_with("dead, "));
        app.clock().advance(31 * HOUR);
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(attempts(app).await, 8);
        // Emails that were not delivered do not count for the recipient's limit.
        let counted = "SELECT coalesce(sum(count), 0) FROM attempts WHERE subject LIKE 'mail %'";
        assert_eq!(app.db().query_number(counted).await, 0);
        app.db()
            .execute("DELETE FROM outbox WHERE topic = 'email'")
            .await
            .unwrap();
    }
);

scenario_with_mail!(
    emails_per_recipient_and_hour_are_limited,
    |settings| settings.mail_limit_recipient = 3,
    async |app, mailbox| {
        let ada = app.sign_up("ada").await;
        let bob = app.sign_up("bob").await;
        let mut jobs = Vec::new();
        // From several organizations, as an attacker would.
        for n in 0..7 {
            let other = ada.create_organization(&format!("Number {n}")).await;
            let id = insert_invitation(app, &ada, &other, &bob.email).await;
            jobs.push(invitation_job(&id, 1));
        }
        for job in &jobs {
            queue_email_job(app, job).await;
        }
        let four_postponed = |states: &[String]| {
            let postponed = states
                .iter()
                .filter(|state| state.starts_with("waiting, postponed"));
            postponed.count() == 4
        };
        wait_for_states(app, four_postponed).await;
        wait_for_finished(app, 3).await;
        assert_eq!(mailbox.count_to(&bob.email).await, 3);
        // Emails that Bob requested himself are not delayed, nor are other recipients'.
        request_password_reset(app, &bob.email).await;
        request_password_reset(app, &ada.email).await;
        mailbox.next_to(&ada.email).await;
        wait_for_finished(app, 5).await;
        assert_eq!(mailbox.count_to(&bob.email).await, 4);
        // All are delivered later, and the postponement counts as no attempt.
        for (hours, arrived) in [(1, 7), (2, 8)] {
            app.clock().advance(HOUR + Duration::from_secs(10));
            wait_for_finished(app, arrived + 1).await;
            assert_eq!(
                mailbox.count_to(&bob.email).await,
                arrived,
                "after {hours} h"
            );
        }
        assert_eq!(attempts(app).await, 1);
    }
);

scenario_with_mail!(overdue_reset_email_is_cancelled, async |app, mailbox| {
    let ada = app.sign_up("ada").await;
    mailbox.refuse_next(&ada.email, "451 4.3.0 Later", 1).await;
    request_password_reset(app, &ada.email).await;
    wait_for_states(app, |states| states[0].contains("Later")).await;
    app.clock().advance(HOUR);
    wait_for_finished(app, 1).await;
    assert_eq!(
        email_job_states(app).await,
        ["sent, cancelled: the password reset was requested too long ago"]
    );
    assert_eq!(mailbox.count().await, 0);
});

scenario_with_mail!(
    sent_email_jobs_are_purged_after_a_week,
    |settings| settings.job_poll_interval = Duration::from_millis(20),
    async |app, mailbox| {
        let ada = app.sign_up("ada").await;
        request_password_reset(app, &ada.email).await;
        mailbox.next_to(&ada.email).await;
        wait_for_finished(app, 1).await;
        for (days, left) in [(6, 1), (2, 0)] {
            app.clock().advance(24 * days * HOUR);
            wait_for_run(app, "purge_delivered").await;
            assert_eq!(
                email_job_states(app).await.len(),
                left,
                "after {days} more days"
            );
        }
    }
);

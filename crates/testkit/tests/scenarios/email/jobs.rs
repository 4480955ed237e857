//! Letters that wait: refused for now, refused for good, too many at once.

use std::time::{Duration, Instant};

use freehold_app::{EmailJobState, RequestContext, doctor::examine};
use freehold_domain::{Clock, RandomSource, RoleCatalog};
use freehold_server::system::SystemChance;
use freehold_testkit::{TestApp, story_with_mail};
use serde_json::Value;

use super::{HOUR, forgets, invitation, invites};

/// Leaves a letter to be sent, as a command would.
pub(super) async fn queue(app: &TestApp, due: &Value) {
    let now = app.clock().now();
    let (id, at) = (app.db().uuid(SystemChance.uuid(now)), app.db().time(now));
    let sql = format!(
        "INSERT INTO outbox (id, topic, payload, created_at, available_at)
         VALUES ({id}, 'letter', '{due}', {at}, {at})"
    );
    app.db().raw(&sql).await.unwrap();
}

/// What became of each letter, the oldest first.
pub(super) async fn letters(app: &TestApp) -> Vec<String> {
    let sql =
        "SELECT CASE WHEN done_at IS NOT NULL THEN 'sent' WHEN failed_at IS NOT NULL THEN 'dead'
                           ELSE 'waiting' END || coalesce(', ' || last_error, '')
                 FROM outbox WHERE topic = 'letter' ORDER BY created_at, id";
    app.db().texts(sql).await
}

/// Waits until `count` letters wait no more.
pub(super) async fn join(app: &TestApp, count: usize) {
    until(app, |states| {
        let ended = states.iter().filter(|it| !it.starts_with("waiting"));
        ended.count() == count
    })
    .await;
}

/// Waits until the letters are as they should be.
pub(super) async fn until(app: &TestApp, there: impl Fn(&[String]) -> bool) {
    let patience = Instant::now();
    loop {
        let states = letters(app).await;
        if there(&states) {
            return;
        }
        assert!(patience.elapsed() < Duration::from_secs(20), "{states:?}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

async fn attempts(app: &TestApp) -> i64 {
    let sql = "SELECT CAST(max(attempts) AS bigint) FROM outbox WHERE topic = 'letter'";
    app.db().number(sql).await
}

story_with_mail!(
    a_letter_refused_for_now_comes_later,
    async |app, mailbox| {
        let ada = app.person("ada").await;
        mailbox.refuses(&ada.email, "451 4.3.0 Later", 2).await;
        forgets(app, &ada.email).await;
        let refused = |states: &[String]| states[0].contains("4.3.0 Later");
        until(app, refused).await;
        assert_eq!(attempts(app).await, 1);
        // Not at once: half a minute, then two, each a little longer.
        app.clock().pass(Duration::from_secs(29));
        mailbox.none_to(&ada.email).await;
        assert_eq!(attempts(app).await, 1);
        app.db()
            .raw("UPDATE outbox SET last_error = NULL")
            .await
            .unwrap();
        app.clock().pass(Duration::from_secs(10));
        until(app, refused).await;
        assert_eq!(attempts(app).await, 2);
        app.clock().pass(Duration::from_secs(151));
        mailbox.next_to(&ada.email).await;
        join(app, 1).await;
        assert_eq!(mailbox.count_to(&ada.email).await, 1);
        assert_eq!(attempts(app).await, 3);
    }
);

story_with_mail!(
    a_letter_refused_for_good_waits_for_an_operator,
    async |app, mailbox| {
        let ada = app.person("ada").await;
        let told = "550 5.7.1 No: http://localhost/auth?token=secret";
        mailbox.refuses(&ada.email, told, 1).await;
        forgets(app, &ada.email).await;
        join(app, 1).await;
        let [state] = &letters(app).await[..] else {
            panic!("one letter")
        };
        assert!(
            state.starts_with("dead, ") && state.contains("5.7.1 No:"),
            "{state}"
        );
        assert!(!state.contains("secret"), "{state}");

        // Operators see it in three places.
        let dead = app.app().due_letters(true, 10).await.unwrap();
        assert_eq!(dead.len(), 1);
        assert_eq!(dead[0].kind, "password_reset");
        assert!(matches!(dead[0].state, EmailJobState::Dead(_)));
        let metrics = app.stranger().get("/metrics").await.text();
        assert!(
            metrics.contains("freehold_email_jobs{state=\"dead\"} 1"),
            "{metrics}"
        );
        assert!(
            metrics.contains("freehold_email_jobs{state=\"waiting\"} 0"),
            "{metrics}"
        );
        let roles = RoleCatalog::built_in();
        let report = examine(app.db().store(), &roles).await.unwrap();
        let found: Vec<_> = report.findings().map(|it| it.name).collect();
        assert_eq!(found, ["email_job_dead"]);

        let call = RequestContext::default();
        let nobody = app
            .app()
            .retry_email_jobs("a story", &call, Some(uuid::Uuid::nil()));
        assert_eq!(nobody.await.unwrap().answer, 0);
        let with_retries = app
            .app()
            .retry_email_jobs("a story", &call, Some(dead[0].id));
        assert_eq!(with_retries.await.unwrap().answer, 1);
        mailbox.next_to(&ada.email).await;
        until(app, |states| states == ["sent"]).await;
        let kept = "SELECT count(*) FROM audit_events WHERE action = 'email_jobs.retried'";
        assert_eq!(app.db().number(kept).await, 1);
    }
);

story_with_mail!(
    a_letter_is_given_up_after_eight_attempts,
    async |app, mailbox| {
        let ada = app.person("ada").await;
        let home = ada.home().await;
        let id = invites(app, &ada, &home, "bob@acme.test").await;
        app.db()
            .raw("UPDATE project_invitations SET expiration_date = NULL")
            .await
            .unwrap();
        mailbox
            .refuses("bob@acme.test", "421 4.7.0 Busy", 100)
            .await;
        queue(app, &invitation(&id, 1)).await;
        for attempt in 1..=8 {
            let refused = |states: &[String]| states[0].contains("4.7.0 Busy");
            until(app, refused).await;
            assert_eq!(attempts(app).await, attempt);
            if attempt < 8 {
                assert!(letters(app).await[0].starts_with("waiting, "));
                app.db()
                    .raw("UPDATE outbox SET last_error = NULL")
                    .await
                    .unwrap();
                app.clock().pass(31 * HOUR);
            }
        }
        assert!(letters(app).await[0].starts_with("dead, "));
        app.clock().pass(31 * HOUR);
        tokio::time::sleep(Duration::from_millis(300)).await;
        assert_eq!(attempts(app).await, 8);
        // Nothing of it was counted against the address: it got nothing.
        let counted = "SELECT coalesce(sum(count), 0) FROM attempts WHERE subject LIKE 'mail %'";
        assert_eq!(app.db().number(counted).await, 0);
        app.db()
            .raw("DELETE FROM outbox WHERE topic = 'letter'")
            .await
            .unwrap();
    }
);

story_with_mail!(
    nobody_gets_more_letters_in_an_hour_than_they_should,
    |settings| settings.letters_per_recipient = 3,
    async |app, mailbox| {
        let ada = app.person("ada").await;
        let bob = app.person("bob").await;
        let mut due = Vec::new();
        // From several organizations, as somebody would who means harm.
        for n in 0..7 {
            let other = ada.founds(&format!("House {n}")).await;
            let id = invites(app, &ada, &other, &bob.email).await;
            due.push(invitation(&id, 1));
        }
        for due in &due {
            queue(app, due).await;
        }
        let put_off = |states: &[String]| {
            let waiting = states
                .iter()
                .filter(|it| it.starts_with("waiting, put off"));
            waiting.count() == 4
        };
        until(app, put_off).await;
        join(app, 3).await;
        assert_eq!(mailbox.count_to(&bob.email).await, 3);
        // What he asked for himself is not held up by them, nor are others.
        forgets(app, &bob.email).await;
        forgets(app, &ada.email).await;
        mailbox.next_to(&ada.email).await;
        join(app, 5).await;
        assert_eq!(mailbox.count_to(&bob.email).await, 4);
        // None is lost, and none of it was an attempt.
        for (hours, arrived) in [(1, 7), (2, 8)] {
            app.clock().pass(HOUR + Duration::from_secs(10));
            join(app, arrived + 1).await;
            assert_eq!(
                mailbox.count_to(&bob.email).await,
                arrived,
                "after {hours} h"
            );
        }
        assert_eq!(attempts(app).await, 1);
    }
);

story_with_mail!(
    a_letter_that_took_too_long_to_leave_is_moot,
    async |app, mailbox| {
        let ada = app.person("ada").await;
        mailbox.refuses(&ada.email, "451 4.3.0 Later", 1).await;
        forgets(app, &ada.email).await;
        until(app, |states| states[0].contains("Later")).await;
        app.clock().pass(HOUR);
        join(app, 1).await;
        assert_eq!(letters(app).await, ["sent, moot: asked for too long ago"]);
        assert_eq!(mailbox.count().await, 0);
    }
);

story_with_mail!(
    letters_that_were_sent_are_forgotten_after_a_week,
    async |app, mailbox| {
        let ada = app.person("ada").await;
        forgets(app, &ada.email).await;
        mailbox.next_to(&ada.email).await;
        join(app, 1).await;
        for (days, left) in [(6, 1), (2, 0)] {
            app.clock().pass(24 * days * HOUR);
            let mut tx = app.db().store().begin();
            tx.purge_email_jobs(app.clock().now() - 168 * HOUR);
            tx.commit().await.unwrap();
            assert_eq!(letters(app).await.len(), left, "after {days} more days");
        }
    }
);

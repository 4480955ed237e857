//! Letters outlive whoever should have sent them, and of several nodes one
//! sends each.

use std::time::Duration;

use freehold_testkit::{Freehold, Mailbox, TestDatabase, form, on_each_engine, story_with_mail};
use serde_json::json;
use tempfile::TempDir;

use super::jobs::{join, letters, queue, until};
use super::{HOUR, forgets, invitation, invites};

story_with_mail!(
    a_letter_from_before_a_restart_is_sent_after_it_by_one_of_two_nodes,
    |settings| settings.limits.per_account = 0,
    async |app, mailbox| {
        let ada = app.person("ada").await;
        app.sends_by(None);
        app.restart(|_| ()).await;
        let home = ada.home().await;
        for n in 0..60 {
            let id = invites(app, &ada, &home, &format!("guest{n}@acme.test")).await;
            queue(app, &invitation(&id, 1)).await;
        }
        forgets(app, &ada.email).await;
        assert_eq!(mailbox.count().await, 0);
        assert_eq!(letters(app).await, vec!["waiting"; 61]);

        app.sends_by(Some(mailbox.mailer()));
        app.restart(|_| ()).await;
        let other = app.another_node().await;
        other.send_letters(mailbox.mailer());
        // Once more: a second sender on one node is none.
        other.send_letters(mailbox.mailer());
        join(app, 61).await;
        other.close().await;
        assert_eq!(letters(app).await, vec!["sent"; 61]);
        for n in 0..60 {
            let to = format!("guest{n}@acme.test");
            mailbox.next_to(&to).await;
            assert_eq!(mailbox.count_to(&to).await, 1, "{to}");
        }
        assert_eq!(mailbox.count().await, 61);
    }
);

story_with_mail!(
    a_letter_of_a_node_that_died_is_sent_by_another,
    async |app, mailbox| {
        let ada = app.person("ada").await;
        let home = ada.home().await;
        let id = invites(app, &ada, &home, "bob@acme.test").await;
        app.sends_by(None);
        app.restart(|_| ()).await;
        queue(app, &invitation(&id, 1)).await;
        // Somebody has claimed it and was never heard of again.
        let now = freehold_domain::Clock::now(app.clock());
        let mut tx = app.db().store().begin();
        let lease = now + Duration::from_secs(300);
        let claimed = tx.claim_email_jobs(now, lease, 10).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(claimed.len(), 1);

        app.sends_by(Some(mailbox.mailer()));
        app.restart(|_| ()).await;
        mailbox.none_to("bob@acme.test").await;
        app.clock().pass(Duration::from_secs(301));
        mailbox.next_to("bob@acme.test").await;
        until(app, |states| states == ["sent"]).await;

        // Should they come back after all, it is no longer theirs.
        let mut tx = app.db().store().begin();
        let late = tx.finish_email_job(&claimed[0], now, None).await.unwrap();
        tx.postpone_email_job(&claimed[0], now, "late".to_owned(), true);
        tx.mark_email_job_dead(&claimed[0], now, "late".to_owned());
        tx.commit().await.unwrap();
        assert!(!late);
        assert_eq!(letters(app).await, ["sent"]);
        app.clock().pass(HOUR);
        mailbox.none_to("bob@acme.test").await;
    }
);

/// A mail server on this machine, in the contract's words.
fn settings(port: &str) -> [(&str, &str); 4] {
    [
        ("SMTP_HOST", "localhost"),
        ("SMTP_PORT", port),
        ("SMTP_USE_TLS", "no"),
        ("AGENTA_AUTHN_EMAIL_FROM", "post@web.test"),
    ]
}

/// What a command answered, and whether it did what was asked.
async fn typed(
    db: &TestDatabase,
    folder: &TempDir,
    set: &[(&str, &str)],
    words: &[&str],
) -> (Option<i32>, String) {
    let ended = Freehold::run(&db.database(), folder.path(), set, words).await;
    let said = [ended.stdout, ended.stderr].concat();
    let said = String::from_utf8_lossy(&said).trim().to_owned();
    (ended.status.code(), said)
}

on_each_engine!(operators_look_after_letters, async |engine| {
    let db = TestDatabase::new(engine).await;
    let folder = TempDir::new().unwrap();
    let mailbox = Mailbox::start().await;
    let port = mailbox.port().to_string();
    let set = settings(&port);

    // Without any server of ours.
    let test = ["mail", "test", "bob@acme.test"];
    let (code, said) = typed(&db, &folder, &set, &test).await;
    assert_eq!(code, Some(0), "{said}");
    assert!(
        said.contains(&format!("localhost:{port} has taken letter ")),
        "{said}"
    );
    let mail = mailbox.next_to("bob@acme.test").await;
    assert_eq!(mail.subject, "Agenta: letters arrive");

    mailbox
        .refuses("bob@acme.test", "550 5.1.1 No such user", 1)
        .await;
    let (code, said) = typed(&db, &folder, &set, &test).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("did not leave: ") && said.contains("No such user"),
        "{said}"
    );
    let (code, said) = typed(&db, &folder, &[], &test).await;
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("set smtp_host"), "{said}");
    let (code, said) = typed(&db, &folder, &set, &["mail", "test", "bob"]).await;
    assert_eq!(code, Some(2), "{said}");

    // Two letters, one of which was given up.
    let (one, other) = (
        "01900000-0000-7000-8000-000000000001",
        "01900000-0000-7000-8000-000000000002",
    );
    let ids = [one, other].map(|id| db.uuid(id.parse().unwrap()));
    let now = db.time(freehold_domain::Clock::now(
        &freehold_server::system::SystemClock,
    ));
    db.raw(&format!(
        "INSERT INTO outbox (id, topic, payload, created_at, available_at, failed_at, last_error) VALUES
             ({}, 'letter', '{{\"letter\": \"password_reset\", \"user\": \"{one}\"}}', {now}, {now}, NULL, NULL),
             ({}, 'letter', '{{\"letter\": \"poem\"}}', {now}, {now}, {now}, '550 No')",
        ids[0], ids[1]
    ))
    .await
    .unwrap();
    let (code, said) = typed(&db, &folder, &set, &["mail", "list"]).await;
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(said.lines().count(), 3, "{said}");
    assert!(
        said.contains("password_reset") && said.contains("waiting"),
        "{said}"
    );
    let (_, said) = typed(
        &db,
        &folder,
        &set,
        &["mail", "list", "--dead", "-o", "json"],
    )
    .await;
    let dead: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(dead.as_array().map(Vec::len), Some(1));
    assert_eq!(dead[0]["id"], other);
    assert_eq!(dead[0]["letter"], "unknown");
    assert_eq!(dead[0]["last_error"], "550 No");
    let (code, said) = typed(&db, &folder, &set, &["doctor"]).await;
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("email_job_dead") && said.contains(other),
        "{said}"
    );

    for (words, code, answer) in [
        (&["mail", "retry", one][..], 1, "was given up"),
        (&["mail", "retry", other], 0, "1 letter is tried again."),
        (&["mail", "retry", "--all"], 0, "No letter was given up."),
        (&["mail", "retry"], 2, "required"),
    ] {
        let (ended, said) = typed(&db, &folder, &set, words).await;
        assert_eq!(ended, Some(code), "{words:?}: {said}");
        assert!(said.contains(answer), "{words:?}: {said}");
    }
    db.expect_clean().await;
});

on_each_engine!(letters_survive_a_kill, async |engine| {
    let db = TestDatabase::empty(engine).await;
    let folder = TempDir::new().unwrap();
    let mailbox = Mailbox::start().await;
    let port = mailbox.port().to_string();
    // Away when the letter is asked for, and back after the kill.
    drop(mailbox);
    let set = settings(&port);
    let mut freehold = Freehold::start(&db.database(), folder.path(), &set).await;
    freehold.ready().await;
    let word = "Correct-Horse-7";
    let signed_up = freehold
        .stranger()
        .post("/auth/signup", &form("ada@acme.test", word));
    signed_up.await.expect(200);
    let body = json!({"formFields": [{"id": "email", "value": "ada@acme.test"}]});
    let asked = freehold
        .stranger()
        .post("/auth/user/password/reset/token", &body);
    asked.await.expect(200);
    freehold.kill();

    let mailbox = Mailbox::start_at(freehold_testkit::Line::Plain, port.parse().unwrap()).await;
    let long_ago = db.time(freehold_domain::Timestamp::from_micros(1));
    db.raw(&format!(
        "UPDATE outbox SET available_at = {long_ago} WHERE topic = 'letter'"
    ))
    .await
    .unwrap();
    let freehold = Freehold::start(&db.database(), folder.path(), &set).await;
    freehold.ready().await;
    let mail = mailbox.next_to("ada@acme.test").await;
    assert_eq!(mail.from, "post@web.test");
    assert_eq!(mailbox.count().await, 1);
    drop(freehold);
});

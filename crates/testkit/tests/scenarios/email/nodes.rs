//! Email jobs survive the node that should have sent them, and only one of several
//! nodes sends each.

use std::time::Duration;

use freehold_testkit::{
    MailServer, ServerProcess, TestDatabase, credentials_form, on_each_engine, scenario_with_mail,
};
use serde_json::json;
use tempfile::TempDir;

use super::jobs::{email_job_states, queue_email_job, wait_for_finished, wait_for_states};
use super::{HOUR, insert_invitation, invitation_job, request_password_reset};

scenario_with_mail!(
    queued_email_is_sent_once_after_a_restart_with_two_nodes,
    |settings| settings.sign_in_limits.per_account = 0,
    async |app, mailbox| {
        let ada = app.sign_up("ada").await;
        app.set_mailer(None);
        app.restart(|_| ()).await;
        let home = ada.only_organization_id().await;
        for n in 0..60 {
            let id = insert_invitation(app, &ada, &home, &format!("guest{n}@acme.test")).await;
            queue_email_job(app, &invitation_job(&id, 1)).await;
        }
        request_password_reset(app, &ada.email).await;
        assert_eq!(mailbox.count().await, 0);
        assert_eq!(email_job_states(app).await, vec!["waiting"; 61]);

        app.set_mailer(Some(mailbox.mailer()));
        app.restart(|_| ()).await;
        let other = app.start_node().await;
        other.start_email_delivery(mailbox.mailer());
        // Starting the delivery a second time on a node has no effect.
        other.start_email_delivery(mailbox.mailer());
        wait_for_finished(app, 61).await;
        other.close().await;
        assert_eq!(email_job_states(app).await, vec!["sent"; 61]);
        for n in 0..60 {
            let to = format!("guest{n}@acme.test");
            mailbox.next_to(&to).await;
            assert_eq!(mailbox.count_to(&to).await, 1, "{to}");
        }
        assert_eq!(mailbox.count().await, 61);
    }
);

scenario_with_mail!(
    email_claimed_by_a_dead_node_is_sent_by_another,
    async |app, mailbox| {
        let ada = app.sign_up("ada").await;
        let home = ada.only_organization_id().await;
        let id = insert_invitation(app, &ada, &home, "bob@acme.test").await;
        app.set_mailer(None);
        app.restart(|_| ()).await;
        queue_email_job(app, &invitation_job(&id, 1)).await;
        // A node has claimed the job and stopped.
        let now = freehold_domain::Clock::now(app.clock());
        let mut tx = app.db().store().begin();
        let lease = now + Duration::from_secs(300);
        let claimed = tx.claim_email_jobs(now, lease, 10).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(claimed.len(), 1);

        app.set_mailer(Some(mailbox.mailer()));
        app.restart(|_| ()).await;
        mailbox.expect_none_to("bob@acme.test").await;
        app.clock().advance(Duration::from_secs(301));
        mailbox.next_to("bob@acme.test").await;
        wait_for_states(app, |states| states == ["sent"]).await;

        // If the first node returns, its claim is no longer valid.
        let mut tx = app.db().store().begin();
        let late = tx.finish_email_job(&claimed[0], now, None).await.unwrap();
        tx.postpone_email_job(&claimed[0], now, "late".to_owned(), true);
        tx.mark_email_job_dead(&claimed[0], now, "late".to_owned());
        tx.commit().await.unwrap();
        assert!(!late);
        assert_eq!(email_job_states(app).await, ["sent"]);
        app.clock().advance(HOUR);
        mailbox.expect_none_to("bob@acme.test").await;
    }
);

/// The settings of a local mail server, in the variables of the reference API.
fn settings(port: &str) -> [(&str, &str); 4] {
    [
        ("SMTP_HOST", "localhost"),
        ("SMTP_PORT", port),
        ("SMTP_USE_TLS", "no"),
        ("AGENTA_AUTHN_EMAIL_FROM", "post@web.test"),
    ]
}

/// Runs a command; returns its exit code and output.
async fn run_command(
    db: &TestDatabase,
    folder: &TempDir,
    env: &[(&str, &str)],
    words: &[&str],
) -> (Option<i32>, String) {
    let output = ServerProcess::run_command(&db.database(), folder.path(), env, words).await;
    let text = [output.stdout, output.stderr].concat();
    let text = String::from_utf8_lossy(&text).trim().to_owned();
    (output.status.code(), text)
}

on_each_engine!(operators_manage_email_jobs, async |engine| {
    let db = TestDatabase::new(engine).await;
    let folder = TempDir::new().unwrap();
    let mailbox = MailServer::start().await;
    let port = mailbox.port().to_string();
    let env = settings(&port);

    // Without a running server.
    let test = ["email", "test", "bob@acme.test"];
    let (code, output) = run_command(&db, &folder, &env, &test).await;
    assert_eq!(code, Some(0), "{output}");
    assert!(
        output.contains(&format!("localhost:{port} accepted the email ")),
        "{output}"
    );
    let mail = mailbox.next_to("bob@acme.test").await;
    assert_eq!(mail.subject, "Agenta: test email");

    mailbox
        .refuse_next("bob@acme.test", "550 5.1.1 No such user", 1)
        .await;
    let (code, output) = run_command(&db, &folder, &env, &test).await;
    assert_eq!(code, Some(1), "{output}");
    assert!(
        output.contains("was not sent: ") && output.contains("No such user"),
        "{output}"
    );
    let (code, output) = run_command(&db, &folder, &[], &test).await;
    assert_eq!(code, Some(3), "{output}");
    assert!(output.contains("set smtp_host"), "{output}");
    let (code, output) = run_command(&db, &folder, &env, &["email", "test", "bob"]).await;
    assert_eq!(code, Some(2), "{output}");

    // Two email jobs, one of them dead.
    let (one, other) = (
        "01900000-0000-7000-8000-000000000001",
        "01900000-0000-7000-8000-000000000002",
    );
    let ids = [one, other].map(|id| db.sql_uuid(id.parse().unwrap()));
    let now = db.sql_time(freehold_domain::Clock::now(
        &freehold_server::system::SystemClock,
    ));
    db.execute(&format!(
        "INSERT INTO outbox (id, topic, payload, created_at, available_at, failed_at, last_error) VALUES
             ({}, 'email', '{{\"template\": \"password_reset\", \"user\": \"{one}\"}}', {now}, {now}, NULL, NULL),
             ({}, 'email', '{{\"template\": \"poem\"}}', {now}, {now}, {now}, '550 No')",
        ids[0], ids[1]
    ))
    .await
    .unwrap();
    let (code, output) = run_command(&db, &folder, &env, &["email", "list"]).await;
    assert_eq!(code, Some(0), "{output}");
    assert_eq!(output.lines().count(), 3, "{output}");
    assert!(
        output.contains("password_reset") && output.contains("queued"),
        "{output}"
    );
    let (_, output) = run_command(
        &db,
        &folder,
        &env,
        &["email", "list", "--dead", "-o", "json"],
    )
    .await;
    let dead: serde_json::Value = serde_json::from_str(&output).unwrap();
    assert_eq!(dead.as_array().map(Vec::len), Some(1));
    assert_eq!(dead[0]["id"], other);
    assert_eq!(dead[0]["kind"], "unknown");
    assert_eq!(dead[0]["last_error"], "550 No");
    let (code, output) = run_command(&db, &folder, &env, &["doctor"]).await;
    assert_eq!(code, Some(1), "{output}");
    assert!(
        output.contains("email_job_dead") && output.contains(other),
        "{output}"
    );

    for (words, code, response) in [
        (
            &["email", "retry", one][..],
            1,
            "there is no dead email job",
        ),
        (
            &["email", "retry", other],
            0,
            "1 email job was queued again.",
        ),
        (
            &["email", "retry", "--all"],
            0,
            "There are no dead email jobs.",
        ),
        (&["email", "retry"], 2, "required"),
    ] {
        let (actual, output) = run_command(&db, &folder, &env, words).await;
        assert_eq!(actual, Some(code), "{words:?}: {output}");
        assert!(output.contains(response), "{words:?}: {output}");
    }
    db.expect_clean().await;
});

on_each_engine!(email_jobs_survive_a_kill, async |engine| {
    let db = TestDatabase::empty(engine).await;
    let folder = TempDir::new().unwrap();
    let mailbox = MailServer::start().await;
    let port = mailbox.port().to_string();
    // The mail server is down when the email is requested, and starts after the kill.
    drop(mailbox);
    let env = settings(&port);
    let mut server = ServerProcess::start(&db.database(), folder.path(), &env).await;
    server.wait_until_ready().await;
    let password = "Correct-Horse-7";
    let signed_up = server
        .anonymous()
        .post("/auth/signup", &credentials_form("ada@acme.test", password));
    signed_up.await.expect_status(200);
    let body = json!({"formFields": [{"id": "email", "value": "ada@acme.test"}]});
    let requested = server
        .anonymous()
        .post("/auth/user/password/reset/token", &body);
    requested.await.expect_status(200);
    server.kill();

    let mailbox = MailServer::start_at(
        freehold_testkit::ConnectionSecurity::Plain,
        port.parse().unwrap(),
    )
    .await;
    let long_ago = db.sql_time(freehold_domain::Timestamp::from_micros(1));
    db.execute(&format!(
        "UPDATE outbox SET available_at = {long_ago} WHERE topic = 'email'"
    ))
    .await
    .unwrap();
    let server = ServerProcess::start(&db.database(), folder.path(), &env).await;
    server.wait_until_ready().await;
    let mail = mailbox.next_to("ada@acme.test").await;
    assert_eq!(mail.from, "post@web.test");
    assert_eq!(mailbox.count().await, 1);
    drop(server);
});

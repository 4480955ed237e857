//! The contents of emails, and emails that are not sent.

use freehold_domain::Clock;
use freehold_testkit::{TestUser, scenario_with_mail};
use serde_json::json;

use super::jobs::{email_job_states, queue_email_job, wait_for_finished};
use super::{
    NEW_PASSWORD, insert_invitation, invitation_job, only_link, request_password_reset,
    set_password, text,
};

scenario_with_mail!(password_is_reset_by_email, async |app, mailbox| {
    let ada = app.sign_up("ada").await;
    let requested = request_password_reset(app, "ADA@acme.test").await;
    assert_eq!(
        requested.text(),
        request_password_reset(app, "nobody@acme.test").await.text()
    );
    let mail = mailbox.next_to("ada@acme.test").await;
    assert_eq!(mail.subject, "Choose a new password for Agenta");
    assert_eq!(mail.from, "Agenta <post@web.test>");
    assert!(mail.text.contains("This link is valid until"));
    assert!(
        mail.text
            .contains("If you did not request this, you can ignore this email.")
    );
    let link = only_link(&mail);
    let (head, tail) = (
        "http://localhost/auth/reset-password?token=",
        "&tenantId=public",
    );
    assert!(link.starts_with(head) && link.ends_with(tail), "{link}");

    // The token is in the email, and not in the database.
    let token = link.split(['=', '&']).nth(1).unwrap();
    let outbox = app
        .db()
        .query_texts("SELECT CAST(payload AS TEXT) FROM outbox")
        .await;
    assert!(!outbox.iter().any(|row| row.contains(token)));
    let mailed = "SELECT count(*) FROM password_resets WHERE mailed";
    assert_eq!(app.db().query_number(mailed).await, 1);

    let verified = "SELECT count(*) FROM users WHERE email_verified_at IS NOT NULL";
    assert_eq!(app.db().query_number(verified).await, 0);
    assert_eq!(
        set_password(app, &link, NEW_PASSWORD).await.json()["status"],
        "OK"
    );
    TestUser::sign_in(app.anonymous(), &ada.email, NEW_PASSWORD).await;
    // Using the link of the email verifies the address.
    assert_eq!(app.db().query_number(verified).await, 1);
    mailbox.expect_none_to("nobody@acme.test").await;
    assert_eq!(email_job_states(app).await, ["sent"]);
});

scenario_with_mail!(
    operator_reset_link_does_not_verify_the_address,
    async |app, mailbox| {
        let ada = app.sign_up("ada").await;
        let link = app.reset_link(&ada.email).await;
        assert_eq!(
            set_password(app, &link, NEW_PASSWORD).await.json()["status"],
            "OK"
        );
        let verified = "SELECT count(*) FROM users WHERE email_verified_at IS NOT NULL";
        assert_eq!(app.db().query_number(verified).await, 0);
        mailbox.expect_none_to(&ada.email).await;
    }
);

scenario_with_mail!(reset_dry_run_sends_nothing, async |app, mailbox| {
    app.sign_up("ada").await;
    let body = json!({"formFields": [{"id": "email", "value": "ada@acme.test"}]});
    let path = "/auth/user/password/reset/token?dry_run=true";
    app.anonymous().post(path, &body).await.expect_status(200);
    mailbox.expect_none_to("ada@acme.test").await;
    assert!(email_job_states(app).await.is_empty());
});

scenario_with_mail!(invitation_email_links_to_its_scope, async |app, mailbox| {
    let ada = app.sign_up("ada").await;
    let home = ada.only_organization_id().await;
    let project = ada.get("/projects/").await.json()[0].clone();
    let id = insert_invitation(app, &ada, &home, "new+one@acme.test").await;
    queue_email_job(app, &invitation_job(&id, 1)).await;
    let mail = mailbox.next_to("new+one@acme.test").await;
    assert_eq!(mail.subject, "ada invited you to join their organization");
    let link = only_link(&mail);
    let (start, rest) = link.split_at("http://localhost/auth?token=".len());
    assert_eq!(start, "http://localhost/auth?token=");
    let (token, rest) = rest.split_at(22);
    let [workspace, project] = ["workspace_id", "project_id"].map(|name| project[name].clone());
    assert_eq!(
        rest,
        format!(
            "&email=new%2Bone%40acme.test&organization_id={home}&workspace_id={}&project_id={}",
            workspace.as_str().unwrap(),
            project.as_str().unwrap()
        )
    );
    assert!(
        mail.text
            .contains("has invited you to join their organization")
    );
    assert!(mail.text.contains("on Agenta"));

    // One generation has the same secret on every node; the next one has another.
    queue_email_job(app, &invitation_job(&id, 1)).await;
    let again = mailbox.next_to("new+one@acme.test").await;
    assert!(again.links[0].contains(token));
    app.db()
        .execute("UPDATE project_invitations SET generation = 2")
        .await
        .unwrap();
    queue_email_job(app, &invitation_job(&id, 2)).await;
    let next = mailbox.next_to("new+one@acme.test").await;
    assert!(!next.links[0].contains(token));
    // The secret is not in the outbox.
    let payloads = app
        .db()
        .query_texts("SELECT CAST(payload AS TEXT) FROM outbox")
        .await;
    assert!(!payloads.iter().any(|row| row.contains(token)));
});

scenario_with_mail!(
    hostile_names_cannot_alter_an_email,
    |settings| settings.mail_limit_recipient = 0,
    async |app, mailbox| {
        let eve = app.sign_up("eve").await;
        let home = eve.only_organization_id().await;
        let id = insert_invitation(app, &eve, &home, "bob@acme.test").await;
        let long = "x".repeat(10_000);
        for (hostile_name, shown) in [
            (
                "Eve\r\nBcc: all@acme.test\r\n\r\n<b>",
                "Eve Bcc: all@acme. test <b>",
            ),
            ("<script>alert(1)</script>", "<script>alert(1)</script>"),
            ("\u{202e}evE", "evE"),
            ("=?utf-8?q?Bank?=", "= ?utf-8?q?Bank?="),
            (&long, &format!("{}…", "x".repeat(99))),
            ("Zoë 👩\u{200d}🚀 דוד", "Zoë 👩\u{200d}🚀 דוד"),
        ] {
            // Without the API, which refuses most of these.
            let sql = format!(
                "UPDATE users SET username = '{hostile_name}'; UPDATE organizations SET name = '{hostile_name}'"
            );
            app.db().execute(&sql).await.unwrap();
            queue_email_job(app, &invitation_job(&id, 1)).await;
            let mail = mailbox.next_to("bob@acme.test").await;
            let expected = format!("{shown} invited you to join their organization");
            assert_eq!(mail.subject, expected);
            let mut names: Vec<_> = mail.headers.iter().map(|(name, _)| &**name).collect();
            names.sort_unstable();
            assert_eq!(
                names,
                [
                    "Auto-Submitted",
                    "Content-Type",
                    "Date",
                    "From",
                    "MIME-Version",
                    "Message-ID",
                    "Subject",
                    "To"
                ]
            );
            assert!(mail.text.contains(&format!("{shown} has invited you")));
            for tag in ["<script", "<b>"] {
                assert!(!mail.html.contains(tag), "{}", mail.html);
            }
            only_link(&mail);
        }
        mailbox.expect_none_to("all@acme.test").await;
    }
);

scenario_with_mail!(
    email_job_without_cause_is_cancelled,
    async |app, mailbox| {
        let ada = app.sign_up("ada").await;
        let home = ada.only_organization_id().await;
        let unknown = "01900000-0000-7000-8000-000000000000";
        let [old, revoked, expired] = ["old", "revoked", "expired"].map(async |name| {
            insert_invitation(app, &ada, &home, &format!("{name}@acme.test")).await
        });
        let [old, revoked, expired] = [old.await, revoked.await, expired.await];
        let past = app.db().sql_time(app.clock().now());
        app.db()
            .execute(&format!(
            "UPDATE project_invitations SET generation = 2 WHERE email = 'old@acme.test';
             UPDATE project_invitations SET status = 'revoked' WHERE email = 'revoked@acme.test';
             UPDATE project_invitations SET expiration_date = {past} WHERE email = 'expired@acme.test'"
        ))
            .await
            .unwrap();
        let jobs = [
            invitation_job(&old, 1),
            invitation_job(&revoked, 1),
            invitation_job(&expired, 1),
            invitation_job(unknown, 1),
            json!({"template": "password_reset", "user": unknown}),
        ];
        for job in &jobs {
            queue_email_job(app, job).await;
        }
        wait_for_finished(app, jobs.len()).await;
        for state in email_job_states(app).await {
            assert!(state.starts_with("sent, cancelled: "), "{state}");
        }
        assert_eq!(mailbox.count().await, 0);
    }
);

scenario_with_mail!(
    managers_are_notified_of_new_members,
    async |app, mailbox| {
        let [ada, bob, cleo, dan] = [
            app.sign_up("ada").await,
            app.sign_up("bob").await,
            app.sign_up("cleo").await,
            app.sign_up("dan").await,
        ];
        let home = ada.only_organization_id().await;
        app.insert_member(&home, &bob, ["viewer", "admin", "admin"])
            .await;
        app.insert_member(&home, &cleo, ["viewer", "editor", "editor"])
            .await;
        app.insert_member(&home, &dan, ["viewer", "admin", "admin"])
            .await;
        let project = ada.get("/projects/").await.json()[0].clone();
        let [workspace, project] = ["workspace_id", "project_id"].map(|name| project[name].clone());
        let [workspace, project] = [workspace.as_str().unwrap(), project.as_str().unwrap()];
        queue_email_job(
            app,
            &json!({"template": "member_joined", "workspace": workspace, "user": dan.id}),
        )
        .await;
        let sql = format!(
            "SELECT name FROM organizations WHERE id = {}",
            app.sql_id(&home)
        );
        let name = text(app, &sql).await;
        for reader in [&ada, &bob] {
            let mail = mailbox.next_to(&reader.email).await;
            assert_eq!(mail.subject, format!("New Member Joined {name}"));
            assert_eq!(
                only_link(&mail),
                format!("http://localhost/w/{workspace}/p/{project}/settings?tab=workspace")
            );
            assert!(mail.text.contains("dan (dan@acme.test) has joined"));
        }
        mailbox.expect_none_to(&dan.email).await;
        assert_eq!(mailbox.count().await, 2);
    }
);

//! What letters say, and which of them are not sent.

use freehold_domain::Clock;
use freehold_testkit::{Person, story_with_mail};
use serde_json::json;

use super::jobs::{join, letters, queue};
use super::{NEW, forgets, invitation, invites, leads_to, sets, text};

story_with_mail!(a_forgotten_password_is_set_by_mail, async |app, mailbox| {
    let ada = app.person("ada").await;
    let asked = forgets(app, "ADA@acme.test").await;
    assert_eq!(asked.text(), forgets(app, "nobody@acme.test").await.text());
    let mail = mailbox.next_to("ada@acme.test").await;
    assert_eq!(mail.subject, "Choose a new password for Agenta");
    assert_eq!(mail.from, "Agenta <post@web.test>");
    assert!(mail.text.contains("The link is good until"));
    assert!(mail.text.contains("If you did not expect this, ignore it"));
    let link = leads_to(&mail);
    let (head, tail) = (
        "http://localhost/auth/reset-password?token=",
        "&tenantId=public",
    );
    assert!(link.starts_with(head) && link.ends_with(tail), "{link}");

    // What opens the account was in the letter and is nowhere else.
    let token = link.split(['=', '&']).nth(1).unwrap();
    let outbox = app
        .db()
        .texts("SELECT CAST(payload AS TEXT) FROM outbox")
        .await;
    assert!(!outbox.iter().any(|row| row.contains(token)));
    let made = "SELECT count(*) FROM password_resets WHERE mailed";
    assert_eq!(app.db().number(made).await, 1);

    let proven = "SELECT count(*) FROM users WHERE email_verified_at IS NOT NULL";
    assert_eq!(app.db().number(proven).await, 0);
    assert_eq!(sets(app, &link, NEW).await.json()["status"], "OK");
    Person::sign_in(app.stranger(), &ada.email, NEW).await;
    // Whoever used it has read what came to the address.
    assert_eq!(app.db().number(proven).await, 1);
    mailbox.none_to("nobody@acme.test").await;
    assert_eq!(letters(app).await, ["sent"]);
});

story_with_mail!(
    a_link_from_an_operator_proves_no_address,
    async |app, mailbox| {
        let ada = app.person("ada").await;
        let link = app.reset_link(&ada.email).await;
        assert_eq!(sets(app, &link, NEW).await.json()["status"], "OK");
        let proven = "SELECT count(*) FROM users WHERE email_verified_at IS NOT NULL";
        assert_eq!(app.db().number(proven).await, 0);
        mailbox.none_to(&ada.email).await;
    }
);

story_with_mail!(a_rehearsal_sends_nothing, async |app, mailbox| {
    app.person("ada").await;
    let body = json!({"formFields": [{"id": "email", "value": "ada@acme.test"}]});
    let path = "/auth/user/password/reset/token?dry_run=true";
    app.stranger().post(path, &body).await.expect(200);
    mailbox.none_to("ada@acme.test").await;
    assert!(letters(app).await.is_empty());
});

story_with_mail!(an_invitation_leads_to_its_place, async |app, mailbox| {
    let ada = app.person("ada").await;
    let home = ada.home().await;
    let project = ada.get("/projects/").await.json()[0].clone();
    let id = invites(app, &ada, &home, "new+one@acme.test").await;
    queue(app, &invitation(&id, 1)).await;
    let mail = mailbox.next_to("new+one@acme.test").await;
    assert_eq!(mail.subject, "ada invited you to join their organization");
    let link = leads_to(&mail);
    let (start, rest) = link.split_at("http://localhost/auth?token=".len());
    assert_eq!(start, "http://localhost/auth?token=");
    let (token, rest) = rest.split_at(22);
    let [workspace, project] = ["workspace_id", "project_id"].map(|it| project[it].clone());
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

    // The same generation has the same secret, on every node; the next one not.
    queue(app, &invitation(&id, 1)).await;
    let again = mailbox.next_to("new+one@acme.test").await;
    assert!(again.links[0].contains(token));
    app.db()
        .raw("UPDATE project_invitations SET generation = 2")
        .await
        .unwrap();
    queue(app, &invitation(&id, 2)).await;
    let next = mailbox.next_to("new+one@acme.test").await;
    assert!(!next.links[0].contains(token));
    // It is nowhere in the database.
    let kept = app
        .db()
        .texts("SELECT CAST(payload AS TEXT) FROM outbox")
        .await;
    assert!(!kept.iter().any(|row| row.contains(token)));
});

story_with_mail!(
    whatever_somebody_is_called_a_letter_stays_a_letter,
    |settings| settings.letters_per_recipient = 0,
    async |app, mailbox| {
        let eve = app.person("eve").await;
        let home = eve.home().await;
        let id = invites(app, &eve, &home, "bob@acme.test").await;
        let long = "x".repeat(10_000);
        for (hostile, seen) in [
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
            // Past all doors, which would not let most of these in.
            let set = format!(
                "UPDATE users SET username = '{hostile}'; UPDATE organizations SET name = '{hostile}'"
            );
            app.db().raw(&set).await.unwrap();
            queue(app, &invitation(&id, 1)).await;
            let mail = mailbox.next_to("bob@acme.test").await;
            let expected = format!("{seen} invited you to join their organization");
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
            assert!(mail.text.contains(&format!("{seen} has invited you")));
            for tag in ["<script", "<b>"] {
                assert!(!mail.html.contains(tag), "{}", mail.html);
            }
            leads_to(&mail);
        }
        mailbox.none_to("all@acme.test").await;
    }
);

story_with_mail!(
    a_letter_whose_cause_is_gone_is_not_sent,
    async |app, mailbox| {
        let ada = app.person("ada").await;
        let home = ada.home().await;
        let gone = "01900000-0000-7000-8000-000000000000";
        let [old, revoked, over] = ["old", "revoked", "over"]
            .map(async |name| invites(app, &ada, &home, &format!("{name}@acme.test")).await);
        let [old, revoked, over] = [old.await, revoked.await, over.await];
        let past = app.db().time(app.clock().now());
        app.db()
            .raw(&format!(
            "UPDATE project_invitations SET generation = 2 WHERE email = 'old@acme.test';
             UPDATE project_invitations SET status = 'revoked' WHERE email = 'revoked@acme.test';
             UPDATE project_invitations SET expiration_date = {past} WHERE email = 'over@acme.test'"
        ))
            .await
            .unwrap();
        let due = [
            invitation(&old, 1),
            invitation(&revoked, 1),
            invitation(&over, 1),
            invitation(gone, 1),
            json!({"letter": "password_reset", "user": gone}),
        ];
        for due in &due {
            queue(app, due).await;
        }
        join(app, due.len()).await;
        for state in letters(app).await {
            assert!(state.starts_with("sent, moot: "), "{state}");
        }
        assert_eq!(mailbox.count().await, 0);
    }
);

story_with_mail!(
    those_who_manage_hear_of_new_members,
    async |app, mailbox| {
        let [ada, bob, cleo, dan] = [
            app.person("ada").await,
            app.person("bob").await,
            app.person("cleo").await,
            app.person("dan").await,
        ];
        let home = ada.home().await;
        app.adds_member(&home, &bob, ["viewer", "admin", "admin"])
            .await;
        app.adds_member(&home, &cleo, ["viewer", "editor", "editor"])
            .await;
        app.adds_member(&home, &dan, ["viewer", "admin", "admin"])
            .await;
        let project = ada.get("/projects/").await.json()[0].clone();
        let [workspace, project] = ["workspace_id", "project_id"].map(|it| project[it].clone());
        let [workspace, project] = [workspace.as_str().unwrap(), project.as_str().unwrap()];
        queue(
            app,
            &json!({"letter": "member_joined", "workspace": workspace, "user": dan.id}),
        )
        .await;
        let named = format!(
            "SELECT name FROM organizations WHERE id = {}",
            app.sql(&home)
        );
        let name = text(app, &named).await;
        for reader in [&ada, &bob] {
            let mail = mailbox.next_to(&reader.email).await;
            assert_eq!(mail.subject, format!("New Member Joined {name}"));
            assert_eq!(
                leads_to(&mail),
                format!("http://localhost/w/{workspace}/p/{project}/settings?tab=workspace")
            );
            assert!(mail.text.contains("dan (dan@acme.test) has joined"));
        }
        mailbox.none_to(&dan.email).await;
        assert_eq!(mailbox.count().await, 2);
    }
);

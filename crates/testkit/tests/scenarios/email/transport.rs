//! How the mail server is spoken with: encrypted, by name and password, or not
//! at all.

use std::sync::Arc;
use std::time::Duration;

use freehold_app::{Content, DeliveryError, EmailMessage, Extensions, Mailer};
use freehold_domain::Clock;
use freehold_server::system::SystemClock;
use freehold_testkit::{Line, Mailbox, TestApp, on_each_engine};
use uuid::Uuid;

use super::{forgets, leads_to};

fn letter() -> EmailMessage {
    EmailMessage {
        id: Uuid::from_u128(7),
        to: "bob@acme.test".parse().unwrap(),
        at: SystemClock.now(),
        content: Content::Test {
            link: "http://localhost".to_owned(),
        },
    }
}

/// Why this mailer sends nothing, which has to be something that may pass.
async fn for_now(mailer: Arc<dyn Mailer>) -> String {
    match mailer.send(letter()).await {
        Err(DeliveryError::Transient(why)) => why,
        other => panic!("{other:?}"),
    }
}

on_each_engine!(a_letter_travels_encrypted_and_signed_for, async |engine| {
    for line in [Line::StartTls, Line::Tls] {
        let mailbox = Mailbox::start_with(line).await;
        let nothing = |_: &mut freehold_testkit::Settings| ();
        let app = TestApp::start_with_mail(engine, nothing, Extensions::none(), &mailbox).await;
        app.person("ada").await;
        forgets(&app, "ada@acme.test").await;
        let mail = mailbox.next_to("ada@acme.test").await;
        assert!(mail.encrypted, "{line:?}");
        assert_eq!(mail.login.as_deref(), Some("freehold"), "{line:?}");
        leads_to(&mail);
        app.finish().await;
    }
});

#[tokio::test]
async fn a_test_letter_says_that_it_arrived() {
    let mailbox = Mailbox::start().await;
    mailbox.mailer().send(letter()).await.unwrap();
    let mail = mailbox.next_to("bob@acme.test").await;
    assert_eq!(mail.subject, "Agenta: letters arrive");
    assert!(!mail.encrypted);
    let id = mail.headers.iter().find(|(name, _)| name == "Message-ID");
    assert_eq!(id.unwrap().1, format!("<{}@web.test>", Uuid::from_u128(7)));
}

#[tokio::test]
async fn nothing_is_said_to_somebody_who_cannot_prove_who_they_are() {
    for line in [Line::StartTls, Line::Tls] {
        let mailbox = Mailbox::start_with(line).await;
        let mut strange = mailbox.settings();
        strange.certificates = None;
        for_now(Mailbox::mailer_with(strange)).await;

        let mut other = mailbox.settings();
        other.host = "127.0.0.1".to_owned();
        for_now(Mailbox::mailer_with(other)).await;
        assert_eq!(mailbox.count().await, 0);
    }
}

#[tokio::test]
async fn a_line_that_should_be_encrypted_is_or_stays_silent() {
    let mailbox = Mailbox::start().await;
    let beside = Mailbox::start_with(Line::StartTls).await;
    let mut wanted = beside.settings();
    wanted.port = mailbox.port();
    for_now(Mailbox::mailer_with(wanted)).await;
    assert_eq!(mailbox.count().await, 0);
}

#[tokio::test]
async fn a_wrong_password_is_an_operators_to_mend() {
    let mailbox = Mailbox::start_with(Line::StartTls).await;
    let mut settings = mailbox.settings();
    settings.account = Some(("freehold".to_owned(), "Wrong-Horse-1".into()));
    let why = for_now(Mailbox::mailer_with(settings)).await;
    assert!(why.contains("535") && !why.contains("Wrong"), "{why}");
    assert_eq!(mailbox.count().await, 0);
}

#[tokio::test]
async fn a_server_that_is_away_or_silent_is_no_reason_to_give_up() {
    let mailbox = Mailbox::start().await;
    let mut away = mailbox.settings();
    away.port = 1;
    for_now(Mailbox::mailer_with(away)).await;

    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut waiting = mailbox.settings();
    waiting.host = "127.0.0.1".to_owned();
    waiting.port = silent.local_addr().unwrap().port();
    waiting.timeout = Some(Duration::from_secs(1));
    let patience = tokio::time::Instant::now();
    for_now(Mailbox::mailer_with(waiting)).await;
    assert!(patience.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn what_is_said_of_the_letter_is_final() {
    let mailbox = Mailbox::start().await;
    let reply = "550 5.1.1 No such user";
    mailbox.refuses("bob@acme.test", reply, 1).await;
    let Err(DeliveryError::Permanent(why)) = mailbox.mailer().send(letter()).await else {
        panic!("not final");
    };
    assert!(why.contains("No such user"), "{why}");
    // The same line serves the next letter.
    mailbox.mailer().send(letter()).await.unwrap();
}

//! The connection to the mail server: encryption, authentication, and failures.

use std::sync::Arc;
use std::time::Duration;

use freehold_app::{DeliveryError, EmailMessage, EmailTemplate, Extensions, Mailer};
use freehold_domain::Clock;
use freehold_server::system::SystemClock;
use freehold_testkit::{ConnectionSecurity, MailServer, TestApp, on_each_engine};
use uuid::Uuid;

use super::{only_link, request_password_reset};

fn test_email() -> EmailMessage {
    EmailMessage {
        id: Uuid::from_u128(7),
        to: "bob@acme.test".parse().unwrap(),
        at: SystemClock.now(),
        template: EmailTemplate::Test {
            link: "http://localhost".to_owned(),
        },
    }
}

/// The error of this mailer, which has to be transient.
async fn transient_error(mailer: Arc<dyn Mailer>) -> String {
    match mailer.send(test_email()).await {
        Err(DeliveryError::Transient(why)) => why,
        other => panic!("{other:?}"),
    }
}

on_each_engine!(email_is_sent_encrypted_and_authenticated, async |engine| {
    for line in [ConnectionSecurity::StartTls, ConnectionSecurity::Tls] {
        let mailbox = MailServer::start_with(line).await;
        let unchanged = |_: &mut freehold_testkit::Settings| ();
        let app = TestApp::start_with_mail(engine, unchanged, Extensions::none(), &mailbox).await;
        app.sign_up("ada").await;
        request_password_reset(&app, "ada@acme.test").await;
        let mail = mailbox.next_to("ada@acme.test").await;
        assert!(mail.encrypted, "{line:?}");
        assert_eq!(mail.login.as_deref(), Some("freehold"), "{line:?}");
        only_link(&mail);
        app.finish().await;
    }
});

#[tokio::test]
async fn test_email_is_delivered() {
    let mailbox = MailServer::start().await;
    mailbox.mailer().send(test_email()).await.unwrap();
    let mail = mailbox.next_to("bob@acme.test").await;
    assert_eq!(mail.subject, "Agenta: test email");
    assert!(!mail.encrypted);
    let id = mail.headers.iter().find(|(name, _)| name == "Message-ID");
    assert_eq!(id.unwrap().1, format!("<{}@web.test>", Uuid::from_u128(7)));
}

#[tokio::test]
async fn untrusted_certificate_is_refused() {
    for line in [ConnectionSecurity::StartTls, ConnectionSecurity::Tls] {
        let mailbox = MailServer::start_with(line).await;
        let mut without_certificate = mailbox.settings();
        without_certificate.certificates = None;
        transient_error(MailServer::mailer_from(without_certificate)).await;

        let mut other = mailbox.settings();
        other.host = "127.0.0.1".to_owned();
        transient_error(MailServer::mailer_from(other)).await;
        assert_eq!(mailbox.count().await, 0);
    }
}

#[tokio::test]
async fn required_encryption_is_not_downgraded() {
    let mailbox = MailServer::start().await;
    let starttls_server = MailServer::start_with(ConnectionSecurity::StartTls).await;
    let mut starttls = starttls_server.settings();
    starttls.port = mailbox.port();
    transient_error(MailServer::mailer_from(starttls)).await;
    assert_eq!(mailbox.count().await, 0);
}

#[tokio::test]
async fn wrong_smtp_password_is_transient() {
    let mailbox = MailServer::start_with(ConnectionSecurity::StartTls).await;
    let mut settings = mailbox.settings();
    settings.account = Some(("freehold".to_owned(), "Wrong-Horse-1".into()));
    let why = transient_error(MailServer::mailer_from(settings)).await;
    assert!(why.contains("535") && !why.contains("Wrong"), "{why}");
    assert_eq!(mailbox.count().await, 0);
}

#[tokio::test]
async fn unreachable_server_is_transient() {
    let mailbox = MailServer::start().await;
    let mut unreachable = mailbox.settings();
    unreachable.port = 1;
    transient_error(MailServer::mailer_from(unreachable)).await;

    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let mut waiting = mailbox.settings();
    waiting.host = "127.0.0.1".to_owned();
    waiting.port = silent.local_addr().unwrap().port();
    waiting.timeout = Some(Duration::from_secs(1));
    let started = tokio::time::Instant::now();
    transient_error(MailServer::mailer_from(waiting)).await;
    assert!(started.elapsed() < Duration::from_secs(10));
}

#[tokio::test]
async fn permanent_rejection_is_final() {
    let mailbox = MailServer::start().await;
    let reply = "550 5.1.1 No such user";
    mailbox.refuse_next("bob@acme.test", reply, 1).await;
    let Err(DeliveryError::Permanent(why)) = mailbox.mailer().send(test_email()).await else {
        panic!("not a permanent error");
    };
    assert!(why.contains("No such user"), "{why}");
    // The next email is sent on the same connection.
    mailbox.mailer().send(test_email()).await.unwrap();
}

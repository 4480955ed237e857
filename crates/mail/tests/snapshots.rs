//! Every email as its reader sees it, compared with `snapshots/`.
//!
//! `INSTA_UPDATE=always cargo test --workspace --test snapshots` accepts a change.

use freehold_app::{EmailMessage, EmailTemplate};
use freehold_domain::{Email, Timestamp};
use freehold_mail::render;
use uuid::Uuid;

/// 2026-11-30T00:53:20Z.
const EXPIRES: Timestamp = Timestamp::from_micros(1_796_000_000_000_000);

fn assert_snapshots(name: &str, template: EmailTemplate) {
    let message = EmailMessage {
        id: Uuid::nil(),
        to: Email::parse("ada@example.com").expect("a valid address"),
        at: Timestamp::from_micros(0),
        template,
    };
    let rendered = render(&message, "Acme");
    let text = format!("Subject: {}\n\n{}", rendered.subject, rendered.text);
    insta::assert_snapshot!(format!("{name}.txt"), text);
    insta::assert_snapshot!(format!("{name}.html"), rendered.html);
}

#[test]
fn an_invitation() {
    let invitation =
        |inviter: Option<&str>, organization: Option<&str>| EmailTemplate::Invitation {
            inviter: inviter.map(str::to_owned),
            organization: organization.map(str::to_owned),
            link: "https://app.example.com/auth?token=t&email=ada%40example.com".to_owned(),
            expires: Some(EXPIRES),
        };
    assert_snapshots(
        "invitation",
        invitation(Some("Zoë"), Some("Engines & Söhne")),
    );
    assert_snapshots("invitation_without_names", invitation(None, None));
}

#[test]
fn a_notice_of_a_new_member() {
    let template = EmailTemplate::MemberJoined {
        member: "Bo".to_owned(),
        email: "bo@example.com".to_owned(),
        organization: Some("Engines".to_owned()),
        link: "https://app.example.com/w/1/p/2/settings?tab=workspace".to_owned(),
    };
    assert_snapshots("member_joined", template);
}

#[test]
fn a_password_reset() {
    let template = EmailTemplate::PasswordReset {
        link: "https://app.example.com/auth/reset-password?token=t&tenantId=public".to_owned(),
        expires: EXPIRES,
    };
    assert_snapshots("password_reset", template);
}

#[test]
fn a_test_email() {
    let link = "https://app.example.com".to_owned();
    assert_snapshots("test", EmailTemplate::Test { link });
}

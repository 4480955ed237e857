//! Settings of the two mailers, and when they are complete.

use std::time::Duration;

use freehold_mail::{SmtpSecurity, SmtpSettings, TransportSettings};
use freehold_server::config::{Config, EmailSettings, Problem, effective_configuration};

use super::{load, problems, sources_with};

/// Both mailers, configured by our own variables.
pub(super) const COMPLETE: &[(&str, &str)] = &[
    ("FREEHOLD_SMTP_HOST", "mail.acme.test"),
    ("FREEHOLD_SMTP_PORT", "587"),
    ("FREEHOLD_SMTP_USERNAME", "freehold"),
    ("FREEHOLD_SMTP_PASSWORD", "hunter2"),
    ("FREEHOLD_SMTP_FROM_EMAIL", "post@acme.test"),
    ("FREEHOLD_SENDGRID_API_KEY", "SG.hunter3"),
    ("FREEHOLD_SENDGRID_FROM_EMAIL", "grid@acme.test"),
];

/// A mail server, configured by the reference API's variables.
const SERVER: &[(&str, &str)] = &[
    ("SMTP_HOST", "mail.acme.test"),
    ("SMTP_PORT", "2525"),
    ("AGENTA_SEND_EMAIL_FROM_ADDRESS", "Acme <post@acme.test>"),
];

fn settings_with(more: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    SERVER.iter().chain(more).copied().collect()
}

fn smtp(config: &Config) -> &SmtpSettings {
    match config.mail.as_ref().map(|mail| &mail.transport) {
        Some(TransportSettings::Smtp(server)) => server,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_mail_server_is_a_host_a_port_and_a_sender() {
    let config = load(SERVER);
    let server = smtp(&config);
    assert_eq!((&*server.host, server.port), ("mail.acme.test", 2525));
    assert_eq!(server.security, SmtpSecurity::StartTls);
    assert_eq!(server.timeout, Some(Duration::from_secs(60)));
    assert!(server.account.is_none() && server.certificates.is_none());
    let EmailSettings {
        sender, product, ..
    } = config.mail.as_ref().unwrap();
    assert_eq!((sender.address(), &**product), ("post@acme.test", "Agenta"));
    assert!(config.notices.is_empty(), "{:?}", config.notices);
}

#[test]
fn starttls_and_tls_are_exclusive() {
    for (variables, security) in [
        (vec![("SMTP_USE_SSL", "true")], SmtpSecurity::Tls),
        (vec![("SMTP_USE_TLS", "false")], SmtpSecurity::None),
        (
            vec![("SMTP_USE_TLS", "false"), ("SMTP_USE_SSL", "1")],
            SmtpSecurity::Tls,
        ),
        (vec![("SMTP_USE_TLS", "yes")], SmtpSecurity::StartTls),
    ] {
        assert_eq!(
            smtp(&load(&settings_with(&variables))).security,
            security,
            "{variables:?}"
        );
    }
    let both = settings_with(&[("SMTP_USE_TLS", "true"), ("SMTP_USE_SSL", "true")]);
    assert_eq!(
        problems(&both)[0].to_string(),
        "SMTP_USE_TLS and SMTP_USE_SSL are both on: use the first for port 587, the second for port 465"
    );
    // Sending a password unencrypted is possible, with a notice.
    let unencrypted = settings_with(&[
        ("SMTP_USE_TLS", "off"),
        ("SMTP_USERNAME", "u"),
        ("SMTP_PASSWORD", "p"),
    ]);
    assert_eq!(
        load(&unencrypted).notices,
        ["smtp_password is sent to mail.acme.test unencrypted"]
    );
}

#[test]
fn incomplete_mailer_settings_are_refused() {
    for (variables, text) in [
        (
            vec![("SMTP_HOST", "mail")],
            "SMTP_HOST is set, but smtp_port, smtp_from_email is missing: no email could be sent",
        ),
        (
            vec![("SMTP_PASSWORD", "hunter2"), ("SMTP_USERNAME", "u")],
            "SMTP_USERNAME is set, but smtp_host, smtp_port, smtp_from_email is missing: no email could be sent",
        ),
        (
            settings_with(&[("SMTP_USERNAME", "u")]),
            "SMTP_USERNAME is set, but smtp_password is missing: no email could be sent",
        ),
        (
            settings_with(&[("SMTP_PASSWORD", "hunter2")]),
            "SMTP_PASSWORD is set, but smtp_username is missing: no email could be sent",
        ),
        (
            vec![("SENDGRID_API_KEY", "SG.hunter2")],
            "SENDGRID_API_KEY is set, but sendgrid_from_email is missing: no email could be sent",
        ),
        (
            settings_with(&[("FREEHOLD_SMTP_CERTIFICATES", "/nowhere/ca.pem")]),
            "FREEHOLD_SMTP_CERTIFICATES: cannot read /nowhere/ca.pem: No such file or directory (os error 2)",
        ),
        (
            vec![("SMTP_FROM_EMAIL", "post")],
            "SMTP_FROM_EMAIL: expected an email address, or a name and an address as in `Acme <mail@acme.test>`, not `post`",
        ),
        (
            vec![("SMTP_PORT", "0")],
            "SMTP_PORT: expected a port from 1 to 65535, not `0`",
        ),
        (
            vec![("SMTP_TIMEOUT", "0")],
            "SMTP_TIMEOUT: expected a whole number of seconds, 1 or more, not `0`",
        ),
    ] {
        let messages: Vec<_> = problems(&variables)
            .iter()
            .map(Problem::to_string)
            .collect();
        assert_eq!(messages, [text], "{variables:?}");
    }
    // Many deployments set these variables without using a mail server.
    for incomplete in [
        &[("SMTP_PORT", "587"), ("SMTP_USE_TLS", "true")][..],
        &[("AGENTA_AUTHN_EMAIL_FROM", "post@acme.test")],
        &[("SMTP_HOST", ""), ("SMTP_USERNAME", "")],
    ] {
        assert!(load(incomplete).mail.is_none(), "{incomplete:?}");
    }
}

#[test]
fn smtp_takes_precedence_over_sendgrid() {
    let sendgrid = [
        ("SENDGRID_API_KEY", "SG.x"),
        ("SENDGRID_FROM_ADDRESS", "grid@acme.test"),
    ];
    let config = load(&sendgrid);
    let mail = config.mail.as_ref().unwrap();
    assert!(
        matches!(&mail.transport, TransportSettings::SendGrid(settings) if settings.url == "https://api.sendgrid.com")
    );
    assert_eq!(mail.sender.address(), "grid@acme.test");
    let both = load(&settings_with(&sendgrid));
    assert_eq!(smtp(&both).host, "mail.acme.test");
    assert_eq!(both.notices.len(), 1);
}

#[test]
fn passwords_of_mailers_are_never_shown_and_come_from_files() {
    let config = load(COMPLETE);
    for text in [effective_configuration(&config), format!("{config:?}")] {
        assert!(!text.contains("hunter"), "{text}");
    }
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("password");
    std::fs::write(&file, "hunter2\n").unwrap();
    let file = file.to_str().unwrap();
    let mut sources = sources_with(&settings_with(&[("SMTP_USERNAME", "u")]));
    sources
        .environment
        .push(("FREEHOLD_SMTP_PASSWORD_FILE".into(), file.into()));
    let config = Config::load(&sources).unwrap();
    let (_, password) = smtp(&config).account.as_ref().unwrap();
    assert_eq!(secrecy::ExposeSecret::expose_secret(password), "hunter2");
}

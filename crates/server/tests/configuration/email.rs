//! How a mailer is set up, and when it is one.

use std::time::Duration;

use freehold_mail::{SmtpSecurity, SmtpSettings, TransportSettings};
use freehold_server::config::{Config, EmailSettings, Problem, effective_configuration};

use super::{load, problems, sources_with};

/// Both mailers, by our own names.
pub(super) const COMPLETE: &[(&str, &str)] = &[
    ("FREEHOLD_SMTP_HOST", "mail.acme.test"),
    ("FREEHOLD_SMTP_PORT", "587"),
    ("FREEHOLD_SMTP_USERNAME", "freehold"),
    ("FREEHOLD_SMTP_PASSWORD", "hunter2"),
    ("FREEHOLD_SMTP_FROM_EMAIL", "post@acme.test"),
    ("FREEHOLD_SENDGRID_API_KEY", "SG.hunter3"),
    ("FREEHOLD_SENDGRID_FROM_EMAIL", "grid@acme.test"),
];

/// A server as the contract's names say it.
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
    for (sources_with, security) in [
        (vec![("SMTP_USE_SSL", "true")], SmtpSecurity::Tls),
        (vec![("SMTP_USE_TLS", "false")], SmtpSecurity::None),
        (
            vec![("SMTP_USE_TLS", "false"), ("SMTP_USE_SSL", "1")],
            SmtpSecurity::Tls,
        ),
        (vec![("SMTP_USE_TLS", "yes")], SmtpSecurity::StartTls),
    ] {
        assert_eq!(
            smtp(&load(&settings_with(&sources_with))).security,
            security,
            "{sources_with:?}"
        );
    }
    let both = settings_with(&[("SMTP_USE_TLS", "true"), ("SMTP_USE_SSL", "true")]);
    assert_eq!(
        problems(&both)[0].to_string(),
        "SMTP_USE_TLS and SMTP_USE_SSL are both on: port 587 usually wants the first, port 465 the second"
    );
    // A password in the clear is possible, and said.
    let open = settings_with(&[
        ("SMTP_USE_TLS", "off"),
        ("SMTP_USERNAME", "u"),
        ("SMTP_PASSWORD", "p"),
    ]);
    assert_eq!(
        load(&open).notices,
        ["smtp_password is sent to mail.acme.test unencrypted"]
    );
}

#[test]
fn incomplete_mailer_settings_are_refused() {
    for (sources_with, text) in [
        (
            vec![("SMTP_HOST", "mail")],
            "SMTP_HOST is set, but smtp_port, smtp_from_email is missing: no email could be sent",
        ),
        (
            vec![("SMTP_PASSWORD", "hunter2"), ("SMTP_USERNAME", "u")],
            "SMTP_USERNAME is set, but not smtp_host, smtp_port, smtp_from_email: no letter could be sent",
        ),
        (
            settings_with(&[("SMTP_USERNAME", "u")]),
            "SMTP_USERNAME is set, but not smtp_password: no letter could be sent",
        ),
        (
            settings_with(&[("SMTP_PASSWORD", "hunter2")]),
            "SMTP_PASSWORD is set, but not smtp_username: no letter could be sent",
        ),
        (
            vec![("SENDGRID_API_KEY", "SG.hunter2")],
            "SENDGRID_API_KEY is set, but not sendgrid_from_email: no letter could be sent",
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
        let found: Vec<_> = problems(&sources_with)
            .iter()
            .map(Problem::to_string)
            .collect();
        assert_eq!(found, [text], "{sources_with:?}");
    }
    // What many deployments leave set while there is no server is none.
    for idle in [
        &[("SMTP_PORT", "587"), ("SMTP_USE_TLS", "true")][..],
        &[("AGENTA_AUTHN_EMAIL_FROM", "post@acme.test")],
        &[("SMTP_HOST", ""), ("SMTP_USERNAME", "")],
    ] {
        assert!(load(idle).mail.is_none(), "{idle:?}");
    }
}

#[test]
fn smtp_takes_precedence_over_sendgrid() {
    let grid = [
        ("SENDGRID_API_KEY", "SG.x"),
        ("SENDGRID_FROM_ADDRESS", "grid@acme.test"),
    ];
    let config = load(&grid);
    let mail = config.mail.as_ref().unwrap();
    assert!(
        matches!(&mail.transport, TransportSettings::SendGrid(it) if it.url == "https://api.sendgrid.com")
    );
    assert_eq!(mail.sender.address(), "grid@acme.test");
    let both = load(&settings_with(&grid));
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
    let mut set = sources_with(&settings_with(&[("SMTP_USERNAME", "u")]));
    set.environment
        .push(("FREEHOLD_SMTP_PASSWORD_FILE".into(), file.into()));
    let config = Config::load(&set).unwrap();
    let (_, password) = smtp(&config).account.as_ref().unwrap();
    assert_eq!(secrecy::ExposeSecret::expose_secret(password), "hunter2");
}

//! Tests of the configuration: names, aliases, files, precedence and errors.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

mod email;
mod permissions;
mod refusals;
mod roles;
mod seeds;

use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use freehold_domain::{AllowedOwners, Email, PasswordLevel};
use freehold_server::config::{
    Config, ConfigSources, Database, Problem, effective_configuration,
    settings::{self, Secrecy},
    settings_table,
};
use secrecy::ExposeSecret as _;

fn sources_with(variables: &[(&str, &str)]) -> ConfigSources {
    ConfigSources {
        environment: variables
            .iter()
            .map(|(name, value)| (name.into(), value.into()))
            .collect(),
        ..ConfigSources::default()
    }
}

fn load(variables: &[(&str, &str)]) -> Config {
    Config::load(&sources_with(variables)).unwrap()
}

fn problems(variables: &[(&str, &str)]) -> Vec<Problem> {
    Config::load(&sources_with(variables)).unwrap_err().0
}

fn sources_with_file(text: &str) -> (tempfile::TempDir, ConfigSources) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("freehold.toml");
    fs::write(&file, text).unwrap();
    (
        folder,
        ConfigSources {
            file: Some(file),
            ..ConfigSources::default()
        },
    )
}

/// Returns the value that `config print` shows for a key, and its source.
fn resolved_value(config: &Config, key: &str) -> (Option<String>, String) {
    let resolved = config
        .resolved()
        .into_iter()
        .find(|resolved| resolved.key == key)
        .unwrap();
    (resolved.display_value.clone(), resolved.source.to_string())
}

#[test]
fn defaults_are_a_valid_configuration() {
    let config = load(&[]);
    assert_eq!(config.listen.to_string(), "127.0.0.1:8000");
    assert!(
        matches!(&config.database, Database::Sqlite(path) if path == Path::new("./data/freehold.db"))
    );
    assert!(config.admin_key.is_none());
    assert_eq!(config.public_urls.public, "http://localhost:8000");
    assert_eq!(config.public_urls.api, "http://localhost:8000/api");
    assert_eq!(config.public_urls.services, "http://localhost/services");
    assert!(config.seeds && config.auto_migrations);
    assert_eq!(config.sessions.access, Duration::from_secs(3600));
    assert_eq!(
        config.sessions.refresh,
        Duration::from_secs(100 * 24 * 3600)
    );
    assert_eq!(config.sign_in_limits.account, Some(10));
    assert!(config.access.owners.is_unrestricted());
    assert_eq!(config.passwords.level, PasswordLevel::Strong);
    assert!(
        config
            .cors_origins
            .iter()
            .all(|origin| !origin.contains('*'))
    );
    assert!(config.notices.is_empty());
    assert!(config.mail.is_none());
    assert_eq!(config.mail_limit_recipient, Some(10));
    assert_eq!(config.retention, freehold_app::Retention::default());
    assert_eq!(config.retention.audit_events, None);
    assert_eq!(
        config.resolved().len(),
        settings::ALL.len(),
        "every setting is read"
    );
}

#[test]
fn every_name_of_a_setting_sets_it_and_is_its_source() {
    for setting in settings::ALL {
        let value = match setting.key {
            "listen" => "0.0.0.0:9000",
            "database_url" => "postgresql+asyncpg://u:p@db:5432/core",
            "data_dir" => "/srv/freehold",
            "admin_key" => "0f4b8c1d7e2a9635b0c4d8e1f7a29365",
            "public_url" | "api_url" | "services_url" => "https://example.com/x",
            "seeds" | "auto_migrations" | "access_email_disabled" | "open_sign_up" => "off",
            "seeds_file" => seeds::EXAMPLE,
            "demos" => "[\"0190c2e8-7b1a-7000-8000-000000000001\"]",
            "log" => "debug",
            "log_format" => "json",
            "trusted_proxies" => "10.0.0.0/8",
            "cors_origins" => "https://app.example.com",
            "access_allowed_domains" | "access_blocked_domains" => "example.com",
            "access_blocked_emails" | "access_allowed_owner_emails" => "ada@example.com",
            "access_permissions" => "[]",
            "access_roles" | "access_roles_overlay" => "{}",
            "password_policy" => "basic",
            "password_regex" => "[a-z]+",
            "refresh_token_seconds" => "7200",
            "smtp_from_email" | "sendgrid_from_email" => "Acme <post@acme.test>",
            "smtp_use_tls" | "smtp_use_ssl" => "on",
            "smtp_certificates" => concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"),
            "sendgrid_url" => "https://api.eu.sendgrid.com",
            "init_admin_email" => "ada@example.com",
            "init_admin_password" => "Correct-Horse-7",
            _ => "17",
        };
        let variable = setting.variable();
        for name in [variable.as_str()].iter().chain(setting.aliases) {
            // A mailer needs its other settings.
            let mut variables = vec![(*name, value)];
            let mailer = email::COMPLETE.iter();
            let mailer = mailer.filter(|(other, _)| *other != variable);
            if setting.key.starts_with("smtp_") || setting.key.starts_with("sendgrid_") {
                variables.extend(mailer);
            }
            // So does the unattended bootstrap.
            let bootstrap = [
                ("FREEHOLD_INIT_ADMIN_EMAIL", "ada@example.com"),
                ("FREEHOLD_INIT_ORGANIZATION", "Engines"),
            ];
            if setting.key.starts_with("init_") {
                let bootstrap = bootstrap.into_iter();
                variables.extend(bootstrap.filter(|(other, _)| *other != variable));
            }
            let config = load(&variables);
            let (_, source) = resolved_value(&config, setting.key);
            assert_eq!(source, **name, "{} is read from {name}", setting.key);
        }
    }
}

#[test]
fn the_first_name_with_a_value_wins() {
    let names = [
        "AGENTA_ACCESS_ALLOWED_OWNER_EMAILS",
        "AGENTA_ACCESS_ORG_CREATION_ALLOWLIST",
    ];
    let ada = Email::parse("ada@example.com").unwrap();
    let only_ada = AllowedOwners::only([ada]);
    // (first name, second name) → allowed owners, number of notices
    for (first, second, expected, notices) in [
        (
            Some("ada@example.com"),
            Some("bob@example.com"),
            &only_ada,
            0,
        ),
        (None, Some(" ADA@example.com ,,"), &only_ada, 0),
        (Some(""), Some("ada@example.com"), &only_ada, 0),
        (Some("  "), Some("ada@example.com"), &only_ada, 0),
        (Some(" , ,"), Some("ada@example.com"), &only_ada, 1),
        (Some(","), None, &AllowedOwners::unrestricted(), 1),
        (Some(""), None, &AllowedOwners::unrestricted(), 0),
    ] {
        let variables: Vec<(&str, &str)> = names
            .into_iter()
            .zip([first, second])
            .filter_map(|(name, value)| value.map(|value| (name, value)))
            .collect();
        let config = load(&variables);
        assert_eq!(&config.access.owners, expected, "{variables:?}");
        assert_eq!(
            config.notices.len(),
            notices,
            "{variables:?}: {:?}",
            config.notices
        );
    }
}

#[test]
fn flags_win_over_the_environment_and_the_environment_over_the_file() {
    let (_folder, mut sources) =
        sources_with_file("listen = \"127.0.0.1:1\"\ndata_dir = \"a\"\nseeds = false");
    sources.environment = vec![
        ("FREEHOLD_LISTEN".into(), "127.0.0.1:2".into()),
        ("FREEHOLD_DATA_DIR".into(), "b".into()),
    ];
    sources.flags = vec![(&settings::LISTEN, "--listen", "127.0.0.1:3".to_owned())];
    let config = Config::load(&sources).unwrap();
    assert_eq!(config.listen.port(), 3);
    assert_eq!(config.data_dir, PathBuf::from("b"));
    assert!(!config.seeds);
}

#[test]
fn a_file_may_use_sections_and_lists() {
    let (_folder, sources) = sources_with_file(
        "[access]\nallowed_domains = [\"Example.com\", \"example.org\"]\n[sign_in_limit]\naccount = 0\n",
    );
    let config = Config::load(&sources).unwrap();
    assert_eq!(
        resolved_value(&config, "access_allowed_domains").0.unwrap(),
        "Example.com,example.org"
    );
    assert!(
        config
            .access
            .policy
            .check(&Email::parse("a@sub.example.org").unwrap())
            .is_ok()
    );
    assert!(
        config
            .access
            .policy
            .check(&Email::parse("a@example.net").unwrap())
            .is_err()
    );
    assert_eq!(config.sign_in_limits.account, None);
}

#[test]
fn an_empty_list_in_the_file_overrides_the_default() {
    let (_folder, sources) = sources_with_file("cors_origins = []");
    assert!(Config::load(&sources).unwrap().cors_origins.is_empty());
}

#[test]
fn unrelated_variables_are_ignored() {
    load(&[
        ("FREEHOLD_TEST_POSTGRES", "x"),
        ("FREEHOLD_BENCH_SECONDS", "x"),
        ("FREEHOLD_FAILPOINT_FILE", "x"),
        ("FREEHOLD_BIN", "x"),
        ("AGENTA_SOMETHING_NEW", "x"),
        ("PATH", "/bin"),
    ]);
}

#[test]
fn switches_are_strict_except_under_reference_names() {
    let config = load(&[("ALEMBIC_AUTO_MIGRATIONS", "nope")]);
    assert!(!config.auto_migrations);
    assert_eq!(
        config.notices,
        ["ALEMBIC_AUTO_MIGRATIONS is neither on nor off; it is treated as off"]
    );
    assert!(load(&[("AGENTA_AUTO_MIGRATIONS", " YES ")]).auto_migrations);
    assert_eq!(problems(&[("FREEHOLD_AUTO_MIGRATIONS", "nope")]).len(), 1);
}

#[test]
fn secrets_come_from_files_and_are_never_shown() {
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    fs::write(&key, "0f4b8c1d7e2a9635b0c4d8e1f7a29365\n").unwrap();
    let key = key.to_str().unwrap();
    let variables = [
        ("FREEHOLD_ADMIN_KEY_FILE", key),
        (
            "FREEHOLD_DATABASE_URL",
            "postgres://ada:hunter2@db:5432/core?password=hunter3",
        ),
    ];
    let config = load(&variables);
    assert_eq!(
        config.admin_key.as_ref().unwrap().expose_secret(),
        "0f4b8c1d7e2a9635b0c4d8e1f7a29365"
    );
    let text = effective_configuration(&config);
    assert!(text.contains("# admin_key = \"(set)\""), "{text}");
    assert!(
        text.contains("# database_url = \"postgres://db:5432/core\""),
        "{text}"
    );
    for (output, text) in [("config print", text), ("Debug", format!("{config:?}"))] {
        assert!(
            !text.contains("0f4b8c1d7e2a9635") && !text.contains("hunter"),
            "{output}: {text}"
        );
    }
    let both = problems(&[
        ("FREEHOLD_ADMIN_KEY_FILE", key),
        ("FREEHOLD_ADMIN_KEY", "x"),
    ]);
    assert!(matches!(&both[..], [Problem::SetTwice { .. }]));
    let missing = problems(&[("FREEHOLD_ADMIN_KEY_FILE", "/nowhere/key")]);
    assert!(matches!(&missing[..], [Problem::Unreadable { .. }]));
}

#[test]
fn config_print_can_be_read_back() {
    let config = load(&[
        ("FREEHOLD_SEEDS", "off"),
        ("SUPERTOKENS_PASSWORD_REGEX", r#"a"\d+"#),
    ]);
    let (_folder, sources) = sources_with_file(&effective_configuration(&config));
    let read_back = Config::load(&sources).unwrap();
    for (first, second) in config.resolved().into_iter().zip(read_back.resolved()) {
        assert_eq!(first.display_value, second.display_value, "{}", first.key);
    }
}

#[test]
fn retention_is_in_days_and_zero_is_for_ever() {
    let config = load(&[
        ("FREEHOLD_RETENTION_AUDIT_DAYS", "400"),
        ("FREEHOLD_RETENTION_EVENT_DAYS", "0"),
        ("FREEHOLD_RETENTION_DELIVERED_DAYS", "1"),
        ("FREEHOLD_RETENTION_DEAD_EMAIL_DAYS", "2"),
        ("FREEHOLD_RETENTION_INVITATION_DAYS", "3"),
        ("FREEHOLD_RETENTION_IMPORT_DAYS", "4"),
    ]);
    let days = |days: u64| Some(Duration::from_secs(days * 24 * 60 * 60));
    let expected = freehold_app::Retention {
        audit_events: days(400),
        undelivered_events: None,
        delivered: days(1),
        dead_emails: days(2),
        invitations: days(3),
        imports: days(4),
    };
    assert_eq!(config.retention, expected);
}

#[test]
fn passwords_match_the_whole_pattern() {
    let config = load(&[("SUPERTOKENS_PASSWORD_REGEX", "[a-z]+|[0-9]{4}")]);
    for (password, is_valid) in [
        ("abc", true),
        ("1234", true),
        ("abc1", false),
        ("12345", false),
    ] {
        assert_eq!(
            config.passwords.check(password).is_ok(),
            is_valid,
            "{password}"
        );
    }
}

#[test]
fn unsupported_variables_are_reported_once() {
    let config = load(&[
        ("POSTHOG_API_KEY", "x"),
        ("GOOGLE_OAUTH_CLIENT_ID", "x"),
        ("REDIS_URI", ""),
    ]);
    assert_eq!(
        config.notices,
        ["set, but not supported in this version: GOOGLE_OAUTH_CLIENT_ID, POSTHOG_API_KEY"]
    );
}

#[test]
fn configuration_docs_list_every_setting() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/CONFIGURATION.md");
    let written = fs::read_to_string(file).unwrap();
    if std::env::var_os("FREEHOLD_TEST_BLESS").is_some() {
        let (before, _) = written.split_once("| In the file |").unwrap();
        fs::write(file, format!("{before}{}", settings_table(settings::ALL))).unwrap();
        return;
    }
    assert!(
        written.ends_with(&settings_table(settings::ALL)),
        "the table has changed: FREEHOLD_TEST_BLESS=1 cargo test --workspace --test configuration"
    );
    for setting in settings::ALL {
        assert!(written.contains(&setting.variable()));
        assert!(
            setting.secrecy == Secrecy::Plain
                || written.contains(&format!("{}_FILE", setting.variable()))
        );
    }
}

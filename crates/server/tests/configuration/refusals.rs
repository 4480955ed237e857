//! Invalid settings and their error messages.

use freehold_server::config::{Config, Problem};

use super::{load, problems, sources_with_file};

#[test]
fn unknown_names_are_refused_with_the_nearest_known_one() {
    let problems_found = problems(&[("FREEHOLD_LISTN", "x"), ("FREEHOLD_ADMINKEY", "x")]);
    let texts: Vec<String> = problems_found.iter().map(ToString::to_string).collect();
    assert_eq!(
        texts,
        [
            "FREEHOLD_ADMINKEY is not a setting; did you mean FREEHOLD_ADMIN_KEY?",
            "FREEHOLD_LISTN is not a setting; did you mean FREEHOLD_LISTEN?",
        ]
    );
    let (_folder, sources) = sources_with_file("[access]\nallowd_domains = []");
    let text = Config::load(&sources).unwrap_err().to_string();
    assert!(
        text.contains(
            "`access_allowd_domains` is not a setting; did you mean access_allowed_domains?"
        ),
        "{text}"
    );
    // Only secrets have a variable with the suffix `_FILE`.
    assert!(matches!(
        problems(&[("FREEHOLD_LISTEN_FILE", "x")])[..],
        [Problem::UnknownVariable { .. }]
    ));
}

#[test]
fn a_bad_value_names_its_variable_and_what_would_be_right() {
    for (name, value, expected) in [
        (
            "FREEHOLD_LISTEN",
            "8000",
            "FREEHOLD_LISTEN: expected an address and a port, such as 127.0.0.1:8000 or [::]:8000, not `8000`",
        ),
        (
            "FREEHOLD_SEEDS",
            "flase",
            "FREEHOLD_SEEDS: expected on or off, not `flase`",
        ),
        (
            "FREEHOLD_ACCESS_TOKEN_SECONDS",
            "0",
            "FREEHOLD_ACCESS_TOKEN_SECONDS: expected a whole number of seconds, 1 or more, not `0`",
        ),
        (
            "FREEHOLD_RETENTION_AUDIT_DAYS",
            "-1",
            "FREEHOLD_RETENTION_AUDIT_DAYS: expected a whole number of days; 0 to keep them for ever, not `-1`",
        ),
        (
            "SUPERTOKENS_PASSWORD_MIN_LENGTH",
            "eight",
            "SUPERTOKENS_PASSWORD_MIN_LENGTH: expected a whole number, 1 or more, not `eight`",
        ),
        (
            "SUPERTOKENS_PASSWORD_REGEX",
            "(",
            "SUPERTOKENS_PASSWORD_REGEX: expected a regular expression, not `(`",
        ),
        (
            "FREEHOLD_TRUSTED_PROXIES",
            "10.0.0.0/33",
            "FREEHOLD_TRUSTED_PROXIES: expected a list of networks such as 10.0.0.0/8, separated by commas, not `10.0.0.0/33`",
        ),
        (
            "FREEHOLD_CORS_ORIGINS",
            "https://*.example.com",
            "FREEHOLD_CORS_ORIGINS: expected a list of origins such as https://app.example.com, separated by commas, not `https://*.example.com`",
        ),
        (
            "AGENTA_WEB_URL",
            "example.com",
            "AGENTA_WEB_URL: expected a URL that begins with http:// or https://, not `example.com`",
        ),
        (
            "POSTGRES_URI_CORE",
            "mysql://root:hunter2@db/x",
            "POSTGRES_URI_CORE: expected sqlite:PATH or postgres://USER:PASSWORD@HOST/DATABASE",
        ),
        (
            "AGENTA_BLOCKED_DOMAINS",
            "@example.com",
            "AGENTA_BLOCKED_DOMAINS: \"@example.com\" is not a domain; expected one like example.com, without @, leading dot or *",
        ),
    ] {
        let problems = problems(&[(name, value)]);
        assert_eq!(
            problems.iter().map(ToString::to_string).collect::<Vec<_>>(),
            [expected]
        );
    }
    // One start reports all problems.
    assert_eq!(
        problems(&[
            ("FREEHOLD_LISTEN", "x"),
            ("FREEHOLD_SEEDS", "x"),
            ("FREEHOLD_X", "x")
        ])
        .len(),
        3
    );
}

#[test]
fn weak_admin_keys_are_refused() {
    let repeated = "0123456789abcdef0123456789abcdef01";
    for (key, weakness) in [
        ("replace-me", "a well-known default"),
        ("Replace-Me", "a well-known default"),
        ("too-short", "shorter than 32 bytes"),
        ("0f4b8c1d7e2a9635b0c4d8e1f7a2936", "shorter than 32 bytes"),
        (repeated, "a repeated pattern"),
        (
            "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
            "a repeated pattern",
        ),
    ] {
        for url in [
            "http://localhost:8000",
            "http://127.0.0.1",
            "https://id.example.com",
        ] {
            let problems = problems(&[("AGENTA_AUTH_KEY", key), ("AGENTA_WEB_URL", url)]);
            let expected = format!(
                "AGENTA_AUTH_KEY is {weakness}: use a long random key (openssl rand -hex 32), or \
                 unset it and one is generated"
            );
            let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
            assert_eq!(texts, [expected], "{url}");
        }
    }
    // The length is counted in bytes, not in characters.
    for strong in ["0f4b8c1d7e2a9635b0c4d8e1f7a29365", "äöüßéèàçñåøæłžčř"] {
        let config = load(&[("FREEHOLD_ADMIN_KEY", strong)]);
        assert!(config.notices.is_empty());
    }
}

#[test]
fn invalid_bootstrap_settings_are_refused() {
    let ada = ("FREEHOLD_INIT_ADMIN_EMAIL", "ada@example.com");
    for (variables, expected) in [
        (
            vec![("FREEHOLD_INIT_ADMIN_EMAIL", "ada")],
            "FREEHOLD_INIT_ADMIN_EMAIL: expected an email address, not `ada`",
        ),
        (
            vec![ada, ("FREEHOLD_INIT_ADMIN_PASSWORD", "sh0rt!")],
            "FREEHOLD_INIT_ADMIN_PASSWORD: Password must be at least 8 characters",
        ),
        (
            vec![("FREEHOLD_INIT_ADMIN_PASSWORD", "Correct-Horse-7")],
            "FREEHOLD_INIT_ADMIN_PASSWORD requires FREEHOLD_INIT_ADMIN_EMAIL, which is not set",
        ),
        (
            vec![("FREEHOLD_INIT_ORGANIZATION", "Engines")],
            "FREEHOLD_INIT_ORGANIZATION requires FREEHOLD_INIT_ADMIN_EMAIL, which is not set",
        ),
        (
            vec![ada, ("FREEHOLD_INIT_KEY_FILE", "key")],
            "FREEHOLD_INIT_KEY_FILE requires FREEHOLD_INIT_ORGANIZATION, which is not set",
        ),
    ] {
        let problems = problems(&variables);
        let texts: Vec<String> = problems.iter().map(ToString::to_string).collect();
        assert_eq!(texts.len(), 1, "{texts:?}");
        assert!(texts[0].starts_with(expected), "{texts:?}");
        assert!(!texts[0].contains("sh0rt!"));
    }
    // The configured password policy applies.
    let config = load(&[
        ada,
        ("FREEHOLD_INIT_ADMIN_PASSWORD", "sh0rt!"),
        ("FREEHOLD_PASSWORD_POLICY", "none"),
        ("FREEHOLD_INIT_ORGANIZATION", "Engines"),
        ("FREEHOLD_INIT_KEY_FILE", "key"),
    ]);
    let account = config.bootstrap.account.unwrap();
    assert_eq!(account.email.as_str(), "ada@example.com");
}

#[test]
fn syntax_errors_name_the_line_without_its_text() {
    let (_folder, sources) = sources_with_file("listen = \"127.0.0.1:1\"\nadmin_key = \"hunter2");
    let text = Config::load(&sources).unwrap_err().to_string();
    assert!(
        text.contains("line 2") && !text.contains("hunter2"),
        "{text}"
    );
}

#[test]
fn contradicting_settings_are_refused() {
    let lengths = [
        ("SUPERTOKENS_PASSWORD_MIN_LENGTH", "9"),
        ("SUPERTOKENS_PASSWORD_MAX_LENGTH", "8"),
    ];
    assert_eq!(
        problems(&lengths),
        [Problem::PasswordLengths {
            minimum: 9,
            maximum: 8
        }]
    );
    assert_eq!(
        problems(&[("FREEHOLD_REFRESH_TOKEN_SECONDS", "60")]),
        [Problem::TokenLifetimes {
            refresh: 60,
            access: 3600
        }]
    );
    assert!(matches!(
        &problems(&[("SUPERTOKENS_EMAIL_DISABLED", "true")])[..],
        [Problem::NoSignInMethod { .. }]
    ));
}

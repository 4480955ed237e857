//! The sections of the configuration: how they are read, and the rules between
//! their values.

use std::{net::SocketAddr, num::NonZeroUsize, path::PathBuf, sync::Arc, time::Duration};

use freehold_app::Retention;
use freehold_domain::{AccessPolicy, AllowedOwners, Email, PasswordPattern, PasswordPolicy};
use secrecy::{ExposeSecret, SecretString};
use tracing_subscriber::EnvFilter;
use url::Url;

use super::{
    problem::Problem,
    reader::Reader,
    settings::*,
    values::{self, LogFormat, weakness},
};

/// The database.
#[derive(Debug)]
pub enum Database {
    /// Path of an SQLite file.
    Sqlite(PathBuf),
    /// URL of a PostgreSQL server; it may contain a password.
    Postgres(SecretString),
}

/// URLs of the deployment, without a slash at the end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicUrls {
    /// The web application.
    pub public: String,
    /// The API.
    pub api: String,
    /// The services that run evaluators.
    pub services: String,
}

/// Filter and format of log lines.
#[derive(Debug, Clone)]
pub struct Log {
    /// A filter in the syntax of `tracing-subscriber`.
    pub filter: String,
    /// Format of log lines.
    pub format: LogFormat,
}

/// Lifetimes of sessions and tokens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sessions {
    /// Lifetime of an access token.
    pub access: Duration,
    /// Lifetime of an unused session.
    pub refresh: Duration,
    /// How long a replaced refresh token is still accepted.
    pub grace: Duration,
}

/// Maximum number of failed sign-ins within the window; `None` for no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignInLimits {
    /// For one account.
    pub account: Option<u32>,
    /// From one network address.
    pub address: Option<u32>,
    /// Length of the window.
    pub window: Duration,
}

/// Numbers of PostgreSQL connections.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PostgresConnections {
    /// Connections shared by all reads.
    pub readers: NonZeroUsize,
    /// Connections for transactions, each used by one command at a time.
    pub writers: NonZeroUsize,
}

/// Which users may sign up, sign in, and create organizations.
#[derive(Debug, Clone)]
pub struct Access {
    /// Users who may sign up and sign in.
    pub policy: AccessPolicy,
    /// Users who may create organizations.
    pub owners: AllowedOwners,
    /// Whether users may sign up without an invitation.
    pub open_sign_up: bool,
}

impl std::fmt::Display for Database {
    /// Leaves out user, password and parameters.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(url) => {
                let url = url.expose_secret();
                let rest = url.split_once("://").map_or("", |(_, rest)| rest);
                let host = rest.split(['?', '#']).next().unwrap_or_default();
                let host = host.rsplit_once('@').map_or(host, |(_, host)| host);
                write!(f, "postgres://{host}")
            }
        }
    }
}

/// Parses `sqlite:PATH` or the URL of a PostgreSQL server, with or without the
/// driver suffix (`+asyncpg`) of the reference API's variable.
pub(super) fn database(text: &str) -> Option<Database> {
    if let Some(path) = text.strip_prefix("sqlite:") {
        let path = path.strip_prefix("//").unwrap_or(path);
        return (!path.is_empty()).then(|| Database::Sqlite(PathBuf::from(path)));
    }
    let (scheme, rest) = text.split_once("://")?;
    let scheme = scheme
        .split_once('+')
        .map_or(scheme, |(scheme, _driver)| scheme);
    (matches!(scheme, "postgres" | "postgresql") && !rest.is_empty())
        .then(|| Database::Postgres(format!("postgres://{rest}").into()))
}

pub(super) fn read_public_urls(r: &mut Reader, listen: SocketAddr) -> PublicUrls {
    let url = |text: &str| values::web_url(text).map(|url| without_slash(&url));
    let show = |text: &String| Some(text.clone());
    let public = r.read_or_derive(
        &PUBLIC_URL,
        url,
        || match listen.port() {
            80 => "http://localhost".to_owned(),
            port => format!("http://localhost:{port}"),
        },
        show,
    );
    let api = r.read_or_derive(&API_URL, url, || format!("{public}/api"), show);
    let services = r.read_or_default(&SERVICES_URL, url);
    PublicUrls {
        public,
        api,
        services,
    }
}

fn without_slash(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

/// Refuses weak keys, even if the server listens on localhost only: such a
/// configuration is often copied to a public server later.
pub(super) fn check_admin_key(r: &mut Reader, key: Option<&SecretString>) {
    let key = key.map(ExposeSecret::expose_secret);
    if let Some(weakness) = key.and_then(weakness) {
        let name = r.source(&ADMIN_KEY).name(&ADMIN_KEY);
        r.add_problem(Problem::WeakAdminKey { name, weakness });
    }
}

pub(super) fn read_log(r: &mut Reader) -> Log {
    let filter = r.read_or_default(&LOG, |text| {
        EnvFilter::builder()
            .parse(text)
            .ok()
            .map(|_filter| text.to_owned())
    });
    let format = r.read_or_derive(
        &LOG_FORMAT,
        values::log_format,
        || match std::io::IsTerminal::is_terminal(&std::io::stderr()) {
            true => LogFormat::Pretty,
            false => LogFormat::Json,
        },
        |format| Some(format!("{format:?}").to_lowercase()),
    );
    Log { filter, format }
}

pub(super) fn read_sessions(r: &mut Reader) -> Sessions {
    let access = seconds(r, &ACCESS_TOKEN_SECONDS, 1);
    let refresh = seconds(r, &REFRESH_TOKEN_SECONDS, 1);
    if refresh < access {
        let whole = |duration: Duration| u32::try_from(duration.as_secs()).unwrap_or(u32::MAX);
        r.add_problem(Problem::TokenLifetimes {
            refresh: whole(refresh),
            access: whole(access),
        });
    }
    Sessions {
        access,
        refresh,
        grace: seconds(r, &REFRESH_GRACE_SECONDS, 0),
    }
}

pub(super) fn read_access(r: &mut Reader) -> Access {
    let mut list = |setting| r.read_or_default(setting, |text| Some(values::list(text)));
    let allowed = list(&ALLOWED_DOMAINS);
    let blocked = list(&BLOCKED_DOMAINS);
    let emails = list(&BLOCKED_EMAILS);
    let owners = list(&ALLOWED_OWNER_EMAILS);

    // Each list is checked alone first, so that the problem names the right list.
    let empty = [""; 0];
    for (setting, policy) in [
        (&ALLOWED_DOMAINS, AccessPolicy::new(&allowed, empty, empty)),
        (&BLOCKED_DOMAINS, AccessPolicy::new(empty, &blocked, empty)),
        (&BLOCKED_EMAILS, AccessPolicy::new(empty, empty, &emails)),
    ] {
        if let Err(error) = policy {
            let name = r.source(setting).name(setting);
            r.add_problem(Problem::InvalidItem {
                name,
                reason: error.to_string(),
            });
        }
    }
    let policy = AccessPolicy::new(&allowed, &blocked, &emails).unwrap_or_default();
    Access {
        policy,
        owners: read_owners(r, &owners),
        open_sign_up: r.switch(&OPEN_SIGN_UP),
    }
}

fn read_owners(r: &mut Reader, list: &[String]) -> AllowedOwners {
    let mut owners = Vec::new();
    for item in list {
        match Email::parse(item) {
            Ok(email) => owners.push(email),
            Err(error) => {
                let name = r.source(&ALLOWED_OWNER_EMAILS).name(&ALLOWED_OWNER_EMAILS);
                r.add_problem(Problem::InvalidItem {
                    name,
                    reason: format!("{item:?}: {error}"),
                });
            }
        }
    }
    if list.is_empty() {
        AllowedOwners::unrestricted()
    } else {
        AllowedOwners::only(owners)
    }
}

pub(super) fn read_passwords(r: &mut Reader) -> PasswordPolicy {
    let level = r.read_or_default(&PASSWORD_POLICY, values::password_level);
    let min_length = r.read_or_default(&PASSWORD_MIN_LENGTH, length);
    let max_length = r.read_or_derive(
        &PASSWORD_MAX_LENGTH,
        |text| length(text).map(Some),
        || None,
        |maximum| maximum.map(|maximum| maximum.to_string()),
    );
    let pattern = r.read_or_derive(
        &PASSWORD_REGEX,
        |text| {
            values::anchored_regex(text)
                .ok()
                .map(|regex| Some((text.to_owned(), regex)))
        },
        || None,
        |pattern| pattern.as_ref().map(|(text, _)| text.clone()),
    );
    if let Some(maximum) = max_length.filter(|maximum| *maximum < min_length) {
        r.add_problem(Problem::PasswordLengths {
            minimum: min_length,
            maximum,
        });
    }
    let pattern = pattern.map(|(_, regex)| -> PasswordPattern {
        Arc::new(move |password: &str| regex.is_match(password))
    });
    PasswordPolicy {
        level,
        min_length,
        max_length,
        pattern,
    }
}

fn length(text: &str) -> Option<usize> {
    count(text).map(NonZeroUsize::get)
}

pub(super) fn count(text: &str) -> Option<NonZeroUsize> {
    text.parse().ok()
}

pub(super) fn limit(r: &mut Reader, setting: &'static Setting) -> Option<u32> {
    Some(r.read_or_default(setting, |text| values::number(text, 0))).filter(|limit| *limit > 0)
}

pub(super) fn seconds(r: &mut Reader, setting: &'static Setting, minimum: u32) -> Duration {
    let seconds = r.read_or_default(setting, |text| values::number(text, minimum));
    Duration::from_secs(seconds.into())
}

pub(super) fn read_retention(r: &mut Reader) -> Retention {
    let mut days = |setting| {
        let days = r.read_or_default(setting, |text| values::number(text, 0));
        (days > 0).then(|| Duration::from_secs(u64::from(days) * 24 * 60 * 60))
    };
    Retention {
        audit_events: days(&RETENTION_AUDIT_DAYS),
        undelivered_events: days(&RETENTION_EVENT_DAYS),
        delivered: days(&RETENTION_DELIVERED_DAYS),
        dead_emails: days(&RETENTION_DEAD_EMAIL_DAYS),
        invitations: days(&RETENTION_INVITATION_DAYS),
        imports: days(&RETENTION_IMPORT_DAYS),
    }
}

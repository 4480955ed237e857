//! The configuration: one tree of types, read once at start and passed to
//! whoever needs a part of it. What is in it has been checked; nobody behind
//! it checks again.
//!
//! Names and defaults are in [`names`], the order of sources in [`sources`],
//! the shape of single values in [`values`]. Here is how they fit together.

pub mod names;
pub mod problem;
mod reader;
mod show;
pub mod sources;
pub mod values;

use std::{net::SocketAddr, num::NonZeroUsize, path::PathBuf, time::Duration};

use ipnet::IpNet;
use regex::Regex;
use secrecy::{ExposeSecret, SecretString};
use tracing_subscriber::EnvFilter;
use url::Url;

pub use problem::{Problem, Problems};
pub use reader::Settled;
pub use show::{document, printed};
pub use sources::{Origin, Sources};
pub use values::{LogFormat, PasswordPolicy};

use names::*;
use reader::Reader;

/// Everything that can be set, as it was settled.
#[derive(Debug)]
pub struct Config {
    /// Where to listen.
    pub listen: SocketAddr,
    /// Where the files of this server live.
    pub data_dir: PathBuf,
    /// Which database.
    pub database: Database,
    /// The admin key, when somebody chose one. Otherwise see
    /// [`crate::admin_key`].
    pub admin_key: Option<SecretString>,
    /// Under which addresses others know this server.
    pub addresses: Addresses,
    /// Whether new projects get default content.
    pub seeds: bool,
    /// What is logged, and how.
    pub log: Log,
    /// How long sessions last.
    pub sessions: Sessions,
    /// How many failed sign-ins are too many.
    pub sign_in_limits: SignInLimits,
    /// Whose word about a caller's address counts.
    pub trusted_proxies: Vec<IpNet>,
    /// Pages of other origins that may call with credentials.
    pub cors_origins: Vec<String>,
    /// Passwords hashed at once.
    pub hashing_threads: NonZeroUsize,
    /// Whether `serve` migrates first.
    pub auto_migrations: bool,
    /// How many connections PostgreSQL gets.
    pub postgres: PostgresConnections,
    /// Who may come in, and who may found organizations.
    pub access: Access,
    /// What a new password has to be like.
    pub passwords: Passwords,
    /// What the operator should hear at the start.
    pub notices: Vec<String>,
    settled: Vec<Settled>,
}

/// Which database.
#[derive(Debug)]
pub enum Database {
    /// A file of our own.
    Sqlite(PathBuf),
    /// A server; the address may hold a password.
    Postgres(SecretString),
}

/// Under which addresses others know this server; none ends in a slash.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Addresses {
    /// The web application.
    pub public: String,
    /// The API.
    pub api: String,
    /// The evaluators' services.
    pub services: String,
}

/// What is logged, and how.
#[derive(Debug, Clone)]
pub struct Log {
    /// A filter that `tracing-subscriber` understands.
    pub filter: String,
    /// How lines look.
    pub format: LogFormat,
}

/// How long sessions last.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sessions {
    /// Until an access token has to be refreshed.
    pub access: Duration,
    /// Until an unused session ends.
    pub refresh: Duration,
    /// How long a replaced refresh token is still taken.
    pub grace: Duration,
}

/// How many failed sign-ins within the window are too many; `None` for no limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SignInLimits {
    /// For one account.
    pub account: Option<u32>,
    /// From one network address.
    pub address: Option<u32>,
    /// Over which time they are counted.
    pub window: Duration,
}

/// How many connections PostgreSQL gets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PostgresConnections {
    /// Shared by all reads.
    pub readers: NonZeroUsize,
    /// One command each.
    pub writers: NonZeroUsize,
}

/// Who may come in, and who may found organizations. All in lower case.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Access {
    /// When not empty, only these domains and their subdomains.
    pub allowed_domains: Vec<String>,
    /// Not these.
    pub blocked_domains: Vec<String>,
    /// Nor these people.
    pub blocked_emails: Vec<String>,
    /// When not empty, only they found organizations.
    pub allowed_owner_emails: Vec<String>,
}

/// What a new password has to be like.
#[derive(Debug, Clone)]
pub struct Passwords {
    /// Which kinds of characters.
    pub policy: PasswordPolicy,
    /// Fewest characters.
    pub least: u32,
    /// Most characters.
    pub most: Option<u32>,
    /// Matches a good password from beginning to end; replaces the rest.
    pub pattern: Option<Regex>,
}

/// What an admin key has to be at least.
const ADMIN_KEY_LENGTH: usize = 32;
/// The reference's default, which everybody knows.
const KNOWN_ADMIN_KEY: &str = "replace-me";

impl Config {
    /// Reads and checks all sources.
    ///
    /// # Errors
    /// Everything that is wrong, not only the first thing.
    pub fn load(sources: &Sources) -> Result<Self, Problems> {
        let mut reader = Reader::new(sources.gather());
        let r = &mut reader;

        let listen = r.text_or_default(&LISTEN, values::listen);
        let data_dir = r.text_or_default(&DATA_DIR, |text| Some(PathBuf::from(text)));
        let database = r.or_else(
            &DATABASE_URL,
            database,
            || Database::Sqlite(data_dir.join("freehold.db")),
            |database| Some(database.to_string()),
        );
        let admin_key = r.or_else(
            &ADMIN_KEY,
            |text| Some(Some(SecretString::from(text))),
            || None,
            |_| None,
        );
        let addresses = read_addresses(r, listen);
        refuse_weak_admin_key(r, admin_key.as_ref(), &addresses.public);
        let log = read_log(r);
        let config = Self {
            listen,
            data_dir,
            database,
            admin_key,
            addresses,
            seeds: r.switch(&SEEDS),
            log,
            sessions: read_sessions(r),
            sign_in_limits: SignInLimits {
                account: limit(r, &SIGN_IN_LIMIT_ACCOUNT),
                address: limit(r, &SIGN_IN_LIMIT_ADDRESS),
                window: seconds(r, &SIGN_IN_LIMIT_WINDOW_SECONDS, 1),
            },
            trusted_proxies: r.text_or_default(&TRUSTED_PROXIES, values::networks),
            cors_origins: r.text_or_default(&CORS_ORIGINS, values::origins),
            hashing_threads: r.or_else(
                &HASHING_THREADS,
                count,
                || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
                |threads| Some(threads.to_string()),
            ),
            auto_migrations: r.switch(&AUTO_MIGRATIONS),
            postgres: PostgresConnections {
                readers: r.text_or_default(&POSTGRES_READERS, count),
                writers: r.text_or_default(&POSTGRES_WRITERS, count),
            },
            access: read_access(r),
            passwords: read_passwords(r),
            notices: Vec::new(),
            settled: Vec::new(),
        };
        if r.switch(&EMAIL_DISABLED) {
            let name = r.origin(&EMAIL_DISABLED).name(&EMAIL_DISABLED);
            r.problem(Problem::NoSignIn { name });
        }
        let (settled, notices) = reader.finish().map_err(Problems)?;
        Ok(Self { notices, settled, ..config })
    }

    /// Every setting as it was settled, in the order of the table.
    #[must_use]
    pub fn settled(&self) -> Vec<&Settled> {
        names::ALL
            .iter()
            .filter_map(|setting| self.settled.iter().find(|settled| settled.key == setting.key))
            .collect()
    }
}

impl std::fmt::Display for Database {
    /// Without user, password and parameters.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite:{}", path.display()),
            Self::Postgres(url) => {
                let url = url.expose_secret();
                let rest = url.split_once("://").map_or("", |(_, rest)| rest);
                let place = rest.split(['?', '#']).next().unwrap_or_default();
                let place = place.rsplit_once('@').map_or(place, |(_, place)| place);
                write!(f, "postgres://{place}")
            }
        }
    }
}

/// Understands `sqlite:PATH` and the address of a PostgreSQL, with or without
/// the driver's name that the reference puts into it.
fn database(text: &str) -> Option<Database> {
    if let Some(path) = text.strip_prefix("sqlite:") {
        let path = path.strip_prefix("//").unwrap_or(path);
        return (!path.is_empty()).then(|| Database::Sqlite(PathBuf::from(path)));
    }
    let (scheme, rest) = text.split_once("://")?;
    let scheme = scheme.split_once('+').map_or(scheme, |(scheme, _driver)| scheme);
    (matches!(scheme, "postgres" | "postgresql") && !rest.is_empty())
        .then(|| Database::Postgres(format!("postgres://{rest}").into()))
}

fn read_addresses(r: &mut Reader, listen: SocketAddr) -> Addresses {
    let address = |text: &str| values::web_address(text).map(|url| without_slash(&url));
    let shown = |text: &String| Some(text.clone());
    let public = r.or_else(
        &PUBLIC_URL,
        address,
        || match listen.port() {
            80 => "http://localhost".to_owned(),
            port => format!("http://localhost:{port}"),
        },
        shown,
    );
    let api = r.or_else(&API_URL, address, || format!("{public}/api"), shown);
    let services = r.text_or_default(&SERVICES_URL, address);
    Addresses { public, api, services }
}

fn without_slash(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

fn refuse_weak_admin_key(r: &mut Reader, key: Option<&SecretString>, public_url: &str) {
    let Some(key) = key.map(ExposeSecret::expose_secret) else { return };
    let weakness = match key {
        KNOWN_ADMIN_KEY => "the default that everybody knows",
        short if short.len() < ADMIN_KEY_LENGTH => "shorter than 32 characters",
        _ => return,
    };
    let name = r.origin(&ADMIN_KEY).name(&ADMIN_KEY);
    if is_this_machine(public_url) {
        r.note(format!("{name} is {weakness}: good enough for this machine alone"));
    } else {
        r.problem(Problem::WeakAdminKey { name, weakness, public_url: public_url.to_owned() });
    }
}

/// Whether an address leads nowhere but here.
fn is_this_machine(address: &str) -> bool {
    match Url::parse(address).ok().as_ref().and_then(Url::host) {
        Some(url::Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(url::Host::Ipv4(ip)) => ip.is_loopback(),
        Some(url::Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    }
}

fn read_log(r: &mut Reader) -> Log {
    let filter = r.text_or_default(&LOG, |text| {
        EnvFilter::builder().parse(text).ok().map(|_filter| text.to_owned())
    });
    let format = r.or_else(
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

fn read_sessions(r: &mut Reader) -> Sessions {
    let access = seconds(r, &ACCESS_TOKEN_SECONDS, 1);
    let refresh = seconds(r, &REFRESH_TOKEN_SECONDS, 1);
    if refresh < access {
        let whole = |duration: Duration| u32::try_from(duration.as_secs()).unwrap_or(u32::MAX);
        r.problem(Problem::TokenLifetimes { refresh: whole(refresh), access: whole(access) });
    }
    Sessions { access, refresh, grace: seconds(r, &REFRESH_GRACE_SECONDS, 0) }
}

fn read_access(r: &mut Reader) -> Access {
    let mut list = |setting| r.text_or_default(setting, |text| Some(values::list(text)));
    Access {
        allowed_domains: list(&ALLOWED_DOMAINS),
        blocked_domains: list(&BLOCKED_DOMAINS),
        blocked_emails: list(&BLOCKED_EMAILS),
        allowed_owner_emails: list(&ALLOWED_OWNER_EMAILS),
    }
}

fn read_passwords(r: &mut Reader) -> Passwords {
    let policy = r.text_or_default(&PASSWORD_POLICY, values::password_policy);
    let least = r.text_or_default(&PASSWORD_MIN_LENGTH, |text| values::number(text, 1));
    let most = r.or_else(
        &PASSWORD_MAX_LENGTH,
        |text| values::number(text, 1).map(Some),
        || None,
        |most| most.map(|most| most.to_string()),
    );
    let pattern = r.or_else(
        &PASSWORD_REGEX,
        |text| values::whole_match(text).ok().map(Some),
        || None,
        |pattern| pattern.as_ref().map(Regex::to_string),
    );
    if let Some(most) = most.filter(|most| *most < least) {
        r.problem(Problem::PasswordLengths { least, most });
    }
    Passwords { policy, least, most, pattern }
}

fn count(text: &str) -> Option<NonZeroUsize> {
    text.parse().ok()
}

fn limit(r: &mut Reader, setting: &'static Setting) -> Option<u32> {
    Some(r.text_or_default(setting, |text| values::number(text, 0))).filter(|limit| *limit > 0)
}

fn seconds(r: &mut Reader, setting: &'static Setting, least: u32) -> Duration {
    let seconds = r.text_or_default(setting, |text| values::number(text, least));
    Duration::from_secs(seconds.into())
}

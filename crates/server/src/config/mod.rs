//! The configuration: one tree of types, read once at start and passed to
//! whoever needs a part of it. What is in it has been checked; nobody behind
//! it checks again.
//!
//! Names and defaults are in [`names`], the order of sources in [`sources`],
//! the shape of single values in [`values`], how they fit together in
//! `assemble`.

mod assemble;
mod first_start;
mod mail;
pub mod names;
pub mod problem;
mod reader;
mod roles;
mod seeds;
mod show;
pub mod sources;
pub mod values;

use std::{net::SocketAddr, num::NonZeroUsize, path::PathBuf, time::Duration};

use freehold_domain::{
    AccessPolicy, AllowedOwners, Id, PasswordPolicy, Project, RoleCatalog, SeedCatalog,
};
use ipnet::IpNet;
use secrecy::{ExposeSecret, SecretString};

pub use first_start::{FirstAdmin, FirstStart};
pub use mail::Mail;
pub use problem::{Problem, Problems};
pub use reader::Settled;
pub use show::{document, printed};
pub use sources::{Origin, Sources};
pub use values::LogFormat;

use assemble::*;
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
    /// Whether new projects start with anything.
    pub seeds: bool,
    /// What new projects start with.
    pub seed_catalog: SeedCatalog,
    /// Projects that every new user may look at.
    pub demos: Vec<Id<Project>>,
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
    /// Which roles there are and what each may do.
    pub roles: RoleCatalog,
    /// How many people one organization may invite within a day.
    pub invitation_limit: Option<u32>,
    /// What a new password has to be like.
    pub passwords: PasswordPolicy,
    /// What a new deployment begins with.
    pub first_start: FirstStart,
    /// How letters leave; nothing when links are handed out instead.
    pub mail: Option<Mail>,
    /// How many letters that others cause go to one address within an hour.
    pub letters_per_recipient: Option<u32>,
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

/// Who may come in, and who may found organizations.
#[derive(Debug, Clone)]
pub struct Access {
    /// Who may sign up and sign in.
    pub policy: AccessPolicy,
    /// Who may found organizations.
    pub owners: AllowedOwners,
    /// Whether anybody may sign up, invited or not.
    pub open_sign_up: bool,
}

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
        refuse_weak_admin_key(r, admin_key.as_ref());
        let log = read_log(r);
        let passwords = read_passwords(r);
        let config = Self {
            listen,
            data_dir,
            database,
            admin_key,
            addresses,
            seeds: r.switch(&SEEDS),
            seed_catalog: seeds::read_catalog(r),
            demos: r.text_or_default(&DEMOS, values::projects),
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
            roles: roles::read_roles(r),
            invitation_limit: limit(r, &INVITATION_LIMIT),
            first_start: first_start::read_first_start(r, &passwords),
            passwords,
            mail: mail::read_mail(r),
            letters_per_recipient: limit(r, &MAIL_LIMIT_RECIPIENT),
            notices: Vec::new(),
            settled: Vec::new(),
        };
        if r.switch(&EMAIL_DISABLED) {
            let name = r.origin(&EMAIL_DISABLED).name(&EMAIL_DISABLED);
            r.problem(Problem::NoSignIn { name });
        }
        let (settled, notices) = reader.finish().map_err(Problems)?;
        Ok(Self {
            notices,
            settled,
            ..config
        })
    }

    /// Whether somebody chose this setting's value.
    #[must_use]
    pub fn is_set(&self, setting: &Setting) -> bool {
        self.settled
            .iter()
            .any(|settled| settled.key == setting.key && settled.origin != Origin::Default)
    }

    /// Every setting as it was settled, in the order of the table.
    #[must_use]
    pub fn settled(&self) -> Vec<&Settled> {
        names::ALL
            .iter()
            .filter_map(|setting| {
                self.settled
                    .iter()
                    .find(|settled| settled.key == setting.key)
            })
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

//! The configuration as a whole, and how it is read from its sources.

use std::{net::SocketAddr, num::NonZeroUsize, path::PathBuf};

use freehold_domain::{Id, PasswordPolicy, Project, RoleCatalog, SeedCatalog};
use ipnet::IpNet;
use secrecy::SecretString;

use super::{
    bootstrap::{self, BootstrapSettings},
    email::{self, EmailSettings},
    problem::{Problem, Problems},
    reader::{Reader, ResolvedSetting},
    roles,
    sections::*,
    seeds,
    settings::{self, *},
    sources::{ConfigSources, SettingSource},
    values,
};

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
    /// [`crate::startup::admin_key`].
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
    pub bootstrap: BootstrapSettings,
    /// How letters leave; nothing when links are handed out instead.
    pub mail: Option<EmailSettings>,
    /// How many letters that others cause go to one address within an hour.
    pub emails_per_recipient_per_hour: Option<u32>,
    /// What the operator should hear at the start.
    pub notices: Vec<String>,
    resolved: Vec<ResolvedSetting>,
}

impl Config {
    /// Reads and checks all sources.
    ///
    /// # Errors
    /// Everything that is wrong, not only the first thing.
    pub fn load(sources: &ConfigSources) -> Result<Self, Problems> {
        let mut reader = Reader::new(sources.read_all());
        let r = &mut reader;

        let listen = r.read_or_default(&LISTEN, values::listen);
        let data_dir = r.read_or_default(&DATA_DIR, |text| Some(PathBuf::from(text)));
        let database = r.read_or_derive(
            &DATABASE_URL,
            database,
            || Database::Sqlite(data_dir.join("freehold.db")),
            |database| Some(database.to_string()),
        );
        let admin_key = r.read_or_derive(
            &ADMIN_KEY,
            |text| Some(Some(SecretString::from(text))),
            || None,
            |_| None,
        );
        let addresses = read_addresses(r, listen);
        check_admin_key(r, admin_key.as_ref());
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
            demos: r.read_or_default(&DEMOS, values::projects),
            log,
            sessions: read_sessions(r),
            sign_in_limits: SignInLimits {
                account: limit(r, &SIGN_IN_LIMIT_ACCOUNT),
                address: limit(r, &SIGN_IN_LIMIT_ADDRESS),
                window: seconds(r, &SIGN_IN_LIMIT_WINDOW_SECONDS, 1),
            },
            trusted_proxies: r.read_or_default(&TRUSTED_PROXIES, values::networks),
            cors_origins: r.read_or_default(&CORS_ORIGINS, values::origins),
            hashing_threads: r.read_or_derive(
                &HASHING_THREADS,
                count,
                || std::thread::available_parallelism().unwrap_or(NonZeroUsize::MIN),
                |threads| Some(threads.to_string()),
            ),
            auto_migrations: r.switch(&AUTO_MIGRATIONS),
            postgres: PostgresConnections {
                readers: r.read_or_default(&POSTGRES_READERS, count),
                writers: r.read_or_default(&POSTGRES_WRITERS, count),
            },
            access: read_access(r),
            roles: roles::read_roles(r),
            invitation_limit: limit(r, &INVITATION_LIMIT),
            bootstrap: bootstrap::read_bootstrap(r, &passwords),
            passwords,
            mail: email::read_email(r),
            emails_per_recipient_per_hour: limit(r, &MAIL_LIMIT_RECIPIENT),
            notices: Vec::new(),
            resolved: Vec::new(),
        };
        if r.switch(&EMAIL_DISABLED) {
            let name = r.source(&EMAIL_DISABLED).name(&EMAIL_DISABLED);
            r.add_problem(Problem::NoSignInMethod { name });
        }
        let (resolved, notices) = reader.finish().map_err(Problems)?;
        Ok(Self {
            notices,
            resolved,
            ..config
        })
    }

    /// Whether somebody chose this setting's value.
    #[must_use]
    pub fn is_set(&self, setting: &Setting) -> bool {
        self.resolved.iter().any(|resolved| {
            resolved.key == setting.key && resolved.source != SettingSource::Default
        })
    }

    /// Every setting as it was settled, in the order of the table.
    #[must_use]
    pub fn resolved(&self) -> Vec<&ResolvedSetting> {
        settings::ALL
            .iter()
            .filter_map(|setting| {
                self.resolved
                    .iter()
                    .find(|resolved| resolved.key == setting.key)
            })
            .collect()
    }
}

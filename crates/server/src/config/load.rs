//! The configuration as a whole, and how it is read from its sources.

use std::{net::SocketAddr, num::NonZeroUsize, path::PathBuf};

use freehold_app::Extensions;
use freehold_app::Retention;
use freehold_domain::{Id, PasswordPolicy, Project, RoleCatalog, SeedCatalog};
use ipnet::IpNet;
use secrecy::SecretString;

use super::{
    bootstrap::{self, BootstrapSettings},
    email::{self, EmailSettings},
    features,
    problem::{Problem, Problems},
    reader::{Reader, ResolvedSetting},
    roles,
    sections::*,
    seeds,
    settings::{self, *},
    sources::{ConfigSources, SettingSource},
    values,
};
use crate::edition::Edition;

/// The effective configuration.
#[derive(Debug)]
pub struct Config {
    /// Address and port to listen on.
    pub listen: SocketAddr,
    /// Directory of the files of this server.
    pub data_dir: PathBuf,
    /// The database.
    pub database: Database,
    /// The configured admin key. If there is none, see
    /// [`crate::startup::admin_key`].
    pub admin_key: Option<SecretString>,
    /// Public URLs of this deployment.
    pub public_urls: PublicUrls,
    /// Whether new projects get initial content.
    pub seeds: bool,
    /// The initial content of new projects.
    pub seed_catalog: SeedCatalog,
    /// Demo projects, which every new user can view.
    pub demos: Vec<Id<Project>>,
    /// Filter and format of log lines.
    pub log: Log,
    /// Lifetimes of sessions and tokens.
    pub sessions: Sessions,
    /// Limits of failed sign-ins.
    pub sign_in_limits: SignInLimits,
    /// Proxies whose `X-Forwarded-For` header is trusted.
    pub trusted_proxies: Vec<IpNet>,
    /// Other origins that may call the API with credentials.
    pub cors_origins: Vec<String>,
    /// Number of passwords hashed concurrently.
    pub hashing_threads: NonZeroUsize,
    /// Whether `serve` applies pending migrations.
    pub auto_migrations: bool,
    /// Numbers of PostgreSQL connections.
    pub postgres: PostgresConnections,
    /// Which users may sign up, sign in, and create organizations.
    pub access: Access,
    /// The roles and the permissions that exist.
    pub roles: RoleCatalog,
    /// Invitations that one organization may send within a day; `None` for no limit.
    pub invitation_limit: Option<u32>,
    /// Requirements for new passwords.
    pub passwords: PasswordPolicy,
    /// What the unattended bootstrap creates.
    pub bootstrap: BootstrapSettings,
    /// How emails are sent; `None` if links are returned to the caller instead.
    pub mail: Option<EmailSettings>,
    /// Emails to one address within an hour that other users cause; `None` for no
    /// limit.
    pub mail_limit_recipient: Option<u32>,
    /// How long rows are kept that are not needed any more.
    pub retention: Retention,
    /// The extensions of the edition, built from their settings.
    pub extensions: Extensions,
    /// The edition.
    pub edition: Edition,
    /// Notices for the operator, printed at the start.
    pub notices: Vec<String>,
    resolved: Vec<ResolvedSetting>,
}

impl Config {
    /// Reads and checks all sources.
    ///
    /// # Errors
    /// All problems, not only the first one.
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
        let public_urls = read_public_urls(r, listen);
        check_admin_key(r, admin_key.as_ref());
        let log = read_log(r);
        let passwords = read_passwords(r);
        let extensions = features::read_extensions(r, sources.edition);
        let config = Self {
            listen,
            data_dir,
            database,
            admin_key,
            public_urls,
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
            roles: roles::read_roles(r, &extensions),
            invitation_limit: limit(r, &INVITATION_LIMIT),
            bootstrap: bootstrap::read_bootstrap(r, &passwords),
            passwords,
            mail: email::read_email(r),
            mail_limit_recipient: limit(r, &MAIL_LIMIT_RECIPIENT),
            retention: read_retention(r),
            extensions,
            edition: sources.edition,
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

    /// Whether this setting has a value other than its default.
    #[must_use]
    pub fn is_set(&self, setting: &Setting) -> bool {
        self.resolved.iter().any(|resolved| {
            resolved.key == setting.key && resolved.source != SettingSource::Default
        })
    }

    /// Every setting with its effective value, in the order of the table.
    #[must_use]
    pub fn resolved(&self) -> Vec<&ResolvedSetting> {
        let settings = settings::ALL.iter().chain(self.edition.settings());
        settings
            .filter_map(|setting| {
                self.resolved
                    .iter()
                    .find(|resolved| resolved.key == setting.key)
            })
            .collect()
    }
}

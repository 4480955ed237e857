//! The settings of the application.

use std::time::Duration;

use freehold_domain::{
    AccessPolicy, AllowedOwners, Id, PasswordPolicy, Project, RoleCatalog, SeedCatalog,
};

use crate::auth::ServiceKey;
use crate::jobs::Retention;
use crate::operators::AdminKey;

/// The settings, parsed and validated.
#[derive(Clone, Debug)]
pub struct Settings {
    /// The URL of the web pages, which links in emails begin with. No slash at
    /// its end.
    pub public_url: String,
    /// The URL of this API, which is the issuer of access tokens.
    pub api_url: String,
    /// The URL of the services of seeded evaluators.
    pub services_url: String,
    /// Which email addresses may sign in.
    pub access_policy: AccessPolicy,
    /// Which email addresses may create organizations.
    pub allowed_owners: AllowedOwners,
    /// The roles and their permissions.
    pub roles: RoleCatalog,
    /// The admin key that operators share. Without it, each operator needs a key
    /// of their own.
    pub admin_key: Option<AdminKey>,
    /// The key that service tokens are signed with.
    pub service_key: ServiceKey,
    /// The requirements for passwords.
    pub password_policy: PasswordPolicy,
    /// Whether users can sign in with email and password.
    pub email_sign_in_enabled: bool,
    /// Whether any user may sign up; otherwise only with an open invitation.
    pub open_sign_up: bool,
    /// How many invitations an organization may send within a day; zero is no
    /// limit.
    pub invitation_limit: u32,
    /// Whether new projects get initial content.
    pub seeds: bool,
    /// The initial content of new projects.
    pub seed_catalog: SeedCatalog,
    /// The demo projects, which every new user can view.
    pub demo_projects: Vec<Id<Project>>,
    /// How long an access token is valid.
    pub access_token_lifetime: Duration,
    /// How long a session lasts without being used.
    pub session_lifetime: Duration,
    /// How long the previous refresh token still returns the current one, for
    /// browsers with two tabs and lost responses.
    pub refresh_grace_period: Duration,
    /// The rate limits of login attempts.
    pub sign_in_limits: SignInLimits,
    /// The number of threads that hash passwords.
    pub hashing_threads: usize,
    /// Whether emails are sent, by this node or another one. If not, responses
    /// contain the links for the caller to pass on.
    pub sends_email: bool,
    /// How many emails that other users cause may be sent to one address within
    /// an hour; zero is no limit. Further emails are postponed.
    pub mail_limit_recipient: u32,
    /// The interval of the check for emails of other nodes and postponed ones.
    pub email_poll_interval: Duration,
    /// How long rows are kept that are not needed any more.
    pub retention: Retention,
    /// How often a node looks whether a job is due that one node at a time runs.
    pub job_poll_interval: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            public_url: "http://localhost".to_owned(),
            api_url: "http://localhost/api".to_owned(),
            services_url: "http://localhost/services".to_owned(),
            access_policy: AccessPolicy::default(),
            allowed_owners: AllowedOwners::unrestricted(),
            roles: RoleCatalog::built_in(),
            admin_key: None,
            service_key: ServiceKey::default(),
            password_policy: PasswordPolicy::default(),
            email_sign_in_enabled: true,
            open_sign_up: true,
            invitation_limit: 5_000,
            seeds: true,
            seed_catalog: SeedCatalog::built_in(),
            demo_projects: Vec::new(),
            access_token_lifetime: Duration::from_secs(60 * 60),
            session_lifetime: Duration::from_secs(100 * 24 * 60 * 60),
            refresh_grace_period: Duration::from_secs(60),
            sign_in_limits: SignInLimits::default(),
            hashing_threads: std::thread::available_parallelism().map_or(2, usize::from),
            sends_email: false,
            mail_limit_recipient: 10,
            email_poll_interval: Duration::from_secs(5),
            retention: Retention::default(),
            job_poll_interval: Duration::from_secs(30),
        }
    }
}

/// How many login attempts are allowed within a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignInLimits {
    /// For one account; zero is no limit.
    pub per_account: u32,
    /// From one network address; zero is no limit.
    pub per_address: u32,
    /// How long attempts are counted together.
    pub window: Duration,
}

impl Default for SignInLimits {
    fn default() -> Self {
        Self {
            per_account: 10,
            per_address: 100,
            window: Duration::from_secs(15 * 60),
        }
    }
}

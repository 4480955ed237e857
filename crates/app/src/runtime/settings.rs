//! The settings of the application.

use std::time::Duration;

use freehold_domain::{
    AccessPolicy, AllowedOwners, Id, PasswordPolicy, Project, RoleCatalog, SeedCatalog,
};

use crate::auth::ServiceKey;
use crate::operators::AdminKey;

/// What an operator decides. Every value is parsed already.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where people reach the web pages; links in letters begin with it. No
    /// slash at its end.
    pub public_url: String,
    /// Where programs reach this API; the issuer of access tokens.
    pub api_url: String,
    /// Where the services of seeded evaluators are.
    pub services_url: String,
    /// Who may sign in at all.
    pub access_policy: AccessPolicy,
    /// Who may create organizations.
    pub allowed_owners: AllowedOwners,
    /// Which roles there are and what each may do.
    pub roles: RoleCatalog,
    /// The key that operators share; without one, each needs their own.
    pub admin_key: Option<AdminKey>,
    /// What tokens for services are signed with.
    pub service_key: ServiceKey,
    /// What a password must look like.
    pub password_policy: PasswordPolicy,
    /// Whether people sign in by e-mail at all.
    pub email_sign_in_enabled: bool,
    /// Whether anybody may sign up. Else only who has an open invitation.
    pub open_sign_up: bool,
    /// How many people an organization may invite within a day; zero is no
    /// limit.
    pub invitation_limit: u32,
    /// Whether new projects start with anything.
    pub seeds: bool,
    /// What new projects start with.
    pub seed_catalog: SeedCatalog,
    /// Projects that every new user may look at.
    pub demo_projects: Vec<Id<Project>>,
    /// How long an access token is good.
    pub access_token_lifetime: Duration,
    /// How long a session lasts without being used.
    pub session_lifetime: Duration,
    /// How long the refresh token before the good one is answered with the
    /// good one: two tabs, or an answer that was lost.
    pub refresh_grace_period: Duration,
    /// How often somebody may try.
    pub limits: Limits,
    /// Threads that hash passwords.
    pub hashing_threads: usize,
    /// Whether letters are sent, here or by another node. Where they are not,
    /// links are handed out to be passed on.
    pub sends_email: bool,
    /// How many letters that others cause may go to one address within an
    /// hour; zero is no limit. What is more comes later.
    pub emails_per_recipient: u32,
    /// How often letters of other nodes, and those put off, are looked for.
    pub email_poll_interval: Duration,
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
            limits: Limits::default(),
            hashing_threads: std::thread::available_parallelism().map_or(2, usize::from),
            sends_email: false,
            emails_per_recipient: 10,
            email_poll_interval: Duration::from_secs(5),
        }
    }
}

/// How often somebody may try to prove who they are, within a window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// For one account; zero is no limit.
    pub per_account: u32,
    /// From one address; zero is no limit.
    pub per_address: u32,
    /// How long attempts are counted together.
    pub window: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            per_account: 10,
            per_address: 100,
            window: Duration::from_secs(15 * 60),
        }
    }
}

//! The application: what all operations share, how it starts and how it ends.

use std::sync::Arc;
use std::time::Duration;

use freehold_domain::{
    AccessPolicy, AllowedOwners, Chance, Clock, Id, PasswordPolicy, Project, RoleCatalog,
    SeedCatalog, Timestamp,
};
use freehold_store::{Store, StoreError};

use crate::content::Content;
use crate::extension::Extensions;
use crate::failure::Fault;
use crate::hashing::Hasher;
use crate::operator::AdminKey;
use crate::post::Post;
use crate::service_token::ServiceKey;
use crate::tokens::Keys;
use crate::worker::Worker;

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
    pub access: AccessPolicy,
    /// Who may create organizations.
    pub owners: AllowedOwners,
    /// Which roles there are and what each may do.
    pub roles: RoleCatalog,
    /// The key that operators share; without one, each needs their own.
    pub admin_key: Option<AdminKey>,
    /// What tokens for services are signed with.
    pub service_key: ServiceKey,
    /// What a password must look like.
    pub passwords: PasswordPolicy,
    /// Whether people sign in by e-mail at all.
    pub email_enabled: bool,
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
    pub demos: Vec<Id<Project>>,
    /// How long an access token is good.
    pub access_token: Duration,
    /// How long a session lasts without being used.
    pub refresh_token: Duration,
    /// How long the refresh token before the good one is answered with the
    /// good one: two tabs, or an answer that was lost.
    pub refresh_grace: Duration,
    /// How often somebody may try.
    pub limits: Limits,
    /// Threads that hash passwords.
    pub hashing_threads: usize,
    /// Whether letters are sent, here or by another node. Where they are not,
    /// links are handed out to be passed on.
    pub mailer: bool,
    /// How many letters that others cause may go to one address within an
    /// hour; zero is no limit. What is more comes later.
    pub letters_per_recipient: u32,
    /// How often letters of other nodes, and those put off, are looked for.
    pub letter_poll: Duration,
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

impl Default for Settings {
    fn default() -> Self {
        Self {
            public_url: "http://localhost".to_owned(),
            api_url: "http://localhost/api".to_owned(),
            services_url: "http://localhost/services".to_owned(),
            access: AccessPolicy::default(),
            owners: AllowedOwners::everyone(),
            roles: RoleCatalog::built_in(),
            admin_key: None,
            service_key: ServiceKey::default(),
            passwords: PasswordPolicy::default(),
            email_enabled: true,
            open_sign_up: true,
            invitation_limit: 5_000,
            seeds: true,
            seed_catalog: SeedCatalog::built_in(),
            demos: Vec::new(),
            access_token: Duration::from_secs(60 * 60),
            refresh_token: Duration::from_secs(100 * 24 * 60 * 60),
            refresh_grace: Duration::from_secs(60),
            limits: Limits::default(),
            hashing_threads: std::thread::available_parallelism().map_or(2, usize::from),
            mailer: false,
            letters_per_recipient: 10,
            letter_poll: Duration::from_secs(5),
        }
    }
}

/// Freehold, as its doors see it. Cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inner>);

impl std::fmt::Debug for App {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "App({:?})", self.0.store)
    }
}

struct Inner {
    store: Store,
    settings: Settings,
    seeds: Vec<Content>,
    extensions: Extensions,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
    hasher: Hasher,
    keys: Keys,
    worker: Worker,
    post: Post,
}

impl App {
    /// Over a migrated database. Returns at once, and does nothing of its own
    /// accord: see [`App::warm_up`] and [`App::send_letters`].
    #[must_use]
    pub fn start(
        store: Store,
        settings: Settings,
        extensions: Extensions,
        clock: Arc<dyn Clock>,
        chance: Arc<dyn Chance>,
    ) -> Self {
        let hasher = Hasher::start(settings.hashing_threads, chance.clone());
        let seeds = settings.seed_catalog.settled(&settings.services_url);
        let wanted = seeds.into_iter().filter(|_| settings.seeds);
        let seeds = wanted.map(Content::of).collect();
        let keys = Keys::new(store.clone(), clock.clone(), chance.clone());
        let worker = Worker::start(store.clone(), clock.clone());
        Self(Arc::new(Inner {
            store,
            settings,
            seeds,
            extensions,
            clock,
            chance,
            hasher,
            keys,
            worker,
            post: Post::default(),
        }))
    }

    /// Reads or makes the key that signs sessions, so that the first sign-in
    /// finds it. Whoever needs it before then waits for it.
    pub async fn warm_up(&self) {
        if let Err(error) = self.keys().signer().await {
            tracing::error!(%error, "the signing key could not be read or made");
        }
    }

    /// Finishes what is under way and lets go of the database.
    pub async fn close(&self) {
        self.0.post.stop().await;
        self.0.worker.stop().await;
        self.0.store.close().await;
    }

    /// Whether the database answers and has our schema.
    ///
    /// # Errors
    /// The reason, for an operator.
    pub async fn ready(&self) -> Result<(), Fault> {
        match self.0.store.missing_migrations().await? {
            0 => Ok(()),
            n => Err(Fault::Store(StoreError::Schema(format!(
                "{n} migrations are missing"
            )))),
        }
    }

    /// Round trips to a database server so far.
    #[must_use]
    pub fn store_round_trips(&self) -> u64 {
        self.0.store.round_trips()
    }

    /// What the operator decided.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// What an edition adds.
    #[must_use]
    pub fn extensions(&self) -> &Extensions {
        &self.0.extensions
    }

    /// The database, for operators' reads.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// Which roles there are here: an edition's, or the operator's.
    #[must_use]
    pub fn roles(&self) -> &RoleCatalog {
        self.0.extensions.roles().unwrap_or(&self.0.settings.roles)
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.now()
    }

    pub(crate) fn chance(&self) -> &dyn Chance {
        &*self.0.chance
    }

    pub(crate) fn hasher(&self) -> &Hasher {
        &self.0.hasher
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.0.keys
    }

    pub(crate) fn worker(&self) -> &Worker {
        &self.0.worker
    }

    pub(crate) fn post(&self) -> &Post {
        &self.0.post
    }

    pub(crate) fn seeds(&self) -> &[Content] {
        &self.0.seeds
    }
}

//! The application: what all operations share, how it starts and how it ends.

use std::sync::Arc;

use freehold_domain::{Clock, RandomSource, RoleCatalog, Timestamp};
use freehold_store::{Store, StoreError};

use super::{BackgroundJobs, Extensions, Settings};
use crate::auth::ServerKeys;
use crate::auth::hashing::Hasher;
use crate::command::Fault;
use crate::content::InitialContent;
use crate::email::EmailSender;

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
    seeds: Vec<InitialContent>,
    extensions: Extensions,
    clock: Arc<dyn Clock>,
    random: Arc<dyn RandomSource>,
    hasher: Hasher,
    keys: ServerKeys,
    jobs: BackgroundJobs,
    email_sender: EmailSender,
}

impl App {
    /// Over a migrated database. Returns at once, and does nothing of its own
    /// accord: see [`App::warm_up`] and [`App::start_email_delivery`].
    #[must_use]
    pub fn start(
        store: Store,
        settings: Settings,
        extensions: Extensions,
        clock: Arc<dyn Clock>,
        random: Arc<dyn RandomSource>,
    ) -> Self {
        let hasher = Hasher::start(settings.hashing_threads, random.clone());
        let seeds = settings
            .seed_catalog
            .with_services_url(&settings.services_url);
        let wanted = seeds.into_iter().filter(|_| settings.seeds);
        let seeds = wanted.map(InitialContent::of).collect();
        let keys = ServerKeys::new(store.clone(), clock.clone(), random.clone());
        let jobs = BackgroundJobs::start(store.clone(), clock.clone());
        Self(Arc::new(Inner {
            store,
            settings,
            seeds,
            extensions,
            clock,
            random,
            hasher,
            keys,
            jobs,
            email_sender: EmailSender::default(),
        }))
    }

    /// Reads or makes the key that signs sessions, so that the first sign-in
    /// finds it. Whoever needs it before then waits for it.
    pub async fn warm_up(&self) {
        if let Err(error) = self.server_keys().signer().await {
            tracing::error!(%error, "the signing key could not be read or made");
        }
    }

    /// Finishes what is under way and lets go of the database.
    pub async fn close(&self) {
        self.0.email_sender.stop().await;
        self.0.jobs.stop().await;
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

    pub(crate) fn random(&self) -> &dyn RandomSource {
        &*self.0.random
    }

    pub(crate) fn hasher(&self) -> &Hasher {
        &self.0.hasher
    }

    pub(crate) fn server_keys(&self) -> &ServerKeys {
        &self.0.keys
    }

    pub(crate) fn jobs(&self) -> &BackgroundJobs {
        &self.0.jobs
    }

    pub(crate) fn email_sender(&self) -> &EmailSender {
        &self.0.email_sender
    }

    pub(crate) fn seeds(&self) -> &[InitialContent] {
        &self.0.seeds
    }
}

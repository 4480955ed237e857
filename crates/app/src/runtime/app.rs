//! The application state that all commands share, its start and its end.

use std::sync::Arc;

use freehold_domain::{Clock, PermissionCatalog, RandomSource, RoleCatalog, Timestamp};
use freehold_store::{Store, StoreError};
use tokio::sync::Notify;

use super::Settings;
use crate::auth::ServerKeys;
use crate::auth::hashing::Hasher;
use crate::command::Fault;
use crate::content::InitialContent;
use crate::extension::Extensions;
use crate::jobs::{JobStatus, Jobs, KeyUses, server_jobs};

/// The application. Cheap to clone.
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
    roles: RoleCatalog,
    seeds: Vec<InitialContent>,
    extensions: Extensions,
    clock: Arc<dyn Clock>,
    random: Arc<dyn RandomSource>,
    hasher: Hasher,
    keys: ServerKeys,
    jobs: Jobs,
    key_uses: Arc<KeyUses>,
    email_queued: Arc<Notify>,
}

impl App {
    /// Starts the application on a migrated database. Returns at once. A server
    /// also calls [`App::start_jobs`], [`App::start_email_delivery`] and
    /// [`App::warm_up`]; a local command leaves the background jobs to one.
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
        let seeds = seeds.into_iter().filter(|_| settings.seeds);
        let seeds = seeds.map(InitialContent::of).collect();
        let keys = ServerKeys::new(store.clone(), clock.clone(), random.clone());
        let poll_interval = settings.job_poll_interval;
        let jobs = Jobs::new(store.clone(), clock.clone(), random.clone(), poll_interval);
        debug_assert!(
            extensions.permissions().is_ok_and(|permissions| {
                let known = settings.roles.permission_catalog();
                permissions
                    .iter()
                    .all(|it| known.find(it.as_str()).is_some())
            }),
            "the settings have the roles over the permissions of the extensions"
        );
        let roles = extensions.roles(&settings.roles);
        let roles = roles.unwrap_or_else(|| settings.roles.clone());
        Self(Arc::new(Inner {
            store,
            settings,
            roles,
            seeds,
            extensions,
            clock,
            random,
            hasher,
            keys,
            jobs,
            key_uses: Arc::default(),
            email_queued: Arc::default(),
        }))
    }

    /// Starts the background jobs of a server, those of its extensions included,
    /// until [`App::close`].
    pub fn start_jobs(&self) {
        let Inner {
            settings,
            key_uses,
            extensions,
            ..
        } = &*self.0;
        for job in server_jobs(&settings.retention, key_uses, extensions) {
            self.0.jobs.start(job);
        }
    }

    /// Returns the runs of the background jobs that were started.
    pub async fn job_statuses(&self) -> Vec<JobStatus> {
        self.0.jobs.statuses().await
    }

    /// Loads or creates the key that signs sessions, so that the first sign-in
    /// does not wait for it. A sign-in before that waits.
    pub async fn warm_up(&self) {
        if let Err(error) = self.server_keys().signer().await {
            tracing::error!(%error, "the signing key could not be loaded or created");
        }
    }

    /// Stops the background jobs and closes the database.
    pub async fn close(&self) {
        self.0.jobs.stop().await;
        if let Err(error) = self.0.key_uses.flush(&self.0.store).await {
            tracing::warn!(%error, "the last use of keys could not be written");
        }
        self.0.store.close().await;
    }

    /// Checks that the database can be reached and has the current schema.
    ///
    /// # Errors
    /// The reason, for an operator.
    pub async fn ready(&self) -> Result<(), Fault> {
        match self
            .0
            .store
            .missing_migrations(&self.0.extensions.histories())
            .await?
        {
            0 => Ok(()),
            n => Err(Fault::Store(StoreError::Schema(format!(
                "{n} migrations are missing"
            )))),
        }
    }

    /// Returns the number of round trips to the database server so far.
    #[must_use]
    pub fn store_round_trips(&self) -> u64 {
        self.0.store.round_trips()
    }

    /// Returns the number of statements that the database has run so far, without
    /// those that only begin and end transactions.
    #[must_use]
    pub fn store_statements(&self) -> u64 {
        self.0.store.statements()
    }

    /// Returns the settings.
    #[must_use]
    pub fn settings(&self) -> &Settings {
        &self.0.settings
    }

    /// Returns the extensions of an edition.
    #[must_use]
    pub fn extensions(&self) -> &Extensions {
        &self.0.extensions
    }

    /// Returns the database.
    #[must_use]
    pub fn store(&self) -> &Store {
        &self.0.store
    }

    /// Returns the roles: those of an extension, or the configured ones.
    #[must_use]
    pub fn roles(&self) -> &RoleCatalog {
        &self.0.roles
    }

    /// Returns the permissions that roles can have.
    #[must_use]
    pub fn permissions(&self) -> &PermissionCatalog {
        self.0.roles.permission_catalog()
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

    pub(crate) fn jobs(&self) -> &Jobs {
        &self.0.jobs
    }

    pub(crate) fn key_uses(&self) -> &KeyUses {
        &self.0.key_uses
    }

    /// Notified when an email was queued.
    pub(crate) fn email_queued(&self) -> &Arc<Notify> {
        &self.0.email_queued
    }

    pub(crate) fn seeds(&self) -> &[InitialContent] {
        &self.0.seeds
    }
}

//! From a configuration to a running house, and back: opens the database,
//! brings it up to date, starts the application, listens, and closes all of it
//! in the opposite order.
//!
//! Nothing slow stands before listening: on an existing database a start takes
//! milliseconds.

use std::{net::SocketAddr, path::Path, sync::Arc};

use axum::Router;
use freehold_app::{AdminKey, App, Extensions, Limits, ServiceKey, Settings, Store, StoreError};
use freehold_http::{HttpSettings, Normalise};
use freehold_mail::{NoMailer, TransportSettings};
use secrecy::ExposeSecret as _;
use tokio::net::TcpListener;
use url::Url;

use crate::{
    admin_key::{self, KeptKey, NoKey},
    config::{Config, Database, Mail},
    first_start::{self, NoFirstStart},
    say,
    serve::{self, Ended, PATIENCE},
    system::{SystemChance, SystemClock},
};

/// Why the server did not start, or an operator's command could not begin.
#[derive(Debug, thiserror::Error)]
pub enum NoStart {
    /// No admin key, or no folder for it.
    #[error(transparent)]
    Key(#[from] NoKey),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There is no database to look at, and looking must not make one.
    #[error("there is no database at {0} yet: `freehold serve` makes it")]
    NoDatabase(String),
    /// The schema is behind and must not be touched.
    #[error(
        "the database lacks {0} migration(s): run `freehold migrate`, or set FREEHOLD_AUTO_MIGRATIONS=on"
    )]
    Behind(usize),
    /// The address cannot be listened on.
    #[error("cannot listen on {address}: {why}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// What the system said.
        why: std::io::Error,
    },
    /// The first account, or the accounts of a file.
    #[error(transparent)]
    FirstStart(#[from] NoFirstStart),
    /// Letters cannot be sent with these settings.
    #[error(transparent)]
    Mailer(#[from] NoMailer),
    /// Signals cannot be listened to.
    #[error("cannot listen to signals: {0}")]
    Signals(std::io::Error),
}

/// Whether a command may make a database that is not there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Missing {
    /// It may: the command writes.
    Make,
    /// It may not: the command only looks.
    Leave,
}

/// Opens the configured database as it is, without touching its schema.
///
/// # Errors
/// When it cannot be opened, or is missing and must not be made.
pub async fn open_store(config: &Config, missing: Missing) -> Result<Store, NoStart> {
    let database = match &config.database {
        Database::Sqlite(path) => {
            if missing == Missing::Leave && !path.exists() {
                return Err(NoStart::NoDatabase(path.display().to_string()));
            }
            make_home(path)?;
            freehold_app::Database::Sqlite { path: path.clone() }
        }
        Database::Postgres(url) => freehold_app::Database::Postgres {
            url: url.expose_secret().to_owned(),
            readers: config.postgres.readers.get(),
            writers: config.postgres.writers.get(),
        },
    };
    Ok(Store::open(&database).await?)
}

/// The folder of a database file, for its owner only.
fn make_home(file: &Path) -> Result<(), NoKey> {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.exists() => {
            admin_key::make_data_dir(folder)
        }
        _ => Ok(()),
    }
}

/// Brings the schema up to date, if that may be done without being asked.
///
/// # Errors
/// When it is behind and stays so, or belongs to another version.
pub async fn bring_up_to_date(config: &Config, store: &Store) -> Result<(), NoStart> {
    if config.auto_migrations {
        let steps = store.migrate_all().await?;
        if steps > 0 {
            tracing::info!(steps, "the schema was brought up to date");
        }
        return Ok(());
    }
    expect_up_to_date(store).await
}

/// Looks whether the schema is up to date, and leaves it as it is.
///
/// # Errors
/// When it is behind, or belongs to another version.
pub async fn expect_up_to_date(store: &Store) -> Result<(), NoStart> {
    match store.missing_migrations().await? {
        0 => Ok(()),
        steps => Err(NoStart::Behind(steps)),
    }
}

/// The application over an up-to-date database, for an operator's command:
/// nobody asks it over HTTP, and it needs no admin key.
#[must_use]
pub fn start_app(config: &Config, store: Store, extensions: Extensions) -> App {
    start_with(app_settings(config), store, extensions)
}

/// What answers requests to `app` as it is configured, for commands that ask it
/// without the network between.
#[must_use]
pub fn api_of(config: &Config, app: &App) -> Normalise<Router> {
    freehold_http::api(app.clone(), http_settings(config))
}

fn start_with(settings: Settings, store: Store, extensions: Extensions) -> App {
    App::start(
        store,
        settings,
        extensions,
        Arc::new(SystemClock),
        Arc::new(SystemChance),
    )
}

fn app_settings(config: &Config) -> Settings {
    Settings {
        public_url: config.addresses.public.clone(),
        api_url: config.addresses.api.clone(),
        services_url: config.addresses.services.clone(),
        access: config.access.policy.clone(),
        owners: config.access.owners.clone(),
        roles: config.roles.clone(),
        service_key: ServiceKey::default(),
        passwords: config.passwords.clone(),
        email_enabled: true,
        open_sign_up: config.access.open_sign_up,
        invitation_limit: config.invitation_limit.unwrap_or(0),
        seeds: config.seeds,
        seed_catalog: config.seed_catalog.clone(),
        demos: config.demos.clone(),
        access_token: config.sessions.access,
        refresh_token: config.sessions.refresh,
        refresh_grace: config.sessions.grace,
        limits: Limits {
            per_account: config.sign_in_limits.account.unwrap_or(0),
            per_address: config.sign_in_limits.address.unwrap_or(0),
            window: config.sign_in_limits.window,
        },
        hashing_threads: config.hashing_threads.get(),
        mailer: config.mail.is_some(),
        letters_per_recipient: config.letters_per_recipient.unwrap_or(0),
        ..Settings::default()
    }
}

fn http_settings(config: &Config) -> HttpSettings {
    let public = Url::parse(&config.addresses.public).ok();
    let api = Url::parse(&config.addresses.api).ok();
    let mut allowed_origins = config.cors_origins.clone();
    allowed_origins.extend(
        public
            .as_ref()
            .map(|url| url.origin().ascii_serialization()),
    );
    HttpSettings {
        allowed_origins,
        trusted_proxies: config.trusted_proxies.clone(),
        api_path: api
            .as_ref()
            .map_or("", Url::path)
            .trim_end_matches('/')
            .to_owned(),
        secure_cookies: api.as_ref().is_some_and(|url| url.scheme() == "https"),
        cross_site: public
            .zip(api)
            .is_some_and(|(web, api)| freehold_http::is_cross_site(&web, &api)),
    }
}

/// Runs the server until it is asked to stop.
///
/// # Errors
/// When it could not start.
pub async fn run_server(config: &Config, extensions: Extensions) -> Result<Ended, NoStart> {
    let stop = serve::asked_to_stop().map_err(NoStart::Signals)?;
    let blame = |why| NoStart::Listen {
        address: config.listen,
        why,
    };
    let listener = TcpListener::bind(config.listen).await.map_err(blame)?;
    let address = listener.local_addr().map_err(blame)?;
    let kept = match &config.admin_key {
        Some(_) => None,
        None => Some(admin_key::load_or_make(&config.data_dir, &SystemChance)?),
    };
    let mailer = config.mail.as_ref().map(Mail::open).transpose()?;
    let store = open_store(config, Missing::Make).await?;
    bring_up_to_date(config, &store).await?;
    let key = config.admin_key.as_ref();
    let key = key.or(kept.as_ref().map(|kept| &kept.key));
    let settings = Settings {
        admin_key: key.map(|key| AdminKey::of(key.expose_secret())),
        service_key: key.map_or_else(ServiceKey::default, |key| {
            ServiceKey::of_admin_key(key.expose_secret())
        }),
        ..app_settings(config)
    };
    let app = start_with(settings, store, extensions);
    if let Some(mailer) = mailer {
        app.send_letters(Arc::new(mailer));
    }
    let api = api_of(config, &app);
    if let Err(error) = first_start::begin(&config.first_start, &app, &api).await {
        app.close().await;
        return Err(error.into());
    }

    introduce(config, address, kept.as_ref());
    let warming = app.clone();
    let warming = tokio::spawn(async move { warming.warm_up().await });
    let ended = serve::serve(listener, api, stop, PATIENCE).await;
    warming.abort();
    app.close().await;
    match ended {
        Ended::Quiet => tracing::info!("stopped"),
        Ended::Cut => tracing::warn!("stopped; some requests were cut off"),
    }
    Ok(ended)
}

fn letters_go_to(config: &Config) -> &str {
    match config.mail.as_ref().map(|mail| &mail.transport) {
        Some(TransportSettings::Smtp(server)) => &server.host,
        Some(TransportSettings::SendGrid(_)) => "SendGrid",
        None => "nowhere: links are handed out",
    }
}

fn introduce(config: &Config, address: SocketAddr, kept: Option<&KeptKey>) {
    tracing::info!(
        %address,
        database = %config.database,
        everybody_may_sign_up = config.access.policy == freehold_domain::AccessPolicy::default(),
        everybody_may_create_organizations = config.access.owners.is_open(),
        letters = letters_go_to(config),
        "serving"
    );
    say::answer(format!("Freehold listens on http://{address}"));
    let Some(kept) = kept else { return };
    if kept.is_new {
        say::answer(format!(
            "  The admin key was made now and is kept in {}, readable by you alone.\n  \
             What the API can do: http://{address}/docs",
            kept.file.display(),
        ));
    }
    if kept.exposed {
        let file = kept.file.display();
        tracing::warn!(%file, "others on this machine can read the admin key: chmod 600 it");
    }
}

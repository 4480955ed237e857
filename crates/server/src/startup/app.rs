//! Builds the application and its API from the configuration.

use std::sync::Arc;

use axum::Router;
use freehold_app::{App, Extensions, ServiceKey, Settings, SignInLimits, Store};
use freehold_http::{HttpSettings, NormalizePath};
use url::Url;

use super::{
    error::StartupError,
    store::{MissingDatabase, check_schema_is_current, migrate_or_check, open_store},
    system::{SystemClock, SystemRandomSource},
};
use crate::config::Config;

/// Opens the configured database for a command and starts the application on
/// it, without an admin key: no request arrives over the network.
///
/// With [`MissingDatabase::Create`], the database is created and migrated as
/// `serve` would. With [`MissingDatabase::Fail`], its schema is only checked.
///
/// # Errors
/// If the database cannot be opened, is missing, or its schema is not current.
pub async fn open_app(config: &Config, if_missing: MissingDatabase) -> Result<App, StartupError> {
    let store = open_store(config, if_missing).await?;
    let schema = match if_missing {
        MissingDatabase::Create => migrate_or_check(config, &store).await,
        MissingDatabase::Fail => check_schema_is_current(&store, &config.extensions).await,
    };
    if let Err(error) = schema {
        store.close().await;
        return Err(error);
    }
    Ok(start_app(
        app_settings(config),
        store,
        config.extensions.clone(),
    ))
}

/// The HTTP API of `app`, for requests from inside this process.
#[must_use]
pub fn build_api(config: &Config, app: &App) -> NormalizePath<Router> {
    freehold_http::api(app.clone(), http_settings(config))
}

pub(super) fn start_app(settings: Settings, store: Store, extensions: Extensions) -> App {
    App::start(
        store,
        settings,
        extensions,
        Arc::new(SystemClock),
        Arc::new(SystemRandomSource),
    )
}

pub(super) fn app_settings(config: &Config) -> Settings {
    Settings {
        public_url: config.public_urls.public.clone(),
        api_url: config.public_urls.api.clone(),
        services_url: config.public_urls.services.clone(),
        access_policy: config.access.policy.clone(),
        allowed_owners: config.access.owners.clone(),
        roles: config.roles.clone(),
        service_key: ServiceKey::default(),
        password_policy: config.passwords.clone(),
        email_sign_in_enabled: true,
        open_sign_up: config.access.open_sign_up,
        invitation_limit: config.invitation_limit.unwrap_or(0),
        seeds: config.seeds,
        seed_catalog: config.seed_catalog.clone(),
        demo_projects: config.demos.clone(),
        access_token_lifetime: config.sessions.access,
        session_lifetime: config.sessions.refresh,
        refresh_grace_period: config.sessions.grace,
        sign_in_limits: SignInLimits {
            per_account: config.sign_in_limits.account.unwrap_or(0),
            per_address: config.sign_in_limits.address.unwrap_or(0),
            window: config.sign_in_limits.window,
        },
        hashing_threads: config.hashing_threads.get(),
        sends_email: config.mail.is_some(),
        mail_limit_recipient: config.mail_limit_recipient.unwrap_or(0),
        retention: config.retention,
        ..Settings::default()
    }
}

fn http_settings(config: &Config) -> HttpSettings {
    let public = Url::parse(&config.public_urls.public).ok();
    let api = Url::parse(&config.public_urls.api).ok();
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
        extension_routes: config.edition.routes(),
    }
}

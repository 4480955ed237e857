//! Runs the server from the configuration to the shutdown.

use std::{net::SocketAddr, sync::Arc};

use freehold_app::{AdminKey, ServiceKey, Settings};
use freehold_mail::TransportSettings;
use secrecy::ExposeSecret as _;
use tokio::net::TcpListener;

use super::{
    admin_key::{self, AdminKeyFile},
    app::{app_settings, build_api, start_app},
    bootstrap,
    error::StartupError,
    serve::{self, SHUTDOWN_TIMEOUT, ShutdownOutcome},
    store::{MissingDatabase, migrate_or_check, open_store},
    system::SystemRandomSource,
};
use crate::{
    config::{Config, EmailSettings},
    terminal,
};

/// Runs the server until it receives SIGTERM or SIGINT.
///
/// # Errors
/// If it could not start.
pub async fn run_server(config: &Config) -> Result<ShutdownOutcome, StartupError> {
    let stop = serve::shutdown_signal().map_err(StartupError::Signals)?;
    let io_error = |reason| StartupError::Listen {
        address: config.listen,
        reason,
    };
    let listener = TcpListener::bind(config.listen).await.map_err(io_error)?;
    let address = listener.local_addr().map_err(io_error)?;
    let key_file = match &config.admin_key {
        Some(_) => None,
        None => Some(admin_key::load_or_create(
            &config.data_dir,
            &SystemRandomSource,
        )?),
    };
    let mailer = config.mail.as_ref().map(EmailSettings::open).transpose()?;
    let store = open_store(config, MissingDatabase::Create).await?;
    migrate_or_check(config, &store).await?;
    let key = config.admin_key.as_ref();
    let key = key.or(key_file.as_ref().map(|key_file| &key_file.key));
    let settings = Settings {
        admin_key: key.map(|key| AdminKey::of(key.expose_secret())),
        service_key: key.map_or_else(ServiceKey::default, |key| {
            ServiceKey::derive_from_admin_key(key.expose_secret())
        }),
        ..app_settings(config)
    };
    let app = start_app(settings, store, config.extensions.clone());
    app.start_jobs();
    if let Some(mailer) = mailer {
        app.start_email_delivery(Arc::new(mailer));
    }
    let api = build_api(config, &app);
    if let Err(error) = bootstrap::run(&config.bootstrap, &app, &api).await {
        app.close().await;
        return Err(error.into());
    }

    report_startup(config, address, key_file.as_ref());
    let warm_up_task = app.clone();
    let warm_up_task = tokio::spawn(async move { warm_up_task.warm_up().await });
    let outcome = serve::serve(listener, api, stop, SHUTDOWN_TIMEOUT).await;
    warm_up_task.abort();
    app.close().await;
    match outcome {
        ShutdownOutcome::Clean => tracing::info!("stopped"),
        ShutdownOutcome::RequestsAborted => tracing::warn!("stopped; some requests were aborted"),
    }
    Ok(outcome)
}

fn email_transport_name(config: &Config) -> &str {
    match config.mail.as_ref().map(|mail| &mail.transport) {
        Some(TransportSettings::Smtp(server)) => &server.host,
        Some(TransportSettings::SendGrid(_)) => "SendGrid",
        None => "none: links are returned to the caller",
    }
}

fn report_startup(config: &Config, address: SocketAddr, key_file: Option<&AdminKeyFile>) {
    tracing::info!(
        %address,
        database = %config.database,
        sign_up_unrestricted = config.access.policy == freehold_domain::AccessPolicy::default(),
        organization_creation_unrestricted = config.access.owners.is_unrestricted(),
        email = email_transport_name(config),
        "serving"
    );
    terminal::print_output(format!("Freehold listens on http://{address}"));
    let Some(key_file) = key_file else { return };
    if key_file.is_new {
        terminal::print_output(format!(
            "  Generated an admin key in {} (readable only by its owner).\n  \
             API reference: http://{address}/docs",
            key_file.file.display(),
        ));
    }
    if key_file.readable_by_others {
        let file = key_file.file.display();
        tracing::warn!(%file, "the admin key file is readable by other users: run chmod 600");
    }
}

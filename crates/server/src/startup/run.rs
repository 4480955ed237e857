//! Runs the server: listens, opens what it needs, serves, and closes all of it
//! in the opposite order.

use std::{net::SocketAddr, sync::Arc};

use freehold_app::{AdminKey, Extensions, ServiceKey, Settings};
use freehold_mail::TransportSettings;
use secrecy::ExposeSecret as _;
use tokio::net::TcpListener;

use super::{
    admin_key::{self, KeptKey},
    app::{api_of, app_settings, start_with},
    bootstrap,
    error::NoStart,
    serve::{self, Ended, PATIENCE},
    store::{Missing, bring_up_to_date, open_store},
    system::SystemChance,
};
use crate::{
    config::{Config, Mail},
    terminal,
};

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
    if let Err(error) = bootstrap::begin(&config.first_start, &app, &api).await {
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
        everybody_may_create_organizations = config.access.owners.is_unrestricted(),
        letters = letters_go_to(config),
        "serving"
    );
    terminal::answer(format!("Freehold listens on http://{address}"));
    let Some(kept) = kept else { return };
    if kept.is_new {
        terminal::answer(format!(
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

//! Unattended bootstrap: before the server listens, creates the account, the
//! organization and the API key that the configuration names, and the accounts of
//! a file.
//!
//! Every start of every node runs this; only the first one changes anything.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use aws_lc_rs::digest::{SHA256, digest};
use axum::{
    Router,
    body::{Body, to_bytes},
    http::{Request, header},
};
use freehold_app::{
    App, BootstrapAccount, BootstrapOrganization, BootstrapOutcome, Failure, Operator,
    RequestContext,
};
use freehold_domain::ApiKeyText;
use freehold_http::{LocalOperator, NormalizePath};
use serde_json::Value;
use tower::ServiceExt as _;

use super::{private_file, system::SystemRandomSource};
use crate::{
    admin_api,
    config::{BootstrapSettings, InitialAccount},
};

/// Id of the bootstrap request in the audit log and in log lines.
const REQUEST_ID: &str = "bootstrap";

/// Why the bootstrap failed. Nothing was created in part.
#[derive(Debug, thiserror::Error)]
pub enum BootstrapError {
    /// A file cannot be used.
    #[error("cannot use {}: {reason}", file.display())]
    File {
        /// Path of the file.
        file: PathBuf,
        /// Error of the operating system.
        reason: io::Error,
    },
    /// The key file contains something other than an API key.
    #[error("{} does not contain an API key; move the file away", .0.display())]
    NotAKey(PathBuf),
    /// The accounts file is not JSON.
    #[error("{}, line {line}: {reason}", file.display())]
    NotJson {
        /// Path of the file.
        file: PathBuf,
        /// Line of the error, from 1.
        line: usize,
        /// Message of the parser.
        reason: String,
    },
    /// The admin API refused the accounts file.
    #[error("{}: {reason}", file.display())]
    Refused {
        /// Path of the file.
        file: PathBuf,
        /// Message of the refusal.
        reason: String,
    },
    /// The initial account was not created.
    #[error("the initial account was not created: {0}")]
    Account(#[from] Failure),
}

/// Creates what the settings name and does not exist yet.
///
/// # Errors
/// If it cannot be created.
pub async fn run(
    settings: &BootstrapSettings,
    app: &App,
    api: &NormalizePath<Router>,
) -> Result<(), BootstrapError> {
    if let Some(initial) = &settings.account {
        create_initial_account(initial, app).await?;
    }
    if let Some(file) = &settings.file {
        create_accounts_from_file(file, app, api).await?;
    }
    Ok(())
}

async fn create_initial_account(initial: &InitialAccount, app: &App) -> Result<(), BootstrapError> {
    let Some(file) = &initial.key_file else {
        log_outcome(initial, create_account(initial, app, None).await?);
        return Ok(());
    };
    let account_exists = app.has_account(&initial.email).await?;
    // The key is written to disk before its hash is written to the database: after
    // a crash in between, the next start uses the key of the file. In the reverse
    // order, the key would be lost.
    let mut is_new = false;
    let key = match read_key(file)? {
        None if account_exists => {
            tracing::warn!(
                file = %file.display(),
                "no API key was created because the account exists already; create one with `freehold admin key create`"
            );
            return Ok(());
        }
        None => {
            let text = ApiKeyText::generate(&SystemRandomSource).expose_secret();
            is_new =
                private_file::create(file, &text, &SystemRandomSource).map_err(io_error(file))?;
            read_key(file)?.ok_or_else(|| BootstrapError::NotAKey(file.clone()))?
        }
        Some(key) => key,
    };
    log_outcome(
        initial,
        create_account(initial, app, Some(key.clone())).await?,
    );
    if !app.is_valid_api_key(&key).await? {
        if is_new {
            // Another node, with another disk, created the account first.
            fs::remove_file(file).map_err(io_error(file))?;
        }
        tracing::warn!(
            file = %file.display(),
            "the key in this file is not valid: the account was created without it"
        );
    } else if private_file::is_readable_by_others(file) {
        tracing::warn!(file = %file.display(), "the key file is readable by other users: run chmod 600");
    }
    Ok(())
}

async fn create_account(
    initial: &InitialAccount,
    app: &App,
    key: Option<ApiKeyText>,
) -> Result<BootstrapOutcome, BootstrapError> {
    let context = RequestContext {
        request_id: REQUEST_ID.to_owned(),
        ..RequestContext::default()
    };
    let account = BootstrapAccount {
        email: initial.email.clone(),
        password: initial.password.clone(),
        organization: initial
            .organization
            .clone()
            .map(|name| BootstrapOrganization { name, key }),
    };
    Ok(app.bootstrap_account(&context, &account).await?)
}

fn log_outcome(initial: &InitialAccount, outcome: BootstrapOutcome) {
    match outcome {
        BootstrapOutcome::Created => {
            tracing::info!(email = %initial.email, "the initial account was created");
        }
        BootstrapOutcome::AlreadyExists => {
            tracing::debug!(email = %initial.email, "the initial account exists");
        }
    }
}

/// Reads the key in `file`; `None` if there is no file.
fn read_key(file: &Path) -> Result<Option<ApiKeyText>, BootstrapError> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(io_error(file)(error)),
    };
    let key = ApiKeyText::parse(text.trim());
    key.map(Some)
        .ok_or_else(|| BootstrapError::NotAKey(file.to_owned()))
}

fn io_error(file: &Path) -> impl Fn(io::Error) -> BootstrapError + '_ {
    move |reason| BootstrapError::File {
        file: file.to_owned(),
        reason,
    }
}

/// Sends the accounts file to the admin API, once: the digest of the file is the
/// request id, and is looked up in the audit log first. If several nodes start at
/// the same time, the idempotency key makes one of them execute the request.
async fn create_accounts_from_file(
    file: &Path,
    app: &App,
    api: &NormalizePath<Router>,
) -> Result<(), BootstrapError> {
    let bytes = fs::read(file).map_err(io_error(file))?;
    let document: Value =
        serde_json::from_slice(&bytes).map_err(|error| BootstrapError::NotJson {
            file: file.to_owned(),
            line: error.line(),
            reason: error.to_string(),
        })?;
    let request_id = format!("{REQUEST_ID}-{}", hex::encode(digest(&SHA256, &bytes)));
    if app.bootstrap_request_succeeded(&request_id).await? {
        return Ok(());
    }
    let refused = |reason: String| BootstrapError::Refused {
        file: file.to_owned(),
        reason,
    };
    for pointer in ["/dry_run", "/options/dry_run"] {
        match document.pointer(pointer) {
            None | Some(Value::Null | Value::Bool(false)) => {}
            Some(_) => {
                let reason = "it requests a dry run, which would create nothing: remove dry_run";
                return Err(refused(reason.to_owned()));
            }
        }
    }
    let mut request = Request::post(admin_api::path_for_document(&document))
        .header(header::CONTENT_TYPE, "application/json")
        .header("x-request-id", &request_id)
        .extension(LocalOperator(Operator::bootstrap()));
    // An idempotency key in the document takes precedence.
    if document
        .pointer("/options/idempotency_key")
        .is_none_or(Value::is_null)
    {
        request = request.header("idempotency-key", &request_id);
    }
    let request = request
        .body(Body::from(bytes))
        .map_err(|error| refused(error.to_string()))?;
    let Ok(response) = api.clone().oneshot(request).await;
    let status = response.status();
    let body = to_bytes(response.into_body(), usize::MAX)
        .await
        .map_err(|error| refused(error.to_string()))?;
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    if !status.is_success() {
        let message = admin_api::error_message(&body).unwrap_or_else(|| status.to_string());
        return Err(refused(message));
    }
    for error in body["errors"].as_array().into_iter().flatten() {
        tracing::warn!(file = %file.display(), %error, "an account was not created");
    }
    tracing::info!(file = %file.display(), "the accounts of the file were created");
    Ok(())
}

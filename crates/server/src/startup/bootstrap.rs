//! What a new deployment begins with, made before anybody can ask for it: the
//! account, the organization and the key that the configuration names, and the
//! accounts of a file.
//!
//! Every start comes here, on every node, and changes something once.

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
    config::{BootstrapAdmin, BootstrapSettings},
};

/// What names the request of the account, in the audit trail and in the log.
const REQUEST_ID: &str = "bootstrap";

/// Why the first start came to nothing. Nothing is half done.
#[derive(Debug, thiserror::Error)]
pub enum BootstrapError {
    /// A file that cannot be used.
    #[error("cannot use {}: {reason}", file.display())]
    File {
        /// Which one.
        file: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// Something else stands where the key belongs.
    #[error("{} does not contain an API key; move the file away", .0.display())]
    NotAKey(PathBuf),
    /// The accounts of the file are no JSON.
    #[error("{}, line {line}: {reason}", file.display())]
    NotJson {
        /// Which one.
        file: PathBuf,
        /// Where in it, from 1.
        line: usize,
        /// What the parser said.
        reason: String,
    },
    /// The accounts of the file were refused.
    #[error("{}: {reason}", file.display())]
    Refused {
        /// Which one.
        file: PathBuf,
        /// In which words.
        reason: String,
    },
    /// The first account was not made.
    #[error("the initial account was not created: {0}")]
    Account(#[from] Failure),
}

/// Makes what is not there yet.
///
/// # Errors
/// When it cannot be made.
pub async fn run(
    settings: &BootstrapSettings,
    app: &App,
    api: &NormalizePath<Router>,
) -> Result<(), BootstrapError> {
    if let Some(admin) = &settings.admin {
        create_admin(admin, app).await?;
    }
    if let Some(file) = &settings.file {
        create_accounts_from_file(file, app, api).await?;
    }
    Ok(())
}

async fn create_admin(admin: &BootstrapAdmin, app: &App) -> Result<(), BootstrapError> {
    let Some(file) = &admin.key_file else {
        log_outcome(admin, create_account(admin, app, None).await?);
        return Ok(());
    };
    let account_exists = app.has_account(&admin.email).await?;
    // The key is safe on disk before the database knows its hash: a crash in
    // between leaves a key that the next start puts to use, and never one that
    // nobody has.
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
    log_outcome(admin, create_account(admin, app, Some(key.clone())).await?);
    if !app.is_valid_api_key(&key).await? {
        if is_new {
            // Another node, which does not share our disk, was faster.
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
    admin: &BootstrapAdmin,
    app: &App,
    key: Option<ApiKeyText>,
) -> Result<BootstrapOutcome, BootstrapError> {
    let context = RequestContext {
        request_id: REQUEST_ID.to_owned(),
        ..RequestContext::default()
    };
    let account = BootstrapAccount {
        email: admin.email.clone(),
        password: admin.password.clone(),
        organization: admin
            .organization
            .clone()
            .map(|name| BootstrapOrganization { name, key }),
    };
    Ok(app.bootstrap_account(&context, &account).await?)
}

fn log_outcome(admin: &BootstrapAdmin, outcome: BootstrapOutcome) {
    match outcome {
        BootstrapOutcome::Created => {
            tracing::info!(email = %admin.email, "the initial account was created")
        }
        BootstrapOutcome::AlreadyExists => {
            tracing::debug!(email = %admin.email, "the initial account exists")
        }
    }
}

/// The key in `file`, if there is such a file.
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

/// Sends what the file says to the routes that operators ask, once: its digest
/// names the request in the audit trail, which is looked at first. Of nodes that
/// start at the same moment, one does it and the others hear its answer.
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
    let name = format!("{REQUEST_ID}-{}", hex::encode(digest(&SHA256, &bytes)));
    if app.bootstrap_did(&name).await? {
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
        .header("x-request-id", &name)
        .extension(LocalOperator(Operator::bootstrap()));
    // A name that the document gives its request itself is as good.
    if document
        .pointer("/options/idempotency_key")
        .is_none_or(Value::is_null)
    {
        request = request.header("idempotency-key", &name);
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

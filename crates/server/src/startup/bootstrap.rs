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
    App, Failure, First, FirstAccount, FirstOrganization, Operator, RequestContext,
};
use freehold_domain::ApiKeyText;
use freehold_http::{LocalOperator, NormalizePath};
use secrecy::ExposeSecret as _;
use serde_json::Value;
use tower::ServiceExt as _;

use super::{private_file, system::SystemChance};
use crate::{
    admin_api,
    config::{FirstAdmin, FirstStart},
    hex::hex,
};

/// What names the request of the account, in the audit trail and in the log.
const REQUEST: &str = "first-start";

/// Why the first start came to nothing. Nothing is half done.
#[derive(Debug, thiserror::Error)]
pub enum NoFirstStart {
    /// A file that cannot be used.
    #[error("cannot use {}: {why}", file.display())]
    File {
        /// Which one.
        file: PathBuf,
        /// What the system said.
        why: io::Error,
    },
    /// Something else stands where the key belongs.
    #[error("{} does not hold an API key; move it away", .0.display())]
    NotAKey(PathBuf),
    /// The accounts of the file are no JSON.
    #[error("{}, line {line}: {why}", file.display())]
    NotJson {
        /// Which one.
        file: PathBuf,
        /// Where in it, from 1.
        line: usize,
        /// What the parser said.
        why: String,
    },
    /// The accounts of the file were refused.
    #[error("{}: {why}", file.display())]
    Refused {
        /// Which one.
        file: PathBuf,
        /// In which words.
        why: String,
    },
    /// The first account was not made.
    #[error("the first account was not made: {0}")]
    Account(#[from] Failure),
}

/// Makes what is not there yet.
///
/// # Errors
/// When it cannot be made.
pub async fn begin(
    first: &FirstStart,
    app: &App,
    api: &NormalizePath<Router>,
) -> Result<(), NoFirstStart> {
    if let Some(admin) = &first.admin {
        make_admin(admin, app).await?;
    }
    if let Some(file) = &first.file {
        make_accounts(file, app, api).await?;
    }
    Ok(())
}

async fn make_admin(admin: &FirstAdmin, app: &App) -> Result<(), NoFirstStart> {
    let Some(file) = &admin.key_file else {
        made(admin, ask(admin, app, None).await?);
        return Ok(());
    };
    let known = app.has_account(&admin.email).await?;
    // The key is safe on disk before the database knows its hash: a crash in
    // between leaves a key that the next start puts to use, and never one that
    // nobody has.
    let mut is_new = false;
    let key = match read_key(file)? {
        None if known => {
            tracing::warn!(
                file = %file.display(),
                "no key was made: the account was there before; make one with `freehold admin key create`"
            );
            return Ok(());
        }
        None => {
            let text = ApiKeyText::draw(&SystemChance).expose_secret();
            is_new = private_file::place(file, &text, &SystemChance).map_err(blame(file))?;
            read_key(file)?.ok_or_else(|| NoFirstStart::NotAKey(file.clone()))?
        }
        Some(key) => key,
    };
    made(admin, ask(admin, app, Some(key.clone())).await?);
    if !app.is_good_key(&key).await? {
        if is_new {
            // Another node, which does not share our disk, was faster.
            fs::remove_file(file).map_err(blame(file))?;
        }
        tracing::warn!(
            file = %file.display(),
            "the key in this file opens nothing: the account was made without it"
        );
    } else if private_file::is_exposed(file) {
        tracing::warn!(file = %file.display(), "others on this machine can read this key: chmod 600 it");
    }
    Ok(())
}

async fn ask(
    admin: &FirstAdmin,
    app: &App,
    key: Option<ApiKeyText>,
) -> Result<First, NoFirstStart> {
    let call = RequestContext {
        request_id: REQUEST.to_owned(),
        ..RequestContext::default()
    };
    let password = admin.password.as_ref();
    let account = FirstAccount {
        email: admin.email.clone(),
        password: password.map(|password| password.expose_secret().to_owned()),
        organization: admin
            .organization
            .clone()
            .map(|name| FirstOrganization { name, key }),
    };
    Ok(app.make_first_account(&call, &account).await?)
}

fn made(admin: &FirstAdmin, first: First) {
    match first {
        First::Made => tracing::info!(email = %admin.email, "the first account was made"),
        First::There => tracing::debug!(email = %admin.email, "the first account is there"),
    }
}

/// The key in `file`, if there is such a file.
fn read_key(file: &Path) -> Result<Option<ApiKeyText>, NoFirstStart> {
    let text = match fs::read_to_string(file) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(blame(file)(error)),
    };
    let key = ApiKeyText::parse(text.trim());
    key.map(Some)
        .ok_or_else(|| NoFirstStart::NotAKey(file.to_owned()))
}

fn blame(file: &Path) -> impl Fn(io::Error) -> NoFirstStart + '_ {
    move |why| NoFirstStart::File {
        file: file.to_owned(),
        why,
    }
}

/// Sends what the file says to the routes that operators ask, once: its digest
/// names the request in the audit trail, which is looked at first. Of nodes that
/// start at the same moment, one does it and the others hear its answer.
async fn make_accounts(
    file: &Path,
    app: &App,
    api: &NormalizePath<Router>,
) -> Result<(), NoFirstStart> {
    let bytes = fs::read(file).map_err(blame(file))?;
    let document: Value =
        serde_json::from_slice(&bytes).map_err(|error| NoFirstStart::NotJson {
            file: file.to_owned(),
            line: error.line(),
            why: error.to_string(),
        })?;
    let name = format!("{REQUEST}-{}", hex(digest(&SHA256, &bytes)));
    if app.first_start_did(&name).await? {
        return Ok(());
    }
    let refused = |why: String| NoFirstStart::Refused {
        file: file.to_owned(),
        why,
    };
    for place in ["/dry_run", "/options/dry_run"] {
        match document.pointer(place) {
            None | Some(Value::Null | Value::Bool(false)) => {}
            Some(_) => {
                let why = "it asks for a rehearsal, which makes nothing: take dry_run out";
                return Err(refused(why.to_owned()));
            }
        }
    }
    let mut request = Request::post(admin_api::route_of(&document))
        .header(header::CONTENT_TYPE, "application/json")
        .header("x-request-id", &name)
        .extension(LocalOperator(Operator::at_first_start()));
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
    let Ok(answer) = api.clone().oneshot(request).await;
    let status = answer.status();
    let body = to_bytes(answer.into_body(), usize::MAX)
        .await
        .map_err(|error| refused(error.to_string()))?;
    let body: Value = serde_json::from_slice(&body).unwrap_or_default();
    if !status.is_success() {
        let said = admin_api::sentence(&body).unwrap_or_else(|| status.to_string());
        return Err(refused(said));
    }
    for error in body["errors"].as_array().into_iter().flatten() {
        tracing::warn!(file = %file.display(), %error, "a part of the accounts was not made");
    }
    tracing::info!(file = %file.display(), "the accounts of the file were made");
    Ok(())
}

//! The people that the loads act as: signed up through the API, with keys and
//! sessions of their own, and written to files that the scripts read.

use std::path::{Path, PathBuf};

use reqwest::Method;
use serde_json::json;

use crate::{
    error::{BenchError, Result, io},
    load::client::Client,
    system::server::Server,
};

/// How many creators, and how many readers.
const USERS_PER_GROUP: usize = 64;

/// Credentials of two groups. Readers never create anything, so that the
/// lists they read keep the length of one organization.
pub(crate) struct TestUsers {
    /// One API key of each creator, as header values.
    pub(crate) creator_keys: PathBuf,
    /// One API key of each reader, as header values.
    pub(crate) reader_keys: PathBuf,
    /// One access token of each reader, as header values.
    pub(crate) reader_sessions: PathBuf,
    /// The readers' addresses.
    pub(crate) reader_emails: PathBuf,
    /// The key of the first creator, for single requests.
    pub(crate) creator: String,
    /// The key of the first reader.
    pub(crate) reader: String,
    /// The access token of the first reader.
    pub(crate) session: String,
}

/// Somebody who has signed up.
pub(crate) struct TestUser {
    /// Their address.
    pub(crate) email: String,
    /// Their API key, as a header value.
    pub(crate) key: String,
    /// Their access token, as a header value.
    pub(crate) session: String,
}

impl TestUsers {
    /// Signs everybody up.
    pub(crate) fn create(client: &Client, server: &Server, folder: &Path) -> Result<Self> {
        let group = |name: &str| -> Result<Vec<TestUser>> {
            (0..USERS_PER_GROUP)
                .map(|i| sign_up(client, server, &format!("{name}{i}@bench.example")))
                .collect()
        };
        let (creators, readers) = (group("creator")?, group("reader")?);
        let file =
            |name: &str, users: &[TestUser], field: fn(&TestUser) -> &str| -> Result<PathBuf> {
                let path = folder.join(name);
                let lines: Vec<&str> = users.iter().map(field).collect();
                io("credentials", std::fs::write(&path, lines.join("\n")))?;
                Ok(path)
            };
        Ok(Self {
            creator_keys: file("creator-keys", &creators, |p| &p.key)?,
            reader_keys: file("reader-keys", &readers, |p| &p.key)?,
            reader_sessions: file("reader-sessions", &readers, |p| &p.session)?,
            reader_emails: file("reader-emails", &readers, |p| &p.email)?,
            creator: creators[0].key.clone(),
            reader: readers[0].key.clone(),
            session: readers[0].session.clone(),
        })
    }
}

/// Signs somebody up, and makes a key for them.
pub(crate) fn sign_up(client: &Client, server: &Server, email: &str) -> Result<TestUser> {
    let form = json!({"formFields": [{"id": "email", "value": email}, {"id": "password", "value": "Secret12!"}]});
    let reply = client.expect(
        200,
        Method::POST,
        &server.url("/auth/signup"),
        None,
        Some(&form),
    )?;
    let Some(token) = reply.access_token else {
        return Err(BenchError::Answer {
            request: "POST /auth/signup".into(),
            status: reply.status,
            body: reply.body,
        });
    };
    let session = format!("Bearer {token}");
    let reply = client.expect(
        200,
        Method::POST,
        &server.url("/keys"),
        Some(&session),
        None,
    )?;
    let key: String = serde_json::from_str(&reply.body)?;
    Ok(TestUser {
        email: email.to_owned(),
        key: format!("ApiKey {key}"),
        session,
    })
}

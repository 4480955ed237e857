//! The users of the loads: signed up through the API, with API keys and sessions
//! that are written to files for the scripts.

use std::path::{Path, PathBuf};

use reqwest::Method;
use serde_json::json;

use crate::{
    error::{BenchError, Result, io},
    load::client::Client,
    system::server::Server,
};

/// The number of creators and of readers.
const USERS_PER_GROUP: usize = 64;

/// The credentials of two groups of users. Readers create nothing, so that their
/// lists have one organization.
pub(crate) struct TestUsers {
    /// A file with an API key of each creator, as header values.
    pub(crate) creator_keys: PathBuf,
    /// A file with an API key of each reader, as header values.
    pub(crate) reader_keys: PathBuf,
    /// A file with an access token of each reader, as header values.
    pub(crate) reader_sessions: PathBuf,
    /// A file with the email address of each reader.
    pub(crate) reader_emails: PathBuf,
    /// The key of the first creator, for single requests.
    pub(crate) creator: String,
    /// The key of the first reader.
    pub(crate) reader: String,
    /// The access token of the first reader.
    pub(crate) session: String,
}

/// A user who has signed up.
pub(crate) struct TestUser {
    /// The email address.
    pub(crate) email: String,
    /// The API key, as a header value.
    pub(crate) key: String,
    /// The access token, as a header value.
    pub(crate) session: String,
}

impl TestUsers {
    /// Signs up all users.
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
            creator_keys: file("creator-keys", &creators, |user| &user.key)?,
            reader_keys: file("reader-keys", &readers, |user| &user.key)?,
            reader_sessions: file("reader-sessions", &readers, |user| &user.session)?,
            reader_emails: file("reader-emails", &readers, |user| &user.email)?,
            creator: creators[0].key.clone(),
            reader: readers[0].key.clone(),
            session: readers[0].session.clone(),
        })
    }
}

/// Signs up a user and creates an API key.
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
        return Err(BenchError::Response {
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

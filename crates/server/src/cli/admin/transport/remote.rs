//! Sends requests over the network to a running server.

use std::{path::Path, time::Duration};

use axum::http::{HeaderValue, header};
use reqwest::{Client, redirect::Policy};
use secrecy::ExposeSecret as _;
use url::Url;

use super::{
    operator_key::read_operator_key,
    request::{Reply, Request, USER_AGENT},
};
use crate::cli::shared::error::CommandError;

/// How long connecting may take.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a response may take. Creating a thousand accounts takes about a second,
/// longer on a busy server.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(300);

/// The API of a running server.
pub(in crate::cli::admin) struct Remote {
    client: Client,
    server: Url,
    credential: HeaderValue,
}

impl Remote {
    /// Creates a client for `server`, with the key in `key_file` or in the
    /// environment.
    pub(super) fn open(server: Url, key_file: Option<&Path>) -> Result<Self, CommandError> {
        let local = matches!(server.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        if server.scheme() != "https" && !local {
            return Err(CommandError::InvalidArgument(
                "--server: use https for any host other than localhost, because the key is sent with the request".to_owned(),
            ));
        }
        let invalid_key =
            |_| CommandError::InvalidArgument("the key contains invalid characters".to_owned());
        let key = read_operator_key(key_file)?;
        let mut credential = HeaderValue::try_from(format!("Access {}", key.expose_secret()))
            .map_err(invalid_key)?;
        credential.set_sensitive(true);
        let client = Client::builder()
            .user_agent(USER_AGENT)
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(RESPONSE_TIMEOUT)
            // Following a redirect would send the key to another server.
            .redirect(Policy::none())
            .build()
            .map_err(|error| CommandError::Unreachable(format!("cannot set up TLS: {error}")))?;
        Ok(Self {
            client,
            server,
            credential,
        })
    }

    /// Sends a request and returns the response, whatever its status.
    pub(super) async fn send(&self, request: &Request) -> Result<Reply, CommandError> {
        let Self {
            client,
            server,
            credential,
        } = self;
        let connection_error = |error: reqwest::Error| {
            CommandError::Unreachable(format!("cannot reach {server}: {}", root_cause(&error)))
        };
        let request_builder = client
            .request(request.method.clone(), request.url(server))
            .headers(request.headers()?)
            .header(header::AUTHORIZATION, credential.clone());
        let request_builder = match &request.body {
            Some(body) => request_builder.json(body),
            None => request_builder,
        };
        let response = request_builder.send().await.map_err(connection_error)?;
        let (status, headers) = (response.status(), response.headers().clone());
        let bytes = response.bytes().await.map_err(connection_error)?;
        match Reply::from_response(status, &headers, &bytes) {
            // A refusal of a Freehold server has a body.
            Ok(reply) if status.is_success() || reply.body.is_some() => Ok(reply),
            Ok(_) | Err(_) => Err(CommandError::Unreachable(format!(
                "{server} answered {status}, which is not a response of a Freehold server; check the \
                 URL"
            ))),
        }
    }
}

/// Returns the message of the innermost error.
fn root_cause(mut error: &dyn std::error::Error) -> String {
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

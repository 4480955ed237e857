//! Over the network, to a running server.

use std::{path::Path, time::Duration};

use axum::http::{HeaderValue, header};
use reqwest::{Client, redirect::Policy};
use url::Url;

use super::{
    operator_key::key,
    request::{AGENT, Reply, Request},
};
use crate::cli::shared::error::Failed;

/// How long a server may take to be reached.
const REACHED_WITHIN: Duration = Duration::from_secs(10);
/// How long a server may take to answer. A thousand accounts take a second, but
/// others may be in the way.
const ANSWERED_WITHIN: Duration = Duration::from_secs(300);

/// The API of a running server.
pub(in crate::cli::admin) struct Remote {
    client: Client,
    server: Url,
    credential: HeaderValue,
}

impl Remote {
    /// To the server at `server`, with the key in `key_file` or in the
    /// environment.
    pub(super) fn open(server: Url, key_file: Option<&Path>) -> Result<Self, Failed> {
        let here = matches!(server.host_str(), Some("localhost" | "127.0.0.1" | "[::1]"));
        if server.scheme() != "https" && !here {
            return Err(Failed::Typed(
                "--server: a key goes to other machines over https only".to_owned(),
            ));
        }
        let unusable = |_| Failed::Typed("the key holds characters that no key has".to_owned());
        let mut credential =
            HeaderValue::try_from(format!("Access {}", key(key_file)?)).map_err(unusable)?;
        credential.set_sensitive(true);
        let client = Client::builder()
            .user_agent(AGENT)
            .connect_timeout(REACHED_WITHIN)
            .timeout(ANSWERED_WITHIN)
            // A redirect would carry the key to wherever it leads.
            .redirect(Policy::none())
            .build()
            .map_err(|error| Failed::Unreachable(format!("cannot speak TLS: {error}")))?;
        Ok(Self {
            client,
            server,
            credential,
        })
    }

    /// Sends one request and waits for its answer, whatever it is.
    pub(super) async fn ask(&self, request: &Request) -> Result<Reply, Failed> {
        let Self {
            client,
            server,
            credential,
        } = self;
        let lost = |error: reqwest::Error| {
            Failed::Unreachable(format!("cannot reach {server}: {}", innermost(&error)))
        };
        let asked = client
            .request(request.method.clone(), request.at(server))
            .headers(request.headers()?)
            .header(header::AUTHORIZATION, credential.clone());
        let asked = match &request.body {
            Some(body) => asked.json(body),
            None => asked,
        };
        let answer = asked.send().await.map_err(lost)?;
        let (status, headers) = (answer.status(), answer.headers().clone());
        let bytes = answer.bytes().await.map_err(lost)?;
        match Reply::of(status, &headers, &bytes) {
            // What is refused here is refused in words.
            Ok(reply) if status.is_success() || reply.body.is_some() => Ok(reply),
            Ok(_) | Err(_) => Err(Failed::Unreachable(format!(
                "{server} answered {status}, and not as a Freehold server does: is the \
                         address right?"
            ))),
        }
    }
}

/// What was the matter, without the layers around it.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

//! How an operator's request reaches the API: inside of this process, over the
//! database itself, or over the network to a running server. Both ways end at
//! the same routes.
//!
//! Not here: what is asked (`errand`), and how the answer is shown (`told`).

use std::{env, fs, path::Path, time::Duration};

use axum::{
    Router,
    body::{Body, to_bytes},
    http::{HeaderMap, HeaderValue, Method, Request as HttpRequest, StatusCode, header},
};
use freehold_app::{App, Extensions, Operator};
use freehold_http::{LocalOperator, Normalise};
use reqwest::{Client, redirect::Policy};
use serde_json::Value;
use tower::ServiceExt as _;
use url::{Url, form_urlencoded};

use super::super::{Failed, operator};
use crate::{
    config::{Config, names},
    start::{self, Missing, NoStart},
};

/// How long a server may take to be reached.
const REACHED_WITHIN: Duration = Duration::from_secs(10);
/// How long a server may take to answer. A thousand accounts take a second, but
/// others may be in the way.
const ANSWERED_WITHIN: Duration = Duration::from_secs(300);
/// What programs are called that send what is typed here.
const AGENT: &str = concat!("freehold/", env!("CARGO_PKG_VERSION"));
/// The key of a named operator, before the one that everybody shares.
const OPERATOR_KEY: &str = "FREEHOLD_OPERATOR_KEY";

/// One request.
#[derive(Debug, Clone)]
pub(super) struct Request {
    pub(super) method: Method,
    /// Written as it stands in a URL.
    pub(super) path: String,
    pub(super) query: Vec<(&'static str, String)>,
    pub(super) body: Option<Value>,
    pub(super) idempotency_key: Option<String>,
}

/// What came back.
#[derive(Debug)]
pub(super) struct Reply {
    pub(super) status: StatusCode,
    /// Nothing, if there was nothing to say.
    pub(super) body: Option<Value>,
    /// Whether nothing was kept.
    pub(super) rehearsed: bool,
    /// Whether the same was asked before, and this was its answer.
    pub(super) replayed: bool,
}

/// The way to the API.
pub(super) enum Wire {
    /// Inside of this process.
    Here {
        app: App,
        api: Normalise<Router>,
        operator: Operator,
    },
    /// Over the network.
    There {
        client: Client,
        server: Url,
        credential: HeaderValue,
    },
}

impl Wire {
    /// Over the configured database.
    ///
    /// A command that makes something may make the database, and bring it up to
    /// date; one that only looks, or takes something away, does neither.
    pub(super) async fn here(
        config: &Config,
        extensions: Extensions,
        missing: Missing,
    ) -> Result<Self, Failed> {
        let store = start::open_store(config, missing).await?;
        match missing {
            Missing::Make => start::bring_up_to_date(config, &store).await?,
            Missing::Leave => match store.missing_migrations().await? {
                0 => {}
                steps => return Err(NoStart::Behind(steps).into()),
            },
        }
        let app = start::start_app(config, store, extensions);
        Ok(Self::Here {
            api: start::api_of(config, &app),
            app,
            operator: Operator::at_the_server(&operator()),
        })
    }

    /// To the server at `server`, with the key in `key_file` or in the
    /// environment.
    pub(super) fn there(server: Url, key_file: Option<&Path>) -> Result<Self, Failed> {
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
        Ok(Self::There {
            client,
            server,
            credential,
        })
    }

    /// Sends one request and waits for its answer, whatever it is.
    pub(super) async fn ask(&self, request: Request) -> Result<Reply, Failed> {
        match self {
            Self::Here { api, operator, .. } => {
                let answer = request.to_here(operator)?;
                let Ok(answer) = api.clone().oneshot(answer).await;
                let (head, body) = answer.into_parts();
                let bytes = to_bytes(body, usize::MAX)
                    .await
                    .map_err(|error| Failed::Refused(format!("the answer broke off: {error}")))?;
                Reply::of(head.status, &head.headers, &bytes)
                    .map_err(|_| Failed::Refused("the answer is not JSON".to_owned()))
            }
            Self::There {
                client,
                server,
                credential,
            } => {
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
    }

    /// Leaves nothing open.
    pub(super) async fn close(self) {
        match self {
            Self::Here { app, .. } => app.close().await,
            Self::There { .. } => {}
        }
    }
}

impl Request {
    pub(super) fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            query: Vec::new(),
            body: None,
            idempotency_key: None,
        }
    }

    /// The path and what stands behind it.
    fn target(&self) -> String {
        if self.query.is_empty() {
            return self.path.clone();
        }
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.query)
            .finish();
        format!("{}?{query}", self.path)
    }

    fn at(&self, server: &Url) -> String {
        let server = server.as_str().trim_end_matches('/');
        format!("{server}{}", self.target())
    }

    fn headers(&self) -> Result<HeaderMap, Failed> {
        let mut headers = HeaderMap::new();
        if let Some(key) = &self.idempotency_key {
            let unusable = |_| {
                Failed::Typed("--idempotency-key takes 1 to 255 visible ASCII characters".into())
            };
            let key = HeaderValue::try_from(key).map_err(unusable)?;
            headers.insert("idempotency-key", key);
        }
        Ok(headers)
    }

    fn to_here(&self, operator: &Operator) -> Result<HttpRequest<Body>, Failed> {
        let body = match &self.body {
            Some(body) => Body::from(body.to_string()),
            None => Body::empty(),
        };
        let impossible =
            |error: axum::http::Error| Failed::Typed(format!("this cannot be asked: {error}"));
        let mut request = HttpRequest::builder()
            .method(self.method.clone())
            .uri(self.target())
            .header(header::USER_AGENT, AGENT)
            .extension(LocalOperator(operator.clone()))
            .body(body)
            .map_err(impossible)?;
        request.headers_mut().extend(self.headers()?);
        if self.body.is_some() {
            let json = HeaderValue::from_static("application/json");
            request.headers_mut().insert(header::CONTENT_TYPE, json);
        }
        Ok(request)
    }
}

impl Reply {
    fn of(
        status: StatusCode,
        headers: &HeaderMap,
        bytes: &[u8],
    ) -> Result<Self, serde_json::Error> {
        Ok(Self {
            status,
            body: (!bytes.is_empty())
                .then(|| serde_json::from_slice(bytes))
                .transpose()?,
            rehearsed: headers.contains_key("x-dry-run"),
            replayed: headers.contains_key("idempotency-replayed"),
        })
    }
}

/// A path of these parts, each written as it stands in a URL.
pub(super) fn path(parts: &[&str]) -> String {
    let mut url = Url::parse("http://server/").expect("it is one");
    if let Ok(mut path) = url.path_segments_mut() {
        path.clear().extend(parts);
    }
    url.path().to_owned()
}

/// The operator's key: never typed, because others on a machine can read what
/// was typed.
fn key(file: Option<&Path>) -> Result<String, Failed> {
    let (text, origin) = match file {
        Some(file) => (read(file)?, file.display().to_string()),
        None => from_environment()?,
    };
    match text.trim() {
        "" => Err(Failed::Typed(format!("{origin}: there is no key in it"))),
        key => Ok(key.to_owned()),
    }
}

fn from_environment() -> Result<(String, String), Failed> {
    for name in [OPERATOR_KEY.to_owned(), names::ADMIN_KEY.variable()] {
        if let Some(key) = env::var(&name).ok().filter(|key| !key.trim().is_empty()) {
            return Ok((key, name));
        }
        let name = format!("{name}_FILE");
        if let Some(file) = env::var_os(&name).filter(|file| !file.is_empty()) {
            return Ok((read(Path::new(&file))?, name));
        }
    }
    Err(Failed::Typed(format!(
        "--server needs a key: put it into {OPERATOR_KEY} or {}, or name a file with --key-file",
        names::ADMIN_KEY.variable()
    )))
}

fn read(file: &Path) -> Result<String, Failed> {
    fs::read_to_string(file)
        .map_err(|error| Failed::Typed(format!("cannot read {}: {error}", file.display())))
}

/// What was the matter, without the layers around it.
fn innermost(error: &dyn std::error::Error) -> String {
    let mut error = error;
    while let Some(source) = error.source() {
        error = source;
    }
    error.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_stays_one_part_of_a_path() {
        assert_eq!(path(&["admin", "operators", "ci"]), "/admin/operators/ci");
        assert_eq!(path(&["a", "b/c?d#e é"]), "/a/b%2Fc%3Fd%23e%20%C3%A9");
    }

    #[test]
    fn a_server_may_be_below_a_path() {
        let mut request = Request::new(Method::GET, "/admin/users");
        request.query.push(("email", "a+b@c".to_owned()));
        for server in ["https://id.example.com/api", "https://id.example.com/api/"] {
            let server = Url::parse(server).unwrap();
            assert_eq!(
                request.at(&server),
                "https://id.example.com/api/admin/users?email=a%2Bb%40c"
            );
        }
    }
}

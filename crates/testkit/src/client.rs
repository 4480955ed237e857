//! An HTTP client with plain requests and responses; users are
//! [`crate::TestUser`].

use std::pin::Pin;
use std::sync::OnceLock;

use reqwest::Method;
use serde_json::Value;

/// A client of one server, with or without a credential.
#[derive(Clone, Debug)]
pub struct Client {
    http: reqwest::Client,
    base: String,
    authorization: Option<String>,
}

impl Client {
    /// An anonymous client of the server that listens at `base`.
    pub fn new(base: impl Into<String>) -> Self {
        let http = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .expect("a client");
        Self {
            http,
            base: base.into(),
            authorization: None,
        }
    }

    /// This client with this `Authorization` header.
    #[must_use]
    pub fn with_authorization(&self, authorization: impl Into<String>) -> Self {
        Self {
            authorization: Some(authorization.into()),
            ..self.clone()
        }
    }

    /// This client without a credential.
    #[must_use]
    pub fn anonymous(&self) -> Self {
        Self {
            authorization: None,
            ..self.clone()
        }
    }

    /// This client on connections of its own.
    #[must_use]
    pub fn with_own_connections(&self) -> Self {
        Self {
            authorization: self.authorization.clone(),
            ..Self::new(self.base.clone())
        }
    }

    /// The server's URL, as `http://address:port`.
    pub fn base(&self) -> &str {
        &self.base
    }

    /// A request that is sent by awaiting it.
    pub fn request(&self, method: &str, path: &str) -> PendingRequest {
        let verb = Method::from_bytes(method.as_bytes()).expect("a method");
        let mut request = self.http.request(verb, format!("{}{path}", self.base));
        if let Some(authorization) = &self.authorization {
            request = request.header("authorization", authorization);
        }
        PendingRequest {
            request,
            description: format!("{method} {path}"),
        }
    }

    /// A `GET` request.
    pub fn get(&self, path: &str) -> PendingRequest {
        self.request("GET", path)
    }

    /// A `POST` request with a JSON body.
    pub fn post(&self, path: &str, body: &Value) -> PendingRequest {
        self.request("POST", path).json(body)
    }

    /// A `POST` request without a body.
    pub fn post_empty(&self, path: &str) -> PendingRequest {
        self.request("POST", path)
    }

    /// A `PUT` request with a JSON body.
    pub fn put(&self, path: &str, body: &Value) -> PendingRequest {
        self.request("PUT", path).json(body)
    }

    /// A `PATCH` request with a JSON body.
    pub fn patch(&self, path: &str, body: &Value) -> PendingRequest {
        self.request("PATCH", path).json(body)
    }

    /// A `DELETE` request.
    pub fn delete(&self, path: &str) -> PendingRequest {
        self.request("DELETE", path)
    }
}

/// A request that is sent when it is awaited.
#[derive(Debug)]
#[must_use = "it is sent by awaiting it"]
pub struct PendingRequest {
    request: reqwest::RequestBuilder,
    description: String,
}

impl PendingRequest {
    /// Adds a header.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.request = self.request.header(name, value);
        self
    }

    /// Sets the body; the caller adds its `Content-Type`.
    pub fn body(mut self, body: impl Into<Vec<u8>>) -> Self {
        self.request = self.request.body(body.into());
        self
    }

    /// Sets this JSON as the body.
    pub fn json(mut self, body: &Value) -> Self {
        self.request = self.request.json(body);
        self
    }

    /// Sends the request. Returns `None` if the connection failed before the
    /// response was complete.
    pub async fn try_send(self) -> Option<Response> {
        let Self {
            request,
            description,
        } = self;
        let response = request.send().await.ok()?;
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await.ok()?.to_vec();
        Some(Response {
            description,
            status,
            headers,
            body,
            json: OnceLock::new(),
        })
    }
}

impl IntoFuture for PendingRequest {
    type Output = Response;
    type IntoFuture = Pin<Box<dyn Future<Output = Response> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        let description = self.description.clone();
        Box::pin(async move {
            let response = self.try_send().await;
            response.unwrap_or_else(|| panic!("{description} was not answered"))
        })
    }
}

/// A response. Its methods panic with the whole response if it lacks what they
/// read.
#[derive(Clone, Debug)]
pub struct Response {
    description: String,
    status: u16,
    headers: reqwest::header::HeaderMap,
    body: Vec<u8>,
    json: OnceLock<Value>,
}

impl Response {
    /// The status code.
    pub fn status(&self) -> u16 {
        self.status
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body, parsed as JSON.
    #[track_caller]
    pub fn json(&self) -> &Value {
        self.json.get_or_init(|| {
            serde_json::from_slice(&self.body).unwrap_or_else(|_| panic!("no JSON: {self}"))
        })
    }

    /// The `detail` of an error, which the reference API has too.
    #[track_caller]
    pub fn detail(&self) -> &Value {
        &self.json()["detail"]
    }

    /// The stable code of an error; empty if there is none.
    #[track_caller]
    pub fn code(&self) -> &str {
        self.json()["code"].as_str().unwrap_or_default()
    }

    /// A text member of the body.
    #[track_caller]
    pub fn text_field(&self, member: &str) -> String {
        match &self.json()[member] {
            Value::String(text) => text.clone(),
            _ => panic!("no text in `{member}`: {self}"),
        }
    }

    /// The first header of this name.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// All headers of this name.
    pub fn headers(&self, name: &str) -> Vec<&str> {
        let all = self.headers.get_all(name).iter();
        all.filter_map(|value| value.to_str().ok()).collect()
    }

    /// All headers, ordered by name.
    pub fn sorted_headers(&self) -> Vec<(String, String)> {
        let lines = self.headers.iter();
        let mut lines: Vec<_> = lines
            .map(|(name, value)| {
                let value = String::from_utf8_lossy(value.as_bytes());
                (name.to_string(), value.into_owned())
            })
            .collect();
        lines.sort();
        lines
    }

    /// Returns this response; panics if it has another status.
    #[track_caller]
    pub fn expect_status(self, status: u16) -> Self {
        assert!(self.status == status, "not {status}: {self}");
        self
    }

    /// Returns this response; panics if it has another status or `detail`.
    #[track_caller]
    pub fn expect_detail(self, status: u16, detail: impl Into<Value>) -> Self {
        let response = self.expect_status(status);
        assert!(
            *response.detail() == detail.into(),
            "another detail: {response}"
        );
        response
    }

    /// Returns this response; panics if it has another status or body.
    #[track_caller]
    pub fn expect_body(self, status: u16, body: &Value) -> Self {
        let response = self.expect_status(status);
        assert!(response.json() == body, "not {body}: {response}");
        response
    }
}

impl std::fmt::Display for Response {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self {
            description,
            status,
            headers,
            ..
        } = self;
        write!(f, "{description} -> {status}\n{}\n{headers:?}", self.text())
    }
}

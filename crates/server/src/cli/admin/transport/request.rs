//! A request to the admin API, and its response.

use axum::{
    body::Body,
    http::{HeaderMap, HeaderValue, Method, Request as HttpRequest, StatusCode, header},
};
use freehold_app::Operator;
use freehold_http::LocalOperator;
use serde_json::Value;
use url::{Url, form_urlencoded};

use crate::cli::shared::error::CommandError;

/// `User-Agent` of requests that admin commands send.
pub(super) const USER_AGENT: &str = concat!("freehold/", env!("CARGO_PKG_VERSION"));

/// A request. No `Debug`: the body may contain passwords.
#[derive(Clone)]
pub(in crate::cli::admin) struct Request {
    pub(in crate::cli::admin) method: Method,
    /// The path, percent-encoded.
    pub(in crate::cli::admin) path: String,
    pub(in crate::cli::admin) query: Vec<(&'static str, String)>,
    pub(in crate::cli::admin) body: Option<Value>,
    pub(in crate::cli::admin) idempotency_key: Option<String>,
}

/// The response. No `Debug`: the body may contain keys.
pub(in crate::cli::admin) struct Reply {
    pub(in crate::cli::admin) status: StatusCode,
    /// `None` if the response has no body.
    pub(in crate::cli::admin) body: Option<Value>,
    /// Whether the server executed a dry run.
    pub(in crate::cli::admin) dry_run: bool,
    /// Whether this is a replayed response.
    pub(in crate::cli::admin) replayed: bool,
}

impl Request {
    pub(in crate::cli::admin) fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            query: Vec::new(),
            body: None,
            idempotency_key: None,
        }
    }

    /// Creates a `GET` request.
    pub(in crate::cli::admin) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    /// Adds a parameter to the query, if it has a value.
    pub(in crate::cli::admin) fn with_query(
        mut self,
        name: &'static str,
        value: Option<impl ToString>,
    ) -> Self {
        self.query
            .extend(value.map(|value| (name, value.to_string())));
        self
    }

    /// Returns the path with the query.
    fn path_and_query(&self) -> String {
        if self.query.is_empty() {
            return self.path.clone();
        }
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs(&self.query)
            .finish();
        format!("{}?{query}", self.path)
    }

    pub(super) fn url(&self, server: &Url) -> String {
        let server = server.as_str().trim_end_matches('/');
        format!("{server}{}", self.path_and_query())
    }

    pub(super) fn headers(&self) -> Result<HeaderMap, CommandError> {
        let mut headers = HeaderMap::new();
        if let Some(key) = &self.idempotency_key {
            let invalid_key = |_| {
                CommandError::InvalidArgument(
                    "--idempotency-key takes 1 to 255 visible ASCII characters".into(),
                )
            };
            let key = HeaderValue::try_from(key).map_err(invalid_key)?;
            headers.insert("idempotency-key", key);
        }
        Ok(headers)
    }

    pub(super) fn to_local(&self, operator: &Operator) -> Result<HttpRequest<Body>, CommandError> {
        let body = match &self.body {
            Some(body) => Body::from(body.to_string()),
            None => Body::empty(),
        };
        let invalid_request = |error: axum::http::Error| {
            CommandError::InvalidArgument(format!("invalid request: {error}"))
        };
        let mut request = HttpRequest::builder()
            .method(self.method.clone())
            .uri(self.path_and_query())
            .header(header::USER_AGENT, USER_AGENT)
            .extension(LocalOperator(operator.clone()))
            .body(body)
            .map_err(invalid_request)?;
        request.headers_mut().extend(self.headers()?);
        if self.body.is_some() {
            let json = HeaderValue::from_static("application/json");
            request.headers_mut().insert(header::CONTENT_TYPE, json);
        }
        Ok(request)
    }
}

impl Reply {
    pub(super) fn from_response(
        status: StatusCode,
        headers: &HeaderMap,
        bytes: &[u8],
    ) -> Result<Self, serde_json::Error> {
        Ok(Self {
            status,
            body: (!bytes.is_empty())
                .then(|| serde_json::from_slice(bytes))
                .transpose()?,
            dry_run: headers.contains_key("x-dry-run"),
            replayed: headers.contains_key("idempotency-replayed"),
        })
    }
}

/// Joins `parts` to a path, each percent-encoded.
pub(in crate::cli::admin) fn path(parts: &[&str]) -> String {
    let mut url = Url::parse("http://server/").expect("a valid URL");
    if let Ok(mut path) = url.path_segments_mut() {
        path.clear().extend(parts);
    }
    url.path().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_are_escaped_in_paths() {
        assert_eq!(path(&["admin", "operators", "ci"]), "/admin/operators/ci");
        assert_eq!(path(&["a", "b/c?d#e é"]), "/a/b%2Fc%3Fd%23e%20%C3%A9");
    }

    #[test]
    fn server_urls_may_have_a_path() {
        let mut request = Request::new(Method::GET, "/admin/users");
        request.query.push(("email", "a+b@c".to_owned()));
        for server in ["https://id.example.com/api", "https://id.example.com/api/"] {
            let server = Url::parse(server).unwrap();
            assert_eq!(
                request.url(&server),
                "https://id.example.com/api/admin/users?email=a%2Bb%40c"
            );
        }
    }
}

//! Normalizes paths. Clients use paths with and without `/api` before them, with and without a
//! slash at the end, and two old aliases; the router has one form of each and never redirects.

use std::task::{Context, Poll};

use http::Request;
use http::uri::{PathAndQuery, Uri};
use tower::Service;

/// Rewrites the path of a request before the router `S` sees it.
#[derive(Clone, Debug)]
pub struct NormalizePath<S> {
    inner: S,
}

impl<S> NormalizePath<S> {
    /// Wraps the router.
    pub const fn new(inner: S) -> Self {
        Self { inner }
    }
}

impl<S: Service<Request<B>>, B> Service<Request<B>> for NormalizePath<S> {
    type Response = S::Response;
    type Error = S::Error;
    type Future = S::Future;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<Result<(), Self::Error>> {
        self.inner.poll_ready(context)
    }

    fn call(&mut self, mut request: Request<B>) -> Self::Future {
        if let Some(uri) = normalized_uri(request.uri()) {
            *request.uri_mut() = uri;
        }
        self.inner.call(request)
    }
}

/// Returns the URI in the router's form; `None` if it has that form already.
fn normalized_uri(uri: &Uri) -> Option<Uri> {
    let path = uri.path();
    let core = without_prefix_and_slash(path);
    let after_tenant = core.strip_prefix("/auth/public/");
    if after_tenant.is_none() && core.len() == path.len() {
        return None;
    }
    let query = uri.query();
    let mut normalized =
        String::with_capacity(path.len() + query.map_or(0, |query| query.len() + 1) + 1);
    match after_tenant {
        Some(rest) => {
            normalized.push_str("/auth/");
            normalized.push_str(rest);
        }
        None if core.is_empty() => normalized.push('/'),
        None => normalized.push_str(core),
    }
    if let Some(query) = query {
        normalized.push('?');
        normalized.push_str(query);
    }
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(normalized).ok()?);
    Uri::from_parts(parts).ok()
}

/// Returns `path` without `/api` and `/preview` before it and without the slash at its end.
fn without_prefix_and_slash(path: &str) -> &str {
    let mut core = path;
    while let Some(rest) = core.strip_prefix("/api") {
        if !rest.is_empty() && !rest.starts_with('/') {
            break;
        }
        core = rest;
    }
    if core.starts_with("/preview/simple/") {
        core = &core["/preview".len()..];
    }
    if core.len() > 1 {
        core.strip_suffix('/').unwrap_or(core)
    } else {
        core
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normalized(given: &str) -> String {
        let uri: Uri = given.parse().unwrap();
        normalized_uri(&uri).unwrap_or(uri).to_string()
    }

    #[test]
    fn every_form_is_normalized() {
        for (given, expected) in [
            ("/organizations/", "/organizations"),
            ("/api/organizations/?a=1", "/organizations?a=1"),
            ("/api/api/api/organizations", "/organizations"),
            ("/preview/simple/testsets/query", "/simple/testsets/query"),
            (
                "/api/preview/simple/testsets/query/",
                "/simple/testsets/query",
            ),
            ("/auth/public/signin", "/auth/signin"),
            (
                "/api/auth/public/signup/email/exists?email=a",
                "/auth/signup/email/exists?email=a",
            ),
            ("/api", "/"),
            ("/api/", "/"),
            ("http://h:1/api/health", "http://h:1/health"),
        ] {
            assert_eq!(normalized(given), expected, "{given}");
        }
    }

    #[test]
    fn normal_paths_are_not_changed() {
        for given in [
            "/",
            "/organizations",
            "/apikeys",
            "/organizations//",
            "/x/api",
            "/%ff%00",
            "*",
        ] {
            let uri: Uri = given.parse().unwrap();
            let changed = normalized_uri(&uri).map(|uri| uri.to_string());
            if given == "/organizations//" {
                assert_eq!(
                    changed.as_deref(),
                    Some("/organizations/"),
                    "only one slash is removed"
                );
            } else {
                assert_eq!(changed, None, "{given}");
            }
        }
    }
}

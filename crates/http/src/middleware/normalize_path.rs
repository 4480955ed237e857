//! One spelling for every path. Clients reach the API with and without `/api` in front, with and
//! without a slash behind, and by two old aliases; the router knows one form and never redirects.

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
        if let Some(uri) = normalised(request.uri()) {
            *request.uri_mut() = uri;
        }
        self.inner.call(request)
    }
}

/// The same address in the router's spelling; `None` when it is spelled so already.
fn normalised(uri: &Uri) -> Option<Uri> {
    let path = uri.path();
    let core = trimmed(path);
    let tenant = core.strip_prefix("/auth/public/");
    if tenant.is_none() && core.len() == path.len() {
        return None;
    }
    let query = uri.query();
    let mut spelled =
        String::with_capacity(path.len() + query.map_or(0, |query| query.len() + 1) + 1);
    match tenant {
        Some(rest) => {
            spelled.push_str("/auth/");
            spelled.push_str(rest);
        }
        None if core.is_empty() => spelled.push('/'),
        None => spelled.push_str(core),
    }
    if let Some(query) = query {
        spelled.push('?');
        spelled.push_str(query);
    }
    let mut parts = uri.clone().into_parts();
    parts.path_and_query = Some(PathAndQuery::try_from(spelled).ok()?);
    Uri::from_parts(parts).ok()
}

/// What is left of `path` without its dispensable ends.
fn trimmed(path: &str) -> &str {
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

    fn spelled(given: &str) -> String {
        let uri: Uri = given.parse().unwrap();
        normalised(&uri).unwrap_or(uri).to_string()
    }

    #[test]
    fn every_spelling_of_a_route_is_one() {
        for (given, wanted) in [
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
            assert_eq!(spelled(given), wanted, "{given}");
        }
    }

    #[test]
    fn what_is_spelled_right_is_not_touched() {
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
            let kept = normalised(&uri).map(|uri| uri.to_string());
            if given == "/organizations//" {
                assert_eq!(
                    kept.as_deref(),
                    Some("/organizations/"),
                    "one slash, not all of them"
                );
            } else {
                assert_eq!(kept, None, "{given}");
            }
        }
    }
}

//! Responses to paths and methods without a handler.

use axum::extract::{FromRequestParts, Request, State};
use freehold_app::Caller;

use crate::admin;
use crate::error::Problem;
use crate::state::AppState;

/// Answers 404, or 401 to a request without a credential, which does not learn which paths exist.
pub(crate) async fn no_such_path(State(state): State<AppState>, request: Request) -> Problem {
    if_caller_may_know(&state, request, Problem::no_such_path()).await
}

/// As [`no_such_path`], with 405; the router adds `Allow`.
pub(crate) async fn method_not_allowed(State(state): State<AppState>, request: Request) -> Problem {
    if_caller_may_know(&state, request, Problem::method_not_allowed()).await
}

/// Returns `problem`, or the problem of the credential where the path requires one.
async fn if_caller_may_know(state: &AppState, request: Request, problem: Problem) -> Problem {
    let (mut parts, _) = request.into_parts();
    match PathAudience::of(parts.uri.path()) {
        PathAudience::Public => problem,
        PathAudience::Operators => admin::AnyOperator::from_request_parts(&mut parts, state)
            .await
            .err()
            .unwrap_or(problem),
        PathAudience::Authenticated => Caller::from_request_parts(&mut parts, state)
            .await
            .err()
            .unwrap_or(problem),
    }
}

/// The callers who learn that a path or method has no handler. (The credential for a handler is
/// defined by its arguments.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PathAudience {
    /// All: these paths require no credential.
    Public,
    /// Callers with a valid credential.
    Authenticated,
    /// Operators.
    Operators,
}

impl PathAudience {
    fn of(path: &str) -> Self {
        let first = path
            .trim_start_matches('/')
            .split('/')
            .next()
            .unwrap_or_default();
        match first {
            "auth" | ".well-known" | "health" | "livez" | "readyz" | "metrics" | "docs"
            | "openapi.json" => Self::Public,
            "admin" => Self::Operators,
            _ => Self::Authenticated,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operator_paths_are_recognized_by_their_first_segment() {
        for path in ["/admin", "/admin/accounts", "//admin/x"] {
            assert_eq!(PathAudience::of(path), PathAudience::Operators, "{path}");
        }
        assert_eq!(
            PathAudience::of("/administrators"),
            PathAudience::Authenticated
        );
        assert_eq!(PathAudience::of("/x/admin/"), PathAudience::Authenticated);
        assert_eq!(PathAudience::of("/auth/admin"), PathAudience::Public);
    }
}

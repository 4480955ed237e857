//! Answers for paths and methods that no handler serves.

use axum::extract::{FromRequestParts, Request, State};
use freehold_app::Caller;

use crate::admin;
use crate::error::Problem;
use crate::state::AppState;

/// Strangers do not learn which paths exist: for them the missing credential comes first.
pub(crate) async fn no_such_path(State(state): State<AppState>, request: Request) -> Problem {
    if_caller_may_know(&state, request, Problem::no_such_path()).await
}

/// As [`no_such_path`]; the router adds `Allow`.
pub(crate) async fn method_not_allowed(State(state): State<AppState>, request: Request) -> Problem {
    if_caller_may_know(&state, request, Problem::method_not_allowed()).await
}

/// `problem`, for those who may hear it of a path that no handler answers.
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

/// Who hears what is amiss at a path that no handler answers. Whom handlers answer is said by
/// their arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum PathAudience {
    /// Nobody needs a credential there.
    Public,
    /// Whoever has a credential.
    Authenticated,
    /// Whoever is an operator.
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

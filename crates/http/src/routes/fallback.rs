//! Answers for paths and methods that no handler serves.

use axum::extract::{FromRequestParts, Request, State};
use freehold_app::Caller;

use crate::admin;
use crate::error::Problem;
use crate::state::AppState;

/// Strangers do not learn which paths exist: for them the missing credential comes first.
pub(crate) async fn no_such_path(State(house): State<AppState>, request: Request) -> Problem {
    instead(&house, request, Problem::no_such_path()).await
}

/// As [`no_such_path`]; the router adds `Allow`.
pub(crate) async fn method_not_allowed(State(house): State<AppState>, request: Request) -> Problem {
    instead(&house, request, Problem::method_not_allowed()).await
}

/// `problem`, for those who may hear it of a path that no handler answers.
async fn instead(house: &AppState, request: Request, problem: Problem) -> Problem {
    let (mut parts, _) = request.into_parts();
    match Open::to(parts.uri.path()) {
        Open::Everybody => problem,
        Open::Operators => admin::ByAny::from_request_parts(&mut parts, house)
            .await
            .err()
            .unwrap_or(problem),
        Open::Callers => Caller::from_request_parts(&mut parts, house)
            .await
            .err()
            .unwrap_or(problem),
    }
}

/// Who hears what is amiss at a path that no handler answers. Whom handlers answer is said by
/// their arguments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Open {
    /// Nobody needs a credential there.
    Everybody,
    /// Whoever has a credential.
    Callers,
    /// Whoever is an operator.
    Operators,
}

impl Open {
    fn to(path: &str) -> Self {
        let first = path
            .trim_start_matches('/')
            .split('/')
            .next()
            .unwrap_or_default();
        match first {
            "auth" | ".well-known" | "health" | "livez" | "readyz" | "metrics" | "docs"
            | "openapi.json" => Self::Everybody,
            "admin" => Self::Operators,
            _ => Self::Callers,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_for_operators_is_known_by_its_first_part() {
        for path in ["/admin", "/admin/accounts", "//admin/x"] {
            assert_eq!(Open::to(path), Open::Operators, "{path}");
        }
        assert_eq!(Open::to("/administrators"), Open::Callers);
        assert_eq!(Open::to("/x/admin/"), Open::Callers);
        assert_eq!(Open::to("/auth/admin"), Open::Everybody);
    }
}

//! Shared by the endpoints that create accounts: the call of `app`, and the translation of the field
//! paths in its errors to those of the request.

use axum::response::Response;
use freehold_app::provisioning::Graph;
use freehold_app::{Failure, Operator, RequestContext};
use freehold_domain::Refusal;
use http::StatusCode;

use super::views::CreatedAccountsView;
use crate::error::Problem;
use crate::response::operator_command_response;
use crate::state::AppState;

/// A path prefix in the graph and the corresponding one in the request, such as `projects.prj.` and
/// `project.`.
pub(super) type PathRename = (&'static str, &'static str);

/// Creates the objects of a graph and responds with them. `renames` are the paths of objects that the
/// request does not list by ref.
pub(super) async fn provision(
    state: &AppState,
    operator: &Operator,
    context: &RequestContext,
    graph: Graph,
    renames: &[PathRename],
) -> Result<Response, Problem> {
    let output = state.app().provision(operator, context, vec![graph]).await;
    let output = output
        .map_err(|failure| rename_paths_in_failure(failure, |text| rename_path(text, renames)))?;
    operator_command_response(StatusCode::OK, &output, |accounts| {
        CreatedAccountsView::from(accounts)
    })
}

/// Replaces the path prefix of `text`, if it begins with one of `renames`.
pub(super) fn rename_path(text: &str, renames: &[PathRename]) -> String {
    let matching = renames
        .iter()
        .find_map(|(from, to)| Some((text.strip_prefix(from)?, to)));
    match matching {
        Some((rest, to)) => format!("{to}{rest}"),
        None => text.to_owned(),
    }
}

/// Applies `rename` to the field paths and messages of a refusal.
pub(super) fn rename_paths_in_failure(
    failure: Failure,
    rename: impl Fn(&str) -> String,
) -> Failure {
    let Failure::Refused(refusal) = failure else {
        return failure;
    };
    let refusal = match refusal {
        Refusal::InvalidReference { path, reason } => Refusal::InvalidReference {
            path: rename(&path),
            reason,
        },
        Refusal::InvalidAccounts(sentence) => Refusal::InvalidAccounts(rename(&sentence)),
        Refusal::AccountsConflict(sentence) => Refusal::AccountsConflict(rename(&sentence)),
        other => other,
    };
    Failure::Refused(refusal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_use_the_paths_of_the_request() {
        let renames = [("projects.prj.", "project.")];
        let message = |refusal: Refusal| match rename_paths_in_failure(refusal.into(), |text| {
            rename_path(text, &renames)
        }) {
            Failure::Refused(refusal) => refusal.message(),
            Failure::Fault(fault) => fault.to_string(),
        };
        let bad = |path: &str| Refusal::InvalidReference {
            path: path.to_owned(),
            reason: "no".to_owned(),
        };
        assert_eq!(
            message(bad("projects.prj.workspace_ref")),
            "Invalid reference at 'project.workspace_ref': no"
        );
        assert_eq!(
            message(bad("projects.other.workspace_ref")),
            "Invalid reference at 'projects.other.workspace_ref': no"
        );
        let conflict = Refusal::AccountsConflict("projects.prj.is_default: no".to_owned());
        assert_eq!(message(conflict), "project.is_default: no");
        let invalid = Refusal::InvalidAccounts("Not projects.prj.name".to_owned());
        assert_eq!(message(invalid), "Not projects.prj.name");
    }
}

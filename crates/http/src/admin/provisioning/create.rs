//! What all endpoints share that make accounts: the one call of `app`, and errors that speak of the
//! request as it was sent.

use axum::response::Response;
use freehold_app::provisioning::Graph;
use freehold_app::{Failure, Operator, RequestContext};
use freehold_domain::Refusal;
use http::StatusCode;

use super::views::AccountsView;
use crate::error::Problem;
use crate::response::done_alike;
use crate::state::AppState;

/// What a path of the graph is called in the request: `projects.prj.` is `project.`.
pub(super) type Renamed = (&'static str, &'static str);

/// Makes what one graph holds, and answers with it. `renamed` has the parts of the graph that the request does not have
/// under a ref.
pub(super) async fn make(
    house: &AppState,
    operator: &Operator,
    call: &RequestContext,
    graph: Graph,
    renamed: &[Renamed],
) -> Result<Response, Problem> {
    let made = house.app().provision(operator, call, vec![graph]).await;
    let made = made.map_err(|failure| in_its_words(failure, |text| rename(text, renamed)))?;
    done_alike(StatusCode::OK, &made, |accounts| {
        AccountsView::from(accounts)
    })
}

/// `text` as the request has it, if it begins with the path of a part that is renamed.
pub(super) fn rename(text: &str, renamed: &[Renamed]) -> String {
    let known = renamed
        .iter()
        .find_map(|(from, to)| Some((text.strip_prefix(from)?, to)));
    match known {
        Some((rest, to)) => format!("{to}{rest}"),
        None => text.to_owned(),
    }
}

/// What is wrong with a graph, where `say` tells what its paths are in the request.
pub(super) fn in_its_words(failure: Failure, say: impl Fn(&str) -> String) -> Failure {
    let Failure::Refused(refusal) = failure else {
        return failure;
    };
    let refusal = match refusal {
        Refusal::InvalidReference { path, reason } => Refusal::InvalidReference {
            path: say(&path),
            reason,
        },
        Refusal::InvalidAccounts(sentence) => Refusal::InvalidAccounts(say(&sentence)),
        Refusal::AccountsConflict(sentence) => Refusal::AccountsConflict(say(&sentence)),
        other => other,
    };
    Failure::Refused(refusal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_speak_of_the_request_as_it_was_sent() {
        let renamed = [("projects.prj.", "project.")];
        let told =
            |refusal: Refusal| match in_its_words(refusal.into(), |text| rename(text, &renamed)) {
                Failure::Refused(refusal) => refusal.message(),
                Failure::Fault(fault) => fault.to_string(),
            };
        let bad = |path: &str| Refusal::InvalidReference {
            path: path.to_owned(),
            reason: "no".to_owned(),
        };
        assert_eq!(
            told(bad("projects.prj.workspace_ref")),
            "Invalid reference at 'project.workspace_ref': no"
        );
        assert_eq!(
            told(bad("projects.other.workspace_ref")),
            "Invalid reference at 'projects.other.workspace_ref': no"
        );
        let conflict = Refusal::AccountsConflict("projects.prj.is_default: no".to_owned());
        assert_eq!(told(conflict), "project.is_default: no");
        let invalid = Refusal::InvalidAccounts("Not projects.prj.name".to_owned());
        assert_eq!(told(invalid), "Not projects.prj.name");
    }
}

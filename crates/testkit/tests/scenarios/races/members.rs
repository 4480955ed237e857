//! Races for a membership: roles, removal, and projects that are made while
//! somebody joins.

use serde_json::json;

use super::fixture::{Layout, Place, Square, Who};
use super::{Loose, Round, at_once, control, race};

/// Bob is a member; Dora may change that.
const MEMBER: Layout = Layout {
    members: &[(Who::Bob, "viewer"), (Who::Dora, "admin")],
    invited: None,
};

/// Bob is about to be one.
const INVITED: Layout = Layout {
    members: &[(Who::Dora, "admin")],
    invited: Some("viewer"),
};

/// As an admin, Bob would be nobody's to remove but Ada's.
async fn promoted_and_removed(square: &Square<'_>, place: &Place) -> Round {
    let mut round = Round::default();
    let bob = square.bob();
    let promotion = square.ada().post(
        &format!("/workspaces/{}/roles", place.workspace),
        &json!({"email": bob.email, "organization_id": place.organization, "role": "admin"}),
    );
    let removal = square.dora().delete(&place.member(&bob.email));
    let answers = at_once(&mut round, place, promotion, removal).await;
    round.unless_one_of(&[(200, 403), (404, 200)], &answers);
    let expected = (answers[0].status() == 200).then_some("admin");
    let role = square.role(place, Who::Bob).await;
    round.unless(role.as_deref() == expected, || {
        let [one, other] = &answers;
        format!("the state is another than the answers say: {role:?}\n{one}\n{other}")
    });
    round
}

race!(assign_remove, MEMBER, promoted_and_removed);
control!(
    assign_remove_without_locks,
    MEMBER,
    Loose::LOCKS,
    promoted_and_removed,
    "(200, 200)"
);

async fn a_project_more_meanwhile(square: &Square<'_>, place: &Place) -> Round {
    let mut round = Round::default();
    let bob = square.bob();
    let project = square.ada().post(
        &format!("/projects?project_id={}", place.project),
        &json!({"name": "Second"}),
    );
    let (path, body) = place.acceptance(&bob.email);
    let answers = at_once(&mut round, place, project, bob.post(&path, &body)).await;
    round.unless_one_of(&[(201, 200)], &answers);
    round
}

race!(create_project_accept, INVITED, a_project_more_meanwhile);
control!(
    create_project_accept_without_locks,
    INVITED,
    Loose::LOCKS,
    a_project_more_meanwhile,
    "is in every project of it"
);

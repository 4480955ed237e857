//! Races for a membership: roles, removal, and projects that are created while
//! a user joins.

use serde_json::json;

use super::fixture::{InitialMembers, RaceFixture, RaceScope, RaceUser};
use super::{DisabledProtections, RoundOutcome, control, race, send_concurrently};

/// Bob is a member; Dora may change that.
const MEMBER: InitialMembers = InitialMembers {
    members: &[(RaceUser::Bob, "viewer"), (RaceUser::Dora, "admin")],
    invited: None,
};

/// Bob is not a member yet.
const INVITED: InitialMembers = InitialMembers {
    members: &[(RaceUser::Dora, "admin")],
    invited: Some("viewer"),
};

/// As an admin, Bob could be removed only by Ada.
async fn promote_while_removing(fixture: &RaceFixture<'_>, scope: &RaceScope) -> RoundOutcome {
    let mut round = RoundOutcome::default();
    let bob = fixture.bob();
    let promotion = fixture.ada().post(
        &format!("/workspaces/{}/roles", scope.workspace),
        &json!({"email": bob.email, "organization_id": scope.organization, "role": "admin"}),
    );
    let removal = fixture.dora().delete(&scope.member(&bob.email));
    let responses = send_concurrently(&mut round, scope, promotion, removal).await;
    round.check_statuses(&[(200, 403), (404, 200)], &responses);
    let expected = (responses[0].status() == 200).then_some("admin");
    let role = fixture.role(scope, RaceUser::Bob).await;
    round.check(role.as_deref() == expected, || {
        let [one, other] = &responses;
        format!("the state is another than the answers say: {role:?}\n{one}\n{other}")
    });
    round
}

race!(assign_remove, MEMBER, promote_while_removing);
control!(
    assign_remove_without_locks,
    MEMBER,
    DisabledProtections::LOCKS,
    promote_while_removing,
    "(200, 200)"
);

async fn create_project_while_accepting(
    fixture: &RaceFixture<'_>,
    scope: &RaceScope,
) -> RoundOutcome {
    let mut round = RoundOutcome::default();
    let bob = fixture.bob();
    let project = fixture.ada().post(
        &format!("/projects?project_id={}", scope.project),
        &json!({"name": "Second"}),
    );
    let (path, body) = scope.acceptance(&bob.email);
    let responses = send_concurrently(&mut round, scope, project, bob.post(&path, &body)).await;
    round.check_statuses(&[(201, 200)], &responses);
    round
}

race!(
    create_project_accept,
    INVITED,
    create_project_while_accepting
);
control!(
    create_project_accept_without_locks,
    INVITED,
    DisabledProtections::LOCKS,
    create_project_while_accepting,
    "is in every project of it"
);

//! Races for an organization: its new owner may not have been deleted.

use freehold_testkit::{PendingRequest, Response};

use super::fixture::{InitialMembers, RaceFixture, RaceScope, RaceUser};
use super::{DisabledProtections, RoundOutcome, control, race, send_concurrently};

/// Bob is to become the owner; Dora may remove him until then.
const NEXT_OWNER: InitialMembers = InitialMembers {
    members: &[(RaceUser::Bob, "viewer"), (RaceUser::Dora, "admin")],
    invited: None,
};

/// No row locks, and no constraint that an owner is a member.
const WITHOUT_OWNER_RULE: DisabledProtections = DisabledProtections {
    locks: true,
    rules: &[("organizations", "fk_organizations_owner_member")],
    guard: false,
};

fn transfer(fixture: &RaceFixture<'_>, scope: &RaceScope) -> PendingRequest {
    let to = &fixture.bob().id;
    let path = format!("/organizations/{}/transfer/{to}", scope.organization);
    fixture.ada().post_empty(&path)
}

/// Either Bob owns the organization and is a member, or he was removed and Ada owns it.
async fn check_owner(
    round: &mut RoundOutcome,
    fixture: &RaceFixture<'_>,
    scope: &RaceScope,
    responses: &[Response; 2],
    pairs: &[(u16, u16)],
) {
    round.check_statuses(pairs, responses);
    let (owner, bob) = (
        fixture.owner(scope).await,
        fixture.role(scope, RaceUser::Bob).await,
    );
    let expected = match responses[0].status() {
        200 => (&fixture.bob().email, Some("owner")),
        _ => (&fixture.ada().email, None),
    };
    round.check((&owner, bob.as_deref()) == expected, || {
        let [one, other] = responses;
        format!("the state is another than the answers say: {owner}, {bob:?}\n{one}\n{other}")
    });
}

async fn remove_next_owner(fixture: &RaceFixture<'_>, scope: &RaceScope) -> RoundOutcome {
    let mut round = RoundOutcome::default();
    let removal = fixture.dora().delete(&scope.member(&fixture.bob().email));
    let responses = send_concurrently(&mut round, scope, transfer(fixture, scope), removal).await;
    let pairs = [(200, 403), (400, 200)];
    check_owner(&mut round, fixture, scope, &responses, &pairs).await;
    round
}

race!(transfer_remove, NEXT_OWNER, remove_next_owner);
control!(
    transfer_remove_without_locks_and_rule,
    NEXT_OWNER,
    WITHOUT_OWNER_RULE,
    remove_next_owner,
    "its owner is a member of it"
);

async fn next_owner_leaves(fixture: &RaceFixture<'_>, scope: &RaceScope) -> RoundOutcome {
    let mut round = RoundOutcome::default();
    let path = format!("/organizations/{}/leave", scope.organization);
    let leaving = fixture.bob().post_empty(&path);
    let responses = send_concurrently(&mut round, scope, transfer(fixture, scope), leaving).await;
    let pairs = [(200, 400), (400, 200)];
    check_owner(&mut round, fixture, scope, &responses, &pairs).await;
    round
}

race!(transfer_leave, NEXT_OWNER, next_owner_leaves);
control!(
    transfer_leave_without_locks_and_rule,
    NEXT_OWNER,
    WITHOUT_OWNER_RULE,
    next_owner_leaves,
    "its owner is a member of it"
);

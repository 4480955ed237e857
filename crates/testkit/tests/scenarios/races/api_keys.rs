//! Creating an API key while its owner is removed.

use freehold_testkit::ApiKey;

use super::fixture::{InitialMembers, RaceFixture, RaceScope, RaceUser};
use super::{DisabledProtections, RoundOutcome, control, race, send_concurrently};

/// Bob may create keys.
const DEVELOPER: InitialMembers = InitialMembers {
    members: &[(RaceUser::Bob, "developer"), (RaceUser::Dora, "admin")],
    invited: None,
};

async fn create_key_while_removed(fixture: &RaceFixture<'_>, scope: &RaceScope) -> RoundOutcome {
    let mut round = RoundOutcome::default();
    let (bob, dora) = (fixture.bob(), fixture.dora());
    let key = bob.post_empty(&format!("/keys?project_id={}", scope.project));
    let removal = dora.delete(&scope.member(&bob.email));
    let responses = send_concurrently(&mut round, scope, key, removal).await;
    round.check_statuses(&[(200, 200), (401, 200)], &responses);
    if responses[0].status() == 200 {
        let text = responses[0].json().as_str().unwrap();
        let key = ApiKey::from_text(fixture.app.anonymous(), text);
        let opened = key.get("/profile").await;
        round.check(opened.status() == 401, || {
            format!("a key that outlives the membership: {opened}")
        });
    }
    let role = fixture.role(scope, RaceUser::Bob).await;
    round.check(role.is_none(), || format!("Bob stayed: {role:?}"));
    round
}

race!(create_key_remove, DEVELOPER, create_key_while_removed);
control!(
    create_key_remove_without_the_reference,
    DEVELOPER,
    DisabledProtections {
        locks: true,
        rules: &[("api_keys", "fk_api_keys_project_member")],
        guard: false,
    },
    create_key_while_removed,
    "who has a key is a member"
);

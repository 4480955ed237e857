//! A key that is made while its owner goes.

use freehold_testkit::ApiKey;

use super::fixture::{Layout, Place, Square, Who};
use super::{Loose, Round, at_once, control, race};

/// Bob may make keys.
const DEVELOPER: Layout = Layout {
    members: &[(Who::Bob, "developer"), (Who::Dora, "admin")],
    invited: None,
};

async fn a_last_key(square: &Square<'_>, place: &Place) -> Round {
    let mut round = Round::default();
    let (bob, dora) = (square.bob(), square.dora());
    let key = bob.post_nothing(&format!("/keys?project_id={}", place.project));
    let removal = dora.delete(&place.member(&bob.email));
    let answers = at_once(&mut round, place, key, removal).await;
    round.unless_one_of(&[(200, 200), (401, 200)], &answers);
    if answers[0].status() == 200 {
        let text = answers[0].json().as_str().unwrap();
        let key = ApiKey::of(square.app.stranger(), text);
        let opened = key.get("/profile").await;
        round.unless(opened.status() == 401, || {
            format!("a key that outlives the membership: {opened}")
        });
    }
    let role = square.role(place, Who::Bob).await;
    round.unless(role.is_none(), || format!("Bob stayed: {role:?}"));
    round
}

race!(create_key_remove, DEVELOPER, a_last_key);
control!(
    create_key_remove_without_the_reference,
    DEVELOPER,
    Loose {
        locks: true,
        rules: &[("api_keys", "fk_api_keys_project_member")],
        guard: false,
    },
    a_last_key,
    "who has a key is a member"
);

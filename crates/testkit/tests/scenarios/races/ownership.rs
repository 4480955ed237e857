//! Races for an organization: whoever is to own it may not be gone by then.

use freehold_testkit::{Answer, Ask};

use super::fixture::{Layout, Place, Square, Who};
use super::{Loose, Round, at_once, control, race};

/// Bob is to own it; Dora may remove him as long as he does not.
const HEIR: Layout = Layout {
    members: &[(Who::Bob, "viewer"), (Who::Dora, "admin")],
    invited: None,
};

/// Without locks, and without the rule that an owner is a member.
const NO_RULE: Loose = Loose {
    locks: true,
    rules: &[("organizations", "fk_organizations_owner_member")],
    guard: false,
};

fn transfer(square: &Square<'_>, place: &Place) -> Ask {
    let to = &square.bob().id;
    let path = format!("/organizations/{}/transfer/{to}", place.organization);
    square.ada().post_nothing(&path)
}

/// Either Bob owns it and stayed, or he is gone and Ada owns it.
async fn judge(
    round: &mut Round,
    square: &Square<'_>,
    place: &Place,
    answers: &[Answer; 2],
    pairs: &[(u16, u16)],
) {
    round.unless_one_of(pairs, answers);
    let (owner, bob) = (
        square.owner(place).await,
        square.role(place, Who::Bob).await,
    );
    let expected = match answers[0].status() {
        200 => (&square.bob().email, Some("owner")),
        _ => (&square.ada().email, None),
    };
    round.unless((&owner, bob.as_deref()) == expected, || {
        let [one, other] = answers;
        format!("the state is another than the answers say: {owner}, {bob:?}\n{one}\n{other}")
    });
}

async fn removed_while_inheriting(square: &Square<'_>, place: &Place) -> Round {
    let mut round = Round::default();
    let removal = square.dora().delete(&place.member(&square.bob().email));
    let answers = at_once(&mut round, place, transfer(square, place), removal).await;
    let pairs = [(200, 403), (400, 200)];
    judge(&mut round, square, place, &answers, &pairs).await;
    round
}

race!(transfer_remove, HEIR, removed_while_inheriting);
control!(
    transfer_remove_without_locks_and_rule,
    HEIR,
    NO_RULE,
    removed_while_inheriting,
    "its owner is a member of it"
);

async fn leaving_while_inheriting(square: &Square<'_>, place: &Place) -> Round {
    let mut round = Round::default();
    let path = format!("/organizations/{}/leave", place.organization);
    let leaving = square.bob().post_nothing(&path);
    let answers = at_once(&mut round, place, transfer(square, place), leaving).await;
    let pairs = [(200, 400), (400, 200)];
    judge(&mut round, square, place, &answers, &pairs).await;
    round
}

race!(transfer_leave, HEIR, leaving_while_inheriting);
control!(
    transfer_leave_without_locks_and_rule,
    HEIR,
    NO_RULE,
    leaving_while_inheriting,
    "its owner is a member of it"
);

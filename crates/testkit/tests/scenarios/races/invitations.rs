//! Races for an invitation: it is used once, by the one it is for, unless it
//! was taken back before.

use freehold_testkit::Answer;
use serde_json::json;

use super::fixture::{Layout, Place, Square, Who};
use super::{Loose, Round, at_once, control, race};

/// Bob is invited; Dora may take it back.
const INVITED: Layout = Layout {
    members: &[(Who::Dora, "admin")],
    invited: Some("viewer"),
};

/// Nobody is invited yet.
const NOBODY: Layout = Layout {
    members: &[(Who::Dora, "admin")],
    invited: None,
};

impl Round {
    /// Bob is what the invitation said, or nothing; and it is in this state.
    async fn unless_bob(
        &mut self,
        square: &Square<'_>,
        place: &Place,
        role: Option<&str>,
        invitations: &[&str],
        answers: &[Answer; 2],
    ) {
        let (is, states) = (
            square.role(place, Who::Bob).await,
            square.invitations(place).await,
        );
        self.unless(is.as_deref() == role && states == invitations, || {
            let [one, other] = answers;
            format!("the state is another than the answers say: {is:?}, {states:?}\n{one}\n{other}")
        });
    }
}

async fn the_same_person_twice(square: &Square<'_>, place: &Place) -> Round {
    let mut round = Round::default();
    let bob = square.bob();
    let (path, body) = place.acceptance(&bob.email);
    let (one, other) = (bob.post(&path, &body), bob.post(&path, &body));
    let answers = at_once(&mut round, place, one, other).await;
    round.unless_one_of(&[(200, 409), (409, 200)], &answers);
    round
        .unless_bob(square, place, Some("viewer"), &["accepted"], &answers)
        .await;
    round
}

race!(accept_accept, INVITED, the_same_person_twice);
control!(
    accept_accept_without_locks_and_guard,
    INVITED,
    Loose::LOCKS_AND_GUARD,
    the_same_person_twice,
    "(200, 200)"
);

async fn somebody_else_too(square: &Square<'_>, place: &Place) -> Round {
    let mut round = Round::default();
    let (bob, cleo) = (square.bob(), square.cleo());
    // Cleo has the link, and says either address.
    let says = if place.n.is_multiple_of(2) {
        &bob.email
    } else {
        &cleo.email
    };
    let ((path, body), (_, stolen)) = (place.acceptance(&bob.email), place.acceptance(says));
    let (one, other) = (bob.post(&path, &body), cleo.post(&path, &stolen));
    let answers = at_once(&mut round, place, one, other).await;
    round.unless_one_of(&[(200, 400)], &answers);
    round
        .unless_bob(square, place, Some("viewer"), &["accepted"], &answers)
        .await;
    let cleo = square.role(place, Who::Cleo).await;
    round.unless(cleo.is_none(), || format!("Cleo got in: {cleo:?}"));
    round
}

// Nothing to take out: it is one of the two whom the invitation is not for, however late they come.
race!(accept_accept_by_another, INVITED, somebody_else_too);

async fn taken_back_meanwhile(square: &Square<'_>, place: &Place) -> Round {
    let mut round = Round::default();
    let (bob, dora) = (square.bob(), square.dora());
    let (path, body) = place.acceptance(&bob.email);
    let revocation = format!(
        "/organizations/{}/invitations/{}",
        place.organization, place.invitation
    );
    let (one, other) = (bob.post(&path, &body), dora.delete(&revocation));
    let answers = at_once(&mut round, place, one, other).await;
    round.unless_one_of(&[(200, 404), (400, 200)], &answers);
    let (role, state) = match answers[0].status() {
        200 => (Some("viewer"), "accepted"),
        _ => (None, "revoked"),
    };
    round
        .unless_bob(square, place, role, &[state], &answers)
        .await;
    round
}

race!(accept_revoke, INVITED, taken_back_meanwhile);
control!(
    accept_revoke_without_locks_and_guard,
    INVITED,
    Loose::LOCKS_AND_GUARD,
    taken_back_meanwhile,
    "(200, 200)"
);

async fn sent_again_meanwhile(square: &Square<'_>, place: &Place) -> Round {
    let mut round = Round::default();
    let (bob, dora) = (square.bob(), square.dora());
    let (path, body) = place.acceptance(&bob.email);
    let again = dora.post(
        &format!("{}/resend", place.invite()),
        &json!({"email": bob.email}),
    );
    let answers = at_once(&mut round, place, bob.post(&path, &body), again).await;
    round.unless_one_of(&[(200, 404), (400, 200)], &answers);
    let (role, state) = match answers[0].status() {
        200 => (Some("viewer"), "accepted"),
        _ => (None, "pending"),
    };
    round
        .unless_bob(square, place, role, &[state], &answers)
        .await;
    round
}

race!(accept_resend, INVITED, sent_again_meanwhile);
control!(
    accept_resend_without_locks,
    INVITED,
    Loose::LOCKS,
    sent_again_meanwhile,
    "(200, 200)"
);

async fn removed_meanwhile(square: &Square<'_>, place: &Place) -> Round {
    let mut round = Round::default();
    let (bob, dora) = (square.bob(), square.dora());
    let (path, body) = place.acceptance(&bob.email);
    let removal = dora.delete(&place.member(&bob.email));
    let answers = at_once(&mut round, place, bob.post(&path, &body), removal).await;
    round.unless_one_of(&[(200, 200), (400, 200)], &answers);
    // Whichever came first, Bob is out when both are done.
    let state = match answers[0].status() {
        200 => "accepted",
        _ => "revoked",
    };
    round
        .unless_bob(square, place, None, &[state], &answers)
        .await;
    round
}

race!(accept_remove, INVITED, removed_meanwhile);
control!(
    accept_remove_without_locks,
    INVITED,
    Loose::LOCKS,
    removed_meanwhile,
    "the state is another"
);

async fn invited_by_two(square: &Square<'_>, place: &Place) -> Round {
    let mut round = Round::default();
    let path = place.invite();
    let asks = |email: &str| json!([{"email": email, "roles": ["viewer"]}]);
    let one = square.ada().post(&path, &asks("new@else.test"));
    let other = square.dora().post(&path, &asks(" NEW@Else.test "));
    let answers = at_once(&mut round, place, one, other).await;
    round.unless_one_of(&[(200, 400), (400, 200)], &answers);
    round
        .unless_bob(square, place, None, &["pending"], &answers)
        .await;
    round
}

race!(invite_invite, NOBODY, invited_by_two);
control!(
    invite_invite_without_locks_and_uniqueness,
    NOBODY,
    Loose {
        locks: true,
        rules: &[("project_invitations", "uq_project_invitations_one_open")],
        guard: false,
    },
    invited_by_two,
    "at most one open invitation"
);

//! Races for an invitation: it is used once, by its invitee, unless it was
//! revoked before.

use freehold_testkit::Response;
use serde_json::json;

use super::fixture::{InitialMembers, RaceFixture, RaceScope, RaceUser};
use super::{DisabledProtections, RoundOutcome, control, race, send_concurrently};

/// Bob is invited; Dora may revoke the invitation.
const INVITED: InitialMembers = InitialMembers {
    members: &[(RaceUser::Dora, "admin")],
    invited: Some("viewer"),
};

/// No user is invited yet.
const NOT_INVITED: InitialMembers = InitialMembers {
    members: &[(RaceUser::Dora, "admin")],
    invited: None,
};

impl RoundOutcome {
    /// Bob has the role of the invitation, or none; and the invitation has this state.
    async fn check_bob(
        &mut self,
        fixture: &RaceFixture<'_>,
        scope: &RaceScope,
        role: Option<&str>,
        invitations: &[&str],
        responses: &[Response; 2],
    ) {
        let (is, states) = (
            fixture.role(scope, RaceUser::Bob).await,
            fixture.invitations(scope).await,
        );
        self.check(is.as_deref() == role && states == invitations, || {
            let [one, other] = responses;
            format!("the state is another than the answers say: {is:?}, {states:?}\n{one}\n{other}")
        });
    }
}

async fn accept_twice(fixture: &RaceFixture<'_>, scope: &RaceScope) -> RoundOutcome {
    let mut round = RoundOutcome::default();
    let bob = fixture.bob();
    let (path, body) = scope.acceptance(&bob.email);
    let (one, other) = (bob.post(&path, &body), bob.post(&path, &body));
    let responses = send_concurrently(&mut round, scope, one, other).await;
    round.check_statuses(&[(200, 409), (409, 200)], &responses);
    round
        .check_bob(fixture, scope, Some("viewer"), &["accepted"], &responses)
        .await;
    round
}

race!(accept_accept, INVITED, accept_twice);
control!(
    accept_accept_without_locks_and_guard,
    INVITED,
    DisabledProtections::LOCKS_AND_GUARD,
    accept_twice,
    "(200, 200)"
);

async fn accept_as_another_user(fixture: &RaceFixture<'_>, scope: &RaceScope) -> RoundOutcome {
    let mut round = RoundOutcome::default();
    let (bob, cleo) = (fixture.bob(), fixture.cleo());
    // Cleo has the link, and sends either address.
    let claimed_email = if scope.n.is_multiple_of(2) {
        &bob.email
    } else {
        &cleo.email
    };
    let ((path, body), (_, stolen_body)) = (
        scope.acceptance(&bob.email),
        scope.acceptance(claimed_email),
    );
    let (one, other) = (bob.post(&path, &body), cleo.post(&path, &stolen_body));
    let responses = send_concurrently(&mut round, scope, one, other).await;
    round.check_statuses(&[(200, 400)], &responses);
    round
        .check_bob(fixture, scope, Some("viewer"), &["accepted"], &responses)
        .await;
    let cleo = fixture.role(scope, RaceUser::Cleo).await;
    round.check(cleo.is_none(), || format!("Cleo got in: {cleo:?}"));
    round
}

// No protection to disable: the invitation is not for one of the two, in any order.
race!(accept_accept_by_another, INVITED, accept_as_another_user);

async fn revoke_while_accepting(fixture: &RaceFixture<'_>, scope: &RaceScope) -> RoundOutcome {
    let mut round = RoundOutcome::default();
    let (bob, dora) = (fixture.bob(), fixture.dora());
    let (path, body) = scope.acceptance(&bob.email);
    let revocation = format!(
        "/organizations/{}/invitations/{}",
        scope.organization, scope.invitation
    );
    let (one, other) = (bob.post(&path, &body), dora.delete(&revocation));
    let responses = send_concurrently(&mut round, scope, one, other).await;
    round.check_statuses(&[(200, 404), (400, 200)], &responses);
    let (role, state) = match responses[0].status() {
        200 => (Some("viewer"), "accepted"),
        _ => (None, "revoked"),
    };
    round
        .check_bob(fixture, scope, role, &[state], &responses)
        .await;
    round
}

race!(accept_revoke, INVITED, revoke_while_accepting);
control!(
    accept_revoke_without_locks_and_guard,
    INVITED,
    DisabledProtections::LOCKS_AND_GUARD,
    revoke_while_accepting,
    "(200, 200)"
);

async fn resend_while_accepting(fixture: &RaceFixture<'_>, scope: &RaceScope) -> RoundOutcome {
    let mut round = RoundOutcome::default();
    let (bob, dora) = (fixture.bob(), fixture.dora());
    let (path, body) = scope.acceptance(&bob.email);
    let again = dora.post(
        &format!("{}/resend", scope.invitations_path()),
        &json!({"email": bob.email}),
    );
    let responses = send_concurrently(&mut round, scope, bob.post(&path, &body), again).await;
    round.check_statuses(&[(200, 404), (400, 200)], &responses);
    let (role, state) = match responses[0].status() {
        200 => (Some("viewer"), "accepted"),
        _ => (None, "pending"),
    };
    round
        .check_bob(fixture, scope, role, &[state], &responses)
        .await;
    round
}

race!(accept_resend, INVITED, resend_while_accepting);
control!(
    accept_resend_without_locks,
    INVITED,
    DisabledProtections::LOCKS,
    resend_while_accepting,
    "(200, 200)"
);

async fn remove_while_accepting(fixture: &RaceFixture<'_>, scope: &RaceScope) -> RoundOutcome {
    let mut round = RoundOutcome::default();
    let (bob, dora) = (fixture.bob(), fixture.dora());
    let (path, body) = scope.acceptance(&bob.email);
    let removal = dora.delete(&scope.member(&bob.email));
    let responses = send_concurrently(&mut round, scope, bob.post(&path, &body), removal).await;
    round.check_statuses(&[(200, 200), (400, 200)], &responses);
    // In either order, Bob is not a member at the end.
    let state = match responses[0].status() {
        200 => "accepted",
        _ => "revoked",
    };
    round
        .check_bob(fixture, scope, None, &[state], &responses)
        .await;
    round
}

race!(accept_remove, INVITED, remove_while_accepting);
control!(
    accept_remove_without_locks,
    INVITED,
    DisabledProtections::LOCKS,
    remove_while_accepting,
    "the state is another"
);

async fn invite_twice(fixture: &RaceFixture<'_>, scope: &RaceScope) -> RoundOutcome {
    let mut round = RoundOutcome::default();
    let path = scope.invitations_path();
    let invitation = |email: &str| json!([{"email": email, "roles": ["viewer"]}]);
    let one = fixture.ada().post(&path, &invitation("new@else.test"));
    let other = fixture.dora().post(&path, &invitation(" NEW@Else.test "));
    let responses = send_concurrently(&mut round, scope, one, other).await;
    round.check_statuses(&[(200, 400), (400, 200)], &responses);
    round
        .check_bob(fixture, scope, None, &["pending"], &responses)
        .await;
    round
}

race!(invite_invite, NOT_INVITED, invite_twice);
control!(
    invite_invite_without_locks_and_uniqueness,
    NOT_INVITED,
    DisabledProtections {
        locks: true,
        rules: &[("project_invitations", "uq_project_invitations_one_open")],
        guard: false,
    },
    invite_twice,
    "at most one open invitation"
);

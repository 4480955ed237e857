//! Concurrent requests with one link.

use freehold_testkit::{Engine, TestApp, TestUser, scenario};
use futures_util::future::join_all;
use serde_json::json;

use super::{count_joined, create_link, links_path, listed_link, use_link};

async fn sign_up_guests(app: &TestApp, size: usize) -> Vec<TestUser> {
    let mut users = Vec::with_capacity(size);
    for n in 0..size {
        users.push(app.sign_up(&format!("guest{n}")).await);
    }
    users
}

scenario!(concurrent_uses_do_not_exceed_the_limit, async |app| {
    let ada = app.sign_up("ada").await;
    let guests = sign_up_guests(app, 20).await;
    for round in 0..20 {
        let organization = ada.create_organization(&format!("Round {round}")).await;
        // What is not limited lets all in: they do come at the same time.
        let limited = round > 0;
        let link = if limited {
            json!({"max_uses": 5})
        } else {
            json!({})
        };
        let (_, secret) = create_link(&ada, &organization, &link).await;
        let answer_invitation = join_all(guests.iter().map(|guest| use_link(guest, &secret))).await;
        let mut won = 0;
        for response in answer_invitation {
            match response.status() {
                200 => won += 1,
                _ => assert_eq!(
                    response.expect_status(410).code(),
                    "invitation_link_used_up"
                ),
            }
        }
        let expected = if limited { 5 } else { 20 };
        assert_eq!(won, expected, "round {round}");
        assert_eq!(count_joined(app, &organization).await, expected);
        assert_eq!(listed_link(&ada, &organization).await["uses"], expected);
    }
});

/// One user sends eight requests at once in each of the rounds, and joins once per
/// round. Returns how many requests only the schema refused.
async fn refused_by_schema(app: &TestApp, rounds: usize) -> usize {
    let ada = app.sign_up("ada").await;
    let bob = app.sign_up("bob").await;
    let mut stopped = 0;
    for round in 0..rounds {
        let organization = ada.create_organization(&format!("Round {round}")).await;
        let (_, secret) = create_link(&ada, &organization, &json!({})).await;
        let answer_invitation = join_all((0..8).map(|_| use_link(&bob, &secret))).await;
        let mut won = 0;
        for response in answer_invitation {
            match response.status() {
                200 => won += 1,
                409 => assert_eq!(response.code(), "already_workspace_member"),
                _ => {
                    assert_eq!(
                        response.expect_status(410).code(),
                        "invitation_link_already_used"
                    );
                    stopped += 1;
                }
            }
        }
        assert_eq!(won, 1, "round {round}");
        assert_eq!(listed_link(&ada, &organization).await["uses"], 1);
        assert_eq!(count_joined(app, &organization).await, 1);
    }
    stopped
}

scenario!(concurrent_uses_by_one_user_count_once, async |app| {
    assert_eq!(refused_by_schema(app, 20).await, 0);
});

scenario!(without_lock_the_schema_still_counts_one_use, async |app| {
    // SQLite has one writer: there is no lock to remove.
    if app.db().engine() == Engine::Postgres {
        app.store().disable_row_locks();
        assert!(refused_by_schema(app, 20).await > 0);
    }
});

scenario!(no_user_joins_after_revocation, async |app| {
    let ada = app.sign_up("ada").await;
    let guests = sign_up_guests(app, 8).await;
    let mut cut = 0;
    for round in 0..20 {
        let organization = ada.create_organization(&format!("Round {round}")).await;
        let (id, secret) = create_link(&ada, &organization, &json!({})).await;
        let revoked = ada.delete(&format!("{}/{id}", links_path(&organization)));
        let (early, late) = guests.split_at(4);
        let (answer_invitation, revoked) = tokio::join!(
            join_all(early.iter().map(|guest| use_link(guest, &secret))),
            revoked.into_future(),
        );
        let before = revoked.expect_status(200).json()["uses"].as_i64().unwrap();
        for response in join_all(late.iter().map(|guest| use_link(guest, &secret))).await {
            assert_eq!(
                response.expect_status(410).code(),
                "invitation_link_revoked"
            );
        }
        let won = answer_invitation
            .iter()
            .filter(|response| response.status() == 200)
            .count();
        let won = i64::try_from(won).unwrap();
        cut += 4 - won;
        // All who joined did so before it was revoked.
        assert_eq!(won, before, "round {round}");
        assert_eq!(count_joined(app, &organization).await, won);
        assert_eq!(listed_link(&ada, &organization).await["uses"], won);
    }
    // In some rounds the revocation came first; otherwise the test would show nothing.
    assert!((1..80).contains(&cut), "{cut}");
});

//! Many who use one link at the same time.

use freehold_testkit::{Engine, Person, TestApp, story};
use futures_util::future::join_all;
use serde_json::json;

use super::{joined, listed, makes, path, uses};

async fn crowd(app: &TestApp, size: usize) -> Vec<Person> {
    let mut people = Vec::with_capacity(size);
    for n in 0..size {
        people.push(app.person(&format!("guest{n}")).await);
    }
    people
}

story!(
    of_twenty_at_once_five_join_by_a_link_for_five,
    async |app| {
        let ada = app.person("ada").await;
        let guests = crowd(app, 20).await;
        for round in 0..20 {
            let place = ada.founds(&format!("Round {round}")).await;
            // What is not limited lets all in: they do come at the same time.
            let limited = round > 0;
            let link = if limited {
                json!({"max_uses": 5})
            } else {
                json!({})
            };
            let (_, secret) = makes(&ada, &place, &link).await;
            let answers = join_all(guests.iter().map(|guest| uses(guest, &secret))).await;
            let mut won = 0;
            for answer in answers {
                match answer.status() {
                    200 => won += 1,
                    _ => assert_eq!(answer.expect(410).code(), "invitation_link_used_up"),
                }
            }
            let expected = if limited { 5 } else { 20 };
            assert_eq!(won, expected, "round {round}");
            assert_eq!(joined(app, &place).await, expected);
            assert_eq!(listed(&ada, &place).await["uses"], expected);
        }
    }
);

/// One person who asks eight times at once, in so many rounds, and joins once in
/// each: how many came so far that only the schema stopped them.
async fn stopped_by_the_schema(app: &TestApp, rounds: usize) -> usize {
    let ada = app.person("ada").await;
    let bob = app.person("bob").await;
    let mut stopped = 0;
    for round in 0..rounds {
        let place = ada.founds(&format!("Round {round}")).await;
        let (_, secret) = makes(&ada, &place, &json!({})).await;
        let answers = join_all((0..8).map(|_| uses(&bob, &secret))).await;
        let mut won = 0;
        for answer in answers {
            match answer.status() {
                200 => won += 1,
                409 => assert_eq!(answer.code(), "already_workspace_member"),
                _ => {
                    assert_eq!(answer.expect(410).code(), "invitation_link_already_used");
                    stopped += 1;
                }
            }
        }
        assert_eq!(won, 1, "round {round}");
        assert_eq!(listed(&ada, &place).await["uses"], 1);
        assert_eq!(joined(app, &place).await, 1);
    }
    stopped
}

story!(whoever_asks_twice_at_once_is_counted_once, async |app| {
    assert_eq!(stopped_by_the_schema(app, 20).await, 0);
});

story!(without_the_lock_the_schema_still_counts_once, async |app| {
    // SQLite has one writer: there is nothing to let go of.
    if app.db().engine() == Engine::Postgres {
        app.store().disable_row_locks();
        assert!(stopped_by_the_schema(app, 20).await > 0);
    }
});

story!(after_a_revocation_nobody_joins, async |app| {
    let ada = app.person("ada").await;
    let guests = crowd(app, 8).await;
    let mut cut = 0;
    for round in 0..20 {
        let place = ada.founds(&format!("Round {round}")).await;
        let (id, secret) = makes(&ada, &place, &json!({})).await;
        let revoked = ada.delete(&format!("{}/{id}", path(&place)));
        let (early, late) = guests.split_at(4);
        let (answers, revoked) = tokio::join!(
            join_all(early.iter().map(|guest| uses(guest, &secret))),
            revoked.into_future(),
        );
        let before = revoked.expect(200).json()["uses"].as_i64().unwrap();
        for answer in join_all(late.iter().map(|guest| uses(guest, &secret))).await {
            assert_eq!(answer.expect(410).code(), "invitation_link_revoked");
        }
        let won = answers
            .iter()
            .filter(|answer| answer.status() == 200)
            .count();
        let won = i64::try_from(won).unwrap();
        cut += 4 - won;
        // Whoever joined did so before it was revoked.
        assert_eq!(won, before, "round {round}");
        assert_eq!(joined(app, &place).await, won);
        assert_eq!(listed(&ada, &place).await["uses"], won);
    }
    // In some rounds the revocation came first, or this would show nothing.
    assert!((1..80).contains(&cut), "{cut}");
});

//! A thousand at once, and many at the same time.

use freehold_testkit::{Engine, story};
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{counts, invites, kept};
use crate::store::round_trips::fewest_trips;

story!(a_thousand_take_as_many_trips_as_ten, async |app| {
    let ada = app.person("ada").await;
    let home = ada.home().await;
    let mut trips = Vec::new();
    for count in [10, 1_000] {
        let mut asked = Vec::new();
        let ask = async || {
            let name = format!("{}-{count}", asked.len());
            let rows = (0..count).map(|n| json!({"email": format!("{name}-{n}@many.test")}));
            let rows: Value = rows.collect();
            let done = invites(&ada, &home, &rows)
                .header("idempotency-key", &name)
                .await
                .expect(200);
            assert_eq!(counts(&done)["invited"], count);
            asked.push((name, rows, done));
        };
        trips.push(fewest_trips(app, ask).await);
        for (name, rows, done) in asked {
            let again = invites(&ada, &home, &rows)
                .header("idempotency-key", &name)
                .await
                .expect(200);
            assert_eq!(again.header("idempotency-replayed"), Some("true"));
            assert_eq!(again.text(), done.text());
        }
    }
    assert_eq!(trips[0], trips[1], "{trips:?}");
    let counted = app.db().engine() == Engine::Postgres;
    assert_eq!(trips[0] > 0, counted, "{trips:?}");
    assert_eq!(kept(app).await.len(), 4_040);
});

story!(many_who_invite_the_same_invite_them_once, async |app| {
    let ada = app.person("ada").await;
    let home = ada.home().await;
    for round in 0..10 {
        let rows: Value = (0..20)
            .map(|n| json!({"email": format!("r{round}-{n}@many.test")}))
            .collect();
        let asks = (0..4).map(|_| invites(&ada, &home, &rows).into_future());
        let answers = join_all(asks).await;
        let mut invited = 0;
        for answer in answers {
            let answer = answer.expect(200);
            invited += counts(&answer).get("invited").copied().unwrap_or(0);
        }
        assert_eq!(invited, 20);
    }
    assert_eq!(kept(app).await.len(), 200);
});

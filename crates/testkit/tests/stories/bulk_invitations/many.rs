//! A thousand at once, and many at the same time.

use std::collections::BTreeMap;

use freehold_testkit::{Engine, story};
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{counts, invites, kept};

story!(a_thousand_take_as_many_trips_as_ten, async |app| {
    let ada = app.person("ada").await;
    let home = ada.home().await;
    let mut trips = BTreeMap::new();
    // The second time all statements are prepared, whose number is no matter of rows.
    for time in ["first", "second"] {
        for count in [10, 1_000] {
            let name = format!("{time}-{count}");
            let rows = (0..count).map(|n| json!({"email": format!("{name}-{n}@many.test")}));
            let rows: Value = rows.collect();
            let ask = || invites(&ada, &home, &rows).header("idempotency-key", &name);
            let before = app.app().store_round_trips();
            let done = ask().await.expect(200);
            trips.insert(name.clone(), app.app().store_round_trips() - before);
            assert_eq!(counts(&done)["invited"], count);
            let again = ask().await.expect(200);
            assert_eq!(again.header("idempotency-replayed"), Some("true"));
            assert_eq!(again.text(), done.text());
        }
    }
    assert_eq!(trips["second-10"], trips["second-1000"], "{trips:?}");
    let counted = app.db().engine() == Engine::Postgres;
    assert_eq!(trips["second-10"] > 0, counted, "{trips:?}");
    assert_eq!(kept(app).await.len(), 2_020);
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

//! A thousand invitations in one request, and concurrent requests.

use freehold_testkit::{Engine, scenario};
use futures_util::future::join_all;
use serde_json::{Value, json};

use super::{bulk_invite, counts, pending_invitations};
use crate::store::round_trips::fewest_round_trips;

scenario!(
    round_trips_do_not_grow_with_the_number_of_rows,
    async |app| {
        let ada = app.sign_up("ada").await;
        let home = ada.only_organization_id().await;
        let mut trips = Vec::new();
        for count in [10, 1_000] {
            let mut asked = Vec::new();
            let request = async || {
                let name = format!("{}-{count}", asked.len());
                let rows = (0..count).map(|n| json!({"email": format!("{name}-{n}@many.test")}));
                let rows: Value = rows.collect();
                let done = bulk_invite(&ada, &home, &rows)
                    .header("idempotency-key", &name)
                    .await
                    .expect_status(200);
                assert_eq!(counts(&done)["invited"], count);
                asked.push((name, rows, done));
            };
            trips.push(fewest_round_trips(app, request).await);
            for (name, rows, done) in asked {
                let again = bulk_invite(&ada, &home, &rows)
                    .header("idempotency-key", &name)
                    .await
                    .expect_status(200);
                assert_eq!(again.header("idempotency-replayed"), Some("true"));
                assert_eq!(again.text(), done.text());
            }
        }
        assert_eq!(trips[0], trips[1], "{trips:?}");
        let counted = app.db().engine() == Engine::Postgres;
        assert_eq!(trips[0] > 0, counted, "{trips:?}");
        assert_eq!(pending_invitations(app).await.len(), 4_040);
    }
);

scenario!(
    concurrent_bulk_invitations_invite_each_address_once,
    async |app| {
        let ada = app.sign_up("ada").await;
        let home = ada.only_organization_id().await;
        for round in 0..10 {
            let rows: Value = (0..20)
                .map(|n| json!({"email": format!("r{round}-{n}@many.test")}))
                .collect();
            let asks = (0..4).map(|_| bulk_invite(&ada, &home, &rows).into_future());
            let answer_invitation = join_all(asks).await;
            let mut invited = 0;
            for response in answer_invitation {
                let response = response.expect_status(200);
                invited += counts(&response).get("invited").copied().unwrap_or(0);
            }
            assert_eq!(invited, 20);
        }
        assert_eq!(pending_invitations(app).await.len(), 200);
    }
);

//! Two that are started at once where there is nothing yet: both come up, and
//! they are one server.

use freehold_store::Engine;
use freehold_testkit::{Client, Freehold, Person, on_each_engine};

use crate::fixtures::deployment::AppState;

async fn two_at_once(engine: Engine) {
    for round in 0..5 {
        let house = AppState::empty(engine).await;
        let (database, folder) = (house.database(), house.folder.path());
        let (one, other) = tokio::join!(
            Freehold::start(&database, folder, &[]),
            Freehold::start(&database, folder, &[])
        );
        tokio::join!(one.ready(), other.ready());
        // Whoever signs up at one is known at the other, by the same keys.
        let ada = Person::sign_up(one.stranger(), "ada@acme.test").await;
        let known = |client: &Client| {
            client
                .with(format!("Bearer {}", ada.access))
                .get("/profile")
        };
        known(one.stranger()).await.expect(200);
        known(other.stranger()).await.expect(200);
        let keys = "/.well-known/jwks.json";
        let one_says = one.stranger().get(keys).await.expect(200).text();
        assert_eq!(
            other.stranger().get(keys).await.text(),
            one_says,
            "round {round}"
        );
        drop((one, other));
        house.expect_clean().await;
    }
}

on_each_engine!(
    two_processes_start_at_once_where_there_is_nothing,
    two_at_once
);

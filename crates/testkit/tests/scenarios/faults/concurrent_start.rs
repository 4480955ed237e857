//! Two nodes that start at once on an empty database: both start, and they share
//! their state.

use freehold_store::Engine;
use freehold_testkit::{Client, ServerProcess, TestUser, on_each_engine};

use crate::fixtures::deployment::Deployment;

async fn two_processes_concurrently(engine: Engine) {
    for round in 0..5 {
        let deployment = Deployment::new(engine).await;
        let (database, folder) = (deployment.database(), deployment.folder.path());
        let (one, other) = tokio::join!(
            ServerProcess::start(&database, folder, &[]),
            ServerProcess::start(&database, folder, &[])
        );
        tokio::join!(one.wait_until_ready(), other.wait_until_ready());
        // A user who signs up at one node can use the other, by the same keys.
        let ada = TestUser::sign_up(one.anonymous(), "ada@acme.test").await;
        let known = |client: &Client| {
            client
                .with_authorization(format!("Bearer {}", ada.access_token))
                .get("/profile")
        };
        known(one.anonymous()).await.expect_status(200);
        known(other.anonymous()).await.expect_status(200);
        let keys = "/.well-known/jwks.json";
        let one_says = one.anonymous().get(keys).await.expect_status(200).text();
        assert_eq!(
            other.anonymous().get(keys).await.text(),
            one_says,
            "round {round}"
        );
        drop((one, other));
        deployment.expect_clean().await;
    }
}

on_each_engine!(
    two_processes_start_concurrently_on_an_empty_database,
    two_processes_concurrently
);

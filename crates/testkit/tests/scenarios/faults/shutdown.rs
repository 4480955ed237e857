//! A graceful shutdown: running requests are completed, and acknowledged writes
//! are stored.

use std::time::Duration;

use freehold_store::Engine;
use freehold_testkit::{Client, PASSWORD, TestUser, credentials_form, on_each_engine};
use futures_util::future::join_all;
use serde_json::json;

use crate::fixtures::deployment::Deployment;

/// Sign-ups that are running at the time of the stop. Hashing passwords takes a while.
const CONCURRENT_SIGN_UPS: usize = 40;

/// Waits until that many requests are running.
async fn wait_for_in_flight(client: &Client, count: usize) {
    loop {
        let metrics = client.get("/metrics").await.expect_status(200).text();
        let line = metrics
            .lines()
            .find(|line| line.starts_with("freehold_http_in_flight "));
        // The metrics request itself is one, too.
        let in_flight: usize = line.unwrap().rsplit(' ').next().unwrap().parse().unwrap();
        if in_flight > count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn create_organizations(ada: &TestUser) -> Vec<String> {
    let mut ids = Vec::new();
    while let Some(response) = ada.post("/organizations/", &json!({})).try_send().await {
        ids.push(response.expect_status(201).text_field("id"));
    }
    ids
}

async fn loses_nothing_on_shutdown(engine: Engine) {
    let deployment = Deployment::new(engine).await;
    let mut server = deployment.start().await;
    let client = server.anonymous().clone();
    let ada = TestUser::sign_up(&client, "ada@acme.test").await;
    let sign_ups = (0..CONCURRENT_SIGN_UPS).map(|n| {
        let client = client.clone();
        async move {
            client
                .post(
                    "/auth/signup",
                    &credentials_form(&format!("p{n}@acme.test"), PASSWORD),
                )
                .try_send()
                .await
        }
    });
    let stop = async {
        wait_for_in_flight(&client, CONCURRENT_SIGN_UPS).await;
        server.terminate();
        server.wait_for_exit().await
    };
    let (responses, one, two, status) = tokio::join!(
        join_all(sign_ups),
        create_organizations(&ada),
        create_organizations(&ada),
        stop
    );
    assert!(status.success(), "{status:?}");
    assert!(client.get("/health").try_send().await.is_none());

    let server = deployment.start().await;
    let client = server.anonymous();
    for (n, response) in responses.into_iter().enumerate() {
        let response =
            response.unwrap_or_else(|| panic!("sign-up {n} had begun and was not answered"));
        let user = TestUser::from_response(client, response);
        user.only_organization_id().await;
    }
    let ada = TestUser::sign_in(client, "ada@acme.test", PASSWORD).await;
    let kept = ada.organizations().await;
    let kept: Vec<_> = kept.iter().map(|it| it["id"].as_str().unwrap()).collect();
    let created = [one, two].concat();
    assert!(!created.is_empty());
    assert!(created.iter().all(|id| kept.contains(&id.as_str())));
    drop(server);
    deployment.expect_clean().await;
}

on_each_engine!(shutdown_under_load_loses_nothing, loses_nothing_on_shutdown);

/// The server logs at the lowest level; the log contains no secrets.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn trace_log_contains_no_secret() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let deployment = Deployment::new(engine).await;
        let mut server = deployment.start_with(&[("FREEHOLD_LOG", "trace")]).await;
        let client = server.anonymous().clone();
        let ada = TestUser::sign_up(&client, "ada@acme.test").await;
        let wrong = "Secret-That-Was-Mistyped-1";
        client
            .post("/auth/signin", &credentials_form(&ada.email, wrong))
            .await
            .expect_status(200);
        let fresh = ada.with_tokens_from(ada.refresh_session().await);
        let key = fresh.create_api_key().await;
        key.get("/profile").await.expect_status(200);
        let named = fresh
            .post_empty("/keys")
            .header("idempotency-key", "name-of-request-1")
            .await;
        named.expect_status(200);
        server.terminate();
        server.wait_for_exit().await;
        let log = std::fs::read_to_string(deployment.folder.path().join("freehold.log")).unwrap();
        assert!(log.lines().count() > 9, "{log}");
        let admin = std::fs::read_to_string(deployment.folder.path().join("admin.key")).unwrap();
        let secret = key.text.split('.').nth(1).unwrap();
        let tokens = [
            &ada.access_token,
            &ada.refresh_token,
            &fresh.access_token,
            &fresh.refresh_token,
        ]
        .map(String::as_str);
        let others = [PASSWORD, wrong, secret, "name-of-request-1", admin.trim()];
        for (n, secret) in tokens.into_iter().chain(others).enumerate() {
            assert!(
                !log.contains(secret),
                "{engine:?}: secret {n} is in the log"
            );
        }
    }
}

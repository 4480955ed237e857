//! A stop that was asked for: what was begun is finished, what was
//! acknowledged is kept.

use std::time::Duration;

use freehold_store::Engine;
use freehold_testkit::{Client, PASSWORD, Person, form, on_each_engine};
use futures_util::future::join_all;
use serde_json::json;

use crate::fixtures::deployment::AppState;

/// Sign-ups that are under way when the stop comes. Their hashes take a while.
const UNDER_WAY: usize = 40;

/// Waits until that many requests are being answered.
async fn under_way(client: &Client, count: usize) {
    loop {
        let metrics = client.get("/metrics").await.expect(200).text();
        let line = metrics
            .lines()
            .find(|line| line.starts_with("freehold_http_in_flight "));
        // The question itself is one, too.
        let flying: usize = line.unwrap().rsplit(' ').next().unwrap().parse().unwrap();
        if flying > count {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

async fn foundings(ada: &Person) -> Vec<String> {
    let mut ids = Vec::new();
    while let Some(answer) = ada.post("/organizations/", &json!({})).try_send().await {
        ids.push(answer.expect(201).word("id"));
    }
    ids
}

async fn a_stop_loses_nothing(engine: Engine) {
    let house = AppState::empty(engine).await;
    let mut freehold = house.start().await;
    let client = freehold.stranger().clone();
    let ada = Person::sign_up(&client, "ada@acme.test").await;
    let asked = (0..UNDER_WAY).map(|n| {
        let client = client.clone();
        async move {
            client
                .post("/auth/signup", &form(&format!("p{n}@acme.test"), PASSWORD))
                .try_send()
                .await
        }
    });
    let stop = async {
        under_way(&client, UNDER_WAY).await;
        freehold.terminate();
        freehold.ended().await
    };
    let (answers, one, two, status) =
        tokio::join!(join_all(asked), foundings(&ada), foundings(&ada), stop);
    assert!(status.success(), "{status:?}");
    assert!(client.get("/health").try_send().await.is_none());

    let freehold = house.start().await;
    let client = freehold.stranger();
    for (n, answer) in answers.into_iter().enumerate() {
        let answer = answer.unwrap_or_else(|| panic!("sign-up {n} had begun and was not answered"));
        let person = Person::of(client, answer);
        person.home().await;
    }
    let ada = Person::sign_in(client, "ada@acme.test", PASSWORD).await;
    let kept = ada.organizations().await;
    let kept: Vec<_> = kept.iter().map(|it| it["id"].as_str().unwrap()).collect();
    let founded = [one, two].concat();
    assert!(!founded.is_empty());
    assert!(founded.iter().all(|id| kept.contains(&id.as_str())));
    drop(freehold);
    house.expect_clean().await;
}

on_each_engine!(a_stop_under_load_loses_nothing, a_stop_loses_nothing);

/// The log of a server that tells everything, and what must not be in it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_most_talkative_log_tells_no_secret() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let house = AppState::empty(engine).await;
        let mut freehold = house.start_with(&[("FREEHOLD_LOG", "trace")]).await;
        let client = freehold.stranger().clone();
        let ada = Person::sign_up(&client, "ada@acme.test").await;
        let wrong = "Secret-That-Was-Mistyped-1";
        client
            .post("/auth/signin", &form(&ada.email, wrong))
            .await
            .expect(200);
        let fresh = ada.with_tokens_of(ada.refreshes().await);
        let key = fresh.adds_key().await;
        key.get("/profile").await.expect(200);
        let named = fresh
            .post_nothing("/keys")
            .header("idempotency-key", "name-of-request-1")
            .await;
        named.expect(200);
        freehold.terminate();
        freehold.ended().await;
        let log = std::fs::read_to_string(house.folder.path().join("freehold.log")).unwrap();
        assert!(log.lines().count() > 9, "{log}");
        let admin = std::fs::read_to_string(house.folder.path().join("admin.key")).unwrap();
        let secret = key.text.split('.').nth(1).unwrap();
        let tokens = [&ada.access, &ada.refresh, &fresh.access, &fresh.refresh].map(String::as_str);
        let others = [PASSWORD, wrong, secret, "name-of-request-1", admin.trim()];
        for (n, secret) in tokens.into_iter().chain(others).enumerate() {
            assert!(
                !log.contains(secret),
                "{engine:?}: secret {n} is in the log"
            );
        }
    }
}

//! A deployment that begins by itself: with an account, an organization, a key
//! and the accounts of a file, however often and by however many it is started.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use freehold_domain::{ApiKeyText, Timestamp};
use freehold_server::system::SystemChance;
use freehold_store::{Engine, Store};
use freehold_testkit::{ApiKey, Client, Freehold, PASSWORD, Person, on_each_engine};
use serde_json::json;

use crate::fixtures::deployment::AppState;

const ADA: &str = "ada@acme.test";

/// What the configuration says of the first account, with its key in `file`.
fn first(file: &str) -> [(&str, &str); 4] {
    [
        ("FREEHOLD_INIT_ADMIN_EMAIL", " Ada@Acme.test"),
        ("FREEHOLD_INIT_ADMIN_PASSWORD", PASSWORD),
        ("FREEHOLD_INIT_ORGANIZATION", "Engines"),
        ("FREEHOLD_INIT_KEY_FILE", file),
    ]
}

fn key_in(house: &AppState, file: &str) -> String {
    let text = fs::read_to_string(house.folder.path().join(file)).unwrap();
    text.trim().to_owned()
}

/// Ada can sign in and owns one organization, in which the key works.
async fn expect_ada(client: &Client, key: &str) {
    let ada = Person::sign_in(client, ADA, PASSWORD).await;
    let all = ada.organizations().await;
    assert_eq!(all.len(), 1, "{all:?}");
    assert_eq!(
        (&all[0]["name"], &all[0]["owner_id"]),
        (&json!("Engines"), &json!(ada.id))
    );
    let key = ApiKey::of(client, key);
    assert_eq!(key.organizations().await, [ada.home().await]);
    let project = key.get("/projects/current").await.expect(200);
    assert_eq!(project.json()["user_role"], "owner");
    ada.get("/invitations").await.expect(200);
}

/// Starts a program that has to end by itself; what it said.
async fn refuses_to_start(house: &AppState, more: &[(&str, &str)]) -> String {
    let log = house.folder.path().join("freehold.log");
    let before = fs::read_to_string(&log).unwrap_or_default().len();
    let started = Freehold::try_start(&house.database(), house.folder.path(), more).await;
    assert!(started.is_none(), "it started");
    fs::read_to_string(&log).unwrap()[before..].to_owned()
}

async fn begins_once(engine: Engine) {
    let house = AppState::empty(engine).await;
    let more = first("first.key");
    let freehold = house.start_with(&more).await;
    let key = key_in(&house, "first.key");
    let file = house.folder.path().join("first.key");
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    expect_ada(freehold.stranger(), &key).await;

    // Whatever she changes stays.
    let ada = Person::sign_in(freehold.stranger(), ADA, PASSWORD).await;
    ada.renames(&ada.home().await, "Analytical Engines")
        .await
        .expect(200);
    drop(freehold);
    let before = house.rows().await;
    for _ in 0..2 {
        let mut other = first("first.key");
        other[1].1 = "Another-Horse-8";
        drop(house.start_with(&other).await);
    }
    assert_eq!(house.rows().await, before);
    assert_eq!(key_in(&house, "first.key"), key);
    let freehold = house.start().await;
    let ada = Person::sign_in(freehold.stranger(), ADA, PASSWORD).await;
    assert_eq!(ada.organizations().await[0]["name"], "Analytical Engines");

    let who = "SELECT DISTINCT actor_name FROM audit_events
                WHERE action IN ('user.created', 'organization.created', 'api_key.created')";
    assert_eq!(house.texts(who).await, ["first start"]);
    let log = fs::read_to_string(house.folder.path().join("freehold.log")).unwrap();
    let secret = key.split_once('.').unwrap().1;
    assert!(!log.contains(PASSWORD) && !log.contains(secret), "{log}");

    // A key that was thrown away is not made again, and neither is one that she
    // took back.
    drop(freehold);
    fs::remove_file(&file).unwrap();
    let freehold = house.start_with(&more).await;
    assert!(!file.exists());
    let ada = Person::sign_in(freehold.stranger(), ADA, PASSWORD).await;
    let prefix = key.split_once('.').unwrap().0;
    ada.delete(&format!("/keys/{prefix}")).await.expect(200);
    drop(freehold);
    fs::write(&file, format!("{key}\n")).unwrap();
    let freehold = house.start_with(&more).await;
    ApiKey::of(freehold.stranger(), &key)
        .get("/profile")
        .await
        .expect(401);
    assert_eq!(key_in(&house, "first.key"), key);
    drop(freehold);
    house.expect_clean().await;
}

on_each_engine!(a_deployment_begins_once, begins_once);

async fn leaves_who_is_there(engine: Engine) {
    let house = AppState::empty(engine).await;
    let freehold = house
        .start_with(&[("FREEHOLD_ACCESS_ALLOWED_OWNER_EMAILS", "bob@acme.test")])
        .await;
    let ada = Person::sign_up(freehold.stranger(), ADA).await;
    assert!(ada.organizations().await.is_empty());
    drop(freehold);
    let mut more = first("first.key");
    more[1].1 = "Another-Horse-8";
    let freehold = house.start_with(&more).await;
    assert!(!house.folder.path().join("first.key").exists());
    let ada = Person::sign_in(freehold.stranger(), ADA, PASSWORD).await;
    assert!(ada.organizations().await.is_empty(), "as she was");
}

on_each_engine!(
    an_account_that_is_there_is_left_as_it_is,
    leaves_who_is_there
);

async fn takes_a_key(engine: Engine) {
    let house = AppState::empty(engine).await;
    let more = first("first.key");
    let file = house.folder.path().join("first.key");
    fs::write(&file, "hunter2\n").unwrap();
    let said = refuses_to_start(&house, &more).await;
    assert!(
        said.contains("first.key does not hold an API key") && !said.contains("hunter2"),
        "{said}"
    );
    assert_eq!(house.rows().await["users"], "0");
    let said = refuses_to_start(&house, &first("nowhere/first.key")).await;
    assert!(said.contains("cannot use nowhere/first.key"), "{said}");
    assert_eq!(house.rows().await["users"], "0");
    let key = ApiKeyText::draw(&SystemChance).expose_secret();
    fs::write(&file, &key).unwrap();
    let freehold = house.start_with(&more).await;
    expect_ada(freehold.stranger(), &key).await;
    drop(freehold);
    house.expect_clean().await;
}

on_each_engine!(a_key_of_ones_own_is_taken_as_it_is, takes_a_key);

/// Stopped before each of its statements in turn, and started again.
async fn killed_anywhere(engine: Engine) {
    let house = AppState::empty(engine).await;
    // The schema and the server's own keys come first.
    drop(house.start().await);
    let before = house.rows().await;
    let armed = house.folder.path().join("armed").display().to_string();
    let mut more = first("first.key").to_vec();
    more.push(("FREEHOLD_FAILPOINT_FILE", &armed));
    let (mut killed, mut kept) = (0, None);
    for n in 1.. {
        assert!(n < 200, "it never starts");
        fs::write(&armed, n.to_string()).unwrap();
        let started = Freehold::try_start(&house.database(), house.folder.path(), &more).await;
        fs::remove_file(&armed).unwrap();
        let whole = started.is_some();
        drop(started);
        let rows = house.rows().await;
        if rows["users"] == "0" {
            assert_eq!(rows, before, "nothing, or everything");
            killed += 1;
        } else {
            let new = kept.get_or_insert_with(|| rows.clone());
            assert_eq!(rows, *new);
            house.expect_clean().await;
        }
        if whole {
            break;
        }
    }
    assert!(killed > 3, "killed {killed} times before it was done");
    let freehold = house.start_with(&first("first.key")).await;
    expect_ada(freehold.stranger(), &key_in(&house, "first.key")).await;
}

on_each_engine!(
    a_first_start_is_whole_wherever_it_is_killed,
    killed_anywhere
);

/// Killed when the database has all of it and nobody was told.
async fn killed_behind_the_commit(engine: Engine) {
    let house = AppState::empty(engine).await;
    drop(house.start().await);
    let armed = house.folder.path().join("armed").display().to_string();
    let mut more = first("first.key").to_vec();
    more.push(("FREEHOLD_FAILPOINT_FILE", &armed));
    fs::write(&armed, "committed").unwrap();
    // Other things are committed at a start, too.
    for _ in 0..5 {
        if house.rows().await["users"] == "0" {
            let started = Freehold::try_start(&house.database(), house.folder.path(), &more).await;
            assert!(started.is_none(), "it outlived its commit");
        }
    }
    fs::remove_file(&armed).unwrap();
    assert_eq!(house.rows().await["users"], "1");
    let freehold = house.start_with(&more).await;
    expect_ada(freehold.stranger(), &key_in(&house, "first.key")).await;
}

on_each_engine!(
    a_key_outlives_a_kill_behind_the_commit,
    killed_behind_the_commit
);

async fn start_at_once(house: &AppState, files: [&str; 2]) -> [Freehold; 2] {
    let (database, folder) = (house.database(), house.folder.path());
    let [one, other] = files.map(first);
    let (one, other) = tokio::join!(
        Freehold::start(&database, folder, &one),
        Freehold::start(&database, folder, &other)
    );
    tokio::join!(one.ready(), other.ready());
    [one, other]
}

async fn two_at_once(engine: Engine) {
    for round in 0..5 {
        // On one disk they share the file.
        let house = AppState::empty(engine).await;
        let both = start_at_once(&house, ["first.key"; 2]).await;
        for freehold in &both {
            expect_ada(freehold.stranger(), &key_in(&house, "first.key")).await;
        }
        drop(both);
        house.expect_clean().await;

        // Elsewhere one has the key and the other has none.
        let house = AppState::empty(engine).await;
        let both = start_at_once(&house, ["one.key", "other.key"]).await;
        let there = ["one.key", "other.key"].map(|file| house.folder.path().join(file).exists());
        assert_ne!(there[0], there[1], "round {round}");
        let file = if there[0] { "one.key" } else { "other.key" };
        expect_ada(both[0].stranger(), &key_in(&house, file)).await;
        drop(both);
        let rows = house.rows().await;
        assert_eq!((&*rows["users"], &*rows["api_keys"]), ("1", "1"));
        house.expect_clean().await;
    }
}

on_each_engine!(two_that_start_first_make_one_account, two_at_once);

fn write(file: &Path, document: &serde_json::Value) {
    fs::write(file, document.to_string()).unwrap();
}

async fn accounts_of_a_file(engine: Engine) {
    let house = AppState::empty(engine).await;
    let file = house.folder.path().join("accounts.json");
    let mut more = first("first.key").to_vec();
    more.push(("FREEHOLD_INIT_FILE", "accounts.json"));

    let said = refuses_to_start(&house, &more).await;
    assert!(said.contains("cannot use accounts.json"), "{said}");
    fs::write(&file, "{\n\"users\": [").unwrap();
    let said = refuses_to_start(&house, &more).await;
    assert!(said.contains("accounts.json, line 2"), "{said}");
    write(&file, &json!({"users": {"bob": {"email": "nobody"}}}));
    let said = refuses_to_start(&house, &more).await;
    assert!(
        said.contains("accounts.json: ") && said.contains("users.bob"),
        "{said}"
    );

    // Whoever starts so believes that the accounts are there.
    write(
        &file,
        &json!({"users": {"bob": {"email": "bob@acme.test"}}, "options": {"dry_run": true}}),
    );
    let said = refuses_to_start(&house, &more).await;
    assert!(said.contains("take dry_run out"), "{said}");

    // A graph that builds on the first account, by two at once.
    write(
        &file,
        &json!({
            "users": {"bob": {"email": "bob@acme.test"}},
            "organizations": {"o": {"name": "Works", "owner_user_ref": {"email": ADA}}},
            "organization_memberships": {"m": {
                "organization_ref": {"ref": "o"}, "user_ref": {"ref": "bob"}, "role": "viewer"}},
        }),
    );
    let (database, folder) = (house.database(), house.folder.path());
    let (one, other) = tokio::join!(
        Freehold::start(&database, folder, &more),
        Freehold::start(&database, folder, &more)
    );
    let ada = Person::sign_in(one.stranger(), ADA, PASSWORD).await;
    assert_eq!(ada.organizations().await.len(), 2);
    drop((one, other));
    let before = house.rows().await;
    assert_eq!((&*before["users"], &*before["organizations"]), ("2", "2"));

    // Also when its answer has been forgotten.
    let store = Store::open(&house.database()).await.unwrap();
    let mut tx = store.begin();
    tx.purge_idempotency_records_and_outbox(
        Timestamp::from_micros(i64::MAX / 4),
        Timestamp::default(),
    );
    tx.commit().await.unwrap();
    store.close().await;
    assert_eq!(house.rows().await["idempotency_records"], "0");
    drop(house.start_with(&more).await);
    let mut after = house.rows().await;
    after.insert("idempotency_records", before["idempotency_records"].clone());
    assert_eq!(after, before);

    // Another file is another request.
    write(
        &file,
        &json!({"accounts": {"c": {"user": {"email": "cem@acme.test"}}}, "options": {"create_api_keys": false}}),
    );
    drop(house.start_with(&more).await);
    drop(house.start_with(&more).await);
    let rows = house.rows().await;
    assert_eq!((&*rows["users"], &*rows["api_keys"]), ("3", "1"));
}

on_each_engine!(the_accounts_of_a_file_are_made_once, accounts_of_a_file);

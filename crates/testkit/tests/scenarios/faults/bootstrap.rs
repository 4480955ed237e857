//! Unattended bootstrap: an account, an organization, a key and the accounts of a
//! file, created once by any number of starts and nodes.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use freehold_domain::{ApiKeyText, Timestamp};
use freehold_server::system::SystemRandomSource;
use freehold_store::{Engine, ExpiringRows, Store};
use freehold_testkit::{ApiKey, Client, PASSWORD, ServerProcess, TestUser, on_each_engine};
use serde_json::json;

use crate::fixtures::deployment::Deployment;

const ADA: &str = "ada@acme.test";

/// The settings of the first account, with its key in `file`.
fn bootstrap_env(file: &str) -> [(&str, &str); 4] {
    [
        ("FREEHOLD_INIT_ADMIN_EMAIL", " Ada@Acme.test"),
        ("FREEHOLD_INIT_ADMIN_PASSWORD", PASSWORD),
        ("FREEHOLD_INIT_ORGANIZATION", "Engines"),
        ("FREEHOLD_INIT_KEY_FILE", file),
    ]
}

fn key_in(deployment: &Deployment, file: &str) -> String {
    let text = fs::read_to_string(deployment.folder.path().join(file)).unwrap();
    text.trim().to_owned()
}

/// Requires that Ada can sign in and owns one organization, in which the key works.
async fn expect_bootstrapped(client: &Client, key: &str) {
    let ada = TestUser::sign_in(client, ADA, PASSWORD).await;
    let all = ada.organizations().await;
    assert_eq!(all.len(), 1, "{all:?}");
    assert_eq!(
        (&all[0]["name"], &all[0]["owner_id"]),
        (&json!("Engines"), &json!(ada.id))
    );
    let key = ApiKey::from_text(client, key);
    assert_eq!(
        key.organizations().await,
        [ada.only_organization_id().await]
    );
    let project = key.get("/projects/current").await.expect_status(200);
    assert_eq!(project.json()["user_role"], "owner");
    ada.get("/invitations").await.expect_status(200);
}

/// Starts a program that has to exit by itself. Returns its output.
async fn refuses_to_start(deployment: &Deployment, env: &[(&str, &str)]) -> String {
    let log = deployment.folder.path().join("freehold.log");
    let before = fs::read_to_string(&log).unwrap_or_default().len();
    let started =
        ServerProcess::try_start(&deployment.database(), deployment.folder.path(), env).await;
    assert!(started.is_none(), "it started");
    fs::read_to_string(&log).unwrap()[before..].to_owned()
}

async fn bootstraps_once(engine: Engine) {
    let deployment = Deployment::new(engine).await;
    let env = bootstrap_env("first.key");
    let server = deployment.start_with(&env).await;
    let key = key_in(&deployment, "first.key");
    let file = deployment.folder.path().join("first.key");
    assert_eq!(
        fs::metadata(&file).unwrap().permissions().mode() & 0o777,
        0o600
    );
    expect_bootstrapped(server.anonymous(), &key).await;

    // The bootstrap does not revert her changes.
    let ada = TestUser::sign_in(server.anonymous(), ADA, PASSWORD).await;
    ada.rename_organization(&ada.only_organization_id().await, "Analytical Engines")
        .await
        .expect_status(200);
    drop(server);
    let before = deployment.row_counts().await;
    for _ in 0..2 {
        let mut other = bootstrap_env("first.key");
        other[1].1 = "Another-Horse-8";
        drop(deployment.start_with(&other).await);
    }
    assert_eq!(deployment.row_counts().await, before);
    assert_eq!(key_in(&deployment, "first.key"), key);
    let server = deployment.start().await;
    let ada = TestUser::sign_in(server.anonymous(), ADA, PASSWORD).await;
    assert_eq!(ada.organizations().await[0]["name"], "Analytical Engines");

    let who = "SELECT DISTINCT actor_name FROM audit_events
                WHERE action IN ('user.created', 'organization.created', 'api_key.created')";
    assert_eq!(deployment.query_texts(who).await, ["bootstrap"]);
    let log = fs::read_to_string(deployment.folder.path().join("freehold.log")).unwrap();
    let secret = key.split_once('.').unwrap().1;
    assert!(!log.contains(PASSWORD) && !log.contains(secret), "{log}");

    // A deleted or revoked key is not created again.
    drop(server);
    fs::remove_file(&file).unwrap();
    let server = deployment.start_with(&env).await;
    assert!(!file.exists());
    let ada = TestUser::sign_in(server.anonymous(), ADA, PASSWORD).await;
    let prefix = key.split_once('.').unwrap().0;
    ada.delete(&format!("/keys/{prefix}"))
        .await
        .expect_status(200);
    drop(server);
    fs::write(&file, format!("{key}\n")).unwrap();
    let server = deployment.start_with(&env).await;
    ApiKey::from_text(server.anonymous(), &key)
        .get("/profile")
        .await
        .expect_status(401);
    assert_eq!(key_in(&deployment, "first.key"), key);
    drop(server);
    deployment.expect_clean().await;
}

on_each_engine!(bootstrap_runs_once, bootstraps_once);

async fn keeps_existing_account(engine: Engine) {
    let deployment = Deployment::new(engine).await;
    let server = deployment
        .start_with(&[("FREEHOLD_ACCESS_ALLOWED_OWNER_EMAILS", "bob@acme.test")])
        .await;
    let ada = TestUser::sign_up(server.anonymous(), ADA).await;
    assert!(ada.organizations().await.is_empty());
    drop(server);
    let mut env = bootstrap_env("first.key");
    env[1].1 = "Another-Horse-8";
    let server = deployment.start_with(&env).await;
    assert!(!deployment.folder.path().join("first.key").exists());
    let ada = TestUser::sign_in(server.anonymous(), ADA, PASSWORD).await;
    assert!(ada.organizations().await.is_empty(), "as she was");
}

on_each_engine!(bootstrap_keeps_an_existing_account, keeps_existing_account);

async fn uses_given_key(engine: Engine) {
    let deployment = Deployment::new(engine).await;
    let env = bootstrap_env("first.key");
    let file = deployment.folder.path().join("first.key");
    fs::write(&file, "hunter2\n").unwrap();
    let log_output = refuses_to_start(&deployment, &env).await;
    assert!(
        log_output.contains("first.key does not contain an API key")
            && !log_output.contains("hunter2"),
        "{log_output}"
    );
    assert_eq!(deployment.row_counts().await["users"], "0");
    let log_output = refuses_to_start(&deployment, &bootstrap_env("nowhere/first.key")).await;
    assert!(
        log_output.contains("cannot use nowhere/first.key"),
        "{log_output}"
    );
    assert_eq!(deployment.row_counts().await["users"], "0");
    let key = ApiKeyText::generate(&SystemRandomSource).expose_secret();
    fs::write(&file, &key).unwrap();
    let server = deployment.start_with(&env).await;
    expect_bootstrapped(server.anonymous(), &key).await;
    drop(server);
    deployment.expect_clean().await;
}

on_each_engine!(bootstrap_uses_a_given_api_key, uses_given_key);

/// Stops the program before each of its statements in turn, and starts it again.
async fn survives_kill_at_every_statement(engine: Engine) {
    let deployment = Deployment::new(engine).await;
    // The schema and the server's own keys are written first.
    drop(deployment.start().await);
    let before = deployment.row_counts().await;
    let failpoint = deployment.folder.path().join("armed").display().to_string();
    let mut env = bootstrap_env("first.key").to_vec();
    env.push(("FREEHOLD_FAILPOINT_FILE", &failpoint));
    let (mut killed, mut kept) = (0, None);
    for n in 1.. {
        assert!(n < 200, "it never starts");
        fs::write(&failpoint, n.to_string()).unwrap();
        let started =
            ServerProcess::try_start(&deployment.database(), deployment.folder.path(), &env).await;
        fs::remove_file(&failpoint).unwrap();
        let started_up = started.is_some();
        drop(started);
        let rows = deployment.row_counts().await;
        if rows["users"] == "0" {
            assert_eq!(rows, before, "nothing, or everything");
            killed += 1;
        } else {
            let new = kept.get_or_insert_with(|| rows.clone());
            assert_eq!(rows, *new);
            deployment.expect_clean().await;
        }
        if started_up {
            break;
        }
    }
    assert!(killed > 3, "killed {killed} times before it was done");
    let server = deployment.start_with(&bootstrap_env("first.key")).await;
    expect_bootstrapped(server.anonymous(), &key_in(&deployment, "first.key")).await;
}

on_each_engine!(
    bootstrap_is_atomic_under_kills,
    survives_kill_at_every_statement
);

/// Kills the program after the commit and before the response.
async fn survives_kill_after_commit(engine: Engine) {
    let deployment = Deployment::new(engine).await;
    drop(deployment.start().await);
    let failpoint = deployment.folder.path().join("armed").display().to_string();
    let mut env = bootstrap_env("first.key").to_vec();
    env.push(("FREEHOLD_FAILPOINT_FILE", &failpoint));
    fs::write(&failpoint, "committed").unwrap();
    // A start commits other transactions, too.
    for _ in 0..5 {
        if deployment.row_counts().await["users"] == "0" {
            let started =
                ServerProcess::try_start(&deployment.database(), deployment.folder.path(), &env)
                    .await;
            assert!(started.is_none(), "it outlived its commit");
        }
    }
    fs::remove_file(&failpoint).unwrap();
    assert_eq!(deployment.row_counts().await["users"], "1");
    let server = deployment.start_with(&env).await;
    expect_bootstrapped(server.anonymous(), &key_in(&deployment, "first.key")).await;
}

on_each_engine!(
    bootstrap_key_survives_a_kill_after_commit,
    survives_kill_after_commit
);

async fn start_concurrently(deployment: &Deployment, files: [&str; 2]) -> [ServerProcess; 2] {
    let (database, folder) = (deployment.database(), deployment.folder.path());
    let [one, other] = files.map(bootstrap_env);
    let (one, other) = tokio::join!(
        ServerProcess::start(&database, folder, &one),
        ServerProcess::start(&database, folder, &other)
    );
    tokio::join!(one.wait_until_ready(), other.wait_until_ready());
    [one, other]
}

async fn two_processes_concurrently(engine: Engine) {
    for round in 0..5 {
        // Nodes on one disk share the file.
        let deployment = Deployment::new(engine).await;
        let both = start_concurrently(&deployment, ["first.key"; 2]).await;
        for server in &both {
            expect_bootstrapped(server.anonymous(), &key_in(&deployment, "first.key")).await;
        }
        drop(both);
        deployment.expect_clean().await;

        // On separate disks one node has the key file and the other has none.
        let deployment = Deployment::new(engine).await;
        let both = start_concurrently(&deployment, ["one.key", "other.key"]).await;
        let there =
            ["one.key", "other.key"].map(|file| deployment.folder.path().join(file).exists());
        assert_ne!(there[0], there[1], "round {round}");
        let file = if there[0] { "one.key" } else { "other.key" };
        expect_bootstrapped(both[0].anonymous(), &key_in(&deployment, file)).await;
        drop(both);
        let rows = deployment.row_counts().await;
        assert_eq!((&*rows["users"], &*rows["api_keys"]), ("1", "1"));
        deployment.expect_clean().await;
    }
}

on_each_engine!(
    concurrent_bootstraps_create_one_account,
    two_processes_concurrently
);

fn write(file: &Path, document: &serde_json::Value) {
    fs::write(file, document.to_string()).unwrap();
}

async fn creates_accounts_from_file(engine: Engine) {
    let deployment = Deployment::new(engine).await;
    let file = deployment.folder.path().join("accounts.json");
    let mut env = bootstrap_env("first.key").to_vec();
    env.push(("FREEHOLD_INIT_FILE", "accounts.json"));

    let log_output = refuses_to_start(&deployment, &env).await;
    assert!(
        log_output.contains("cannot use accounts.json"),
        "{log_output}"
    );
    fs::write(&file, "{\n\"users\": [").unwrap();
    let log_output = refuses_to_start(&deployment, &env).await;
    assert!(log_output.contains("accounts.json, line 2"), "{log_output}");
    write(&file, &json!({"users": {"bob": {"email": "nosuch"}}}));
    let log_output = refuses_to_start(&deployment, &env).await;
    assert!(
        log_output.contains("accounts.json: ") && log_output.contains("users.bob"),
        "{log_output}"
    );

    // The operator would believe that the accounts exist.
    write(
        &file,
        &json!({"users": {"bob": {"email": "bob@acme.test"}}, "options": {"dry_run": true}}),
    );
    let log_output = refuses_to_start(&deployment, &env).await;
    assert!(log_output.contains("remove dry_run"), "{log_output}");

    // Two nodes provision a graph that refers to the first account.
    write(
        &file,
        &json!({
            "users": {"bob": {"email": "bob@acme.test"}},
            "organizations": {"o": {"name": "Works", "owner_user_ref": {"email": ADA}}},
            "organization_memberships": {"m": {
                "organization_ref": {"ref": "o"}, "user_ref": {"ref": "bob"}, "role": "viewer"}},
        }),
    );
    let (database, folder) = (deployment.database(), deployment.folder.path());
    let (one, other) = tokio::join!(
        ServerProcess::start(&database, folder, &env),
        ServerProcess::start(&database, folder, &env)
    );
    let ada = TestUser::sign_in(one.anonymous(), ADA, PASSWORD).await;
    assert_eq!(ada.organizations().await.len(), 2);
    drop((one, other));
    let before = deployment.row_counts().await;
    assert_eq!((&*before["users"], &*before["organizations"]), ("2", "2"));

    // Also after the stored response was deleted.
    let store = Store::open(&deployment.database()).await.unwrap();
    let mut tx = store.begin();
    let purged = tx.purge_expired(
        ExpiringRows::IdempotencyRecords,
        Timestamp::from_micros(i64::MAX / 4),
        1_000,
    );
    assert!(purged.await.unwrap() > 0);
    tx.commit().await.unwrap();
    store.close().await;
    assert_eq!(deployment.row_counts().await["idempotency_records"], "0");
    drop(deployment.start_with(&env).await);
    let mut after = deployment.row_counts().await;
    after.insert("idempotency_records", before["idempotency_records"].clone());
    assert_eq!(after, before);

    // Another file is another request.
    write(
        &file,
        &json!({"accounts": {"c": {"user": {"email": "cem@acme.test"}}}, "options": {"create_api_keys": false}}),
    );
    drop(deployment.start_with(&env).await);
    drop(deployment.start_with(&env).await);
    let rows = deployment.row_counts().await;
    assert_eq!((&*rows["users"], &*rows["api_keys"]), ("3", "1"));
}

on_each_engine!(bootstrap_file_is_applied_once, creates_accounts_from_file);

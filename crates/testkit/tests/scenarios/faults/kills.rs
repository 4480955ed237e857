//! Two hundred kills at random instants, while users sign up and create
//! organizations: all acknowledged writes are there, and none is partial.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use freehold_domain::RandomSource;
use freehold_server::system::SystemRandomSource;
use freehold_store::Engine;
use freehold_testkit::{ApiKey, Client, PASSWORD, TestUser, credentials_form, on_each_engine};
use serde_json::json;

use crate::fixtures::deployment::Deployment;

/// The number of kills for one database. Then there is a new one, so that first
/// starts are tested too and the checks stay fast.
const KILLS_PER_DATABASE: usize = 20;

/// The longest time from a start to its kill. The shortest ends before the program listens.
const MAX_LIFETIME: Duration = Duration::from_millis(450);

fn kills() -> usize {
    std::env::var("FREEHOLD_TEST_KILLS").map_or(200, |text| text.parse().unwrap())
}

/// A random number from zero to `max`.
fn random_duration(max: Duration) -> Duration {
    let mut bytes = [0; 4];
    SystemRandomSource.fill(&mut bytes);
    max.mul_f64(f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX))
}

/// What the program acknowledged.
#[derive(Default)]
struct Acknowledged {
    users: Vec<TestUser>,
    keys: Vec<ApiKey>,
    /// With the number of the key that created it.
    organizations: Vec<(usize, String)>,
}

/// Signs up users until the program has stopped.
async fn sign_ups(client: &Client, run: usize, stopped: &AtomicBool) -> Vec<TestUser> {
    let mut users = Vec::new();
    while !stopped.load(Ordering::Relaxed) {
        let email = format!("user-{run}-{}@acme.test", users.len());
        let response = client
            .post("/auth/signup", &credentials_form(&email, PASSWORD))
            .try_send()
            .await;
        let Some(response) = response else { break };
        users.push(TestUser::from_response(client, response));
    }
    users
}

/// Creates organizations with an API key until the server has stopped.
async fn create_organizations(key: ApiKey, stopped: &AtomicBool) -> Vec<String> {
    let mut ids = Vec::new();
    while !stopped.load(Ordering::Relaxed) {
        let response = key
            .post("/organizations/", &json!({"name": "x"}))
            .try_send()
            .await;
        let Some(response) = response else { break };
        ids.push(response.expect_status(201).text_field("id"));
        tokio::time::sleep(random_duration(Duration::from_millis(20))).await;
    }
    ids
}

/// One run of the program, from its start to its kill.
async fn run_until_killed(deployment: &Deployment, run: usize, acknowledged: &mut Acknowledged) {
    let lifetime = random_duration(MAX_LIFETIME);
    if lifetime < Duration::from_millis(40) {
        let mut server = freehold_testkit::ServerProcess::spawn(
            &deployment.database(),
            deployment.folder.path(),
            &[],
        );
        tokio::time::sleep(lifetime).await;
        server.kill();
        return;
    }
    let mut server = deployment.start().await;
    let client = server.anonymous().clone();
    check_acknowledged(&client, acknowledged).await;
    deployment.expect_clean().await;
    if acknowledged.keys.is_empty() {
        let first_user = TestUser::sign_up(&client, &format!("first-{run}@acme.test")).await;
        acknowledged.keys.push(first_user.create_api_key().await);
        acknowledged.users.push(first_user);
    }
    let stopped = AtomicBool::new(false);
    let key = acknowledged.keys.len() - 1;
    let first_user = || ApiKey::from_text(&client, &acknowledged.keys[key].text);
    let kill = async {
        tokio::time::sleep(lifetime).await;
        server.kill();
        stopped.store(true, Ordering::Relaxed);
    };
    let (users, one, two, three, ()) = tokio::join!(
        sign_ups(&client, run, &stopped),
        create_organizations(first_user(), &stopped),
        create_organizations(first_user(), &stopped),
        create_organizations(first_user(), &stopped),
        kill
    );
    acknowledged.users.extend(users);
    acknowledged
        .organizations
        .extend([one, two, three].concat().into_iter().map(|id| (key, id)));
}

/// Requires that all acknowledged writes are stored.
async fn check_acknowledged(client: &Client, acknowledged: &Acknowledged) {
    for (n, key) in acknowledged.keys.iter().enumerate() {
        let listed = ApiKey::from_text(client, &key.text).organizations().await;
        for (_, id) in acknowledged.organizations.iter().filter(|(of, _)| *of == n) {
            assert!(listed.contains(id), "{id} was created, and is not there");
        }
    }
    for user in &acknowledged.users {
        let client = client.with_authorization(format!("Bearer {}", user.access_token));
        let all = client.get("/organizations/").await.expect_status(200);
        assert!(
            !all.json().as_array().unwrap().is_empty(),
            "{} has nothing",
            user.email
        );
    }
}

#[expect(clippy::print_stdout, reason = "for developers who use --nocapture")]
async fn survives_repeated_kills(engine: Engine) {
    let started = Instant::now();
    let (mut run, mut users, mut organizations) = (0, 0, 0);
    while run < kills() {
        let deployment = Deployment::new(engine).await;
        let mut acknowledged = Acknowledged::default();
        for _ in 0..KILLS_PER_DATABASE.min(kills() - run) {
            run += 1;
            run_until_killed(&deployment, run, &mut acknowledged).await;
        }
        let server = deployment.start().await;
        check_acknowledged(server.anonymous(), &acknowledged).await;
        drop(server);
        deployment.expect_clean().await;
        users += acknowledged.users.len();
        organizations += acknowledged.organizations.len();
    }
    let took = started.elapsed().as_secs();
    println!("{engine:?}: {run} kills in {took} s; {users} users, {organizations} organizations");
    assert!(
        users > kills() / 4 && organizations > kills(),
        "not enough went on"
    );
}

on_each_engine!(acknowledged_writes_survive_kills, survives_repeated_kills);

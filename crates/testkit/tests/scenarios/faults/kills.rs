//! Two hundred kills at random instants, while people sign up and found
//! organizations: whatever was acknowledged is there, and nothing is half done.

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use freehold_domain::RandomSource;
use freehold_server::system::SystemChance;
use freehold_store::Engine;
use freehold_testkit::{ApiKey, Client, PASSWORD, Person, form, on_each_engine};
use serde_json::json;

use crate::fixtures::deployment::AppState;

/// So many kills for one database; then there is a new one, so that the
/// first start of all is met too and looking everything over stays quick.
const KILLS_PER_DATABASE: usize = 20;

/// How long a life may be. The shortest ends before the program listens.
const LONGEST: Duration = Duration::from_millis(450);

fn kills() -> usize {
    std::env::var("FREEHOLD_TEST_KILLS").map_or(200, |text| text.parse().unwrap())
}

/// From nothing to `most`, at random.
fn some(most: Duration) -> Duration {
    let mut bytes = [0; 4];
    SystemChance.fill(&mut bytes);
    most.mul_f64(f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX))
}

/// What the program said that it did.
#[derive(Default)]
struct Acknowledged {
    people: Vec<Person>,
    keys: Vec<ApiKey>,
    /// With the number of the key that founded it.
    organizations: Vec<(usize, String)>,
}

/// People sign up until the program is gone.
async fn sign_ups(client: &Client, life: usize, gone: &AtomicBool) -> Vec<Person> {
    let mut people = Vec::new();
    while !gone.load(Ordering::Relaxed) {
        let email = format!("person-{life}-{}@acme.test", people.len());
        let answer = client
            .post("/auth/signup", &form(&email, PASSWORD))
            .try_send()
            .await;
        let Some(answer) = answer else { break };
        people.push(Person::of(client, answer));
    }
    people
}

/// A program founds organizations with a key until the server is gone.
async fn foundings(key: ApiKey, gone: &AtomicBool) -> Vec<String> {
    let mut ids = Vec::new();
    while !gone.load(Ordering::Relaxed) {
        let answer = key
            .post("/organizations/", &json!({"name": "x"}))
            .try_send()
            .await;
        let Some(answer) = answer else { break };
        ids.push(answer.expect(201).word("id"));
        tokio::time::sleep(some(Duration::from_millis(20))).await;
    }
    ids
}

/// One life of the program, from its start to its kill.
async fn live(house: &AppState, life: usize, known: &mut Acknowledged) {
    let length = some(LONGEST);
    if length < Duration::from_millis(40) {
        let mut freehold =
            freehold_testkit::Freehold::spawn(&house.database(), house.folder.path(), &[]);
        tokio::time::sleep(length).await;
        freehold.kill();
        return;
    }
    let mut freehold = house.start().await;
    let client = freehold.stranger().clone();
    check(&client, known).await;
    house.expect_clean().await;
    if known.keys.is_empty() {
        let founder = Person::sign_up(&client, &format!("founder-{life}@acme.test")).await;
        known.keys.push(founder.adds_key().await);
        known.people.push(founder);
    }
    let gone = AtomicBool::new(false);
    let key = known.keys.len() - 1;
    let founder = || ApiKey::of(&client, &known.keys[key].text);
    let kill = async {
        tokio::time::sleep(length).await;
        freehold.kill();
        gone.store(true, Ordering::Relaxed);
    };
    let (people, one, two, three, ()) = tokio::join!(
        sign_ups(&client, life, &gone),
        foundings(founder(), &gone),
        foundings(founder(), &gone),
        foundings(founder(), &gone),
        kill
    );
    known.people.extend(people);
    known
        .organizations
        .extend([one, two, three].concat().into_iter().map(|id| (key, id)));
}

/// All that was ever acknowledged is there.
async fn check(client: &Client, known: &Acknowledged) {
    for (n, key) in known.keys.iter().enumerate() {
        let listed = ApiKey::of(client, &key.text).organizations().await;
        for (_, id) in known.organizations.iter().filter(|(of, _)| *of == n) {
            assert!(listed.contains(id), "{id} was founded, and is not there");
        }
    }
    for person in &known.people {
        let client = client.with(format!("Bearer {}", person.access));
        let all = client.get("/organizations/").await.expect(200);
        assert!(
            !all.json().as_array().unwrap().is_empty(),
            "{} has nothing",
            person.email
        );
    }
}

#[expect(clippy::print_stdout, reason = "for whoever runs it with --nocapture")]
async fn killed_again_and_again(engine: Engine) {
    let started = Instant::now();
    let (mut life, mut people, mut organizations) = (0, 0, 0);
    while life < kills() {
        let house = AppState::empty(engine).await;
        let mut known = Acknowledged::default();
        for _ in 0..KILLS_PER_DATABASE.min(kills() - life) {
            life += 1;
            live(&house, life, &mut known).await;
        }
        let freehold = house.start().await;
        check(freehold.stranger(), &known).await;
        drop(freehold);
        house.expect_clean().await;
        people += known.people.len();
        organizations += known.organizations.len();
    }
    let took = started.elapsed().as_secs();
    println!(
        "{engine:?}: {life} kills in {took} s; {people} people, {organizations} organizations"
    );
    assert!(
        people > kills() / 4 && organizations > kills(),
        "not enough went on"
    );
}

on_each_engine!(
    whatever_was_acknowledged_outlives_a_kill,
    killed_again_and_again
);

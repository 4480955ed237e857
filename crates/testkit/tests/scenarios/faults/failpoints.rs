//! The program is stopped before each statement of founding an organization
//! and of signing up, one after the other: there is all of it or nothing.
//!
//! And the other way round: with the transaction split in two, the same look
//! at the database has to find a half.

use freehold_store::Engine;
use freehold_testkit::{Answer, Ask, Client, Freehold, PASSWORD, Person, form, on_each_engine};
use serde_json::json;

use crate::fixtures::deployment::AppState;

/// More statements than any command has.
const MANY: u32 = 80;

/// A command that is stopped.
#[derive(Clone, Copy, Debug)]
enum Doing {
    OrganizationCreation,
    SigningUp,
}
use Doing::{OrganizationCreation, SigningUp};

/// A house in which Ada lives, and a program in which statements can be stopped.
struct Scene {
    house: AppState,
    ada: Person,
    arm: String,
}

impl Scene {
    async fn build(engine: Engine) -> Self {
        let house = AppState::empty(engine).await;
        let freehold = house.start().await;
        let ada = Person::sign_up(freehold.stranger(), "ada@acme.test").await;
        let arm = house.folder.path().join("armed").display().to_string();
        Self { house, ada, arm }
    }

    async fn start(&self) -> Freehold {
        self.house
            .start_with(&[("FREEHOLD_FAILPOINT_FILE", &self.arm)])
            .await
    }

    fn ask(&self, client: &Client, doing: Doing) -> Ask {
        match doing {
            OrganizationCreation => {
                let ada = client.with(format!("Bearer {}", self.ada.access));
                let ask = ada.post("/organizations/", &json!({"name": "Second"}));
                ask.header("idempotency-key", "second")
            }
            SigningUp => client.post("/auth/signup", &form("bob@acme.test", PASSWORD)),
        }
    }

    /// Does it with the failpoint armed; the answer, if the program outlived it.
    async fn attempt(&self, doing: Doing, armed: &str) -> Option<Answer> {
        let mut freehold = self.start().await;
        std::fs::write(&self.arm, armed).unwrap();
        let answer = self.ask(freehold.stranger(), doing).try_send().await;
        std::fs::remove_file(&self.arm).unwrap();
        if answer.is_none() {
            assert!(freehold.aborted().await, "it ended in some other way");
        }
        answer
    }

    /// Whether the house is as it was, and all well in it.
    async fn is_as(&self, before: &std::collections::BTreeMap<&str, String>) -> Result<(), String> {
        // A start is what would mend or trip over something half done.
        drop(self.start().await);
        let found = self.house.findings().await;
        if !found.is_empty() {
            return Err(format!("{found:#?}"));
        }
        let after = self.house.rows().await;
        if after == *before {
            return Ok(());
        }
        Err(format!("{before:?}\n{after:?}"))
    }
}

/// How many statements it took, all of which were stopped before.
async fn stop_before_each(scene: &Scene, doing: Doing) -> u32 {
    let before = scene.house.rows().await;
    for n in 1..MANY {
        match scene.attempt(doing, &n.to_string()).await {
            Some(answer) => {
                assert!(answer.status() < 300, "{answer}");
                assert!(
                    n > 5,
                    "stopped at {n} places only: was the program built with failpoints?"
                );
                assert_ne!(scene.house.rows().await, before);
                scene.house.expect_clean().await;
                return n - 1;
            }
            None => {
                let as_before = scene.is_as(&before).await;
                as_before.unwrap_or_else(|half| {
                    panic!("half done by stopping before statement {n}: {half}")
                });
            }
        }
    }
    panic!("it never got through");
}

#[expect(clippy::print_stdout, reason = "for whoever runs it with --nocapture")]
async fn all_or_nothing(engine: Engine, doing: Doing) {
    let scene = Scene::build(engine).await;
    let count = stop_before_each(&scene, doing).await;
    println!("{engine:?} {doing:?}: stopped before each of {count} statements");
    // What took place was the one thing that was asked for.
    let freehold = scene.start().await;
    match doing {
        OrganizationCreation => {
            let again = scene
                .ask(freehold.stranger(), OrganizationCreation)
                .await
                .expect(201);
            assert_eq!(
                again.header("idempotency-replayed"),
                Some("true"),
                "{again}"
            );
        }
        SigningUp => {
            let bob = Person::sign_in(freehold.stranger(), "bob@acme.test", PASSWORD).await;
            bob.home().await;
        }
    }
}

/// Where the transaction is split so that a half is kept, the look at the
/// database must say so.
#[expect(clippy::print_stdout, reason = "for whoever runs it with --nocapture")]
async fn a_half_is_seen(engine: Engine) {
    let mut seen = 0;
    let scene = Scene::build(engine).await;
    let last = stop_before_each(&scene, OrganizationCreation).await;
    for split in 1..last {
        let scene = Scene::build(engine).await;
        let before = scene.house.rows().await;
        let outlived = scene
            .attempt(OrganizationCreation, &format!("{last} split {split}"))
            .await;
        // Where the schema itself refuses the half, the program goes on and says no.
        if outlived.is_none() && scene.is_as(&before).await.is_err() {
            seen += 1;
        }
    }
    println!(
        "{engine:?}: {seen} of {} halves were kept, and seen",
        last - 1
    );
    assert!(seen > 0, "the test cannot see what it is about");
}

on_each_engine!(founding_is_all_or_nothing, async |engine| {
    all_or_nothing(engine, OrganizationCreation).await;
});
on_each_engine!(signing_up_is_all_or_nothing, async |engine| {
    all_or_nothing(engine, SigningUp).await;
});
on_each_engine!(a_split_transaction_is_seen, a_half_is_seen);

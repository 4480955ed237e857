//! The program is stopped before each statement of what operators ask for:
//! a graph, a batch, a cascade of deletions, a transfer. There is all of it or
//! nothing, and other tenants have what they had. And it is stopped when all
//! of it is true and nobody was told: asking again with the same key gives the
//! one answer.

use std::collections::BTreeMap;

use freehold_store::Engine;
use freehold_testkit::{Answer, Ask, Client, Freehold, Person, on_each_engine};
use serde_json::{Value, json};

use crate::fixtures::deployment::AppState;

/// More statements than any of the commands has.
const MANY: u32 = 120;

/// A command that is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Doing {
    Graph,
    Batch,
    Cascade,
    Transfer,
}
use Doing::{Batch, Cascade, Graph, Transfer};

/// A house in which Ada owns two organizations with Bob in one of them, and
/// Eve lives next door.
struct Scene {
    house: AppState,
    operator: String,
    ada: String,
    bob: String,
    shared: String,
    arm: String,
}

impl Scene {
    async fn build(engine: Engine) -> Self {
        let house = AppState::empty(engine).await;
        let freehold = house.start().await;
        let people = ["ada@acme.test", "bob@bolt.test", "eve@next.test"];
        let [ada, bob, _eve] = people;
        let ada = Person::sign_up(freehold.stranger(), ada).await;
        let bob = Person::sign_up(freehold.stranger(), bob).await;
        Person::sign_up(freehold.stranger(), people[2]).await;
        let shared = ada.founds("Shared").await;
        let arm = house.folder.path().join("armed").display().to_string();
        let key = std::fs::read_to_string(house.folder.path().join("admin.key")).unwrap();
        let scene = Self {
            operator: format!("Access {}", key.trim()),
            ada: ada.id.clone(),
            bob: bob.id.clone(),
            shared,
            arm,
            house,
        };
        let membership = json!({"membership": {
            "organization_ref": {"id": scene.shared}, "user_ref": {"id": scene.bob}, "role": "viewer",
        }});
        let path = "/admin/simple/accounts/organizations/memberships/";
        let operator = freehold.stranger().with(&*scene.operator);
        operator.post(path, &membership).await.expect(200);
        scene
    }

    async fn start(&self) -> Freehold {
        self.house
            .start_with(&[("FREEHOLD_FAILPOINT_FILE", &self.arm)])
            .await
    }

    fn ask(&self, client: &Client, doing: Doing) -> Ask {
        let operator = client.with(&*self.operator);
        let ask = match doing {
            Graph => operator.post("/admin/accounts/", &self.graph()),
            Batch => operator.post("/admin/simple/accounts/", &batch()),
            Cascade => operator.ask("DELETE", "/admin/accounts/").json(&json!({
                "target": {"user_ids": [self.ada]}, "dry_run": false, "reason": "they asked",
            })),
            Transfer => operator.post(
                "/admin/simple/accounts/transfer-ownership",
                &json!({"users": {"source": {"id": self.ada}, "target": {"id": self.bob}}}),
            ),
        };
        ask.header("idempotency-key", "only-once")
    }

    fn graph(&self) -> Value {
        json!({
            "options": {"create_identities": true, "create_api_keys": true, "return_api_keys": true},
            "users": {"u1": {"email": "g@graph.test"}, "u2": {"email": "ada@acme.test"}},
            "user_identities": {"i1": {"user_ref": {"ref": "u1"}, "method": "email:password",
                                       "subject": "g@graph.test", "password": "Secret12!"}},
            "organizations": {"o1": {"name": "GO", "owner_user_ref": {"ref": "u1"}}},
            "workspaces": {"w1": {"name": "GW", "organization_ref": {"ref": "o1"}}},
            "projects": {"p1": {"name": "GP", "organization_ref": {"ref": "o1"},
                                "workspace_ref": {"ref": "w1"}, "is_default": true}},
            "workspace_memberships": {
                "wm": {"workspace_ref": {"ref": "w1"}, "user_ref": {"ref": "u2"}, "role": "editor"}},
            "organization_memberships": {
                "om": {"organization_ref": {"id": self.shared}, "user_ref": {"ref": "u1"}, "role": "admin"}},
            "api_keys": {"k": {"project_ref": {"ref": "p1"}, "user_ref": {"ref": "u1"}}},
        })
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
    async fn is_as(&self, before: &BTreeMap<&str, String>) -> Result<(), String> {
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

    /// Everything of the neighbour that somebody else's command could touch.
    async fn next_door(&self) -> Vec<String> {
        let eve = "(SELECT id FROM users WHERE email = 'eve@next.test')";
        let counts = [
            format!("SELECT CAST(count(*) AS TEXT) FROM organizations WHERE owner_id = {eve}"),
            format!("SELECT CAST(count(*) AS TEXT) FROM organization_members WHERE user_id = {eve}"),
            format!("SELECT CAST(count(*) AS TEXT) FROM workspace_members WHERE user_id = {eve}"),
            format!("SELECT CAST(count(*) AS TEXT) FROM project_members WHERE user_id = {eve}"),
            format!("SELECT CAST(count(*) AS TEXT) FROM sessions WHERE user_id = {eve}"),
            format!(
                "SELECT CAST(count(*) AS TEXT) FROM resources r JOIN projects p ON p.id = r.project_id
                   JOIN organizations o ON o.id = p.organization_id WHERE o.owner_id = {eve}"
            ),
        ];
        let mut found = Vec::new();
        for sql in counts {
            found.extend(self.house.texts(&sql).await);
        }
        assert!(found.iter().all(|count| count != "0"), "{found:?}");
        found
    }
}

fn batch() -> Value {
    let accounts: serde_json::Map<_, _> = (0..20)
        .map(|n| {
            let account = json!({"user": {"email": format!("batch-{n}@many.test")}});
            (format!("a{n}"), account)
        })
        .collect();
    json!({"accounts": accounts})
}

/// How many statements it took, all of which were stopped before.
async fn stop_before_each(scene: &Scene, doing: Doing) -> u32 {
    let before = scene.house.rows().await;
    let eve = scene.next_door().await;
    for n in 1..MANY {
        if let Some(answer) = scene.attempt(doing, &n.to_string()).await {
            assert!(answer.status() < 300, "{answer}");
            assert!(n > 5, "stopped at {n} places only: no failpoints?");
            assert_ne!(scene.house.rows().await, before);
            assert_eq!(scene.next_door().await, eve);
            scene.house.expect_clean().await;
            return n - 1;
        }
        let as_before = scene.is_as(&before).await;
        as_before
            .unwrap_or_else(|half| panic!("half done by stopping before statement {n}: {half}"));
        assert_eq!(scene.next_door().await, eve);
    }
    panic!("it never got through");
}

#[expect(clippy::print_stdout, reason = "for whoever runs it with --nocapture")]
async fn all_or_nothing(engine: Engine, doing: Doing) {
    let scene = Scene::build(engine).await;
    let count = stop_before_each(&scene, doing).await;
    println!("{engine:?} {doing:?}: stopped before each of {count} statements");
    let freehold = scene.start().await;
    let again = scene.ask(freehold.stranger(), doing).await;
    assert_eq!(
        again.header("idempotency-replayed"),
        Some("true"),
        "{again}"
    );
}

/// Stopped when it is true and nobody was told.
async fn told_afterwards(engine: Engine, doing: Doing) {
    let scene = Scene::build(engine).await;
    let before = scene.house.rows().await;
    assert!(scene.attempt(doing, "committed").await.is_none());
    let after = scene.house.rows().await;
    assert_ne!(after, before, "it was true before anybody was told");
    let freehold = scene.start().await;
    let first = scene.ask(freehold.stranger(), doing).await;
    assert_eq!(
        first.header("idempotency-replayed"),
        Some("true"),
        "{first}"
    );
    let second = scene.ask(freehold.stranger(), doing).await;
    assert_eq!(first.text(), second.text());
    assert_eq!(scene.house.rows().await, after, "one effect");
    drop(freehold);
    scene.house.expect_clean().await;
}

/// With the transaction split in two, the same look has to find a half.
async fn a_half_is_seen(engine: Engine) {
    let scene = Scene::build(engine).await;
    let last = stop_before_each(&scene, Batch).await;
    let mut seen = 0;
    for split in 1..last {
        let scene = Scene::build(engine).await;
        let before = scene.house.rows().await;
        let outlived = scene.attempt(Batch, &format!("{last} split {split}")).await;
        if outlived.is_none() && scene.is_as(&before).await.is_err() {
            seen += 1;
        }
    }
    assert!(seen > 0, "the test cannot see what it is about");
}

on_each_engine!(a_graph_is_all_or_nothing, async |engine| {
    all_or_nothing(engine, Graph).await;
});
on_each_engine!(a_batch_is_all_or_nothing, async |engine| {
    all_or_nothing(engine, Batch).await;
});
on_each_engine!(a_cascade_is_all_or_nothing, async |engine| {
    all_or_nothing(engine, Cascade).await;
});
on_each_engine!(handing_over_is_all_or_nothing, async |engine| {
    all_or_nothing(engine, Transfer).await;
});
on_each_engine!(the_answer_comes_after_a_kill, async |engine| {
    for doing in [Graph, Batch, Cascade, Transfer] {
        told_afterwards(engine, doing).await;
    }
});
on_each_engine!(a_split_batch_is_seen, a_half_is_seen);

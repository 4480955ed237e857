//! The program is stopped before each statement of operators' commands: a graph,
//! a batch, a cascade of deletions, a transfer. All rows are written or none, and
//! other tenants are unchanged. It is also stopped between the
//! commit and the response: the same request with the same idempotency key
//! returns the one response.

use std::collections::BTreeMap;

use freehold_store::Engine;
use freehold_testkit::{Client, PendingRequest, Response, ServerProcess, TestUser, on_each_engine};
use serde_json::{Value, json};

use crate::fixtures::deployment::Deployment;

/// An upper bound of the statements of each command.
const MAX_STATEMENTS: u32 = 120;

/// A command that is stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Operation {
    Graph,
    Batch,
    Cascade,
    Transfer,
}
use Operation::{Batch, Cascade, Graph, Transfer};

/// A deployment in which Ada owns two organizations, Bob is a member of one of
/// them, and Eve has her own.
struct FaultFixture {
    deployment: Deployment,
    operator: String,
    ada: String,
    bob: String,
    shared: String,
    failpoint_file: String,
}

impl FaultFixture {
    async fn create(engine: Engine) -> Self {
        let deployment = Deployment::new(engine).await;
        let server = deployment.start().await;
        let users = ["ada@acme.test", "bob@bolt.test", "eve@next.test"];
        let [ada, bob, _eve] = users;
        let ada = TestUser::sign_up(server.anonymous(), ada).await;
        let bob = TestUser::sign_up(server.anonymous(), bob).await;
        TestUser::sign_up(server.anonymous(), users[2]).await;
        let shared = ada.create_organization("Shared").await;
        let failpoint_file = deployment.folder.path().join("armed").display().to_string();
        let key = std::fs::read_to_string(deployment.folder.path().join("admin.key")).unwrap();
        let fixture = Self {
            operator: format!("Access {}", key.trim()),
            ada: ada.id.clone(),
            bob: bob.id.clone(),
            shared,
            failpoint_file,
            deployment,
        };
        let membership = json!({"membership": {
            "organization_ref": {"id": fixture.shared}, "user_ref": {"id": fixture.bob}, "role": "viewer",
        }});
        let path = "/admin/simple/accounts/organizations/memberships/";
        let operator = server.anonymous().with_authorization(&*fixture.operator);
        operator.post(path, &membership).await.expect_status(200);
        fixture
    }

    async fn start(&self) -> ServerProcess {
        self.deployment
            .start_with(&[("FREEHOLD_FAILPOINT_FILE", &self.failpoint_file)])
            .await
    }

    fn request(&self, client: &Client, operation: Operation) -> PendingRequest {
        let operator = client.with_authorization(&*self.operator);
        let request = match operation {
            Graph => operator.post("/admin/accounts/", &self.graph()),
            Batch => operator.post("/admin/simple/accounts/", &batch()),
            Cascade => operator.request("DELETE", "/admin/accounts/").json(&json!({
                "target": {"user_ids": [self.ada]}, "dry_run": false, "reason": "they asked",
            })),
            Transfer => operator.post(
                "/admin/simple/accounts/transfer-ownership",
                &json!({"users": {"source": {"id": self.ada}, "target": {"id": self.bob}}}),
            ),
        };
        request.header("idempotency-key", "only-once")
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

    /// Sends the request with the failpoint armed. Returns the response, if the program survived.
    async fn run_with_failpoint(&self, operation: Operation, failpoint: &str) -> Option<Response> {
        let mut server = self.start().await;
        std::fs::write(&self.failpoint_file, failpoint).unwrap();
        let response = self.request(server.anonymous(), operation).try_send().await;
        std::fs::remove_file(&self.failpoint_file).unwrap();
        if response.is_none() {
            assert!(server.was_aborted().await, "it ended in some other way");
        }
        response
    }

    /// Requires that the database is unchanged and without inconsistencies.
    async fn check_unchanged(&self, before: &BTreeMap<&str, String>) -> Result<(), String> {
        drop(self.start().await);
        let found = self.deployment.findings().await;
        if !found.is_empty() {
            return Err(format!("{found:#?}"));
        }
        let after = self.deployment.row_counts().await;
        if after == *before {
            return Ok(());
        }
        Err(format!("{before:?}\n{after:?}"))
    }

    /// All rows of Eve that a command for other users could change.
    async fn other_tenant_rows(&self) -> Vec<String> {
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
            found.extend(self.deployment.query_texts(&sql).await);
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

/// Returns the number of statements; the program was stopped before each of them.
async fn abort_before_each_statement(fixture: &FaultFixture, operation: Operation) -> u32 {
    let before = fixture.deployment.row_counts().await;
    let eve = fixture.other_tenant_rows().await;
    for n in 1..MAX_STATEMENTS {
        if let Some(response) = fixture.run_with_failpoint(operation, &n.to_string()).await {
            assert!(response.status() < 300, "{response}");
            assert!(n > 5, "stopped at {n} statements only: no failpoints?");
            assert_ne!(fixture.deployment.row_counts().await, before);
            assert_eq!(fixture.other_tenant_rows().await, eve);
            fixture.deployment.expect_clean().await;
            return n - 1;
        }
        let as_before = fixture.check_unchanged(&before).await;
        as_before
            .unwrap_or_else(|half| panic!("half done by stopping before statement {n}: {half}"));
        assert_eq!(fixture.other_tenant_rows().await, eve);
    }
    panic!("it never got through");
}

#[expect(clippy::print_stdout, reason = "for developers who use --nocapture")]
async fn all_or_nothing(engine: Engine, operation: Operation) {
    let fixture = FaultFixture::create(engine).await;
    let count = abort_before_each_statement(&fixture, operation).await;
    println!("{engine:?} {operation:?}: stopped before each of {count} statements");
    let server = fixture.start().await;
    let again = fixture.request(server.anonymous(), operation).await;
    assert_eq!(
        again.header("idempotency-replayed"),
        Some("true"),
        "{again}"
    );
}

/// Stops the program between the commit and the response.
async fn replays_after_kill(engine: Engine, operation: Operation) {
    let fixture = FaultFixture::create(engine).await;
    let before = fixture.deployment.row_counts().await;
    assert!(
        fixture
            .run_with_failpoint(operation, "committed")
            .await
            .is_none()
    );
    let after = fixture.deployment.row_counts().await;
    assert_ne!(after, before, "it was committed before the response");
    let server = fixture.start().await;
    let first = fixture.request(server.anonymous(), operation).await;
    assert_eq!(
        first.header("idempotency-replayed"),
        Some("true"),
        "{first}"
    );
    let second = fixture.request(server.anonymous(), operation).await;
    assert_eq!(first.text(), second.text());
    assert_eq!(fixture.deployment.row_counts().await, after, "one effect");
    drop(server);
    fixture.deployment.expect_clean().await;
}

/// With the transaction split in two, the same comparison has to fail.
async fn detects_partial_commit(engine: Engine) {
    let fixture = FaultFixture::create(engine).await;
    let last = abort_before_each_statement(&fixture, Batch).await;
    let mut seen = 0;
    for split in 1..last {
        let fixture = FaultFixture::create(engine).await;
        let before = fixture.deployment.row_counts().await;
        let survived = fixture
            .run_with_failpoint(Batch, &format!("{last} split {split}"))
            .await;
        if survived.is_none() && fixture.check_unchanged(&before).await.is_err() {
            seen += 1;
        }
    }
    assert!(seen > 0, "the test cannot see what it is about");
}

on_each_engine!(graph_is_atomic, async |engine| {
    all_or_nothing(engine, Graph).await;
});
on_each_engine!(batch_is_atomic, async |engine| {
    all_or_nothing(engine, Batch).await;
});
on_each_engine!(cascade_delete_is_atomic, async |engine| {
    all_or_nothing(engine, Cascade).await;
});
on_each_engine!(ownership_transfer_is_atomic, async |engine| {
    all_or_nothing(engine, Transfer).await;
});
on_each_engine!(response_is_replayed_after_a_kill, async |engine| {
    for operation in [Graph, Batch, Cascade, Transfer] {
        replays_after_kill(engine, operation).await;
    }
});
on_each_engine!(control_split_batch_is_detected, detects_partial_commit);

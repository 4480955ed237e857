//! The program is stopped before each statement of creating an organization
//! and of signing up, one after the other: all rows are written, or none.
//!
//! With the transaction split in two, the same comparison of the database has
//! to fail.

use freehold_store::Engine;
use freehold_testkit::{
    Client, PASSWORD, PendingRequest, Response, ServerProcess, TestUser, credentials_form,
    on_each_engine,
};
use serde_json::json;

use crate::fixtures::deployment::Deployment;

/// An upper bound of the statements of each command.
const MAX_STATEMENTS: u32 = 80;

/// A command that is stopped.
#[derive(Clone, Copy, Debug)]
enum Operation {
    CreateOrganization,
    SignUp,
}
use Operation::{CreateOrganization, SignUp};

/// A deployment with the user Ada, and a program that can be stopped before a statement.
struct FaultFixture {
    deployment: Deployment,
    ada: TestUser,
    failpoint_file: String,
}

impl FaultFixture {
    async fn create(engine: Engine) -> Self {
        let deployment = Deployment::new(engine).await;
        let server = deployment.start().await;
        let ada = TestUser::sign_up(server.anonymous(), "ada@acme.test").await;
        let failpoint_file = deployment.folder.path().join("armed").display().to_string();
        Self {
            deployment,
            ada,
            failpoint_file,
        }
    }

    async fn start(&self) -> ServerProcess {
        self.deployment
            .start_with(&[("FREEHOLD_FAILPOINT_FILE", &self.failpoint_file)])
            .await
    }

    fn request(&self, client: &Client, operation: Operation) -> PendingRequest {
        match operation {
            CreateOrganization => {
                let ada = client.with_authorization(format!("Bearer {}", self.ada.access_token));
                let request = ada.post("/organizations/", &json!({"name": "Second"}));
                request.header("idempotency-key", "second")
            }
            SignUp => client.post("/auth/signup", &credentials_form("bob@acme.test", PASSWORD)),
        }
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
    async fn check_unchanged(
        &self,
        before: &std::collections::BTreeMap<&str, String>,
    ) -> Result<(), String> {
        // A restart would repair a partial write or fail on it.
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
}

/// Returns the number of statements; the program was stopped before each of them.
async fn abort_before_each_statement(fixture: &FaultFixture, operation: Operation) -> u32 {
    let before = fixture.deployment.row_counts().await;
    for n in 1..MAX_STATEMENTS {
        match fixture.run_with_failpoint(operation, &n.to_string()).await {
            Some(response) => {
                assert!(response.status() < 300, "{response}");
                assert!(
                    n > 5,
                    "stopped at {n} statements only: was the program built with failpoints?"
                );
                assert_ne!(fixture.deployment.row_counts().await, before);
                fixture.deployment.expect_clean().await;
                return n - 1;
            }
            None => {
                let as_before = fixture.check_unchanged(&before).await;
                as_before.unwrap_or_else(|half| {
                    panic!("half done by stopping before statement {n}: {half}")
                });
            }
        }
    }
    panic!("it never got through");
}

#[expect(clippy::print_stdout, reason = "for developers who use --nocapture")]
async fn all_or_nothing(engine: Engine, operation: Operation) {
    let fixture = FaultFixture::create(engine).await;
    let count = abort_before_each_statement(&fixture, operation).await;
    println!("{engine:?} {operation:?}: stopped before each of {count} statements");
    // Exactly the requested command was executed.
    let server = fixture.start().await;
    match operation {
        CreateOrganization => {
            let again = fixture
                .request(server.anonymous(), CreateOrganization)
                .await
                .expect_status(201);
            assert_eq!(
                again.header("idempotency-replayed"),
                Some("true"),
                "{again}"
            );
        }
        SignUp => {
            let bob = TestUser::sign_in(server.anonymous(), "bob@acme.test", PASSWORD).await;
            bob.only_organization_id().await;
        }
    }
}

/// With the transaction split so that one half is committed, the comparison of
/// the database has to fail.
#[expect(clippy::print_stdout, reason = "for developers who use --nocapture")]
async fn detects_partial_commit(engine: Engine) {
    let mut seen = 0;
    let fixture = FaultFixture::create(engine).await;
    let last = abort_before_each_statement(&fixture, CreateOrganization).await;
    for split in 1..last {
        let fixture = FaultFixture::create(engine).await;
        let before = fixture.deployment.row_counts().await;
        let survived = fixture
            .run_with_failpoint(CreateOrganization, &format!("{last} split {split}"))
            .await;
        // Where the schema itself refuses the half, the program continues and returns an error.
        if survived.is_none() && fixture.check_unchanged(&before).await.is_err() {
            seen += 1;
        }
    }
    println!(
        "{engine:?}: {seen} of {} halves were kept, and seen",
        last - 1
    );
    assert!(seen > 0, "the test cannot see what it is about");
}

on_each_engine!(organization_creation_is_atomic, async |engine| {
    all_or_nothing(engine, CreateOrganization).await;
});
on_each_engine!(sign_up_is_atomic, async |engine| {
    all_or_nothing(engine, SignUp).await;
});
on_each_engine!(
    control_split_transaction_is_detected,
    detects_partial_commit
);

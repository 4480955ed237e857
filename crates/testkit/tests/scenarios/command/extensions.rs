//! Extensions: rows in the transaction of an event, and a veto.

use freehold_app::extension::{ErrorCode, ExtensionFuture, TypedEvent};
use freehold_app::{Extension, Extensions, Outcome};
use freehold_store::Tx;
use freehold_store::engine::{Sql, Value};
use freehold_testkit::{Engine, PASSWORD, TestApp, credentials_form, on_each_engine};
use serde_json::json;

/// Adds a seat count to each organization, and refuses organizations that are named
/// `forbidden`.
struct Seats;

const SEAT_LIMIT: ErrorCode = ErrorCode {
    code: "seat_limit",
    title: "No seat left",
    explanation: "The organization has as many members as it may have.",
};

static ADD: Sql = Sql {
    sqlite: "INSERT INTO seats (organization_id, seats) VALUES ($1, $2)",
    postgres: "INSERT INTO seats (organization_id, seats) VALUES ($1, $2)",
};
static FORBIDDEN: Sql = Sql {
    sqlite: "SELECT id FROM organizations WHERE id = $1 AND name = 'forbidden'",
    postgres: "SELECT id FROM organizations WHERE id = $1 AND name = 'forbidden'",
};

impl Extension for Seats {
    fn capability(&self) -> &'static str {
        "seats"
    }

    fn on_event<'a>(
        &'a self,
        tx: &'a mut Tx,
        event: &'a TypedEvent,
    ) -> ExtensionFuture<'a, Outcome<()>> {
        Box::pin(async move {
            let TypedEvent::OrganizationCreated { organization, .. } = event else {
                return Ok(());
            };
            let id = organization.uuid();
            tx.write(&ADD, vec![Value::Uuid(id), Value::Int(1)]);
            let forbidden = tx
                .read_one(&FORBIDDEN, vec![Value::Uuid(id)], |_| Ok(()))
                .await?;
            match forbidden {
                Some(()) => Err(self.veto(&SEAT_LIMIT, "No seat is left.").into()),
                None => Ok(()),
            }
        })
    }
}

/// Starts an application with this extension, and creates the extension's table.
async fn start_with_seats(engine: Engine) -> TestApp {
    let app = TestApp::start(engine, |_| (), Extensions::none().with(Seats)).await;
    let kind = match engine {
        Engine::Sqlite => "BLOB",
        Engine::Postgres => "uuid",
    };
    let table = format!(
        "CREATE TABLE seats (organization_id {kind} PRIMARY KEY REFERENCES organizations (id) ON DELETE CASCADE,
            seats bigint NOT NULL)"
    );
    app.db().execute(&table).await.unwrap();
    app
}

async fn count_seats(app: &TestApp) -> i64 {
    app.db().query_number("SELECT count(*) FROM seats").await
}

async fn adds_rows(engine: Engine) {
    let app = start_with_seats(engine).await;
    let ada = app.sign_up("ada").await;
    assert_eq!(count_seats(&app).await, 1, "by signing up");
    let second = ada.create_organization("Second").await;
    assert_eq!(count_seats(&app).await, 2);
    ada.post("/organizations/?dry_run=true", &json!({}))
        .await
        .expect_status(201);
    assert_eq!(count_seats(&app).await, 2);
    ada.delete_organization(&second).await.expect_status(200);
    assert_eq!(count_seats(&app).await, 1);
    app.finish().await;
}

async fn rolls_back(engine: Engine) {
    let app = start_with_seats(engine).await;
    let ada = app.sign_up("ada").await;
    let before = app.db().row_counts().await;
    let refused = ada
        .post("/organizations/", &json!({"name": "forbidden"}))
        .await;
    assert_eq!(refused.code(), SEAT_LIMIT.code);
    refused.expect_detail(403, "No seat is left.");
    // A personal organization has the name of its owner.
    let response = app
        .anonymous()
        .post(
            "/auth/signup",
            &credentials_form("forbidden@acme.test", PASSWORD),
        )
        .await;
    response.expect_body(
        200,
        &json!({"status": "GENERAL_ERROR", "message": "No seat is left."}),
    );
    let mut after = app.db().row_counts().await;
    after.insert("attempts".to_owned(), before["attempts"]);
    // Only the two refusals are recorded.
    assert_eq!(after["audit_events"], before["audit_events"] + 2);
    after.insert("audit_events".to_owned(), before["audit_events"]);
    assert_eq!(after, before);
    app.finish().await;
}

on_each_engine!(
    extension_rows_are_created_and_deleted_with_the_organization,
    adds_rows
);
on_each_engine!(veto_rolls_back_everything, rolls_back);

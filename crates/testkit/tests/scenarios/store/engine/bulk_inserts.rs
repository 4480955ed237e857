//! Bulk inserts behave like single ones on both engines: the same values, the same
//! constraints, and all rows or none.

use freehold_domain::Timestamp;
use freehold_store::engine::{Insert, Value};
use freehold_store::{Rule, StoreError};
use freehold_testkit::{TestDatabase, on_each_database};

use crate::fixtures::database::nth_uuid;

static USERS: Insert = Insert {
    table: "users",
    columns: &["id", "email", "username", "is_active"],
};
static SESSIONS: Insert = Insert {
    table: "sessions",
    columns: &[
        "id",
        "user_id",
        "refresh_hash",
        "previous_hash",
        "rotated_at",
        "expires_at",
        "identities",
        "address",
        "created_at",
    ],
};
static ATTEMPTS: Insert = Insert {
    table: "attempts",
    columns: &["subject", "count", "until"],
};
static ORGANIZATIONS: Insert = Insert {
    table: "organizations",
    columns: &["id", "owner_id"],
};
static MEMBERS: Insert = Insert {
    table: "organization_members",
    columns: &["id", "user_id", "organization_id", "role"],
};

/// In one statement each, in several, and on either side of the size from which
/// PostgreSQL gets columns instead of rows.
const COUNTS: [u128; 6] = [1, 63, 64, 65, 300, 1_000];

fn user(n: u128) -> Vec<Value> {
    let name = ["NULL", "", "{a,\"b\"}", "it's \\ ü"][usize::try_from(n).unwrap() % 4];
    vec![
        Value::Uuid(nth_uuid(n)),
        Value::Text(format!("user{n}@acme.test")),
        if n.is_multiple_of(5) {
            Value::Null
        } else {
            Value::Static(name)
        },
        Value::Bool(n.is_multiple_of(2)),
    ]
}

fn session(n: u128) -> Vec<Value> {
    let at = Value::Time(Timestamp::from_micros(1_795_430_000_123_456));
    vec![
        Value::Uuid(nth_uuid(n)),
        Value::Uuid(nth_uuid(n)),
        Value::Bytes(vec![0, 0xff, b'\\']),
        if n.is_multiple_of(3) {
            Value::Null
        } else {
            Value::Bytes(Vec::new())
        },
        at.clone(),
        Value::Time(Timestamp::from_micros(-1)),
        Value::Json(r#"["a, {}", null]"#.to_owned()),
        Value::Null,
        at,
    ]
}

fn attempts(n: u128) -> Vec<Value> {
    vec![
        Value::Text(n.to_string()),
        Value::Int(-7),
        Value::Time(Timestamp::from_micros(0)),
    ]
}

fn rows(count: u128, row: impl Fn(u128) -> Vec<Value>) -> Vec<Vec<Value>> {
    (0..count).map(row).collect()
}

/// Counts the rows, and the distinct combinations of their values.
async fn count_rows(db: &TestDatabase) -> [i64; 4] {
    let users = "SELECT count(*) FROM users";
    let kinds = "SELECT count(*) FROM (SELECT DISTINCT username, is_active FROM users) AS it";
    let sessions = "SELECT count(*) FROM (SELECT DISTINCT refresh_hash, previous_hash, rotated_at,
         expires_at, identities, address, created_at FROM sessions) AS it";
    let attempts = "SELECT count(*) FROM (SELECT DISTINCT count, until FROM attempts) AS it";
    [
        db.query_number(users).await,
        db.query_number(kinds).await,
        db.query_number(sessions).await,
        db.query_number(attempts).await,
    ]
}

#[tokio::test]
async fn bulk_insert_equals_single_inserts() {
    on_each_database(async |db| {
        // One by one first, then all the others: were a value written otherwise,
        // there would be more kinds than there are.
        let mut before = 0;
        for count in COUNTS.into_iter().map(|it| it + 60) {
            let mut tx = db.store().begin();
            if before == 0 {
                for n in 0..60 {
                    tx.insert(&USERS, vec![user(n)]);
                    tx.insert(&SESSIONS, vec![session(n)]);
                    tx.insert(&ATTEMPTS, vec![attempts(n)]);
                }
                before = 60;
            }
            let rest = |row: fn(u128) -> Vec<Value>| rows(count - before, |n| row(before + n));
            tx.insert(&USERS, rest(user));
            tx.insert(&SESSIONS, rest(session));
            tx.insert(&ATTEMPTS, rest(attempts));
            tx.commit().await.unwrap();
            before = count;
            let count = i64::try_from(count).unwrap();
            assert_eq!(count_rows(db).await, [count, 6, 2, 1], "{:?}", db.engine());
        }
    })
    .await;
}

#[tokio::test]
async fn one_bad_row_rolls_back_the_bulk_insert() {
    on_each_database(async |db| {
        for count in COUNTS.into_iter().filter(|it| *it > 1) {
            let mut bad = rows(count, user);
            let last = bad.len() - 1;
            bad[last][1] = bad[0][1].clone();
            let mut tx = db.store().begin();
            tx.insert(&USERS, bad);
            let broke = tx.commit().await;
            assert_eq!(
                broke,
                Err(StoreError::RuleViolation(Rule::UserEmail)),
                "{count}"
            );

            let mut tx = db.store().begin();
            tx.insert(&USERS, rows(count, user));
            // A row of a user who does not exist.
            tx.insert(&SESSIONS, rows(count + 1, session));
            let broke = tx.commit().await;
            assert_eq!(
                broke,
                Err(StoreError::RuleViolation(Rule::ForeignKey)),
                "{count}"
            );
            assert_eq!(count_rows(db).await, [0; 4], "{count} on {:?}", db.engine());
        }
    })
    .await;
}

#[tokio::test]
async fn deferred_constraints_apply_to_bulk_inserts() {
    const COUNT: u128 = 100;
    on_each_database(async |db| {
        let organization = |n: u128| [nth_uuid(1_000 + n), nth_uuid(n)].map(Value::Uuid).to_vec();
        let member = |n: u128| {
            let ids = [nth_uuid(2_000 + n), nth_uuid(n), nth_uuid(1_000 + n)].map(Value::Uuid);
            [&ids[..], &[Value::Static("owner")]].concat()
        };
        for (members, count_rows) in [
            (COUNT - 1, Err(StoreError::RuleViolation(Rule::ForeignKey))),
            (COUNT, Ok(())),
        ] {
            let mut tx = db.store().begin();
            tx.insert(&USERS, rows(COUNT, user));
            tx.insert(&ORGANIZATIONS, rows(COUNT, organization));
            tx.insert(&MEMBERS, rows(members, member));
            assert_eq!(tx.commit().await, count_rows, "{:?}", db.engine());
        }
        assert_eq!(
            db.query_number("SELECT count(*) FROM organizations").await,
            100
        );
    })
    .await;
}

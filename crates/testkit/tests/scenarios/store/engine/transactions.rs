//! The guarantees of both engines: a transaction is committed whole or not at
//! all, whatever other transactions run at the same time.

use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use freehold_store::engine::{Sql, Value};
use freehold_store::{Engine, Rule, Store, StoreError, migrations};
use freehold_testkit::{TestDatabase, on_each_database};
use futures_util::future::join_all;

use crate::fixtures::database::{SampleDatabase, nth_uuid};

macro_rules! sql {
    ($name:ident, $text:literal) => {
        static $name: Sql = Sql {
            sqlite: $text,
            postgres: $text,
        };
    };
}
sql!(USER, "INSERT INTO users (id, email) VALUES ($1, $2)");
sql!(
    ORGANIZATION,
    "INSERT INTO organizations (id, owner_id) VALUES ($1, $2)"
);
sql!(
    MEMBER,
    "INSERT INTO organization_members (id, user_id, organization_id, role) VALUES ($1, $2, $3, $4)"
);
sql!(USERS, "SELECT count(*) FROM users");
sql!(CLAIM, "DELETE FROM outbox WHERE id = $1");

fn user(n: u128) -> Vec<Value> {
    vec![
        Value::Uuid(nth_uuid(n)),
        Value::Text(format!("user{n}@acme.test")),
    ]
}

/// Inserts an organization of Ada; without her membership, it violates a constraint
/// that is checked at the commit.
async fn create_organization(store: &Store, n: u128, with_member: bool) -> Result<(), StoreError> {
    let mut tx = store.begin();
    tx.write(
        &ORGANIZATION,
        vec![Value::Uuid(nth_uuid(n)), Value::Uuid(nth_uuid(1))],
    );
    if with_member {
        let values = [nth_uuid(n + 1000), nth_uuid(1), nth_uuid(n)].map(Value::Uuid);
        tx.write(&MEMBER, [&values[..], &[Value::Static("owner")]].concat());
    }
    tx.commit().await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn failed_transaction_does_not_affect_its_group_commit() {
    const COUNT: u128 = 12;
    const BAD_ROW: u128 = 5;
    on_each_database(async |db| {
        SampleDatabase::create(db).await;
        // How long they take to queue up is unknown: the time is increased until they did.
        for (round, wait_millis) in [100, 400, 1_600, 6_400, 25_600].into_iter().enumerate() {
            let first = 100 + 100 * round as u128;
            let shared =
                commit_together(db, first..first + COUNT, first + BAD_ROW, wait_millis).await;
            let count_rows = db.query_number("SELECT count(*) FROM organizations").await;
            assert_eq!(
                count_rows,
                1 + (i64::try_from(COUNT).unwrap() - 1) * (round as i64 + 1)
            );
            if shared > 1 || db.engine() != Engine::Sqlite {
                return;
            }
        }
        panic!("they were to share a commit, or nothing is shown");
    })
    .await;
}

/// Locks the writer for so many milliseconds while these create an organization
/// each, so that on SQLite all of them share one commit; `bad` violates a
/// constraint. Returns how often one of them was retried for that.
async fn commit_together(
    db: &TestDatabase,
    all: Range<u128>,
    bad: u128,
    wait_millis: u64,
) -> usize {
    let shared = Arc::new(AtomicUsize::new(0));
    let mut first = db.store().begin();
    first
        .read(&USERS, Vec::new(), |row| row.get::<i64>(0))
        .await
        .unwrap();
    let tasks: Vec<_> = all
        .map(|n| {
            let (store, shared) = (db.store().clone(), shared.clone());
            let task = tokio::spawn(async move {
                loop {
                    match create_organization(&store, n, n != bad).await {
                        Err(error) if error.is_transient() => {
                            shared.fetch_add(1, Ordering::SeqCst);
                        }
                        other => return other,
                    }
                }
            });
            (n, task)
        })
        .collect();
    tokio::time::sleep(std::time::Duration::from_millis(wait_millis)).await;
    drop(first);
    for (n, task) in tasks {
        let expected = if n == bad {
            Err(StoreError::RuleViolation(Rule::ForeignKey))
        } else {
            Ok(())
        };
        assert_eq!(task.await.unwrap(), expected, "{n} on {:?}", db.engine());
    }
    shared.load(Ordering::SeqCst)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn constraint_violation_rolls_back_the_transaction() {
    on_each_database(async |db| {
        SampleDatabase::create(db).await;
        let tasks = (0..20_u128).map(|n| {
            let store = db.store().clone();
            tokio::spawn(async move {
                let mut tx = store.begin();
                tx.write(&USER, user(100 + n));
                // Every second one then inserts an address that exists.
                if n % 2 == 1 {
                    tx.write(
                        &USER,
                        vec![
                            Value::Uuid(nth_uuid(200 + n)),
                            Value::Static("ada@acme.test"),
                        ],
                    );
                }
                tx.write(&USER, user(300 + n));
                tx.commit().await
            })
        });
        for (n, done) in join_all(tasks).await.into_iter().enumerate() {
            let expected = match n % 2 {
                0 => Ok(()),
                _ => Err(StoreError::RuleViolation(Rule::UserEmail)),
            };
            assert_eq!(done.unwrap(), expected);
        }
        assert_eq!(db.query_number("SELECT count(*) FROM users").await, 3 + 20);
    })
    .await;
}

#[tokio::test]
async fn failed_transaction_cannot_be_committed() {
    on_each_database(async |db| {
        let count = || {
            db.store()
                .read_one(&USERS, Vec::new(), |row| row.get::<i64>(0))
        };
        let mut tx = db.store().begin();
        tx.write(&USER, user(1));
        tx.write(&USER, user(1));
        let broken = tx.read(&USERS, Vec::new(), |row| row.get::<i64>(0)).await;
        assert!(matches!(broken, Err(StoreError::RuleViolation(_))));
        // The transaction continues after the error.
        tx.write(&USER, user(2));
        assert!(
            tx.read(&USERS, Vec::new(), |row| row.get::<i64>(0))
                .await
                .is_err()
        );
        assert!(tx.commit().await.is_err());
        assert_eq!(count().await.unwrap(), Some(0));

        // The same statements without the error.
        let mut tx = db.store().begin();
        tx.write(&USER, user(1));
        let seen = tx.read(&USERS, Vec::new(), |row| row.get::<i64>(0)).await;
        assert_eq!(seen.unwrap(), [1], "a transaction sees what it wrote");
        tx.write(&USER, user(2));
        tx.commit().await.unwrap();
        assert_eq!(count().await.unwrap(), Some(2));
    })
    .await;
}

#[tokio::test]
async fn dropped_transaction_is_rolled_back() {
    on_each_database(async |db| {
        // More often than there are connections: all of them are returned to the pool.
        for round in 0..20 {
            let mut tx = db.store().begin();
            tx.write(&USER, user(1));
            tx.read(&USERS, Vec::new(), |row| row.get::<i64>(0))
                .await
                .unwrap();
            tx.write(&USER, user(2));
            if round % 2 == 0 {
                drop(tx);
            } else {
                // Cancelled in the middle of a statement: polled once and dropped.
                let read = tx.claim(&USER, user(3));
                let _ = futures_util::FutureExt::now_or_never(read);
                drop(tx);
            }
        }
        let mut tx = db.store().begin();
        tx.write(&USER, user(1));
        tx.roll_back().await.unwrap();
        assert_eq!(db.query_number("SELECT count(*) FROM users").await, 0);
        let mut tx = db.store().begin();
        tx.write(&USER, user(1));
        tx.commit().await.unwrap();
        assert_eq!(db.query_number("SELECT count(*) FROM users").await, 1);
    })
    .await;
}

#[tokio::test]
async fn roll_back_reports_constraint_violations() {
    on_each_database(async |db| {
        let mut tx = db.store().begin();
        tx.write(&USER, user(1));
        tx.write(&USER, user(1));
        assert!(matches!(
            tx.roll_back().await,
            Err(StoreError::RuleViolation(_))
        ));
    })
    .await;
}

#[tokio::test]
async fn roll_back_on_postgres_reports_deferred_violations() {
    on_each_database(async |db| {
        SampleDatabase::create(db).await;
        let mut tx = db.store().begin();
        let ids = [nth_uuid(900), nth_uuid(1)].map(Value::Uuid);
        tx.write(&ORGANIZATION, ids.to_vec());
        let result = tx.roll_back().await;
        if db.store().engine() == Engine::Postgres {
            assert_eq!(
                result,
                Err(StoreError::RuleViolation(Rule::ForeignKey)),
                "an organization without a member"
            );
        } else {
            assert_eq!(result, Ok(()));
        }
        // The connection is usable again.
        assert_eq!(create_organization(db.store(), 900, true).await, Ok(()));
    })
    .await;
}

#[tokio::test]
async fn duplicate_membership_maps_to_its_rule() {
    on_each_database(async |db| {
        SampleDatabase::create(db).await;
        // With the same role two unique indexes are violated at once.
        for role in ["viewer", "admin"] {
            let mut tx = db.store().begin();
            let values = [nth_uuid(900), nth_uuid(2), nth_uuid(10)].map(Value::Uuid);
            tx.write(&MEMBER, [&values[..], &[Value::Static(role)]].concat());
            assert_eq!(
                tx.commit().await,
                Err(StoreError::RuleViolation(Rule::OrganizationMember))
            );
        }
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_claims_one_succeeds() {
    on_each_database(async |db| {
        SampleDatabase::create(db).await;
        let claims = (0..50).map(|_| {
            let store = db.store().clone();
            tokio::spawn(async move {
                let mut tx = store.begin();
                let won = tx.claim(&CLAIM, vec![Value::Uuid(nth_uuid(84))]).await?;
                tx.commit().await?;
                Ok::<_, StoreError>(won)
            })
        });
        let won: Vec<u64> = join_all(claims)
            .await
            .into_iter()
            .map(|it| it.unwrap().unwrap())
            .collect();
        assert_eq!(won.iter().sum::<u64>(), 1, "{won:?}");
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn concurrent_migrations_apply_once() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        for _ in 0..5 {
            let db = TestDatabase::empty(engine).await;
            let starts = (0..4).map(|_| {
                let database = db.database();
                tokio::spawn(async move {
                    let store = Store::open(&database).await?;
                    let applied = store.migrate_all(&[]).await?;
                    store.close().await;
                    Ok::<_, StoreError>(applied)
                })
            });
            let applied: Vec<u32> = join_all(starts)
                .await
                .into_iter()
                .map(|it| it.unwrap().unwrap())
                .collect();
            assert_eq!(
                applied.iter().sum::<u32>() as usize,
                migrations::ALL.len(),
                "{applied:?}"
            );
            let recorded = db
                .query_number("SELECT count(*) FROM schema_migrations")
                .await;
            assert_eq!(usize::try_from(recorded).unwrap(), migrations::ALL.len());
            assert_eq!(db.store().migrate_all(&[]).await.unwrap(), 0);
            db.expect_clean().await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn new_file_is_opened_concurrently() {
    for _ in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("new.db");
        let opens = (0..6).map(|_| {
            let database = freehold_store::Database::Sqlite { path: path.clone() };
            tokio::spawn(async move { Store::open(&database).await?.migrate_all(&[]).await })
        });
        let applied: Vec<_> = join_all(opens)
            .await
            .into_iter()
            .map(Result::unwrap)
            .collect();
        let total: u32 = applied.iter().map(|it| it.clone().unwrap()).sum();
        assert_eq!(total as usize, migrations::ALL.len());
    }
}

#[tokio::test]
async fn claim_and_read_returns_both_results() {
    on_each_database(async |db| {
        SampleDatabase::create(db).await;
        let entry = || (&CLAIM, vec![Value::Uuid(nth_uuid(84))]);
        let left = || (&USERS, Vec::new());
        let one = |row: &freehold_store::engine::Row<'_>| row.get::<i64>(0);
        let mut tx = db.store().begin();
        tx.write(&USER, user(500));
        assert_eq!(
            tx.claim_and_read(entry(), left(), one).await,
            Ok((1, vec![4]))
        );
        // Nothing is left to claim; reads still succeed.
        let before = db.store().round_trips();
        assert_eq!(
            tx.claim_and_read(entry(), left(), one).await,
            Ok((0, vec![4]))
        );
        assert!(db.store().round_trips() - before <= 1, "prepared already");
        // Where the claim itself violates a constraint, the transaction returns that error.
        let taken = (&USER, user(500));
        let broken = tx.claim_and_read(taken, left(), one).await;
        assert!(
            matches!(broken, Err(StoreError::RuleViolation(_))),
            "{broken:?}"
        );
        assert!(matches!(tx.commit().await, Err(StoreError::Fault(_))));
        assert_eq!(db.query_number("SELECT count(*) FROM users").await, 3);
    })
    .await;
}

//! A caller whose statement violates a unique constraint can then read the conflicting
//! row: none is refused because of a row that is not committed yet.

use freehold_store::engine::{Insert, Sql, Value};
use freehold_store::{Rule, Store, StoreError};
use freehold_testkit::{TestDatabase, on_each_engine};
use futures_util::future::join_all;

use crate::fixtures::database::nth_uuid;

static USERS: Insert = Insert {
    table: "users",
    columns: &["id", "email"],
};
static FIND: Sql = Sql {
    sqlite: "SELECT id FROM users WHERE email = $1",
    postgres: "SELECT id FROM users WHERE email = $1",
};

/// Adds a user, or returns the existing one.
async fn add(store: Store, id: u128, email: String) -> bool {
    let mut tx = store.begin();
    let row = vec![Value::Uuid(nth_uuid(id)), Value::Text(email.clone())];
    tx.insert(&USERS, vec![row]);
    match tx.commit().await {
        Ok(()) => true,
        Err(StoreError::RuleViolation(Rule::UserEmail)) => {
            let existing = store.read_one(&FIND, vec![Value::Text(email)], |_| Ok(()));
            let existing = existing.await.unwrap();
            assert!(existing.is_some(), "refused for a user who does not exist");
            false
        }
        Err(other) => panic!("{other}"),
    }
}

on_each_engine!(
    unique_violation_is_reported_after_the_conflicting_commit,
    async |engine| {
        let db = TestDatabase::new(engine).await;
        for round in 0..50 {
            let email = format!("user{round}@acme.test");
            let added =
                (0..8).map(|n| tokio::spawn(add(db.store().clone(), round * 8 + n, email.clone())));
            let added = join_all(added)
                .await
                .into_iter()
                .filter(|it| *it.as_ref().unwrap());
            assert_eq!(added.count(), 1);
        }
        db.expect_clean().await;
    }
);

//! Both engines accept every statement of the store.

use freehold_store::{doctor_statements, inserts, statements};
use freehold_testkit::on_each_database;

#[tokio::test]
async fn both_engines_accept_every_statement() {
    on_each_database(async |db| {
        let mut all = statements();
        all.extend(doctor_statements(db.engine()));
        assert!(all.len() > 100, "only {} statements are listed", all.len());
        for sql in all {
            if let Err(error) = db.store().check(sql).await {
                panic!("{:?}: {error}\n{sql:?}", db.engine());
            }
        }
        for insert in inserts() {
            if let Err(error) = db.store().check_bulk(insert).await {
                panic!("{:?}: {error}\n{insert:?}", db.engine());
            }
        }
    })
    .await;
}

#[tokio::test]
async fn unknown_table_is_refused() {
    static WRONG: freehold_store::engine::Sql = freehold_store::engine::Sql {
        sqlite: "SELECT id FROM missing",
        postgres: "SELECT id FROM missing",
    };
    on_each_database(async |db| {
        assert!(db.store().check(&WRONG).await.is_err());
    })
    .await;
}

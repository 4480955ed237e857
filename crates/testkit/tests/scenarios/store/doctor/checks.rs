//! `doctor` finds each inconsistency, and nothing else: every check has a
//! corruption of a consistent database that it finds.

use std::collections::BTreeSet;

use freehold_app::doctor::{Report, Severity, examine};
use freehold_domain::RoleCatalog;
use freehold_store::doctor::CHECKS;
use freehold_store::engine::{Insert, Value};
use freehold_store::{Engine, StoreError};
use freehold_testkit::{TestDatabase, on_each_database};

use crate::fixtures::database::{SampleDatabase, nth_uuid};
use crate::store::doctor::corruptions::{CORRUPTIONS, Corruption};

async fn run_doctor(db: &TestDatabase) -> Report {
    examine(
        db.store(),
        &RoleCatalog::built_in(),
        &freehold_app::Extensions::none(),
    )
    .await
    .unwrap()
}

fn finding_names(report: &Report) -> BTreeSet<&'static str> {
    report.findings().map(|check| check.name).collect()
}

#[tokio::test]
async fn clean_database_has_no_findings() {
    on_each_database(async |db| {
        db.expect_clean().await;
        SampleDatabase::create(db).await;
        let report = run_doctor(db).await;
        assert!(finding_names(&report).is_empty(), "{report:?}");
        assert_eq!(report.worst(), None);
        let applying = CHECKS
            .iter()
            .filter(|check| check.applies(db.engine()))
            .count();
        assert_eq!(
            report.checks.len(),
            applying + 1,
            "each was looked for, and the schema"
        );
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_corruption_is_found_by_its_check() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        for corruption in CORRUPTIONS.iter().filter(|it| it.applies(engine)) {
            let db = TestDatabase::new(engine).await;
            let sample = SampleDatabase::create(&db).await;
            corruption.apply(&db, &sample).await;
            let report = run_doctor(&db).await;

            let expected: BTreeSet<_> = corruption.expected(engine).collect();
            assert_eq!(
                finding_names(&report),
                expected,
                "{engine:?}: {}\n{report:#?}",
                corruption.sql
            );
            let seen = report
                .findings()
                .find(|check| check.name == corruption.check)
                .unwrap();
            assert_eq!(
                seen.count, corruption.count,
                "{engine:?}: {}",
                corruption.check
            );
            assert_eq!(seen.samples.len() as u64, corruption.count.min(5));
            assert!(seen.samples.iter().all(|sample| !sample.is_empty()));
        }
    }
}

#[test]
fn every_check_has_a_corruption() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let seeded: BTreeSet<_> = CORRUPTIONS
            .iter()
            .filter(|it| it.applies(engine))
            .flat_map(|it: &Corruption| it.expected(engine))
            .collect();
        let checks: BTreeSet<_> = CHECKS
            .iter()
            .filter(|check| check.applies(engine))
            .map(|check| check.name)
            .collect();
        assert_eq!(seeded, checks);
    }
}

#[tokio::test]
async fn errors_are_worse_than_warnings() {
    on_each_database(async |db| {
        let sample = SampleDatabase::create(db).await;
        let worst = async || run_doctor(db).await.worst();
        db.execute("UPDATE projects SET is_default = NULL")
            .await
            .unwrap();
        assert_eq!(worst().await, Some(Severity::Warning));
        db.execute(&format!(
            "UPDATE project_members SET role = 'boss' WHERE user_id = {}",
            sample.bob
        ))
        .await
        .unwrap();
        assert_eq!(worst().await, Some(Severity::Error));
        let json = serde_json::to_value(run_doctor(db).await).unwrap();
        let role = json["checks"]
            .as_array()
            .unwrap()
            .iter()
            .find(|it| it["name"] == "role_known");
        assert_eq!(role.unwrap()["severity"], "error");
        assert_eq!(role.unwrap()["count"], 1);
        assert_eq!(role.unwrap()["samples"][0], nth_uuid(62).to_string());
    })
    .await;
}

#[tokio::test]
async fn doctor_uses_the_configured_role_catalog() {
    let lists = serde_json::json!({"project": [{"role": "qa", "permissions": ["view_spans"]}]});
    let roles = RoleCatalog::configured(Some(&lists), None).unwrap();
    on_each_database(async |db| {
        let sample = SampleDatabase::create(db).await;
        let set_role = async |role: &str| {
            let sql = format!(
                "UPDATE workspace_members SET role = '{role}' WHERE user_id = {0};
                 UPDATE project_members SET role = '{role}' WHERE user_id = {0}",
                sample.bob
            );
            db.execute(&sql).await.unwrap();
        };
        set_role("qa").await;
        db.expect_clean_with_roles(&roles).await;
        assert_eq!(
            finding_names(&run_doctor(db).await),
            BTreeSet::from(["role_known"])
        );
        set_role("developer").await;
        db.expect_clean().await;
        let report = examine(db.store(), &roles, &freehold_app::Extensions::none())
            .await
            .unwrap();
        let seen = report.findings().next().unwrap();
        assert_eq!((seen.name, seen.count), ("role_known", 2));
    })
    .await;
}

#[tokio::test]
async fn all_addresses_are_checked() {
    static USERS: Insert = Insert {
        table: "users",
        columns: &["id", "email"],
    };
    // More rows than are in memory at a time, and more findings than are shown.
    const COUNT: u128 = 10_007;
    const BAD: u128 = 7;
    on_each_database(async |db| {
        let rows = (1..=COUNT).map(|n| {
            let blank = if n > COUNT - BAD { " " } else { "" };
            vec![
                Value::Uuid(nth_uuid(n)),
                Value::Text(format!("user{blank}{n}@acme.test")),
            ]
        });
        let mut tx = db.store().begin();
        tx.insert(&USERS, rows.collect());
        tx.commit().await.unwrap();
        let report = run_doctor(db).await;
        assert_eq!(finding_names(&report), BTreeSet::from(["email_normal"]));
        let seen = report.findings().next().unwrap();
        assert_eq!(u128::from(seen.count), BAD);
        assert_eq!(seen.samples.len(), 5);
    })
    .await;
}

#[tokio::test]
async fn unknown_schema_is_reported_and_other_checks_skipped() {
    on_each_database(async |db| {
        let nothing = TestDatabase::empty(db.engine()).await;
        for (db, change) in [
            (&nothing, None),
            (
                db,
                Some("UPDATE schema_migrations SET name = '0001_another' WHERE name LIKE '0001%'"),
            ),
            (db, Some("DELETE FROM schema_migrations")),
        ] {
            if let Some(sql) = change {
                db.execute(sql).await.unwrap();
            }
            let report = run_doctor(db).await;
            assert_eq!(finding_names(&report), BTreeSet::from(["schema_current"]));
            assert_eq!(report.checks.len(), 1);
            assert_eq!(report.worst(), Some(Severity::Error));
        }
    })
    .await;
}

#[tokio::test]
async fn unreadable_database_is_an_error() {
    on_each_database(async |db| {
        db.execute("DROP TABLE outbox").await.unwrap();
        assert!(matches!(
            examine(
                db.store(),
                &RoleCatalog::built_in(),
                &freehold_app::Extensions::none()
            )
            .await,
            Err(StoreError::Fault(_))
        ));
    })
    .await;
}

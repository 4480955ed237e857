//! The run time of `doctor` on a large database. Run manually:
//! `cargo xtask test -p freehold-testkit -- --ignored --nocapture store::doctor::scale`.

use std::time::{Duration, Instant};

use freehold_app::doctor::examine;
use freehold_domain::RoleCatalog;
use freehold_store::Engine;
use freehold_testkit::TestDatabase;

/// The number of organizations, with ten members each on all three levels: a million memberships of
/// organizations, as many of workspaces, and as many of projects.
const ORGANIZATIONS: u32 = 100_000;
const LIMIT: Duration = Duration::from_secs(60);

/// `{n}` is a row for each organization, `{m}` for each member of each; `{id:x:n}`
/// creates ids.
const SEED: &str = "
    INSERT INTO users (id, email) SELECT {id:u:n}, 'user' || n || '@acme.test' FROM {n};
    INSERT INTO organizations (id, owner_id) SELECT {id:o:n}, {id:u:n} FROM {n};
    INSERT INTO workspaces (id, organization_id) SELECT {id:w:n}, {id:o:n} FROM {n};
    INSERT INTO projects (id, project_name, is_default, workspace_id, organization_id)
        SELECT {id:p:n}, 'Default', true, {id:w:n}, {id:o:n} FROM {n};
    INSERT INTO organization_members (id, user_id, organization_id, role)
        SELECT {id:a:i}, {id:u:u}, {id:o:n}, CASE WHEN u = n THEN 'owner' ELSE 'viewer' END FROM {m};
    INSERT INTO workspace_members (id, user_id, workspace_id, organization_id, role)
        SELECT {id:b:i}, {id:u:u}, {id:w:n}, {id:o:n}, 'editor' FROM {m};
    INSERT INTO project_members (id, user_id, project_id, workspace_id, role)
        SELECT {id:c:i}, {id:u:u}, {id:p:n}, {id:w:n}, 'editor' FROM {m};
    INSERT INTO api_keys (id, prefix, hashed_key, project_id, created_by_id)
        SELECT {id:k:n}, 'p' || n, 'p' || n || '.{hex}', {id:p:n}, {id:u:n} FROM {n};";

fn seed_sql(engine: Engine) -> String {
    let numbers = |to: u32| match engine {
        Engine::Sqlite => format!(
            "(WITH RECURSIVE s(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM s WHERE n < {to} - 1) SELECT n FROM s) AS t"
        ),
        Engine::Postgres => format!("generate_series(0, {to} - 1) AS t(n)"),
    };
    let members = format!(
        "(SELECT n AS i, n / 10 AS n, (n / 10 + (n % 10) * 9973) % {ORGANIZATIONS} AS u FROM {}) AS m",
        numbers(ORGANIZATIONS * 10)
    );
    let mut sql = SEED
        .replace("{n}", &numbers(ORGANIZATIONS))
        .replace("{m}", &members)
        .replace("{hex}", &"0d".repeat(32));
    for prefix in ["u", "o", "w", "p", "a", "b", "c", "k"] {
        for column in ["n", "i", "u"] {
            let id = match engine {
                Engine::Sqlite => format!("CAST(printf('{prefix}%015d', {column}) AS BLOB)"),
                // In no order, as imported ids may be.
                Engine::Postgres => format!("md5('{prefix}' || {column})::uuid"),
            };
            sql = sql.replace(&format!("{{id:{prefix}:{column}}}"), &id);
        }
    }
    sql
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a minute and a gigabyte"]
async fn doctor_checks_millions_of_memberships_within_a_minute() {
    for engine in [Engine::Sqlite, Engine::Postgres] {
        let db = TestDatabase::new(engine).await;
        let started = Instant::now();
        db.execute_without_constraints(&seed_sql(engine))
            .await
            .unwrap();
        let members = db
            .query_number("SELECT count(*) FROM project_members")
            .await;
        assert_eq!(members, i64::from(ORGANIZATIONS) * 10);
        println!("{}: seeded in {:.1?}", engine.as_str(), started.elapsed());

        let started = Instant::now();
        let report = examine(
            db.store(),
            &RoleCatalog::built_in(),
            &freehold_app::Extensions::none(),
        )
        .await
        .unwrap();
        let took = started.elapsed();
        let mut slowest: Vec<_> = report
            .checks
            .iter()
            .map(|it| (it.milliseconds, it.name))
            .collect();
        slowest.sort_unstable();
        println!(
            "{}: looked over in {took:.1?}; slowest {:?}",
            engine.as_str(),
            slowest.iter().rev().take(5).collect::<Vec<_>>()
        );
        assert_eq!(report.worst(), None, "{report:?}");
        assert!(took < LIMIT, "{took:?}");
    }
}

//! The results of rows: valid ones, existing users, and errors.

use std::os::unix::fs::PermissionsExt as _;

use freehold_store::Engine;
use freehold_testkit::{TestUser, on_each_engine};
use serde_json::{Value, json};

use super::{ImportFixture, Row};

/// One row of each kind, in batches of three so that they meet within and across batches.
fn mixed_rows() -> Vec<Row> {
    let row = Row::new;
    vec![
        row(
            json!({"email": "one@acme.test", "name": "One"}),
            "one@acme.test",
            "created",
            "",
        ),
        row(
            json!({"email": "not an address"}),
            "not an address",
            "refused",
            "@-sign",
        ),
        row(
            json!({"email": "ONE@Acme.test"}),
            "one@acme.test",
            "existing",
            "",
        ),
        row(
            json!({"user": {"email": "two@acme.test"}, "organization": {"name": "Two", "slug": "two"},
                   "options": {"create_api_keys": false}}),
            "two@acme.test",
            "created",
            "",
        ),
        row(
            json!({"email": "three@acme.test", "organization": "Three", "slug": "two"}),
            "three@acme.test",
            "refused",
            "slug",
        ),
        row(
            json!({"email": "four@acme.test", "workspace": "W", "project": "P"}),
            "four@acme.test",
            "created",
            "",
        ),
        row(
            json!({"email": "one@acme.test"}),
            "one@acme.test",
            "existing",
            "",
        ),
        row(
            json!({"user": {"email": "five@acme.test"}, "options": {"create_api_keys": true}}),
            "five@acme.test",
            "refused",
            "no API keys",
        ),
        row(
            json!({"email": "six@acme.test", "role": "owner"}),
            "six@acme.test",
            "refused",
            "\"role\"",
        ),
        row(
            json!({"email": "seven@acme.test", "password": "weak"}),
            "seven@acme.test",
            "refused",
            "8 characters",
        ),
        row(
            json!({"email": "eight@acme.test", "password_hash": "$1$abc$def"}),
            "eight@acme.test",
            "refused",
            "bcrypt",
        ),
        Row {
            text: "{\"email\": ".to_owned(),
            email: String::new(),
            status: "refused",
            reason: "not JSON",
        },
        Row {
            text: "[]".to_owned(),
            email: String::new(),
            status: "refused",
            reason: "JSON object",
        },
        row(
            json!({"email": "ada@acme.test"}),
            "ada@acme.test",
            "existing",
            "",
        ),
        row(json!({"user": {}}), "", "refused", "user.email"),
        row(
            json!({"email": "nine@acme.test", "organization": " "}),
            "nine@acme.test",
            "refused",
            "organization.name",
        ),
        row(
            json!({"email": "ten@acme.test"}),
            "ten@acme.test",
            "created",
            "",
        ),
    ]
}

async fn processes_rows_independently(engine: Engine) {
    let fixture = ImportFixture::create(engine).await;
    let server = fixture
        .deployment
        .start_with(&[("FREEHOLD_SEEDS", "off")])
        .await;
    TestUser::sign_up(server.anonymous(), "ada@acme.test").await;
    drop(server);
    let rows = mixed_rows();
    let file = fixture.file("rows.ndjson", &rows);
    let report = fixture.path("report").display().to_string();
    let how = ["--batch", "3", "--no-seeds", "--report", &report];

    // A dry run returns the future results, and changes nothing.
    let before = fixture.deployment.row_counts().await;
    let dry_run = fixture
        .import(&file, &[&how[..], &["--dry-run"]].concat())
        .await;
    assert_eq!(fixture.deployment.row_counts().await, before);
    assert!(
        fixture
            .deployment
            .query_texts("SELECT digest FROM imports")
            .await
            .is_empty()
    );
    assert_eq!(dry_run["dry_run"], true);
    let said = fixture.report("report");

    let done = fixture.import(&file, &how).await;
    let report_of = |what: &Value, name: &str| what[name].as_u64().unwrap();
    for name in ["rows", "created", "existing", "refused"] {
        assert_eq!(report_of(&done, name), report_of(&dry_run, name), "{name}");
    }
    assert_eq!(fixture.counts().await, ["17 4 3 10"]);
    let reported = fixture.report("report");
    fixture.expect(&rows, &reported).await;
    for (said, reported) in said.iter().zip(&reported) {
        for name in ["row", "email", "status", "reason"] {
            assert_eq!(said.get(name), reported.get(name), "{said} {reported}");
        }
    }
    let mode = std::fs::metadata(&report).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    fixture.deployment.expect_clean().await;

    // A second run changes nothing, and its report is the same.
    let before = fixture.deployment.row_counts().await;
    let again = fixture.import(&file, &how).await;
    assert_eq!(again["rows_imported_before"], 17);
    assert_eq!(fixture.report("report"), reported);
    assert_eq!(fixture.deployment.row_counts().await, before);

    // From the first row on: users of the first run exist.
    let restarted = fixture
        .import(&file, &[&how[..], &["--restart"]].concat())
        .await;
    assert_eq!(restarted["created"], 0, "{restarted}");
    assert_eq!(restarted["existing"], 7, "{restarted}");
    let reported = fixture.report("report");
    let again = fixture.import(&file, &how).await;
    assert_eq!(again["existing"], 7, "{again}");
    assert_eq!(fixture.report("report"), reported);
    fixture.deployment.expect_clean().await;
}

async fn imports_csv(engine: Engine) {
    let fixture = ImportFixture::create(engine).await;
    let table = "\u{feff}email,Name,organization,slug,verified\n\
        one@acme.test,\"One, and only\",Acme,acme,\n\
        \n\
        two@acme.test,Two\n\
        three@acme.test,Three,,,,,\n\
        four@acme.test,Four,,,perhaps\n\
        five@acme.test,Five,,five,\n\
        six@acme.test,Six,,,false\n";
    std::fs::write(fixture.path("users.csv"), table).unwrap();
    let file = fixture.path("users.csv").display().to_string();
    let report = fixture.path("report").display().to_string();
    let done = fixture
        .import(&file, &["--report", &report, "--no-seeds"])
        .await;
    assert_eq!(done["created"], 3, "{done}");
    let reported = fixture.report("report");
    let said: Vec<_> = reported
        .iter()
        .map(|row| row["status"].as_str().unwrap())
        .collect();
    assert_eq!(
        said,
        [
            "created", "created", "refused", "refused", "refused", "created"
        ]
    );
    let names = "SELECT o.name || '/' || coalesce(o.slug, '-') || '/' || u.username
        FROM organizations o JOIN users u ON u.id = o.owner_id ORDER BY u.email";
    assert_eq!(
        fixture.deployment.query_texts(names).await,
        [
            "Acme/acme/One, and only",
            "Six's Organization/-/Six",
            "Two's Organization/-/Two"
        ]
    );
    fixture.deployment.expect_clean().await;

    // An invalid table is refused at once, and no row is imported.
    for (text, reason) in [
        ("name\nAda\n", "column email"),
        ("email,phone\n", "unknown column \"phone\""),
        ("email,email\n", "twice"),
    ] {
        std::fs::write(fixture.path("users.csv"), text).unwrap();
        let done = fixture.run(&["import", &file]).await;
        let said = String::from_utf8(done.stderr).unwrap();
        assert!(said.contains(reason), "{said}");
        assert_eq!(done.status.code(), Some(2));
    }
}

async fn refuses_overlong_row(engine: Engine) {
    let fixture = ImportFixture::create(engine).await;
    let long = "x".repeat(3 * 1024 * 1024);
    let rows = [
        Row::new(
            json!({"email": "one@acme.test"}),
            "one@acme.test",
            "created",
            "",
        ),
        Row::new(json!({"email": long}), "", "refused", "1 MiB"),
        Row::new(
            json!({"email": "two@acme.test"}),
            "two@acme.test",
            "created",
            "",
        ),
    ];
    let file = fixture.file("rows.jsonl", &rows);
    let report = fixture.path("report").display().to_string();
    fixture
        .import(&file, &["--report", &report, "--no-seeds"])
        .await;
    fixture.expect(&rows, &fixture.report("report")).await;
    // A quote that is not closed.
    let table = format!("email,name\none@else.test,One\ntwo@else.test,\"{long}");
    std::fs::write(fixture.path("users.csv"), table).unwrap();
    let file = fixture.path("users.csv").display().to_string();
    let done = fixture.run(&["import", &file]).await;
    let said = String::from_utf8(done.stderr).unwrap();
    assert!(said.contains("1 MiB"), "{said}");
    assert!(!done.status.success());
}

async fn records_actor_and_reason(engine: Engine) {
    let fixture = ImportFixture::create(engine).await;
    let rows = [Row::new(
        json!({"email": "one@acme.test"}),
        "one@acme.test",
        "created",
        "",
    )];
    let file = fixture.file("rows.ndjson", &rows);
    fixture
        .import(&file, &["--no-seeds", "--reason", "we moved servers"])
        .await;
    let audit_rows = fixture
        .deployment
        .query_texts(
            "SELECT action || ' ' || actor_kind || ' ' || reason FROM audit_events
              WHERE request_id LIKE 'import-%' ORDER BY id",
        )
        .await;
    let mut audit_rows: Vec<_> = audit_rows.iter().map(String::as_str).collect();
    audit_rows.sort_unstable();
    assert_eq!(
        audit_rows,
        [
            "import.batch_committed operator we moved servers",
            "organization.created operator we moved servers",
            "user.created operator we moved servers",
        ]
    );
}

/// A row that makes its batch fail divides the batch; users created in one half
/// exist for the other, in a dry run too.
async fn dry_run_matches_execution(engine: Engine) {
    let fixture = ImportFixture::create(engine).await;
    let row = Row::new;
    let one = json!({"email": "one@acme.test", "organization": "One", "slug": "one"});
    let other = json!({"email": "two@acme.test", "organization": "Two", "slug": "one"});
    let wrong = json!({
        "user": {"email": "three@acme.test"},
        "user_identities": [
            {"method": "email:password", "subject": "else@acme.test", "password": "Correct-Horse-7"}],
    });
    let rows = [
        row(one.clone(), "one@acme.test", "created", ""),
        row(
            json!({"email": "four@acme.test"}),
            "four@acme.test",
            "created",
            "",
        ),
        row(one, "one@acme.test", "existing", ""),
        row(wrong, "three@acme.test", "refused", "address of its user"),
        row(other, "two@acme.test", "refused", "slug"),
        row(
            json!({"email": "four@acme.test"}),
            "four@acme.test",
            "existing",
            "",
        ),
    ];
    let file = fixture.file("rows.ndjson", &rows);
    let report = fixture.path("report").display().to_string();
    let how = ["--no-seeds", "--report", &report];
    fixture
        .import(&file, &[&how[..], &["--dry-run"]].concat())
        .await;
    let said = fixture.report("report");
    fixture.import(&file, &how).await;
    let reported = fixture.report("report");
    fixture.expect(&rows, &reported).await;
    for (said, reported) in said.iter().zip(&reported) {
        assert_eq!(said["status"], reported["status"], "{said} {reported}");
    }
}

/// Background work of a command would still run when it ends, and
/// threads that are running when a process exits can abort it.
async fn creates_no_server_keys(engine: Engine) {
    let fixture = ImportFixture::create(engine).await;
    // Hashing it takes longer than the creation of any key.
    let rows: Vec<_> = (0..20)
        .map(|n| {
            let email = format!("user{n}@acme.test");
            let row = json!({"email": email, "password": "Correct-Horse-7"});
            Row::new(row, &email, "created", "")
        })
        .collect();
    let file = fixture.file("rows.ndjson", &rows);
    fixture.import(&file, &["--no-seeds"]).await;
    let made = fixture
        .deployment
        .query_texts("SELECT purpose FROM server_keys")
        .await;
    assert_eq!(made, [""; 0]);
}

on_each_engine!(
    import_rows_are_processed_independently,
    processes_rows_independently
);
on_each_engine!(import_dry_run_matches_the_import, dry_run_matches_execution);
on_each_engine!(csv_is_imported, imports_csv);
on_each_engine!(overlong_row_is_refused, refuses_overlong_row);
on_each_engine!(an_import_is_audited, records_actor_and_reason);
on_each_engine!(import_creates_no_server_keys, creates_no_server_keys);

//! What becomes of rows: of good ones, of people who are there, of mistakes.

use std::os::unix::fs::PermissionsExt as _;

use freehold_store::Engine;
use freehold_testkit::{Person, on_each_engine};
use serde_json::{Value, json};

use super::{Row, Scene};

/// One of each kind, in batches of three so that they meet in one and across.
fn one_of_each() -> Vec<Row> {
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
            says: "not JSON",
        },
        Row {
            text: "[]".to_owned(),
            email: String::new(),
            status: "refused",
            says: "JSON object",
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

async fn each_row_is_judged_by_itself(engine: Engine) {
    let scene = Scene::build(engine).await;
    let freehold = scene.house.start_with(&[("FREEHOLD_SEEDS", "off")]).await;
    Person::sign_up(freehold.stranger(), "ada@acme.test").await;
    drop(freehold);
    let rows = one_of_each();
    let file = scene.file("rows.ndjson", &rows);
    let report = scene.path("report").display().to_string();
    let how = ["--batch", "3", "--no-seeds", "--report", &report];

    // A rehearsal says what will be, and leaves nothing.
    let before = scene.house.rows().await;
    let rehearsed = scene
        .import(&file, &[&how[..], &["--dry-run"]].concat())
        .await;
    assert_eq!(scene.house.rows().await, before);
    assert!(
        scene
            .house
            .texts("SELECT digest FROM imports")
            .await
            .is_empty()
    );
    assert_eq!(rehearsed["dry_run"], true);
    let said = scene.report("report");

    let done = scene.import(&file, &how).await;
    let report_of = |what: &Value, name: &str| what[name].as_u64().unwrap();
    for name in ["rows", "created", "existing", "refused"] {
        assert_eq!(
            report_of(&done, name),
            report_of(&rehearsed, name),
            "{name}"
        );
    }
    assert_eq!(scene.counts().await, ["17 4 3 10"]);
    let told = scene.report("report");
    scene.expect(&rows, &told).await;
    for (said, told) in said.iter().zip(&told) {
        for name in ["row", "email", "status", "reason"] {
            assert_eq!(said.get(name), told.get(name), "{said} {told}");
        }
    }
    let mode = std::fs::metadata(&report).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    scene.house.expect_clean().await;

    // Once more: nothing is done, and the same is told.
    let before = scene.house.rows().await;
    let again = scene.import(&file, &how).await;
    assert_eq!(again["rows_before"], 17);
    assert_eq!(scene.report("report"), told);
    assert_eq!(scene.house.rows().await, before);

    // From the first row on: who was made is there.
    let restarted = scene
        .import(&file, &[&how[..], &["--restart"]].concat())
        .await;
    assert_eq!(restarted["created"], 0, "{restarted}");
    assert_eq!(restarted["existing"], 7, "{restarted}");
    let told = scene.report("report");
    let again = scene.import(&file, &how).await;
    assert_eq!(again["existing"], 7, "{again}");
    assert_eq!(scene.report("report"), told);
    scene.house.expect_clean().await;
}

async fn a_table_says_the_same(engine: Engine) {
    let scene = Scene::build(engine).await;
    let table = "\u{feff}email,Name,organization,slug,verified\n\
        one@acme.test,\"One, and only\",Acme,acme,\n\
        \n\
        two@acme.test,Two\n\
        three@acme.test,Three,,,,,\n\
        four@acme.test,Four,,,perhaps\n\
        five@acme.test,Five,,five,\n\
        six@acme.test,Six,,,false\n";
    std::fs::write(scene.path("people.csv"), table).unwrap();
    let file = scene.path("people.csv").display().to_string();
    let report = scene.path("report").display().to_string();
    let done = scene
        .import(&file, &["--report", &report, "--no-seeds"])
        .await;
    assert_eq!(done["created"], 3, "{done}");
    let told = scene.report("report");
    let said: Vec<_> = told
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
        scene.house.texts(names).await,
        [
            "Acme/acme/One, and only",
            "Six's Organization/-/Six",
            "Two's Organization/-/Two"
        ]
    );
    scene.house.expect_clean().await;

    // A table that is none is told so at once, and nothing is begun.
    for (text, says) in [
        ("name\nAda\n", "column email"),
        ("email,phone\n", "no column \"phone\""),
        ("email,email\n", "twice"),
    ] {
        std::fs::write(scene.path("people.csv"), text).unwrap();
        let done = scene.run(&["provision", &file]).await;
        let said = String::from_utf8(done.stderr).unwrap();
        assert!(said.contains(says), "{said}");
        assert_eq!(done.status.code(), Some(2));
    }
}

async fn a_row_without_end_is_none(engine: Engine) {
    let scene = Scene::build(engine).await;
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
    let file = scene.file("rows.jsonl", &rows);
    let report = scene.path("report").display().to_string();
    scene
        .import(&file, &["--report", &report, "--no-seeds"])
        .await;
    scene.expect(&rows, &scene.report("report")).await;
    // In a table, a quote that is not closed.
    let table = format!("email,name\none@else.test,One\ntwo@else.test,\"{long}");
    std::fs::write(scene.path("people.csv"), table).unwrap();
    let file = scene.path("people.csv").display().to_string();
    let done = scene.run(&["provision", &file]).await;
    let said = String::from_utf8(done.stderr).unwrap();
    assert!(said.contains("1 MiB"), "{said}");
    assert!(!done.status.success());
}

async fn the_trail_says_who_and_why(engine: Engine) {
    let scene = Scene::build(engine).await;
    let rows = [Row::new(
        json!({"email": "one@acme.test"}),
        "one@acme.test",
        "created",
        "",
    )];
    let file = scene.file("rows.ndjson", &rows);
    scene
        .import(&file, &["--no-seeds", "--reason", "we moved house"])
        .await;
    let trail = scene
        .house
        .texts(
            "SELECT action || ' ' || actor_kind || ' ' || reason FROM audit_events
              WHERE request_id LIKE 'import-%' ORDER BY id",
        )
        .await;
    let mut trail: Vec<_> = trail.iter().map(String::as_str).collect();
    trail.sort_unstable();
    assert_eq!(
        trail,
        [
            "import.batch_committed operator we moved house",
            "organization.created operator we moved house",
            "user.created operator we moved house",
        ]
    );
}

/// A row that is found to be in the way of all others divides its batch; those
/// who were made in one half are there for the other, in a rehearsal too.
async fn a_rehearsal_remembers_in_halves(engine: Engine) {
    let scene = Scene::build(engine).await;
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
    let file = scene.file("rows.ndjson", &rows);
    let report = scene.path("report").display().to_string();
    let how = ["--no-seeds", "--report", &report];
    scene
        .import(&file, &[&how[..], &["--dry-run"]].concat())
        .await;
    let said = scene.report("report");
    scene.import(&file, &how).await;
    let told = scene.report("report");
    scene.expect(&rows, &told).await;
    for (said, told) in said.iter().zip(&told) {
        assert_eq!(said["status"], told["status"], "{said} {told}");
    }
}

/// What a command does besides would still be under way when it ends, and
/// threads that are at work when a process exits can abort it.
async fn an_import_makes_no_keys_besides(engine: Engine) {
    let scene = Scene::build(engine).await;
    // Hashing it takes longer than any key takes to make.
    let rows: Vec<_> = (0..20)
        .map(|n| {
            let email = format!("user{n}@acme.test");
            let row = json!({"email": email, "password": "Correct-Horse-7"});
            Row::new(row, &email, "created", "")
        })
        .collect();
    let file = scene.file("rows.ndjson", &rows);
    scene.import(&file, &["--no-seeds"]).await;
    let made = scene.house.texts("SELECT purpose FROM server_keys").await;
    assert_eq!(made, [""; 0]);
}

on_each_engine!(
    imported_rows_are_judged_one_by_one,
    each_row_is_judged_by_itself
);
on_each_engine!(
    a_rehearsed_import_is_the_real_one,
    a_rehearsal_remembers_in_halves
);
on_each_engine!(a_table_is_imported, a_table_says_the_same);
on_each_engine!(an_endless_row_is_not_read, a_row_without_end_is_none);
on_each_engine!(an_import_is_audited, the_trail_says_who_and_why);
on_each_engine!(
    an_import_leaves_keys_to_the_server,
    an_import_makes_no_keys_besides
);

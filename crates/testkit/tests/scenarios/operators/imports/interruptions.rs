//! An import is killed wherever it can be, and goes on: every row is dealt with
//! once, and the report of the last run tells of all.

use std::time::Duration;

use freehold_domain::RandomSource as _;
use freehold_server::system::SystemChance;
use freehold_store::Engine;
use freehold_testkit::{Freehold, on_each_engine};
use serde_json::{Value, json};

use super::{Row, Scene};

/// More statements than an import of these rows has.
const MANY: u32 = 200;

/// Rows whose batches hold each kind: good ones, a double, a mistake, and one
/// that only the database refuses.
fn rows(round: &str) -> Vec<Row> {
    let email = |name: &str| format!("{name}@{round}.test");
    let hash = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK";
    // Letters only: a slug has no digits.
    let lettered = round.chars().map(|c| match c.to_digit(10) {
        Some(digit) => char::from(b'a' + u8::try_from(digit).unwrap()),
        None => c,
    });
    let slug: String = lettered.collect();
    let good = |name: &str| Row::new(json!({"email": email(name)}), &email(name), "created", "");
    let sluggish = |name: &str, status, says| {
        let text = json!({"email": email(name), "organization": name, "slug": slug});
        Row::new(text, &email(name), status, says)
    };
    vec![
        Row::new(
            json!({"email": email("one"), "password_hash": hash, "verified": true}),
            &email("one"),
            "created",
            "",
        ),
        sluggish("two", "created", ""),
        Row::new(json!({"email": "?"}), "?", "refused", "@-sign"),
        sluggish("three", "refused", "slug"),
        Row::new(
            json!({"email": email("ONE")}),
            &email("one"),
            "existing",
            "",
        ),
        good("four"),
        good("five"),
    ]
}

async fn stopped_before_each_statement(engine: Engine) {
    let scene = Scene::build(engine).await;
    let arm = scene.path("armed").display().to_string();
    let report = scene.path("report").display().to_string();
    for n in 1..MANY {
        let rows = rows(&format!("round{n}"));
        let file = scene.file("rows.ndjson", &rows);
        let words = [
            "provision",
            &file,
            "--batch",
            "3",
            "--no-seeds",
            "--report",
            &report,
        ];
        std::fs::write(&arm, n.to_string()).unwrap();
        let armed = [("FREEHOLD_FAILPOINT_FILE", arm.as_str())];
        let stopped = scene.run_with(&armed, &words).await;
        std::fs::remove_file(&arm).unwrap();
        let through = stopped.status.code() == Some(1);
        scene.house.expect_clean().await;
        if !through {
            assert_eq!(stopped.status.code(), None, "{stopped:?}");
            scene.import(&file, &words[2..]).await;
        }
        scene.expect(&rows, &scene.report("report")).await;
        let counts = scene.counts().await;
        assert_eq!(counts.len(), n as usize, "{counts:?}");
        assert_eq!(counts.last().unwrap(), "7 4 1 2", "statement {n}");
        if through {
            assert!(
                n > 20,
                "stopped at {n} places only: was it built with failpoints?"
            );
            scene.house.expect_clean().await;
            return;
        }
    }
    panic!("it never got through");
}

fn kills() -> usize {
    std::env::var("FREEHOLD_TEST_KILLS").map_or(200, |text| text.parse().unwrap())
}

/// From nothing to `most`, at random.
fn some(most: Duration) -> Duration {
    let mut bytes = [0; 4];
    SystemChance.fill(&mut bytes);
    most.mul_f64(f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX))
}

#[expect(clippy::print_stdout, reason = "for whoever runs it with --nocapture")]
async fn killed_again_and_again(engine: Engine) {
    let scene = Scene::build(engine).await;
    let report = scene.path("report").display().to_string();
    let (mut killed, mut round) = (0, 0);
    while killed < kills().div_ceil(4) {
        round += 1;
        let rows: Vec<Row> = (0..40)
            .flat_map(|part| rows(&format!("kill{round}x{part}")))
            .collect();
        let file = scene.file("rows.ndjson", &rows);
        let words = [
            "provision",
            &file,
            "--batch",
            "20",
            "--no-seeds",
            "--report",
            &report,
        ];
        // The first few are cut short; then it may end.
        for _ in 0..4 {
            let (database, folder) = (scene.house.database(), scene.house.folder.path());
            let mut running = Freehold::begin(&database, folder, &[], &words);
            tokio::time::sleep(some(Duration::from_millis(400))).await;
            running.kill();
            killed += 1;
        }
        scene.import(&file, &words[2..]).await;
        scene.expect(&rows, &scene.report("report")).await;
        assert_eq!(scene.counts().await.last().unwrap(), "280 160 40 80");
    }
    println!("{engine:?}: {killed} kills in {round} imports");
    scene.house.expect_clean().await;
}

/// Whoever comes second goes no further, or finds it done.
async fn two_at_once(engine: Engine) {
    let scene = Scene::build(engine).await;
    for round in 0..3 {
        let rows: Vec<Row> = (0..30)
            .flat_map(|part| rows(&format!("twin{round}x{part}")))
            .collect();
        let file = scene.file("rows.ndjson", &rows);
        let words = [
            "provision",
            &file,
            "--batch",
            "10",
            "--no-seeds",
            "-o",
            "json",
        ];
        let (one, other) = tokio::join!(scene.run(&words), scene.run(&words));
        let said = [&one, &other].map(|it| String::from_utf8_lossy(&it.stderr).into_owned());
        for (ended, said) in [&one, &other].into_iter().zip(&said) {
            assert_eq!(ended.status.code(), Some(1), "{said}");
            if said.contains("Somebody else goes on with this import") {
                continue;
            }
            // There was nothing in its way but the rows that are refused.
            let summary: Value = serde_json::from_slice(&ended.stdout)
                .unwrap_or_else(|error| panic!("{error}: {said}"));
            assert_eq!(summary["rows"], 210, "{summary} {said}");
            assert_eq!(summary["refused"], 60, "{summary} {said}");
        }
        let report = scene.path("report").display().to_string();
        scene.import(&file, &["--report", &report]).await;
        scene.expect(&rows, &scene.report("report")).await;
        assert_eq!(
            scene.counts().await.last().unwrap(),
            "210 120 30 60",
            "{said:?}"
        );
    }
    scene.house.expect_clean().await;
}

on_each_engine!(
    an_import_stopped_before_each_statement_goes_on,
    stopped_before_each_statement
);
on_each_engine!(
    an_import_killed_again_and_again_goes_on,
    killed_again_and_again
);
on_each_engine!(two_imports_of_one_file_make_one, two_at_once);

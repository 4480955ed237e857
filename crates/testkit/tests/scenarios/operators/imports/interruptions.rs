//! An import is killed at any point and continued: every row is imported once, and
//! the report of the last run contains all rows.

use std::time::Duration;

use freehold_domain::RandomSource as _;
use freehold_server::system::SystemRandomSource;
use freehold_store::Engine;
use freehold_testkit::{ServerProcess, on_each_engine};
use serde_json::{Value, json};

use super::{ImportFixture, Row};

/// An upper bound of the statements of an import of these rows.
const MAX_STATEMENTS: u32 = 200;

/// Rows whose batches contain each kind: valid ones, a duplicate, an error, and one
/// that only the database refuses.
fn rows(round: &str) -> Vec<Row> {
    let email = |name: &str| format!("{name}@{round}.test");
    let hash = "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK";
    // Letters only: a slug has no digits.
    let without_digits = round.chars().map(|c| match c.to_digit(10) {
        Some(digit) => char::from(b'a' + u8::try_from(digit).unwrap()),
        None => c,
    });
    let slug: String = without_digits.collect();
    let good = |name: &str| Row::new(json!({"email": email(name)}), &email(name), "created", "");
    let with_slug = |name: &str, status, reason| {
        let text = json!({"email": email(name), "organization": name, "slug": slug});
        Row::new(text, &email(name), status, reason)
    };
    vec![
        Row::new(
            json!({"email": email("one"), "password_hash": hash, "verified": true}),
            &email("one"),
            "created",
            "",
        ),
        with_slug("two", "created", ""),
        Row::new(json!({"email": "?"}), "?", "refused", "@-sign"),
        with_slug("three", "refused", "slug"),
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

async fn resumes_after_abort_at_every_statement(engine: Engine) {
    let fixture = ImportFixture::create(engine).await;
    let failpoint_file = fixture.path("armed").display().to_string();
    let report = fixture.path("report").display().to_string();
    for n in 1..MAX_STATEMENTS {
        let rows = rows(&format!("round{n}"));
        let file = fixture.file("rows.ndjson", &rows);
        let args = [
            "import",
            &file,
            "--batch",
            "3",
            "--no-seeds",
            "--report",
            &report,
        ];
        std::fs::write(&failpoint_file, n.to_string()).unwrap();
        let failpoint_env = [("FREEHOLD_FAILPOINT_FILE", failpoint_file.as_str())];
        let stopped = fixture.run_with(&failpoint_env, &args).await;
        std::fs::remove_file(&failpoint_file).unwrap();
        let completed = stopped.status.code() == Some(1);
        fixture.deployment.expect_clean().await;
        if !completed {
            assert_eq!(stopped.status.code(), None, "{stopped:?}");
            fixture.import(&file, &args[2..]).await;
        }
        fixture.expect(&rows, &fixture.report("report")).await;
        let counts = fixture.counts().await;
        assert_eq!(counts.len(), n as usize, "{counts:?}");
        assert_eq!(counts.last().unwrap(), "7 4 1 2", "statement {n}");
        if completed {
            assert!(
                n > 20,
                "stopped at {n} places only: was it built with failpoints?"
            );
            fixture.deployment.expect_clean().await;
            return;
        }
    }
    panic!("it never got through");
}

fn kills() -> usize {
    std::env::var("FREEHOLD_TEST_KILLS").map_or(200, |text| text.parse().unwrap())
}

/// A random number from zero to `max`.
fn random_duration(max: Duration) -> Duration {
    let mut bytes = [0; 4];
    SystemRandomSource.fill(&mut bytes);
    max.mul_f64(f64::from(u32::from_le_bytes(bytes)) / f64::from(u32::MAX))
}

#[expect(clippy::print_stdout, reason = "for developers who use --nocapture")]
async fn resumes_after_repeated_kills(engine: Engine) {
    let fixture = ImportFixture::create(engine).await;
    let report = fixture.path("report").display().to_string();
    let (mut killed, mut round) = (0, 0);
    while killed < kills().div_ceil(4) {
        round += 1;
        let rows: Vec<Row> = (0..40)
            .flat_map(|part| rows(&format!("kill{round}x{part}")))
            .collect();
        let file = fixture.file("rows.ndjson", &rows);
        let args = [
            "import",
            &file,
            "--batch",
            "20",
            "--no-seeds",
            "--report",
            &report,
        ];
        // The first few runs are killed; then one may end.
        for _ in 0..4 {
            let (database, folder) = (
                fixture.deployment.database(),
                fixture.deployment.folder.path(),
            );
            let mut running = ServerProcess::spawn_command(&database, folder, &[], &args);
            tokio::time::sleep(random_duration(Duration::from_millis(400))).await;
            running.kill();
            killed += 1;
        }
        fixture.import(&file, &args[2..]).await;
        fixture.expect(&rows, &fixture.report("report")).await;
        assert_eq!(fixture.counts().await.last().unwrap(), "280 160 40 80");
    }
    println!("{engine:?}: {killed} kills in {round} imports");
    fixture.deployment.expect_clean().await;
}

/// The second process is refused, or finds the import complete.
async fn run_two_concurrently(engine: Engine) {
    let fixture = ImportFixture::create(engine).await;
    for round in 0..3 {
        let rows: Vec<Row> = (0..30)
            .flat_map(|part| rows(&format!("pair{round}x{part}")))
            .collect();
        let file = fixture.file("rows.ndjson", &rows);
        let args = ["import", &file, "--batch", "10", "--no-seeds", "-o", "json"];
        let (one, other) = tokio::join!(fixture.run(&args), fixture.run(&args));
        let said = [&one, &other].map(|it| String::from_utf8_lossy(&it.stderr).into_owned());
        for (ended, said) in [&one, &other].into_iter().zip(&said) {
            assert_eq!(ended.status.code(), Some(1), "{said}");
            if said.contains("Another process is running this import") {
                continue;
            }
            // Only the refused rows were not imported.
            let summary: Value = serde_json::from_slice(&ended.stdout)
                .unwrap_or_else(|error| panic!("{error}: {said}"));
            assert_eq!(summary["rows"], 210, "{summary} {said}");
            assert_eq!(summary["refused"], 60, "{summary} {said}");
        }
        let report = fixture.path("report").display().to_string();
        fixture.import(&file, &["--report", &report]).await;
        fixture.expect(&rows, &fixture.report("report")).await;
        assert_eq!(
            fixture.counts().await.last().unwrap(),
            "210 120 30 60",
            "{said:?}"
        );
    }
    fixture.deployment.expect_clean().await;
}

on_each_engine!(
    import_resumes_after_abort_at_every_statement,
    resumes_after_abort_at_every_statement
);
on_each_engine!(
    import_resumes_after_repeated_kills,
    resumes_after_repeated_kills
);
on_each_engine!(
    concurrent_imports_of_one_file_have_one_effect,
    run_two_concurrently
);

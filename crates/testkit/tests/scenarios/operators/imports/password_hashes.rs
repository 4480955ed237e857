//! Imported password hashes: they stay valid, and are replaced by the server's own
//! format at the first sign-in.

use freehold_store::Engine;
use freehold_testkit::{TestUser, credentials_form, on_each_engine};
use serde_json::json;

use super::{ImportFixture, Row};

/// A password and its hash from another server: published test vectors.
const IMPORTED_HASHES: &[(&str, &str, &str)] = &[
    (
        "bcrypt",
        "U*U*",
        "$2a$05$CCCCCCCCCCCCCCCCCCCCC.VGOzA784oUp/Z0DY336zx7pLYAy0lwK",
    ),
    (
        "scrypt",
        "pleaseletmein",
        "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$cCO9yzr9c0hGHAbNgf046/2o+7qQT44+qbVD9lRdofLVQylVYT8Pz2LUlwUkKpr55h6F3A1lHkDfzwF7RVdYhw",
    ),
    (
        "firebase",
        "user1password",
        "$firescrypt$ln=14,r=8,p=1$42xEC+ixf3L2lw==$lSrfV15cpx95/sZS2W9c9Kp6i/LVgQNDNC/qzrCnh1SAyZvqmZqAjTdn3aoItz+VHjoZilo78198JAdRuid5lQ==$Bw==$jxspr8Ki0RYycVU8zykbdLGjFQ3McFUH0uiiTvC8pVMXAn210wjLNmdZJzxUECKbm0QsEmYUSDzZvpjeJ9WmXA==",
    ),
    (
        "pbkdf2",
        "password",
        "$pbkdf2$i=4096$c2FsdA$SwB5AbdlSJq+rUnZJvch0GWkKcE",
    ),
    (
        "pbkdf2-sha256",
        "passwd",
        "$pbkdf2-sha256$i=1$c2FsdA$VawEblbjCJ/sFpHCJUS2BflBhSFt3gRl5oudV8INrLxJypzM8Xm2RZkWZLOdd+8xfHG4RbHjC9UJESBB06GXgw",
    ),
    (
        "argon2id",
        "password",
        "$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc",
    ),
    (
        "argon2i",
        "password",
        "$argon2i$m=65536,t=2,p=1$c29tZXNhbHQ$9sTbSlTio3Biev89thdrlKKiCaYsjjYVJxGAL3swxpQ",
    ),
];

async fn imports_password_hashes(engine: Engine) {
    let fixture = ImportFixture::create(engine).await;
    let rows: Vec<Row> = IMPORTED_HASHES
        .iter()
        .map(|(name, _, hash)| {
            let email = format!("{name}@acme.test");
            let text = json!({"email": email, "password_hash": hash, "verified": true});
            Row::new(text, &email, "created", "")
        })
        .chain([Row::new(
            json!({"email": "clear@acme.test", "password": "Correct-Horse-7"}),
            "clear@acme.test",
            "created",
            "",
        )])
        .collect();
    let file = fixture.file("rows.ndjson", &rows);
    let report = fixture.path("report").display().to_string();
    fixture
        .import(&file, &["--no-seeds", "--report", &report])
        .await;
    fixture.expect(&rows, &fixture.report("report")).await;
    fixture.deployment.expect_clean().await;
    let verified_sql = "SELECT email FROM users WHERE email_verified_at IS NOT NULL";
    assert_eq!(
        fixture.deployment.query_texts(verified_sql).await.len(),
        IMPORTED_HASHES.len()
    );

    let server = fixture
        .deployment
        .start_with(&[("FREEHOLD_SEEDS", "off")])
        .await;
    let client = server.anonymous();
    let clear = ("clear", "Correct-Horse-7");
    for (name, password) in IMPORTED_HASHES
        .iter()
        .map(|(name, password, _)| (*name, *password))
        .chain([clear])
    {
        let email = format!("{name}@acme.test");
        let wrong = client
            .post("/auth/signin", &credentials_form(&email, "Wrong-Horse-7"))
            .await;
        assert_eq!(wrong.json()["status"], "WRONG_CREDENTIALS_ERROR", "{name}");
        // The first sign-in uses the imported hash, the next one the server's own.
        for _ in 0..2 {
            TestUser::sign_in(client, &email, password).await;
        }
        let again = client
            .post("/auth/signin", &credentials_form(&email, "Wrong-Horse-7"))
            .await;
        assert_eq!(again.json()["status"], "WRONG_CREDENTIALS_ERROR", "{name}");
    }
    drop(server);
    let kept = fixture
        .deployment
        .query_texts("SELECT hash FROM passwords")
        .await;
    assert_eq!(kept.len(), IMPORTED_HASHES.len() + 1);
    for hash in kept {
        assert!(
            hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"),
            "{hash}"
        );
    }
    fixture.deployment.expect_clean().await;
}

on_each_engine!(imported_password_hashes_work, imports_password_hashes);

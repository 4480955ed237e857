//! The published browser client against the real program. What it does there is
//! told in `crates/testkit/js/client.mjs`; here it gets a server to do it to.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use freehold_testkit::{Freehold, TestDatabase, on_each_database};
use tempfile::TempDir;

/// A page of the development setup: same host, another origin, and among the
/// origins that may call by default.
const NEIGHBOUR: &str = "http://localhost:3000";

/// Not among them.
const OUTSIDER: &str = "http://localhost:4000";

#[tokio::test(flavor = "multi_thread")]
async fn the_published_browser_client_keeps_a_session() {
    on_each_database(async |database| {
        let (_server, _folder, url) = serve(database).await;
        // Each waits for tokens to expire, so they wait together.
        let told = [
            tell(&url, "header", &url),
            tell(&url, "header", NEIGHBOUR),
            tell(&url, "cookie", &url),
            tell(&url, "cookie", NEIGHBOUR),
        ];
        for telling in told {
            let output = telling.await.unwrap();
            assert!(output.status.success(), "{}", words(&output));
        }
        database.expect_clean().await;
    })
    .await;
}

/// The rules of browsers are in force in the story above: a page that may not
/// call gets nowhere.
#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_an_unknown_origin_gets_nowhere() {
    on_each_database(async |database| {
        let (_server, _folder, url) = serve(database).await;
        let output = tell(&url, "cookie", OUTSIDER).await.unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", words(&output));
        let refusal = format!("not for {OUTSIDER}");
        assert!(words(&output).contains(&refusal), "{}", words(&output));
    })
    .await;
}

/// A server whose access tokens expire while one waits. Its address names the
/// host, because that is what browsers share cookies by.
async fn serve(database: &TestDatabase) -> (Freehold, TempDir, String) {
    let folder = TempDir::new().unwrap();
    let short = [("FREEHOLD_ACCESS_TOKEN_SECONDS", "2")];
    let server = Freehold::start(&database.database(), folder.path(), &short).await;
    let url = server.stranger().base().replace("127.0.0.1", "localhost");
    (server, folder, url)
}

/// Begins at once, on a thread of its own.
fn tell(server: &str, mode: &str, page: &str) -> tokio::task::JoinHandle<Output> {
    let mut node = Command::new("node");
    node.arg(scripts().join("client.mjs"))
        .args([server, mode, page]);
    tokio::task::spawn_blocking(move || {
        node.output()
            .expect("Node, which `cargo xtask test` installs")
    })
}

fn scripts() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("js");
    assert!(
        folder.join("node_modules/supertokens-web-js").exists(),
        "the client is missing: run `npm ci` in crates/testkit/js, or the tests by `cargo xtask test`"
    );
    folder
}

fn words(output: &Output) -> String {
    let said = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8_lossy(&said).into_owned()
}

//! The published browser client against the real program. Its steps are in
//! `crates/testkit/js/client.mjs`; here the servers for it are started.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use freehold_testkit::{ServerProcess, TestDatabase, on_each_database};
use tempfile::TempDir;

/// A page of the development setup: same host, another origin, and one of the
/// origins that are allowed by default.
const ALLOWED_ORIGIN: &str = "http://localhost:3000";

/// An origin that is not allowed.
const UNKNOWN_ORIGIN: &str = "http://localhost:4000";

#[tokio::test(flavor = "multi_thread")]
async fn the_published_browser_client_keeps_a_session() {
    on_each_database(async |database| {
        let (_server, _folder, url) = start_server(database).await;
        // Each waits for tokens to expire, so they run concurrently.
        let clients = [
            run_client(&url, "header", &url),
            run_client(&url, "header", ALLOWED_ORIGIN),
            run_client(&url, "cookie", &url),
            run_client(&url, "cookie", ALLOWED_ORIGIN),
        ];
        for client in clients {
            let output = client.await.unwrap();
            assert!(output.status.success(), "{}", output_text(&output));
        }
        database.expect_clean().await;
    })
    .await;
}

/// Shows that the client above applies the rules of browsers: the page of an
/// unknown origin fails.
#[tokio::test(flavor = "multi_thread")]
async fn page_of_an_unknown_origin_is_refused() {
    on_each_database(async |database| {
        let (_server, _folder, url) = start_server(database).await;
        let output = run_client(&url, "cookie", UNKNOWN_ORIGIN).await.unwrap();
        assert_eq!(output.status.code(), Some(1), "{}", output_text(&output));
        let refusal = format!("not for {UNKNOWN_ORIGIN}");
        assert!(
            output_text(&output).contains(&refusal),
            "{}",
            output_text(&output)
        );
    })
    .await;
}

/// Starts a server whose access tokens expire after two seconds. Its URL has a host
/// name, because browsers share cookies by it.
async fn start_server(database: &TestDatabase) -> (ServerProcess, TempDir, String) {
    let folder = TempDir::new().unwrap();
    let short = [("FREEHOLD_ACCESS_TOKEN_SECONDS", "2")];
    let server = ServerProcess::start(&database.database(), folder.path(), &short).await;
    let url = server.anonymous().base().replace("127.0.0.1", "localhost");
    (server, folder, url)
}

/// Starts the client at once, on a thread of its own.
fn run_client(server: &str, mode: &str, page: &str) -> tokio::task::JoinHandle<Output> {
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

fn output_text(output: &Output) -> String {
    let bytes = [&output.stdout[..], &output.stderr[..]].concat();
    String::from_utf8_lossy(&bytes).into_owned()
}

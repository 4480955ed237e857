//! The PostgreSQL cluster that tests share, and the template in it.

use std::time::Duration;

use freehold_store::{Database, Store, schema_fingerprint};
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, NoTls};
use uuid::Uuid;

/// Serializes the creation of the template in all test processes. The number is
/// arbitrary.
const TEMPLATE_LOCK: &str = "SELECT pg_advisory_lock(7230521420)";

/// The database `name` of the cluster.
pub(crate) fn url(name: &str) -> String {
    let url = std::env::var("FREEHOLD_TEST_POSTGRES")
        .expect("no PostgreSQL to test on: run the tests by `cargo xtask test`");
    let (server, options) = match url.split_once('?') {
        Some((server, options)) => (server, format!("?{options}")),
        None => (url.as_str(), String::new()),
    };
    let (server, _) = server.rsplit_once('/').expect("a URL with a database");
    format!("{server}/{name}{options}")
}

/// The store's settings for the database `name`. Few connections, because many
/// tests run at a time.
pub(crate) fn database(name: &str) -> Database {
    Database::Postgres {
        url: url(name),
        readers: 2,
        writers: 8,
    }
}

/// Creates a database with the schema and returns its name.
pub(crate) async fn create_with_schema() -> String {
    let client = admin_client().await;
    let template = format!("freehold_template_{}", schema_fingerprint());
    if !exists(&client, &template).await {
        make_template(&client, &template).await;
    }
    new_database(&client, &format!(" TEMPLATE {template}")).await
}

/// Creates an empty database and returns its name.
pub(crate) async fn create() -> String {
    new_database(&admin_client().await, "").await
}

/// Removes a database, even while it has connections. For `Drop`, so not async.
pub(crate) fn drop_database(name: &str) {
    let sql = format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)");
    let removed = std::thread::spawn(move || {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime")
            .block_on(async { admin_client().await.batch_execute(&sql).await })
    });
    // A failed test has to fail with its own message, and the cluster is
    // removed in any case.
    let _ = removed.join();
}

async fn admin_client() -> Client {
    connect(&url("postgres")).await
}

/// A connection of the bare driver.
pub(crate) async fn connect(url: &str) -> Client {
    let (client, connection) = tokio_postgres::connect(url, NoTls)
        .await
        .expect("the cluster of `cargo xtask test`");
    tokio::spawn(connection);
    client
}

async fn exists(client: &Client, name: &str) -> bool {
    client
        .query_opt("SELECT 1 FROM pg_database WHERE datname = $1", &[&name])
        .await
        .expect("a list of databases")
        .is_some()
}

/// Creates the template under a lock, and with another name until it is
/// complete: a process that ends before leaves no unfinished template.
async fn make_template(client: &Client, template: &str) {
    client.batch_execute(TEMPLATE_LOCK).await.expect("the lock");
    if !exists(client, template).await {
        let unfinished = new_database(client, "").await;
        let store = Store::open(&database(&unfinished))
            .await
            .expect("the template");
        store.migrate_all(&[]).await.expect("the schema");
        store.close().await;
        drop(store);
        execute_with_retries(
            client,
            &format!("ALTER DATABASE {unfinished} RENAME TO {template}"),
        )
        .await;
    }
    client
        .batch_execute("SELECT pg_advisory_unlock_all()")
        .await
        .expect("the lock");
}

async fn new_database(client: &Client, options: &str) -> String {
    #[expect(clippy::disallowed_methods, reason = "no test depends on the name")]
    let name = format!("t_{}", Uuid::new_v4().simple());
    execute_with_retries(client, &format!("CREATE DATABASE {name}{options}")).await;
    name
}

/// Repeats the statement while the server still counts a connection that was
/// just closed.
async fn execute_with_retries(client: &Client, sql: &str) {
    for _ in 0..100 {
        match client.batch_execute(sql).await {
            Ok(()) => return,
            Err(error) if error.code() == Some(&SqlState::OBJECT_IN_USE) => {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            Err(error) => panic!("{sql}: {error:?}"),
        }
    }
    panic!("{sql}: the database stays in use");
}

//! TLS to PostgreSQL: the server's certificate is verified.

use freehold_store::engine::Sql;
use freehold_store::{Database, Engine, Store, StoreError};
use freehold_testkit::TestDatabase;

static ENCRYPTED: Sql = Sql {
    sqlite: "SELECT 0",
    postgres: "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()",
};

/// The certificate to trust. `cargo xtask test` always has one; a cluster of
/// a developer's own may be without one, but not in CI.
fn certificate_authority() -> Option<String> {
    let certificate_authority = std::env::var("FREEHOLD_TEST_POSTGRES_CA").ok();
    assert!(
        certificate_authority.is_some() || std::env::var_os("CI").is_none(),
        "run the tests by `cargo xtask test`"
    );
    certificate_authority
}

async fn connection_is_encrypted(url: String) -> Result<Option<bool>, StoreError> {
    let database = Database::Postgres {
        url,
        readers: 1,
        writers: 1,
    };
    Store::open(&database)
        .await?
        .read_one(&ENCRYPTED, Vec::new(), |row| row.get(0))
        .await
}

#[tokio::test]
async fn server_certificate_is_verified() {
    let Some(certificate_authority) = certificate_authority() else {
        return;
    };
    let db = TestDatabase::new(Engine::Postgres).await;
    let Database::Postgres { url, .. } = db.database() else {
        panic!("a server was asked for");
    };
    let full = format!("sslmode=verify-full&sslrootcert={certificate_authority}");

    assert_eq!(
        connection_is_encrypted(format!("{url}?{full}")).await,
        Ok(Some(true))
    );
    let by_name = url.replace("127.0.0.1", "localhost");
    assert_eq!(
        connection_is_encrypted(format!("{by_name}?{full}")).await,
        Ok(Some(true))
    );
    assert_eq!(
        connection_is_encrypted(format!("{url}?sslmode=require")).await,
        Ok(Some(true))
    );
    assert_eq!(
        connection_is_encrypted(format!("{url}?sslmode=disable")).await,
        Ok(Some(false))
    );

    // A certificate with another name, and one that no trusted authority signed.
    let another = url.replace("127.0.0.1", "another.test");
    let refused = connection_is_encrypted(format!("{another}?hostaddr=127.0.0.1&{full}")).await;
    assert!(
        matches!(&refused, Err(StoreError::Unavailable(why)) if why.contains("certificate")),
        "{refused:?}"
    );
    let refused = connection_is_encrypted(format!("{url}?sslmode=verify-full")).await;
    assert!(
        matches!(&refused, Err(StoreError::Unavailable(why)) if why.contains("certificate")),
        "{refused:?}"
    );
}

//! The whole contents of a database, for scenarios in which no row may change
//! or a secret may not be stored.

use std::collections::BTreeMap;

use freehold_store::Engine;

use super::TestDatabase;

impl TestDatabase {
    /// The number of rows of each table except the server's own keys, which
    /// are generated when they are first needed, and the background jobs, which
    /// run at any time.
    pub async fn row_counts(&self) -> BTreeMap<String, i64> {
        let mut counts = BTreeMap::new();
        for table in self.tables().await.into_iter().filter(is_compared) {
            let count = self
                .query_number(&format!("SELECT count(*) FROM {table}"))
                .await;
            counts.insert(table, count);
        }
        counts
    }

    /// Every row of each table as text, ordered; the same tables as in
    /// [`Self::row_counts`].
    pub async fn contents(&self) -> BTreeMap<String, Vec<String>> {
        let mut contents = BTreeMap::new();
        for table in self.tables().await.into_iter().filter(is_compared) {
            let row = match self.engine() {
                Engine::Postgres => format!("{table}::text"),
                Engine::Sqlite => self.columns(&table, |name| format!("quote({name})")).await,
            };
            let sql = format!("SELECT {row} FROM {table} ORDER BY 1");
            contents.insert(table, self.query_texts(&sql).await);
        }
        contents
    }

    /// The tables that contain `secret` in any column, as text or in
    /// hexadecimal. `secret` must not contain characters that SQL escapes.
    pub async fn tables_containing(&self, secret: &str) -> Vec<String> {
        assert!(
            secret.len() > 7 && !secret.contains(['\'', '%', '\\']),
            "{secret}"
        );
        let hex = hex::encode(secret);
        // A token in base64 may contain `_`, which is a wildcard of LIKE.
        let like = secret.replace('_', "\\_");
        let mut containing = Vec::new();
        for table in self.tables().await {
            // LIKE stops at the first zero byte, so bytes are searched as
            // PostgreSQL prints them, in hexadecimal digits.
            let text = |name: &str| {
                format!(
                    "CASE typeof({name}) WHEN 'blob' THEN hex({name}) ELSE coalesce({name}, '') END"
                )
            };
            let row = match self.engine() {
                Engine::Postgres => format!("{table}::text"),
                Engine::Sqlite => self.columns(&table, text).await,
            };
            let sql = format!(
                "SELECT count(*) FROM {table}
                  WHERE {row} LIKE '%{like}%' ESCAPE '\\' OR {row} LIKE '%{hex}%'"
            );
            if self.query_number(&sql).await > 0 {
                containing.push(table);
            }
        }
        containing
    }

    async fn tables(&self) -> Vec<String> {
        let sql = match self.engine() {
            Engine::Sqlite => {
                "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
            }
            Engine::Postgres => {
                "SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'public'"
            }
        };
        let mut tables = self.query_texts(sql).await;
        tables.sort();
        assert!(tables.len() > 10, "{tables:?}");
        tables
    }

    /// All columns of an SQLite table as one SQL expression.
    async fn columns(&self, table: &str, text: impl Fn(&str) -> String) -> String {
        let columns = self
            .query_texts(&format!("SELECT name FROM pragma_table_info('{table}')"))
            .await;
        let texts: Vec<_> = columns.iter().map(|name| text(name)).collect();
        format!("({})", texts.join(" || ' ' || "))
    }
}

fn is_compared(table: &String) -> bool {
    table != "server_keys" && table != "jobs"
}

//! What is in a database, all of it: for stories in which nothing may change,
//! or nothing may be found.

use std::collections::BTreeMap;

use freehold_store::Engine;

use super::TestDatabase;

impl TestDatabase {
    /// How many rows each table has, but for the server's own keys: they are
    /// made when they are first needed and are nobody's doing.
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

    /// Every row of each table as text, in order; as in [`Self::row_counts`].
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

    /// The tables in which `secret` stands, in whatever column, in letters or
    /// in hexadecimal. `secret` is to be of characters that SQL leaves alone.
    pub async fn tables_containing(&self, secret: &str) -> Vec<String> {
        assert!(
            secret.len() > 7 && !secret.contains(['\'', '%', '\\']),
            "{secret}"
        );
        let hex = hex::encode(secret);
        // A token in base64 may hold the one that stands for any.
        let like = secret.replace('_', "\\_");
        let mut found = Vec::new();
        for table in self.tables().await {
            // LIKE reads no further than the first zero byte: bytes are looked
            // through as PostgreSQL shows them, in hexadecimal digits.
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
                found.push(table);
            }
        }
        found
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

    /// All columns of an SQLite table, one behind the other.
    async fn columns(&self, table: &str, text: impl Fn(&str) -> String) -> String {
        let columns = self
            .query_texts(&format!("SELECT name FROM pragma_table_info('{table}')"))
            .await;
        let texts: Vec<_> = columns.iter().map(|name| text(name)).collect();
        format!("({})", texts.join(" || ' ' || "))
    }
}

fn is_compared(table: &String) -> bool {
    table != "server_keys"
}

//! SQL through the bare drivers instead of the store: to test the constraints of
//! the schema, and to write rows that the store never would.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use super::postgres_cluster;

/// An error of the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SqlError {
    /// The SQLSTATE, or SQLite's extended result code.
    pub code: String,
    /// The constraint, if the engine names it. SQLite names checks, and
    /// columns instead of unique constraints.
    pub constraint: Option<String>,
    /// The engine's message.
    pub message: String,
}

impl fmt::Display for SqlError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {:?}: {}", self.code, self.constraint, self.message)
    }
}

impl From<rusqlite::Error> for SqlError {
    fn from(error: rusqlite::Error) -> Self {
        let code = error
            .sqlite_error()
            .map_or(0, |failure| failure.extended_code);
        let message = match &error {
            rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
            other => other.to_string(),
        };
        SqlError {
            code: code.to_string(),
            constraint: message
                .split_once("constraint failed: ")
                .map(|(_, name)| name.to_owned()),
            message,
        }
    }
}

impl From<tokio_postgres::Error> for SqlError {
    fn from(error: tokio_postgres::Error) -> Self {
        match error.as_db_error() {
            Some(db) => SqlError {
                code: db.code().code().to_owned(),
                constraint: db.constraint().map(str::to_owned),
                message: db.message().to_owned(),
            },
            None => SqlError {
                code: String::new(),
                constraint: None,
                message: error.to_string(),
            },
        }
    }
}

type SqlResult<T = ()> = Result<T, SqlError>;

/// Runs the statements; a simple query of several is one transaction.
pub(crate) async fn postgres(url: &str, sql: &str) -> SqlResult {
    Ok(postgres_cluster::connect(url)
        .await
        .batch_execute(sql)
        .await?)
}

pub(crate) async fn postgres_number(url: &str, sql: &str) -> i64 {
    let row = postgres_cluster::connect(url)
        .await
        .query_one(sql, &[])
        .await;
    row.expect("a query for a number").get(0)
}

pub(crate) async fn postgres_texts(url: &str, sql: &str) -> Vec<String> {
    let rows = postgres_cluster::connect(url).await.query(sql, &[]).await;
    let rows = rows.expect("a query for texts");
    rows.iter().map(|row| row.get(0)).collect()
}

pub(crate) fn sqlite(path: &Path, sql: &str) -> SqlResult {
    in_transaction(&open(path, "PRAGMA foreign_keys=ON")?, sql)
}

pub(crate) fn sqlite_without_constraints(path: &Path, sql: &str) -> SqlResult {
    let pragmas = "PRAGMA foreign_keys=OFF; PRAGMA ignore_check_constraints=ON";
    in_transaction(&open(path, pragmas)?, sql)
}

pub(crate) fn sqlite_number(path: &Path, sql: &str) -> i64 {
    open(path, "PRAGMA query_only=ON")
        .and_then(|connection| Ok(connection.query_row(sql, (), |row| row.get(0))?))
        .expect("a query for a number")
}

pub(crate) fn sqlite_texts(path: &Path, sql: &str) -> Vec<String> {
    let request = || -> SqlResult<Vec<String>> {
        let connection = open(path, "PRAGMA query_only=ON")?;
        let mut statement = connection.prepare(sql)?;
        let texts = statement.query_map((), |row| row.get(0))?;
        Ok(texts.collect::<rusqlite::Result<_>>()?)
    };
    request().expect("a query for texts")
}

/// Creates the table again without the constraint, because SQLite cannot drop
/// constraints.
pub(crate) fn sqlite_drop_constraint(path: &Path, table: &str, constraint: &str) -> SqlResult {
    let connection = open(
        path,
        "PRAGMA foreign_keys=OFF; PRAGMA legacy_alter_table=ON",
    )?;
    let texts: Vec<(String, String)> = connection
        .prepare("SELECT name, sql FROM sqlite_schema WHERE tbl_name = ?1 AND sql IS NOT NULL")?
        .query_map([table], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<rusqlite::Result<_>>()?;
    let mut create = String::new();
    let mut indexes = String::new();
    for (name, sql) in texts {
        if name == table {
            create = without_constraint(&sql, constraint).replacen(table, "loosened", 1);
        } else if name != constraint {
            indexes += &format!("{sql};");
        }
    }
    let sql = format!(
        "{create}; INSERT INTO loosened SELECT * FROM {table}; DROP TABLE {table};
         ALTER TABLE loosened RENAME TO {table}; {indexes}"
    );
    in_transaction(&connection, &sql)
}

/// Replaces a constraint with a check that is always true.
fn without_constraint(sql: &str, constraint: &str) -> String {
    let Some((before, rest)) = sql.split_once(&format!("CONSTRAINT {constraint} ")) else {
        return sql.to_owned();
    };
    let kind = if rest.starts_with("UNIQUE") {
        "UNIQUE"
    } else {
        "CHECK"
    };
    let rest = rest.strip_prefix(kind).unwrap_or(rest);
    // The columns or the condition, whose parentheses may be nested.
    let rest = match rest.strip_prefix(" (") {
        Some(inner) => {
            let mut depth = 1;
            let end = inner.find(|c| {
                depth += match c {
                    '(' => 1,
                    ')' => -1,
                    _ => 0,
                };
                depth == 0
            });
            &inner[end.map_or(inner.len(), |end| end + 1)..]
        }
        None => rest,
    };
    format!("{before}CHECK (true){rest}")
}

fn open(path: &Path, pragmas: &str) -> SqlResult<Connection> {
    let connection = Connection::open(path)?;
    connection.busy_timeout(Duration::from_secs(20))?;
    connection.execute_batch(pragmas)?;
    Ok(connection)
}

/// Runs the statements in one transaction. Dropping the connection rolls back
/// what was not committed.
fn in_transaction(connection: &Connection, sql: &str) -> SqlResult {
    connection.execute_batch("BEGIN IMMEDIATE")?;
    connection.execute_batch(sql)?;
    Ok(connection.execute_batch("COMMIT")?)
}

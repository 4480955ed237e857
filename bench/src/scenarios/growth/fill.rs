//! Fills a database with organizations, in SQL. Not here: the users who send the
//! requests (`users`).

use std::ops::Range;

use rusqlite::Connection;

use crate::{
    error::Result,
    load::client::Client,
    system::{server::Settings, write_ahead_log::empty_sqlite_log},
};

const ROWS: &str = include_str!("../../../sql/organizations.sql");

/// Organizations that are inserted in one transaction.
const SLICE: u32 = 50_000;
/// The time of the first row in milliseconds since 1970: 2026-01-01.
const FIRST_MS: u64 = 1_767_225_600_000;

/// Adds the organizations with these numbers to the database of a stopped server.
pub(super) fn fill(client: &Client, settings: &Settings, numbers: Range<u32>) -> Result<()> {
    let slices = numbers
        .clone()
        .step_by(SLICE as usize)
        .map(|from| from..numbers.end.min(from.saturating_add(SLICE)));
    if let Some(database) = &settings.database {
        // Without foreign keys, which these rows satisfy.
        let fast = "SET session_replication_role = replica; SET synchronous_commit = off;";
        let scripts: Vec<String> = slices
            .map(|slice| format!("{fast} BEGIN; {} COMMIT;", postgres(&slice)))
            .collect();
        let scripts: Vec<&str> = scripts.iter().map(String::as_str).collect();
        client.sql(database, &scripts)?;
        // Autovacuum and the checkpointer would do this later.
        return client.sql(database, &["VACUUM ANALYZE", "CHECKPOINT"]);
    }
    let connection = Connection::open(settings.folder.join("freehold.db"))?;
    connection.execute_batch(
        "PRAGMA foreign_keys=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-262144;",
    )?;
    for slice in slices {
        connection.execute_batch(&format!("BEGIN IMMEDIATE; {} COMMIT;", sqlite(&slice)))?;
        empty_sqlite_log(&connection)?;
    }
    connection.execute_batch("ANALYZE")?;
    empty_sqlite_log(&connection)
}

fn postgres(slice: &Range<u32>) -> String {
    let Range { start, end } = slice;
    fill_placeholders(
        &format!("generate_series({start}::bigint, {end} - 1) AS t(n)"),
        |table| {
            format!("(lpad(to_hex({FIRST_MS} + n), 12, '0') || '700080000000000000{table}')::uuid")
        },
        "timestamptz '2026-01-01' + n * interval '1 millisecond'",
        "lpad(to_hex(n * 2654435761 % 4294967296), 8, '0')",
        |prefix, suffix| {
            format!("'{prefix}' || lpad((n * 7654321 % 10000000)::text, 7, '0') || '{suffix}'")
        },
    )
}

fn sqlite(slice: &Range<u32>) -> String {
    let Range { start, end } = slice;
    fill_placeholders(
        &format!(
            "(WITH RECURSIVE s(n) AS (SELECT {start} UNION ALL SELECT n + 1 FROM s WHERE n < {end} - 1)
               SELECT n FROM s) AS t"
        ),
        |table| format!("unhex(printf('%012x700080000000000000{table}', {FIRST_MS} + n))"),
        &format!("{FIRST_MS}000 + n * 1000"),
        "printf('%08x', n * 2654435761 % 4294967296)",
        |prefix, suffix| format!("printf('{prefix}%07d{suffix}', n * 7654321 % 10000000)"),
    )
}

/// Names and keys are in no order: sorted ones would be faster to index than real ones.
/// The factors have no divisor in common with the moduli, so all are different.
fn fill_placeholders(
    numbers: &str,
    id: impl Fn(&str) -> String,
    at: &str,
    key: &str,
    name: impl Fn(&str, &str) -> String,
) -> String {
    // Without comments, which name the placeholders.
    let rows: Vec<&str> = ROWS
        .lines()
        .filter(|line| !line.starts_with("--"))
        .collect();
    let mut sql = rows
        .join("\n")
        .replace("{n}", numbers)
        .replace("{at}", at)
        .replace("{key}", key)
        .replace("{email}", &name("grown", "@bench.example"))
        .replace("{name}", &name("Organization ", ""));
    for table in (1_u8..=11).map(|table| format!("{table:02x}")) {
        sql = sql.replace(&format!("{{id:{table}}}"), &id(&table));
    }
    sql
}

#[cfg(test)]
mod tests {
    use super::{postgres, sqlite};

    #[test]
    fn no_placeholder_is_left() {
        for sql in [postgres(&(0..9)), sqlite(&(0..9))] {
            assert!(!sql.contains("{id") && !sql.contains("{n}") && !sql.contains("{at}"));
            assert!(!sql.contains("{key}") && !sql.contains("{email}") && !sql.contains("{name}"));
        }
    }
}

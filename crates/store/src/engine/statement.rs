//! Statements: SQL texts that live as long as the program.
//!
//! One text serves both engines; `sql_text` replaces what they write differently.

use std::collections::HashMap;
use std::sync::{LazyLock, PoisonError, RwLock, RwLockReadGuard};

use tokio_postgres::types::Type;

use super::Value;

/// A statement's text, for each engine. Statements are constants: their
/// address is their identity in the caches of prepared statements.
#[derive(Debug)]
pub struct Sql {
    /// The text for SQLite.
    pub sqlite: &'static str,
    /// The text for PostgreSQL.
    pub postgres: &'static str,
}

/// Declares the statements of a file, and `ALL`, their list, with which a test
/// prepares each of them on both engines.
///
/// ```text
/// statements! {
///     rows UserRecord;
///     {NEWEST} = "ORDER BY u.id DESC LIMIT $2";
///     BY_ID = "SELECT {UserRecord} FROM users u WHERE u.id = $1";
///     BEFORE = "SELECT {UserRecord} FROM users u WHERE u.id < $1 {NEWEST}";
/// }
/// ```
///
/// `rows` lists the row types that the statements select; `{NAME}` is a part that
/// several of them share. The names in braces are explained in `sql_text`. With
/// `NAME = "text", postgres = "text";` an engine has a text of its own, for
/// statements that differ in more than a placeholder.
macro_rules! statements {
    (@ [$($row:ident),*]
        $({$part:ident} = $part_text:literal;)*
        $($(#[$doc:meta])* $name:ident = $text:expr $(, postgres = $other:expr)?;)*) => {
        const PARTS: &[$crate::engine::sql_text::Part] = &[
            $($crate::engine::sql_text::Part {
                name: stringify!($row),
                columns: <$row as $crate::engine::row::FromRow>::COLUMNS,
            },)*
            $($crate::engine::sql_text::Part {
                name: stringify!($part),
                columns: &[$crate::engine::sql_text::Column::Text($part_text)],
            },)*
        ];
        $($(#[$doc])* pub(crate) static $name: $crate::engine::Sql =
            $crate::engine::statement::text!(PARTS, $text $(, postgres = $other)?);)*
        /// Every statement of this file.
        pub(crate) static ALL: &[&$crate::engine::Sql] = &[$(&$name),*];
    };
    (rows $($row:ident),+; $($rest:tt)*) => {
        $crate::engine::statement::statements! { @ [$($row),+] $($rest)* }
    };
    ($($rest:tt)*) => {
        $crate::engine::statement::statements! { @ [] $($rest)* }
    };
}

/// Returns the [`Sql`] of a text, or of one text for each engine.
macro_rules! text {
    ($parts:expr, $text:expr) => {
        $crate::engine::statement::text!($parts, $text, postgres = $text)
    };
    ($parts:expr, $text:expr, postgres = $other:expr) => {
        $crate::engine::Sql {
            sqlite: $crate::engine::statement::text!(@ Sqlite, $parts, $text),
            postgres: $crate::engine::statement::text!(@ Postgres, $parts, $other),
        }
    };
    (@ $engine:ident, $parts:expr, $text:expr) => {{
        use $crate::engine::{Engine, sql_text};
        const LENGTH: usize = sql_text::length($text, $parts, Engine::$engine);
        const BYTES: [u8; LENGTH] = sql_text::expand($text, $parts, Engine::$engine);
        match std::str::from_utf8(&BYTES) {
            Ok(text) => text,
            Err(_) => panic!("the text of a statement is not UTF-8"),
        }
    }};
}

pub(crate) use {statements, text};

/// A table and the columns to fill, for inserting any number of rows.
#[derive(Debug)]
pub struct Insert {
    /// The table.
    pub table: &'static str,
    /// The columns, in the order of the values.
    pub columns: &'static [&'static str],
}

/// Rows are split into statements of these sizes, and one for the remainder, so
/// that the number of different texts stays small.
const CHUNK_SIZES: [usize; 3] = [256, 64, 16];

/// From this number on, rows are sent to PostgreSQL column by column
/// (`docs/decisions/0015`).
pub(super) const BULK_MIN_ROWS: usize = 64;

impl Insert {
    /// Returns the statements that insert `rows`.
    pub(crate) fn statements(
        &'static self,
        rows: Vec<Vec<Value>>,
    ) -> Vec<(&'static Sql, Vec<Value>)> {
        let mut out = Vec::with_capacity(1);
        let mut left = rows.len();
        let mut rows = rows.into_iter();
        while left > 0 {
            let size = CHUNK_SIZES
                .into_iter()
                .find(|chunk| *chunk <= left)
                .unwrap_or(left);
            let mut values = Vec::with_capacity(size * self.columns.len());
            for row in rows.by_ref().take(size) {
                debug_assert_eq!(row.len(), self.columns.len(), "{}", self.table);
                values.extend(row);
            }
            out.push((self.sql(size), values));
            left -= size;
        }
        out
    }

    /// Returns the text for `rows` rows. Generated once for each size and never
    /// freed: there are at most 18 sizes per table.
    pub(crate) fn sql(&'static self, rows: usize) -> &'static Sql {
        let key = (std::ptr::from_ref(self) as usize, rows);
        if let Some(sql) = read(&GENERATED).by_size.get(&key) {
            return sql;
        }
        let mut generated = GENERATED.write().unwrap_or_else(PoisonError::into_inner);
        let sql = *generated
            .by_size
            .entry(key)
            .or_insert_with(|| leak(self.text(rows, 0)));
        generated
            .by_address
            .insert(std::ptr::from_ref(sql) as usize, (self, rows));
        sql
    }

    /// Returns the text for any number of rows, given column by column, so that
    /// there is one parameter per column. `types` are the types of the columns.
    pub(super) fn bulk_statement(&'static self, types: &[Type]) -> &'static Sql {
        let names: Vec<String> = types
            .iter()
            .enumerate()
            .map(|(index, ty)| format!("${}::{}.{}[]", index + 1, ty.schema(), ty.name()))
            .collect();
        let (table, columns, names) = (self.table, self.columns.join(", "), names.join(", "));
        let text = format!("INSERT INTO {table} ({columns}) SELECT * FROM unnest({names})");
        if let Some(sql) = read(&GENERATED).bulk_statement.get(&text) {
            return sql;
        }
        let mut generated = GENERATED.write().unwrap_or_else(PoisonError::into_inner);
        generated
            .bulk_statement
            .entry(text)
            .or_insert_with_key(|text| leak(text.clone()))
    }

    /// Transposes rows to columns.
    pub(super) fn transpose(&self, rows: Vec<Vec<Value>>) -> Vec<Value> {
        let mut columns: Vec<Vec<Value>> = self
            .columns
            .iter()
            .map(|_| Vec::with_capacity(rows.len()))
            .collect();
        for row in rows {
            debug_assert_eq!(row.len(), columns.len(), "{}", self.table);
            for (column, value) in columns.iter_mut().zip(row) {
                column.push(value);
            }
        }
        columns.into_iter().map(Value::Array).collect()
    }

    /// Returns the text, with parameters numbered from `first + 1`.
    fn text(&self, rows: usize, first: usize) -> String {
        let width = self.columns.len();
        let tuples: Vec<String> = (0..rows)
            .map(|row| {
                let names: Vec<String> = (1..=width)
                    .map(|column| format!("${}", first + row * width + column))
                    .collect();
                format!("({})", names.join(","))
            })
            .collect();
        let (table, columns) = (self.table, self.columns.join(", "));
        format!(
            "INSERT INTO {table} ({columns}) VALUES {}",
            tuples.join(",")
        )
    }
}

/// A statement in a queue, with its values.
pub(crate) type Queued = (&'static Sql, Vec<Value>);

/// Texts that were generated at run time, by what they were generated from.
#[derive(Default)]
struct GeneratedStatements {
    by_size: HashMap<(usize, usize), &'static Sql>,
    by_address: HashMap<usize, (&'static Insert, usize)>,
    merged: HashMap<Vec<usize>, &'static Sql>,
    bulk_statement: HashMap<String, &'static Sql>,
}

static GENERATED: LazyLock<RwLock<GeneratedStatements>> = LazyLock::new(RwLock::default);

fn read(generated: &RwLock<GeneratedStatements>) -> RwLockReadGuard<'_, GeneratedStatements> {
    generated.read().unwrap_or_else(PoisonError::into_inner)
}

fn leak(text: String) -> &'static Sql {
    let text: &'static str = String::leak(text);
    Box::leak(Box::new(Sql {
        sqlite: text,
        postgres: text,
    }))
}

/// PostgreSQL numbers parameters with 16 bits.
const MAX_PARAMETERS: usize = 32_000;

/// Merges adjacent inserts into one statement: `WITH` an insert for every table
/// but the last. PostgreSQL then parses and plans one statement instead of ten,
/// and checks foreign keys when all rows are there. There is one merged text for
/// each sequence of inserts that the program runs.
pub(crate) fn merge_inserts(queue: Vec<Queued>) -> Vec<Queued> {
    let mut out: Vec<Queued> = Vec::with_capacity(queue.len());
    let mut run: Vec<Queued> = Vec::new();
    let mut values = 0;
    for queued in queue {
        let insert = read(&GENERATED)
            .by_address
            .contains_key(&(std::ptr::from_ref(queued.0) as usize));
        values += queued.1.len();
        if !insert || values > MAX_PARAMETERS {
            out.extend(merge(std::mem::take(&mut run)));
            values = queued.1.len();
        }
        if insert {
            run.push(queued);
        } else {
            out.push(queued);
        }
    }
    out.extend(merge(run));
    out
}

fn merge(mut run: Vec<Queued>) -> Option<Queued> {
    if run.len() < 2 {
        return run.pop();
    }
    let key: Vec<usize> = run
        .iter()
        .map(|(sql, _)| std::ptr::from_ref(*sql) as usize)
        .collect();
    let cached = read(&GENERATED).merged.get(&key).copied();
    let sql = cached.unwrap_or_else(|| {
        let mut generated = GENERATED.write().unwrap_or_else(PoisonError::into_inner);
        let text = merged_text(&key, &generated.by_address);
        generated.merged.entry(key).or_insert_with(|| leak(text))
    });
    Some((
        sql,
        run.into_iter().flat_map(|(_, values)| values).collect(),
    ))
}

fn merged_text(key: &[usize], inserts: &HashMap<usize, (&'static Insert, usize)>) -> String {
    let mut first = 0;
    let mut texts: Vec<String> = Vec::with_capacity(key.len());
    for (insert, rows) in key.iter().filter_map(|address| inserts.get(address)) {
        texts.push(insert.text(*rows, first));
        first += rows * insert.columns.len();
    }
    let last = texts.pop().unwrap_or_default();
    let before: Vec<String> = texts
        .iter()
        .enumerate()
        .map(|(number, text)| format!("w{number} AS ({text})"))
        .collect();
    format!("WITH {} {last}", before.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    static A: Insert = Insert {
        table: "a",
        columns: &["x", "y"],
    };
    static B: Insert = Insert {
        table: "b",
        columns: &["z"],
    };
    static OTHER: Sql = text!(&[], "UPDATE a SET x = $1");

    #[test]
    fn bulk_statement_takes_one_array_per_column() {
        let sql = A.bulk_statement(&[Type::UUID, Type::VARCHAR]);
        assert_eq!(
            sql.postgres,
            "INSERT INTO a (x, y) SELECT * FROM \
             unnest($1::pg_catalog.uuid[], $2::pg_catalog.varchar[])"
        );
        let again = A.bulk_statement(&[Type::UUID, Type::VARCHAR]);
        assert!(std::ptr::eq(sql, again), "the text is generated once");
        let row = |x, y| vec![Value::Int(x), Value::Int(y)];
        let column = |of: [i64; 2]| Value::Array(of.map(Value::Int).to_vec());
        let transpose = A.transpose(vec![row(1, 2), row(3, 4)]);
        assert_eq!(transpose, [column([1, 3]), column([2, 4])]);
    }

    #[test]
    fn adjacent_inserts_are_merged() {
        let a = || {
            (
                A.sql(2),
                vec![Value::Int(1), Value::Int(2), Value::Int(3), Value::Int(4)],
            )
        };
        let b = || (B.sql(1), vec![Value::Int(5)]);
        let merged = merge_inserts(vec![a(), b(), (&OTHER, vec![Value::Int(6)]), b()]);
        let texts: Vec<&str> = merged.iter().map(|(sql, _)| sql.postgres).collect();
        assert_eq!(
            texts,
            [
                "WITH w0 AS (INSERT INTO a (x, y) VALUES ($1,$2),($3,$4)) INSERT INTO b (z) VALUES ($5)",
                "UPDATE a SET x = $1",
                "INSERT INTO b (z) VALUES ($1)",
            ]
        );
        assert_eq!(merged[0].1, (1..=5).map(Value::Int).collect::<Vec<_>>());
        let again = merge_inserts(vec![a(), b()]);
        assert!(
            std::ptr::eq(again[0].0, merged[0].0),
            "the text is generated once"
        );
    }
}

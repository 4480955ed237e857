//! What a statement is: a text that lives as long as the program.
//!
//! One text serves both engines. Where they truly differ (a row lock, which
//! SQLite neither has nor needs), a statement carries two.

use std::collections::HashMap;
use std::sync::{Mutex, OnceLock, PoisonError};

use super::Value;

/// A statement's text, for each engine. Statements are constants: their
/// address is their identity in the caches of prepared statements.
#[derive(Debug)]
pub struct Sql {
    /// What SQLite runs.
    pub sqlite: &'static str,
    /// What PostgreSQL runs.
    pub postgres: &'static str,
}

/// Declares the statements of a file, and `ALL`, the list by which a test
/// prepares each of them on both engines.
///
/// `NAME = "text";` is one text for both. `NAME = "text", locked;` adds a row
/// lock where the engine has them: SQLite has one writer, so there the
/// transaction itself is the lock. `NAME = "text", postgres = "text";` is for the
/// few that differ otherwise.
macro_rules! statements {
    ($($(#[$doc:meta])* $name:ident = $text:expr $(, $how:ident $(= $other:expr)?)?;)*) => {
        $($(#[$doc])* pub(crate) static $name: $crate::seam::Sql =
            $crate::seam::statement::text!($text $(, $how $(= $other)?)?);)*
        /// Every statement of this file.
        pub(crate) static ALL: &[&$crate::seam::Sql] = &[$(&$name),*];
    };
}

macro_rules! text {
    ($text:expr) => {
        $crate::seam::Sql {
            sqlite: $text,
            postgres: $text,
        }
    };
    ($text:expr, postgres = $other:expr) => {
        $crate::seam::Sql {
            sqlite: $text,
            postgres: $other,
        }
    };
    ($text:expr, locked) => {
        $crate::seam::Sql {
            sqlite: $text,
            postgres: concat!($text, " FOR UPDATE"),
        }
    };
}

pub(crate) use {statements, text};

/// A table and the columns that are filled, for inserting any number of rows.
#[derive(Debug)]
pub struct Insert {
    /// The table.
    pub table: &'static str,
    /// The columns, in the order of the values.
    pub columns: &'static [&'static str],
}

/// Rows are cut into statements of these sizes, and a rest of its own size, so
/// that the number of different texts stays small.
const CHUNKS: [usize; 3] = [256, 64, 16];

impl Insert {
    /// The statements that insert `rows`.
    pub(crate) fn statements(
        &'static self,
        rows: Vec<Vec<Value>>,
    ) -> Vec<(&'static Sql, Vec<Value>)> {
        let mut out = Vec::with_capacity(1);
        let mut left = rows.len();
        let mut rows = rows.into_iter();
        while left > 0 {
            let size = CHUNKS
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

    /// The text for `rows` rows. Made once for each size and kept for good:
    /// there are at most 18 sizes to a table.
    pub(crate) fn sql(&'static self, rows: usize) -> &'static Sql {
        type Texts = HashMap<(usize, usize), &'static Sql>;
        static TEXTS: OnceLock<Mutex<Texts>> = OnceLock::new();
        let key = (std::ptr::from_ref(self) as usize, rows);
        let mut texts = TEXTS
            .get_or_init(Mutex::default)
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        texts.entry(key).or_insert_with(|| {
            let width = self.columns.len();
            let tuples: Vec<String> = (0..rows)
                .map(|row| {
                    let names: Vec<String> = (1..=width)
                        .map(|column| format!("${}", row * width + column))
                        .collect();
                    format!("({})", names.join(","))
                })
                .collect();
            let text: &'static str = String::leak(format!(
                "INSERT INTO {} ({}) VALUES {}",
                self.table,
                self.columns.join(", "),
                tuples.join(",")
            ));
            Box::leak(Box::new(Sql {
                sqlite: text,
                postgres: text,
            }))
        })
    }
}

//! Prints a line after each measurement, and the table at the end.

mod costs;
mod growth;
mod progress;
mod table;
mod targets;

pub(crate) use costs::costs;
pub(crate) use progress::{argon, busy, line, load, raw_postgres, raw_sqlite};
pub(crate) use table::{Row, rows, table};

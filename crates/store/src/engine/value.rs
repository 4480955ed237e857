//! The values of statements, and the columns of rows.
//!
//! | here | PostgreSQL | SQLite |
//! |---|---|---|
//! | `Uuid` | `uuid` | `BLOB`, 16 bytes |
//! | `Time` | `timestamptz` | `INTEGER`, microseconds since 1970 UTC |
//! | `Json` | `jsonb` | `TEXT` |
//! | `Bool` | `boolean` | `INTEGER`, 0 or 1 |

use std::error::Error;
use std::fmt;

use bytes::{BufMut, BytesMut};
use freehold_domain::{Email, Id, Timestamp};
use rusqlite::types::{ToSqlOutput, ValueRef};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type};
use uuid::Uuid;

use super::StoreError;

/// Microseconds from 1970-01-01, where [`Timestamp`] starts, to 2000-01-01, where
/// PostgreSQL starts.
const PG_EPOCH_MICROS: i64 = 946_684_800_000_000;

/// A value bound to a `$n` of a statement. Its `Debug` output shows only the kind:
/// the driver logs parameters, and some are keys and hashes.
#[derive(Clone, PartialEq)]
pub enum Value {
    /// SQL's null.
    Null,
    /// An identifier.
    Uuid(Uuid),
    /// Text without NUL.
    Text(String),
    /// Text in the program itself.
    Static(&'static str),
    /// A whole number of any width.
    Int(i64),
    /// True or false.
    Bool(bool),
    /// Bytes, for hashes.
    Bytes(Vec<u8>),
    /// A point in time.
    Time(Timestamp),
    /// A JSON document as text.
    Json(String),
    /// All values of one column, as an array. Only the engine creates it, to
    /// insert many rows on PostgreSQL.
    Array(Vec<Value>),
}

impl fmt::Debug for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Null => "Null",
            Self::Uuid(_) => "Uuid",
            Self::Text(_) | Self::Static(_) => "Text",
            Self::Int(_) => "Int",
            Self::Bool(_) => "Bool",
            Self::Bytes(_) => "Bytes",
            Self::Time(_) => "Time",
            Self::Json(_) => "Json",
            Self::Array(_) => "Array",
        })
    }
}

macro_rules! into_value {
    ($($from:ty => $variant:expr;)*) => {
        $(impl From<$from> for Value { fn from(value: $from) -> Self { $variant(value) } })*
    };
}

into_value! {
    Uuid => Value::Uuid;
    String => Value::Text;
    &'static str => Value::Static;
    i64 => Value::Int;
    bool => Value::Bool;
    Vec<u8> => Value::Bytes;
    Timestamp => Value::Time;
    serde_json::Value => |json: serde_json::Value| Value::Json(json.to_string());
    &serde_json::Value => |json: &serde_json::Value| Value::Json(json.to_string());
    &Email => |email: &Email| Value::Text(email.as_str().to_owned());
}

impl<T> From<Id<T>> for Value {
    fn from(id: Id<T>) -> Self {
        Value::Uuid(id.uuid())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(value: Option<T>) -> Self {
        value.map_or(Value::Null, Into::into)
    }
}

/// The values of a statement, in the order of `$1`, `$2`, …
macro_rules! values {
    ($($value:expr),* $(,)?) => { vec![$($crate::engine::Value::from($value)),*] };
}
pub(crate) use values;

impl ToSql for Value {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match self {
            Value::Null => return Ok(IsNull::Yes),
            Value::Uuid(id) => out.put_slice(id.as_bytes()),
            Value::Text(text) => put_text(text, ty, out),
            Value::Static(text) => put_text(text, ty, out),
            Value::Int(number) => match *ty {
                Type::INT2 => out.put_i16(i16::try_from(*number)?),
                Type::INT4 => out.put_i32(i32::try_from(*number)?),
                _ => out.put_i64(*number),
            },
            Value::Bool(flag) => out.put_u8(u8::from(*flag)),
            Value::Bytes(bytes) => out.put_slice(bytes),
            Value::Time(at) => out.put_i64(at.micros().saturating_sub(PG_EPOCH_MICROS)),
            Value::Json(text) => put_text(text, ty, out),
            Value::Array(all) => return all.to_sql(ty, out),
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    tokio_postgres::types::to_sql_checked!();
}

/// Writes text, or the binary form of `jsonb`: a version byte, then the text.
fn put_text(text: &str, ty: &Type, out: &mut BytesMut) {
    if *ty == Type::JSONB {
        out.put_u8(1);
    }
    out.put_slice(text.as_bytes());
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        use rusqlite::types::Value as Owned;
        Ok(match self {
            Value::Null => ToSqlOutput::Owned(Owned::Null),
            Value::Uuid(id) => ToSqlOutput::Borrowed(ValueRef::Blob(id.as_bytes())),
            Value::Text(text) | Value::Json(text) => {
                ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes()))
            }
            Value::Static(text) => ToSqlOutput::Borrowed(ValueRef::Text(text.as_bytes())),
            Value::Int(number) => ToSqlOutput::Owned(Owned::Integer(*number)),
            Value::Bool(flag) => ToSqlOutput::Owned(Owned::Integer(i64::from(*flag))),
            Value::Bytes(bytes) => ToSqlOutput::Borrowed(ValueRef::Blob(bytes)),
            Value::Time(at) => ToSqlOutput::Owned(Owned::Integer(at.micros())),
            Value::Array(_) => {
                let why = "an array, which only PostgreSQL has";
                return Err(rusqlite::Error::ToSqlConversionFailure(why.into()));
            }
        })
    }
}

/// A row of a result.
#[derive(Debug)]
pub enum Row<'a> {
    /// A row of SQLite.
    Sqlite(&'a rusqlite::Row<'a>),
    /// A row of PostgreSQL.
    Postgres(&'a tokio_postgres::Row),
}

impl Row<'_> {
    /// Returns the column at `index`, counted from zero.
    ///
    /// # Errors
    /// [`StoreError::Row`] when the column is not a `T`.
    pub fn get<T: FromColumn>(&self, index: usize) -> Result<T, StoreError> {
        let wrong = || StoreError::Row {
            column: index,
            expected: T::EXPECTED,
        };
        match self {
            Row::Sqlite(row) => match row.get_ref(index) {
                Ok(ValueRef::Null) => T::from_null(),
                Ok(value) => T::from_sqlite(value),
                Err(_) => None,
            },
            Row::Postgres(row) => match row.try_get::<_, Option<Raw<'_>>>(index) {
                Ok(None) => T::from_null(),
                Ok(Some(Raw(bytes))) => T::from_postgres(bytes),
                Err(_) => None,
            },
        }
        .ok_or_else(wrong)
    }

    /// Whether the column at `index` is null.
    ///
    /// # Errors
    /// [`StoreError::Row`] when there is no such column.
    pub fn is_null(&self, index: usize) -> Result<bool, StoreError> {
        match self {
            Row::Sqlite(row) => row.get_ref(index).ok().map(|value| value == ValueRef::Null),
            Row::Postgres(row) => {
                let value = row.try_get::<_, Option<Raw<'_>>>(index).ok();
                value.map(|value| value.is_none())
            }
        }
        .ok_or(StoreError::Row {
            column: index,
            expected: "a column",
        })
    }
}

/// The bytes of a column in PostgreSQL's binary form.
struct Raw<'a>(&'a [u8]);

impl<'a> FromSql<'a> for Raw<'a> {
    fn from_sql(ty: &Type, raw: &'a [u8]) -> Result<Self, Box<dyn Error + Sync + Send>> {
        Ok(Raw(if *ty == Type::JSONB {
            raw.get(1..).unwrap_or_default()
        } else {
            raw
        }))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// A type that a column can be read as.
pub trait FromColumn: Sized {
    /// A description of the type, for the error.
    const EXPECTED: &'static str;
    /// Converts a value of SQLite that is not null.
    fn from_sqlite(value: ValueRef<'_>) -> Option<Self>;
    /// Converts PostgreSQL's binary form.
    fn from_postgres(bytes: &[u8]) -> Option<Self>;
    /// Converts null.
    fn from_null() -> Option<Self> {
        None
    }
}

impl<T: FromColumn> FromColumn for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;
    fn from_sqlite(value: ValueRef<'_>) -> Option<Self> {
        T::from_sqlite(value).map(Some)
    }
    fn from_postgres(bytes: &[u8]) -> Option<Self> {
        T::from_postgres(bytes).map(Some)
    }
    fn from_null() -> Option<Self> {
        Some(None)
    }
}

impl FromColumn for Uuid {
    const EXPECTED: &'static str = "a UUID";
    fn from_sqlite(value: ValueRef<'_>) -> Option<Self> {
        Uuid::from_slice(value.as_blob().ok()?).ok()
    }
    fn from_postgres(bytes: &[u8]) -> Option<Self> {
        Uuid::from_slice(bytes).ok()
    }
}

impl<T> FromColumn for Id<T> {
    const EXPECTED: &'static str = "a UUID";
    fn from_sqlite(value: ValueRef<'_>) -> Option<Self> {
        Uuid::from_sqlite(value).map(Id::new)
    }
    fn from_postgres(bytes: &[u8]) -> Option<Self> {
        Uuid::from_postgres(bytes).map(Id::new)
    }
}

impl FromColumn for String {
    const EXPECTED: &'static str = "text";
    fn from_sqlite(value: ValueRef<'_>) -> Option<Self> {
        value.as_str().ok().map(str::to_owned)
    }
    fn from_postgres(bytes: &[u8]) -> Option<Self> {
        std::str::from_utf8(bytes).ok().map(str::to_owned)
    }
}

impl FromColumn for i64 {
    const EXPECTED: &'static str = "a whole number";
    fn from_sqlite(value: ValueRef<'_>) -> Option<Self> {
        value.as_i64().ok()
    }
    fn from_postgres(bytes: &[u8]) -> Option<Self> {
        Some(match *bytes {
            [a, b] => i16::from_be_bytes([a, b]).into(),
            [a, b, c, d] => i32::from_be_bytes([a, b, c, d]).into(),
            _ => i64::from_be_bytes(bytes.try_into().ok()?),
        })
    }
}

impl FromColumn for bool {
    const EXPECTED: &'static str = "true or false";
    fn from_sqlite(value: ValueRef<'_>) -> Option<Self> {
        value.as_i64().ok().map(|number| number != 0)
    }
    fn from_postgres(bytes: &[u8]) -> Option<Self> {
        bytes.first().map(|byte| *byte != 0)
    }
}

impl FromColumn for Vec<u8> {
    const EXPECTED: &'static str = "bytes";
    fn from_sqlite(value: ValueRef<'_>) -> Option<Self> {
        value.as_blob().ok().map(<[u8]>::to_vec)
    }
    fn from_postgres(bytes: &[u8]) -> Option<Self> {
        Some(bytes.to_vec())
    }
}

impl FromColumn for Timestamp {
    const EXPECTED: &'static str = "a timestamp";
    fn from_sqlite(value: ValueRef<'_>) -> Option<Self> {
        value.as_i64().ok().map(Timestamp::from_micros)
    }
    fn from_postgres(bytes: &[u8]) -> Option<Self> {
        let since_2000 = i64::from_be_bytes(bytes.try_into().ok()?);
        Some(Timestamp::from_micros(
            since_2000.saturating_add(PG_EPOCH_MICROS),
        ))
    }
}

impl FromColumn for serde_json::Value {
    const EXPECTED: &'static str = "JSON";
    fn from_sqlite(value: ValueRef<'_>) -> Option<Self> {
        serde_json::from_str(value.as_str().ok()?).ok()
    }
    fn from_postgres(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn debug_shows_no_content() {
        let values = vec![
            Value::Text("5ec2e7".to_owned()),
            Value::Bytes(b"5ec2e7".to_vec()),
            Value::Json("{\"a\":\"5ec2e7\"}".to_owned()),
        ];
        let text = format!("{values:?} {:?}", Value::Array(values.clone()));
        assert_eq!(text, "[Text, Bytes, Json] Array");
    }
}

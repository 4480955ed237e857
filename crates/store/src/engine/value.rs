//! Values on their way to a database, and columns on their way back.
//!
//! | here | PostgreSQL | SQLite |
//! |---|---|---|
//! | `Uuid` | `uuid` | `BLOB`, 16 bytes |
//! | `Time` | `timestamptz` | `INTEGER`, microseconds since 1970 UTC |
//! | `Json` | `jsonb` | `TEXT` |
//! | `Bool` | `boolean` | `INTEGER`, 0 or 1 |

use std::error::Error;

use bytes::{BufMut, BytesMut};
use freehold_domain::{Email, Id, Timestamp};
use rusqlite::types::{ToSqlOutput, ValueRef};
use tokio_postgres::types::{FromSql, IsNull, ToSql, Type};
use uuid::Uuid;

use super::StoreError;

/// PostgreSQL counts from 2000-01-01, we count from 1970-01-01.
const PG_EPOCH_MICROS: i64 = 946_684_800_000_000;

/// A value bound to a `$n` of a statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// No value.
    Null,
    /// An identifier.
    Uuid(Uuid),
    /// Text without NUL.
    Text(String),
    /// Text that lives in the program.
    Static(&'static str),
    /// A whole number of any width.
    Int(i64),
    /// Yes or no.
    Bool(bool),
    /// Bytes: hashes.
    Bytes(Vec<u8>),
    /// A moment.
    Time(Timestamp),
    /// A JSON document, already written out.
    Json(String),
    /// All values of a column: an array. Made by the engine itself, for many rows
    /// at once on PostgreSQL.
    Array(Vec<Value>),
}

macro_rules! into_value {
    ($($from:ty => $variant:expr;)*) => {
        $(impl From<$from> for Value { fn from(it: $from) -> Self { $variant(it) } })*
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
    serde_json::Value => |it: serde_json::Value| Value::Json(it.to_string());
    &serde_json::Value => |it: &serde_json::Value| Value::Json(it.to_string());
    &Email => |it: &Email| Value::Text(it.as_str().to_owned());
}

impl<T> From<Id<T>> for Value {
    fn from(id: Id<T>) -> Self {
        Value::Uuid(id.uuid())
    }
}

impl<T: Into<Value>> From<Option<T>> for Value {
    fn from(it: Option<T>) -> Self {
        it.map_or(Value::Null, Into::into)
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
            Value::Uuid(it) => out.put_slice(it.as_bytes()),
            Value::Text(it) => put_text(it, ty, out),
            Value::Static(it) => put_text(it, ty, out),
            Value::Int(it) => match *ty {
                Type::INT2 => out.put_i16(i16::try_from(*it)?),
                Type::INT4 => out.put_i32(i32::try_from(*it)?),
                _ => out.put_i64(*it),
            },
            Value::Bool(it) => out.put_u8(u8::from(*it)),
            Value::Bytes(it) => out.put_slice(it),
            Value::Time(it) => out.put_i64(it.micros().saturating_sub(PG_EPOCH_MICROS)),
            Value::Json(it) => put_text(it, ty, out),
            Value::Array(all) => return all.to_sql(ty, out),
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        true
    }

    tokio_postgres::types::to_sql_checked!();
}

/// Text, or the binary form of `jsonb`: a version byte, then text.
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
            Value::Uuid(it) => ToSqlOutput::Borrowed(ValueRef::Blob(it.as_bytes())),
            Value::Text(it) | Value::Json(it) => {
                ToSqlOutput::Borrowed(ValueRef::Text(it.as_bytes()))
            }
            Value::Static(it) => ToSqlOutput::Borrowed(ValueRef::Text(it.as_bytes())),
            Value::Int(it) => ToSqlOutput::Owned(Owned::Integer(*it)),
            Value::Bool(it) => ToSqlOutput::Owned(Owned::Integer(i64::from(*it))),
            Value::Bytes(it) => ToSqlOutput::Borrowed(ValueRef::Blob(it)),
            Value::Time(it) => ToSqlOutput::Owned(Owned::Integer(it.micros())),
            Value::Array(_) => {
                let why = "a value of PostgreSQL alone";
                return Err(rusqlite::Error::ToSqlConversionFailure(why.into()));
            }
        })
    }
}

/// A row of either engine.
#[derive(Debug)]
pub enum Row<'a> {
    /// Of SQLite.
    Sqlite(&'a rusqlite::Row<'a>),
    /// Of PostgreSQL.
    Postgres(&'a tokio_postgres::Row),
}

impl Row<'_> {
    /// The column at `index`.
    ///
    /// # Errors
    /// [`StoreError::Row`] when it holds something else than a `T`.
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
}

/// The bytes of a column as they came over the wire.
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

/// Something that a column can hold.
pub trait FromColumn: Sized {
    /// What is expected, for the error.
    const EXPECTED: &'static str;
    /// From a value of SQLite that is not null.
    fn from_sqlite(value: ValueRef<'_>) -> Option<Self>;
    /// From PostgreSQL's binary form.
    fn from_postgres(bytes: &[u8]) -> Option<Self>;
    /// From null.
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
    const EXPECTED: &'static str = "yes or no";
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
    const EXPECTED: &'static str = "a moment";
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

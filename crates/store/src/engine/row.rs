//! Row types: structs whose fields are the columns of a statement.
//!
//! `row_types!` declares a struct with the column of each field. A statement
//! selects them by the name of the struct (`SELECT {UserRecord} FROM users u`),
//! and [`FromRow::read`] reads them by position, so neither a list of columns nor
//! a position is written twice.

use freehold_domain::{HashedApiKey, Level, OperatorScopes, TokenHash};
use rusqlite::types::ValueRef;

use super::sql_text::Column;
use super::{FromColumn, Result, Row};

/// A type that a row, or adjacent columns of it, can be read as.
pub(crate) trait FromRow: Sized {
    /// The columns, in the order in which they are read.
    const COLUMNS: &'static [Column];

    /// How many columns there are.
    const WIDTH: usize;

    /// Reads the columns from `first` on, counted from zero.
    fn read_at(row: &Row<'_>, first: usize) -> Result<Self>;

    /// Reads a row.
    fn read(row: &Row<'_>) -> Result<Self> {
        Self::read_at(row, 0)
    }
}

/// A row of a left join: none if its first column is null.
impl<T: FromRow> FromRow for Option<T> {
    const COLUMNS: &'static [Column] = T::COLUMNS;
    const WIDTH: usize = T::WIDTH;

    fn read_at(row: &Row<'_>, first: usize) -> Result<Self> {
        if row.is_null(first)? {
            return Ok(None);
        }
        T::read_at(row, first).map(Some)
    }
}

/// Two row types beside each other.
impl<A: FromRow, B: FromRow> FromRow for (A, B) {
    const COLUMNS: &'static [Column] = &[Column::Row(A::COLUMNS), Column::Row(B::COLUMNS)];
    const WIDTH: usize = A::WIDTH + B::WIDTH;

    fn read_at(row: &Row<'_>, first: usize) -> Result<Self> {
        Ok((A::read_at(row, first)?, B::read_at(row, first + A::WIDTH)?))
    }
}

/// Declares structs that are read from rows.
///
/// `field: Type = "u.email"` is a column, an expression over the tables of the
/// statements that select it. `= "u.flags" => is_demo` converts what was read.
/// A field without a column is a row type itself.
macro_rules! row_types {
    ($($(#[$meta:meta])* $vis:vis struct $name:ident {
        $($(#[$field_meta:meta])* $field_vis:vis $field:ident: $ty:ty
            $(= $column:literal $(=> $convert:expr)?)?),* $(,)?
    })*) => {
        $(
            $(#[$meta])*
            $vis struct $name {
                $($(#[$field_meta])* $field_vis $field: $ty),*
            }

            impl $crate::engine::row::FromRow for $name {
                const COLUMNS: &'static [$crate::engine::sql_text::Column] =
                    &[$($crate::engine::row::row_types!(@column $ty $(, $column)?)),*];
                const WIDTH: usize =
                    0 $(+ $crate::engine::row::row_types!(@width $ty $(, $column)?))*;

                fn read_at(
                    row: &$crate::engine::Row<'_>,
                    first: usize,
                ) -> $crate::engine::Result<Self> {
                    let mut next = first;
                    Ok(Self {
                        $($field: $crate::engine::row::row_types!(
                            @read row, next, $ty $(, $column $(=> $convert)?)?
                        )),*
                    })
                }
            }
        )*
    };
    (@column $ty:ty, $column:literal) => {
        $crate::engine::sql_text::Column::Text($column)
    };
    (@column $ty:ty) => {
        $crate::engine::sql_text::Column::Row(<$ty as $crate::engine::row::FromRow>::COLUMNS)
    };
    (@width $ty:ty, $column:literal) => {
        1
    };
    (@width $ty:ty) => {
        <$ty as $crate::engine::row::FromRow>::WIDTH
    };
    (@read $row:ident, $next:ident, $ty:ty, $column:literal) => {
        $row.get($crate::engine::row::take(&mut $next, 1))?
    };
    (@read $row:ident, $next:ident, $ty:ty, $column:literal => $convert:expr) => {
        $crate::engine::row::convert(
            $row.get($crate::engine::row::take(&mut $next, 1))?,
            $convert,
        )
    };
    (@read $row:ident, $next:ident, $ty:ty) => {
        <$ty as $crate::engine::row::FromRow>::read_at(
            $row,
            $crate::engine::row::take(&mut $next, <$ty as $crate::engine::row::FromRow>::WIDTH),
        )?
    };
}
pub(crate) use row_types;

/// Returns the position of the next columns and skips them.
pub(crate) fn take(next: &mut usize, width: usize) -> usize {
    let first = *next;
    *next += width;
    first
}

/// Calls a conversion, so that its argument has the type that it takes.
pub(crate) fn convert<A, B>(value: A, convert: impl FnOnce(A) -> B) -> B {
    convert(value)
}

impl FromColumn for TokenHash {
    const EXPECTED: &'static str = "a hash of 32 bytes";
    fn from_sqlite(value: ValueRef<'_>) -> Option<Self> {
        TokenHash::from_bytes(value.as_blob().ok()?)
    }
    fn from_postgres(bytes: &[u8]) -> Option<Self> {
        TokenHash::from_bytes(bytes)
    }
}

impl FromColumn for HashedApiKey {
    const EXPECTED: &'static str = "a hashed API key";
    fn from_sqlite(value: ValueRef<'_>) -> Option<Self> {
        String::from_sqlite(value).map(HashedApiKey::from_stored)
    }
    fn from_postgres(bytes: &[u8]) -> Option<Self> {
        String::from_postgres(bytes).map(HashedApiKey::from_stored)
    }
}

impl FromColumn for OperatorScopes {
    const EXPECTED: &'static str = "a list of scopes";
    fn from_sqlite(value: ValueRef<'_>) -> Option<Self> {
        serde_json::from_str(value.as_str().ok()?).ok()
    }
    fn from_postgres(bytes: &[u8]) -> Option<Self> {
        serde_json::from_slice(bytes).ok()
    }
}

/// As the number of its place in [`Level::ALL`].
impl FromColumn for Level {
    const EXPECTED: &'static str = "a level";
    fn from_sqlite(value: ValueRef<'_>) -> Option<Self> {
        level(i64::from_sqlite(value)?)
    }
    fn from_postgres(bytes: &[u8]) -> Option<Self> {
        level(i64::from_postgres(bytes)?)
    }
}

fn level(number: i64) -> Option<Level> {
    Level::ALL.get(usize::try_from(number).ok()?).copied()
}

//! Statements on SQLite: binding values, reading rows, and converting errors.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock, PoisonError, RwLock};

use rusqlite::{CachedStatement, Connection, ErrorCode, ffi};

use crate::engine::{Read, Result, Row, Rule, Sql, StoreError, Value};

/// Runs a text without parameters, prepared once.
pub(crate) fn execute(connection: &Connection, text: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(text)?.raw_execute().map(|_| ())
}

/// Binds values by the number in a parameter's name: to SQLite `$2` is a *name*,
/// which it numbers by its first appearance.
pub(crate) fn bind<'c>(
    connection: &'c Connection,
    sql: &Sql,
    values: &[Value],
) -> rusqlite::Result<CachedStatement<'c>> {
    let mut statement = connection.prepare_cached(sql.sqlite)?;
    let order = binding_order(sql, &statement);
    for index in 1..=statement.parameter_count() {
        let number = order.as_ref().map_or(index, |order| order[index - 1]);
        let value = values.get(number - 1).unwrap_or(&Value::Null);
        statement.raw_bind_parameter(index, value)?;
    }
    Ok(statement)
}

/// Returns the numbers in a statement's parameter names, in SQLite's order; none
/// if they are 1, 2, 3 … as in most. Computed once for each statement.
fn binding_order(sql: &Sql, statement: &CachedStatement<'_>) -> Option<Arc<[usize]>> {
    type Orders = HashMap<usize, Option<Arc<[usize]>>>;
    static ORDERS: LazyLock<RwLock<Orders>> = LazyLock::new(RwLock::default);
    let address = sql.sqlite.as_ptr() as usize;
    let cached = ORDERS
        .read()
        .unwrap_or_else(PoisonError::into_inner)
        .get(&address)
        .cloned();
    cached.unwrap_or_else(|| {
        let number = |index| {
            let name = statement.parameter_name(index)?;
            name.get(1..)?.parse::<usize>().ok()
        };
        let order: Arc<[usize]> = (1..=statement.parameter_count())
            .map(|index| number(index).unwrap_or(index))
            .collect();
        let plain = order
            .iter()
            .enumerate()
            .all(|(index, number)| *number == index + 1);
        let order = Some(order).filter(|_| !plain);
        let mut orders = ORDERS.write().unwrap_or_else(PoisonError::into_inner);
        orders.insert(address, order.clone());
        order
    })
}

pub(crate) fn fetch<T: Send>(
    connection: &Connection,
    sql: &Sql,
    values: &[Value],
    read: Read<T>,
) -> Result<Vec<T>> {
    let mut out = Vec::new();
    for_each_row(connection, sql, values, &mut |row| {
        out.push(read(row)?);
        Ok(())
    })?;
    Ok(out)
}

/// Takes one row of a statement. A trait object, so that what runs statements is
/// compiled once and not for each type of row.
pub(crate) type TakeRow<'a> = dyn FnMut(&Row<'_>) -> Result<()> + Send + 'a;

pub(crate) fn for_each_row(
    connection: &Connection,
    sql: &Sql,
    values: &[Value],
    take: &mut TakeRow<'_>,
) -> Result<()> {
    let mut statement = bind(connection, sql, values).map_err(|error| to_store_error(&error))?;
    let mut rows = statement.raw_query();
    while let Some(row) = rows.next().map_err(|error| to_store_error(&error))? {
        take(&Row::Sqlite(row))?;
    }
    Ok(())
}

pub(crate) fn to_store_error(error: &rusqlite::Error) -> StoreError {
    let rusqlite::Error::SqliteFailure(code, message) = error else {
        return fault(error);
    };
    let message = message.as_deref().unwrap_or_default();
    match code.extended_code {
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY => {
            StoreError::RuleViolation(Rule::by_columns(message))
        }
        ffi::SQLITE_CONSTRAINT_FOREIGNKEY | ffi::SQLITE_CONSTRAINT_TRIGGER => {
            StoreError::RuleViolation(Rule::ForeignKey)
        }
        _ if code.code == ErrorCode::ConstraintViolation => StoreError::RuleViolation(Rule::Other),
        _ => fault(error),
    }
}

pub(crate) fn fault(error: &rusqlite::Error) -> StoreError {
    StoreError::Fault(error.to_string())
}

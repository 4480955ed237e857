//! What a request wrote to SQLite: the rows and index entries that differ, and the
//! length of the write-ahead log.
//!
//! Entries are computed from the rows and the definitions of the indexes, because
//! SQLite shows only their number. A row that was updated to the values that it had
//! does not differ; its page is in the log.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
    rc::Rc,
    time::Duration,
};

use rusqlite::Connection;

use super::Written;
use crate::{
    error::Result,
    system::write_ahead_log::{empty_sqlite_log, sqlite_log, sqlite_log_bytes},
};

/// A connection to the server's file, beside the server.
pub(in crate::costs) struct SqliteMeter {
    connection: Connection,
    log: PathBuf,
    /// For each table, a query for the keys and rows.
    tables: Vec<String>,
    /// For each index, a query for its entries.
    indexes: Vec<String>,
    /// What was read last, with the version of the file: reading takes milliseconds.
    last: RefCell<Option<(i64, Rc<Contents>)>>,
}

/// All rows and index entries of a database.
pub(in crate::costs) struct Contents {
    rows: BTreeMap<(usize, Vec<u8>), Vec<u8>>,
    entries: BTreeSet<(usize, Vec<u8>)>,
}

impl SqliteMeter {
    pub(super) fn open(path: &Path) -> Result<Self> {
        let connection = Connection::open(path)?;
        connection.busy_timeout(Duration::from_secs(10))?;
        let (mut tables, mut indexes) = (Vec::new(), Vec::new());
        for table in Table::all(&connection)? {
            tables.push(table.row_query());
            indexes.extend(table.entry_queries(&connection)?);
        }
        Ok(Self {
            connection,
            log: sqlite_log(path),
            tables,
            indexes,
            last: RefCell::new(None),
        })
    }

    /// Empties the log and reads the database.
    pub(super) fn before(&self) -> Result<Rc<Contents>> {
        empty_sqlite_log(&self.connection)?;
        self.contents()
    }

    /// Returns what was written since.
    pub(super) fn after(&self, before: &Contents) -> Result<Written> {
        let bytes = sqlite_log_bytes(&self.log)?;
        let after = self.contents()?;
        let changed = |a: &Contents, b: &Contents| {
            let other = |(key, row): &(&(usize, Vec<u8>), &Vec<u8>)| b.rows.get(*key) != Some(*row);
            a.rows.iter().filter(other).count()
        };
        let deleted = before
            .rows
            .keys()
            .filter(|key| !after.rows.contains_key(*key));
        let entries = before.entries.symmetric_difference(&after.entries);
        Ok(Written {
            rows: (changed(&after, before) + deleted.count()) as u64,
            index_entries: entries.count() as u64,
            bytes,
        })
    }

    fn contents(&self) -> Result<Rc<Contents>> {
        let sql = "PRAGMA data_version";
        let version: i64 = self.connection.query_row(sql, (), |row| row.get(0))?;
        if let Some((known, contents)) = &*self.last.borrow()
            && *known == version
        {
            return Ok(Rc::clone(contents));
        }
        let contents = Rc::new(self.read()?);
        *self.last.borrow_mut() = Some((version, Rc::clone(&contents)));
        Ok(contents)
    }

    fn read(&self) -> Result<Contents> {
        let mut contents = Contents {
            rows: BTreeMap::new(),
            entries: BTreeSet::new(),
        };
        for (number, sql) in self.tables.iter().enumerate() {
            let mut statement = self.connection.prepare_cached(sql)?;
            let mut rows = statement.query(())?;
            while let Some(row) = rows.next()? {
                let bytes = |i| Ok::<_, rusqlite::Error>(row.get_ref(i)?.as_bytes()?.to_vec());
                contents.rows.insert((number, bytes(0)?), bytes(1)?);
            }
        }
        for (number, sql) in self.indexes.iter().enumerate() {
            let mut statement = self.connection.prepare_cached(sql)?;
            let mut rows = statement.query(())?;
            while let Some(row) = rows.next()? {
                let entry = row.get_ref(0)?.as_bytes().map_err(rusqlite::Error::from)?;
                contents.entries.insert((number, entry.to_vec()));
            }
        }
        Ok(contents)
    }
}

/// A table of the schema.
struct Table {
    name: String,
    columns: Vec<String>,
    /// The columns of its key, or its row id.
    key: Vec<String>,
    without_rowid: bool,
}

impl Table {
    fn all(connection: &Connection) -> Result<Vec<Self>> {
        let names: Vec<(String, bool)> = connection
            .prepare(
                "SELECT name, wr FROM pragma_table_list
                  WHERE schema = 'main' AND type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
            )?
            .query_map((), |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        let mut tables = Vec::new();
        for (name, without_rowid) in names {
            let columns: Vec<(String, i64)> = connection
                .prepare("SELECT name, pk FROM pragma_table_info(?1)")?
                .query_map([&name], |row| Ok((row.get(0)?, row.get(1)?)))?
                .collect::<rusqlite::Result<_>>()?;
            let key = if without_rowid {
                let of_key = columns.iter().filter(|(_, pk)| *pk > 0);
                of_key.map(|(column, _)| column.clone()).collect()
            } else {
                vec!["rowid".to_owned()]
            };
            tables.push(Self {
                name,
                columns: columns.into_iter().map(|(column, _)| column).collect(),
                key,
                without_rowid,
            });
        }
        Ok(tables)
    }

    fn row_query(&self) -> String {
        let (key, columns) = (joined(&self.key), joined(&self.columns));
        format!("SELECT {key}, {columns} FROM {}", self.name)
    }

    fn entry_queries(&self, connection: &Connection) -> Result<Vec<String>> {
        let indexes: Vec<(String, String)> = connection
            .prepare("SELECT name, origin FROM pragma_index_list(?1)")?
            .query_map([&self.name], |row| Ok((row.get(0)?, row.get(1)?)))?
            .collect::<rusqlite::Result<_>>()?;
        indexes
            .into_iter()
            // The key of a table without row ids is the table itself.
            .filter(|(_, origin)| !(self.without_rowid && origin == "pk"))
            .map(|(index, _)| self.entry_query(connection, &index))
            .collect()
    }

    /// A query for the entries of an index. The text of its definition is needed only
    /// for expressions and conditions, which no pragma returns.
    fn entry_query(&self, connection: &Connection, index: &str) -> Result<String> {
        let columns: Vec<Option<String>> = connection
            .prepare("SELECT name FROM pragma_index_xinfo(?1) WHERE key")?
            .query_map([index], |row| row.get(0))?
            .collect::<rusqlite::Result<_>>()?;
        let sql: Option<String> = connection.query_row(
            "SELECT sql FROM sqlite_schema WHERE name = ?1",
            [index],
            |row| row.get(0),
        )?;
        let sql = sql.unwrap_or_default();
        let (list, condition) = match sql.split_once("WHERE ") {
            Some((list, condition)) => (list, condition),
            None => (sql.as_str(), "true"),
        };
        let entry = match columns.into_iter().collect::<Option<Vec<String>>>() {
            Some(columns) => joined(&columns),
            None => {
                let list = list.split_once('(').and_then(|(_, l)| l.rsplit_once(')'));
                format!("concat_ws(',', {})", list.map_or("''", |(list, _)| list))
            }
        };
        let (key, table) = (joined(&self.key), &self.name);
        Ok(format!(
            "SELECT ({entry}) || '/' || ({key}) FROM {table} WHERE {condition}"
        ))
    }
}

/// An expression for the text of several columns.
fn joined(columns: &[String]) -> String {
    let quoted: Vec<String> = columns.iter().map(|c| format!("quote({c})")).collect();
    quoted.join(" || ',' || ")
}

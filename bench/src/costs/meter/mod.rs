//! What a request wrote to the database.

mod postgres;
mod sqlite;

use std::rc::Rc;

use crate::{error::Result, load::client::Client, plan::Engine, system::server::Settings};

use postgres::Position;
pub(super) use postgres::PostgresMeter;
use sqlite::{Contents, SqliteMeter};

/// What one request wrote.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Written {
    pub(super) rows: u64,
    pub(super) index_entries: u64,
    pub(super) bytes: u64,
}

/// Reads what requests write.
pub(super) enum Meter {
    Sqlite(SqliteMeter),
    Postgres(Box<PostgresMeter>),
}

/// The database before a request.
pub(super) enum Before {
    Sqlite(Rc<Contents>),
    Postgres(Position),
}

impl Meter {
    /// Creates a meter for the database of a running server.
    pub(super) fn new(engine: Engine, settings: &Settings, client: &Client) -> Result<Self> {
        Ok(match (engine, &settings.database) {
            (Engine::Postgres, Some(database)) => {
                Self::Postgres(Box::new(PostgresMeter::connect(client, database)?))
            }
            _ => Self::Sqlite(SqliteMeter::open(&settings.folder.join("freehold.db"))?),
        })
    }

    /// Reads the database before a request.
    pub(super) fn before(&self, client: &Client) -> Result<Before> {
        Ok(match self {
            Self::Sqlite(meter) => Before::Sqlite(meter.before()?),
            Self::Postgres(meter) => Before::Postgres(meter.position(client)?),
        })
    }

    /// Returns what was written since.
    pub(super) fn after(&self, client: &Client, before: Before) -> Result<Written> {
        match (self, before) {
            (Self::Sqlite(meter), Before::Sqlite(contents)) => meter.after(&contents),
            (Self::Postgres(meter), Before::Postgres(start)) => meter.since(client, start),
            // The meter that created `before` is the one that reads it.
            _ => Ok(Written::default()),
        }
    }
}

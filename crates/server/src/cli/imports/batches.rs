//! Batches of rows: a thread reads them ahead, and each is judged while the one
//! before it is written.

use freehold_app::{App, ImportBatch, Outcome};
use tokio::{sync::mpsc, task::JoinHandle};

use super::reader::{Rows, RowsOfFile, Shape, Source};
use crate::cli::shared::error::Failed;

/// How many batches may lie read and not yet judged.
const AHEAD: usize = 1;

/// Some rows, and where they stand.
struct Read {
    first: u64,
    bytes: u64,
    rows: Rows,
}

/// Where a batch stands in what is read.
pub(super) struct Place {
    pub(super) first: u64,
    pub(super) bytes: u64,
}

/// What is being read.
pub(super) struct Batches {
    take: mpsc::Receiver<Read>,
    /// Rows before this one are only told of again.
    before: u64,
    reading: Option<JoinHandle<Result<(), Failed>>>,
}

impl Batches {
    /// Reads batches on a thread of its own.
    pub(super) fn read(
        source: Source,
        shape: Shape,
        before: u64,
        retell: bool,
        batch: u64,
        seeds: bool,
    ) -> Self {
        let (give, take) = mpsc::channel(AHEAD);
        let reading = tokio::task::spawn_blocking(move || {
            let mut rows = RowsOfFile::open(source, shape, seeds)?;
            if !retell {
                rows.skip(before)?;
            }
            loop {
                let first = rows.number();
                // Rows of an earlier run and others do not go together.
                let most = match before.checked_sub(first) {
                    Some(left) if left > 0 => left.min(batch),
                    _ => batch,
                };
                let read = rows.read(most)?;
                let last = read.is_empty();
                let read = Read {
                    first,
                    bytes: rows.bytes(),
                    rows: read,
                };
                if last {
                    return rows.end(before);
                }
                if give.blocking_send(read).is_err() {
                    return Ok(());
                }
            }
        });
        Self {
            take,
            before,
            reading: Some(reading),
        }
    }

    /// The next rows, which are judged from now on; none at the end.
    pub(super) async fn next(
        &mut self,
        app: &App,
    ) -> Result<Option<(JoinHandle<Outcome<ImportBatch>>, Place)>, Failed> {
        let Some(Read { first, bytes, rows }) = self.take.recv().await else {
            if let Some(reading) = self.reading.take() {
                reading.await.map_err(|_| Failed::Ended)??;
            }
            return Ok(None);
        };
        let app = app.clone();
        let retold = first < self.before;
        let judging = tokio::spawn(async move {
            let batch = app.judge_import(first, rows);
            if !retold {
                app.hash_import(&batch).await?;
            }
            Ok(batch)
        });
        Ok(Some((judging, Place { first, bytes })))
    }
}

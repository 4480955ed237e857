//! Batches of rows: a thread reads them ahead, and each is judged while the one
//! before it is written.

use freehold_app::{App, ImportBatch, Outcome};
use tokio::{sync::mpsc, task::JoinHandle};

use super::reader::{ImportFormat, RowReader, Rows, Source};
use crate::cli::shared::error::CommandError;

/// How many batches may lie read and not yet judged.
const BATCHES_READ_AHEAD: usize = 1;

/// Some rows, and where they stand.
struct ReadBatch {
    first: u64,
    bytes: u64,
    rows: Rows,
}

/// Where a batch stands in what is read.
pub(super) struct BatchPosition {
    pub(super) first: u64,
    pub(super) bytes: u64,
}

/// What is being read.
pub(super) struct Batches {
    receiver: mpsc::Receiver<ReadBatch>,
    /// Rows before this one are only told of again.
    rows_done: u64,
    reader_task: Option<JoinHandle<Result<(), CommandError>>>,
}

impl Batches {
    /// Reads batches on a thread of its own.
    pub(super) fn read(
        source: Source,
        format: ImportFormat,
        rows_done: u64,
        include_done_rows: bool,
        batch: u64,
        seeds: bool,
    ) -> Self {
        let (sender, receiver) = mpsc::channel(BATCHES_READ_AHEAD);
        let reader_task = tokio::task::spawn_blocking(move || {
            let mut rows = RowReader::open(source, format, seeds)?;
            if !include_done_rows {
                rows.skip(rows_done)?;
            }
            loop {
                let first = rows.number();
                // Rows of an earlier run and others do not go together.
                let limit = match rows_done.checked_sub(first) {
                    Some(remaining) if remaining > 0 => remaining.min(batch),
                    _ => batch,
                };
                let read = rows.read(limit)?;
                let is_last = read.is_empty();
                let read = ReadBatch {
                    first,
                    bytes: rows.bytes(),
                    rows: read,
                };
                if is_last {
                    return rows.verify_end(rows_done);
                }
                if sender.blocking_send(read).is_err() {
                    return Ok(());
                }
            }
        });
        Self {
            receiver,
            rows_done,
            reader_task: Some(reader_task),
        }
    }

    /// The next rows, which are judged from now on; none at the end.
    pub(super) async fn next(
        &mut self,
        app: &App,
    ) -> Result<Option<(JoinHandle<Outcome<ImportBatch>>, BatchPosition)>, CommandError> {
        let Some(ReadBatch { first, bytes, rows }) = self.receiver.recv().await else {
            if let Some(reader_task) = self.reader_task.take() {
                reader_task.await.map_err(|_| CommandError::TaskFailed)??;
            }
            return Ok(None);
        };
        let app = app.clone();
        let is_done = first < self.rows_done;
        let validation = tokio::spawn(async move {
            let batch = app.check_import_rows(first, rows);
            if !is_done {
                app.hash_import_passwords(&batch).await?;
            }
            Ok(batch)
        });
        Ok(Some((validation, BatchPosition { first, bytes })))
    }
}

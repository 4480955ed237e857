//! Batches of rows: a thread reads them ahead, and each is validated while the
//! previous one is written.

use freehold_app::{App, ImportBatch, Outcome};
use tokio::{sync::mpsc, task::JoinHandle};

use super::reader::{ImportFormat, RowReader, Rows, Source};
use crate::cli::shared::error::CommandError;

/// Number of batches that are read ahead of validation.
const BATCHES_READ_AHEAD: usize = 1;

/// A batch as it was read.
struct ReadBatch {
    first: u64,
    bytes: u64,
    rows: Rows,
}

/// Position of a batch in the file: the number of its first row, and the bytes read
/// up to its end.
pub(super) struct BatchPosition {
    pub(super) first: u64,
    pub(super) bytes: u64,
}

/// The batches of a file, in order.
pub(super) struct Batches {
    receiver: mpsc::Receiver<ReadBatch>,
    /// Rows before this one were imported by an earlier run and are only reported.
    rows_done: u64,
    reader_task: Option<JoinHandle<Result<(), CommandError>>>,
}

impl Batches {
    /// Starts a thread that reads batches.
    pub(super) fn read(
        source: Source,
        format: ImportFormat,
        rows_done: u64,
        include_done_rows: bool,
        batch_size: u64,
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
                // A batch contains either rows of an earlier run or new rows.
                let limit = match rows_done.checked_sub(first) {
                    Some(remaining) if remaining > 0 => remaining.min(batch_size),
                    _ => batch_size,
                };
                let batch_rows = rows.read(limit)?;
                if batch_rows.is_empty() {
                    return rows.verify_end(rows_done);
                }
                let batch = ReadBatch {
                    first,
                    bytes: rows.bytes(),
                    rows: batch_rows,
                };
                if sender.blocking_send(batch).is_err() {
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

    /// Returns the next batch and starts its validation; `None` at the end.
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

//! Reads the rows of a file one after the other: lines of JSON, or records of CSV.
//!
//! The file is read twice: first for its digest, which identifies the import when it
//! is resumed, then for its rows. At most one batch is in memory, for a file of any
//! size and content.

use std::{
    fs::File,
    io::{self, BufRead, BufReader, Read, Seek as _},
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use aws_lc_rs::digest::{Context, SHA256};
use clap::ValueEnum;
use csv::{ByteRecord, ReaderBuilder};
use freehold_app::ImportRow;

use super::row;
use crate::cli::shared::error::CommandError;

/// Maximum length of a row. An unclosed quote turns the rest of the file into one row.
const MAX_ROW_BYTES: u64 = 1024 * 1024;
/// The UTF-8 byte order mark, which spreadsheet programs write.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// Bytes that are read at once.
const BUFFER_BYTES: usize = 64 * 1024;

/// Format of the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum ImportFormat {
    /// One JSON object per line.
    Ndjson,
    /// CSV with a header line.
    Csv,
}

/// Rows of a batch.
pub(super) type Rows = Vec<ImportRow>;

/// A file whose digest is known.
#[derive(Debug)]
pub(super) struct Source {
    file: File,
    digest: String,
    length: u64,
}

impl Source {
    /// Opens the file and computes its digest. Standard input is copied to an
    /// unnamed temporary file first.
    pub(super) fn open(path: &Path) -> Result<Self, CommandError> {
        let file_error = |error| CommandError::File {
            path: path.to_owned(),
            error,
        };
        let from_input = path == Path::new("-");
        let (mut read, spool_file): (Box<dyn Read>, _) = if from_input {
            let spool_file = tempfile::tempfile().map_err(file_error)?;
            (Box::new(io::stdin().lock()), Some(spool_file))
        } else {
            (Box::new(File::open(path).map_err(file_error)?), None)
        };
        let mut spool = spool_file.as_ref();
        let mut digest = Context::new(&SHA256);
        let mut length = 0;
        let mut buffer = vec![0; BUFFER_BYTES];
        loop {
            let count = match read.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(file_error(error)),
            };
            digest.update(&buffer[..count]);
            if let Some(spool) = &mut spool {
                io::Write::write_all(spool, &buffer[..count]).map_err(file_error)?;
            }
            length += count as u64;
        }
        let mut file = match spool_file {
            Some(file) => file,
            None => File::open(path).map_err(file_error)?,
        };
        file.rewind().map_err(file_error)?;
        Ok(Self {
            file,
            digest: hex::encode(digest.finish()),
            length,
        })
    }

    /// Returns the SHA-256 digest in hexadecimal.
    pub(super) fn digest(&self) -> &str {
        &self.digest
    }

    /// Returns the length in bytes.
    pub(super) const fn length(&self) -> u64 {
        self.length
    }

    /// Returns the file that is read.
    pub(super) const fn file(&self) -> &File {
        &self.file
    }
}

/// Counts and digests the bytes that are read, and limits the length of a row.
struct CountingReader {
    file: File,
    digest: Context,
    bytes_read: Arc<AtomicU64>,
    /// Value of `bytes_read` when the current row began, rounded up to a buffer.
    row: Arc<AtomicU64>,
}

impl Read for CountingReader {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let bytes_read = self.bytes_read.load(Ordering::Relaxed);
        if bytes_read - self.row.load(Ordering::Relaxed) > MAX_ROW_BYTES + BUFFER_BYTES as u64 {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a row is longer than 1 MiB; check for an unclosed quote",
            ));
        }
        let count = self.file.read(buffer)?;
        self.digest.update(&buffer[..count]);
        self.bytes_read.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// Reads the rows of a file.
pub(super) struct RowReader {
    source_rows: RowSource,
    seeds: bool,
    number: u64,
    bytes_read: Arc<AtomicU64>,
    row: Arc<AtomicU64>,
    digest: String,
}

enum RowSource {
    Lines(BufReader<CountingReader>),
    Records {
        reader: Box<csv::Reader<BufReader<CountingReader>>>,
        columns: row::Columns,
    },
}

impl RowReader {
    pub(super) fn open(
        source: Source,
        format: ImportFormat,
        seeds: bool,
    ) -> Result<Self, CommandError> {
        let (bytes_read, row) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let counted = CountingReader {
            file: source.file,
            digest: Context::new(&SHA256),
            bytes_read: bytes_read.clone(),
            row: row.clone(),
        };
        let mut buffered = BufReader::with_capacity(BUFFER_BYTES, counted);
        if buffered
            .fill_buf()
            .map_err(CommandError::StandardInput)?
            .starts_with(BYTE_ORDER_MARK)
        {
            buffered.consume(BYTE_ORDER_MARK.len());
        }
        let source_rows = match format {
            ImportFormat::Ndjson => RowSource::Lines(buffered),
            ImportFormat::Csv => {
                let mut reader = ReaderBuilder::new().flexible(true).from_reader(buffered);
                let header = reader.byte_headers().map_err(csv_error)?;
                let columns = row::Columns::of(header).map_err(CommandError::InvalidArgument)?;
                RowSource::Records {
                    reader: Box::new(reader),
                    columns,
                }
            }
        };
        Ok(Self {
            source_rows,
            seeds,
            number: 0,
            bytes_read,
            row,
            digest: source.digest,
        })
    }

    /// Returns the number of rows that were read.
    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    /// Returns the number of bytes that were read, including buffered ones.
    pub(super) fn bytes(&self) -> u64 {
        self.bytes_read.load(Ordering::Relaxed)
    }

    /// Skips rows.
    pub(super) fn skip(&mut self, rows: u64) -> Result<(), CommandError> {
        let mut line = Vec::new();
        let mut record = ByteRecord::new();
        for _ in 0..rows {
            let has_row = match &mut self.source_rows {
                RowSource::Lines(reader) => next_line(reader, &mut line)?.is_some(),
                RowSource::Records { reader, .. } => {
                    reader.read_byte_record(&mut record).map_err(csv_error)?
                }
            };
            if !has_row {
                break;
            }
            self.finish_row();
        }
        Ok(())
    }

    fn finish_row(&mut self) {
        self.number += 1;
        self.row
            .store(self.bytes_read.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// Reads the next rows, at most `limit`; empty at the end of the file.
    pub(super) fn read(&mut self, limit: u64) -> Result<Rows, CommandError> {
        let mut rows = Vec::new();
        let mut line = Vec::new();
        let mut record = ByteRecord::new();
        while (rows.len() as u64) < limit {
            let row = match &mut self.source_rows {
                RowSource::Lines(reader) => match next_line(reader, &mut line)? {
                    None => break,
                    Some(Line::Whole) => row::from_json_line(&line),
                    Some(Line::TooLong) => row::refused_row("The line is longer than 1 MiB."),
                },
                RowSource::Records { reader, columns } => {
                    if !reader.read_byte_record(&mut record).map_err(csv_error)? {
                        break;
                    }
                    columns.row(&record)
                }
            };
            rows.push(row::with_seeds(row, self.seeds));
            self.finish_row();
        }
        Ok(rows)
    }

    /// Checks that the file still has its digest, and at least as many rows as an
    /// earlier run imported.
    pub(super) fn verify_end(self, rows_done: u64) -> Result<(), CommandError> {
        if self.number < rows_done {
            return Err(CommandError::InvalidArgument(format!(
                "the file has {} rows but {rows_done} were imported before: it was imported with another --format",
                self.number
            )));
        }
        let counted = match self.source_rows {
            RowSource::Lines(reader) => reader.into_inner(),
            RowSource::Records { reader, .. } => reader.into_inner().into_inner(),
        };
        if hex::encode(counted.digest.finish()) == self.digest {
            Ok(())
        } else {
            Err(CommandError::InvalidArgument(
                "the file changed during the import: rows may have been skipped".to_owned(),
            ))
        }
    }
}

enum Line {
    Whole,
    TooLong,
}

/// Reads the next line that is not blank.
fn next_line(
    reader: &mut BufReader<CountingReader>,
    line: &mut Vec<u8>,
) -> Result<Option<Line>, CommandError> {
    loop {
        line.clear();
        let count = reader
            .by_ref()
            .take(MAX_ROW_BYTES)
            .read_until(b'\n', line)
            .map_err(CommandError::StandardInput)?;
        if count == 0 {
            return Ok(None);
        }
        if count as u64 == MAX_ROW_BYTES && !line.ends_with(b"\n") {
            skip_line(reader)?;
            return Ok(Some(Line::TooLong));
        }
        if !line.trim_ascii().is_empty() {
            return Ok(Some(Line::Whole));
        }
    }
}

fn skip_line(reader: &mut BufReader<CountingReader>) -> Result<(), CommandError> {
    loop {
        let row_start = reader.get_ref().bytes_read.load(Ordering::Relaxed);
        reader.get_ref().row.store(row_start, Ordering::Relaxed);
        let buffer = reader.fill_buf().map_err(CommandError::StandardInput)?;
        if buffer.is_empty() {
            return Ok(());
        }
        let end = buffer.iter().position(|byte| *byte == b'\n');
        let count = end.map_or(buffer.len(), |at| at + 1);
        reader.consume(count);
        if end.is_some() {
            return Ok(());
        }
    }
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "`map_err` passes it by value"
)]
fn csv_error(error: csv::Error) -> CommandError {
    CommandError::InvalidArgument(format!("cannot read the CSV file: {error}"))
}

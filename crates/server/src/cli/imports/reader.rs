//! Rows of a file, one after the other: lines of JSON, or records of CSV.
//!
//! The file is read twice: first for its digest, by which an import is known
//! again, then for its rows. However large it is, and whatever is in it, no more
//! than a batch of it is in memory.

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
use crate::{cli::shared::error::Failed, hex::hex};

/// One row. A quote that is not closed makes a row of all that follows.
const MOST: u64 = 1024 * 1024;
/// What spreadsheets put before their UTF-8.
const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
/// What is read at once.
const BUFFER: usize = 64 * 1024;

/// How accounts are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Shape {
    /// A JSON object to a line.
    Ndjson,
    /// A table whose first line names its columns.
    Csv,
}

/// Rows that were read.
pub(super) type Rows = Vec<ImportRow>;

/// A file that was read through once.
#[derive(Debug)]
pub(super) struct Source {
    file: File,
    digest: String,
    length: u64,
}

impl Source {
    /// Reads through it for its digest. What comes from standard input is kept
    /// in a file without a name until it is done with.
    pub(super) fn open(path: &Path) -> Result<Self, Failed> {
        let failed = |why| Failed::File {
            path: path.to_owned(),
            why,
        };
        let from_input = path == Path::new("-");
        let (mut read, kept): (Box<dyn Read>, _) = if from_input {
            let kept = tempfile::tempfile().map_err(failed)?;
            (Box::new(io::stdin().lock()), Some(kept))
        } else {
            (Box::new(File::open(path).map_err(failed)?), None)
        };
        let mut spool = kept.as_ref();
        let mut digest = Context::new(&SHA256);
        let mut length = 0;
        let mut buffer = vec![0; BUFFER];
        loop {
            let count = match read.read(&mut buffer) {
                Ok(0) => break,
                Ok(count) => count,
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                Err(error) => return Err(failed(error)),
            };
            digest.update(&buffer[..count]);
            if let Some(spool) = &mut spool {
                io::Write::write_all(spool, &buffer[..count]).map_err(failed)?;
            }
            length += count as u64;
        }
        let mut file = match kept {
            Some(file) => file,
            None => File::open(path).map_err(failed)?,
        };
        file.rewind().map_err(failed)?;
        Ok(Self {
            file,
            digest: hex(digest.finish()),
            length,
        })
    }

    /// Hex SHA-256.
    pub(super) fn digest(&self) -> &str {
        &self.digest
    }

    /// In bytes.
    pub(super) const fn length(&self) -> u64 {
        self.length
    }

    /// What is read.
    pub(super) const fn file(&self) -> &File {
        &self.file
    }
}

/// Counts what passes, and does not let a row grow without end.
struct Guarded {
    file: File,
    digest: Context,
    passed: Arc<AtomicU64>,
    /// Where the row that is being read began, as far as the buffer tells.
    row: Arc<AtomicU64>,
}

impl Read for Guarded {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let passed = self.passed.load(Ordering::Relaxed);
        if passed - self.row.load(Ordering::Relaxed) > MOST + BUFFER as u64 {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                "a row is longer than 1 MiB; is a quote not closed?",
            ));
        }
        let count = self.file.read(buffer)?;
        self.digest.update(&buffer[..count]);
        self.passed.fetch_add(count as u64, Ordering::Relaxed);
        Ok(count)
    }
}

/// The rows of a file.
pub(super) struct RowsOfFile {
    text: Text,
    seeds: bool,
    number: u64,
    passed: Arc<AtomicU64>,
    row: Arc<AtomicU64>,
    digest: String,
}

enum Text {
    Lines(BufReader<Guarded>),
    Records {
        reader: Box<csv::Reader<BufReader<Guarded>>>,
        columns: row::Columns,
    },
}

impl RowsOfFile {
    pub(super) fn open(source: Source, shape: Shape, seeds: bool) -> Result<Self, Failed> {
        let (passed, row) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicU64::new(0)));
        let guarded = Guarded {
            file: source.file,
            digest: Context::new(&SHA256),
            passed: passed.clone(),
            row: row.clone(),
        };
        let mut buffered = BufReader::with_capacity(BUFFER, guarded);
        if buffered
            .fill_buf()
            .map_err(Failed::Input)?
            .starts_with(BYTE_ORDER_MARK)
        {
            buffered.consume(BYTE_ORDER_MARK.len());
        }
        let text = match shape {
            Shape::Ndjson => Text::Lines(buffered),
            Shape::Csv => {
                let mut reader = ReaderBuilder::new().flexible(true).from_reader(buffered);
                let header = reader.byte_headers().map_err(unreadable)?;
                let columns = row::Columns::of(header).map_err(Failed::Typed)?;
                Text::Records {
                    reader: Box::new(reader),
                    columns,
                }
            }
        };
        Ok(Self {
            text,
            seeds,
            number: 0,
            passed,
            row,
            digest: source.digest,
        })
    }

    /// How many rows have been read.
    pub(super) const fn number(&self) -> u64 {
        self.number
    }

    /// How many bytes they took, about.
    pub(super) fn bytes(&self) -> u64 {
        self.passed.load(Ordering::Relaxed)
    }

    /// Passes over rows.
    pub(super) fn skip(&mut self, rows: u64) -> Result<(), Failed> {
        let mut line = Vec::new();
        let mut record = ByteRecord::new();
        for _ in 0..rows {
            let there = match &mut self.text {
                Text::Lines(reader) => next_line(reader, &mut line)?.is_some(),
                Text::Records { reader, .. } => {
                    reader.read_byte_record(&mut record).map_err(unreadable)?
                }
            };
            if !there {
                break;
            }
            self.passed_one();
        }
        Ok(())
    }

    fn passed_one(&mut self) {
        self.number += 1;
        self.row
            .store(self.passed.load(Ordering::Relaxed), Ordering::Relaxed);
    }

    /// The next rows, at most so many; none at the end.
    pub(super) fn read(&mut self, most: u64) -> Result<Rows, Failed> {
        let mut rows = Vec::new();
        let mut line = Vec::new();
        let mut record = ByteRecord::new();
        while (rows.len() as u64) < most {
            let row = match &mut self.text {
                Text::Lines(reader) => match next_line(reader, &mut line)? {
                    None => break,
                    Some(Line::Whole) => row::of_line(&line),
                    Some(Line::TooLong) => row::refused("The line is longer than 1 MiB."),
                },
                Text::Records { reader, columns } => {
                    if !reader.read_byte_record(&mut record).map_err(unreadable)? {
                        break;
                    }
                    columns.row(&record)
                }
            };
            rows.push(row::with_seeds(row, self.seeds));
            self.passed_one();
        }
        Ok(rows)
    }

    /// Whether what was read is what had the digest, and has as many rows as
    /// were dealt with before.
    pub(super) fn end(self, before: u64) -> Result<(), Failed> {
        if self.number < before {
            return Err(Failed::Typed(format!(
                "there are {} rows, and {before} were imported before: it was another --format",
                self.number
            )));
        }
        let guarded = match self.text {
            Text::Lines(reader) => reader.into_inner(),
            Text::Records { reader, .. } => reader.into_inner().into_inner(),
        };
        if hex(guarded.digest.finish()) == self.digest {
            Ok(())
        } else {
            Err(Failed::Typed(
                "the file was changed while it was imported: rows may have been passed over"
                    .to_owned(),
            ))
        }
    }
}

enum Line {
    Whole,
    TooLong,
}

/// The next line that is not blank.
fn next_line(reader: &mut BufReader<Guarded>, line: &mut Vec<u8>) -> Result<Option<Line>, Failed> {
    loop {
        line.clear();
        let count = reader
            .by_ref()
            .take(MOST)
            .read_until(b'\n', line)
            .map_err(Failed::Input)?;
        if count == 0 {
            return Ok(None);
        }
        if count as u64 == MOST && !line.ends_with(b"\n") {
            pass_over_line(reader)?;
            return Ok(Some(Line::TooLong));
        }
        if !line.trim_ascii().is_empty() {
            return Ok(Some(Line::Whole));
        }
    }
}

fn pass_over_line(reader: &mut BufReader<Guarded>) -> Result<(), Failed> {
    loop {
        let row = reader.get_ref().passed.load(Ordering::Relaxed);
        reader.get_ref().row.store(row, Ordering::Relaxed);
        let buffer = reader.fill_buf().map_err(Failed::Input)?;
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

#[expect(clippy::needless_pass_by_value, reason = "as `map_err` hands it over")]
fn unreadable(error: csv::Error) -> Failed {
    Failed::Typed(format!("the table cannot be read: {error}"))
}

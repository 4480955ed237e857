//! `freehold provision`: accounts from a file, by the million.
//!
//! A thread reads rows; while one batch of them is written, the next one is
//! judged. Not here: how rows are read (`rows`), what they may say (`entry`),
//! and what an import is (`freehold_app`).

mod entry;
mod progress;
mod report;
mod rows;

use std::{path::PathBuf, process::ExitCode, time::Instant};

use clap::{Args, ValueEnum};
use freehold_app::{
    App, Call, Extensions, ImportBatch, ImportStart, ImportStatus, ImportedRow, Operator, Outcome,
};
use freehold_domain::Reason;
use freehold_http::simple_account_words;
use serde::Serialize;
use tokio::{sync::mpsc, task::JoinHandle};

use super::{Failed, Output, call, operator, table};
use crate::{
    config::Config,
    say,
    start::{self, Missing},
};
use progress::Progress;
use report::Report;
use rows::{Rows, RowsOfFile, Source};

/// How many batches may lie read and not yet judged.
const AHEAD: usize = 1;
/// How many refusals are told where no report is written.
const TOLD: usize = 10;

/// What `freehold provision` is told.
#[derive(Debug, Args)]
pub(super) struct Provision {
    /// Where the accounts are; `-` for standard input.
    #[arg(value_name = "FILE")]
    file: PathBuf,
    /// How they are written; by the end of the file's name if nothing is said.
    #[arg(long)]
    format: Option<Shape>,
    /// Judge every row as if it were written, and write nothing.
    #[arg(long)]
    dry_run: bool,
    /// Write here what became of each row, one JSON object to a line. Replaces the file.
    #[arg(long, value_name = "FILE")]
    report: Option<PathBuf>,
    /// Rows to a transaction.
    #[arg(long, value_name = "ROWS", default_value_t = 1000, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    batch: u32,
    /// New projects begin empty.
    #[arg(long)]
    no_seeds: bool,
    /// Go through a file from its first row although it was imported before, in part or as a
    /// whole. Whoever was made then is there, and passed over.
    #[arg(long, conflicts_with = "dry_run")]
    restart: bool,
    /// Why, for the audit trail.
    #[arg(long, value_name = "TEXT")]
    reason: Option<Reason>,
    #[command(flatten)]
    output: Output,
}

/// How accounts are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Shape {
    /// A JSON object to a line.
    Ndjson,
    /// A table whose first line names its columns.
    Csv,
}

/// How an import came out.
#[derive(Debug, Serialize)]
struct Summary {
    #[serde(skip_serializing_if = "Option::is_none")]
    import: Option<String>,
    dry_run: bool,
    rows: u64,
    created: u64,
    existing: u64,
    refused: u64,
    /// Those that were dealt with by an earlier run.
    rows_before: u64,
    seconds: f64,
    rows_per_second: f64,
}

/// So many rows, and what became of them.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Counts {
    pub(super) created: u64,
    pub(super) existing: u64,
    pub(super) refused: u64,
}

impl Counts {
    fn add(&mut self, rows: &[ImportedRow]) {
        for row in rows {
            match row.status {
                ImportStatus::Created => self.created += 1,
                ImportStatus::Existing => self.existing += 1,
                ImportStatus::Refused => self.refused += 1,
            }
        }
    }

    pub(super) const fn rows(self) -> u64 {
        self.created + self.existing + self.refused
    }
}

impl Provision {
    pub(super) async fn run(
        self,
        config: &Config,
        extensions: Extensions,
    ) -> Result<ExitCode, Failed> {
        let shape = self.shape()?;
        let file = self.file.clone();
        let source = blocking(move || Source::open(&file)).await?;
        let mut report = match &self.report {
            Some(path) => Some(Report::create(path, &source)?),
            None => None,
        };
        let store = if self.dry_run {
            let store = start::open_store(config, Missing::Leave).await?;
            start::expect_up_to_date(&store).await?;
            store
        } else {
            let store = start::open_store(config, Missing::Make).await?;
            start::bring_up_to_date(config, &store).await?;
            store
        };
        let app = start::start_app(config, store, extensions);
        let done = self.import(&app, source, shape, report.as_mut()).await;
        app.close().await;
        let summary = done?;
        let refused = summary.refused > 0;
        table::answer(self.output.output, &summary, told);
        Ok(ExitCode::from(u8::from(refused)))
    }

    fn shape(&self) -> Result<Shape, Failed> {
        if let Some(shape) = self.format {
            return Ok(shape);
        }
        let extension = self.file.extension().and_then(|it| it.to_str());
        match extension.map(str::to_ascii_lowercase).as_deref() {
            Some("csv") => Ok(Shape::Csv),
            Some("ndjson" | "jsonl") => Ok(Shape::Ndjson),
            _ => Err(Failed::Typed(format!(
                "{}: is it --format ndjson or --format csv?",
                self.file.display()
            ))),
        }
    }

    async fn import(
        &self,
        app: &App,
        source: Source,
        shape: Shape,
        mut report: Option<&mut Report>,
    ) -> Result<Summary, Failed> {
        let started = Instant::now();
        let how = match (self.dry_run, self.restart) {
            (true, _) => ImportStart::Rehearse,
            (false, true) => ImportStart::Restart,
            (false, false) => ImportStart::Resume,
        };
        let call = Call {
            reason: self.reason.clone(),
            ..call()
        };
        let operator = Operator::at_the_server(&operator());
        let mut import = app
            .open_import(&operator, &call, source.digest(), how)
            .await?;
        let before = import.rows_done();
        if let Some(record) = import.record()
            && record.finished_at.is_some()
        {
            say::remark("this file was imported before; --restart goes through it once more");
        }
        let mut progress = Progress::start(source.length(), before);
        let mut batches = self.read(source, shape, before, report.is_some());
        let mut counts = match import.record() {
            Some(record) => Counts {
                created: record.created,
                existing: record.existing,
                refused: record.refused,
            },
            None => Counts::default(),
        };
        let mut told = 0;
        let mut next = batches.next(app).await?;
        while let Some((batch, read)) = next {
            let batch = batch.await.map_err(|_| Failed::Ended)??;
            // Judged while this one is written.
            next = batches.next(app).await?;
            let rows = if read.first < before {
                import.retell(&batch).await?
            } else {
                let rows = import.advance(&batch).await?;
                counts.add(&rows);
                rows
            };
            match &mut report {
                Some(report) => report.add(&rows)?,
                None => told = tell_refused(&rows, told),
            }
            progress.show(counts, read.bytes);
        }
        progress.end();
        let seconds = started.elapsed().as_secs_f64();
        let import = import.finish().await?.map(|record| record.id.to_string());
        let here = counts.rows() - before;
        Ok(Summary {
            import,
            dry_run: self.dry_run,
            rows: counts.rows(),
            created: counts.created,
            existing: counts.existing,
            refused: counts.refused,
            rows_before: before,
            seconds,
            rows_per_second: here as f64 / seconds.max(1e-9),
        })
    }

    /// Reads batches on a thread of its own.
    fn read(&self, source: Source, shape: Shape, before: u64, retell: bool) -> Batches {
        let (give, take) = mpsc::channel(AHEAD);
        let (batch, seeds) = (u64::from(self.batch), !self.no_seeds);
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
        Batches {
            take,
            before,
            reading: Some(reading),
        }
    }
}

/// Some rows, and where they stand.
struct Read {
    first: u64,
    bytes: u64,
    rows: Rows,
}

/// Where a batch stands in what is read.
struct Place {
    first: u64,
    bytes: u64,
}

/// What is being read.
struct Batches {
    take: mpsc::Receiver<Read>,
    /// Rows before this one are only told of again.
    before: u64,
    reading: Option<JoinHandle<Result<(), Failed>>>,
}

impl Batches {
    /// The next rows, which are judged from now on; none at the end.
    async fn next(
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

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failed> + Send + 'static,
) -> Result<T, Failed> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Failed::Ended)?
}

/// Says why rows were refused, unless enough was said.
fn tell_refused(rows: &[ImportedRow], mut told: usize) -> usize {
    for row in rows
        .iter()
        .filter(|row| row.status == ImportStatus::Refused)
    {
        told += 1;
        if told <= TOLD {
            let why = simple_account_words(row.reason.as_deref().unwrap_or_default());
            say::remark(format!("row {}: {why}", row.number));
        } else if told == TOLD + 1 {
            say::remark("more rows were refused; --report FILE writes down all of them");
        }
    }
    told
}

fn told(summary: &Summary) -> String {
    let mut pairs = vec![
        ("rows", summary.rows.to_string()),
        ("created", summary.created.to_string()),
        ("existing", summary.existing.to_string()),
        ("refused", summary.refused.to_string()),
    ];
    if summary.rows_before > 0 {
        pairs.push(("dealt with before", summary.rows_before.to_string()));
    }
    pairs.push(("seconds", format!("{:.1}", summary.seconds)));
    pairs.push(("rows per second", format!("{:.0}", summary.rows_per_second)));
    if summary.dry_run {
        pairs.push(("dry run", "nothing was written".to_owned()));
    }
    if let Some(import) = &summary.import {
        pairs.push(("import", import.clone()));
    }
    table::pairs(&pairs)
}

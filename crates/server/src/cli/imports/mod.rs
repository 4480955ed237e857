//! `freehold provision`: accounts from a file, by the million.
//!
//! A thread reads rows; while one batch of them is written, the next one is
//! judged. Not here: how rows are read (`reader`), what they may say (`row`),
//! and what an import is (`freehold_app`).

mod batches;
mod progress;
mod reader;
mod report;
mod row;
mod summary;

use std::{path::PathBuf, process::ExitCode, time::Instant};

use clap::Args;
use freehold_app::{App, Extensions, ImportStart, Operator, RequestContext};
use freehold_domain::Reason;

use super::shared::{
    arguments::Output,
    context::{call, operator},
    error::Failed,
    table,
};
use crate::{
    config::Config,
    startup::{self, Missing},
    terminal,
};
use batches::Batches;
use progress::Progress;
use reader::{Shape, Source};
use report::Report;
use summary::{Counts, Summary, tell_refused, told};

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
            let store = startup::open_store(config, Missing::Leave).await?;
            startup::expect_up_to_date(&store).await?;
            store
        } else {
            let store = startup::open_store(config, Missing::Make).await?;
            startup::bring_up_to_date(config, &store).await?;
            store
        };
        let app = startup::start_app(config, store, extensions);
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
        let call = RequestContext {
            reason: self.reason.clone(),
            ..call()
        };
        let operator = Operator::at_the_server(&operator());
        let mut import = app
            .find_or_create_import(&operator, &call, source.digest(), how)
            .await?;
        let before = import.rows_done();
        if let Some(record) = import.record()
            && record.finished_at.is_some()
        {
            terminal::remark("this file was imported before; --restart goes through it once more");
        }
        let mut progress = Progress::start(source.length(), before);
        let mut batches = Batches::read(
            source,
            shape,
            before,
            report.is_some(),
            u64::from(self.batch),
            !self.no_seeds,
        );
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
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, Failed> + Send + 'static,
) -> Result<T, Failed> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| Failed::Ended)?
}
